"""Why a lot is only *possible*: the uncertain postings through which alone the material can have come to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import Bounds, Reached
from lotline.records.genealogy.lotset import Row, within
from lotline.records.journal.store.sql import select_in
from lotline.records.places.keys import read_id

# By parent: each lot that it went into, and when it last did.
_Children: TypeAlias = dict[UUID, dict[UUID, tuple[int, int]]]

_EDGES = (
    "SELECT f.lot_id, f.certain, f.fact_id, f.strand, f.at_us, f.seq, n.lot_id, n.certain"
    " FROM journal_posting f CROSS JOIN journal_posting n"
    " WHERE f.role = 2 AND n.fact_id = f.fact_id AND n.role = 1 AND n.strand = f.strand AND {seen} AND {stands} AND f.lot_id {in}"
)


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """The posting of ``lot`` in a strand of a fact is one of several alternatives. ``consumed``: what went in, else what came out."""

    at_us: int
    seq: int
    strand: int
    lot: UUID
    consumed: bool
    fact: UUID


class Doubts:
    """Finds the doubts behind lots of one trace; what was found for one lot is kept for those it went into."""

    def __init__(self, *, starts: Collection[UUID], lots: Mapping[UUID, Reached], bounds: Bounds) -> None:
        self._starts = frozenset(starts)
        self._lots = lots
        self._sql = within(_EDGES, bounds, "f")
        self._known: dict[UUID, frozenset[Doubt]] = {}

    def behind(self, lots: Collection[UUID]) -> dict[UUID, tuple[Doubt, ...]]:
        """The doubts behind each of ``lots`` that is not certain, earliest first."""
        wanted = {lot for lot in lots if lot in self._lots and not self._lots[lot].certain}
        self._find(wanted - self._known.keys())
        return {lot: tuple(sorted(self._known[lot])) for lot in wanted}

    def _find(self, wanted: set[UUID]) -> None:
        """Backwards until each way ends at an uncertain posting or at the start; then forwards until nothing changes.

        A lot on the way may have become certain later: only what came before it was used counts.
        """
        doubts: dict[UUID, set[Doubt]] = {}
        children: _Children = {}
        level = set(wanted)
        while level:
            doubts.update({lot: set() for lot in level})
            parents: set[UUID] = set()
            for row in select_in(connections["default"], self._sql, list(level)):
                self._take_edge(tuple(row), doubts, children, parents)
            level = parents - doubts.keys() - self._known.keys()
        waiting = [*doubts, *(parent for parent in children if parent in self._known)]
        while waiting:
            parent = waiting.pop()
            found = doubts[parent] if parent in doubts else self._known[parent]
            for child, moment in children.get(parent, {}).items():
                passed = {doubt for doubt in found if (doubt.at_us, doubt.seq) < moment}
                if not passed <= doubts[child]:
                    doubts[child] |= passed
                    waiting.append(child)
        shared: dict[frozenset[Doubt], frozenset[Doubt]] = {}
        for lot, found in doubts.items():
            frozen = frozenset(found)
            self._known[lot] = shared.setdefault(frozen, frozen)

    def _take_edge(self, row: Row, doubts: dict[UUID, set[Doubt]], children: _Children, parents: set[UUID]) -> None:
        output, out_certain, fact, strand, at_us, seq, source, in_certain = row
        lot, parent = read_id(output), read_id(source)
        reached = self._lots.get(parent)
        if parent not in self._starts and (reached is None or (reached.at_us, reached.seq) >= (at_us, seq)):
            return  # nothing of the start was in it by then
        if not in_certain:
            doubts[lot].add(Doubt(at_us, seq, strand, parent, True, read_id(fact)))
        if not out_certain:
            doubts[lot].add(Doubt(at_us, seq, strand, lot, False, read_id(fact)))
        if in_certain and out_certain and reached is not None:
            moments = children.setdefault(parent, {})
            moments[lot] = max(moments.get(lot, (at_us, seq)), (at_us, seq))
            parents.add(parent)
