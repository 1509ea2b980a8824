"""Trace coverage: every gap is named with the lot where it arose, and nothing else breaks a chain."""

from __future__ import annotations

from fractions import Fraction

from lotline.core.facts import FactKind
from lotline.records.genealogy.choices import GapKind
from lotline.records.genealogy.coverage import coverage_of_lot, coverage_of_lots, trace_coverage
from tests.records.genealogy.conftest import Factory, minute


def gaps(factory: Factory, lot: str) -> set[tuple[GapKind, str]]:
    return {(gap.kind, gap.at_code) for gap in coverage_of_lot(plant=factory.plant, lot=factory.lot(lot)).gaps}


def test_a_chain_that_reaches_supplier_and_number_is_complete(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.make({"RM-1": 10}, {"WIP-1": 10})
    factory.make({"WIP-1": 10}, {"FG-1": 10})

    coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))

    assert (coverage.total, coverage.complete, coverage.share, coverage.permille, coverage.gaps) == (1, 1, Fraction(1), 1000, ())


def test_a_receipt_without_the_suppliers_number_is_a_gap_of_everything_made_of_it(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 5, "RM-2": 5}, {"FG-1": 10})
    factory.make({"RM-1": 5}, {"FG-2": 5})

    coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))

    assert (coverage.total, coverage.complete, coverage.permille) == (2, 1, 500)
    assert [(gap.code, gap.kind, gap.at_code) for gap in coverage.gaps] == [("FG-1", GapKind.NO_SUPPLIER_LOT, "RM-2")]


def test_quantity_that_came_from_a_count_alone_has_no_source(factory: Factory):
    factory.go(FactKind.ADJUST, "RM-1", 10, "VARIANCE", "A-1")
    factory.make({"RM-1": 10}, {"FG-1": 10})

    assert gaps(factory, "FG-1") == {(GapKind.NO_SOURCE, "RM-1")}


def test_a_surplus_of_a_lot_with_a_source_is_named_apart(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.go(FactKind.ADJUST, "RM-1", 2, "VARIANCE", "A-1")
    factory.make({"RM-1": 12}, {"FG-1": 12})

    assert gaps(factory, "FG-1") == {(GapKind.VARIANCE_IN_CHAIN, "RM-1")}


def test_what_a_count_missed_and_a_later_count_found_again_is_no_gap(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.go(FactKind.ADJUST, "RM-1", 2, "A-1", "VARIANCE")
    factory.go(FactKind.ADJUST, "RM-1", 2, "VARIANCE", "A-1")
    factory.make({"RM-1": 10}, {"FG-1": 10})

    assert gaps(factory, "FG-1") == set()


def test_two_possible_reels_are_a_gap_at_each_of_them(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.receive("RM-2", 10, supplier_lot="S2")
    factory.make({"RM-1": 5, "RM-2": 5}, {"FG-1": 10}, possible=["RM-1", "RM-2"])

    assert gaps(factory, "FG-1") == {(GapKind.POSSIBLE_ONLY, "RM-1"), (GapKind.POSSIBLE_ONLY, "RM-2")}
    coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))
    assert [gap.at_code for gap in coverage.gaps] == ["RM-1"]


def test_goods_from_transit_that_never_left_have_no_source_but_returns_and_transfers_do(factory: Factory):
    factory.receive("RM-1", 5, supplier="TRANSIT")
    factory.receive("RM-2", 10, supplier_lot="S2")
    factory.go(FactKind.MOVE, "RM-2", 4, "A-1", "TRANSIT")
    factory.go(FactKind.MOVE, "RM-2", 4, "TRANSIT", "A-1")
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.make({"RM-2": 10}, {"FG-2": 10})
    factory.ship("FG-2", 10)
    factory.go(FactKind.RETURN, "FG-2", 10, "CUS", "A-1")
    factory.make({"FG-2": 10}, {"FG-3": 10})

    assert gaps(factory, "FG-1") == {(GapKind.NO_SOURCE, "RM-1")}
    assert gaps(factory, "FG-3") == set()


def test_a_gap_that_came_into_a_tank_later_does_not_reach_what_left_before(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 10}, {"TANK-1": 10})
    factory.make({"TANK-1": 5}, {"FG-1": 5})
    factory.make({"RM-2": 5}, {"TANK-1": 5})
    factory.make({"TANK-1": 10}, {"FG-2": 10})
    factory.receive("RM-3", 3, supplier_lot="S3")
    factory.make({"RM-3": 3}, {"TANK-1": 3})
    factory.make({"TANK-1": 3}, {"FG-3": 3})

    assert gaps(factory, "FG-1") == set()
    assert gaps(factory, "FG-2") == {(GapKind.NO_SUPPLIER_LOT, "RM-2")}
    assert gaps(factory, "FG-3") == set()


def test_a_fact_that_was_taken_back_leaves_neither_lot_nor_gap(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.receive("RM-2", 10)
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.reverse(factory.make({"RM-2": 5}, {"FG-1": 5}))
    factory.reverse(factory.make({"RM-2": 5}, {"FG-2": 5}))

    coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))

    assert (coverage.total, coverage.complete) == (1, 1)


def test_lots_without_inspection_are_remarked_and_do_not_change_the_figure(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1")
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.make({"RM-1": 5}, {"FG-2": 5})
    factory.say(FactKind.INSPECT, "FG-1")

    coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))

    assert (coverage.complete, coverage.inspected) == (2, 1)
    assert [(gap.code, gap.kind) for gap in coverage.remarks] == [("FG-2", GapKind.NOT_INSPECTED)]
    assert coverage.counts()[GapKind.NOT_INSPECTED] == 1


def test_only_finished_lots_of_the_period_count_and_none_is_no_figure(factory: Factory):
    factory.receive("RM-1", 10, supplier_lot="S1", at=1)
    factory.make({"RM-1": 5}, {"WIP-1": 5}, at=2)
    factory.make({"WIP-1": 5}, {"FG-1": 5}, at=50)

    assert trace_coverage(plant=factory.plant, since=minute(0), until=minute(50)).share is None
    assert trace_coverage(plant=factory.plant, since=minute(50), until=minute(51)).total == 1
    assert coverage_of_lots(plant=factory.plant, lots=factory.lots("WIP-1")).complete == 1


def test_the_number_of_queries_does_not_grow_with_lots_or_depth(factory: Factory, django_assert_max_num_queries):
    factory.receive("RM-1", 40, supplier_lot="S1")
    for number in range(30):
        factory.make({"RM-1": 1}, {f"WIP-{number}": 1})
        factory.make({f"WIP-{number}": 1}, {f"FG-{number}": 1})

    with django_assert_max_num_queries(20):
        coverage = trace_coverage(plant=factory.plant, since=minute(0), until=minute(100))

    assert (coverage.total, coverage.complete) == (30, 30)
