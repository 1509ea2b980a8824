"""Law 8: what is held, rejected, pending or expired is not used. Holds at places have a file of their own."""

from __future__ import annotations

import pytest

from lotline.core.facts import Carry, Disposition
from tests.core.ledger_of_memory import Ledger, m, ref

USES = {
    "transform": [m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "A")],
    "pack": [m("1", 1, "A", "BOX")],
    "ship": [m("1", 1, "A", "K")],
}


@pytest.mark.parametrize("kind", USES)
def test_a_lot_on_hold_can_not_be_used(ledger, kind):
    ledger.post("hold", subjects=(ref("1"),))

    assert ledger.refusal(kind, *USES[kind], hour=1) == ["lot_on_hold"]


@pytest.mark.parametrize("kind", ["move", "scrap", "adjust", "return"])
def test_a_lot_on_hold_can_be_put_away_scrapped_counted_and_sent_back(ledger, kind):
    ledger.post("hold", subjects=(ref("1"),))
    target = {"move": "B", "scrap": "SCRAP", "adjust": "VARIANCE", "return": "S"}[kind]

    ledger.post(kind, m("1", 1, "A", target), hour=1)


def test_a_hold_at_one_place_blocks_what_lies_there_however_the_fact_lists_it(ledger):
    ledger.post("move", m("1", 5, "A", "B"))
    ledger.post("hold", subjects=(ref("1"),), hold_place="B")
    ledger.post("transform", m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "A"), hour=1)

    moves = [m("1", 1, "A", "PROCESS"), m("1", 1, "B", "PROCESS"), m("9", 1, "PROCESS", "A")]
    assert ledger.refusal("transform", *moves, hour=2) == ["lot_on_hold"]


def test_a_hold_at_a_place_reaches_into_its_containers(ledger):
    ledger.post("load", m("1", 5, "A", "BOX"))
    ledger.post("hold", subjects=(ref("1"),), hold_place="SITE")

    assert ledger.refusal("transform", m("1", 1, "BOX", "PROCESS"), m("9", 1, "PROCESS", "A"), hour=1) == ["lot_on_hold"]


def test_writing_a_use_late_does_not_get_around_a_hold_that_is_lifted_by_now(ledger):
    ledger.post("hold", subjects=(ref("1"),), hour=1)
    ledger.post("release", subjects=(ref("1"),), hour=5)
    ledger.post("ship", m("1", 1, "A", "K"), hour=6)

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=3) == ["lot_on_hold"]


def test_writing_a_use_late_does_not_get_around_the_inspection_that_came_after_it():
    ledger = Ledger()
    ledger.post("receive", m("1", 5, "S", "A", item="QA"))
    ledger.post("inspect", subjects=(ref("1", "QA"),), disposition=Disposition.RELEASED, hour=5)
    ledger.post("ship", m("1", 1, "A", "K", item="QA"), hour=6)

    assert ledger.refusal("ship", m("1", 1, "A", "K", item="QA"), hour=3) == ["lot_pending"]


def test_a_hold_that_was_taken_back_does_not_return_with_its_release(ledger):
    hold = ledger.post("hold", subjects=(ref("1"),), hour=1)
    release = ledger.post("release", subjects=(ref("1"),), hour=2)
    ledger.reverse(hold)
    ledger.reverse(release)

    ledger.post("ship", m("1", 1, "A", "K"), hour=3)


def test_taking_back_a_release_puts_the_hold_in_force_again(ledger):
    ledger.post("hold", subjects=(ref("1"),), hour=1)
    ledger.reverse(ledger.post("release", subjects=(ref("1"),), hour=2))

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=3) == ["lot_on_hold"]


@pytest.mark.parametrize(("disposition", "code"), [(Disposition.REJECTED, "lot_rejected"), (Disposition.PENDING, "lot_pending")])
def test_a_lot_that_is_not_released_can_not_be_used(ledger, disposition, code):
    ledger.post("inspect", subjects=(ref("1"),), disposition=disposition)

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=1) == [code]


def test_an_expired_lot_can_not_be_used_from_that_moment_on():
    ledger = Ledger()
    ledger.post("receive", m("1", 5, "S", "A", item="FRESH"))
    ledger.post("ship", m("1", 1, "A", "K", item="FRESH"), hour=71)

    assert ledger.refusal("ship", m("1", 1, "A", "K", item="FRESH"), hour=72) == ["lot_expired"]


def test_what_an_operation_produces_is_not_used_by_it(ledger):
    ledger.post("pack", m("1", 1, "A", "PROCESS"), m("CASE", 1, "PROCESS", "A", item="QA"))

    assert ledger.stock()["CASE", "A"] == 1


def test_an_override_with_a_reason_lets_a_blocked_lot_through(ledger):
    ledger.post("hold", subjects=(ref("1"),))

    ledger.post("ship", m("1", 1, "A", "K"), hour=1, override_reason="the customer agreed")


def test_a_container_with_a_blocked_lot_inside_an_inner_container_can_not_be_shipped(ledger):
    ledger.post("load", m("1", 5, "A", "BOX"))
    ledger.post("load", carries=(Carry("BOX", "A", "PALLET"),))
    ledger.post("hold", subjects=(ref("1"),), hour=1)

    assert ledger.refusal("ship", carries=(Carry("PALLET", "A", "K"),), hour=2) == ["lot_on_hold"]


def decide(ledger, hour, disposition):
    return ledger.post("inspect", subjects=(ref("1"),), disposition=disposition, hour=hour)


@pytest.mark.parametrize(("disposition", "code"), [(Disposition.REJECTED, "lot_rejected"), (Disposition.PENDING, "lot_pending")])
def test_a_result_that_comes_in_after_a_release_counts_over_it(ledger, disposition, code):
    decide(ledger, 10, Disposition.RELEASED)
    decide(ledger, 9, disposition)

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=11) == [code]


@pytest.mark.parametrize(
    ("hour", "freed"), [(8, ["lot_rejected"]), (9, []), (9.5, []), (12, [])], ids=["before it", "at its moment", "after it", "last of all"]
)
def test_who_knows_of_the_late_result_frees_the_lot_with_a_decision_that_is_not_before_it(ledger, hour, freed):
    decide(ledger, 10, Disposition.RELEASED)
    decide(ledger, 9, Disposition.REJECTED)
    decide(ledger, hour, Disposition.CONCESSION)

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=13) == freed


def test_between_the_late_result_and_who_freed_the_lot_knowing_of_it_nothing_was_free(ledger):
    decide(ledger, 10, Disposition.RELEASED)
    decide(ledger, 9, Disposition.REJECTED)
    decide(ledger, 12, Disposition.RELEASED)

    ledger.post("ship", m("1", 1, "A", "K"), hour=12)
    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=11) == ["lot_rejected"]


def test_a_late_result_that_frees_changes_nothing(ledger):
    decide(ledger, 10, Disposition.REJECTED)
    decide(ledger, 9, Disposition.RELEASED)

    assert ledger.refusal("ship", m("1", 1, "A", "K"), hour=11) == ["lot_rejected"]


def test_taking_back_the_release_that_knew_brings_back_the_late_result_and_taking_that_back_frees_the_lot(ledger):
    decide(ledger, 10, Disposition.RELEASED)
    late = decide(ledger, 9, Disposition.REJECTED)
    ledger.reverse(decide(ledger, 12, Disposition.RELEASED))
    statuses = [ledger.book.lots[ref("1")].status]
    ledger.reverse(late)
    statuses.append(ledger.book.lots[ref("1")].status)

    assert statuses == [Disposition.REJECTED, Disposition.RELEASED]
    ledger.post("ship", m("1", 1, "A", "K"), hour=13)


def test_a_release_that_lifts_nothing_is_refused(ledger):
    assert ledger.refusal("release", subjects=(ref("1"),)) == ["nothing_to_release"]
