"""The recall set: law 4, certain/possible/excluded with reasons, and quantities that close."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import pytest

from lotline.core.facts import FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.genealogy.choices import Certainty, Exclusion, Standing
from lotline.records.genealogy.recall import RecallSet, Sort, recall_set
from tests.records.genealogy.conftest import Factory, minute

OpenSet: TypeAlias = Callable[..., RecallSet]


@pytest.fixture
def open_set(factory: Factory) -> Iterator[OpenSet]:
    """A recall set of the factory that stays open until the test ends."""
    with ExitStack() as opened:
        yield lambda **asked: opened.enter_context(recall_set(plant=factory.plant, **asked))


def affected(factory: Factory, *starts: str, **more) -> dict[str, Certainty]:
    with recall_set(plant=factory.plant, starts=factory.start(*starts), **more) as recall:
        return {lot.code: lot.certainty for lot in recall.lots.values() if not lot.start}


def excluded(factory: Factory, *starts: str) -> dict[str, Exclusion]:
    with recall_set(plant=factory.plant, starts=factory.start(*starts)) as recall:
        return {lot.code: lot.reason for lot in recall.exclusions.rows()}


def test_what_a_tank_gave_before_the_material_came_is_excluded_with_that_reason(factory: Factory, open_set: OpenSet):
    factory.receive("RM-0", 100)
    factory.receive("RM-1", 10)
    factory.make({"RM-0": 90}, {"TANK-1": 90})
    factory.make({"TANK-1": 20}, {"FG-EARLY": 20})
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.make({"TANK-1": 20}, {"FG-LATE": 20})

    recall = open_set(starts=factory.start("RM-1"))

    assert affected(factory, "RM-1") == {"TANK-1": Certainty.CERTAIN, "FG-LATE": Certainty.CERTAIN}
    row = next(iter(recall.excluded()))
    assert (row.code, row.reason, row.via) == ("FG-EARLY", Exclusion.EARLIER_DRAW, factory.lot("TANK-1"))


def test_a_tank_that_was_emptied_before_it_was_refilled_affects_nothing_after(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.make({"TANK-1": 10}, {"FG-1": 10})
    factory.make({"RM-2": 10}, {"TANK-1": 10})
    factory.make({"TANK-1": 4}, {"FG-2": 4})

    assert affected(factory, "RM-1") == {"TANK-1": Certainty.CERTAIN, "FG-1": Certainty.CERTAIN}
    assert excluded(factory, "RM-1") == {"FG-2": Exclusion.EMPTIED}


def test_where_it_is_not_certain_what_emptied_a_tank_nothing_is_excluded(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 20)
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.make({"RM-2": 10}, {"TANK-2": 10})
    factory.make({"TANK-1": 10, "TANK-2": 10}, {"FG-1": 20}, possible=["TANK-1", "TANK-2"])
    factory.make({"RM-2": 10}, {"TANK-1": 10})
    factory.make({"TANK-1": 4}, {"FG-2": 4})

    assert set(affected(factory, "RM-1")) == {"TANK-1", "FG-1", "FG-2"}


def test_products_of_the_same_days_that_the_trace_does_not_reach_are_named(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-2": 1}, {"FG-BEFORE": 1})
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.make({"RM-2": 5}, {"FG-BETWEEN": 5})
    factory.make({"RM-1": 5}, {"FG-2": 5})
    factory.make({"RM-2": 1}, {"FG-AFTER": 1})

    recall = open_set(starts=factory.start("RM-1"))

    assert excluded(factory, "RM-1") == {"FG-BETWEEN": Exclusion.NOT_REACHED}
    assert recall.exclusions.counts()[Exclusion.NOT_REACHED] == 1
    assert [lot.code for lot in recall.excluded(0, 1)] == ["FG-BETWEEN"]
    assert recall.excluded(1, 1) == []


def test_pages_of_excluded_lots_together_are_the_stream(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    factory.make({"RM-2": 2}, {"TANK-1": 2})
    factory.make({"TANK-1": 1}, {"FG-0": 1})
    factory.make({"RM-1": 2}, {"TANK-1": 2})
    factory.make({"TANK-1": 1}, {"FG-1": 1})
    for number in range(5):
        factory.make({"RM-2": 1}, {f"FG-M{number}": 1})
    factory.make({"TANK-1": 1}, {"FG-2": 1})
    recall = open_set(starts=factory.start("RM-1"))

    pages = [lot.code for offset in range(0, 10, 2) for lot in recall.excluded(offset, 2)]

    assert pages == [lot.code for lot in recall.exclusions.rows()]
    assert pages == ["FG-0", *(f"FG-M{number}" for number in range(5))]


def test_two_reels_are_both_possible_and_the_reason_names_the_posting(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    unsure = factory.make({"RM-1": 5, "RM-2": 5}, {"WIP-1": 10}, possible=["RM-1", "RM-2"])
    factory.make({"WIP-1": 10}, {"FG-1": 10})

    for start in ("RM-1", "RM-2"):
        with recall_set(plant=factory.plant, starts=factory.start(start)) as recall:
            row = next(row for row in recall.page() if row.lot.code == "FG-1")
        assert row.lot.certainty is Certainty.POSSIBLE
        assert [(doubt.fact, doubt.lot, doubt.consumed) for doubt in row.doubts] == [(unsure.fact_id, factory.lot(start), True)]


def test_a_second_way_without_doubt_makes_a_lot_certain(factory: Factory):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 5}, {"WIP-1": 5}, possible=["RM-1"])
    factory.make({"RM-1": 5}, {"WIP-2": 5})
    factory.make({"WIP-1": 2, "WIP-2": 5}, {"FG-1": 7})
    factory.make({"WIP-1": 3}, {"FG-2": 3})

    assert affected(factory, "RM-1") == {
        "WIP-1": Certainty.POSSIBLE, "WIP-2": Certainty.CERTAIN, "FG-1": Certainty.CERTAIN, "FG-2": Certainty.POSSIBLE,
    }  # fmt: skip


def test_a_doubt_counts_although_the_lot_became_certain_later(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10)
    unsure = factory.make({"RM-1": 5, "RM-2": 5}, {"TANK-1": 10}, possible=["RM-1", "RM-2"])
    factory.make({"TANK-1": 2}, {"FG-1": 2})
    factory.make({"RM-1": 5}, {"TANK-1": 5})
    factory.make({"TANK-1": 2}, {"FG-2": 2})
    recall = open_set(starts=factory.start("RM-1"))

    rows = {row.lot.code: row for row in recall.page()}

    assert rows["FG-1"].lot.certainty is Certainty.POSSIBLE
    assert [doubt.fact for doubt in rows["FG-1"].doubts] == [unsure.fact_id]
    assert (rows["FG-2"].lot.certainty, rows["FG-2"].doubts) == (Certainty.CERTAIN, ())


def test_rework_loops_end_and_count_once(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 10}, {"WIP-1": 10})
    factory.make({"WIP-1": 10}, {"FG-1": 10})
    factory.make({"FG-1": 4}, {"WIP-1": 4})
    factory.make({"WIP-1": 4}, {"FG-1": 4})

    recall = open_set(starts=factory.start("RM-1"))

    assert set(affected(factory, "RM-1")) == {"WIP-1", "FG-1"}
    assert recall.shares()["RM"].of(factory.lot("FG-1")).expected == 10 * MICRO


def test_a_fact_that_was_taken_back_affects_nothing_now_but_did_as_known_then(factory: Factory):
    factory.receive("RM-1", 10, now=minute(100))
    wrong = factory.make({"RM-1": 5}, {"FG-1": 5}, now=minute(101))
    factory.reverse(wrong, now=minute(200))

    assert affected(factory, "RM-1") == {}
    assert affected(factory, "RM-1", known_at=minute(150)) == {"FG-1": Certainty.CERTAIN}


def test_a_backdated_fact_counts_from_its_own_moment(factory: Factory):
    factory.receive("RM-0", 10)
    factory.receive("RM-1", 10)
    factory.make({"RM-0": 10}, {"TANK-1": 10}, at=10)
    factory.make({"TANK-1": 5}, {"FG-1": 5}, at=30)
    factory.make({"RM-1": 5}, {"TANK-1": 5}, at=20)
    factory.make({"TANK-1": 5}, {"FG-2": 5}, at=15)

    assert affected(factory, "RM-1") == {"TANK-1": Certainty.CERTAIN, "FG-1": Certainty.CERTAIN}


def test_as_of_a_moment_shows_what_was_affected_and_where_it_lay_then(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10, at=1)
    factory.make({"RM-1": 10}, {"FG-1": 10}, at=10)
    factory.ship("FG-1", 10, at=20)

    recall = open_set(starts=factory.start("RM-1"), as_of=minute(15))

    row = next(row for row in recall.page() if row.lot.code == "FG-1")
    assert [(stay.place.code, stay.quantity, stay.standing) for stay in row.stays] == [("A-1", 10 * MICRO, Standing.HERE)]
    assert recall.mass_balance().closes


def test_summary_counts_by_item_place_and_customer_and_closes_to_the_last_unit(factory: Factory):
    factory.receive("RM-1", 100)
    factory.make({"RM-1": 60}, {"FG-1": 30, "FG-2": 30})
    factory.ship("FG-1", 10, "CUS")
    factory.ship("FG-1", 5, "CUS2")
    factory.go(FactKind.RETURN, "FG-1", 2, "CUS", "A-2")
    factory.go(FactKind.SCRAP, "FG-2", 3, "A-1", "SCRAP")
    factory.go(FactKind.ADJUST, "FG-2", 1, "A-1", "VARIANCE")

    with recall_set(plant=factory.plant, starts=factory.start("RM-1")) as recall:
        summary = recall.summary()

    assert (summary.lots, summary.certain, summary.possible, summary.starts) == (3, 3, 0, 1)
    goods = next(item for item in summary.items if item.item == "FG")
    line = goods.line
    assert (line.produced, line.on_hand, line.shipped, line.returned, line.scrapped, line.missing) == tuple(
        quantity * MICRO for quantity in (60, 43, 15, 2, 3, 1)
    )
    assert summary.balance.closes
    assert {place.spot.code: {one.item: one.quantity // MICRO for one in place.totals} for place in summary.places} == {
        "A-1": {"RM": 40, "FG": 41}, "A-2": {"FG": 2},
    }  # fmt: skip
    assert {place.spot.code: (place.totals[0].lots, place.totals[0].quantity) for place in summary.customers} == {
        "CUS": (1, 8 * MICRO), "CUS2": (1, 5 * MICRO),
    }  # fmt: skip


def test_a_pallet_that_was_carried_to_a_customer_counts_there(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 10}, {"FG-1": 10})
    factory.go(FactKind.PACK, "FG-1", 6, "A-1", "BOX1")
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")

    recall = open_set(starts=factory.start("RM-1"))

    row = next(row for row in recall.page() if row.lot.code == "FG-1")
    assert [[spot.code for spot in stay.path] for stay in row.stays] == [["A-1", "WH", "SITE"], ["BOX1", "PAL1", "CUS"]]
    assert (row.line.shipped, row.line.on_hand, row.line.residue) == (6 * MICRO, 4 * MICRO, 0)
    assert [place.spot.code for place in recall.summary().customers] == ["CUS"]


def test_rows_stream_in_the_order_asked_for_and_pages_are_parts_of_them(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    for number in (3, 1, 2):
        factory.make({"RM-1": 2}, {f"FG-{number}": 2})
    recall = open_set(starts=factory.start("RM-1"))

    assert [row.lot.code for row in recall.rows(Sort.MOMENT)] == ["RM-1", "FG-3", "FG-1", "FG-2"]
    assert [row.lot.code for row in recall.page(1, 2, Sort.CODE)] == ["FG-2", "FG-3"]
    assert {row.made for row in recall.rows() if not row.lot.start} == {2 * MICRO}


def test_the_number_of_queries_does_not_grow_with_the_lots(factory: Factory, django_assert_max_num_queries):
    factory.receive("RM-1", 40)
    for number in range(40):
        factory.make({"RM-1": 1}, {f"FG-{number}": 1})
    starts = factory.start("RM-1")

    with django_assert_max_num_queries(25), recall_set(plant=factory.plant, starts=starts) as recall:
        recall.summary()
        list(recall.rows())


def test_quantities_of_two_items_under_one_code_are_never_added(factory: Factory, open_set: OpenSet):
    """The code X-1 is that of 30 kg of beef and of 7 pouches in pieces; some of both is with one customer."""
    ensure_items([ItemSpec("BEEF", unit="kg", name="Beef"), ItemSpec("POUCH", unit="pcs", name="Pouch")])
    for item, quantity in (("BEEF", 30), ("POUCH", 7)):
        lot = LotRef(item, "X-1")
        factory.items.add(item)
        factory.write(FactKind.RECEIVE, [Move(lot, quantity * MICRO, "SUP", "A-1")])
        factory.write(FactKind.SHIP, [Move(lot, 2 * MICRO, "A-1", "CUS")])

    recall = open_set(starts=factory.start("X-1"))
    summary = recall.summary()

    def amounts(totals):
        return {place.spot.code: [(one.item, one.unit, one.lots, one.quantity // MICRO) for one in place.totals] for place in totals}

    assert amounts(summary.places) == {"A-1": [("BEEF", "kg", 1, 28), ("POUCH", "pcs", 1, 5)]}
    assert amounts(summary.customers) == {"CUS": [("BEEF", "kg", 1, 2), ("POUCH", "pcs", 1, 2)]}
    assert [(line.item, line.unit, line.received, line.shipped) for line in summary.balance.lines] == [
        ("BEEF", "kg", 30 * MICRO, 2 * MICRO), ("POUCH", "pcs", 7 * MICRO, 2 * MICRO),
    ]  # fmt: skip
    assert {item: shares.total for item, shares in recall.shares().items()} == {"BEEF": 30 * MICRO, "POUCH": 7 * MICRO}


def test_two_items_counted_in_the_same_unit_are_not_added_either(factory: Factory, open_set: OpenSet):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 4}, {"FG-1": 4})

    totals = {place.spot.code: place.totals for place in open_set(starts=factory.start("RM-1")).summary().places}

    assert [(one.item, one.unit, one.quantity) for one in totals["A-1"]] == [("FG", "kg", 4 * MICRO), ("RM", "kg", 6 * MICRO)]
