"""Putting stored readings right, row by row, where a replay of the facts found them to differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from lotline.core.instant import from_micros, parse_instant
from lotline.core.ledger.readings import LotReading, Readings
from lotline.records.catalog.models import Item, Lot, LotOrigin, SupplierLot
from lotline.records.journal.models import Balance, Head, Hold
from lotline.records.journal.store.live import Row
from lotline.records.places.models import Place, Plant

BATCH = 1000
Places: TypeAlias = dict[str, Place]


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the facts say. None: there is no such row on that side."""

    table: str
    row: Row
    stored: tuple[Any, ...] | None
    replayed: tuple[Any, ...] | None


def repair(plant: Plant, readings: Readings, found: Iterable[Difference]) -> None:
    """Make every row of ``found`` what the facts say; lots first, since the others name them."""
    by_table: dict[str, list[Difference]] = {}
    for difference in found:
        by_table.setdefault(difference.table, []).append(difference)
    places = {place.code: place for place in Place.objects.for_plant(plant)} if by_table else {}
    _repair_lots(plant, readings, by_table.get("lot", []))
    _repair_balances(plant, readings, places, by_table.get("balance", []))
    _repair_holds(plant, readings, places, by_table.get("hold", []))
    _repair_origins(plant, readings, places, by_table.get("origin", []))
    for difference in by_table.get("place", []):
        if difference.replayed is not None:
            Place.objects.for_plant(plant).filter(code=difference.row[0]).update(parent=places[difference.replayed[0]])
    for difference in by_table.get("head", []):
        _repair_head(plant, difference.replayed)


def _lot_values(lot: LotReading) -> dict[str, Any]:
    return {
        "born_at": from_micros(lot.born_at_us),
        "expires_at": from_micros(lot.expires_at_us) if lot.expires_at_us is not None else None,
        "batch": lot.batch,
        "status": lot.status,
        "decided_at_us": lot.decided_at_us,
        "moved_at_us": lot.moved_at_us,
        "fills": lot.fills,
    }


def _repair_lots(plant: Plant, readings: Readings, found: Iterable[Difference]) -> None:
    missing = []
    items = {item.code: item for item in Item.objects.all()} if found else {}
    for difference in found:
        item, code = difference.row
        lot = readings.lots.get((item, code))
        if lot is None:
            continue
        if difference.stored is None:
            missing.append(Lot(id=UUID(lot.id), plant=plant, item=items[item], code=code, **_lot_values(lot)))
        else:
            Lot.objects.for_plant(plant).filter(item=items[item], code=code).update(**_lot_values(lot))
    Lot.objects.bulk_create(missing, BATCH)


def _repair_balances(plant: Plant, readings: Readings, places: Places, found: Iterable[Difference]) -> None:
    missing = []
    for difference in found:
        item, code, place = difference.row
        rows = Balance.objects.for_plant(plant).filter(lot__item__code=item, lot__code=code, place=places[place])
        if difference.replayed is None:
            rows.delete()
        elif difference.stored is None:
            lot_id = UUID(readings.lots[item, code].id)
            quantity = difference.replayed[0]
            missing.append(Balance(plant=plant, lot_id=lot_id, place=places[place], quantity=quantity, inside=places[place].inside))
        else:
            rows.update(quantity=difference.replayed[0])
    Balance.objects.bulk_create(missing, BATCH)


def _repair_holds(plant: Plant, readings: Readings, places: Places, found: Iterable[Difference]) -> None:
    missing = []
    for difference in found:
        item, code, opened_by = difference.row
        rows = Hold.objects.for_plant(plant).filter(lot__item__code=item, lot__code=code, opened_by_id=UUID(opened_by))
        if difference.replayed is None:
            rows.delete()
            continue
        place, opened_at_us, closed_by, closed_at_us, reason = difference.replayed
        values = {
            "place": places[place] if place else None,
            "opened_at_us": opened_at_us,
            "closed_by_id": UUID(closed_by) if closed_by else None,
            "closed_at_us": closed_at_us,
            "reason": reason,
        }
        if difference.stored is None:
            lot_id = UUID(readings.lots[item, code].id)
            missing.append(Hold(plant=plant, lot_id=lot_id, opened_by_id=UUID(opened_by), **values))
        else:
            rows.update(**values)
    Hold.objects.bulk_create(missing, BATCH)


def _repair_origins(plant: Plant, readings: Readings, places: Places, found: Iterable[Difference]) -> None:
    missing = []
    for difference in found:
        item, code, supplier, number, fact = difference.row
        if difference.replayed is None:
            rows = LotOrigin.objects.for_plant(plant).filter(lot__item__code=item, lot__code=code, fact_id=UUID(fact))
            rows.filter(supplier_lot__supplier__code=supplier, supplier_lot__code=number).delete()
            continue
        lot = Lot.objects.for_plant(plant).get(pk=UUID(readings.lots[item, code].id))
        supplier_lots = SupplierLot.objects.for_plant(plant).filter(supplier=places[supplier], item_id=lot.item_id, code=number)
        supplier_lot = supplier_lots.first() or SupplierLot.objects.create(
            plant=plant, supplier=places[supplier], item_id=lot.item_id, code=number
        )
        missing.append(LotOrigin(plant=plant, lot=lot, supplier_lot=supplier_lot, fact_id=UUID(fact)))
    LotOrigin.objects.bulk_create(missing, BATCH)


def _repair_head(plant: Plant, replayed: tuple[Any, ...] | None) -> None:
    seq, hash_, recorded = replayed if replayed is not None else (0, "", None)
    values = {"seq": seq, "hash": hash_, "recorded_at": parse_instant(recorded) if recorded else None}
    if not Head.objects.for_plant(plant).update(**values):
        Head.objects.create(plant=plant, **values)
