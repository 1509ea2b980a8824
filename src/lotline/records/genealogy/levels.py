"""The same walk as ``closure``, level by level, for plants with *hot* lots: topped up and drawn from very many times.

The recursive query asks every filling it reached for every later draw, which for a silo with ten thousand of both is their
product. Here each lot remembers from when on it is known to hold the material, and a newly found earlier moment only asks for the
draws in between: every draw is looked at once. It costs a query per level, so it is not the walk for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.records.catalog.models import HOT_FILLS
from lotline.records.journal.store.sql import adapt, select_in

Key: TypeAlias = UUID | bytes
Moment: TypeAlias = tuple[int, int]
# A lot, whether it is reached for certain, and the moments between which its uses have not been looked at.
Window: TypeAlias = tuple[Key, int, Moment, Moment]

BEFORE_ALL: Moment = (-(2**63), -1)
AFTER_ALL: Moment = (2**63 - 1, 2**62)

_HOT = f"SELECT 1 FROM catalog_lot s JOIN catalog_lot h ON h.plant_id = s.plant_id WHERE h.fills > {HOT_FILLS} AND s.id {{in}} LIMIT 1"  # noqa: S608 -- a constant of ours
_STEP = """
SELECT f.lot_id, l.code, l.item_id, w.certain * n.certain * f.certain, n.at_us, n.seq, n.fact_id, l.fills
FROM {windows} CROSS JOIN journal_posting n CROSS JOIN journal_posting f CROSS JOIN catalog_lot l
WHERE n.lot_id = w.lot_id AND n.role = {near}
  AND (n.at_us, n.seq) > (w.from_at, w.from_seq) AND (n.at_us, n.seq) < (w.until_at, w.until_seq)
  AND {seen} AND f.fact_id = n.fact_id AND f.role = {far} AND f.strand = n.strand AND l.id = f.lot_id
"""
# The same in subqueries that PostgreSQL may not merge: see ``closure``.
_STEP_LATERAL = """
SELECT f.lot_id, l.code, l.item_id, w.certain * n.certain * f.certain, n.at_us, n.seq, n.fact_id, l.fills
FROM {windows}
CROSS JOIN LATERAL (
    SELECT n.fact_id, n.strand, n.at_us, n.seq, n.certain FROM journal_posting n
    WHERE n.lot_id = w.lot_id AND n.role = {near}
      AND (n.at_us, n.seq) > (w.from_at, w.from_seq) AND (n.at_us, n.seq) < (w.until_at, w.until_seq) AND {seen} OFFSET 0
) n
CROSS JOIN LATERAL (
    SELECT p.lot_id, p.certain FROM journal_posting p
    WHERE p.fact_id = n.fact_id AND p.role = {far} AND p.strand = n.strand OFFSET 0
) f
CROSS JOIN LATERAL (SELECT c.code, c.item_id, c.fills FROM catalog_lot c WHERE c.id = f.lot_id OFFSET 0) l
"""
_UNNEST = (
    "unnest(%s::uuid[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
    " AS w(lot_id, certain, from_at, from_seq, until_at, until_seq)"
)
_TEMPORARY = (
    "CREATE TEMP TABLE IF NOT EXISTS genealogy_window"
    " (lot_id BLOB, certain INTEGER, from_at INTEGER, from_seq INTEGER, until_at INTEGER, until_seq INTEGER)"
)


def has_hot_lots(starts: Sequence[Key]) -> bool:
    """Whether the plant of ``starts`` has a lot that was topped up so often that the walk by levels pays."""
    return any(select_in(connections["default"], _HOT, starts[:1]))


def walk_levels(*, starts: Sequence[Key], forward: bool, near: int, far: int, seen: str) -> Iterator[tuple[Any, ...]]:
    """(lot, code, item, certain, at_us, seq, fact, fills) of everything reached, in no order and perhaps several times a lot."""
    connection = connections["default"]
    step = (_STEP_LATERAL if connection.vendor == "postgresql" else _STEP).format(windows="{windows}", near=near, far=far, seen=seen)
    # Since when each lot is reached for certain, and since when with a doubt. Going to sources, "until" for both.
    sure: dict[Key, Moment] = {}
    maybe: dict[Key, Moment] = {}
    first, last = (BEFORE_ALL, AFTER_ALL) if forward else (AFTER_ALL, BEFORE_ALL)
    windows: list[Window] = [(adapt(start, connection), 1, BEFORE_ALL, AFTER_ALL) for start in starts]
    sure.update((window[0], first) for window in windows)
    while windows:
        rows = _step(connection, step, windows)
        yield from rows
        found_sure, found_maybe = _first_moments(rows, forward=forward)
        windows = _new_windows(found_sure, sure, 1, forward=forward)
        # What is reached for certain is not walked with a doubt too.
        choose = min if forward else max
        reached = {lot: choose(maybe.get(lot, last), sure.get(lot, last)) for lot in found_maybe}
        windows += _new_windows(found_maybe, reached, 0, forward=forward)
        maybe.update(reached)


def _first_moments(rows: Iterable[tuple[Any, ...]], *, forward: bool) -> tuple[dict[Key, Moment], dict[Key, Moment]]:
    """When each lot was first reached by these rows (going to sources: last), for certain and with a doubt."""
    sure: dict[Key, Moment] = {}
    maybe: dict[Key, Moment] = {}
    for row in rows:
        found = sure if row[3] else maybe
        moment = row[4:6]
        present = found.get(row[0])
        if present is None or (moment < present if forward else moment > present):
            found[row[0]] = moment
    return sure, maybe


def _new_windows(found: dict[Key, Moment], known: dict[Key, Moment], certain: int, *, forward: bool) -> list[Window]:
    """The moments that are now reached and were not before; ``known`` is brought up to them."""
    windows: list[Window] = []
    for lot, moment in found.items():
        before = known.get(lot)
        if before is None:
            windows.append((lot, certain, moment, AFTER_ALL) if forward else (lot, certain, BEFORE_ALL, moment))
        elif forward and moment < before:
            windows.append((lot, certain, moment, before if before == AFTER_ALL else (before[0], before[1] + 1)))
        elif not forward and moment > before:
            windows.append((lot, certain, before if before == BEFORE_ALL else (before[0], before[1] - 1), moment))
        else:
            continue
        known[lot] = moment
    return windows


def _step(connection: BaseDatabaseWrapper, step: str, windows: Sequence[Window]) -> list[tuple[Any, ...]]:
    rows = [(lot, certain, *begin, *end) for lot, certain, begin, end in windows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(step.format(windows=_UNNEST), _columns(rows))
        else:
            cursor.execute(_TEMPORARY)
            cursor.execute("DELETE FROM genealogy_window")
            cursor.executemany("INSERT INTO genealogy_window VALUES (%s, %s, %s, %s, %s, %s)", rows)
            cursor.execute(step.format(windows="genealogy_window AS w"))
        return cursor.fetchall()  # type: ignore[no-any-return]


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
