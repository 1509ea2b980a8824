"""Who may change whose access, and that every change is noted."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from lotline.records.people import administration as people
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.administration import NotAllowed, roles_of
from lotline.records.people.choices import AccessAct, Role, Scope
from lotline.records.people.models import AccessChange, Token, User
from lotline.records.people.queries import authenticate_token, rights_of
from lotline.records.people.words import REFUSALS, describe_refusal
from lotline.records.places.actions import create_plant

pytestmark = pytest.mark.django_db
PASSWORD = "long enough to be one"


@pytest.fixture
def plant():
    return create_plant(code="P1", name="Plant one", time_zone="Asia/Shanghai")


def person(plant, *roles, name):
    user = create_user(username=name, password=PASSWORD)
    for role in roles:
        grant_role(user=user, plant=plant, role=role)
    return user


@pytest.fixture
def owner(plant):
    return person(plant, Role.OWNER, name="owner")


@pytest.fixture
def it(plant):
    return person(plant, Role.IT, name="it")


@pytest.fixture
def operator(plant):
    return person(plant, Role.OPERATOR, name="operator")


def refused(action, **more):
    with pytest.raises(NotAllowed) as caught:
        action(**more)
    return caught.value.code


def noted(plant):
    return [(change.act, change.detail) for change in AccessChange.objects.for_plant(plant).order_by("id")]


def test_new_person_gets_a_role_and_a_password_that_is_told_once(plant, it):
    user, password = people.add_person(actor=it, plant=plant, username="wang", name="Wang", role=Role.WAREHOUSE)

    assert user.check_password(password)
    assert roles_of(user=user, plant=plant) == {Role.WAREHOUSE}
    assert noted(plant) == [(AccessAct.ADDED, "wang"), (AccessAct.ROLE_GIVEN, "warehouse")]
    assert password not in str(noted(plant))


def test_name_that_is_taken_or_missing_is_refused(plant, it, operator):
    more = {"actor": it, "plant": plant, "name": "", "role": Role.OPERATOR}

    assert refused(people.add_person, username="operator", **more) == "name_taken"
    assert refused(people.add_person, username="", **more) == "name_missing"


def test_roles_become_exactly_those_that_are_asked_for(plant, it, operator):
    people.set_roles(actor=it, plant=plant, user=operator, roles=[Role.QUALITY, Role.LEADER])
    people.set_roles(actor=it, plant=plant, user=operator, roles=[Role.QUALITY, Role.LEADER])

    assert roles_of(user=operator, plant=plant) == {Role.QUALITY, Role.LEADER}
    assert noted(plant) == [("role_given", "leader"), ("role_given", "quality"), ("role_taken", "operator")]


def test_who_does_not_manage_people_changes_nothing(plant, operator, owner):
    quality = person(plant, Role.QUALITY, name="quality")

    for action, more in (
        (people.set_roles, {"user": operator, "roles": []}),
        (people.switch_account, {"user": operator, "on": False}),
        (people.reset_password, {"user": operator}),
    ):
        assert refused(action, actor=quality, plant=plant, **more) == "not_a_manager"
    assert noted(plant) == []


def test_owner_is_made_and_managed_by_owners_only(plant, owner, it, operator):
    assert refused(people.set_roles, actor=it, plant=plant, user=operator, roles=[Role.OWNER]) == "owners_only"
    assert refused(people.set_roles, actor=it, plant=plant, user=owner, roles=[]) == "owners_only"
    assert refused(people.reset_password, actor=it, plant=plant, user=owner) == "owners_only"
    assert refused(people.switch_account, actor=it, plant=plant, user=owner, on=False) == "owners_only"

    people.set_roles(actor=owner, plant=plant, user=operator, roles=[Role.OWNER])
    assert roles_of(user=operator, plant=plant) == {Role.OWNER}


def test_nobody_changes_their_own_roles_or_switches_themselves_off(plant, it):
    assert refused(people.set_roles, actor=it, plant=plant, user=it, roles=[Role.IT, Role.QUALITY]) == "not_oneself"
    assert refused(people.switch_account, actor=it, plant=plant, user=it, on=False) == "not_oneself"


def test_last_owner_stays_even_at_the_terminal(plant, owner):
    assert refused(people.set_roles, actor=None, plant=plant, user=owner, roles=[]) == "last_owner"
    assert refused(people.switch_account, actor=None, plant=plant, user=owner, on=False) == "last_owner"


def test_owner_who_is_switched_off_does_not_count_as_another_one(plant, owner):
    second = person(plant, Role.OWNER, name="second")
    people.switch_account(actor=owner, plant=plant, user=second, on=False)

    assert refused(people.set_roles, actor=None, plant=plant, user=owner, roles=[]) == "last_owner"


def test_account_that_works_in_another_plant_needs_a_manager_of_both(plant, it, operator):
    other = create_plant(code="P2", name="Plant two", time_zone="Asia/Shanghai")
    grant_role(user=operator, plant=other, role=Role.QUALITY)

    assert refused(people.reset_password, actor=it, plant=plant, user=operator) == "works_elsewhere"
    assert refused(people.switch_account, actor=it, plant=plant, user=operator, on=False) == "works_elsewhere"
    people.set_roles(actor=it, plant=plant, user=operator, roles=[])
    assert roles_of(user=operator, plant=other) == {Role.QUALITY}
    grant_role(user=it, plant=other, role=Role.IT)
    assert people.reset_password(actor=it, plant=other, user=operator)


def test_account_that_is_switched_off_may_do_nothing_and_its_tokens_neither(plant, it, operator):
    _token, secret = people.make_token(actor=operator, plant=plant, user=operator, name="scale", scopes=[Scope.READ])

    people.switch_account(actor=it, plant=plant, user=operator, on=False)
    off = (rights_of(user_id=operator.pk, plant=plant), authenticate_token(secret))
    people.switch_account(actor=it, plant=plant, user=operator, on=True)

    assert off == (frozenset(), None)
    assert authenticate_token(secret) is not None
    assert [act for act, _detail in noted(plant)] == ["token_made", "switched_off", "switched_on"]


def test_new_password_replaces_the_old_one(plant, it, operator):
    password = people.reset_password(actor=it, plant=plant, user=operator)

    assert operator.check_password(password)
    assert not operator.check_password(PASSWORD)


def test_token_is_made_for_a_role_and_a_purpose_and_ends(plant, it, operator):
    stranger = create_user(username="stranger", password=PASSWORD)

    assert refused(people.make_token, actor=stranger, plant=plant, user=stranger, name="t", scopes=[Scope.READ]) == "no_role"
    assert refused(people.make_token, actor=operator, plant=plant, user=operator, name="t", scopes=[]) == "no_scope"
    token, secret = people.make_token(actor=operator, plant=plant, user=operator, name="scale", scopes=[Scope.READ, Scope.WRITE_FACTS])
    people.end_token(actor=it, token=token)
    people.end_token(actor=it, token=Token.objects.for_plant(plant).get(pk=token.pk))

    assert authenticate_token(secret) is None
    assert noted(plant) == [("token_made", "scale · read, write_facts"), ("token_revoked", "scale")]


def test_nobody_makes_a_token_of_another_but_the_terminal(plant, owner, it, operator):
    quality = person(plant, Role.QUALITY, name="quality")

    for actor in (owner, it, operator):
        assert refused(people.make_token, actor=actor, plant=plant, user=quality, name="t", scopes=[Scope.HOLD]) == "not_own_token"
    _token, secret = people.make_token(actor=None, plant=plant, user=quality, name="t", scopes=[Scope.HOLD])

    assert authenticate_token(secret) is not None
    assert Token.objects.for_plant(plant).count() == 1


def test_token_is_revoked_by_its_owner_or_by_who_manages_people(plant, it, operator):
    another = person(plant, Role.QUALITY, name="quality")
    first, _secret = people.make_token(actor=operator, plant=plant, user=operator, name="1", scopes=[Scope.READ])
    second, _secret = people.make_token(actor=operator, plant=plant, user=operator, name="2", scopes=[Scope.READ])

    assert refused(people.end_token, actor=another, token=first) == "not_a_manager"
    people.end_token(actor=operator, token=first)
    people.end_token(actor=it, token=second)

    assert not Token.objects.for_plant(plant).filter(revoked_at=None).exists()


def test_password_that_somebody_else_made_has_to_be_changed(plant, it, operator):
    new, _password = people.add_person(actor=it, plant=plant, username="wang", name="Wang", role=Role.QUALITY)
    people.reset_password(actor=it, plant=plant, user=operator)
    before = (new.must_change_password, operator.must_change_password)

    people.change_password(user=operator, plant=plant, password=PASSWORD)
    operator.refresh_from_db()

    assert before == (True, True)
    assert not operator.must_change_password
    assert operator.check_password(PASSWORD)
    assert AccessChange.objects.for_plant(plant).latest("id").actor_id == operator.pk


def test_password_that_was_set_at_the_terminal_stays(plant, operator):
    people.reset_password(actor=None, plant=plant, user=operator, password="from the terminal")

    assert not operator.must_change_password


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_the_same_moment_one_stays():
    plant = create_plant(code="P1", name="Plant one", time_zone="Asia/Shanghai")
    first, second = person(plant, Role.OWNER, name="first"), person(plant, Role.OWNER, name="second")
    together, answers = threading.Barrier(2), []

    def leave(user: User) -> None:
        try:
            with transaction.atomic():
                together.wait(5) if connection.vendor == "postgresql" else None
                people.set_roles(actor=None, plant=plant, user=user, roles=[])
                # Long enough for the other to ask whether there is another owner.
                time.sleep(0.3)
            answers.append("left")
        except NotAllowed as kept:
            answers.append(kept.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(user,)) for user in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(answers) == ["last_owner", "left"]


def test_change_says_who_made_it(plant, it, operator):
    people.set_language(actor=it, plant=plant, user=operator, language="en")
    people.set_language(actor=None, plant=plant, user=operator, language="zh-hans")

    changes = AccessChange.objects.for_plant(plant).order_by("id").values_list("actor_id", "user_id", "detail")
    assert list(changes) == [(it.pk, operator.pk, "en"), (None, operator.pk, "zh-hans")]


def test_every_refusal_has_a_sentence_in_both_languages():
    from django.utils import translation

    with translation.override("en"):
        english = {code: describe_refusal(code) for code in REFUSALS}
    with translation.override("zh-hans"):
        chinese = {code: describe_refusal(code) for code in REFUSALS}

    assert [code for code in REFUSALS if chinese[code] == english[code]] == []


def test_passwords_that_are_made_differ_and_have_no_letters_that_look_alike():
    made = {people.make_password() for _ in range(50)}

    assert len(made) == 50
    assert not set("".join(made)) & set("0o1il")
