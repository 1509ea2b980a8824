"""Why a lot is only *possible*: the uncertain postings through which alone the material can have come to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import Bounds, Key, Reached
from lotline.records.genealogy.lotset import Row, within
from lotline.records.journal.store.sql import select_in
from lotline.records.places.keys import read_id

# A fact, as the driver names it, and the number of one of its strands.
_Name: TypeAlias = tuple[Key, int]

_OUTPUTS = (
    "SELECT f.lot_id, f.certain, f.fact_id, f.strand, f.at_us, f.seq FROM journal_posting f"
    " WHERE f.role = 2 AND {seen} AND {stands} AND f.lot_id {in}"
)
_INPUTS = "SELECT n.fact_id, n.strand, n.lot_id, n.certain, n.at_us, n.seq FROM journal_posting n WHERE n.role = 1 AND n.fact_id {in}"


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
        self._outputs = within(_OUTPUTS, bounds, "f")
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
        strands: dict[_Name, _Strand] = {}
        uses: dict[UUID, list[_Strand]] = {}
        level = set(wanted)
        while level:
            doubts.update({lot: set() for lot in level})
            rows = [tuple(row) for row in select_in(connections["default"], self._outputs, list(level))]
            new = {(row[2], row[3]) for row in rows} - strands.keys()
            strands |= {name: _Strand() for name in new}
            parents = self._take_inputs(strands, new, uses)
            for row in rows:
                _take_output(row, strands[row[2], row[3]], doubts)
            level = parents - doubts.keys() - self._known.keys()
        waiting = [*doubts, *(parent for parent in uses if parent in self._known)]
        while waiting:
            parent = waiting.pop()
            found = doubts[parent] if parent in doubts else self._known[parent]
            for strand in uses.get(parent, ()):
                passed = {doubt for doubt in found if (doubt.at_us, doubt.seq) < strand.moment}
                for child in strand.certain:
                    if not passed <= doubts[child]:
                        doubts[child] |= passed
                        waiting.append(child)
        shared: dict[frozenset[Doubt], frozenset[Doubt]] = {}
        for lot, found in doubts.items():
            frozen = frozenset(found)
            self._known[lot] = shared.setdefault(frozen, frozen)

    def _take_inputs(self, strands: dict[_Name, _Strand], new: Collection[_Name], uses: dict[UUID, list[_Strand]]) -> set[UUID]:
        """The lots that went for certain into ``new`` strands; ``uses`` has their strands added, and the strands their own doubts."""
        parents: set[UUID] = set()
        for fact, number, key, certain, at_us, seq in select_in(connections["default"], _INPUTS, list({name[0] for name in new})):
            if (fact, number) not in new:
                continue
            strand, parent = strands[fact, number], read_id(key)
            strand.moment = (at_us, seq)
            reached = self._lots.get(parent)
            if parent not in self._starts and (reached is None or (reached.at_us, reached.seq) >= (at_us, seq)):
                continue  # nothing of the start was in it by then
            strand.holds = True
            if not certain:
                strand.doubts.add(Doubt(at_us, seq, number, parent, True, read_id(fact)))
            elif reached is not None:
                uses.setdefault(parent, []).append(strand)
                parents.add(parent)
        return parents


@dataclass(slots=True, eq=False)
class _Strand:
    """What went in (``doubts``: by uncertain postings), whether it ``holds`` any of the start, and what came out for ``certain``."""

    moment: tuple[int, int] = (0, 0)
    holds: bool = False
    doubts: set[Doubt] = field(default_factory=set)
    certain: list[UUID] = field(default_factory=list)


def _take_output(row: Row, strand: _Strand, doubts: dict[UUID, set[Doubt]]) -> None:
    key, certain, fact, number, at_us, seq = row
    if not strand.holds:
        return
    lot = read_id(key)
    doubts[lot] |= strand.doubts
    if certain:
        strand.certain.append(lot)
    else:
        doubts[lot].add(Doubt(at_us, seq, number, lot, False, read_id(fact)))
