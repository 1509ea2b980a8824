"""A store tank: topped up and drawn from in turn, thousands of times, under one lot code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection

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
from lotline.records.journal.store.sql import adapt

BASE = datetime(2026, 5, 1, tzinfo=UTC)
MOST_FILLINGS = 10_000
MOST_FEEDS = 3_000
BATCH = 2000


def measure(report: Report, store: Store) -> None:
    """What the first filling reached and where the last draw came from, against the hand-written query, which knows no time."""
    store.load_all()
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
    _measure_feed(report, store)
    (middle,) = find_starts(plant=store.plant, code=f"TANK-IN-{fillings // 2}")[0].lots
    later = reach_codes([middle], To.DESTINATIONS)
    if len(later) != fillings - fillings // 2 + 1:
        raise AssertionError(f"the filling in the middle reached {len(later)} lots")


# The hand-written query again, with the one promise that matters here: a draw passes on only what had been filled in before it.
BY_HAND_IN_TIME = """
WITH RECURSIVE reached(lot_id, at_us, seq) AS (
    SELECT o.lot_id, i.at_us, i.seq FROM journal_posting i CROSS JOIN journal_posting o
    WHERE i.lot_id = %s AND i.role = 1 AND o.fact_id = i.fact_id AND o.role = 2
    UNION
    SELECT o.lot_id, i.at_us, i.seq FROM reached r CROSS JOIN journal_posting i CROSS JOIN journal_posting o
    WHERE i.lot_id = r.lot_id AND i.role = 1 AND (i.at_us, i.seq) > (r.at_us, r.seq) AND o.fact_id = i.fact_id AND o.role = 2
)
SELECT DISTINCT l.code FROM reached r CROSS JOIN catalog_lot l WHERE l.id = r.lot_id
"""


def _measure_feed(report: Report, store: Store) -> None:
    """One delivery that went into every filling: a walk that asks each of them for all later draws takes their product."""
    times = min(MOST_FEEDS, max(200, store.lots // 100))
    _write_feed(store, times)
    (start,) = find_starts(plant=store.plant, code="FEED")[0].lots
    expected = by_hand_in_time(start)
    if sorted(reach_codes([start], To.DESTINATIONS)) != sorted(expected) or len(expected) != times + 1:
        raise AssertionError(f"FEED: {len(expected)} lots by hand, {times + 1} expected")
    ours, by_hand = best_of(3, partial(reach_codes, [start], To.DESTINATIONS)), best_of(1, partial(by_hand_in_time, start))
    name = f"hot tank fed {times:,} times by one delivery, {times:,} draws, against SQL that knows time"
    report.add(Figure(name, f"{ours * 1e3:.1f} ms", f"{by_hand * 1e3:.1f} ms SQL", ours / by_hand, 2))


def by_hand_in_time(start: UUID) -> list[str]:
    """The codes by the hand-written query that respects time."""
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND_IN_TIME, [adapt(start, connection)])
        return [row[0] for row in cursor.fetchall()]


def _write_feed(store: Store, times: int) -> None:
    feed, tank = LotRef("TANKED", "FEED"), LotRef("TANKED", "FED-TANK")
    drafts = [_transfer("feed", 0, FactKind.RECEIVE, (Move(feed, 10 * times * MICRO, "VARIANCE", "SITE"),))]
    for number in range(times):
        drawn = LotRef("TANKED", f"FED-OUT-{number}")
        for second, (used, made) in enumerate(((feed, tank), (tank, drawn)), 1):
            moves = (Move(used, 10 * MICRO, "SITE", "PROCESS"), Move(made, 10 * MICRO, "PROCESS", "SITE"))
            drafts.append(_transfer("feed", number * 2 + second, FactKind.TRANSFORM, moves))
    with writing(plant=store.plant) as take:
        for begin in range(0, len(drafts), BATCH):
            take(drafts[begin : begin + BATCH])


def _transfer(name: str, second: int, kind: FactKind, moves: tuple[Move, ...]) -> Draft:
    moment = BASE + timedelta(seconds=second)
    key, why = f"bench:{name}:{second}", "opening stock of the bench"
    return Draft(kind=kind, happened_at=moment, key=key, moves=moves, reason=why, source=FactSource.IMPORT)


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
    return [_transfer("tank", number * 3 + second, kind, moves) for second, (kind, moves) in enumerate(steps)]
