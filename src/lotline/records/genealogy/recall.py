"""The recall set: which lots are affected for certain, which only possibly, which are not although one might think so, and where
each quantity is now. Lists are read in pages or streamed; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from lotline.core.instant import to_micros
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.choices import Certainty, Standing
from lotline.records.genealogy.closure import Bounds, Reached, To, reach
from lotline.records.genealogy.doubts import Doubt, Doubts
from lotline.records.genealogy.excluded import Excluded, Exclusions, emptied_lots
from lotline.records.genealogy.lotset import scope_of_lots
from lotline.records.genealogy.mass_balance import Line, MassBalance, balance_of_lots, lines_of_lots
from lotline.records.genealogy.shares import LotShares, shares_of_trace
from lotline.records.genealogy.starts import Start
from lotline.records.genealogy.trace import bounds_of
from lotline.records.genealogy.whereabouts import Map, Spot, Stay, quantities, where_now
from lotline.records.places.choices import PlaceKind
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
    """How many lots, and how much (micro units of ``unit``)."""

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


@dataclass(frozen=True)
class RecallSet:
    """What ``recall_set`` found. Figures are read when they are asked for, within the same ``bounds``."""

    plant: Plant
    starts: tuple[Start, ...]
    bounds: Bounds
    lots: Mapping[UUID, Affected]
    emptied: Mapping[UUID, Reached] = field(repr=False)
    reached: Mapping[UUID, Reached] = field(repr=False)

    @cached_property
    def start_lots(self) -> tuple[UUID, ...]:
        """The lots that the starts name."""
        return _lots_of(self.starts)

    @cached_property
    def places(self) -> Map:
        """Places as they lay within the bounds."""
        return Map(self.plant, self.bounds)

    @cached_property
    def items(self) -> dict[UUID, Item]:
        """The items of the affected lots."""
        return Item.objects.select_related("unit").in_bulk({lot.item for lot in self.lots.values()})

    @cached_property
    def _doubts(self) -> Doubts:
        return Doubts(starts=self.start_lots, lots=self.reached, bounds=self.bounds)

    @cached_property
    def exclusions(self) -> Exclusions:
        """The lots that one might suspect and need not."""
        return Exclusions(plant=self.plant, lots=self.lots, emptied=self.emptied, items=self.items, bounds=self.bounds)

    def excluded(self, offset: int = 0, limit: int = 50) -> list[Excluded]:
        """A page of the lots that are not affected, with why."""
        return self.exclusions.page(offset, limit)

    def shares(self) -> LotShares:
        """How much of the start went into each lot."""
        return shares_of_trace(plant=self.plant, starts=self.start_lots, lots=self.reached, bounds=self.bounds)

    def mass_balance(self) -> MassBalance:
        """The balance of the whole set, by item, to the last unit."""
        return balance_of_lots(plant=self.plant, lots=self.lots, bounds=self.bounds, places=self.places)

    def summary(self) -> RecallSummary:
        """Counts and totals by item, place and customer."""
        certain = sum(lot.certainty is Certainty.CERTAIN for lot in self.lots.values())
        balance = self.mass_balance()
        places, customers = self._place_totals()
        return RecallSummary(
            lots=len(self.lots),
            certain=certain,
            possible=len(self.lots) - certain,
            starts=sum(lot.start for lot in self.lots.values()),
            items=self._item_totals(balance),
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

    def _ordered(self, sort: Sort) -> list[Affected]:
        lots = sorted(self.lots.values(), key=lambda lot: lot.code)
        if sort is Sort.ITEM:
            lots.sort(key=lambda lot: self.items[lot.item].code)
        elif sort is Sort.MOMENT:
            lots.sort(key=lambda lot: (lot.at_us, lot.seq))
        elif sort is Sort.CERTAINTY:
            lots.sort(key=lambda lot: lot.certainty is not Certainty.CERTAIN)
        return lots

    def _rows(self, lots: Sequence[Affected]) -> list[RecallRow]:
        ids = [lot.id for lot in lots]
        with scope_of_lots(ids) as scope:
            lines = lines_of_lots(scope=scope, places=self.places)
        stays = where_now(plant=self.plant, lots=ids, bounds=self.bounds, places=self.places)
        doubts = self._doubts.behind(ids)
        return [
            RecallRow(lot, self.items[lot.item], lines.get(lot.id) or Line(), tuple(stays.get(lot.id, ())), doubts.get(lot.id, ()))
            for lot in lots
        ]

    def _item_totals(self, balance: MassBalance) -> tuple[ItemTotal, ...]:
        counts: dict[UUID, list[int]] = {}
        for lot in self.lots.values():
            counts.setdefault(lot.item, [0, 0])[lot.certainty is not Certainty.CERTAIN] += 1
        lines = {line.item: line for line in balance.lines}
        totals = []
        for item_id, (certain, possible) in counts.items():
            item = self.items[item_id]
            totals.append(ItemTotal(item.code, item.name, item.unit.code, certain, possible, lines.get(item.code) or Line()))
        return tuple(sorted(totals, key=lambda total: total.item))

    def _place_totals(self) -> tuple[tuple[PlaceTotal, ...], tuple[PlaceTotal, ...]]:
        """By place that is no container, and by customer. A lot in two containers of one place counts once there."""
        units = {item_id: item.unit.code for item_id, item in self.items.items()}
        amounts: dict[tuple[UUID, Standing, bool], dict[str, Total]] = {}
        counted: set[tuple[UUID, UUID]] = set()
        spots: dict[UUID, tuple[Spot, Standing, bool]] = {}
        with scope_of_lots(self.lots) as scope:
            for lot, place, quantity in quantities(scope=scope, places=self.places):
                found = spots.get(place)
                if found is None:
                    found = spots[place] = self._ground(place)
                spot, standing, customer = found
                unit = units[self.lots[lot].item]
                total = amounts.setdefault((spot.id, standing, customer), {}).setdefault(unit, Total(unit))
                total.quantity += quantity
                if (spot.id, lot) not in counted:
                    counted.add((spot.id, lot))
                    total.lots += 1
        totals = [
            (customer, PlaceTotal(self.places.spot(place), standing, tuple(sorted(by_unit.values(), key=lambda total: total.unit))))
            for (place, standing, customer), by_unit in amounts.items()
        ]
        totals.sort(key=lambda entry: entry[1].spot.code)
        return tuple(total for customer, total in totals if not customer), tuple(total for customer, total in totals if customer)

    def _ground(self, place: UUID) -> tuple[Spot, Standing, bool]:
        stay = Stay(place, 0, self.places.path(place), self.places.standing(place))
        customer = next((spot for spot in stay.path if spot.kind == PlaceKind.CUSTOMER), None)
        return customer or stay.ground, stay.standing, customer is not None


def recall_set(*, plant: Plant, starts: Sequence[Start], as_of: datetime | None = None, known_at: datetime | None = None) -> RecallSet:
    """Everything that ``starts`` may have got into, as seen as of ``as_of`` and known at ``known_at``."""
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    first = _lots_of(starts)
    reached = reach(starts=first, to=To.DESTINATIONS, bounds=bounds).lots
    emptied = emptied_lots(plant=plant, starts=first, lots=reached, bounds=bounds)
    affected = {start.id: start for start in _starts(plant, first)}
    for lot in reached.values():
        if lot.id not in emptied:
            certainty = Certainty.CERTAIN if lot.certain else Certainty.POSSIBLE
            affected[lot.id] = Affected(lot.id, lot.code, lot.item, certainty, False, lot.at_us, lot.seq)
    return RecallSet(plant, tuple(starts), bounds, affected, emptied, reached)


def _lots_of(starts: Collection[Start]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(lot for start in starts for lot in start.lots))


def _starts(plant: Plant, first: Sequence[UUID]) -> Iterator[Affected]:
    for begin in range(0, len(first), 500):
        for lot in Lot.objects.for_plant(plant).filter(id__in=first[begin : begin + 500]):
            yield Affected(lot.pk, lot.code, lot.item_id, Certainty.CERTAIN, True, to_micros(lot.born_at), 0)
