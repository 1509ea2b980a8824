"""Quantity-true: how much of a start went into each lot, where it ended, and between which bounds that is certain.

The facts are walked once, in the order of their moments. An operation mixes: what its inputs hold of the start is divided among its
outputs in proportion to their quantities. A lot that is filled again holds layers (``core.layers``). Expected amounts are conserved
to the last micro unit: what lies anywhere in the end, plus what was overdrawn, is what the start was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from lotline.core.graph_layout.stages import strong_parts
from lotline.core.layers import NOTHING, Amount, Content, add_amounts, bounds_of_alternatives, filled
from lotline.core.quantity import apportion

Lot: TypeAlias = Hashable
Zone: TypeAlias = Hashable
MOVED, CONSUMED, PRODUCED = 0, 1, 2


class Flow(NamedTuple):
    """One posting. A *zone* is where the quantity of a lot counts as mixed; moves within one are left out by the caller.

    ``kind`` is the item: uncertain inputs of one kind are alternatives. Outputs of one ``unit`` are divided by quantity; between
    units the division is a guess, and the bounds say so.
    """

    lot: Lot
    origin: Zone
    target: Zone
    quantity: int
    role: int = MOVED
    strand: int = 0
    certain: bool = True
    kind: Hashable = ""
    unit: Hashable = ""


@dataclass(slots=True)
class Shares:
    """``entered``: what went into each lot, starts left out. ``left``: what lies where in the end, by (lot, zone).

    ``overdrawn`` left a lot before the books had it come in (facts of one moment in an unlucky order); ``lost`` went into an
    operation that produced nothing. ``total`` is the start quantity.
    """

    total: int = 0
    entered: dict[Lot, Amount] = field(default_factory=dict)
    left: dict[tuple[Lot, Zone], Amount] = field(default_factory=dict)
    overdrawn: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Strand:
    """What the inputs of a strand hold, in all and by lot, for what goes back into the lot that it came from."""

    amounts: list[Amount] = field(default_factory=list)
    uncertain: dict[Hashable, list[tuple[Flow, Content, Content]]] = field(default_factory=dict)
    lots: dict[Lot, list[Amount]] = field(default_factory=dict)

    def total(self) -> Amount:
        return add_amounts(self.amounts)


def share_out(facts: Iterable[Sequence[Flow]], *, starts: Collection[Lot], sources: Collection[Zone]) -> Shares:
    """Follow the start through ``facts`` (the postings of one fact each, by moment; none that was taken back).

    All that is ever in a start lot is start material. ``sources`` are zones that may give more than ever came to them (suppliers,
    variance). Material that went in a circle counts once in a lot's figures, which never exceed the total.
    """
    walk = _Walk(frozenset(starts), frozenset(sources))
    for flows in facts:
        walk.take(flows)
    return walk.finish()


class _Walk:
    def __init__(self, starts: frozenset[Lot], sources: frozenset[Zone]) -> None:
        self.starts = starts
        self.sources = sources
        self.contents: dict[tuple[Lot, Zone], Content] = {}
        self.shares = Shares()
        self.largest: dict[Lot, int] = {}
        self.edges: list[tuple[tuple[Lot, ...], tuple[Lot, ...]]] = []
        self.drawn: set[Lot] = set()
        self.may_loop = False

    # --- one fact ---------------------------------------------------------------------------------------------------------

    def take(self, flows: Sequence[Flow]) -> None:
        strands: dict[int, _Strand] = {}
        waiting: list[Flow] = []
        produced: dict[int, list[Flow]] = {}
        for flow in flows:
            if flow.role == PRODUCED:
                produced.setdefault(flow.strand, []).append(flow)
            elif flow.origin in self.sources:
                self._move(flow)
            else:
                waiting.append(flow)
        waiting = self._take_what_is_there(waiting, strands)
        for flow in waiting:
            if flow.role == CONSUMED:
                self._consume(flow, strands)
        for number in strands.keys() | produced.keys():
            self._produce(strands.get(number), produced.get(number, []))
        waiting = self._take_what_is_there([flow for flow in waiting if flow.role == MOVED], strands)
        for flow in waiting:
            self._move(flow)

    def _take_what_is_there(self, waiting: list[Flow], strands: dict[int, _Strand]) -> list[Flow]:
        """Postings of one fact have no order: those whose quantity is there go first, and may bring what others wait for."""
        while waiting:
            left = []
            for flow in waiting:
                content = self.contents.get((flow.lot, flow.origin))
                if content is None or content.quantity < flow.quantity:
                    left.append(flow)
                elif flow.role == CONSUMED:
                    self._consume(flow, strands)
                else:
                    self._move(flow)
            if len(left) == len(waiting):
                break
            waiting = left
        return waiting

    def _content(self, lot: Lot, zone: Zone) -> Content:
        content = self.contents.get((lot, zone))
        if content is None:
            content = self.contents[lot, zone] = Content()
        return content

    def _draw(self, flow: Flow) -> Content:
        """What leaves; what is not there is new from a source, or overdrawn. In a start lot, even that is start material."""
        content = self._content(flow.lot, flow.origin)
        taken = content.draw(min(flow.quantity, content.quantity))
        missing = flow.quantity - taken.quantity
        if missing:
            if flow.origin not in self.sources:
                content.debt += missing
            taken.pour(self._new(flow.lot, missing))
        return taken

    def _new(self, lot: Lot, quantity: int) -> Content:
        if lot not in self.starts:
            return Content(quantity)
        self.shares.total += quantity
        return filled(quantity, Amount(quantity, quantity, quantity))

    def _move(self, flow: Flow) -> None:
        self._arrive(flow.lot, flow.target, self._draw(flow))

    def _arrive(self, lot: Lot, zone: Zone, what: Content) -> None:
        content = self._content(lot, zone)
        if content.debt:
            paid = what.draw(min(content.debt, what.quantity))
            content.debt -= paid.quantity
            self.shares.overdrawn += paid.expected
        if what.quantity:
            content.pour(what)

    # --- operations -------------------------------------------------------------------------------------------------------

    def _consume(self, flow: Flow, strands: dict[int, _Strand]) -> None:
        strand = strands.setdefault(flow.strand, _Strand())
        content = self._content(flow.lot, flow.origin)
        before = _as_it_was(content, flow, start=flow.lot in self.starts) if not flow.certain else content
        taken = self._draw(flow)
        amount = taken.amount()
        if not flow.certain:
            strand.uncertain.setdefault(flow.kind, []).append((flow, before, taken))
        elif amount.maximum:
            strand.amounts.append(amount)
        if amount.maximum:
            strand.lots.setdefault(flow.lot, []).append(amount)
            self.drawn.add(flow.lot)

    def _produce(self, strand: _Strand | None, outputs: list[Flow]) -> None:
        total = NOTHING
        if strand is not None:
            strand.amounts += [_amount_of_alternatives(members) for members in strand.uncertain.values()]
            total = strand.total()
        if not outputs:
            self.shares.lost += total.expected
            return
        parts = _divide(total, outputs)
        for flow, amount in zip(outputs, parts, strict=True):
            self._fill(flow, amount)
        if strand is not None and total.maximum:
            self._note(strand, outputs, parts, total)

    def _fill(self, flow: Flow, amount: Amount) -> None:
        if flow.lot in self.starts and amount.expected < flow.quantity:
            self.shares.total += flow.quantity - amount.expected
            amount = Amount(flow.quantity, flow.quantity, flow.quantity)
        self._arrive(flow.lot, flow.target, filled(flow.quantity, amount))

    def _note(self, strand: _Strand, outputs: Sequence[Flow], parts: Sequence[Amount], total: Amount) -> None:
        """Write down what went into each lot: what came out of it in the same operation did not enter it."""
        inner = [flow.lot for flow in outputs if flow.lot in strand.lots]
        for at, flow in enumerate(outputs):
            amount = parts[at]
            if flow.lot in inner:
                own = add_amounts(strand.lots[flow.lot])
                low, high = max(0, total.minimum - own.maximum), max(0, total.maximum - own.minimum)
                amount = _divide(Amount(max(0, total.expected - own.expected), low, high), outputs)[at]
            if not amount.maximum or flow.lot in self.starts:
                continue
            self.may_loop = self.may_loop or flow.lot in self.drawn
            self.shares.entered[flow.lot] = add_amounts((self.shares.entered.get(flow.lot, NOTHING), amount))
            self.largest[flow.lot] = max(self.largest.get(flow.lot, 0), amount.minimum)
        self.edges.append((tuple(strand.lots), tuple(flow.lot for flow in outputs)))

    # --- the end ----------------------------------------------------------------------------------------------------------

    def finish(self) -> Shares:
        shares = self.shares
        for key, content in self.contents.items():
            if content.layers:
                shares.left[key] = content.amount()
        circling = self._circling() if self.may_loop else frozenset[Lot]()
        for lot, amount in shares.entered.items():
            least = self.largest[lot] if lot in circling else amount.minimum
            expected, most = min(amount.expected, shares.total), min(amount.maximum, shares.total)
            shares.entered[lot] = Amount(expected, min(least, expected), most)
        return shares

    def _circling(self) -> frozenset[Lot]:
        """Lots whose material may have come back to them."""
        number: dict[Hashable, int] = {}
        outs: list[list[int]] = []

        def node(name: Hashable) -> int:
            if name not in number:
                number[name] = len(outs)
                outs.append([])
            return number[name]

        for at, (inputs, outputs) in enumerate(self.edges):
            middle = node(("strand", at))
            for lot in inputs:
                outs[node(lot)].append(middle)
            outs[middle] += [node(lot) for lot in outputs]
        part = strong_parts(outs)
        size: dict[int, int] = defaultdict(int)
        for at in part:
            size[at] += 1
        return frozenset(lot for lot, at in number.items() if size[part[at]] > 1)


def _as_it_was(content: Content, flow: Flow, *, start: bool) -> Content:
    if start and not content.layers:
        return filled(flow.quantity, Amount(flow.quantity, flow.quantity, flow.quantity))
    return Content(content.quantity, content.expected, [replace(layer) for layer in content.layers])


def _amount_of_alternatives(members: Sequence[tuple[Flow, Content, Content]]) -> Amount:
    """Which of ``members`` went in is not known: expected as booked; each may have given nothing, or all of it."""
    expected = sum(taken.expected for _flow, _before, taken in members)
    if len(members) == 1:
        return Amount(expected, 0, members[0][2].amount().maximum)
    whole = sum(flow.quantity for flow, _before, _taken in members)
    least, most = bounds_of_alternatives([before for _flow, before, _taken in members], whole)
    return Amount(expected, min(least, expected), max(most, expected))


def _divide(total: Amount, outputs: Sequence[Flow]) -> list[Amount]:
    """Shares of the outputs, by quantity. Exact where all are of one unit and none is uncertain."""
    if not total.maximum:
        return [NOTHING] * len(outputs)
    weights = [flow.quantity for flow in outputs]
    whole = sum(weights)
    expected = apportion(total.expected, weights)
    several_units = len({flow.unit for flow in outputs}) > 1
    parts = []
    for flow, share in zip(outputs, expected, strict=True):
        least, most = total.minimum * flow.quantity // whole, -(-total.maximum * flow.quantity // whole)
        if total.exact:
            least, most = share, max(share, 1)
        if several_units:
            least, most = 0, total.maximum
        elif not flow.certain:
            mates = sum(other.quantity for other in outputs if not other.certain and other.kind == flow.kind)
            least, most = 0, -(-total.maximum * mates // whole)
        parts.append(Amount(share, min(least, share), max(most, share)))
    return parts


def group_facts(rows: Iterable[tuple[int, int, Flow]]) -> Iterator[list[Flow]]:
    """Postings as ``(at_us, seq, flow)``, already in that order, fact by fact."""
    current: tuple[int, int] | None = None
    flows: list[Flow] = []
    for at_us, seq, flow in rows:
        if (at_us, seq) != current and flows:
            yield flows
            flows = []
        current = (at_us, seq)
        flows.append(flow)
    if flows:
        yield flows
