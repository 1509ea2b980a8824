"""Who may decide: the journal itself asks, so that no door, import or reversal is a way around."""

from __future__ import annotations

import pytest

from lotline.core.facts import Carry, Disposition
from lotline.core.ledger import Refused
from lotline.records.journal.models import Hold
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from tests.laws.factory import codes, draft, lot, make_plant, move, received, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant():
    return make_plant()


@pytest.fixture
def people(plant):
    found = {}
    for role in (Role.QUALITY, Role.OPERATOR, Role.IT):
        user = create_user(username=role, password="long enough", name=role)
        grant_role(user=user, plant=plant, role=role)
        found[role] = user.pk
    return found


def refused(plant, *drafts, **said):
    with pytest.raises(Refused) as raised:
        write(plant, *drafts, **said)
    return codes(raised.value.problems)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.IT])
def test_only_who_may_hold_decides_about_a_lot(plant, people, role):
    received(plant, "1", 5)
    hold = draft("hold", subjects=(lot("1"),))
    verdict = draft("inspect", subjects=(lot("1"),), disposition=Disposition.REJECTED)

    assert refused(plant, hold, actor=people[role]) == ["hold_not_allowed"]
    assert refused(plant, verdict, actor=people[role]) == ["hold_not_allowed"]
    assert len(write(plant, hold, verdict, actor=people[Role.QUALITY])) == 2


def test_a_hold_is_not_lifted_by_taking_it_back_without_the_right(plant, people):
    received(plant, "1", 5)
    (hold,) = write(plant, draft("hold", subjects=(lot("1"),)), actor=people[Role.QUALITY])
    take_back = draft("reverse", reverses=hold.fact_id)

    assert refused(plant, take_back, actor=people[Role.OPERATOR]) == ["hold_not_allowed"]
    assert Hold.objects.for_plant(plant).filter(closed_by=None).count() == 1
    assert len(write(plant, take_back, actor=people[Role.QUALITY])) == 1


def test_a_verdict_is_not_taken_back_without_the_right(plant, people):
    received(plant, "1", 5)
    verdict = draft("inspect", subjects=(lot("1"),), disposition=Disposition.REJECTED)
    (receipt,) = write(plant, verdict, actor=people[Role.QUALITY])

    assert refused(plant, draft("reverse", reverses=receipt.fact_id), actor=people[Role.OPERATOR]) == ["hold_not_allowed"]


def test_who_may_not_decide_does_not_count_out_what_is_on_hold(plant, people):
    received(plant, "1", 5)
    received(plant, "2", 5)
    write(plant, draft("hold", subjects=(lot("1"),), hold_place="A"), actor=people[Role.QUALITY])
    gone = draft("adjust", move("1", 1, "A", "VARIANCE"), hour=1)
    used = draft("transform", move("2", 1, "A", "PROCESS"), move("9", 1, "PROCESS", "A"), move("1", 1, "A", "VARIANCE"), hour=1)

    assert refused(plant, gone, actor=people[Role.OPERATOR]) == ["counting_out_not_allowed"]
    assert refused(plant, used, actor=people[Role.OPERATOR]) == ["counting_out_not_allowed"]
    assert len(write(plant, draft("adjust", move("2", 1, "A", "VARIANCE"), hour=1), actor=people[Role.OPERATOR])) == 1
    assert len(write(plant, gone, actor=people[Role.QUALITY])) == 1


def test_what_is_on_hold_at_another_place_is_counted_out_by_anybody(plant, people):
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"),), hold_place="B"), actor=people[Role.QUALITY])

    assert len(write(plant, draft("adjust", move("1", 1, "A", "VARIANCE"), hour=1), actor=people[Role.OPERATOR])) == 1


def test_an_operator_still_takes_back_what_operators_write(plant, people):
    received(plant, "1", 5)
    (moved,) = write(plant, draft("move", move("1", 2, "A", "B"), hour=1), actor=people[Role.OPERATOR])

    assert len(write(plant, draft("reverse", reverses=moved.fact_id), actor=people[Role.OPERATOR])) == 1


def test_taking_back_a_return_does_not_hand_out_a_held_lot(plant):
    received(plant, "1", 5)
    write(plant, draft("ship", move("1", 5, "A", "K1"), hour=1))
    (back,) = write(plant, draft("return", move("1", 5, "K1", "A"), hour=2))
    write(plant, draft("hold", subjects=(lot("1"),), hour=3))

    assert refused(plant, draft("reverse", reverses=back.fact_id)) == ["lot_on_hold"]


def test_nothing_is_moved_into_a_container_at_a_customers_as_if_it_were_here(plant):
    received(plant, "1", 5)
    write(plant, draft("ship", carries=(Carry("BOX", "A", "K1"),), hour=1))

    assert refused(plant, draft("move", move("1", 1, "A", "BOX"), hour=2)) == ["way_not_allowed"]
    assert len(write(plant, draft("ship", move("1", 1, "A", "BOX"), hour=2))) == 1
