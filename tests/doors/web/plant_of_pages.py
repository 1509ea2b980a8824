"""A small sauce plant for the tests of the pages: two receipts, a cook that was too cold, pouches, a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lotline.core.facts import Birth, Disposition, Draft, FactKind, FactSource, LotRef, Measurement, Move, PlaceKind
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind
from lotline.records.catalog.models import Lot
from lotline.records.journal.actions import append
from lotline.records.journal.models import Fact
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from lotline.records.people.models import User
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Plant

DAY = datetime(2026, 3, 2, tzinfo=UTC)
PASSWORD = "sauce-and-pouches"

BEEF, SALT, SAUCE, POUCH = "BEEF", "SALT", "SAUCE", "POUCH"
ITEMS = (
    ItemSpec(BEEF, "kg", name="Beef"), ItemSpec(SALT, "kg", name="Salt"), ItemSpec(SAUCE, "kg", name="Sauce", kind=ItemKind.WIP),
    ItemSpec(POUCH, "pcs", name="Pouch 180 g", kind=ItemKind.FINISHED),
)  # fmt: skip
PLACES = (
    PlaceSpec("WH", PlaceKind.WAREHOUSE, "Store", "SITE"), PlaceSpec("BIN-1", PlaceKind.BIN, "Bin 1", "WH"),
    PlaceSpec("KETTLE", PlaceKind.VESSEL, "Kettle", "SITE"), PlaceSpec("FARM", PlaceKind.SUPPLIER, "North farm"),
    PlaceSpec("MINE", PlaceKind.SUPPLIER, "Salt mine"), PlaceSpec("SHOP", PlaceKind.CUSTOMER, "Corner shop"),
    PlaceSpec("PAL-1", PlaceKind.CONTAINER, "Pallet one", "BIN-1"),
)  # fmt: skip
_numbers = iter(range(1, 10**9))


def make_plant(code: str = "P1", name: str = "Sauce plant") -> Plant:
    """A plant with places and items, without records."""
    plant = create_plant(code=code, name=name, time_zone="Asia/Shanghai")
    ensure_places(plant=plant, specs=PLACES)
    ensure_items(ITEMS)
    return plant


def make_user(plant: Plant | None = None, role: Role = Role.QUALITY, *, name: str = "") -> User:
    """Somebody with a role in ``plant``."""
    user = create_user(username=name or f"user{next(_numbers)}", password=PASSWORD, name="Zhou Min")
    if plant is not None:
        grant_role(user=user, plant=plant, role=role)
    return user


def fact(kind: FactKind, hour: float, *moves: Move, **more: Any) -> Draft:
    return Draft(kind=kind, happened_at=DAY + timedelta(hours=hour), key=f"web-{next(_numbers)}", moves=moves, **more)


def kilograms(lot: LotRef, amount: int, source: str, target: str, *, certain: bool = True) -> Move:
    return Move(lot, amount * MICRO, source, target, certain=certain)


def receive(lot: LotRef, amount: int, hour: float, *, supplier: str = "FARM", number: str = "F-1") -> Draft:
    birth = Birth(lot, supplier=supplier, supplier_lot=number)
    return fact(
        FactKind.RECEIVE, hour, kilograms(lot, amount, supplier, "BIN-1"), births=(birth,), operation="Receiving", operator="Wang Fang"
    )


def cook(inputs: Sequence[LotRef], output: LotRef, hour: float, *, amount: int = 10, certain: bool = True, **more: Any) -> Draft:
    moves = [kilograms(one, amount, "BIN-1", "PROCESS", certain=certain) for one in inputs]
    return fact(
        FactKind.TRANSFORM, hour, *moves, kilograms(output, amount, "PROCESS", "BIN-1"), operation="Cooking", equipment="Kettle 1", **more
    )


def fill(sauce: LotRef, pouch: LotRef, hour: float, *, pouches: int = 50, amount: int = 10) -> Draft:
    moves = (kilograms(sauce, amount, "BIN-1", "PROCESS"), kilograms(pouch, pouches, "PROCESS", "BIN-1"))
    return fact(FactKind.TRANSFORM, hour, *moves, operation="Filling", operator="Chen Gang", order="WO-1")


COLD = Measurement("Core temperature", "91.0", "°C", "95", "98", "96.5", "below")
WARM = Measurement("Core temperature", "96.2", "°C", "95", "98", "96.5", "within")
BY_HAND = Measurement("Salinity", "3.1", "%", "2.8", "3.4", source="typed")


def tell_sauce(plant: Plant, *, measured: Measurement = COLD) -> None:
    """B-1 and S-1 → SC-1 (cooked too cold) → P-1, of which 20 went to the shop, 5 to scrap; P-1 is on hold."""
    beef, salt, sauce, pouch = LotRef(BEEF, "B-1"), LotRef(SALT, "S-1"), LotRef(SAUCE, "SC-1"), LotRef(POUCH, "P-1")
    append(plant=plant, drafts=[
        receive(beef, 100, 0), receive(salt, 40, 0.5, supplier="MINE", number="M-7"),
        cook([beef, salt], sauce, 2, measurements=(measured, BY_HAND), operator="Liu Qiang", data={"alarms": 2, "acknowledged": True}),
        fill(sauce, pouch, 4),
        fact(FactKind.PACK, 5, kilograms(pouch, 30, "BIN-1", "PAL-1"), operation="Packing"),
        fact(FactKind.SHIP, 6, kilograms(pouch, 20, "PAL-1", "SHOP"), operation="Shipping", document="SH-1"),
        fact(FactKind.SCRAP, 7, kilograms(pouch, 5, "BIN-1", "SCRAP"), operation="Scrap", reason="torn"),
        fact(FactKind.HOLD, 8, subjects=(pouch,), reason="swollen pouch", operator="Zhou Min", source=FactSource.TYPED),
    ])  # fmt: skip


def tell_fan(plant: Plant, width: int, *, prefix: str = "FAN") -> None:
    """One beef lot that went into ``width`` sauces, each of which became a pouch lot."""
    beef = LotRef(BEEF, f"{prefix}-B")
    drafts = [receive(beef, 10 * width, 0, number=f"{prefix}-F")]
    for number in range(width):
        sauce, pouch = LotRef(SAUCE, f"{prefix}-S{number:04d}"), LotRef(POUCH, f"{prefix}-P{number:04d}")
        drafts += [cook([beef], sauce, 1 + number / 1000, measurements=(WARM,)), fill(sauce, pouch, 3 + number / 1000)]
    append(plant=plant, drafts=drafts)


def lot_of(plant: Plant, code: str) -> Lot:
    return Lot.objects.for_plant(plant).get(code=code)


def last_fact(plant: Plant) -> Fact:
    return Fact.objects.for_plant(plant).order_by("-seq")[0]


def reverse(plant: Plant, target: Fact) -> None:
    """Take a fact back."""
    append(plant=plant, drafts=[fact(FactKind.REVERSE, 9, reverses=target.pk, reason="typing error")])


def reject(lot: LotRef, hour: float) -> Draft:
    return fact(FactKind.INSPECT, hour, subjects=(lot,), disposition=Disposition.REJECTED, reason="bad", operation="Inspection")
