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
SELECT n.fact_id, n.strand, n.at_us, n.seq, w.certain * n.certain * f.certain, f.lot_id
FROM {windows} CROSS JOIN journal_posting n CROSS JOIN journal_posting f
WHERE n.lot_id = w.lot_id AND n.role = {near}
  AND (n.at_us, n.seq) > (w.from_at, w.from_seq) AND (n.at_us, n.seq) < (w.until_at, w.until_seq)
  AND {seen} AND f.fact_id = n.fact_id AND f.role = {far} AND f.strand = n.strand
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
    """(lot, certain, at_us, seq, fact, strand) of everything reached, in no order and perhaps several times a lot."""
    connection = connections["default"]
    step = _STEP.format(windows="{windows}", near=near, far=far, seen=seen)
    # Two moments for each lot: since when it is reached at all, and since when for certain. Going to sources, "until" for both.
    known: dict[tuple[Key, int], Moment] = {}
    first, last = (BEFORE_ALL, AFTER_ALL) if forward else (AFTER_ALL, BEFORE_ALL)
    windows: list[Window] = [(adapt(start, connection), 1, BEFORE_ALL, AFTER_ALL) for start in starts]
    for lot, certain, _from, _until in windows:
        known[lot, certain] = known[lot, 0] = first
    while windows:
        found: dict[tuple[Key, int], Moment] = {}
        for fact, strand, at_us, seq, certain, lot in _step(connection, step, windows):
            yield lot, certain, at_us, seq, fact, strand
            for level in range(certain + 1):
                moment = (at_us, seq)
                present = found.get((lot, level), known.get((lot, level), last))
                if moment < present if forward else moment > present:
                    found[lot, level] = moment
        windows = list(_new_windows(found, known, forward=forward, last=last))
        known.update(found)


def _new_windows(
    found: dict[tuple[Key, int], Moment], known: dict[tuple[Key, int], Moment], *, forward: bool, last: Moment
) -> Iterable[Window]:
    """The moments that are now reached and were not before. What is reached for certain is not walked as possible too."""
    for (lot, certain), moment in found.items():
        before = known.get((lot, certain), last)
        if certain == 0:
            sure = found.get((lot, 1), known.get((lot, 1), last))
            before = min(before, sure) if forward else max(before, sure)
        if forward and moment < before:
            yield lot, certain, moment, before if before == last else (before[0], before[1] + 1)
        elif not forward and moment > before:
            yield lot, certain, before if before == last else (before[0], before[1] - 1), moment


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
