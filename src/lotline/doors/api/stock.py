"""Lots, and what lies where."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lotline.core.quantity import format_quantity
from lotline.doors.api.access import caller
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Lot, LotOrigin
from lotline.records.journal.models import Balance, Hold
from lotline.records.places.models import Plant

router = Router(tags=["Lots and stock"])


class LotOut(Schema):
    """A lot. ``on_hold``: some hold on it is open, everywhere or at one place."""

    id: UUID
    item: str
    item_name: str
    code: str
    batch: str
    born_at: datetime
    expires_at: datetime | None
    status: str
    on_hold: bool
    unit: str


class LotPage(Schema):
    lots: list[LotOut]
    next: str | None


class Stock(Schema):
    place: str
    place_name: str
    kind: str
    inside: bool = Field(description="In the plant; otherwise at a customer, a subcontractor or on the way")
    quantity: str = Field(description="In the item's base unit")


class OpenHold(Schema):
    fact: UUID
    place: str | None
    reason: str


class Origin(Schema):
    supplier: str
    supplier_lot: str
    receipt: UUID


class LotWhole(LotOut):
    balances: list[Stock]
    holds: list[OpenHold]
    origins: list[Origin]


class BalanceOut(Schema):
    """What lies of one lot at one place now, in the item's base unit."""

    item: str
    lot: str
    place: str
    inside: bool
    quantity: str
    unit: str


class BalancePage(Schema):
    balances: list[BalanceOut]
    next: str | None


class LotFilter(Schema):
    """Only lots that fit all of these."""

    item: str = Field("", max_length=120)
    code: str = Field("", max_length=120)
    batch: str = Field("", max_length=120)
    status: LotStatus | None = None


class BalanceFilter(Schema):
    """Only stock that fits all of these."""

    item: str = Field("", max_length=120)
    lot: str = Field("", max_length=120)
    place: str = Field("", max_length=120, description="Code of the place itself, without what lies in it")


@router.get("/lots", response=LotPage, summary="List lots")
def list_lots(request: HttpRequest, filters: Query[LotFilter], page: Query[PageAsked]) -> dict[str, Any]:
    """In the order in which they came to be known."""
    plant = caller(request).plant
    rows = Lot.objects.for_plant(plant).select_related("item__unit")
    for name, value in (("item__code", filters.item), ("code", filters.code), ("batch", filters.batch), ("status", filters.status)):
        if value:
            rows = rows.filter(**{name: value})
    if (seen := decode_cursor(page.cursor, str)) is not None:
        rows = rows.filter(id__gt=_uuid(seen[0]))
    found = list(rows.order_by("id")[: page.limit + 1])
    shown = found[: page.limit]
    held = set(Hold.objects.for_plant(plant).filter(lot_id__in=[lot.pk for lot in shown], closed_by=None).values_list("lot_id", flat=True))
    following = encode_cursor([str(shown[-1].pk)]) if len(found) > page.limit else None
    return {"lots": [_lot(lot, on_hold=lot.pk in held) for lot in shown], "next": following}


@router.get("/lots/{uuid:lot_id}", response=LotWhole, summary="Read a lot")
def get_lot(request: HttpRequest, lot_id: UUID) -> dict[str, Any]:
    """With what lies where now, its open holds, and the suppliers' numbers it was received under."""
    plant = caller(request).plant
    lot = Lot.objects.for_plant(plant).filter(pk=lot_id).select_related("item__unit").first()
    if lot is None:
        raise Http404
    holds = Hold.objects.for_plant(plant).filter(lot=lot, closed_by=None).select_related("place").order_by("opened_at_us", "id")
    origins = LotOrigin.objects.for_plant(plant).filter(lot=lot).select_related("supplier_lot__supplier").order_by("id")
    return {
        **_lot(lot, on_hold=bool(holds)),
        "balances": _stock_of(plant, lot),
        "holds": [{"fact": hold.opened_by_id, "place": hold.place and hold.place.code, "reason": hold.reason} for hold in holds],
        "origins": [{"supplier": o.supplier_lot.supplier.code, "supplier_lot": o.supplier_lot.code, "receipt": o.fact_id} for o in origins],
    }


@router.get("/balances", response=BalancePage, summary="List stock")
def list_balances(request: HttpRequest, filters: Query[BalanceFilter], page: Query[PageAsked]) -> dict[str, Any]:
    """What lies where now. A lot that is used up has no row."""
    plant = caller(request).plant
    rows = Balance.objects.for_plant(plant).select_related("lot__item__unit", "place").filter(~Q(quantity=0))
    for name, value in (("lot__item__code", filters.item), ("lot__code", filters.lot), ("place__code", filters.place)):
        if value:
            rows = rows.filter(**{name: value})
    if (seen := decode_cursor(page.cursor, str)) is not None:
        rows = rows.filter(id__gt=_uuid(seen[0]))
    found = list(rows.order_by("id")[: page.limit + 1])
    shown = found[: page.limit]
    following = encode_cursor([str(shown[-1].pk)]) if len(found) > page.limit else None
    return {"balances": [_balance(row) for row in shown], "next": following}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _lot(lot: Lot, *, on_hold: bool) -> dict[str, Any]:
    return {
        "id": lot.pk,
        "item": lot.item.code,
        "item_name": lot.item.name,
        "code": lot.code,
        "batch": lot.batch,
        "born_at": lot.born_at,
        "expires_at": lot.expires_at,
        "status": lot.status,
        "on_hold": on_hold,
        "unit": lot.item.unit.code,
    }


def _stock_of(plant: Plant, lot: Lot) -> list[dict[str, Any]]:
    rows = Balance.objects.for_plant(plant).filter(lot=lot).select_related("place").order_by("place__code")
    return [
        {
            "place": row.place.code,
            "place_name": row.place.name,
            "kind": row.place.kind,
            "inside": row.inside,
            "quantity": format_quantity(row.quantity),
        }
        for row in rows
    ]


def _balance(row: Balance) -> dict[str, Any]:
    return {
        "item": row.lot.item.code,
        "lot": row.lot.code,
        "place": row.place.code,
        "inside": row.inside,
        "quantity": format_quantity(row.quantity),
        "unit": row.lot.item.unit.code,
    }
