"""A small plant for the tests of the laws, and drafts in few words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lotline.core.facts import Birth, Carry, Disposition, Draft, FactKind, LotRef, Move, PlaceKind
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import Tracking
from lotline.records.journal.actions import Receipt, append
from lotline.records.journal.models import Balance
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Plant

ONE = 1_000_000
DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
_numbers = itertools.count(1)


def make_plant(code: str = "P1") -> Plant:
    """Suppliers S1 S2, customers K1 K2, bins A B in warehouse W, containers BOX and PALLET, and a few items."""
    plant = create_plant(code=code, name=f"Plant {code}")
    specs = [
        PlaceSpec("S1", PlaceKind.SUPPLIER),
        PlaceSpec("S2", PlaceKind.SUPPLIER),
        PlaceSpec("K1", PlaceKind.CUSTOMER),
        PlaceSpec("K2", PlaceKind.CUSTOMER),
        PlaceSpec("W", PlaceKind.WAREHOUSE, parent="SITE"),
        PlaceSpec("A", PlaceKind.BIN, parent="W"),
        PlaceSpec("B", PlaceKind.BIN, parent="SITE"),
        PlaceSpec("BOX", PlaceKind.CONTAINER, parent="A"),
        PlaceSpec("PALLET", PlaceKind.CONTAINER, parent="A"),
    ]
    ensure_places(plant=plant, specs=specs)
    ensure_items(
        [
            ItemSpec("BEEF", unit="kg"),
            ItemSpec("SALT", unit="kg"),
            ItemSpec("POUCH", unit="pcs"),
            ItemSpec("MOTOR", unit="pcs", tracking=Tracking.SERIAL),
            ItemSpec("CHECKED", unit="kg", release_required=True),
            ItemSpec("FRESH", unit="kg", shelf_life_days=3),
        ]
    )
    return plant


def lot(code: str, item: str = "BEEF") -> LotRef:
    return LotRef(item, code)


def move(what: LotRef | str, pieces: int, source: str, target: str, strand: int = 0, **said: Any) -> Move:
    """``pieces`` whole base units."""
    return Move(lot(what) if isinstance(what, str) else what, pieces * ONE, source, target, strand, **said)


def draft(kind: str, *moves: Move, hour: float = 0, key: str = "", **said: Any) -> Draft:
    """A draft with a key of its own and a reason, ``hour`` hours after the first morning."""
    said.setdefault("reason", "because")
    if said["reason"] is None:
        del said["reason"]
    return Draft(kind=FactKind(kind), happened_at=DAY + timedelta(hours=hour), key=key or f"key-{next(_numbers)}", moves=moves, **said)


def write(plant: Plant, *drafts: Draft, **said: Any) -> list[Receipt]:
    return append(plant=plant, drafts=drafts, **said)


def received(plant: Plant, code: str, pieces: int, *, item: str = "BEEF", place: str = "A", hour: float = 0, **birth: Any) -> LotRef:
    """Receive a lot from S1 (or the supplier of ``birth``)."""
    ref = LotRef(item, code)
    births = (Birth(ref, **birth),) if birth else ()
    write(plant, draft("receive", move(ref, pieces, birth.get("supplier", "S1"), place), hour=hour, births=births))
    return ref


def stock(plant: Plant) -> dict[tuple[str, str], int]:
    """(lot code, place code) → whole base units."""
    rows = Balance.objects.for_plant(plant).values_list("lot__code", "place__code", "quantity")
    return {(code, place): quantity // ONE for code, place, quantity in rows}


def codes(problems: Sequence[Any]) -> list[str]:
    return [problem.code for problem in problems]


__all__ = ["DAY", "ONE", "Birth", "Carry", "Disposition", "codes", "draft", "lot", "make_plant", "move", "received", "stock", "write"]
