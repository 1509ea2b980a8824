"""Containers in time: they carry what is in them, they are never in a circle, and a carry may come in late."""

from __future__ import annotations

import pytest

from lotline.core.facts import Carry
from lotline.core.ledger import Refused
from tests.core.ledger_of_memory import Ledger, m


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "BOX"))
    return ledger


def box(source: str, target: str) -> tuple[Carry, ...]:
    return (Carry("BOX", source, target),)


def test_a_carry_moves_the_container_and_not_the_balance(ledger):
    ledger.post("move", carries=box("A", "B"), hour=1)

    assert ledger.parent("BOX") == "B"
    assert ledger.stock() == {("1", "BOX"): 10}


@pytest.mark.parametrize(
    ("kind", "carries", "code"),
    [
        ("move", box("B", "A"), "container_elsewhere"),
        ("move", (Carry("A", "SITE", "B"),), "not_a_container"),
        ("move", box("A", "A"), "container_goes_nowhere"),
        ("load", box("A", "BOX"), "container_in_itself"),
        ("move", box("A", "K"), "way_not_allowed"),
        ("move", box("A", "PROCESS"), "way_not_allowed"),
        ("receive", box("VARIANCE", "A"), "way_not_allowed"),
        ("move", (*box("A", "B"), *box("A", "SITE")), "container_carried_twice"),
        ("scrap", (*box("A", "SCRAP"),), "kind_carries_nothing"),
    ],
)
def test_a_carry_that_can_not_be_is_refused(ledger, kind, carries, code):
    assert ledger.refusal(kind, carries=carries) == [code]


def test_a_container_can_not_come_to_lie_in_itself_through_another(ledger):
    ledger.post("load", carries=(Carry("PALLET", "A", "BOX"),), hour=1)

    assert ledger.refusal("load", carries=box("A", "PALLET"), hour=2) == ["container_in_itself"]


def test_a_late_carry_can_not_close_a_circle_in_the_past(ledger):
    ledger.post("load", carries=box("A", "PALLET"), hour=1)
    ledger.post("unload", carries=box("PALLET", "A"), hour=5)

    assert ledger.refusal("load", carries=(Carry("PALLET", "A", "BOX"),), hour=3) == ["container_in_itself"]


def test_a_carry_may_follow_when_the_circle_would_be_over(ledger):
    ledger.post("load", carries=box("A", "PALLET"), hour=1)
    ledger.post("unload", carries=box("PALLET", "A"), hour=5)
    ledger.post("load", carries=(Carry("PALLET", "A", "BOX"),), hour=6)

    assert ledger.parent("PALLET") == "BOX"


def test_a_late_carry_fits_only_if_the_next_one_starts_where_it_ends(ledger):
    ledger.post("move", carries=box("A", "B"), hour=5)

    assert ledger.refusal("move", carries=box("A", "SITE"), hour=3) == ["container_moved_later"]


def test_a_late_carry_comes_in_before_one_that_was_taken_back(ledger):
    wrong = ledger.post("move", carries=box("A", "B"), hour=5)
    ledger.reverse(wrong)
    ledger.post("move", carries=box("A", "SITE"), hour=3)

    assert ledger.parent("BOX") == "SITE"


def test_taking_back_a_carry_returns_the_container(ledger):
    ledger.reverse(ledger.post("move", carries=box("A", "B"), hour=5))

    assert ledger.parent("BOX") == "A"


def test_a_carry_is_not_taken_back_under_a_later_one_of_the_same_moment(ledger):
    first = ledger.post("move", carries=box("A", "B"), hour=1)
    ledger.post("move", carries=box("B", "SITE"), hour=1)

    with pytest.raises(Refused, match="container_moved_later"):
        ledger.reverse(first)


def test_taking_back_a_carry_does_not_put_a_container_into_what_lies_in_it(ledger):
    ledger.post("load", carries=box("A", "PALLET"), hour=1)
    out = ledger.post("unload", carries=box("PALLET", "A"), hour=2)
    ledger.post("load", carries=(Carry("PALLET", "A", "BOX"),), hour=3)

    with pytest.raises(Refused, match="container_in_itself"):
        ledger.reverse(out)


def test_what_lies_in_a_container_at_a_customers_is_not_here(ledger):
    ledger.post("ship", carries=box("A", "K"), hour=1)

    used = [m("1", 1, "BOX", "PROCESS"), m("9", 1, "PROCESS", "A")]
    assert ledger.refusal("transform", *used, hour=2) == ["way_not_allowed"]


def test_what_lay_in_a_container_before_it_was_shipped_was_here(ledger):
    ledger.post("ship", carries=box("A", "K"), hour=5)
    ledger.post("move", m("1", 4, "BOX", "A"), hour=3)

    assert ledger.stock() == {("1", "BOX"): 6, ("1", "A"): 4}


def test_what_lies_in_a_container_at_a_customers_comes_back_as_a_return(ledger):
    ledger.post("ship", carries=box("A", "K"), hour=1)
    ledger.post("return", m("1", 4, "BOX", "A"), hour=2)

    assert ledger.stock() == {("1", "BOX"): 6, ("1", "A"): 4}


def test_a_reversal_leaves_the_rest_of_its_moment_as_it_was(ledger):
    """A late carry moved where the container stood before that moment, so the moment's own ends say nothing any more."""
    ledger.reverse(ledger.post("move", carries=box("A", "B"), hour=5))
    ledger.post("move", carries=box("A", "B"), hour=1)
    ledger.post("move", carries=box("B", "A"), hour=5)

    assert ledger.parent("BOX") == "A"
    assert ledger.refusal("move", carries=box("B", "SITE"), hour=3) == ["container_moved_later"]


def test_only_the_last_of_equal_carries_of_one_moment_is_taken_back(ledger):
    first = ledger.post("move", carries=box("A", "B"), hour=1)
    ledger.post("move", carries=box("B", "A"), hour=1)
    last = ledger.post("move", carries=box("A", "B"), hour=1)

    ledger.reverse(last)
    assert ledger.parent("BOX") == "A"
    with pytest.raises(Refused, match="container_moved_later"):
        ledger.reverse(first)
