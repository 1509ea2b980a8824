"""Does the chain of a lot reach a supplier, and what is missing on the way? Plain data, one walk in the order of the moments.

The state of a lot is, for each kind of gap, where it arose. Material carries its gaps along; a lot that was emptied starts anew. For
a whole plant one origin for each kind is kept (the first); for a single lot, all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

Lot: TypeAlias = Hashable
Fact: TypeAlias = Hashable
IN, OUT = 1, 2


class Missing(IntEnum):
    """Kinds of gaps that break a chain."""

    SOURCE = 0
    SUPPLIER_LOT = 1
    CERTAINTY = 2
    RECORDS = 3


class Origin(NamedTuple):
    """Where a gap arose: a posting of ``lot`` in ``fact``."""

    lot: Lot
    fact: Fact


class Step(NamedTuple):
    """One posting from ``source`` to ``goal``, with their letters of ``core.ledger.kinds``."""

    fact: Fact
    lot: Lot
    origin: str
    target: str
    source: Hashable
    goal: Hashable
    quantity: int
    role: int
    strand: int
    certain: bool


Origins: TypeAlias = frozenset[Origin]
State: TypeAlias = tuple[Origins, Origins, Origins, Origins]
_NONE: Origins = frozenset()
WHOLE: State = (_NONE, _NONE, _NONE, _NONE)
# One heap, which is empty when all of it is: inside, at a subcontractor, in transit. What comes from a *gate* came to it before.
_HEAP = frozenset("IBT")
_GATES = frozenset("BTCV")


def first_origin(one: Origins, other: Origins) -> Origins:
    """Keeps one origin of a gap."""
    return one or other


def all_origins(one: Origins, other: Origins) -> Origins:
    """Keeps every origin of a gap."""
    return one | other if other else one


@dataclass(slots=True)
class Chains:
    """What the walk knows. ``ever``: the gaps of everything that ever was in a lot; a lot that nothing filled is not in it."""

    documented: Collection[tuple[Lot, Fact]]
    combine: Callable[[Origins, Origins], Origins] = first_origin
    ever: dict[Lot, State] = field(default_factory=dict)
    _now: dict[Lot, State] = field(default_factory=dict)
    _stock: dict[Lot, int] = field(default_factory=dict)
    _at_gate: dict[tuple[Lot, Hashable], int] = field(default_factory=dict)

    def walk(self, facts: Iterable[Sequence[Step]]) -> None:
        """Take in the postings of each fact, by moment; none that was taken back, none that stays within the plant."""
        for steps in facts:
            self._take(steps)

    def _take(self, steps: Sequence[Step]) -> None:
        strands: dict[int, State] = {}
        for step in steps:
            if step.role == 0 and step.target in _HEAP:
                self._enter(step)
        for step in steps:
            if step.role == IN:
                state = self._doubted(self._contents(step), step)
                known = strands.get(step.strand)
                strands[step.strand] = state if known is None else self._join(known, state)
        for step in steps:
            if step.role == OUT:
                self._fill(step, self._doubted(strands.get(step.strand, WHOLE), step))
        for step in steps:
            self._leave(step)

    def _enter(self, step: Step) -> None:
        """From outside, or from the variance account: a receipt, something that had been there before, or a gap."""
        lot, gate = step.lot, (step.lot, step.source)
        if step.origin == "I":
            return
        if step.origin in _GATES and self._at_gate.get(gate, 0) >= step.quantity:
            if step.origin not in _HEAP:
                self._fill(step, self.ever.get(lot, WHOLE))
        elif (lot, step.fact) in self.documented:
            self._fill(step, WHOLE)
        elif step.origin == "U":
            self._fill(step, _gap(Missing.SUPPLIER_LOT, step))
        elif step.origin == "V" and lot in self.ever:
            self._fill(step, _gap(Missing.RECORDS, step))
        else:
            self._fill(step, _gap(Missing.SOURCE, step))

    def _leave(self, step: Step) -> None:
        """Keep account of the heap and the gates."""
        lot = step.lot
        if step.target in _GATES:
            self._at_gate[lot, step.goal] = self._at_gate.get((lot, step.goal), 0) + step.quantity
        if step.origin in _GATES:
            self._at_gate[lot, step.source] = max(0, self._at_gate.get((lot, step.source), 0) - step.quantity)
        if step.origin in _HEAP and step.target not in _HEAP:
            self._stock[lot] = self._stock.get(lot, 0) - step.quantity

    def _contents(self, step: Step) -> State:
        state = self._now.get(step.lot)
        if state is None:
            # Used before anything was in it.
            state = self._now[step.lot] = _gap(Missing.SOURCE, step)
        return state

    def _doubted(self, state: State, step: Step) -> State:
        return state if step.certain else self._join(state, _gap(Missing.CERTAINTY, step))

    def _fill(self, step: Step, state: State) -> None:
        lot = step.lot
        ever = self.ever.get(lot)
        self.ever[lot] = state if ever is None else self._join(ever, state)
        if step.target not in _HEAP:
            return
        there = self._stock.get(lot, 0)
        now = self._now.get(lot) if there > 0 else None
        self._now[lot] = state if now is None else self._join(now, state)
        self._stock[lot] = there + step.quantity

    def _join(self, one: State, other: State) -> State:
        if one is other or other is WHOLE:
            return one
        if one is WHOLE:
            return other
        combine = self.combine
        return combine(one[0], other[0]), combine(one[1], other[1]), combine(one[2], other[2]), combine(one[3], other[3])


def _gap(missing: Missing, step: Step) -> State:
    parts = [_NONE] * len(Missing)
    parts[missing] = frozenset({Origin(step.lot, step.fact)})
    return parts[0], parts[1], parts[2], parts[3]
