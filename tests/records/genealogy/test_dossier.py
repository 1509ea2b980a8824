"""The dossier of a lot: figures that close, every fact about it, and a number of queries that does not grow."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import Disposition, FactKind, FactSource, Measurement, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.choices import LotState
from lotline.records.genealogy.dossier import Dossier, lot_dossier
from lotline.records.genealogy.states import view_lots
from lotline.records.genealogy.whereabouts import Map
from lotline.records.places.actions import create_plant
from tests.records.genealogy.conftest import Factory, minute, ref


def dossier(factory: Factory, lot: str, **more) -> Dossier:
    return lot_dossier(plant=factory.plant, lot=factory.lot(lot), **more)


@pytest.fixture
def batch(factory: Factory) -> Factory:
    """FG-1: 30 made of two raw lots, 10 to a customer, 2 scrapped, the rest in store."""
    factory.receive("RM-1", 20, supplier_lot="S1")
    factory.receive("RM-2", 20, supplier="SUP2", supplier_lot="S2")
    factory.make({"RM-1": 15, "RM-2": 15}, {"FG-1": 30}, order="WO-1", operation="Cook", equipment="K1", operator="Li")
    factory.ship("FG-1", 10, document="SH-1")
    factory.go(FactKind.SCRAP, "FG-1", 2, "A-1", "SCRAP")
    return factory


def test_figures_close_and_relatives_carry_their_quantities(batch: Factory):
    found = dossier(batch, "FG-1")

    line = found.lot.line
    assert (line.produced, line.on_hand, line.shipped, line.scrapped, line.residue) == (30 * MICRO, 18 * MICRO, 10 * MICRO, 2 * MICRO, 0)
    assert [(one.code, one.quantity, one.certain) for one in found.inputs] == [("RM-1", 15 * MICRO, True), ("RM-2", 15 * MICRO, True)]
    assert [(one.code, one.quantity) for one in dossier(batch, "RM-1").outputs] == [("FG-1", 30 * MICRO)]
    assert found.orders == ("WO-1",)
    assert [(number.supplier, number.code) for number in dossier(batch, "RM-2").supplier_numbers] == [("SUP2", "S2")]


def test_events_are_newest_first_with_who_where_and_why(batch: Factory):
    events = dossier(batch, "FG-1").events

    assert [event.fact.kind.value for event in events] == ["scrap", "ship", "transform"]
    made = events[-1].fact
    assert [made.text(name) for name in ("operation", "equipment", "operator")] == ["Cook", "K1", "Li"]
    assert (events[0].fact.text("reason"), events[1].fact.text("document")) == ("test", "SH-1")
    assert [(move.origin.code, move.target.code, move.quantity) for move in events[1].moves] == [("A-1", "CUS", 10 * MICRO)]


def test_measurements_come_with_limits_and_what_was_typed_by_hand_says_so(batch: Factory):
    reading = Measurement("F0", "2.61", "min", low="3.00", verdict="fail", source="typed")
    batch.say(FactKind.INSPECT, "FG-1", measurements=(reading, Measurement("pH", None)))

    fact = dossier(batch, "FG-1").events[0].fact

    assert fact.typed
    assert [(one.name, one.value, one.low) for one in fact.readings] == [("F0", "2.61", "3.00"), ("pH", None, None)]
    assert not dossier(batch, "FG-1").events[1].fact.typed


def test_a_fact_that_was_taken_back_stays_visible_and_does_not_count(batch: Factory):
    wrong = batch.ship("FG-1", 5)
    back = batch.reverse(wrong)

    found = dossier(batch, "FG-1")

    by_id = {event.fact.id: event.fact for event in found.events}
    assert by_id[wrong.fact_id].taken_back_by == back.fact_id
    assert by_id[back.fact_id].reverses == wrong.fact_id
    assert (found.lot.line.shipped, found.lot.line.returned) == (10 * MICRO, 0)


def test_a_carried_pallet_is_part_of_the_story_only_while_the_lot_was_in_it(batch: Factory):
    batch.carry(FactKind.MOVE, "PAL1", "A-1", "A-2")
    batch.go(FactKind.PACK, "FG-1", 6, "A-1", "BOX1")
    batch.carry(FactKind.LOAD, "BOX1", "PAL1", "A-1")
    batch.carry(FactKind.LOAD, "BOX1", "A-1", "PAL1")
    shipped = batch.carry(FactKind.SHIP, "PAL1", "A-2", "CUS")
    batch.carry(FactKind.RETURN, "PAL1", "CUS", "A-1")

    events = dossier(batch, "FG-1").events

    carried = [[(one.container.code, one.target.code) for one in event.carried] for event in events if event.carried]
    assert carried == [[("PAL1", "A-1")], [("PAL1", "CUS")], [("BOX1", "PAL1")], [("BOX1", "A-1")]]
    assert shipped.fact_id in {event.fact.id for event in events}


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("hold", LotState.HOLD),
        ("reject", LotState.REJECTED),
        ("ship", LotState.SHIPPED),
        ("use", LotState.CONSUMED),
        ("scrap", LotState.SCRAPPED),
        ("nothing", LotState.RELEASED),
    ],
)
def test_state_says_what_blocks_a_lot_or_what_became_of_it(batch: Factory, what: str, state: LotState):
    if what == "hold":
        batch.say(FactKind.HOLD, "FG-1", reason="smell")
    elif what == "reject":
        batch.say(FactKind.INSPECT, "FG-1", disposition=Disposition.REJECTED)
    elif what == "ship":
        batch.ship("FG-1", 18)
    elif what == "use":
        batch.make({"FG-1": 18}, {"FG-9": 18})
    elif what == "scrap":
        batch.go(FactKind.SCRAP, "FG-1", 18, "A-1", "SCRAP")

    assert dossier(batch, "FG-1").lot.state is state


def test_holds_and_decisions_are_those_of_the_moment_asked_for(factory: Factory):
    factory.receive("RM-1", 5, at=1)
    factory.say(FactKind.HOLD, "RM-1", reason="smell", at=10)
    factory.say(FactKind.INSPECT, "RM-1", disposition=Disposition.REJECTED, at=20)
    factory.say(FactKind.RELEASE, "RM-1", reason="was the wrong pallet", at=30)

    states = [dossier(factory, "RM-1", as_of=minute(at)).lot.state for at in (5, 15, 25, 35)]

    assert states == [LotState.RELEASED, LotState.HOLD, LotState.HOLD, LotState.REJECTED]
    assert dossier(factory, "RM-1", as_of=minute(15)).lot.holds[0].reason == "smell"
    assert [event.fact.kind.value for event in dossier(factory, "RM-1", as_of=minute(15)).events] == ["hold", "receive"]


def test_an_unknown_lot_is_told(factory: Factory):
    with pytest.raises(Lot.DoesNotExist):
        lot_dossier(plant=factory.plant, lot=factory.plant.pk)


def test_the_number_of_queries_is_the_same_for_one_fact_and_for_many(factory: Factory):
    factory.receive("RM-1", 5)
    factory.receive("RM-2", 500)
    for number in range(60):
        factory.make({"RM-2": 2}, {f"FG-{number}": 2})
        factory.write(FactKind.MOVE, [Move(ref("RM-2"), MICRO, "A-1", "A-2")], source=FactSource.SCAN)
    counts = []
    for lot in factory.lots("RM-1", "RM-2"):
        with CaptureQueriesContext(connection) as queries:
            lot_dossier(plant=factory.plant, lot=lot)
        counts.append(len(queries))

    assert counts[1] <= counts[0] + 2, counts
    assert counts[1] <= 16


def test_a_lot_of_another_plant_is_not_there(batch: Factory):
    other = create_plant(code="P2", name="Other")

    with pytest.raises(Lot.DoesNotExist):
        lot_dossier(plant=other, lot=batch.lot("FG-1"))
    assert view_lots(lots=batch.lots("FG-1", "RM-1"), places=Map(other)) == {}
