"""Taking back an import: what is said when it can not be, and that nothing is stored then."""

from __future__ import annotations

import pytest

from lotline.core.ledger import Refused
from lotline.doors.exchange.runs import Span, record_run
from lotline.doors.exchange.taking_back import Depends, take_back_import
from lotline.records.journal.models import Fact
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from lotline.records.places.models import Plant
from tests.laws.factory import codes, draft, lot, make_plant, move, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    """Import 1 received a lot and held it."""
    plant = make_plant()
    span = Span()
    span.add(write(plant, draft("receive", move("1", 5, "S1", "A")), draft("hold", subjects=(lot("1"),))))
    record_run(plant=plant, form="table", name="holds.csv", actor=None, span=span)
    return plant


def test_who_may_not_decide_is_told_so_and_not_that_something_depends_on_it(plant: Plant):
    operator = create_user(username="op", password="long enough", name="Op")
    grant_role(user=operator, plant=plant, role=Role.OPERATOR)

    with pytest.raises(Refused) as raised:
        take_back_import(plant=plant, number=1, reason="wrong file", actor=operator.pk)

    assert codes(raised.value.problems) == ["hold_not_allowed"]
    assert Fact.objects.for_plant(plant).count() == 2


def test_the_fact_that_something_later_stands_on_is_named(plant: Plant):
    write(plant, draft("move", move("1", 5, "A", "B"), hour=1))

    with pytest.raises(Depends) as raised:
        take_back_import(plant=plant, number=1, reason="wrong file")

    assert raised.value.seq == 1
    assert Fact.objects.for_plant(plant).count() == 3
