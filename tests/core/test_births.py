"""How a lot is born, once or anew, and which codes it may carry."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lotline.core.facts import Birth, Disposition
from lotline.core.instant import to_micros
from lotline.core.ledger.births import facts_that_bore
from tests.core.ledger_of_memory import DAY, Ledger, m, ref


def born(**said):
    return (Birth(ref("1"), **said),)


def test_a_second_receipt_that_says_another_expiry_is_another_lot():
    ledger = Ledger()
    ledger.post("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=9)))
    ledger.post("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=9)))

    assert ledger.refusal("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=8))) == ["expiry_differs"]


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        (Birth(ref("1"), supplier_lot="x"), "supplier_missing"),
        (Birth(ref("1"), supplier="A", supplier_lot="x"), "not_a_supplier"),
        (Birth(ref("1"), supplier="NOBODY"), "place_unknown"),
        (Birth(ref("2")), "birth_without_move"),
        (Birth(ref("1"), batch="b"), "batch_differs"),
    ],
)
def test_a_birth_that_does_not_fit_is_refused(ledger, birth, code):
    assert ledger.refusal("receive", m("1", 1, "S", "A"), births=(birth,)) == [code]


def test_a_lot_whose_every_posting_was_taken_back_is_born_anew():
    ledger = Ledger()
    first = ledger.post("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=9), batch="b"), hour=1)
    lot = ledger.book.lots[ref("1")]
    ledger.reverse(first)

    again = ledger.post("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=8), batch="c"), hour=2)

    assert again.born == [lot]
    assert (lot.expires_at_us, lot.batch, lot.born_at_us) == (to_micros(DAY + timedelta(days=8)), "c", to_micros(DAY + timedelta(hours=2)))


def test_a_lot_is_born_anew_without_a_word_too():
    ledger = Ledger()
    first = ledger.post("receive", m("1", 1, "S", "A", item="FRESH"), births=(Birth(ref("1", "FRESH"), batch="b"),), hour=48)
    ledger.reverse(first)

    ledger.post("receive", m("1", 1, "S", "A", item="FRESH"))

    lot = ledger.book.lots[ref("1", "FRESH")]
    assert (lot.expires_at_us, lot.batch, lot.born_at_us) == (to_micros(DAY + timedelta(days=3)), "", to_micros(DAY))


def test_a_lot_of_which_anything_stands_keeps_its_birth():
    ledger = Ledger()
    first = ledger.post("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=9)))
    ledger.post("receive", m("1", 1, "S", "A"))
    ledger.reverse(first)
    ledger.post("ship", m("1", 1, "A", "K"), hour=1)
    ledger.post("return", m("1", 1, "K", "A"), hour=2)
    ledger.post("transform", m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "B"), hour=3)

    assert ledger.refusal("receive", m("1", 1, "S", "A"), births=born(expires_at=DAY + timedelta(days=8)), hour=4) == ["expiry_differs"]


def test_two_moves_of_a_lot_that_is_born_anew_bear_it_once():
    ledger = Ledger()
    ledger.reverse(ledger.post("receive", m("1", 1, "S", "A"), births=born(batch="b")))

    again = ledger.post("receive", m("1", 1, "S", "A"), m("1", 1, "S", "B"), births=born(batch="c"))

    assert [lot.batch for lot in again.born] == ["c"]
    assert ledger.refusal("receive", m("1", 1, "S", "A"), births=born(batch="d")) == ["batch_differs"]


def test_a_lot_that_is_born_anew_keeps_what_was_decided_about_it():
    ledger = Ledger()
    first = ledger.post("receive", m("1", 1, "S", "A"))
    ledger.post("inspect", subjects=(ref("1"),), disposition=Disposition.REJECTED)
    ledger.post("hold", subjects=(ref("1"),))
    ledger.reverse(first)

    ledger.post("receive", m("1", 1, "S", "A"), births=born(batch="c"), hour=1)

    lot = ledger.book.lots[ref("1")]
    assert (lot.status, lot.first, len(lot.holds)) == (Disposition.REJECTED, Disposition.RELEASED, 1)


@pytest.mark.parametrize(
    ("moved", "bore"),
    [
        ([(1, None), (2, None)], [1]),
        ([(1, 2), (2, None), (3, None)], [1, 3]),
        ([(1, 3), (2, None), (3, None), (4, None)], [1]),
        ([(1, 2), (2, None), (3, 4), (4, None), (5, None)], [1, 3, 5]),
        ([(1, 2), (2, None), (3, 5), (4, None), (5, None)], [1, 3]),
    ],
)
def test_a_lot_was_born_wherever_nothing_of_it_stood_before(moved, bore):
    assert facts_that_bore(moved) == bore


def test_shelf_life_runs_from_the_birth_and_stops_at_the_last_day_there_is():
    ledger = Ledger()
    ledger.post("receive", m("1", 1, "S", "A", item="FRESH"))

    assert ledger.book.lots[ref("1", "FRESH")].expires_at_us == to_micros(DAY + timedelta(days=3))


@pytest.mark.parametrize("code", ["", "   ", "x" * 121])
def test_a_lot_code_has_a_length(code):
    assert Ledger().refusal("receive", m(code, 1, "S", "A")) == ["lot_code_length"]


@pytest.mark.parametrize("code", [" 1", "1 ", "1\t", "1\n2", "a\u200bb", "e\u0301", "\ufeff1", "1\u00a0", "a\u202eb"])
def test_a_lot_code_holds_nothing_that_can_not_be_seen_or_told_apart(code):
    assert Ledger().refusal("receive", m(code, 1, "S", "A")) == ["lot_code_form"]


def test_codes_that_differ_in_case_are_two_lots():
    ledger = Ledger()
    ledger.post("receive", m("a1", 1, "S", "A"), m("A1", 2, "S", "A"), m("批 1é", 3, "S", "A"))

    assert ledger.stock() == {("a1", "A"): 1, ("A1", "A"): 2, ("批 1é", "A"): 3}


def test_the_same_number_of_two_items_is_two_lots(ledger):
    ledger.post("receive", m("1", 2, "S", "A", item="QA"))

    assert {(lot.item, lot.code) for lot in ledger.book.lots} == {("KG", "1"), ("QA", "1")}
