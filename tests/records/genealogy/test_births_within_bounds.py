"""Readings as known at a moment go by the birth that was known then: since, all that moved a lot may have been taken back, and it born anew."""

from __future__ import annotations

import pytest

from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.coverage import trace_coverage
from lotline.records.genealogy.recall import RecallSet, recall_set
from tests.records.genealogy.conftest import Factory, minute


@pytest.fixture
def moved_on(factory: Factory) -> Factory:
    """RM-1 became FG-A, FG-X and FG-Z; RM-2 became FG-B, -C and -D in between. At minute 100 RM-1, FG-B and FG-C were written down anew,
    RM-1 and FG-C for another day.
    """
    wrong = factory.receive("RM-1", 10, at=1, now=minute(50))
    factory.receive("RM-2", 10, at=1, now=minute(50))
    used = [factory.make({"RM-1": 1}, {f"FG-{lot}": 1}, at=at, now=minute(50)) for lot, at in (("A", 10), ("X", 20), ("Z", 30))]
    made = [factory.make({"RM-2": 1}, {f"FG-{lot}": 1}, at=at, now=minute(50)) for lot, at in (("B", 12), ("C", 15), ("D", 18))]
    for receipt in (*reversed(used), wrong, *made[:2]):
        factory.reverse(receipt, now=minute(100))
    factory.receive("RM-1", 10, at=5, now=minute(100))
    for lot, at in (("A", 10), ("X", 20), ("Z", 30)):
        factory.make({"RM-1": 1}, {f"FG-{lot}": 1}, at=at, now=minute(100))
    factory.make({"RM-2": 1}, {"FG-B": 1}, at=12, now=minute(100))
    factory.make({"RM-2": 1}, {"FG-C": 1}, at=3000, now=minute(3001))
    return factory


def first_moment(found: RecallSet) -> int:
    return next(lot.at_us for lot in found.lots.values() if lot.start)


def test_a_start_came_to_be_when_it_was_known_to_have(moved_on: Factory):
    plant, starts = moved_on.plant, moved_on.start("RM-1")
    with recall_set(plant=plant, starts=starts, known_at=minute(60)) as then, recall_set(plant=plant, starts=starts) as now:
        assert first_moment(now) - first_moment(then) == 4 * 60 * 1_000_000


def test_lots_that_are_not_reached_are_those_of_the_days_as_they_were_known(moved_on: Factory):
    plant, starts = moved_on.plant, moved_on.start("RM-1")
    with recall_set(plant=plant, starts=starts, known_at=minute(60)) as found:
        pages = [[lot.code for lot in found.excluded(offset, 1)] for offset in range(4)]
        assert pages == [["FG-B"], ["FG-D"], ["FG-C"], []]
        assert [lot.code for lot in found.excluded()] == ["FG-B", "FG-D", "FG-C"]
        assert [(lot.code, lot.at_us) for lot in found.exclusions.rows()] == [(lot.code, lot.at_us) for lot in found.excluded()]
        assert sum(found.exclusions.counts().values()) == 3
    with recall_set(plant=plant, starts=starts) as found:
        assert [lot.code for lot in found.excluded()] == ["FG-B", "FG-D"]


def test_a_lot_is_of_the_period_in_which_it_was_known_to_come_to_be(moved_on: Factory):
    def finished(since: int, until: int, bounds: Bounds) -> int:
        return trace_coverage(plant=moved_on.plant, since=minute(since), until=minute(until), bounds=bounds).total

    then, now = Bounds(seq=8), Bounds()

    assert (finished(0, 100, then), finished(0, 100, now)) == (6, 5)
    assert (finished(15, 16, then), finished(15, 16, now)) == (1, 0)
    assert (finished(2000, 4000, then), finished(2000, 4000, now)) == (0, 1)
