"""The heart of a trace: every lot that a start reached, or came from, as one set-based query (law 4, law 11).

A trace walks *strands*, not lots. A strand is what one fact connects: its inputs with its outputs. From a strand it goes to
every strand that used one of the outputs **later** (law 4), so that a topped-up tank passes on only what was in it. Strands
are found once each (``UNION``), which ends loops, and there is no limit on depth or width. ``certain`` stays 1 only along
paths on which every posting is certain; what is certain by all of its alternatives together is found afterwards (``certainty``).

The join order is written down (``CROSS JOIN``; ``LATERAL`` on PostgreSQL): with statistics SQLite would otherwise build a Bloom filter over the whole
table for a trace of thirty lots. Both indexes of ``Posting`` answer without touching the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.certainty import certain_after_all
from lotline.records.genealogy.levels import has_hot_lots, walk_levels
from lotline.records.journal.store.sql import SQLITE_PARAMETERS, adapt
from lotline.records.places.keys import read_id

# The moment after all others, for readings without ``as of`` or ``as known at``.
EVER = 2**62
ROWS_AT_ONCE = 5000

# A key and a row as the driver returns them: building objects takes longer than the walk itself.
Key: TypeAlias = UUID | bytes
Row: TypeAlias = tuple[Any, ...]


class To(StrEnum):
    """Which way to go: 查来源 (to sources) or 查去向 (to destinations)."""

    SOURCES = "sources"
    DESTINATIONS = "destinations"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be seen: facts that happened up to ``at_us`` and that the journal knew at ``seq``."""

    at_us: int = EVER
    seq: int = EVER


@dataclass(slots=True)
class Reached:
    """A lot that the trace reached. ``at_us``/``seq``: when the material first got there (destinations) or last left (sources)."""

    id: UUID
    code: str
    item: UUID
    certain: bool
    at_us: int
    seq: int


class Closure:
    """What a walk found, starts left out: rows as the driver gave them, made into objects only where somebody asks for those."""

    def __init__(self, rows: dict[Key, Row], facts: set[Key]) -> None:
        self._rows = rows
        self._facts = facts

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def keys(self) -> Collection[Key]:
        """The lots as the driver names them, for the next query."""
        return self._rows.keys()

    @property
    def rows(self) -> Collection[Row]:
        """``(lot, code, item, certain, at_us, seq, fact, fills)`` as the driver gave them, for whoever has to read a hundred thousand."""
        return self._rows.values()

    def moment(self, key: Key) -> tuple[int, int] | None:
        """When the material got into a lot (or last left it); None for a start."""
        row = self._rows.get(key)
        return None if row is None else (row[4], row[5])

    @property
    def codes(self) -> list[str]:
        """The codes of the lots, one for each lot."""
        return [row[1] for row in self._rows.values()]

    @cached_property
    def lots(self) -> dict[UUID, Reached]:
        """The lots by id."""
        items = {key: read_id(key) for key in {row[2] for row in self._rows.values()}}
        lots = (Reached(read_id(row[0]), row[1], items[row[2]], row[3] == 1, row[4], row[5]) for row in self._rows.values())
        return {lot.id: lot for lot in lots}

    @cached_property
    def facts(self) -> frozenset[UUID]:
        """The facts that connect the lots."""
        return frozenset(map(read_id, self._facts))


_STANDS = "NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.fact_id = n.fact_id)"
_SEEN = (
    "n.at_us <= {at} AND n.seq <= {seq} AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.fact_id = n.fact_id AND v.seq <= {seq})"
)

# {near} is the side of a strand where the walk enters it, {far} the side where it leaves: 1 consumed, 2 produced.
_WALK = """
WITH RECURSIVE reached(fact_id, strand, at_us, seq, certain) AS (
    SELECT n.fact_id, n.strand, n.at_us, n.seq, n.certain
    FROM journal_posting n
    WHERE n.lot_id {{in}} AND n.role = {near} AND {seen}
    UNION
    SELECT n.fact_id, n.strand, n.at_us, n.seq, r.certain * f.certain * n.certain
    FROM reached r {step} AND {seen}
)
"""
_LOTS = """
SELECT f.lot_id, l.code, l.item_id, r.certain * f.certain, r.at_us, r.seq, r.fact_id, l.fills
FROM reached r {names}
"""
# From a strand to the lots on its far side, and on to each of their later uses.
_JOINED = {
    "step": """CROSS JOIN journal_posting f CROSS JOIN journal_posting n
    WHERE f.fact_id = r.fact_id AND f.role = {far} AND f.strand = r.strand
      AND n.lot_id = f.lot_id AND n.role = {near} AND (n.at_us, n.seq) {later} (r.at_us, r.seq)""",
    "names": """CROSS JOIN journal_posting f CROSS JOIN catalog_lot l
WHERE f.fact_id = r.fact_id AND f.role = {far} AND f.strand = r.strand AND l.id = f.lot_id""",
}
# The same for PostgreSQL, as subqueries that it may not merge (OFFSET 0). Else it reads the whole journal into a hash, twice, for any
# trace that it takes to be a wide one: the answer would take longer in a larger store.
_LATERAL = {
    "step": """CROSS JOIN LATERAL (
        SELECT p.lot_id, p.certain FROM journal_posting p WHERE p.fact_id = r.fact_id AND p.role = {far} AND p.strand = r.strand OFFSET 0
    ) f CROSS JOIN LATERAL (
        SELECT p.fact_id, p.strand, p.at_us, p.seq, p.certain FROM journal_posting p
        WHERE p.lot_id = f.lot_id AND p.role = {near} AND (p.at_us, p.seq) {later} (r.at_us, r.seq) OFFSET 0
    ) n WHERE TRUE""",
    "names": """CROSS JOIN LATERAL (
    SELECT p.lot_id, p.certain FROM journal_posting p WHERE p.fact_id = r.fact_id AND p.role = {far} AND p.strand = r.strand OFFSET 0
) f CROSS JOIN LATERAL (SELECT c.code, c.item_id, c.fills FROM catalog_lot c WHERE c.id = f.lot_id OFFSET 0) l""",
}


def reach_lots(*, starts: Sequence[UUID], to: To, bounds: Bounds) -> dict[UUID, Reached]:
    """Every lot reached from ``starts``, which are left out, by id."""
    return reach(starts=starts, to=to, bounds=bounds).lots


def reach(*, starts: Sequence[UUID], to: To, bounds: Bounds) -> Closure:
    """Every lot reached from ``starts``, and the facts on the way."""
    connection = connections["default"]
    first = to is To.DESTINATIONS
    rows = list(_rows(_LOTS, starts, to, bounds) if not has_hot_lots(starts) else _rows_by_levels(starts, to, bounds))
    found: dict[Key, Row] = {row[0]: row for row in rows}
    if len(found) < len(rows):
        found = _merged(rows, min if first else max)
    facts = {row[6] for row in rows}
    keys = [adapt(start, connection) for start in starts]
    if first and not all(map(_is_certain, found.values())):
        for lot in certain_after_all(rows, keys):
            found[lot] = (*found[lot][:3], 1, *found[lot][4:])
    for key in keys:
        found.pop(key, None)
    return Closure(found, facts)


_is_certain = itemgetter(3)


def _merged(rows: Sequence[Row], choose: Callable[[Row, Row], Row]) -> dict[Key, Row]:
    """One row a lot: certain where one of its rows is, with the moment that ``choose`` takes."""
    found: dict[Key, Row] = {}
    for row in rows:
        present = found.setdefault(row[0], row)
        if present is not row:
            found[row[0]] = (*row[:3], max(present[3], row[3]), *choose(present[4:6], row[4:6]), *row[6:])
    return found


def _rows_by_levels(starts: Sequence[UUID], to: To, bounds: Bounds) -> Iterator[Row]:
    """The rows of ``_LOTS``, walked level by level."""
    near, far = (1, 2) if to is To.DESTINATIONS else (2, 1)
    return walk_levels(starts=starts, forward=to is To.DESTINATIONS, near=near, far=far, seen=_seen(bounds))


def _seen(bounds: Bounds) -> str:
    return _STANDS if bounds == Bounds() else _SEEN.format(at=int(bounds.at_us), seq=int(bounds.seq))


def _rows(select: str, starts: Sequence[UUID], to: To, bounds: Bounds) -> Iterator[Row]:
    connection = connections["default"]
    near, far, later = (1, 2, ">") if to is To.DESTINATIONS else (2, 1, "<")
    parts = _LATERAL if connection.vendor == "postgresql" else _JOINED
    sides = {name: part.format(near=near, far=far, later=later) for name, part in parts.items()}
    walk = (_WALK + select).format(near=near, seen=_seen(bounds), **sides)
    ids = [adapt(start, connection) for start in starts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(walk.replace("{in}", "= ANY(%s)"), [ids])
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows
            return
        for begin in range(0, len(ids), SQLITE_PARAMETERS):
            part = ids[begin : begin + SQLITE_PARAMETERS]
            cursor.execute(walk.replace("{in}", f"IN ({','.join(['%s'] * len(part))})"), part)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows
