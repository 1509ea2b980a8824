"""A hold at a place keeps there what lies there, until a hold waits for it elsewhere (docs/adr/0031)."""

from __future__ import annotations

import pytest

from lotline.core.facts import Carry
from lotline.core.ledger import Refused
from tests.core.ledger_of_memory import Ledger, m, ref

HELD = (ref("1"),)


@pytest.fixture
def ledger():
    """10 of lot 1 in A and 10 in BOX, which stands in A; what lies in A is on hold."""
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "A"), m("1", 10, "S", "BOX"))
    ledger.post("hold", subjects=HELD, hold_place="A", hour=1)
    return ledger


def box(source: str, target: str) -> tuple[Carry, ...]:
    return (Carry("BOX", source, target),)


@pytest.mark.parametrize(
    ("kind", "move"),
    [
        ("move", m("1", 1, "A", "B")),
        ("move", m("1", 1, "A", "TRANSIT")),
        ("move", m("1", 1, "A", "SUB")),
        ("unload", m("1", 1, "BOX", "B")),
        ("unpack", m("1", 1, "BOX", "B")),
    ],
)
def test_what_is_held_at_a_place_does_not_leave_it(ledger, kind, move):
    with pytest.raises(Refused) as refused:
        ledger.post(kind, move, hour=2)

    (problem,) = refused.value.problems
    assert problem.code == "hold_keeps_lot_here"
    assert problem.params == {"lot": "1", "item": "KG", "reason": "because", "place": "A", "target": move.target}


def test_it_moves_about_within_the_place(ledger):
    ledger.post("load", m("1", 4, "A", "BOX"), hour=2)
    ledger.post("unload", m("1", 5, "BOX", "A"), hour=3)
    ledger.post("load", carries=box("A", "PALLET"), hour=4)

    assert ledger.stock() == {("1", "A"): 11, ("1", "BOX"): 9}


def test_it_is_written_off_counted_out_and_sent_back(ledger):
    ledger.post("scrap", m("1", 1, "A", "SCRAP"), hour=2)
    ledger.post("adjust", m("1", 1, "A", "VARIANCE"), hour=2)
    ledger.post("return", m("1", 1, "A", "S"), hour=2)

    assert ledger.stock()["1", "A"] == 7


@pytest.mark.parametrize("kind", ["split", "merge", "transform"])
def test_it_does_not_become_another_lot(ledger, kind):
    assert ledger.refusal(kind, m("1", 2, "A", "PROCESS"), m("9", 2, "PROCESS", "A"), hour=2) == ["lot_on_hold"]


def test_the_container_around_it_does_not_leave_either(ledger):
    assert ledger.refusal("move", carries=box("A", "B"), hour=2) == ["hold_keeps_lot_here"]


def test_the_container_around_its_container_does_not_leave_either(ledger):
    ledger.post("load", carries=box("A", "PALLET"), hour=2)

    assert ledger.refusal("move", carries=(Carry("PALLET", "A", "B"),), hour=3) == ["hold_keeps_lot_here"]


def test_a_container_without_the_lot_goes_where_it_likes(ledger):
    ledger.post("move", carries=(Carry("PALLET", "A", "B"),), hour=2)

    assert ledger.parent("PALLET") == "B"


def test_a_hold_at_the_container_goes_with_it(ledger):
    ledger.post("release", subjects=HELD, hour=2)
    ledger.post("hold", subjects=HELD, hold_place="BOX", hour=3)

    ledger.post("move", carries=box("A", "B"), hour=4)

    assert ledger.refusal("unload", m("1", 1, "BOX", "B"), hour=5) == ["hold_keeps_lot_here"]


@pytest.mark.parametrize("where", ["B", "SITE", ""])
def test_it_goes_to_where_a_hold_waits_for_it(ledger, where):
    ledger.post("hold", subjects=HELD, hold_place=where, hour=2)

    ledger.post("move", m("1", 1, "A", "B"), hour=3)
    ledger.post("move", carries=box("A", "B"), hour=3)

    assert ledger.refusal("ship", m("1", 1, "B", "K"), hour=4) == ["lot_on_hold"]


def test_another_lot_of_the_place_is_not_kept(ledger):
    ledger.post("receive", m("2", 5, "S", "A"), hour=2)
    ledger.post("move", m("2", 5, "A", "B"), hour=3)

    assert ledger.stock()["2", "B"] == 5


def test_somebody_may_sign_that_it_leaves(ledger):
    ledger.post("move", m("1", 1, "A", "B"), hour=2, override_reason="the cold store has to be emptied")

    assert ledger.stock()["1", "B"] == 1


def test_a_release_sets_it_free(ledger):
    ledger.post("release", subjects=HELD, hour=2)
    ledger.post("move", m("1", 1, "A", "B"), hour=3)

    assert ledger.stock()["1", "B"] == 1


@pytest.mark.parametrize("hour", [0.5, 1.5])
def test_writing_the_move_late_does_not_get_around_the_hold(ledger, hour):
    assert ledger.refusal("move", m("1", 1, "A", "B"), hour=hour) == ["hold_keeps_lot_here"]


def test_a_late_move_within_the_time_of_a_hold_that_is_lifted_by_now_is_kept_too(ledger):
    ledger.post("release", subjects=HELD, hour=3)

    assert ledger.refusal("move", m("1", 1, "A", "B"), hour=2) == ["hold_keeps_lot_here"]


def test_a_hold_that_was_lifted_since_does_not_wait_for_what_is_still_held(ledger):
    ledger.post("hold", subjects=HELD, hold_place="B", hour=2)
    ledger.post("release", subjects=HELD, hold_place="B", hour=4)

    assert ledger.refusal("move", m("1", 1, "A", "B"), hour=3) == ["hold_keeps_lot_here"]


def test_two_holds_that_were_lifted_since_waited_for_each_other(ledger):
    ledger.post("hold", subjects=HELD, hold_place="B", hour=2)
    ledger.post("release", subjects=HELD, hour=4)

    ledger.post("move", m("1", 1, "A", "B"), hour=3)

    assert ledger.stock()["1", "B"] == 1


def test_a_reversal_does_not_carry_it_out():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "B"))
    moved = ledger.post("move", m("1", 10, "B", "A"), hour=1)
    ledger.post("hold", subjects=HELD, hold_place="A", hour=2)

    with pytest.raises(Refused, match="hold_keeps_lot_here"):
        ledger.reverse(moved)


def test_a_reversal_brings_it_back_to_where_a_hold_waits():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "B"))
    moved = ledger.post("move", m("1", 10, "B", "A"), hour=1)
    ledger.post("hold", subjects=HELD, hold_place="A", hour=2)
    ledger.post("hold", subjects=HELD, hold_place="B", hour=2)

    ledger.reverse(moved)

    assert ledger.stock() == {("1", "B"): 10}


def test_a_receipt_of_what_is_held_is_taken_back():
    ledger = Ledger()
    receipt = ledger.post("receive", m("1", 10, "S", "A"))
    ledger.post("hold", subjects=HELD, hold_place="A", hour=2)

    ledger.reverse(receipt)

    assert ledger.stock() == {}


def test_taking_back_a_carry_into_the_place_does_not_carry_it_out():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "BOX"))
    carried = ledger.post("move", carries=box("A", "B"), hour=1)
    ledger.post("hold", subjects=HELD, hold_place="B", hour=2)

    with pytest.raises(Refused, match="hold_keeps_lot_here"):
        ledger.reverse(carried)


def test_it_does_not_leave_by_lying_late_in_a_container_that_left_since(ledger):
    ledger.post("move", carries=(Carry("PALLET", "A", "B"),), hour=5)

    assert ledger.refusal("load", m("1", 1, "A", "PALLET"), hour=3) == ["hold_keeps_lot_here"]
    assert ledger.refusal("load", carries=box("A", "PALLET"), hour=3) == ["hold_keeps_lot_here"]


def test_it_does_not_leave_by_a_late_way_of_the_container_it_was_put_into(ledger):
    ledger.post("load", m("1", 1, "A", "PALLET"), hour=5)

    assert ledger.refusal("move", carries=(Carry("PALLET", "A", "B"),), hour=3) == ["hold_keeps_lot_here"]


def test_it_does_not_leave_in_the_container_that_the_same_fact_puts_it_into(ledger):
    move = m("1", 1, "A", "PALLET")

    assert ledger.refusal("move", move, carries=(Carry("PALLET", "A", "B"),), hour=3) == ["hold_keeps_lot_here"]


# ---- round about, through an account -----------------------------------------------------------------------------------------------------

AWAY = {"adjust": "VARIANCE", "return": "S"}
BACK = {"adjust": ("adjust", "VARIANCE"), "return": ("receive", "S")}


@pytest.mark.parametrize("away", AWAY)
def test_what_was_written_off_or_sent_back_does_not_come_in_where_no_hold_waits(ledger, away):
    kind, source = BACK[away]
    ledger.post(away, m("1", 1, "A", AWAY[away]), hour=2)

    with pytest.raises(Refused) as refused:
        ledger.post(kind, m("1", 1, source, "B"), hour=3)

    (problem,) = refused.value.problems
    assert problem.code == "hold_waits_elsewhere"
    assert problem.params == {"lot": "1", "item": "KG", "reason": "because", "place": "A", "target": "B"}


@pytest.mark.parametrize("target", ["A", "BOX"])
@pytest.mark.parametrize("away", AWAY)
def test_it_comes_back_to_where_it_is_held(ledger, away, target):
    kind, source = BACK[away]
    ledger.post(away, m("1", 1, "A", AWAY[away]), hour=2)
    ledger.post(kind, m("1", 1, source, target), hour=3)

    assert ledger.refusal("move", m("1", 1, target, "B"), hour=4) == ["hold_keeps_lot_here"]


@pytest.mark.parametrize("where", ["B", "SITE", ""])
def test_it_comes_in_where_another_hold_waits(ledger, where):
    ledger.post("hold", subjects=HELD, hold_place=where, hour=2)
    ledger.post("receive", m("1", 1, "S", "B"), hour=3)

    assert ledger.refusal("ship", m("1", 1, "B", "K"), hour=4) == ["lot_on_hold"]


def test_a_receipt_that_is_written_late_is_kept_out_by_a_hold_that_is_open_now_or_was_open_then(ledger):
    ledger.post("release", subjects=HELD, hour=5)

    ledger.post("receive", m("1", 1, "S", "B"), hour=6)
    assert ledger.refusal("receive", m("1", 1, "S", "B"), hour=4) == ["hold_waits_elsewhere"]


def test_a_box_that_it_is_put_into_late_has_not_left_the_place_since(ledger):
    ledger.post("move", carries=(Carry("PALLET", "A", "B"),), hour=4)

    assert ledger.refusal("receive", m("1", 1, "S", "PALLET"), hour=2) == ["hold_waits_elsewhere"]


def test_it_comes_in_elsewhere_when_the_hold_is_lifted_or_somebody_signs(ledger):
    ledger.post("receive", m("1", 1, "S", "B"), hour=2, override_reason="another delivery under the same number, seen")
    ledger.post("release", subjects=HELD, hour=3)
    ledger.post("adjust", m("1", 1, "VARIANCE", "B"), hour=4)

    assert ledger.stock()["1", "B"] == 2


def test_taking_back_that_it_was_counted_out_elsewhere_is_no_coming_in(ledger):
    ledger.post("receive", m("1", 3, "S", "B"), hour=0.5, override_reason="written late")
    out = ledger.post("adjust", m("1", 1, "B", "VARIANCE"), hour=2)

    ledger.reverse(out)

    assert ledger.stock()["1", "B"] == 3


def test_what_the_book_tells_of_held_goods_that_are_counted_out(ledger):
    kept = ledger.post("adjust", m("1", 1, "BOX", "VARIANCE"), hour=2)
    ledger.post("receive", m("2", 3, "S", "A"), hour=2)
    other = ledger.post("adjust", m("2", 1, "A", "VARIANCE"), hour=3)

    assert ([lot.ref for lot in kept.counted_out], other.counted_out) == ([ref("1")], [])
