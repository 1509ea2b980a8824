"""The laws on plain data: what is moved, what is refused and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from lotline.core.facts import Birth, Disposition, Draft, FactKind, LotRef, Move
from lotline.core.instant import to_micros
from lotline.core.ledger import Refused, check_form, find_unstorable_text
from lotline.core.quantity import LARGEST
from tests.core.ledger_of_memory import DAY, ONE, Ledger, m, ref

# ---- laws 1 and 2 -----------------------------------------------------------------------------------------------------------


def test_a_move_takes_from_one_place_what_it_gives_to_another(ledger):
    ledger.post("move", m("1", 4, "A", "B"))

    assert ledger.stock() == {("1", "A"): 6, ("1", "B"): 4}


def test_more_than_is_there_is_refused_and_said_in_numbers(ledger):
    with pytest.raises(Refused, match="not_enough") as refused:
        ledger.post("move", m("1", 10.5, "A", "B"))

    (problem,) = refused.value.problems
    assert problem.params["available"] == "10"
    assert problem.params["wanted"] == "10.5"


def test_all_lots_that_fall_short_are_named_at_once(ledger):
    ledger.post("receive", m("2", 1, "S", "A"))

    assert ledger.refusal("transform", m("1", 11, "A", "PROCESS"), m("2", 2, "A", "PROCESS"), m("3", 1, "PROCESS", "A")) == [
        "not_enough", "not_enough",
    ]  # fmt: skip


def test_one_fact_counts_as_a_whole_not_move_by_move(ledger):
    ledger.post("move", m("1", 4, "B", "A"), m("1", 4, "A", "B"))

    assert ledger.stock() == {("1", "A"): 10}


def test_a_late_fact_is_checked_against_every_later_moment(ledger):
    ledger.post("move", m("1", 8, "A", "B"), hour=5)
    ledger.post("move", m("1", 8, "B", "A"), hour=6)

    assert ledger.refusal("move", m("1", 3, "A", "B"), hour=2) == ["past_below_zero"]


def test_a_late_fact_that_leaves_enough_at_every_later_moment_is_taken(ledger):
    ledger.post("move", m("1", 8, "A", "B"), hour=5)
    ledger.post("move", m("1", 2, "A", "B"), hour=2)

    assert ledger.stock() == {("1", "B"): 10}


def test_consumption_before_the_receipt_is_refused(ledger):
    assert ledger.refusal("transform", m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "A"), hour=-1) == ["not_enough"]


def test_a_late_fact_is_checked_between_the_facts_of_a_later_moment(ledger):
    ledger.post("move", m("1", 10, "A", "B"), hour=5)
    ledger.post("receive", m("1", 10, "S", "A"), hour=5)

    # At the end of hour 5 there would be 7 at A. But its first fact could not have moved the 10 then.
    assert ledger.refusal("move", m("1", 3, "A", "B"), hour=2) == ["past_below_zero"]


def test_a_receipt_can_not_be_taken_back_before_what_used_it_in_the_same_moment():
    ledger = Ledger()
    wrong = ledger.post("receive", m("1", 10, "S", "A"))
    use = ledger.post("transform", m("1", 10, "A", "PROCESS"), m("9", 10, "PROCESS", "B"))
    ledger.post("receive", m("1", 10, "S", "A"))

    with pytest.raises(Refused, match="past_below_zero") as refused:
        ledger.reverse(wrong)
    assert refused.value.problems[0].params["fact"] == str(use.seq)


def test_a_receipt_can_be_taken_back_when_the_right_one_was_written_before_the_use():
    ledger = Ledger()
    wrong = ledger.post("receive", m("1", 10, "S", "A"))
    ledger.post("receive", m("1", 10, "S", "A"))
    ledger.post("transform", m("1", 10, "A", "PROCESS"), m("9", 10, "PROCESS", "B"))

    ledger.reverse(wrong)

    assert ledger.stock() == {("9", "B"): 10}


def test_a_use_that_was_taken_back_in_the_same_moment_is_no_reason_to_keep_the_receipt():
    ledger = Ledger()
    wrong = ledger.post("receive", m("1", 10, "S", "A"))
    use = ledger.post("transform", m("1", 10, "A", "PROCESS"), m("9", 10, "PROCESS", "B"))
    ledger.post("receive", m("1", 10, "S", "A"))
    ledger.reverse(use)

    ledger.reverse(wrong)

    assert ledger.stock() == {("1", "A"): 10}


def test_what_was_taken_back_is_absent_where_it_stood_and_not_where_it_was_taken_back(ledger):
    wrong = ledger.post("move", m("1", 10, "A", "B"), hour=5)
    ledger.reverse(wrong)
    ledger.post("move", m("1", 10, "A", "B"), hour=5)
    ledger.post("move", m("1", 10, "B", "A"), hour=6)

    ledger.post("move", m("1", 10, "A", "B"), hour=7)

    assert ledger.stock() == {("1", "B"): 10}


def test_a_reversed_fact_leaves_no_dent_in_the_past(ledger):
    wrong = ledger.post("move", m("1", 8, "A", "B"), hour=5)
    ledger.reverse(wrong)
    ledger.post("move", m("1", 10, "A", "B"), hour=2)

    assert ledger.stock() == {("1", "B"): 10}


def test_balances_have_a_ceiling_that_is_said_and_not_hit():
    ledger = Ledger()
    ledger.post("receive", Move(ref("1"), LARGEST, "S", "A"))

    assert ledger.refusal("receive", m("1", 1, "S", "A")) == ["quantity_too_large"]


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (Move(ref("1", "PCS"), ONE // 2, "S", "A"), "quantity_too_fine"),
        (m("1", 2, "S", "A", item="SN"), "serial_is_one"),
        (m("1", 1, "A", "A"), "goes_nowhere"),
        (m("1", 1, "S", "K"), "way_not_allowed"),
        (m("1", 1, "S", "NOWHERE"), "place_unknown"),
        (m("1", 1, "S", "A", item="NOTHING"), "item_unknown"),
        (m("2", 1, "A", "B"), "lot_unknown"),
    ],
)
def test_a_move_that_can_not_be_is_refused(move, code):
    ledger = Ledger()
    if code == "goes_nowhere":
        ledger.post("receive", m("1", 1, "S", "A"))

    assert ledger.refusal("move" if move.source == "A" else "receive", move) == [code]


# ---- law 3: operations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "moves", "code"),
    [
        ("transform", [m("1", 1, "A", "PROCESS")], "input_without_output"),
        ("transform", [m("9", 1, "PROCESS", "A")], "output_without_input"),
        ("transform", [m("1", 1, "A", "PROCESS", 0), m("9", 1, "PROCESS", "A", 0), m("1", 1, "A", "PROCESS", 1)], "input_without_output"),
        ("transform", [m("1", 1, "VARIANCE", "A")], "operation_without_lots"),
        ("split", [m("1", 5, "A", "PROCESS"), m("2", 4, "PROCESS", "A")], "amount_not_kept"),
        ("merge", [m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "A", item="QA")], "items_differ"),
    ],
)
def test_an_operation_with_a_loose_end_is_refused(ledger, kind, moves, code):
    assert ledger.refusal(kind, *moves) == [code]


def test_inputs_and_outputs_have_roles_and_strands(ledger):
    entry = ledger.post("transform", m("1", 3, "A", "PROCESS", 2), m("9", 3, "PROCESS", "B", 2), m("9", 1, "VARIANCE", "B", 5))

    assert [(row.role, row.strand) for row in entry.postings] == [(1, 2), (2, 2), (0, 5)]


# ---- serials --------------------------------------------------------------------------------------------------------------------


def test_a_serial_is_made_once(ledger):
    ledger.post("receive", m("N1", 1, "S", "A", item="SN"))

    assert ledger.refusal("receive", m("N1", 1, "S", "B", item="SN"), hour=1) == ["serial_exists"]


def test_a_delivered_serial_is_not_made_again(ledger):
    ledger.post("receive", m("N1", 1, "S", "A", item="SN"))
    ledger.post("ship", m("N1", 1, "A", "K", item="SN"), hour=1)

    assert ledger.refusal("transform", m("1", 1, "A", "PROCESS"), m("N1", 1, "PROCESS", "A", item="SN"), hour=2) == ["serial_exists"]


def test_a_partners_negative_balance_makes_no_room_for_a_second_serial(ledger):
    ledger.post("return", m("N1", 1, "K", "A", item="SN"))

    assert ledger.refusal("receive", m("N1", 1, "S", "B", item="SN"), hour=1) == ["serial_exists"]


def test_a_serial_may_not_have_existed_twice_in_the_past(ledger):
    ledger.post("receive", m("N1", 1, "S", "A", item="SN"), hour=3)
    ledger.post("transform", m("N1", 1, "A", "PROCESS", item="SN"), m("9", 1, "PROCESS", "A"), hour=5)

    assert ledger.refusal("receive", m("N1", 1, "S", "B", item="SN"), hour=4) == ["serial_exists"]


def test_a_consumed_serial_comes_out_again_when_the_product_is_taken_apart(ledger):
    ledger.post("receive", m("N1", 1, "S", "A", item="SN"))
    ledger.post("transform", m("N1", 1, "A", "PROCESS", item="SN"), m("UNIT", 1, "PROCESS", "A", item="SN"), hour=1)
    ledger.post("transform", m("UNIT", 1, "A", "PROCESS", item="SN"), m("N1", 1, "PROCESS", "B", item="SN"), hour=2)

    assert ledger.stock()["N1", "B"] == 1


def test_a_serial_lies_at_two_places_after_no_fact_of_a_moment():
    ledger = Ledger()
    ledger.post("receive", m("N1", 1, "S", "A", item="SN"), m("1", 2, "S", "A"))
    gone = ledger.post("transform", m("N1", 1, "A", "PROCESS", item="SN"), m("9", 1, "PROCESS", "A"), hour=1)
    ledger.post("transform", m("1", 1, "A", "PROCESS"), m("N1", 1, "PROCESS", "B", item="SN"), hour=1)
    ledger.post("transform", m("N1", 1, "B", "PROCESS", item="SN"), m("9", 1, "PROCESS", "A"), hour=1)

    # At the end of hour 1 it would lie at A alone. In between, it would have been at A and at B.
    with pytest.raises(Refused, match="serial_exists"):
        ledger.reverse(gone)


# ---- law 5: taking back -----------------------------------------------------------------------------------------------------------


def test_a_reversal_puts_everything_back(ledger):
    wrong = ledger.post("transform", m("1", 3, "A", "PROCESS"), m("9", 2, "PROCESS", "B"))
    taken = ledger.reverse(wrong)

    assert ledger.stock() == {("1", "A"): 10}
    assert {row.role for row in taken.postings} == {0}


def test_a_receipt_that_was_used_can_not_be_taken_back():
    ledger = Ledger()
    receipt = ledger.post("receive", m("1", 10, "S", "A"))
    ledger.post("move", m("1", 4, "A", "B"), hour=1)

    with pytest.raises(Refused, match="past_below_zero"):
        ledger.reverse(receipt)


def test_a_fact_is_taken_back_once_and_a_reversal_never(ledger):
    wrong = ledger.post("move", m("1", 3, "A", "B"))
    taken = ledger.reverse(wrong)

    with pytest.raises(Refused, match="already_reversed"):
        ledger.reverse(wrong)
    with pytest.raises(Refused, match="reverse_of_reverse"):
        ledger.reverse(taken)


def test_taking_back_a_decision_brings_back_the_one_before():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "A", item="QA"))
    lot = ledger.book.lots[ref("1", "QA")]
    ledger.post("inspect", subjects=(ref("1", "QA"),), disposition=Disposition.RELEASED, hour=1)
    wrong = ledger.post("inspect", subjects=(ref("1", "QA"),), disposition=Disposition.REJECTED, hour=2)

    ledger.reverse(wrong)
    assert (lot.status, lot.decided_at_us) == (Disposition.RELEASED, to_micros(DAY + timedelta(hours=1)))


def test_a_decision_that_comes_late_does_not_undo_a_later_one(ledger):
    ledger.post("inspect", subjects=(ref("1"),), disposition=Disposition.REJECTED, hour=5)
    ledger.post("inspect", subjects=(ref("1"),), disposition=Disposition.RELEASED, hour=2)

    assert ledger.book.lots[ref("1")].status is Disposition.REJECTED


# ---- shape and form ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("move", {}, "nothing_moves"),
        ("hold", {"subjects": (ref("1"),), "reason": " "}, "reason_missing"),
        ("hold", {}, "subject_missing"),
        ("note", {"moves": (m("1", 1, "A", "B"),)}, "kind_moves_nothing"),
        ("move", {"moves": (m("1", 1, "A", "B"),), "disposition": Disposition.RELEASED}, "kind_decides_nothing"),
        ("reverse", {}, "reverse_names_nothing"),
    ],
)
def test_a_draft_without_what_its_kind_needs_is_refused(ledger, kind, said, code):
    moves = said.pop("moves", ()) if isinstance(said, dict) else ()

    assert code in ledger.refusal(kind, *moves, **dict(said))


@pytest.mark.parametrize(
    ("kind", "moves"),
    [
        ("receive", (m("2", 1, "VARIANCE", "A"),)),
        ("transform", (m("1", 1, "VARIANCE", "A"), m("1", 11, "A", "PROCESS"), m("9", 1, "PROCESS", "B"))),
        ("transform", (m("1", 1, "A", "VARIANCE"), m("1", 9, "A", "PROCESS"), m("9", 1, "PROCESS", "B"))),
        ("split", (m("1", 1, "VARIANCE", "A"), m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "B"))),
        ("merge", (m("1", 1, "VARIANCE", "A"), m("1", 1, "A", "PROCESS"), m("9", 1, "PROCESS", "B"))),
        ("pack", (m("1", 1, "VARIANCE", "A"), m("1", 1, "A", "BOX"))),
    ],
)
def test_what_the_records_do_not_know_of_needs_a_reason(ledger, kind, moves):
    assert ledger.refusal(kind, *moves, reason=" ") == ["variance_without_reason"]

    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "A"))
    ledger.post(kind, *moves, reason="counted again")


def test_a_reason_is_asked_for_after_one_was_given_too(ledger):
    ledger.post("receive", m("2", 1, "VARIANCE", "A"), reason="opening stock")

    assert ledger.refusal("receive", m("3", 1, "VARIANCE", "A"), reason="") == ["variance_without_reason"]


def test_a_fact_from_the_future_is_refused(ledger):
    assert ledger.refusal("move", m("1", 1, "A", "B"), hour=24 * 40) == ["in_the_future"]


def form(**said):
    base: dict[str, Any] = {"kind": FactKind.NOTE, "happened_at": DAY, "key": "k"}
    return [problem.code for problem in check_form(Draft(**(base | said)))]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"key": ""}, "key_missing"),
        ({"key": "x" * 201}, "text_too_long"),
        ({"station": "x" * 121}, "text_too_long"),
        ({"operator": "x" * 81}, "text_too_long"),
        ({"reason": "x" * 401}, "text_too_long"),
        ({"births": (Birth(ref("1"), supplier_lot="x" * 121),)}, "text_too_long"),
        ({"happened_at": DAY.replace(tzinfo=None)}, "moment_without_zone"),
        ({"device_clock": DAY.replace(tzinfo=None)}, "moment_without_zone"),
        ({"births": (Birth(ref("1"), expires_at=DAY.replace(tzinfo=None)),)}, "moment_without_zone"),
        ({"happened_at": DAY.replace(year=1)}, "moment_out_of_range"),
        ({"births": (Birth(ref("1"), expires_at=DAY.replace(year=9999)),)}, "moment_out_of_range"),
        ({"moves": (Move(ref("1"), 0, "S", "A"),)}, "quantity_not_positive"),
        ({"moves": (Move(ref("1"), -1, "S", "A"),)}, "quantity_not_positive"),
        ({"moves": (Move(ref("1"), LARGEST + 1, "S", "A"),)}, "quantity_not_positive"),
        ({"moves": (Move(ref("1"), cast("int", 1.0), "S", "A"),)}, "quantity_not_positive"),
        ({"moves": (Move(ref("1"), True, "S", "A"),)}, "quantity_not_positive"),
        ({"moves": (Move(ref("1"), 1, "S", "A", strand=2**31),)}, "strand_out_of_range"),
        ({"moves": (Move(ref("1"), 1, "S", "A", strand=-1),)}, "strand_out_of_range"),
    ],
)
def test_the_form_of_a_draft_is_checked_before_anything_is_looked_up(said, code):
    assert form(**said) == [code]


def test_a_good_form_has_no_problems():
    assert form(station="x" * 120, births=(Birth(LotRef("KG", "1"), expires_at=DAY),)) == []


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"station": "a\0"}, "station"),
        ({"data": {"deep": ["x", {"er": "\ud83d"}]}}, "data.deep.er"),
        ({"lots": [["KG", "\udc00"]]}, "lots"),
        ({"station": "fine 🙂 \\u0000"}, None),
    ],
)
def test_texts_that_can_not_be_stored_are_found_where_they_are(value, where):
    assert find_unstorable_text(value) == where
