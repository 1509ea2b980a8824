"""The laws once more, as a person would check them with pencil and paper: a list of facts, everything worked out from scratch.

Nothing here is shared with the product but the vocabulary of drafts. Slow on purpose; there are no caches that could be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lotline.core.facts import Draft, FactKind, LotRef

ONE = 1_000_000
STOCKLESS = {"SUP", "PROCESS", "SCRAP", "VARIANCE"}
OUTSIDE = {"SUP": "supplier", "CUS": "customer", "CU2": "customer", "TRANSIT": "transit"}
ACCOUNTS = {"PROCESS", "SCRAP", "VARIANCE"}
HOMES = {"C1": "BIN1", "C2": "BIN1", "C3": "SITE"}

# (from, to) by kind, in words: here, process, scrap, variance, supplier, customer, transit.
WAYS = {
    "receive": {("supplier", "here"), ("transit", "here"), ("variance", "here")},
    "move": {("here", "here"), ("here", "transit"), ("transit", "here")},
    "load": {("here", "here")},
    "unload": {("here", "here")},
    "transform": {
        ("here", "process"), ("process", "here"), ("process", "scrap"), ("variance", "here"), ("here", "variance"),
    },
    "split": {("here", "process"), ("process", "here"), ("variance", "here")},
    "merge": {("here", "process"), ("process", "here"), ("variance", "here")},
    "pack": {("here", "here"), ("here", "process"), ("process", "here"), ("variance", "here")},
    "unpack": {("here", "here"), ("here", "process"), ("process", "here")},
    "ship": {("here", "customer"), ("here", "transit"), ("transit", "customer")},
    "return": {("customer", "here"), ("transit", "here"), ("customer", "transit"), ("here", "supplier")},
    "scrap": {("here", "scrap"), ("customer", "scrap"), ("transit", "scrap")},
    "adjust": {("here", "variance"), ("variance", "here"), ("transit", "variance"), ("variance", "transit")},
}  # fmt: skip


class No(Exception):
    """The model refuses; the message is for whoever reads a failing example."""


@dataclass
class Item:
    serial: bool = False
    release_required: bool = False
    shelf_life: timedelta | None = None


@dataclass
class Known:
    draft: Draft
    number: int
    at: int
    moves: list[tuple[LotRef, int, str, str]] = field(default_factory=list)
    carries: list[tuple[str, str, str]] = field(default_factory=list)
    takes_back: int | None = None


class Model:
    def __init__(self, items: dict[str, Item]) -> None:
        self.items = items
        self.facts: list[Known] = []

    # ---- readings, each from the whole list --------------------------------------------------------------------------

    def lots(self) -> dict[LotRef, Known]:
        """Every lot with the fact that it was born in."""
        born: dict[LotRef, Known] = {}
        for fact in self.facts:
            for move in fact.draft.moves:
                born.setdefault(move.lot, fact)
        return born

    def moments(self) -> list[int]:
        return sorted({fact.at for fact in self.facts})

    def balances(self, until: int | None = None) -> dict[tuple[LotRef, str], int]:
        amounts: dict[tuple[LotRef, str], int] = defaultdict(int)
        for fact in self.facts:
            if until is None or fact.at <= until:
                for lot, quantity, source, target in fact.moves:
                    amounts[lot, source] -= quantity
                    amounts[lot, target] += quantity
        return {key: amount for key, amount in amounts.items() if amount and key[1] not in STOCKLESS}

    def moved_at(self, lot: LotRef) -> int:
        return max(fact.at for fact in self.facts for moved, *_rest in fact.moves if moved == lot)

    def taken_back(self) -> set[int]:
        return {fact.takes_back for fact in self.facts if fact.takes_back is not None}

    def decisions(self, lot: LotRef, until: int | None = None) -> list[tuple[int, int, str]]:
        gone = self.taken_back()
        return sorted(
            (fact.at, fact.number, fact.draft.disposition.value)
            for fact in self.facts
            if fact.draft.disposition and lot in fact.draft.subjects and fact.number not in gone and (until is None or fact.at <= until)
        )

    def status(self, lot: LotRef, until: int | None = None) -> str:
        made = self.decisions(lot, until)
        if made:
            return made[-1][2]
        return "pending" if self.items[lot.item].release_required else "released"

    def decided_at(self, lot: LotRef) -> int | None:
        made = self.decisions(lot)
        return made[-1][0] if made else None

    def holds(self, lot: LotRef) -> list[tuple[int, str, int, int | None, int | None]]:
        """(opened by, place, opened at, closed by, closed at), worked through in the order of writing."""
        found: list[list] = []
        for fact in self.facts:
            if fact.takes_back is not None:
                for hold in found:
                    if hold[0] == fact.takes_back:
                        hold[3], hold[4] = fact.number, hold[2]
                    elif hold[3] == fact.takes_back:
                        hold[3], hold[4] = None, None
            elif lot in fact.draft.subjects and fact.draft.kind is FactKind.HOLD:
                found.append([fact.number, fact.draft.hold_place, fact.at, None, None])
            elif lot in fact.draft.subjects and fact.draft.kind is FactKind.RELEASE:
                for hold in found:
                    if hold[3] is None and hold[2] <= fact.at and fact.draft.hold_place in ("", hold[1]):
                        hold[3], hold[4] = fact.number, fact.at
        return [tuple(hold) for hold in found]

    def expires(self, lot: LotRef) -> int | None:
        birth = self.lots()[lot]
        said = next((b.expires_at for b in birth.draft.births if b.lot == lot and b.expires_at), None)
        if said is not None:
            return micros(said)
        life = self.items[lot.item].shelf_life
        return birth.at + int(life.total_seconds()) * 1_000_000 if life is not None else None

    def trips(self, container: str) -> list[tuple[int, int, str, str]]:
        """What moved the container, in the order of time. What was taken back never happened."""
        gone = self.taken_back()
        return sorted(
            (fact.at, fact.number, source, target)
            for fact in self.facts
            for carried, source, target in fact.carries
            if carried == container and fact.number not in gone
        )

    def parent(self, place: str, until: int | None = None) -> str | None:
        if place not in HOMES:
            return "SITE" if place in ("BIN1", "BIN2") else None
        where = HOMES[place]
        for at, _number, _source, target in self.trips(place):
            if until is None or at <= until:
                where = target
        return where

    def around(self, place: str, until: int | None = None) -> list[str]:
        found = []
        parent = self.parent(place, until)
        while parent is not None:
            if parent in found or parent == place:
                raise No(f"{place} lies in itself")
            found.append(parent)
            parent = self.parent(parent, until)
        return found

    def contents(self, container: str) -> set[tuple[LotRef, str]]:
        inside = {container} | {other for other in HOMES if container in self.around(other)}
        return {(lot, place) for lot, place in self.balances() if place in inside}

    # ---- the laws ----------------------------------------------------------------------------------------------------

    def take(self, draft: Draft) -> Known:
        """Write the draft, or raise ``No`` and stay as before."""
        before = list(self.facts)
        try:
            fact = self._reversal(draft) if draft.kind is FactKind.REVERSE else self._fact(draft)
        except No:
            self.facts = before
            raise
        return fact

    def _fact(self, draft: Draft) -> Known:
        at = micros(draft.happened_at)
        fact = Known(draft, len(self.facts) + 1, at)
        known = set(self.lots())
        for move in draft.moves:
            if move.lot not in known and move.source not in STOCKLESS | set(OUTSIDE):
                raise No("unknown lot")
            known.add(move.lot)
            if self.items[move.lot.item].serial and move.quantity != ONE:
                raise No("a serial is one piece")
            if move.source == move.target:
                raise No("goes nowhere")
            if (self.word(move.source, move.target, at), self.word(move.target, move.source, at)) not in WAYS[draft.kind.value]:
                raise No("no such way")
            fact.moves.append((move.lot, move.quantity, move.source, move.target))
        if any(lot not in known for lot in draft.subjects):
            raise No("unknown subject")
        self._strands(draft)
        for carry in draft.carries:
            pair = (plain_word(carry.source), plain_word(carry.target))
            if (
                pair not in WAYS[draft.kind.value]
                or set(pair) & {"process", "scrap", "variance", "supplier"}
                or carry.source == carry.target
            ):
                raise No("no such carry")
            if self.parent(carry.container, at) != carry.source:
                raise No("container elsewhere")
            fact.carries.append((carry.container, carry.source, carry.target))
        self._blocks(draft, at, known)
        if draft.kind is FactKind.RELEASE and draft.disposition is None:
            open_ones = [
                h for lot in draft.subjects for h in self.holds(lot) if h[3] is None and h[2] <= at and draft.hold_place in ("", h[1])
            ]
            if not open_ones:
                raise No("nothing to release")
        self.facts.append(fact)
        self._past()
        return fact

    def _reversal(self, draft: Draft) -> Known:
        number = next((f.number for f in self.facts if f.draft.key == draft.document), None)
        if number is None:
            raise No("no such fact")
        taken = self.facts[number - 1]
        if taken.takes_back is not None or number in self.taken_back():
            raise No("can not be taken back")
        fact = Known(draft, len(self.facts) + 1, taken.at, takes_back=number)
        fact.moves = [(lot, quantity, target, source) for lot, quantity, source, target in taken.moves]
        uses = {(lot, source) for lot, _quantity, source, target in fact.moves if plain_word(target) == "customer"}
        for container, source, _target in taken.carries:
            if plain_word(source) == "customer":
                uses |= self.contents(container)
        if not draft.override_reason:
            self._refuse_blocked(uses, taken.at)
        self.facts.append(fact)
        self._past()
        return fact

    def _strands(self, draft: Draft) -> None:
        if draft.kind.value not in ("transform", "split", "merge", "pack", "unpack"):
            return
        strands = {move.strand for move in draft.moves if "PROCESS" in (move.source, move.target)}
        if not strands and draft.kind.value in ("transform", "split", "merge"):
            raise No("an operation without lots")
        for strand in strands:
            ins = [m for m in draft.moves if m.target == "PROCESS" and m.strand == strand]
            outs = [m for m in draft.moves if m.source == "PROCESS" and m.strand == strand]
            if not ins or not outs:
                raise No("one side is empty")
            kept = len({m.lot.item for m in ins + outs}) == 1 and sum(m.quantity for m in ins) == sum(m.quantity for m in outs)
            if draft.kind.value in ("split", "merge") and not kept:
                raise No("the amount is not kept")

    def _blocks(self, draft: Draft, at: int, known: set[LotRef]) -> None:
        uses = set()
        for move in draft.moves:
            handed_out = draft.kind.value in ("pack", "ship") and move.source != "PROCESS"
            if move.target == "PROCESS" or handed_out or plain_word(move.target) == "customer":
                uses.add((move.lot, move.source))
        if draft.kind.value in ("pack", "ship"):
            for carry in draft.carries:
                uses |= self.contents(carry.container)
        self._refuse_blocked(uses, at)

    def _refuse_blocked(self, uses: set[tuple[LotRef, str]], at: int) -> None:
        existing = set(self.lots())
        for lot, place in uses:
            if lot not in existing:
                if self.items[lot.item].release_required:
                    raise No("pending")
                continue
            here = {"", place, *self.around(place, at)}
            for _by, hold_place, opened, closed_by, closed in self.holds(lot):
                if hold_place in here and (closed_by is None or closed is None or opened <= at < closed):
                    raise No("on hold")
            if {self.status(lot), self.status(lot, at)} & {"rejected", "pending"}:
                raise No("not released")
            expires = self.expires(lot)
            if expires is not None and expires <= at:
                raise No("expired")

    def _past(self) -> None:
        """After each moment: nothing below zero here, each serial at one place, containers in one piece and in no circle."""
        for container, home in HOMES.items():
            where = home
            for _at, _number, source, target in self.trips(container):
                if source != where:
                    raise No("a container left where it was not")
                where = target
        for moment in self.moments():
            for container in HOMES:
                self.around(container, moment)
            positive: dict[LotRef, int] = defaultdict(int)
            for (lot, place), amount in self.balances(moment).items():
                if amount < 0 and place not in OUTSIDE:
                    raise No("below zero")
                positive[lot] += max(amount, 0)
            for lot, amount in positive.items():
                if self.items[lot.item].serial and amount > ONE:
                    raise No("a serial twice")

    def word(self, place: str, target: str, at: int) -> str:
        """Where a quantity really starts from or ends: a container at a customer's is not here, unless it is only handled there."""
        if place not in HOMES:
            return plain_word(place)
        outer = next(p for p in [place, *self.around(place, at)] if p not in HOMES)
        there = next(p for p in [target, *self.around(target, at)] if p not in HOMES)
        return plain_word(outer) if outer in OUTSIDE and outer != there else "here"


def plain_word(place: str) -> str:
    if place in ACCOUNTS:
        return place.lower()
    return OUTSIDE.get(place, "here")


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
