"""Who may see what: sign-in, roles, plants."""

from __future__ import annotations

import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.urls.converters import UUIDConverter

from lotline.doors.web import urls
from lotline.records.people.actions import issue_token
from lotline.records.people.choices import Role, Scope
from lotline.records.people.models import User
from tests.doors.web.plant_of_pages import last_fact, lot_of, make_plant, make_user, tell_sauce

pytestmark = pytest.mark.django_db

OPEN = {"sign-in", "sign-out", "language"}
ARGUMENTS = {"code": "P-1", "node": "00000000-0000-0000-0000-000000000000", "token": "x", "kind": "receipts", "lot_id": "00000000-0000-0000-0000-000000000000",
             "fact_id": "00000000-0000-0000-0000-000000000000", "user_id": "00000000-0000-0000-0000-000000000000", "what": "roles",
             "token_id": "00000000-0000-0000-0000-000000000000"}  # fmt: skip


def addresses():
    for pattern in urls.urlpatterns:
        if isinstance(pattern, URLPattern) and pattern.name not in OPEN:
            names = pattern.pattern.converters
            yield reverse(f"web:{pattern.name}", kwargs={name: ARGUMENTS[name] for name in names})


def test_every_page_but_sign_in_asks_who_is_there(client, plant):
    asked = {address: (client.get(address).status_code, client.post(address).status_code) for address in addresses()}

    assert len(asked) > 15
    assert get_resolver() is not None
    for address, statuses in asked.items():
        assert set(statuses) <= {302, 405}, address
        assert client.get(address).get("Location", "/sign-in").startswith("/sign-in"), address


def test_signed_in_without_a_role_is_told_so(sign_in_as, plant):
    answer = sign_in_as(make_user()).get("/lots")

    assert answer.status_code == 403
    assert "This account has no role in any plant" in answer.content.decode()


def test_closed_account_is_out_at_once(sign_in_as, plant):
    user = make_user(plant)
    browser = sign_in_as(user)
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert browser.get("/lots").status_code == 302


@pytest.mark.parametrize(("role", "status"), [(Role.QUALITY, 200), (Role.WAREHOUSE, 200), (Role.OPERATOR, 403), (Role.AUDITOR, 403)])
def test_only_those_who_may_import_see_and_open_it(sign_in_as, plant, role, status):
    browser = sign_in_as(make_user(plant, role))

    assert browser.get("/import").status_code == status
    assert ('href="/import"' in browser.get("/lots").content.decode()) == (status == 200)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_read(sign_in_as, plant, role):
    assert sign_in_as(make_user(plant, role)).get("/lots").status_code == 200


def test_records_of_another_plant_do_not_exist_for_a_visitor(quality, plant):
    other = make_plant("P2", "Other plant")
    tell_sauce(other)
    lot, fact = lot_of(other, "P-1"), last_fact(other)

    statuses = {
        address: quality.get(address).status_code
        for address in (
            f"/lots/{lot.pk}",
            f"/facts/{fact.pk}",
            f"/card/{lot.pk}",
            f"/open/{lot.pk}",
            "/trace/P-1",
            "/trace-picture/P-1",
            "/trace-file/P-1",
        )
    }

    assert set(statuses.values()) == {404}
    assert "P-1" not in quality.get("/lots").content.decode()
    assert "suggestion" not in quality.get("/suggest?q=P-1").content.decode().replace("suggestion-foot", "")


def test_person_of_two_plants_switches_between_them(sign_in_as, plant):
    other = make_plant("P2", "Other plant")
    tell_sauce(other)
    user = make_user(plant)
    from lotline.records.people.actions import grant_role

    grant_role(user=user, plant=other, role=Role.AUDITOR)
    browser = sign_in_as(user)
    before = browser.get("/lots").content.decode()

    browser.post("/plant", {"plant": "P2"})
    after = browser.get("/lots").content.decode()

    assert "P-1" not in before
    assert "Other plant" in before
    assert "P-1" in after
    assert browser.get("/import").status_code == 403  # the rights are those of the plant one is in


def test_plant_of_others_can_not_be_chosen(quality, plant):
    tell_sauce(make_plant("P2", "Other plant"))

    quality.post("/plant", {"plant": "P2"})

    assert "P-1" not in quality.get("/lots").content.decode()


def test_every_page_with_an_id_is_not_found_for_an_id_of_another_plant(sign_in_as, plant):
    owner = sign_in_as(make_user(plant, Role.OWNER))
    there = make_plant("P2", "Other plant")
    tell_sauce(there)
    stranger = make_user(there, Role.OPERATOR)
    token, _secret = issue_token(user=stranger, plant=there, name="x", scopes=[Scope.READ])
    ids = {
        "lot_id": lot_of(there, "P-1").pk,
        "fact_id": last_fact(there).pk,
        "user_id": stranger.pk,
        "token_id": token.pk,
        "what": "password",
    }
    named = [one for one in urls.urlpatterns if isinstance(one, URLPattern)]
    pages = [one for one in named if any(isinstance(kind, UUIDConverter) for kind in one.pattern.converters.values())]

    addresses = {one.name: reverse(f"web:{one.name}", kwargs={name: ids[name] for name in one.pattern.converters}) for one in pages}
    found = {name: {owner.get(address).status_code, owner.post(address).status_code} - {405} for name, address in addresses.items()}

    assert found.keys() >= {"lot", "fact", "hold", "person", "person-change", "token-revoke"}
    assert all(statuses == {404} for statuses in found.values()), found


def test_language_of_a_person_follows_them_to_another_device(client, plant):
    from tests.doors.web.plant_of_pages import PASSWORD

    user = make_user(plant, name="zhoumin")
    User.objects.filter(pk=user.pk).update(language="en")

    client.post("/sign-in", {"username": "zhoumin", "password": PASSWORD}, headers={"accept-language": "zh-CN"})

    assert 'lang="en"' in client.get("/lots", headers={"accept-language": "zh-CN"}).content.decode()


def test_language_that_is_chosen_is_kept_with_the_person(quality):
    quality.post("/language", {"language": "zh-hans", "next": "/lots"})

    assert User.objects.get(pk=quality.session["_auth_user_id"]).language == "zh-hans"
    assert 'lang="zh-hans"' in quality.get("/lots").content.decode()
