"""The laws once more, as a person would check them with pencil and paper: a list of facts, everything worked out from scratch.

Nothing here is shared with the product but the vocabulary of drafts. Slow on purpose; there are no caches that could be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from lotline.core.facts import Draft, FactKind, LotRef
from tests.laws.naive_heritage import Heritage

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


# When: microseconds, and the number of a fact among those of one moment.
Moment = tuple[int, int]
Until = int | Moment


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
    # Of lots born here of goods of their item: expiry and first status that those had.
    heirs: dict[LotRef, tuple[int | None, str]] = field(default_factory=dict)


class Model:
    def __init__(self, items: dict[str, Item]) -> None:
        self.items = items
        self.facts: list[Known] = []

    # ---- readings, each from the whole list --------------------------------------------------------------------------

    def lots(self) -> dict[LotRef, Known]:
        """Every lot with the fact that it was last born in: one before which nothing that moved it stood."""
        born: dict[LotRef, Known] = {}
        standing: dict[LotRef, set[int]] = defaultdict(set)
        for fact in self.facts:
            for lot in {move[0] for move in fact.moves}:
                if fact.takes_back is not None:
                    standing[lot].remove(fact.takes_back)
                    continue
                if not standing[lot]:
                    born[lot] = fact
                standing[lot].add(fact.number)
        return born

    def story(self) -> list[Known]:
        """What stands, in the order of time."""
        return sorted(self.effective(), key=lambda fact: (fact.at, fact.number))

    def stands(self, lot: LotRef) -> bool:
        return any(moved == lot for fact in self.story() for moved, *_rest in fact.moves)

    def moments(self) -> list[int]:
        return sorted({fact.at for fact in self.facts})

    def effective(self) -> list[Known]:
        """The facts that stand. What was taken back never happened, nor did its taking back."""
        gone = self.taken_back()
        return [fact for fact in self.facts if fact.takes_back is None and fact.number not in gone]

    def balances(self, until: Until | None = None) -> dict[tuple[LotRef, str], int]:
        amounts: dict[tuple[LotRef, str], int] = defaultdict(int)
        for fact in self.effective():
            if until is None or (fact.at, fact.number) <= moment(until):
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

    def counts(self, lot: LotRef, until: int | None = None) -> tuple[int, int, str] | None:
        """Of the decisions about a lot, struck out one by one: who frees it strikes out each block that he knew of and that was before."""
        made = self.decisions(lot, until)
        blocks: list[tuple[int, int, str]] = []
        for decision in sorted(made, key=lambda one: one[1]):
            if decision[2] in ("rejected", "pending"):
                blocks.append(decision)
            else:
                blocks = [block for block in blocks if block[0] > decision[0]]
        return max(blocks) if blocks else made[-1] if made else None

    def status(self, lot: LotRef, until: int | None = None) -> str:
        if decision := self.counts(lot, until):
            return decision[2]
        return self.first(lot)

    def first(self, lot: LotRef) -> str:
        born = self.lots()[lot]
        return born.heirs[lot][1] if lot in born.heirs else self.begins(lot)

    def begins(self, lot: LotRef) -> str:
        """The first status of a lot that is made of nothing like it."""
        return "pending" if self.items[lot.item].release_required else "released"

    def decided_at(self, lot: LotRef) -> int | None:
        decision = self.counts(lot)
        return decision[0] if decision else None

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
        return birth.heirs[lot][0] if lot in birth.heirs else self.lasts(lot, birth)

    def lasts(self, lot: LotRef, birth: Known) -> int | None:
        """As the fact says, or for the shelf life of its item."""
        said = self.stated(birth, lot)
        life = self.items[lot.item].shelf_life
        if said is not None or life is None:
            return said
        return birth.at + int(life.total_seconds()) * 1_000_000

    def stated(self, birth: Known, lot: LotRef) -> int | None:
        return next((micros(b.expires_at) for b in birth.draft.births if b.lot == lot and b.expires_at), None)

    def batch(self, lot: LotRef) -> str:
        return next((b.batch for b in self.lots()[lot].draft.births if b.lot == lot), "")

    def trips(self, container: str) -> list[tuple[int, int, str, str]]:
        """What moved the container, in the order of time."""
        return sorted(
            (fact.at, fact.number, source, target)
            for fact in self.effective()
            for carried, source, target in fact.carries
            if carried == container
        )

    def parent(self, place: str, until: Until | None = None) -> str | None:
        if place not in HOMES:
            return "SITE" if place in ("BIN1", "BIN2") else None
        where = HOMES[place]
        for at, number, _source, target in self.trips(place):
            if until is None or (at, number) <= moment(until):
                where = target
        return where

    def around(self, place: str, until: Until | None = None) -> list[str]:
        found = []
        parent = self.parent(place, until)
        while parent is not None:
            if parent in found or parent == place:
                raise No(f"{place} lies in itself")
            found.append(parent)
            parent = self.parent(parent, until)
        return found

    def stand(self, place: str, until: Until) -> str:
        """The first thing around the place that is no container, or the place itself."""
        return next(p for p in [place, *self.around(place, until)] if p not in HOMES)

    def here(self, place: str, until: Until) -> set[str]:
        return {place, *self.around(place, until)}

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
            if "VARIANCE" in (move.source, move.target) and not draft.reason:
                raise No("no reason")
            fact.moves.append((move.lot, move.quantity, move.source, move.target))
        self._births(draft)
        if any(lot not in known for lot in draft.subjects):
            raise No("unknown subject")
        self._strands(draft)
        for carry in draft.carries:
            pair = (self.word(carry.source, carry.target, at), self.word(carry.target, carry.source, at))
            if (
                pair not in WAYS[draft.kind.value]
                or set(pair) & {"process", "scrap", "variance", "supplier"}
                or carry.source == carry.target
            ):
                raise No("no such carry")
            if self.parent(carry.container, at) != carry.source:
                raise No("container elsewhere")
            fact.carries.append((carry.container, carry.source, carry.target))
        if draft.kind is FactKind.RELEASE and draft.disposition is None:
            open_ones = [
                h for lot in draft.subjects for h in self.holds(lot) if h[3] is None and h[2] <= at and draft.hold_place in ("", h[1])
            ]
            if not open_ones:
                raise No("nothing to release")
        if draft.kind.value in ("split", "merge", "pack", "unpack"):
            heritage = Heritage(self, fact)
            fact.heirs = heritage.heirs()
            if not draft.override_reason and (why := heritage.wrong()):
                raise No(why)
        old = self._as_it_was()
        self.facts.append(fact)
        self._past()
        uses = {
            (lot, source)
            for lot, _quantity, source, target in fact.moves
            if target == "PROCESS" or (draft.kind.value in ("pack", "ship") and source != "PROCESS")
        }
        if draft.kind.value in ("pack", "ship"):
            uses |= {(lot, box) for lot, box in self._riders(fact, old, (at, fact.number))}
        self._since(old, fact, (at, fact.number), uses)
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
        fact.carries = [(box, target, source) for box, source, target in taken.carries]
        old = self._as_it_was()
        self.facts.append(fact)
        self._past()
        self._since(old, fact, (taken.at, number), set())
        return fact

    def _births(self, draft: Draft) -> None:
        for birth in draft.births:
            if not self.stands(birth.lot):
                continue
            if birth.expires_at is not None and micros(birth.expires_at) != self.expires(birth.lot):
                raise No("expires at another time")
            if birth.batch and birth.batch != self.batch(birth.lot):
                raise No("of another batch")

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

    def _as_it_was(self) -> Model:
        old = Model(self.items)
        old.facts = list(self.facts)
        return old

    def _riders(self, fact: Known, old: Model, at: Moment) -> set[tuple[LotRef, str]]:
        """What lies at a moment in the containers that a fact carries, or takes back to have carried."""
        carried = {box for box, _source, _target in fact.carries}
        return {(lot, box) for (lot, box), amount in self.balances(at).items() if amount > 0 and old.here(box, at) & carried}

    def _since(self, old: Model, fact: Known, begin: Moment, uses: set[tuple[LotRef, str]]) -> None:
        """What the fact makes of its moment and of all later ones: a container stood elsewhere, and goods with it."""
        facts = [f for f in self.effective() if (f.at, f.number) > begin]
        for f in facts:
            for place in {p for _lot, _q, *ends in f.moves for p in ends} | {p for _box, *ends in f.carries for p in ends}:
                when = (f.at, f.number)
                if plain_word(old.stand(place, when)) != plain_word(self.stand(place, when)):
                    raise No("a container was used where it had not been")
        if fact.draft.override_reason:
            return
        moments = [begin, *sorted((f.at, f.number) for f in facts)]
        for lot, _quantity, source, target in fact.moves:
            self._goes(old, lot, source, target, moments, used=(lot, source) in uses)
            if fact.takes_back is None and plain_word(source) in ("variance", "supplier"):
                self._comes_in(lot, target, moments)
        ways: dict[tuple[LotRef, str], list[Moment]] = defaultdict(list)
        for at in moments:
            for rider in self._riders(fact, old, at):
                ways[rider].append(at)
        for (lot, box), stays in ways.items():
            self._goes(old, lot, box, box, stays, used=(lot, box) in uses and stays[0] == begin)

    def _goes(self, old: Model, lot: LotRef, source: str, target: str, moments: list[Moment], *, used: bool) -> None:
        """The lot would lie in ``source`` as it was, and lies in ``target`` as it is. May it, from moment to moment?"""
        was, stood = old.here(source, moments[0]), old.stand(source, moments[0])
        for at in moments:
            otherwise = plain_word(old.stand(source, at))
            now, stands = self.here(target, at), self.stand(target, at)
            if used or (plain_word(stands) == "customer" and "customer" not in (plain_word(stood), otherwise)):
                self._refuse_blocked(lot, was, at[0])
            elif plain_word(stands) in ("here", "transit"):
                self._refuse_leaving(lot, was & old.here(source, at), now, at[0])
            was, stood, used = now, stands, False

    def _comes_in(self, lot: LotRef, target: str, moments: list[Moment]) -> None:
        """What is held at some place comes in only where a hold waits for it, and its box has stood in such places since."""
        for at in moments:
            if plain_word(self.stand(target, at)) not in ("here", "transit"):
                continue
            waits = self.here(target, at) | {""}
            now = {place for _by, place, _o, closed_by, _c in self.holds(lot) if closed_by is None}
            then = {place for _by, place, opened, _cb, closed in self.holds(lot) if closed is not None and opened <= at[0] < closed}
            if (now and not now & waits) or (then and not (now | then) & waits):
                raise No("a hold waits for it elsewhere")

    def _refuse_blocked(self, lot: LotRef, here: set[str], at: int) -> None:
        for _by, place, opened, _closed_by, closed in self.holds(lot):
            if place in here | {""} and (closed is None or opened <= at < closed):
                raise No("on hold")
        if {self.status(lot), self.status(lot, at)} & {"rejected", "pending"}:
            raise No("not released")
        expires = self.expires(lot)
        if expires is not None and expires <= at:
            raise No("expired")

    def _refuse_leaving(self, lot: LotRef, here: set[str], there: set[str], at: int) -> None:
        """A hold at a place lets nothing out, but to where another hold waits: one that is open now, if this one is."""
        holds = self.holds(lot)
        waiting = [{place for _by, place, _o, closed_by, _c in holds if closed_by is None}]
        waiting.append(waiting[0] | {place for _by, place, opened, _cb, closed in holds if closed is not None and opened <= at < closed})
        for _by, place, opened, closed_by, closed in holds:
            if place in here and closed_by is None and not waiting[0] & (there | {""}):
                raise No("kept by a hold")
            if place in here and closed is not None and opened <= at < closed and not waiting[1] & (there | {""}):
                raise No("was kept by a hold")

    def _past(self) -> None:
        """After each fact in the order of time: nothing below zero here, nor before it makes what it makes, and each serial at one
        place. And containers in one piece and in no circle.
        """
        for container, home in HOMES.items():
            where = home
            for _at, _number, source, target in self.trips(container):
                if source != where:
                    raise No("a container left where it was not")
                where = target
        for fact in self.effective():
            for container in HOMES:
                self.around(container, (fact.at, fact.number))
        amounts: dict[tuple[LotRef, str], int] = defaultdict(int)
        for fact in self.story():
            moved_and_used = [move for move in fact.moves if move[2] != "PROCESS"]
            made = [move for move in fact.moves if move[2] == "PROCESS"]
            for half in (moved_and_used, made):
                for lot, quantity, source, target in half:
                    amounts[lot, source] -= quantity
                    amounts[lot, target] += quantity
                if any(amount < 0 for (_lot, place), amount in amounts.items() if place not in STOCKLESS | set(OUTSIDE)):
                    raise No("below zero")
            for lot in {move[0] for move in fact.moves}:
                held = {place: amount for (one, place), amount in amounts.items() if one == lot and place not in STOCKLESS}
                if self.items[lot.item].serial and sum(amount for amount in held.values() if amount > 0) > ONE:
                    raise No("a serial twice")

    def word(self, place: str, target: str, at: int) -> str:
        """Where a quantity really starts from or ends: a container at a customer's is not here, unless it is only handled there."""
        if place not in HOMES:
            return plain_word(place)
        outer = next(p for p in [place, *self.around(place, at)] if p not in HOMES)
        there = next(p for p in [target, *self.around(target, at)] if p not in HOMES)
        return plain_word(outer) if outer in OUTSIDE and outer != there else "here"


def moment(until: Until) -> tuple[float, float]:
    """A moment without a number is after all that happened at it."""
    return (until, inf) if isinstance(until, int) else until


def plain_word(place: str) -> str:
    if place in ACCOUNTS:
        return place.lower()
    return OUTSIDE.get(place, "here")


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
