"""A store tank: topped up and drawn from in turn, thousands of times, under one lot code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks.limits import best_of
from benchmarks.report import Figure, Report
from benchmarks.store import Store
from benchmarks.traces import reach_codes, write_by_hand
from lotline.core.facts import Draft, FactKind, FactSource, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import find_starts
from lotline.records.journal.actions import writing

BASE = datetime(2026, 5, 1, tzinfo=UTC)
MOST_FILLINGS = 10_000
BATCH = 2000


def measure(report: Report, store: Store) -> None:
    """What the first filling reached and where the last draw came from, against the hand-written query, which knows no time."""
    fillings = min(MOST_FILLINGS, max(200, store.lots // 100))
    _write_tank(store, fillings)
    for to, code in ((To.DESTINATIONS, "TANK-IN-0"), (To.SOURCES, f"TANK-OUT-{fillings - 1}")):
        (start,) = find_starts(plant=store.plant, code=code)[0].lots
        found, expected = reach_codes([start], to), write_by_hand(start, to)
        if sorted(found) != sorted(expected) or len(found) != fillings + 1:
            raise AssertionError(f"{code}: {len(found)} lots, {len(expected)} by hand, {fillings + 1} expected")
        ours, by_hand = best_of(3, partial(reach_codes, [start], to)), best_of(3, partial(write_by_hand, start, to))
        name = f"hot tank {to.value} ({fillings:,} fillings, {fillings:,} draws)"
        report.add(Figure(name, f"{ours * 1e3:.1f} ms", f"{by_hand * 1e3:.1f} ms SQL", ours / by_hand, 2))
    (middle,) = find_starts(plant=store.plant, code=f"TANK-IN-{fillings // 2}")[0].lots
    later = reach_codes([middle], To.DESTINATIONS)
    if len(later) != fillings - fillings // 2 + 1:
        raise AssertionError(f"the filling in the middle reached {len(later)} lots")


def _write_tank(store: Store, fillings: int) -> None:
    ensure_items([ItemSpec("TANKED", unit="kg")])
    with writing(plant=store.plant) as take:
        for begin in range(0, fillings, BATCH):
            take([draft for number in range(begin, min(begin + BATCH, fillings)) for draft in _turn(number)])


def _turn(number: int) -> list[Draft]:
    raw, tank, drawn = (LotRef("TANKED", code) for code in (f"TANK-IN-{number}", "TANK", f"TANK-OUT-{number}"))
    steps = (
        (FactKind.RECEIVE, (Move(raw, 10 * MICRO, "VARIANCE", "SITE"),)),
        (FactKind.TRANSFORM, (Move(raw, 10 * MICRO, "SITE", "PROCESS"), Move(tank, 10 * MICRO, "PROCESS", "SITE"))),
        (FactKind.TRANSFORM, (Move(tank, 10 * MICRO, "SITE", "PROCESS"), Move(drawn, 10 * MICRO, "PROCESS", "SITE"))),
    )
    return [
        Draft(
            kind=kind,
            happened_at=BASE + timedelta(seconds=number * 3 + second),
            key=f"bench:tank:{number}:{second}",
            moves=moves,
            source=FactSource.IMPORT,
        )
        for second, (kind, moves) in enumerate(steps)
    ]
