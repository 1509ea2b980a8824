"""From happenings to drafts, in the order of time, with an eye on what each lot holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from lotline.core.facts import Birth, Draft, FactKind, FactSource, Move
from lotline.core.instant import from_micros
from lotline.core.quantity import DECIMALS, apportion
from lotline.doors.exchange.genealogy_csv.rows import PROBLEMS_SHOWN, Genealogy, Happening, LinkRow, LotRow, RowProblem
from lotline.records.catalog.actions import STANDARD_UNITS
from lotline.records.catalog.models import Unit

# Why the variance account gives something. Always the same words, since a file that is read again must say the same.
NO_SOURCE = "no source recorded"
MORE_THAN_RECORDED = "more used than was recorded"


class Plan:
    """Turns happenings into drafts in the order of time, keeping count of what each lot holds and where it lies."""

    def __init__(self, genealogy: Genealogy) -> None:
        self.lots = genealogy.lots
        self.happenings = genealogy.happenings
        self.held: dict[int, int] = {}
        self.problems: list[RowProblem] = []
        self.variances = 0
        self.without_source = 0
        self.suppliers = {lot.partner for lot in self.lots if lot.kind == "raw" and lot.partner}
        self.made = self._share_out(self._count_fills(), _steps_of({lot.unit for lot in self.lots}))
        born = {child for child, _position in self.made}
        self.unborn = sorted((i for i in range(len(self.lots)) if i not in born), key=lambda i: self.lots[i].at_us)

    def _count_fills(self) -> dict[int, list[tuple[int, int]]]:
        """For each lot that is produced: which happenings produce it, and how much went in (micro units of the parents).

        An event that works on a lot and gives it back under its name makes nothing new of it.
        """
        fills: dict[int, list[tuple[int, int]]] = {}
        for position, happening in enumerate(self.happenings):
            amounts: dict[int, int] = {}
            for _parent, child, quantity in happening.links:
                amounts[child] = amounts.get(child, 0) + quantity
            for parent, child, _quantity in happening.links:
                if parent == child:
                    amounts.pop(child, None)
            for child, amount in amounts.items():
                fills.setdefault(child, []).append((position, amount))
        return fills

    def _share_out(self, fills: dict[int, list[tuple[int, int]]], steps: dict[str, int]) -> dict[tuple[int, int], int]:
        """How much of each lot each of its happenings made: all of it, or a share where several topped it up.

        Shares are whole steps of the lot's unit, and at least one: a piece that was taken apart and made again is one piece twice.
        """
        made: dict[tuple[int, int], int] = {}
        for child, filled in fills.items():
            lot = self.lots[child]
            if len(filled) == 1:
                made[child, filled[0][0]] = lot.quantity
                continue
            step = steps[lot.unit] if lot.quantity % steps[lot.unit] == 0 else 1
            shares = apportion(lot.quantity // step, [amount for _position, amount in filled])
            for (position, _amount), share in zip(filled, shares, strict=True):
                made[child, position] = max(share, 1) * step
        return made

    def drafts(self) -> Iterator[Draft]:
        """All facts, in the order in which they happened."""
        waiting = iter(self.unborn)
        next_lot = next(waiting, None)
        for position, happening in enumerate(self.happenings):
            while next_lot is not None and self.lots[next_lot].at_us <= happening.at_us:
                yield self._receive(next_lot)
                next_lot = next(waiting, None)
            yield from self._transform(position, happening)
        while next_lot is not None:
            yield self._receive(next_lot)
            next_lot = next(waiting, None)

    def _receive(self, position: int) -> Draft:
        """A lot that no event produces: received from its supplier, or taken over from an unknown source."""
        lot = self.lots[position]
        self.held[position] = lot.quantity
        supplier = lot.partner if lot.kind == "raw" else ""
        self.without_source += not supplier
        births = (Birth(lot.ref, supplier=supplier, supplier_lot=lot.ref.code),) if supplier else ()
        return Draft(
            kind=FactKind.RECEIVE,
            happened_at=from_micros(lot.at_us),
            key=_key("lot", f"{lot.ref.item}/{lot.ref.code}"),
            moves=(Move(lot.ref, lot.quantity, supplier or "VARIANCE", "SITE"),),
            births=births,
            reason="" if supplier else NO_SOURCE,
            source=FactSource.IMPORT,
        )

    def _transform(self, position: int, happening: Happening) -> Iterator[Draft]:
        strands = _strands(happening.links)
        moves: list[Move] = []
        drawn: dict[int, int] = {}
        reason = happening.type
        at = from_micros(happening.at_us)
        key = f"{happening.event}@{happening.at_us}"
        for strand, (parents, _children) in enumerate(strands):
            for parent, quantity in parents.items():
                drawn[parent] = drawn.get(parent, 0) + quantity
                moves.append(Move(self.lots[parent].ref, quantity, "SITE", "PROCESS", strand))
        for parent, quantity in drawn.items():
            yield from self._bring_back(parent, quantity, happening, key)
            short = quantity - self.held.get(parent, 0)
            if short > 0:
                moves.insert(0, Move(self.lots[parent].ref, short, "VARIANCE", "SITE"))
                self.variances += 1
                reason = f"{happening.type}: {MORE_THAN_RECORDED}"
                self.held[parent] = self.held.get(parent, 0) + short
            self.held[parent] -= quantity
        shipped = []
        for strand, (_parents, children) in enumerate(strands):
            for child in children:
                quantity = self.made.get((child, position)) or drawn[child]
                self.held[child] = self.held.get(child, 0) + quantity
                moves.append(Move(self.lots[child].ref, quantity, "PROCESS", "SITE", strand))
                if self.lots[child].kind == "ship":
                    shipped.append((child, quantity))
        yield Draft(
            kind=FactKind.TRANSFORM,
            happened_at=at,
            key=_key("event", key),
            moves=tuple(moves),
            operation=happening.type,
            reason=reason,
            document=happening.event,
            source=FactSource.IMPORT,
        )
        for child, quantity in shipped:
            yield self._ship(child, quantity, at, key)

    def _bring_back(self, parent: int, quantity: int, happening: Happening, key: str) -> Iterator[Draft]:
        """A shipment that an event uses again has come back first. A lot that does not exist yet can not be used."""
        lot = self.lots[parent]
        if parent not in self.held:
            detail = f"{lot.ref.code} ({happening.event})"
            if len(self.problems) < PROBLEMS_SHOWN:
                self.problems.append(RowProblem("links.csv", 0, "used_before_it_exists", detail))
            self.held[parent] = 0
            yield self._receive(parent)
        if lot.kind == "ship":
            back = min(quantity, self.held[parent])
            if back:
                yield Draft(
                    kind=FactKind.RETURN,
                    happened_at=from_micros(happening.at_us),
                    key=_key("return", f"{lot.ref.code}@{key}"),
                    moves=(Move(lot.ref, back, self._customer(lot), "SITE"),),
                    document=happening.event,
                    source=FactSource.IMPORT,
                )

    def _ship(self, child: int, quantity: int, at: datetime, key: str) -> Draft:
        lot = self.lots[child]
        return Draft(
            kind=FactKind.SHIP,
            happened_at=at,
            key=_key("ship", f"{lot.ref.code}@{key}"),
            moves=(Move(lot.ref, quantity, "SITE", self._customer(lot)),),
            document=lot.ref.code,
            source=FactSource.IMPORT,
        )

    def _customer(self, lot: LotRow) -> str:
        return customer_place(lot.partner, self.suppliers) if lot.partner else "TRANSIT"


def _steps_of(units: set[str]) -> dict[str, int]:
    """The smallest amount of each unit, in micro units: a piece is not divided."""
    known = dict(Unit.objects.filter(code__in=units).values_list("code", "decimals"))
    return {unit: 10 ** (DECIMALS - known.get(unit, dict(STANDARD_UNITS).get(unit, DECIMALS))) for unit in units}


def _strands(links: list[LinkRow]) -> list[tuple[dict[int, int], list[int]]]:
    """Children with the same parents share a strand: an event that mixes everything is one, exact pairs are one each."""
    parents_of: dict[int, dict[int, int]] = {}
    for parent, child, quantity in links:
        parents = parents_of.get(child)
        if parents is None:
            parents_of[child] = {parent: quantity}
        else:
            parents[parent] = parents.get(parent, 0) + quantity
    if len(parents_of) == 1:
        return [(parents, [child]) for child, parents in parents_of.items()]
    groups: dict[frozenset[int], tuple[dict[int, int], list[int]]] = {}
    for child, parents in parents_of.items():
        drawn, children = groups.setdefault(frozenset(parents), ({}, []))
        children.append(child)
        for parent, quantity in parents.items():
            drawn[parent] = drawn.get(parent, 0) + quantity
    return list(groups.values())


def _key(kind: str, name: str) -> str:
    """The idempotency key; a name too long for it is named by its digest."""
    key = f"genealogy:{kind}:{name}"
    return key if len(key) <= 200 else f"genealogy:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"


def customer_place(code: str, suppliers: set[str]) -> str:
    """The place of a customer; a partner who is a supplier too has a second place for it."""
    return f"{code} (customer)" if code in suppliers else code
