"""Containers in containers: where a lot went inside them, told the same by the trace, the dossier and the facts about it."""

from __future__ import annotations

from lotline.core.facts import FactKind, Move
from lotline.core.quantity import MICRO
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.dossier import lot_dossier
from lotline.records.genealogy.facts import facts_about
from lotline.records.genealogy.starts import find_starts
from lotline.records.genealogy.trace import trace
from tests.records.genealogy.conftest import Factory, ref


def partners(factory: Factory, lot: str) -> tuple[str, ...]:
    return trace(plant=factory.plant, starts=factory.start(lot), to=To.DESTINATIONS).partners


def kinds(factory: Factory, lot: str) -> list[str]:
    return [event.fact.kind.value for event in lot_dossier(plant=factory.plant, lot=factory.lot(lot)).events]


def test_box_that_stood_on_a_pallet_from_the_beginning_goes_where_the_pallet_goes(factory: Factory):
    factory.receive("FG-1", 10)
    factory.go(FactKind.PACK, "FG-1", 10, "A-1", "BOX1")
    shipped = factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")

    assert partners(factory, "FG-1") == ("CUS",)
    assert kinds(factory, "FG-1") == ["ship", "pack", "receive"]
    assert shipped.fact_id in facts_about(lots=factory.lots("FG-1"))


def test_box_that_was_taken_off_the_pallet_stays_behind_when_that_is_shipped(factory: Factory):
    factory.receive("FG-1", 10)
    factory.go(FactKind.PACK, "FG-1", 10, "A-1", "BOX1")
    factory.carry(FactKind.MOVE, "BOX1", "PAL1", "A-2")
    shipped = factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")

    assert partners(factory, "FG-1") == ()
    assert kinds(factory, "FG-1") == ["move", "pack", "receive"]
    assert shipped.fact_id not in facts_about(lots=factory.lots("FG-1"))


def test_packing_that_was_taken_back_put_nothing_on_the_delivery_note_of_the_same_minute(factory: Factory):
    factory.receive("FG-1", 10, at=1)
    factory.receive("FG-2", 10, at=1)
    factory.go(FactKind.PACK, "FG-1", 10, "A-1", "PAL1", at=2)
    wrong = factory.go(FactKind.PACK, "FG-2", 10, "A-1", "PAL1", at=2)
    shipped = factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS", document="SH-1", at=2)
    factory.reverse(wrong, at=3)

    (start,) = find_starts(plant=factory.plant, code="SH-1")
    (pallet,) = find_starts(plant=factory.plant, code="PAL1")

    assert factory.codes(start.lots) == factory.codes(pallet.lots) == {"FG-1"}
    assert (partners(factory, "FG-1"), partners(factory, "FG-2")) == (("CUS",), ())
    assert shipped.fact_id not in facts_about(lots=factory.lots("FG-2"))


def test_carry_that_was_taken_back_is_told_and_reached_nobody(factory: Factory):
    factory.receive("FG-1", 10)
    factory.go(FactKind.PACK, "FG-1", 10, "A-1", "PAL1")
    factory.reverse(factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS"))

    assert partners(factory, "FG-1") == ()
    assert kinds(factory, "FG-1") == ["reverse", "ship", "pack", "receive"]


# ---- what came into a lot after its container had been away ---------------------------------------------------------------------------


def test_customer_whose_box_came_back_before_the_material_went_in_got_none_of_it(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.go(FactKind.PACK, "TANK-1", 5, "A-1", "BOX1")
    factory.carry(FactKind.SHIP, "BOX1", "PAL1", "CUS")
    factory.carry(FactKind.RETURN, "BOX1", "CUS", "A-1")
    factory.go(FactKind.UNPACK, "TANK-1", 5, "BOX1", "A-1")
    factory.make({"RM-2": 10}, {"TANK-1": 10})
    factory.go(FactKind.PACK, "TANK-1", 5, "A-1", "BOX1")
    assert (partners(factory, "RM-1"), partners(factory, "RM-2")) == (("CUS",), ())

    factory.carry(FactKind.SHIP, "BOX1", "A-1", "CUS2")

    assert (partners(factory, "RM-1"), partners(factory, "RM-2")) == (("CUS", "CUS2"), ("CUS2",))


def test_box_that_stands_at_a_customer_when_the_material_goes_in_brings_it_nothing(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.go(FactKind.PACK, "TANK-1", 5, "A-1", "BOX1")
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")  # with the box on it
    factory.make({"RM-2": 10}, {"TANK-1": 10})
    factory.ship("TANK-1", 3, "CUS2")

    assert (partners(factory, "RM-1"), partners(factory, "RM-2")) == (("CUS", "CUS2"), ("CUS2",))
    factory.carry(FactKind.RETURN, "PAL1", "CUS", "A-1")
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")
    assert partners(factory, "RM-2") == ("CUS", "CUS2")


def test_what_is_made_straight_into_a_box_goes_where_the_box_goes(factory: Factory):
    factory.receive("RM-1", 10)
    into_box = [Move(ref("RM-1"), 10 * MICRO, "A-1", "PROCESS"), Move(ref("FG-1"), 10 * MICRO, "PROCESS", "BOX1")]
    factory.write(FactKind.TRANSFORM, into_box)
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")

    assert partners(factory, "RM-1") == ("CUS",)
