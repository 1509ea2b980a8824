"""The pages for somebody who manages people."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from lotline.records.people.actions import issue_token
from lotline.records.people.administration import roles_of
from lotline.records.people.choices import Role, Scope
from lotline.records.people.models import AccessChange, Token, User
from lotline.records.people.queries import authenticate_token
from tests.doors.web.plant_of_pages import PASSWORD, make_plant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def it(plant, sign_in_as):
    return sign_in_as(make_user(plant, Role.IT, name="it"))


@pytest.fixture
def operator(plant):
    return make_user(plant, Role.OPERATOR, name="operator")


def text_of(answer):
    return answer.content.decode()


def secret_in(answer):
    found = re.search(r'class="code secret"[^>]*>([^<]+)<', text_of(answer))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OWNER, Role.IT}])
def test_who_does_not_manage_people_finds_no_way_in(plant, sign_in_as, operator, role):
    somebody = sign_in_as(make_user(plant, role))

    assert 'href="/people"' not in text_of(somebody.get("/trace"))
    assert somebody.get("/people").status_code == 403
    assert somebody.post(f"/people/{operator.pk}/password").status_code == 403


def test_list_shows_people_of_this_plant_with_roles_and_state(plant, it, operator):
    other = make_plant("P2", "Other")
    make_user(other, Role.OWNER, name="stranger")
    User.objects.filter(pk=operator.pk).update(is_active=False)

    page = text_of(it.get("/people"))

    assert "Operator" in page
    assert "switched off" in page
    assert "stranger" not in page


def test_person_of_another_plant_is_not_found(it, plant):
    stranger = make_user(make_plant("P2", "Other"), Role.OPERATOR)

    assert it.get(f"/people/{stranger.pk}").status_code == 404
    assert it.post(f"/people/{stranger.pk}/password").status_code == 404


def test_person_is_added_and_signs_in_with_the_password_that_is_shown_once(plant, it):
    answer = it.post("/people", {"username": "wang", "name": "Wang Fang", "role": "warehouse"})
    password = secret_in(answer)
    user = User.objects.get(username="wang")

    assert answer["Cache-Control"] == "no-store"
    assert Client().post("/sign-in", {"username": "wang", "password": password}).status_code == 302
    assert password not in text_of(it.get(f"/people/{user.pk}"))
    assert "Account added" in text_of(it.get("/people"))


def test_refused_addition_keeps_what_was_typed(plant, it, operator):
    answer = it.post("/people", {"username": "operator", "name": "Somebody", "role": "leader"})

    assert answer.status_code == 400
    assert "There is an account with this user name already." in text_of(answer)
    assert 'value="Somebody"' in text_of(answer)
    assert '<option value="leader" selected>' in text_of(answer)


def test_it_is_not_offered_the_role_of_an_owner_and_cannot_give_it(plant, it, operator):
    assert 'value="owner"' not in text_of(it.get(f"/people/{operator.pk}"))

    answer = it.post(f"/people/{operator.pk}/roles", {"role": ["owner"]})

    assert "Only an owner can do this" in text_of(answer)
    assert roles_of(user=operator, plant=plant) == {Role.OPERATOR}


def test_roles_are_saved_and_the_change_is_listed_with_its_maker(plant, it, operator):
    it.post(f"/people/{operator.pk}/roles", {"role": ["leader", "operator"]})
    page = text_of(it.get(f"/people/{operator.pk}"))

    assert roles_of(user=operator, plant=plant) == {Role.LEADER, Role.OPERATOR}
    assert "Role given" in page
    assert "Line leader" in page
    assert AccessChange.objects.for_plant(plant).get().user_id == operator.pk


def test_person_whose_last_role_is_taken_leaves_the_list(plant, it, operator):
    answer = it.post(f"/people/{operator.pk}/roles", {})

    assert answer["Location"] == "/people"
    assert f"/people/{operator.pk}" not in text_of(it.get("/people"))


def test_account_is_switched_off_and_its_session_ends(plant, it, operator, sign_in_as):
    at_work = sign_in_as(operator)

    it.post(f"/people/{operator.pk}/switch", {"on": "0"})
    off = at_work.get("/trace").status_code
    it.post(f"/people/{operator.pk}/switch", {"on": "1"})

    assert off == 302
    assert User.objects.get(pk=operator.pk).is_active


def test_new_password_is_shown_once_and_ends_the_old_one(plant, it, operator):
    password = secret_in(it.post(f"/people/{operator.pk}/password"))

    again = User.objects.get(pk=operator.pk)
    assert again.check_password(password)
    assert not again.check_password(PASSWORD)


@pytest.mark.parametrize(("language", "kept"), [("en", "en"), ("", ""), ("fr", "zh-hans")])
def test_language_of_somebody_is_one_that_is_offered(plant, it, operator, language, kept):
    User.objects.filter(pk=operator.pk).update(language="zh-hans")

    it.post(f"/people/{operator.pk}/language", {"language": language})

    assert User.objects.get(pk=operator.pk).language == kept


def test_token_is_made_by_its_owner_shown_once_works_and_is_revoked(plant, it, operator, sign_in_as):
    at_work = sign_in_as(operator)
    answer = at_work.post("/account/token", {"name": "scale 3", "days": "30", "scope": ["read", "write_facts"]})
    secret = secret_in(answer)
    token = Token.objects.for_plant(plant).get()
    holder = authenticate_token(secret)
    listed, own = text_of(it.get("/people")), text_of(at_work.get("/account"))
    it.post(f"/tokens/{token.pk}/revoke")

    assert answer["Cache-Control"] == "no-store"
    assert holder is not None
    assert holder.username == "operator"
    assert "scale 3" in listed
    assert "never" in listed
    assert "scale 3" in own
    assert secret not in listed + own
    assert authenticate_token(secret) is None


def test_who_manages_people_makes_no_token_for_another(plant, it, operator):
    assert it.post(f"/people/{operator.pk}/token", {"name": "x", "scope": "read"}).status_code == 404
    assert 'name="scope"' not in text_of(it.get(f"/people/{operator.pk}"))
    assert not Token.objects.for_plant(plant).exists()


def test_own_token_is_revoked_and_one_of_another_is_not_found(plant, operator, sign_in_as):
    mine, _secret = issue_token(user=operator, plant=plant, name="mine", scopes=[Scope.READ])
    other, _secret = issue_token(user=make_user(plant), plant=plant, name="other", scopes=[Scope.READ])
    at_work = sign_in_as(operator)

    assert at_work.post(f"/tokens/{mine.pk}/revoke", {"back": "account"})["Location"] == "/account"
    assert at_work.post(f"/tokens/{other.pk}/revoke").status_code == 404
    assert [token.name for token in Token.objects.for_plant(plant).filter(revoked_at=None)] == ["other"]


# ---- a password that somebody else made --------------------------------------------------------------------------------------------------


def test_one_time_password_opens_only_the_page_on_which_it_is_changed(plant, it, operator):
    password = secret_in(it.post(f"/people/{operator.pk}/password"))
    at_work = Client(headers={"accept-language": "en"})
    at_work.post("/sign-in", {"username": "operator", "password": password})

    closed = {address: at_work.get(address)["Location"] for address in ("/", "/trace", "/lots", "/account")}
    made = at_work.post("/account/token", {"name": "x", "scope": "read"})["Location"]
    program = at_work.get("/api/v1/lots")
    page = text_of(at_work.get("/account/password"))
    same = at_work.post("/account/password", {"old_password": password, "new_password1": password, "new_password2": password})
    wrong = at_work.post("/account/password", {"old_password": "guessed", "new_password1": PASSWORD, "new_password2": PASSWORD})
    changed = at_work.post("/account/password", {"old_password": password, "new_password1": PASSWORD, "new_password2": PASSWORD})

    assert {*closed.values(), made} == {"/account/password"}
    assert (program.status_code, program.json()["code"]) == (403, "password_to_change")
    assert "Choose a password that only you know" in page
    assert (same.status_code, wrong.status_code, changed.status_code) == (400, 400, 302)
    assert at_work.get("/lots").status_code == 200
    assert User.objects.get(pk=operator.pk).check_password(PASSWORD)
    assert not Token.objects.for_plant(plant).exists()


@pytest.mark.parametrize("form", [{"name": "", "scope": "read"}, {"name": "x", "days": "-1", "scope": "read"}, {"name": "x", "days": "9" * 40, "scope": "read"},
                                  {"name": "x", "scope": "everything"}, {"name": "x"}])  # fmt: skip
def test_token_with_a_broken_form_is_not_made(plant, it, form):
    assert it.post("/account/token", form).status_code == 400
    assert not Token.objects.for_plant(plant).exists()


def test_token_of_another_plant_is_not_found(plant, it):
    other = make_plant("P2", "Other")
    token, _secret = issue_token(user=make_user(other, Role.OPERATOR), plant=other, name="x", scopes=[Scope.READ])

    assert it.post(f"/tokens/{token.pk}/revoke").status_code == 404


def test_token_tells_when_it_was_used_last(plant, it, operator, sign_in_as):
    secret = secret_in(sign_in_as(operator).post("/account/token", {"name": "scale 3", "scope": "read"}))

    answer = Client().get("/api/v1/lots", headers={"authorization": f"Bearer {secret}"})

    assert answer.status_code == 200
    assert Token.objects.for_plant(plant).get().last_used_at is not None
    assert "just now" in text_of(it.get(f"/people/{operator.pk}"))


@pytest.mark.parametrize("address", ["/people/{}/roles", "/people/{}/switch", "/account/token"])
def test_changes_need_a_post(plant, it, operator, address):
    assert it.get(address.format(operator.pk)).status_code == 405


def test_own_roles_cannot_be_changed_on_the_page(plant, it):
    me = User.objects.get(username="it")

    assert "Nobody changes their own roles." in text_of(it.get(f"/people/{me.pk}"))
    assert it.post(f"/people/{me.pk}/roles", {"role": ["quality", "it"]}).status_code == 400
