"""A small factory whose lots are written "ITEM-number": quantities in whole units, moments in minutes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lotline.core.facts import Birth, Carry, Draft, FactKind, LotRef, Move, PlaceKind
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.starts import Start, StartKind, find_starts
from lotline.records.journal.actions import Receipt, append
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Place, Plant

BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
KINDS = {"RM": ItemKind.RAW, "FG": ItemKind.FINISHED}
PLACES = [
    PlaceSpec("WH", PlaceKind.WAREHOUSE, "Store", "SITE"),
    PlaceSpec("A-1", PlaceKind.BIN, "", "WH"),
    PlaceSpec("A-2", PlaceKind.BIN, "", "WH"),
    PlaceSpec("L1", PlaceKind.LINE, "Line 1", "SITE"),
    PlaceSpec("SUP", PlaceKind.SUPPLIER),
    PlaceSpec("SUP2", PlaceKind.SUPPLIER),
    PlaceSpec("CUS", PlaceKind.CUSTOMER, "First customer"),
    PlaceSpec("CUS2", PlaceKind.CUSTOMER),
    PlaceSpec("PAL1", PlaceKind.CONTAINER, parent="A-1"),
    PlaceSpec("BOX1", PlaceKind.CONTAINER, parent="PAL1"),
]


def minute(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


def ref(lot: str) -> LotRef:
    return LotRef(lot.split("-", maxsplit=1)[0], lot)


class Factory:
    """Appends facts; the minute goes up by one with each unless ``at`` says otherwise."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.clock = itertools.count(1)
        self.keys = itertools.count(1)
        self.items: set[str] = set()

    def write(self, kind: FactKind, moves: Iterable[Move] = (), at: int | None = None, now: datetime | None = None, **more) -> Receipt:
        listed = tuple(moves)
        for item in {move.lot.item for move in listed} - self.items:
            ensure_items([ItemSpec(item, unit="kg", kind=KINDS.get(item, ItemKind.WIP))])
            self.items.add(item)
        moment = minute(next(self.clock) if at is None else at)
        draft = Draft(kind=kind, happened_at=moment, key=f"k{next(self.keys)}", moves=listed, **more)
        return append(plant=self.plant, drafts=[draft], now=now)[0]

    def receive(self, lot: str, quantity: int, *, supplier: str = "SUP", supplier_lot: str = "", to: str = "A-1", **more) -> Receipt:
        births = (Birth(ref(lot), supplier=supplier, supplier_lot=supplier_lot),) if supplier_lot else ()
        return self.write(FactKind.RECEIVE, [Move(ref(lot), quantity * MICRO, supplier, to)], births=births, **more)

    def make(
        self,
        inputs: Mapping[str, int],
        outputs: Mapping[str, int],
        *,
        possible: Iterable[str] = (),
        place: str = "A-1",
        scrap: int = 0,
        **more,
    ) -> Receipt:
        doubtful = set(possible)
        moves = [Move(ref(lot), quantity * MICRO, place, "PROCESS", 0, lot not in doubtful) for lot, quantity in inputs.items()]
        moves += [Move(ref(lot), quantity * MICRO, "PROCESS", place, 0, lot not in doubtful) for lot, quantity in outputs.items()]
        if scrap:
            moves.append(Move(ref(next(iter(outputs))), scrap * MICRO, "PROCESS", "SCRAP"))
        return self.write(FactKind.TRANSFORM, moves, **more)

    def go(self, kind: FactKind, lot: str, quantity: int, source: str, target: str, **more) -> Receipt:
        if kind in (FactKind.SCRAP, FactKind.ADJUST):
            more.setdefault("reason", "test")
        return self.write(kind, [Move(ref(lot), quantity * MICRO, source, target)], **more)

    def ship(self, lot: str, quantity: int, customer: str = "CUS", source: str = "A-1", **more) -> Receipt:
        return self.go(FactKind.SHIP, lot, quantity, source, customer, **more)

    def carry(self, kind: FactKind, container: str, source: str, target: str, **more) -> Receipt:
        return self.write(kind, carries=(Carry(container, source, target),), **more)

    def reverse(self, receipt: Receipt, **more) -> Receipt:
        return self.write(FactKind.REVERSE, reverses=receipt.fact_id, reason="mistake", **more)

    def say(self, kind: FactKind, *lots: str, **more) -> Receipt:
        return self.write(kind, subjects=tuple(ref(lot) for lot in lots), **more)

    # --- reading back -----------------------------------------------------------------------------------------------------

    def lot(self, code: str) -> UUID:
        lot: UUID = Lot.objects.for_plant(self.plant).get(code=code).pk
        return lot

    def lots(self, *codes: str) -> list[UUID]:
        return [self.lot(code) for code in codes]

    def start(self, *codes: str) -> list[Start]:
        return [start for code in codes for start in find_starts(plant=self.plant, code=code) if start.kind is StartKind.LOT]

    def place(self, code: str) -> UUID:
        place: UUID = Place.objects.for_plant(self.plant).get(code=code).pk
        return place

    def codes(self, ids: Iterable[UUID]) -> set[str]:
        return set(Lot.objects.for_plant(self.plant).filter(id__in=list(ids)).values_list("code", flat=True))


@pytest.fixture
def factory(db: None) -> Factory:
    plant = create_plant(code="P1", name="Plant")
    ensure_places(plant=plant, specs=PLACES)
    return Factory(plant)
