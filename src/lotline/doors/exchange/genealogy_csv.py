"""Genealogies from outside: ``lots.csv``, ``links.csv`` and ``events.csv`` become facts.

The form (docs/reference/genealogy-csv.md): a lot has an item, a kind, a quantity and perhaps a partner; an event consumes its
parents and produces its children, and ``links.csv`` says which parent went into which child, and how much of it. Units,
cases, pallets and shipments are lots in this form.

Other systems' quantities do not always close. What an event draws beyond what was ever recorded is booked from the variance
account in the same fact, and counted in the summary: the genealogy stays whole and the gap stays visible. What can not be
true (a lot used before it exists, a link to a lot that nobody knows) is refused with its row, and then nothing is stored.
"""

from __future__ import annotations

import csv
import gc
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from lotline.core.facts import Birth, Draft, FactKind, FactSource, LotRef, Move, PlaceKind
from lotline.core.instant import BadInstant, from_micros, parse_instant, to_micros
from lotline.core.quantity import LARGEST, MICRO, apportion
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind
from lotline.records.journal.actions import CHUNK, append
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Plant

LOT_COLUMNS = ("lot", "item", "kind", "qty", "uom", "created_at", "partner")
LINK_COLUMNS = ("parent", "child", "qty", "event_id", "at")
EVENT_COLUMNS = ("event_id", "type", "at")
ITEM_KINDS = {
    "raw": ItemKind.RAW,
    "wip": ItemKind.WIP,
    "unit": ItemKind.FINISHED,
    "case": ItemKind.LOGISTIC,
    "pallet": ItemKind.LOGISTIC,
    "ship": ItemKind.LOGISTIC,
}
EVENT_TYPES = ("receive", "process", "split", "merge", "rework", "serialize", "pack", "palletize", "ship")
# A file with very many broken rows is one broken file; the first ones show how.
PROBLEMS_SHOWN = 100


class BadGenealogy(ValueError):
    """The files can not become facts. ``problems`` are (file, line, code, detail); nothing was stored."""

    def __init__(self, problems: list[RowProblem]) -> None:
        super().__init__("; ".join(f"{p.file}:{p.line} {p.code} {p.detail}" for p in problems[:3]))
        self.problems = problems


class RowProblem(NamedTuple):
    """One row that can not be taken, and why."""

    file: str
    line: int
    code: str
    detail: str


class LotRow(NamedTuple):
    """A row of ``lots.csv``; quantity in micro units, time in microseconds."""

    ref: LotRef
    kind: str
    quantity: int
    unit: str
    at_us: int
    partner: str


class LinkRow(NamedTuple):
    """A row of ``links.csv``; parent and child by position in the lots."""

    parent: int
    child: int
    quantity: int


@dataclass(slots=True)
class Happening:
    """What one event did at one moment."""

    event: str
    type: str
    at_us: int
    links: list[LinkRow] = field(default_factory=list)


@dataclass(slots=True)
class GenealogySummary:
    """What the import did, or in a dry run would do."""

    lots: int = 0
    links: int = 0
    events: int = 0
    facts: int = 0
    replayed: int = 0
    variances: int = 0
    rounded: int = 0
    without_source: int = 0


@dataclass(slots=True)
class Genealogy:
    """The three files, read and checked."""

    lots: list[LotRow] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rounded: int = 0
    links: int = 0
    events: int = 0


def import_genealogy(
    *,
    plant: Plant,
    folder: Path,
    actor: UUID | None = None,
    progress: Callable[[int, int], None] | None = None,
    dry_run: bool = False,
) -> GenealogySummary:
    """Read ``folder`` and write its facts, all or none. Importing the same files again changes nothing (law 7).

    Raises ``BadGenealogy`` with every row that can not be taken, ``Refused`` if the journal refuses a fact.
    """
    genealogy = read_genealogy(folder)
    if genealogy.problems:
        raise BadGenealogy(genealogy.problems)
    # Millions of rows that live to the end of the import: the collector would walk them again and again for nothing.
    gc.freeze()
    plan = _Plan(genealogy)
    summary = GenealogySummary(
        lots=len(genealogy.lots), links=genealogy.links, events=genealogy.events, rounded=genealogy.rounded
    )
    total = len(genealogy.happenings) + len(plan.unborn)
    with transaction.atomic():
        _ensure_master_data(plant, genealogy)
        batch: list[Draft] = []
        done = 0
        for draft in plan.drafts():
            batch.append(draft)
            if len(batch) == CHUNK:
                _write(plant, batch, actor, summary)
                batch = []
                done = min(total, done + CHUNK)
                if progress:
                    progress(done, total)
        if plan.problems:
            raise BadGenealogy(plan.problems)
        _write(plant, batch, actor, summary)
        summary.variances, summary.without_source = plan.variances, plan.without_source
        if progress:
            progress(total, total)
        if dry_run:
            transaction.set_rollback(True)
    return summary


def _write(plant: Plant, batch: list[Draft], actor: UUID | None, summary: GenealogySummary) -> None:
    receipts = append(plant=plant, drafts=batch, actor=actor)
    summary.facts += len(receipts)
    summary.replayed += sum(receipt.replayed for receipt in receipts)


def _ensure_master_data(plant: Plant, genealogy: Genealogy) -> None:
    items: dict[str, ItemSpec] = {}
    suppliers: set[str] = set()
    customers: set[str] = set()
    for lot in genealogy.lots:
        if lot.ref.item not in items:
            items[lot.ref.item] = ItemSpec(lot.ref.item, unit=lot.unit, kind=ITEM_KINDS[lot.kind])
        if lot.partner and lot.kind == "raw":
            suppliers.add(lot.partner)
        elif lot.partner and lot.kind == "ship":
            customers.add(lot.partner)
    ensure_items(items.values())
    ensure_places(plant=plant, specs=[PlaceSpec(code, PlaceKind.SUPPLIER) for code in sorted(suppliers)])
    specs = [PlaceSpec(customer_place(code, suppliers), PlaceKind.CUSTOMER, name=code) for code in sorted(customers)]
    ensure_places(plant=plant, specs=specs)


def customer_place(code: str, suppliers: set[str]) -> str:
    """The place of a customer; a partner who is a supplier too has a second place for it."""
    return f"{code} (customer)" if code in suppliers else code


# --- reading the files ----------------------------------------------------------------------------------------------------


def read_genealogy(folder: Path) -> Genealogy:
    """The three files of ``folder``. Problems are gathered in ``problems``, at most ``PROBLEMS_SHOWN``."""
    genealogy = Genealogy()
    positions: dict[str, int] = {}
    events: dict[str, tuple[str, int]] = {}
    for line, row in _rows(folder, "lots.csv", LOT_COLUMNS, genealogy):
        _read_lot(genealogy, positions, line, row)
    for line, row in _rows(folder, "events.csv", EVENT_COLUMNS, genealogy):
        _read_event(genealogy, events, line, row)
    happenings: dict[tuple[str, int], Happening] = {}
    for line, row in _rows(folder, "links.csv", LINK_COLUMNS, genealogy):
        _read_link(genealogy, positions, events, happenings, line, row)
    genealogy.events = len(events)
    genealogy.happenings = _in_order(list(happenings.values()))
    return genealogy


def _rows(folder: Path, name: str, columns: tuple[str, ...], genealogy: Genealogy) -> Iterator[tuple[int, list[str]]]:
    """Rows of one file with their line numbers, cut to ``columns`` in that order whatever the order in the file."""
    path = folder / name
    if not path.is_file():
        genealogy.problems.append(RowProblem(name, 0, "file_missing", str(path)))
        return
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        header = [cell.strip().lower() for cell in next(reader, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            genealogy.problems.append(RowProblem(name, 1, "column_missing", ", ".join(missing)))
            return
        picks = [header.index(column) for column in columns]
        for row in reader:
            if len(genealogy.problems) >= PROBLEMS_SHOWN:
                return
            if not row:
                continue
            if len(row) < len(header):
                genealogy.problems.append(RowProblem(name, reader.line_num, "row_short", ",".join(row)))
                continue
            yield reader.line_num, [row[pick] for pick in picks]


def _read_lot(genealogy: Genealogy, positions: dict[str, int], line: int, row: list[str]) -> None:
    code, item, kind, quantity, unit, created_at, partner = (cell.strip() for cell in row)
    problem = None
    if not code or not item:
        problem = "code_blank"
    elif code in positions:
        problem = "lot_twice"
    elif kind not in ITEM_KINDS:
        problem = "kind_unknown"
    at_us, micro = _moment(created_at), _micro(quantity, genealogy)
    if problem or at_us is None or micro is None:
        detail = code if problem else created_at if at_us is None else quantity
        genealogy.problems.append(
            RowProblem("lots.csv", line, problem or ("time_bad" if at_us is None else "quantity_bad"), detail)
        )
        return
    positions[code] = len(genealogy.lots)
    genealogy.lots.append(LotRow(LotRef(item, code), kind, micro, unit or "pcs", at_us, partner))


def _read_event(genealogy: Genealogy, events: dict[str, tuple[str, int]], line: int, row: list[str]) -> None:
    event, type_, at = (cell.strip() for cell in row)
    at_us = _moment(at)
    problem = None
    if not event:
        problem = "code_blank"
    elif event in events:
        problem = "event_twice"
    elif type_ not in EVENT_TYPES:
        problem = "type_unknown"
    elif at_us is None:
        problem = "time_bad"
    if problem or at_us is None:
        detail = {"type_unknown": type_, "time_bad": at}.get(problem or "", event)
        genealogy.problems.append(RowProblem("events.csv", line, problem or "time_bad", detail))
        return
    events[event] = (type_, at_us)


def _read_link(
    genealogy: Genealogy,
    positions: dict[str, int],
    events: dict[str, tuple[str, int]],
    happenings: dict[tuple[str, int], Happening],
    line: int,
    row: list[str],
) -> None:
    parent, child, quantity, event, at = row
    known = events.get(event.strip())
    micro = _micro(quantity, genealogy)
    at_us = _moment(at) if at.strip() else known and known[1]
    child_position = positions.get(child.strip(), -1)
    parent_position = positions.get(parent.strip(), -1)
    received = not parent.strip() and known is not None and known[0] == "receive"
    problem = None
    if known is None:
        problem = ("event_unknown", event)
    elif child_position < 0:
        problem = ("lot_unknown", child)
    elif parent_position < 0 and not received:
        problem = ("lot_unknown", parent)
    elif micro is None:
        problem = ("quantity_bad", quantity)
    elif at_us is None:
        problem = ("time_bad", at)
    if problem or known is None or micro is None or at_us is None:
        code, detail = problem or ("row_short", "")
        genealogy.problems.append(RowProblem("links.csv", line, code, detail))
        return
    genealogy.links += 1
    if received:
        return  # a raw lot comes from its partner, which lots.csv names
    key = (event.strip(), at_us)
    happening = happenings.get(key)
    if happening is None:
        happening = happenings[key] = Happening(key[0], known[0], at_us)
    happening.links.append(LinkRow(parent_position, child_position, micro))


_moments: dict[str, int | None] = {}


def _moment(text: str) -> int | None:
    """Microseconds, or None. Events share their times with many rows, so the last texts are remembered."""
    if text in _moments:
        return _moments[text]
    try:
        at_us = to_micros(parse_instant(text))
    except BadInstant:
        at_us = None
    if len(_moments) > 100_000:
        _moments.clear()
    _moments[text] = at_us
    return at_us


def _micro(text: str, genealogy: Genealogy) -> int | None:
    """Micro units above zero, or None. More than six decimals are floats of another system: rounded, and counted."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) < 13:
        return int(plain) * MICRO or None
    try:
        exact = Decimal(plain) * MICRO
    except InvalidOperation:
        return None
    if not exact.is_finite():
        return None
    micro = int(exact.to_integral_value(ROUND_HALF_EVEN))
    genealogy.rounded += micro != exact
    return micro if 0 < micro <= LARGEST else None


def _in_order(happenings: list[Happening]) -> list[Happening]:
    """By time; at the same moment, what makes a lot comes before what uses it."""
    happenings.sort(key=lambda happening: happening.at_us)
    ordered: list[Happening] = []
    begin = 0
    while begin < len(happenings):
        end = begin + 1
        while end < len(happenings) and happenings[end].at_us == happenings[begin].at_us:
            end += 1
        same = happenings[begin:end]
        ordered += same if len(same) == 1 else _makers_first(same)
        begin = end
    return ordered


def _makers_first(same: list[Happening]) -> list[Happening]:
    """Happenings of one moment in the order in which material flows; a loop among them keeps the order of the file."""
    makers: dict[int, list[int]] = defaultdict(list)
    for position, happening in enumerate(same):
        for child in {link.child for link in happening.links}:
            makers[child].append(position)
    users: dict[int, set[int]] = defaultdict(set)
    waits = [0] * len(same)
    for position, happening in enumerate(same):
        for parent in {link.parent for link in happening.links}:
            for maker in makers.get(parent, ()):
                if maker != position and position not in users[maker]:
                    users[maker].add(position)
                    waits[position] += 1
    ready = [position for position, count in enumerate(waits) if not count]
    order: list[int] = []
    for position in ready:
        order.append(position)
        for user in sorted(users[position]):
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    placed = set(order)
    return [same[position] for position in [*order, *(p for p in range(len(same)) if p not in placed)]]


# --- facts ----------------------------------------------------------------------------------------------------------------


class _Plan:
    """Turns happenings into drafts in the order of time, keeping count of what each lot holds and where it lies."""

    def __init__(self, genealogy: Genealogy) -> None:
        self.lots = genealogy.lots
        self.happenings = genealogy.happenings
        self.held: dict[int, int] = {}
        self.problems: list[RowProblem] = []
        self.variances = 0
        self.without_source = 0
        self.suppliers = {lot.partner for lot in self.lots if lot.kind == "raw" and lot.partner}
        self.fills = self._count_fills()
        born = self.fills.keys()
        self.unborn = sorted((i for i in range(len(self.lots)) if i not in born), key=lambda i: self.lots[i].at_us)

    def _count_fills(self) -> dict[int, list[tuple[int, int]]]:
        """For each lot that is produced: which happenings produce it, and how much went in (micro units of the parents)."""
        fills: dict[int, list[tuple[int, int]]] = {}
        for position, happening in enumerate(self.happenings):
            amounts: dict[int, int] = {}
            for link in happening.links:
                amounts[link.child] = amounts.get(link.child, 0) + link.quantity
            for child, amount in amounts.items():
                fills.setdefault(child, []).append((position, amount))
        return fills

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
            key=_key("lot", lot.ref.code),
            moves=(Move(lot.ref, lot.quantity, supplier or "VARIANCE", "SITE"),),
            births=births,
            source=FactSource.IMPORT,
        )

    def _transform(self, position: int, happening: Happening) -> Iterator[Draft]:
        strands = _strands(happening.links)
        moves: list[Move] = []
        drawn: dict[int, int] = {}
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
                self.held[parent] = self.held.get(parent, 0) + short
            self.held[parent] -= quantity
        shipped = []
        for strand, (_parents, children) in enumerate(strands):
            for child in children:
                quantity = self._produced(child, position)
                if not quantity:
                    continue
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
            reason=happening.type,
            document=happening.event,
            source=FactSource.IMPORT,
        )
        for child, quantity in shipped:
            yield self._ship(child, quantity, at, key)

    def _produced(self, child: int, position: int) -> int:
        """How much of the lot this happening made: all of it, or its share where several topped it up."""
        fills = self.fills[child]
        if len(fills) == 1:
            return self.lots[child].quantity
        shares = apportion(self.lots[child].quantity, [amount for _position, amount in fills])
        return next(share for (filled, _amount), share in zip(fills, shares, strict=True) if filled == position)

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


def _strands(links: list[LinkRow]) -> list[tuple[dict[int, int], list[int]]]:
    """Children with the same parents share a strand: an event that mixes everything is one, exact pairs are one each."""
    parents_of: dict[int, dict[int, int]] = {}
    for link in links:
        parents = parents_of.setdefault(link.child, {})
        parents[link.parent] = parents.get(link.parent, 0) + link.quantity
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
