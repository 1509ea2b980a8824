"""What the journal says lies where, worked out from the bodies of the facts alone: the other half of law 9.

On purpose this shares no code with ``Book``, which checks a draft and changes what is stored: two ways to the same figures find the
mistakes of either. Lots are named by (item, code) and places by code, as in the bodies. Nothing is checked here, only read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lotline.core.facts import FactKind, PlaceKind
from lotline.core.instant import parse_instant, to_micros
from lotline.core.ledger import kinds

LotKey: TypeAlias = tuple[str, str]
Body: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class HoldReading:
    """A hold as the facts tell it."""

    opened_by: str
    place: str
    opened_at_us: int
    reason: str
    closed_by: str = ""
    closed_at_us: int | None = None


@dataclass(slots=True)
class LotReading:
    """A lot as the facts tell it. ``decisions`` are those that stand: (moment, order, status, fact)."""

    id: str
    first: str
    born_at_us: int
    expires_at_us: int | None
    batch: str
    moved_at_us: int = -(2**63)
    fills: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    decisions: list[tuple[int, int, str, str]] | None = None
    holds: list[HoldReading] | None = None

    @property
    def status(self) -> str:
        """What the decision that counts says, or what the lot was born with."""
        return self._counting()[2] if self.decisions else self.first

    @property
    def decided_at_us(self) -> int | None:
        """The moment of that decision."""
        return self._counting()[0] if self.decisions else None

    def _counting(self) -> tuple[int, int, str, str]:
        """The latest decision; but a block first that nobody lifted who knew of it: at its moment or later, and written after it."""
        made = self.decisions or []
        lifts = [one for one in made if one[2] not in ("rejected", "pending")]
        blocks = [one for one in made if one not in lifts and not any(lift[0] >= one[0] and lift[1] > one[1] for lift in lifts)]
        return max(blocks or made)


class Readings:
    """Takes bodies in the plant's order; ``fetch`` gives the body of an earlier fact, for reversals."""

    def __init__(self, *, place_kinds: Mapping[str, PlaceKind], fetch: Callable[[str], Body]) -> None:
        self.lots: dict[LotKey, LotReading] = {}
        self.origins: set[tuple[LotKey, str, str, str]] = set()
        self._process = {code for code, kind in place_kinds.items() if kind is PlaceKind.PROCESS}
        self._stocked = {code for code, kind in place_kinds.items() if kinds.keeps_stock(kind)}
        self._trips: dict[str, list[tuple[int, int, str, str]]] = {}
        self._homes: dict[str, str] = {}
        self._fetch = fetch

    def apply(self, body: Body) -> None:
        """Take in one fact."""
        if body["kind"] == FactKind.REVERSE:
            self._take_back(body, self._fetch(body["reverses"]))
            return
        at_us = micros(body["at"])
        lots: list[LotKey] = [(item, code) for item, code in body.get("lots", ())]
        self._bear(body, at_us, lots)
        for position, quantity, source, target, _strand, _certain in body.get("moves", ()):
            lot = self.lots[lots[position]]
            self._move(lot, int(quantity), source, target, at_us)
            lot.fills += source in self._process
        for container, source, target in body.get("carries", ()):
            self._trips.setdefault(container, []).append((at_us, body["seq"], source, target))
            # Where it stood before its first trip; a trip that is written late starts there too.
            self._homes.setdefault(container, source)
        for birth in body.get("births", ()):
            if birth.get("supplier") and birth.get("supplier_lot"):
                self.origins.add((lots[birth["lot"]], birth["supplier"], birth["supplier_lot"], body["id"]))
        subjects = [self.lots[lots[position]] for position in dict.fromkeys(body.get("subjects", ()))]
        self._decide(body, at_us, subjects)

    def parents(self) -> dict[str, str]:
        """Where each container that was ever carried stands now."""
        return {container: max(trips)[3] if trips else self._homes[container] for container, trips in self._trips.items()}

    def _bear(self, body: Body, at_us: int, lots: Sequence[LotKey]) -> None:
        batches: dict[LotKey, str] = {}
        for birth in body.get("births", ()):
            batches.setdefault(lots[birth["lot"]], birth.get("batch", ""))
        for item, code, lot_id, status, expires in body.get("born", ()):
            until = micros(expires) if expires is not None else None
            batch = batches.get((item, code), "")
            lot = self.lots.get((item, code))
            if lot is None:
                self.lots[item, code] = LotReading(lot_id, status, at_us, until, batch)
            else:  # born anew, since all that moved it was taken back
                lot.first, lot.born_at_us, lot.expires_at_us, lot.batch = status, at_us, until, batch

    def _move(self, lot: LotReading, quantity: int, source: str, target: str, at_us: int) -> None:
        for place, change in ((source, -quantity), (target, quantity)):
            if place in self._stocked:
                balance = lot.balances.get(place, 0) + change
                if balance:
                    lot.balances[place] = balance
                else:
                    lot.balances.pop(place, None)
        lot.moved_at_us = max(lot.moved_at_us, at_us)

    def _decide(self, body: Body, at_us: int, subjects: Sequence[LotReading]) -> None:
        place = body.get("hold_place", "")
        for lot in subjects:
            if body["kind"] == FactKind.HOLD:
                lot.holds = [*(lot.holds or ()), HoldReading(body["id"], place, at_us, body["reason"])]
            elif body["kind"] == FactKind.RELEASE:
                for hold in lot.holds or ():
                    if not hold.closed_by and hold.opened_at_us <= at_us and place in ("", hold.place):
                        hold.closed_by, hold.closed_at_us = body["id"], at_us
            if "disposition" in body:
                lot.decisions = [*(lot.decisions or ()), (at_us, body["seq"], body["disposition"], body["id"])]

    def _take_back(self, body: Body, taken: Body) -> None:
        at_us = micros(taken["at"])
        lots: list[LotKey] = [(item, code) for item, code in taken.get("lots", ())]
        for position, quantity, source, target, _strand, _certain in taken.get("moves", ()):
            self._move(self.lots[lots[position]], int(quantity), target, source, at_us)
        for container, source, target in taken.get("carries", ()):
            self._trips[container].remove((at_us, taken["seq"], source, target))
        for position in taken.get("subjects", ()):
            lot = self.lots[lots[position]]
            lot.decisions = [decision for decision in lot.decisions or () if decision[3] != taken["id"]]
            for hold in lot.holds or ():
                if hold.opened_by == taken["id"]:
                    hold.closed_by, hold.closed_at_us = body["id"], hold.opened_at_us
                elif hold.closed_by == taken["id"]:
                    hold.closed_by, hold.closed_at_us = "", None


def micros(text: str) -> int:
    """A moment of a body in microseconds since the epoch."""
    return to_micros(parse_instant(text))
