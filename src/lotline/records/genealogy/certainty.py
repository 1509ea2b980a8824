"""What is certain although no single way to it is: every one of the alternatives holds material of the start.

Of two lots, one went into a product, and nobody knows which; but both were made of the start. Each way has a doubt, the outcome has none.
Uncertain inputs of one item in one strand are alternatives, as in ``core.shares``; a lone one has no alternative that was written down, so
it stays a doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connections

from lotline.records.journal.store.sql import select_in

Key: TypeAlias = UUID | bytes
Moment: TypeAlias = tuple[int, int]

BEFORE_ALL: Moment = (-(2**63), -1)
_POSTINGS = (
    "SELECT p.fact_id, p.strand, p.role, p.lot_id, l.item_id, p.certain, p.at_us, p.seq FROM journal_posting p CROSS JOIN catalog_lot l"
    " WHERE l.id = p.lot_id AND p.role > 0 AND p.fact_id {in}"
)


@dataclass(slots=True)
class _Strand:
    moment: Moment
    certain: set[Key] = field(default_factory=set)
    # By item, a lot for each posting: the same lot from two places is two alternatives.
    alternatives: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    outputs: list[Key] = field(default_factory=list)

    def is_sure(self, since: dict[Key, Moment]) -> bool:
        """Whether something of the start went in for certain, by what is known of its inputs."""

        def held(lot: Key) -> bool:
            return lot in since and since[lot] < self.moment

        return any(map(held, self.certain)) or any(len(lots) > 1 and all(map(held, lots)) for lots in self.alternatives.values())


def certain_after_all(rows: Iterable[Sequence[Any]], starts: Collection[Key]) -> set[Key]:
    """Lots of a walk to destinations that no row says to be certain, and that are. ``rows`` are those of ``closure``, all of them.

    Only strands that were reached with a doubt are looked at: without any, nothing is read.
    """
    since: dict[Key, Moment] = dict.fromkeys(starts, BEFORE_ALL)
    doubtful: set[Key] = set()
    for lot, _code, _item, certain, at_us, seq, fact, _fills in rows:
        if not certain:
            doubtful.add(fact)
        elif (at_us, seq) < since.get(lot, (at_us, seq + 1)):
            since[lot] = (at_us, seq)
    if not doubtful:
        return set()
    strands = _strands(doubtful)
    users: dict[Key, list[_Strand]] = defaultdict(list)
    for strand in strands:
        for lot in strand.certain.union(*strand.alternatives.values()):
            users[lot].append(strand)
    found: set[Key] = set()
    waiting = strands
    while waiting:
        strand = waiting.pop()
        if not strand.is_sure(since):
            continue
        for lot in strand.outputs:
            known = since.get(lot)
            if known is None or strand.moment < known:
                found.add(lot)
                since[lot] = strand.moment
                waiting += users[lot]
    return found


def _strands(facts: Collection[Key]) -> list[_Strand]:
    strands: dict[tuple[Key, int], _Strand] = {}
    for fact, number, role, lot, item, certain, at_us, seq in select_in(connections["default"], _POSTINGS, list(facts)):
        strand = strands.setdefault((fact, number), _Strand((at_us, seq)))
        if role == 2:
            if certain:
                strand.outputs.append(lot)
        elif certain:
            strand.certain.add(lot)
        else:
            strand.alternatives[item].append(lot)
    return list(strands.values())
