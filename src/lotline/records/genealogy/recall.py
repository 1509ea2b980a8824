"""The recall set: which lots are affected for certain, which only possibly, which are not although one might think so, and where
each quantity is now. Lists are read in pages or streamed; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db import connections

from lotline.core.instant import to_micros
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.births import born_otherwise
from lotline.records.genealogy.choices import Certainty, Standing, TraceGap
from lotline.records.genealogy.closure import Bounds, Closure, Key, To, reach
from lotline.records.genealogy.doubts import Doubt, Doubts
from lotline.records.genealogy.excluded import Excluded, Exclusions, emptied_lots
from lotline.records.genealogy.lotset import Row, Scope, scope_of_lots, scope_of_set, temporary_set
from lotline.records.genealogy.mass_balance import Line, MassBalance, balance_of_set, lines_of_lots
from lotline.records.genealogy.shares import LotShares, shares_of_trace
from lotline.records.genealogy.starts import Start
from lotline.records.genealogy.trace import bounds_of, gaps_of, lots_of
from lotline.records.genealogy.whereabouts import Map, Spot, Stay, holdings_by_place, where_now
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import adapt
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

STREAM_CHUNK = 2000


class Sort(StrEnum):
    """Orders of the affected lots; the code settles ties."""

    CODE = "code"
    ITEM = "item"
    MOMENT = "moment"
    CERTAINTY = "certainty"


@dataclass(frozen=True, slots=True)
class Affected:
    """A lot of the recall set. ``at_us``: when the material first got into it. A start is itself affected, and certain."""

    id: UUID
    code: str
    item: UUID
    certainty: Certainty
    start: bool
    at_us: int
    seq: int


@dataclass(frozen=True, slots=True)
class RecallRow:
    """A lot with its figures. ``line`` holds what came in and what has become of it; ``doubts`` are why it is only possible."""

    lot: Affected
    item: Item
    line: Line
    stays: tuple[Stay, ...]
    doubts: tuple[Doubt, ...]

    @property
    def made(self) -> int:
        """What was received or produced of the lot."""
        return self.line.received + self.line.produced


@dataclass(slots=True)
class Total:
    """How many lots of one item, and how much (micro units of ``unit``). Quantities of two items are never added."""

    item: str
    name: str
    unit: str
    lots: int = 0
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class PlaceTotal:
    """What lies at one place, containers that stand there included."""

    spot: Spot
    standing: Standing
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class ItemTotal:
    """Lots of one item, and their balance."""

    item: str
    name: str
    unit: str
    certain: int
    possible: int
    line: Line


@dataclass(frozen=True, slots=True)
class RecallSummary:
    """The recall set in figures. ``lots`` = ``certain`` + ``possible``, starts included and also counted apart."""

    lots: int
    certain: int
    possible: int
    starts: int
    items: tuple[ItemTotal, ...]
    places: tuple[PlaceTotal, ...]
    customers: tuple[PlaceTotal, ...]
    balance: MassBalance


class RecallSet:
    """What ``recall_set`` found. Figures are read when they are asked for, within the same ``bounds``, while the set is open."""

    def __init__(self, *, plant: Plant, starts: Sequence[Start], bounds: Bounds, closure: Closure, lots: _Lots) -> None:
        self.plant = plant
        self.starts = tuple(starts)
        self.bounds = bounds
        self.closure = closure
        self.start_lots = lots_of(starts)
        self._first = frozenset(adapt(start, connections["default"]) for start in self.start_lots)
        self._lots = lots.affected
        self._emptied = lots.emptied
        self._items = lots.items
        self._scope = lots.scope

    def __len__(self) -> int:
        return len(self._lots)

    @property
    def lots(self) -> dict[UUID, Affected]:
        """All affected lots by id; for large sets, ``rows`` and ``page`` are the thrifty way."""
        lots = map(self._affected, self._lots)
        return {lot.id: lot for lot in lots}

    @cached_property
    def gaps(self) -> tuple[TraceGap, ...]:
        """What keeps the set from being an answer, as with a trace: within the bounds nobody knew of any of the starts."""
        return gaps_of(lots=self.start_lots, bounds=self.bounds)

    @property
    def complete(self) -> bool:
        """Whether this is the whole answer (law 11)."""
        return not self.gaps

    @cached_property
    def places(self) -> Map:
        """Places as they lay within the bounds."""
        return Map(self.plant, self.bounds)

    @cached_property
    def _doubts(self) -> Doubts:
        return Doubts(starts=self.start_lots, lots=self.closure.lots, bounds=self.bounds)

    @cached_property
    def exclusions(self) -> Exclusions:
        """The lots that one might suspect and need not."""
        return Exclusions(
            plant=self.plant, lots=self._lots, starts=self._first, emptied=self._emptied, items=self._items, bounds=self.bounds
        )

    def excluded(self, offset: int = 0, limit: int = 50) -> list[Excluded]:
        """A page of the lots that are not affected, with why."""
        return self.exclusions.page(offset, limit)

    def shares(self) -> dict[str, LotShares]:
        """How much of the start went into each lot: by item of the start, for a kilogram of one and a piece of another are no sum."""
        starts: dict[Key, set[UUID]] = {}
        for row in self._lots:
            if row[0] in self._first:
                starts.setdefault(row[2], set()).add(read_id(row[0]))
        every = {*self.start_lots, *self.closure.lots}
        return {
            self._items[item].code: shares_of_trace(plant=self.plant, starts=lots, lots=every - lots, bounds=self.bounds)
            for item, lots in starts.items()
        }

    @cached_property
    def _holdings(self) -> dict[UUID, list[tuple[int, int]]]:
        """What lies at each place: the position of the lot, and how much of it."""
        return holdings_by_place(scope=self._scope, places=self.places)

    def mass_balance(self) -> MassBalance:
        """The balance of the whole set, by item, to the last unit."""
        numbers = {key: number for number, key in enumerate(self._items)}
        number_of = [numbers[row[2]] for row in self._lots]
        held: dict[tuple[int, UUID], int] = {}
        for place, lots in self._holdings.items():
            sums = [0] * len(numbers)
            for lot, quantity in lots:
                sums[number_of[lot]] += quantity
            held.update({(number, place): quantity for number, quantity in enumerate(sums) if quantity})
        return balance_of_set(scope=self._scope, places=self.places, items=[item.pk for item in self._items.values()], held=held)

    def summary(self) -> RecallSummary:
        """Counts and totals by item, place and customer."""
        balance = self.mass_balance()
        items = self._item_totals(balance)
        certain = sum(total.certain for total in items)
        places, customers = self._place_totals()
        return RecallSummary(
            lots=len(self._lots),
            certain=certain,
            possible=len(self._lots) - certain,
            starts=len(self._first),
            items=items,
            places=places,
            customers=customers,
            balance=balance,
        )

    def page(self, offset: int = 0, limit: int = 50, sort: Sort = Sort.CODE) -> list[RecallRow]:
        """Rows ``offset`` to ``offset + limit`` of the affected lots."""
        return self._rows(self._ordered(sort)[offset : offset + limit])

    def rows(self, sort: Sort = Sort.CODE) -> Iterator[RecallRow]:
        """All rows, read in portions."""
        ordered = self._ordered(sort)
        for start in range(0, len(ordered), STREAM_CHUNK):
            yield from self._rows(ordered[start : start + STREAM_CHUNK])

    def _ordered(self, sort: Sort) -> list[Row]:
        lots = sorted(self._lots, key=itemgetter(1))  # which are by key already
        if sort is Sort.ITEM:
            lots.sort(key=lambda row: self._items[row[2]].code)
        elif sort is Sort.MOMENT:
            lots.sort(key=itemgetter(4, 5))
        elif sort is Sort.CERTAINTY:
            lots.sort(key=lambda row: not row[3])
        return lots

    def _affected(self, row: Row) -> Affected:
        certainty = Certainty.CERTAIN if row[3] else Certainty.POSSIBLE
        return Affected(read_id(row[0]), row[1], read_id(row[2]), certainty, row[0] in self._first, row[4], row[5])

    def _rows(self, rows: Sequence[Row]) -> list[RecallRow]:
        lots = [self._affected(row) for row in rows]
        ids = [lot.id for lot in lots]
        with scope_of_lots(ids) as scope:
            lines = lines_of_lots(scope=scope, places=self.places)
        stays = where_now(plant=self.plant, lots=ids, bounds=self.bounds, places=self.places)
        unsure = [lot.id for lot in lots if lot.certainty is Certainty.POSSIBLE]
        doubts = self._doubts.behind(unsure) if unsure else {}
        return [
            RecallRow(lot, self._items[row[2]], lines.get(lot.id) or Line(), tuple(stays.get(lot.id, ())), doubts.get(lot.id, ()))
            for lot, row in zip(lots, rows, strict=True)
        ]

    def _item_totals(self, balance: MassBalance) -> tuple[ItemTotal, ...]:
        counts: dict[Key, list[int]] = {key: [0, 0] for key in self._items}
        for row in self._lots:
            counts[row[2]][not row[3]] += 1
        lines = {line.item: line for line in balance.lines}
        totals = []
        for key, (certain, possible) in counts.items():
            item = self._items[key]
            totals.append(ItemTotal(item.code, item.name, item.unit.code, certain, possible, lines.get(item.code) or Line()))
        return tuple(sorted((total for total in totals if total.certain or total.possible), key=lambda total: total.item))

    def _place_totals(self) -> tuple[tuple[PlaceTotal, ...], tuple[PlaceTotal, ...]]:
        """By place that is no container, and by customer. A lot in two containers of one place counts once there."""
        tallies: dict[_Ground, dict[Key, tuple[Total, set[int]]]] = {}
        for place, held in self._holdings.items():
            tally = tallies.setdefault(self._ground(place), {})
            for number, quantity in held:
                key = self._lots[number][2]
                if key not in tally:
                    item = self._items[key]
                    tally[key] = (Total(item.code, item.name, item.unit.code), set())
                total, lots = tally[key]
                total.quantity += quantity
                lots.add(number)
        totals: tuple[list[PlaceTotal], list[PlaceTotal]] = ([], [])
        for ground in sorted(tallies, key=lambda ground: ground.spot.code):
            for total, lots in tallies[ground].values():
                total.lots = len(lots)
            found = tuple(sorted((total for total, _lots in tallies[ground].values()), key=lambda total: total.item))
            totals[ground.customer].append(PlaceTotal(ground.spot, ground.standing, found))
        return tuple(totals[0]), tuple(totals[1])

    def _ground(self, place: UUID) -> _Ground:
        stay = Stay(place, 0, self.places.path(place), self.places.standing(place))
        customer = next((spot for spot in stay.path if spot.kind == PlaceKind.CUSTOMER), None)
        return _Ground(customer or stay.ground, stay.standing, customer is not None)


class _Lots(NamedTuple):
    """The rows of a set, starts among them; ``scope`` names the affected ones in SQL by their position here."""

    affected: list[Row]
    emptied: list[Row]
    items: Mapping[Key, Item]
    scope: Scope


class _Ground(NamedTuple):
    """Where a quantity counts in the totals."""

    spot: Spot
    standing: Standing
    customer: bool


@contextmanager
def recall_set(
    *, plant: Plant, starts: Sequence[Start], as_of: datetime | None = None, known_at: datetime | None = None
) -> Iterator[RecallSet]:
    """Everything that ``starts`` may have got into, as seen as of ``as_of`` and known at ``known_at``, while the block lasts.

    Everything that is read of it in the block is of one moment (``snapshot``), and its lots stand in a temporary table of the connection
    of this thread: the block begins and ends in one thread, and nothing is written in it.
    """
    with snapshot():
        yield from _recall_set(plant, starts, as_of, known_at)


def _recall_set(plant: Plant, starts: Sequence[Start], as_of: datetime | None, known_at: datetime | None) -> Iterator[RecallSet]:
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    first = lots_of(starts)
    closure = reach(starts=first, to=To.DESTINATIONS, bounds=bounds)
    # By key: lots lie in the tables in the order in which they came to be, and so are they read.
    rows = sorted([*_rows_of_starts(plant, first, bounds), *closure.rows], key=_order)
    items = _items_of(rows)
    refilled = [read_id(row[0]) for row in rows if row[7] > 1]
    emptied = emptied_lots(plant=plant, starts=first, closure=closure, refilled=refilled, bounds=bounds)
    gone = {adapt(lot, connections["default"]) for lot in emptied}
    affected = [row for row in rows if row[0] not in gone] if gone else rows
    with _table_of(affected, items) as scope:
        lots = _Lots(affected, [row for row in rows if row[0] in gone] if gone else [], items, scope)
        yield RecallSet(plant=plant, starts=starts, bounds=bounds, closure=closure, lots=lots)


@contextmanager
def _table_of(rows: Sequence[Row], items: Mapping[Key, Item]) -> Iterator[Scope]:
    """A scope of these rows, with the position of each and that of its item among ``items``."""
    numbers = {key: number for number, key in enumerate(items)}
    with temporary_set([(row[0], numbers[row[2]]) for row in rows], ("item",)) as name:
        yield scope_of_set(name)


def _order(row: Row) -> bytes | int:
    """The key of a lot as something that is compared in C: two UUID objects take longer to compare than to read."""
    key: Key = row[0]
    return key.int if isinstance(key, UUID) else key


def _items_of(rows: Sequence[Row]) -> dict[Key, Item]:
    keys = sorted({row[2] for row in rows})
    found = Item.objects.select_related("unit").in_bulk([read_id(key) for key in keys])
    return {key: found[read_id(key)] for key in keys}


def _rows_of_starts(plant: Plant, first: Sequence[UUID], bounds: Bounds) -> Iterator[Row]:
    """Starts as rows of a closure: certain, from their first moment on, as it was known within ``bounds``."""
    connection = connections["default"]
    then = born_otherwise(plant, bounds)
    for begin in range(0, len(first), 500):
        for lot in Lot.objects.for_plant(plant).filter(id__in=first[begin : begin + 500]):
            born = to_micros(then.get(lot.pk, lot.born_at))
            yield adapt(lot.pk, connection), lot.code, adapt(lot.item_id, connection), 1, born, 0, None, lot.fills
