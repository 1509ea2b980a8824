"""Certain is what holds something of the start whichever of the alternatives it was made of, on both walks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lotline.core.facts import FactKind, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.models import HOT_FILLS, Lot
from lotline.records.genealogy.closure import Bounds, To, reach
from lotline.records.genealogy.levels import has_hot_lots
from lotline.records.genealogy.shares import shares_of_trace
from tests.records.genealogy.conftest import Factory, ref

Reached = Callable[..., dict[str, bool]]


@pytest.fixture(params=["strands", "levels"])
def reached(request: pytest.FixtureRequest, factory: Factory) -> Reached:
    """The lots that a start reached, with whether for certain."""

    def walk(*starts: str, to: To = To.DESTINATIONS, bounds: Bounds = Bounds()) -> dict[str, bool]:  # noqa: B008 -- frozen
        lots = factory.lots(*starts)
        Lot.objects.for_plant(factory.plant).filter(pk=lots[0]).update(fills=HOT_FILLS + 1 if request.param == "levels" else 0)
        assert has_hot_lots(lots) is (request.param == "levels")
        found = reach(starts=lots, to=to, bounds=bounds).lots
        if to is To.DESTINATIONS:
            shares = shares_of_trace(plant=factory.plant, starts=lots, lots=found, bounds=bounds)
            assert all(found[lot].certain for lot in found if shares.of(lot).minimum > 0)
        return {lot.code: lot.certain for lot in found.values()}

    return walk


def split(factory: Factory, start: str = "RM-1", *outputs: str) -> None:
    factory.receive(start, 100)
    for output in outputs or ("WIP-1", "WIP-2"):
        factory.make({start: 20}, {output: 20})


def test_a_product_of_alternatives_that_all_hold_the_start_is_certain(factory: Factory, reached: Reached):
    split(factory)
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-1": 10}, possible=["WIP-1", "WIP-2"])
    factory.make({"FG-1": 5}, {"FG-2": 5})

    assert reached("RM-1") == {"WIP-1": True, "WIP-2": True, "FG-1": True, "FG-2": True}


def test_one_alternative_that_does_not_hold_it_leaves_a_doubt(factory: Factory, reached: Reached):
    split(factory)
    split(factory, "RM-2", "WIP-3")
    factory.make({"WIP-1": 5, "WIP-2": 5, "WIP-3": 5}, {"FG-1": 15}, possible=["WIP-1", "WIP-2", "WIP-3"])
    factory.make({"FG-1": 5}, {"FG-2": 5})

    assert reached("RM-1") == {"WIP-1": True, "WIP-2": True, "FG-1": False, "FG-2": False}
    assert reached("RM-1", "RM-2") == {"WIP-1": True, "WIP-2": True, "WIP-3": True, "FG-1": True, "FG-2": True}


def test_alternatives_that_are_the_starts_themselves_make_it_certain(factory: Factory, reached: Reached):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 5, "RM-2": 5}, {"FG-1": 10}, possible=["RM-1", "RM-2"])

    assert reached("RM-1", "RM-2") == {"FG-1": True}
    assert reached("RM-1") == {"FG-1": False}


def test_an_alternative_that_held_it_only_later_leaves_a_doubt(factory: Factory, reached: Reached):
    factory.receive("RM-0", 50, at=1)
    factory.receive("RM-1", 50, at=1)
    factory.make({"RM-0": 20}, {"WIP-2": 20}, at=5)
    factory.make({"RM-1": 20}, {"WIP-1": 20}, at=10)
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-1": 10}, possible=["WIP-1", "WIP-2"], at=20)
    factory.make({"RM-1": 5}, {"WIP-2": 5}, at=30)
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-2": 10}, possible=["WIP-1", "WIP-2"], at=40)

    assert reached("RM-1") == {"WIP-1": True, "WIP-2": True, "FG-1": False, "FG-2": True}


def test_what_was_not_known_yet_leaves_a_doubt(factory: Factory, reached: Reached):
    split(factory, "RM-1", "WIP-1")
    factory.receive("RM-0", 50)
    factory.make({"RM-0": 20}, {"WIP-2": 20})
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-1": 10}, possible=["WIP-1", "WIP-2"], at=50)
    last = factory.make({"RM-1": 5}, {"WIP-2": 5}, at=40)

    assert reached("RM-1")["FG-1"] is True
    assert reached("RM-1", bounds=Bounds(seq=last.seq - 1))["FG-1"] is False


def test_certainty_goes_on_through_alternatives_of_alternatives(factory: Factory, reached: Reached):
    split(factory, "RM-1", "WIP-1", "WIP-2", "WIP-3")
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"WIP-4": 10}, possible=["WIP-1", "WIP-2"])
    factory.make({"WIP-3": 5, "WIP-4": 5}, {"FG-1": 10}, possible=["WIP-3", "WIP-4"])

    assert reached("RM-1")["FG-1"] is True


def test_a_doubtful_output_and_a_lone_doubtful_input_stay_possible(factory: Factory, reached: Reached):
    split(factory, "RM-1", "WIP-1", "WIP-2", "WIP-LONE")
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-1": 5, "FG-2": 5}, possible=["WIP-1", "WIP-2", "FG-1", "FG-2"])
    factory.make({"WIP-LONE": 5}, {"FG-3": 5}, possible=["WIP-LONE"])

    found = reached("RM-1")

    assert (found["FG-1"], found["FG-2"], found["FG-3"]) == (False, False, False)


def test_inputs_of_two_items_are_no_alternatives(factory: Factory, reached: Reached):
    split(factory, "RM-1", "WIP-1", "FG-9")
    factory.make({"WIP-1": 5, "FG-9": 5}, {"FG-1": 10}, possible=["WIP-1", "FG-9"])

    assert reached("RM-1")["FG-1"] is False


def test_one_lot_at_either_of_two_places_is_certain(factory: Factory, reached: Reached):
    split(factory, "RM-1", "WIP-1")
    factory.go(FactKind.MOVE, "WIP-1", 10, "A-1", "A-2")
    moves = [Move(ref("WIP-1"), MICRO, place, "PROCESS", certain=False) for place in ("A-1", "A-2")]
    factory.items.add("FG")
    ensure_items([ItemSpec("FG", unit="kg")])
    factory.write(FactKind.TRANSFORM, [*moves, Move(ref("FG-1"), 2 * MICRO, "PROCESS", "A-1")])

    assert reached("RM-1")["FG-1"] is True


def test_to_sources_each_alternative_stays_possible(factory: Factory, reached: Reached):
    split(factory)
    factory.make({"WIP-1": 5, "WIP-2": 5}, {"FG-1": 10}, possible=["WIP-1", "WIP-2"])

    assert reached("FG-1", to=To.SOURCES) == {"WIP-1": False, "WIP-2": False, "RM-1": False}
