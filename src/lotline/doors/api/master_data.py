"""Master data: what other systems know first. Making something that exists changes nothing and answers 200."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StrictBool, StrictInt, StrictStr

from lotline.core.facts import PlaceKind
from lotline.doors.api.access import caller
from lotline.doors.api.forms import Form
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.problems import Finding, Stopped
from lotline.records.catalog.actions import BadItem, ItemSpec, ensure_items, ensure_units, rename_item, rename_unit
from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.catalog.models import Item, Unit
from lotline.records.people.choices import Right
from lotline.records.places.actions import BadPlace, PlaceSpec, ensure_places, rename_place
from lotline.records.places.choices import ACCOUNT_KINDS, PARTNER_KINDS
from lotline.records.places.models import Place

router = Router(tags=["Master data"])
R = TypeVar("R")
# Words that people see: no control characters, and no spaces around a code.
NewCode = Annotated[
    StrictStr, Field(min_length=1, max_length=120, pattern=r"^[^\s\u0000-\u001f\u007f]([^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f])?$")
]
UnitCode = Annotated[StrictStr, Field(min_length=1, max_length=20, pattern=r"^[^\s\u0000-\u001f\u007f]+$")]
_PLAIN = r"^[^\u0000-\u001f\u007f]*$"
Name = Annotated[StrictStr, Field(max_length=120, pattern=_PLAIN)]


UnitNames = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")], Annotated[StrictStr, Field(max_length=60, pattern=_PLAIN)]],
    Field(max_length=30),
]


class UnitIn(Form):
    code: UnitCode
    name: Annotated[StrictStr, Field(max_length=60, pattern=_PLAIN)] = ""
    names: UnitNames = Field(default_factory=dict, description="By language, such as `zh-hans`")


class UnitOut(Schema):
    """``names``: what people call it in each language; where theirs has none, they read ``name``, else the code."""

    code: str
    name: str
    names: dict[str, str]
    decimals: int


class UnitPage(Schema):
    units: list[UnitOut]
    next: str | None


class OtherUnit(Form):
    """One ``unit`` holds ``numerator / denominator`` base units, exactly: a bag of 25 kg is 25/1."""

    unit: UnitCode
    numerator: StrictInt = Field(ge=1, le=2**53)
    denominator: StrictInt = Field(1, ge=1, le=2**53)


class ItemIn(Form):
    code: NewCode
    unit: UnitCode = "pcs"
    name: Annotated[StrictStr, Field(max_length=200, pattern=_PLAIN)] = ""
    kind: ItemKind = ItemKind.RAW
    tracking: Tracking = Tracking.LOT
    shelf_life_days: Annotated[StrictInt, Field(ge=1, le=36_500)] | None = None
    release_required: StrictBool = False
    units: list[OtherUnit] = Field(default_factory=list, max_length=50)


class ItemOut(Schema):
    code: str
    name: str
    unit: str
    kind: str
    tracking: str
    shelf_life_days: int | None
    release_required: bool
    units: list[OtherUnit]


class ItemPage(Schema):
    items: list[ItemOut]
    next: str | None


class UsualKind(StrEnum):
    """Places that people make. Accounts and the transit place exist from the first day."""

    SITE = "site"
    WAREHOUSE = "warehouse"
    BIN = "bin"
    LINE = "line"
    STATION = "station"
    VESSEL = "vessel"
    CONTAINER = "container"


class PartnerKind(StrEnum):
    """What a partner is to the plant."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SUBCONTRACTOR = "subcontractor"


class PlaceIn(Form):
    code: NewCode
    kind: UsualKind
    name: Name = ""
    parent: Annotated[StrictStr, Field(max_length=120, pattern=_PLAIN)] = ""


class PartnerIn(Form):
    code: NewCode
    kind: PartnerKind
    name: Name = ""


class PlaceOut(Schema):
    code: str
    name: str
    kind: str
    inside: bool
    parent: str | None


class PlacePage(Schema):
    places: list[PlaceOut]
    next: str | None


class PartnerPage(Schema):
    partners: list[PlaceOut]
    next: str | None


class Renamed(Form):
    name: Name


class RenamedUnit(Form):
    """What is left out stays; a blank name in ``names`` takes that one away."""

    name: Annotated[StrictStr, Field(max_length=60, pattern=_PLAIN)] | None = None
    names: UnitNames | None = None


# ---- units --------------------------------------------------------------------------------------------------------------------------


@router.get("/units", response=UnitPage, summary="List units")
def list_units(request: HttpRequest, page: Query[PageAsked]) -> dict[str, Any]:
    caller(request)
    rows, following = _page_by_code(Unit.objects.all(), page)
    return {"units": rows, "next": following}


@router.post("/units", response={201: UnitOut, 200: UnitOut}, summary="Make a unit")
def post_unit(request: HttpRequest, unit: UnitIn) -> Status[Unit]:
    caller(request, Right.MASTER_DATA)
    present = Unit.objects.filter(code=unit.code).exists()
    made = _once_more(lambda: ensure_units([unit.code])[unit.code])
    if not present and (unit.name or unit.names):
        rename_unit(unit=made, name=unit.name, names=unit.names)
    return Status(200 if present else 201, made)


@router.get("/units/{path:code}", response=UnitOut, summary="Read a unit")
def get_unit(request: HttpRequest, code: str) -> Unit:
    caller(request)
    return _found(Unit.objects.filter(code=code))


@router.patch("/units/{path:code}", response=UnitOut, summary="Rename a unit")
def patch_unit(request: HttpRequest, code: str, renamed: RenamedUnit) -> Unit:
    caller(request, Right.MASTER_DATA)
    unit = _found(Unit.objects.filter(code=code))
    rename_unit(unit=unit, name=renamed.name, names=renamed.names)
    return unit


# ---- items --------------------------------------------------------------------------------------------------------------------------


@router.get("/items", response=ItemPage, summary="List items")
def list_items(request: HttpRequest, page: Query[PageAsked]) -> dict[str, Any]:
    caller(request)
    rows, following = _page_by_code(_items(), page)
    return {"items": [_item(item) for item in rows], "next": following}


@router.post("/items", response={201: ItemOut, 200: ItemOut}, summary="Make an item")
def post_item(request: HttpRequest, item: ItemIn) -> Status[dict[str, Any]]:
    """With its base unit and, exactly, the other units that it is counted in. Units that do not exist are made."""
    caller(request, Right.MASTER_DATA)
    present = Item.objects.filter(code=item.code).exists()
    spec = ItemSpec(
        code=item.code, unit=item.unit, name=item.name, kind=item.kind, tracking=item.tracking,
        shelf_life_days=item.shelf_life_days, release_required=item.release_required,
        units={other.unit: Fraction(other.numerator, other.denominator) for other in item.units},
    )  # fmt: skip
    try:
        _once_more(lambda: ensure_items([spec]))
    except BadItem as bad:
        raise Stopped(409, bad.code, {"code": bad.item}) from None
    made = _item(_items().get(code=item.code))
    if present:
        _same(item.code, {name: made[name] for name in ("tracking", "shelf_life_days", "release_required")}, item)
    return Status(200 if present else 201, made)


@router.get("/items/{path:code}", response=ItemOut, summary="Read an item")
def get_item(request: HttpRequest, code: str) -> dict[str, Any]:
    caller(request)
    return _item(_found(_items().filter(code=code)))


@router.patch("/items/{path:code}", response=ItemOut, summary="Rename an item")
def patch_item(request: HttpRequest, code: str, renamed: Renamed) -> dict[str, Any]:
    caller(request, Right.MASTER_DATA)
    item = _found(_items().filter(code=code))
    rename_item(item=item, name=renamed.name)
    return _item(item)


# ---- places and partners ------------------------------------------------------------------------------------------------------------


@router.get("/places", response=PlacePage, summary="List places")
def list_places(request: HttpRequest, page: Query[PageAsked], kind: PlaceKind | None = None) -> dict[str, Any]:
    """All places of the plant, partners and accounts included."""
    rows = Place.objects.for_plant(caller(request).plant).select_related("parent")
    places, following = _page_by_code(rows.filter(kind=kind.value) if kind else rows, page)
    return {"places": [_place(place) for place in places], "next": following}


@router.post("/places", response={201: PlaceOut, 200: PlaceOut}, summary="Make a place")
def post_place(request: HttpRequest, place: PlaceIn) -> Status[dict[str, Any]]:
    spec = PlaceSpec(code=place.code, kind=PlaceKind(place.kind.value), name=place.name, parent=place.parent)
    return _make_place(request, spec)


@router.get("/places/{path:code}", response=PlaceOut, summary="Read a place")
def get_place(request: HttpRequest, code: str) -> dict[str, Any]:
    return _place(_found(Place.objects.for_plant(caller(request).plant).filter(code=code).select_related("parent")))


@router.patch("/places/{path:code}", response=PlaceOut, summary="Rename a place")
def patch_place(request: HttpRequest, code: str, renamed: Renamed) -> dict[str, Any]:
    plant = caller(request, Right.MASTER_DATA).plant
    place = _found(Place.objects.for_plant(plant).exclude(kind__in=ACCOUNT_KINDS).filter(code=code).select_related("parent"))
    rename_place(place=place, name=renamed.name)
    return _place(place)


@router.get("/partners", response=PartnerPage, summary="List partners")
def list_partners(request: HttpRequest, page: Query[PageAsked], kind: PartnerKind | None = None) -> dict[str, Any]:
    """Suppliers, customers and subcontractors."""
    kinds = [kind.value] if kind else sorted(PARTNER_KINDS)
    rows = Place.objects.for_plant(caller(request).plant).filter(kind__in=kinds).select_related("parent")
    partners, following = _page_by_code(rows, page)
    return {"partners": [_place(place) for place in partners], "next": following}


@router.post("/partners", response={201: PlaceOut, 200: PlaceOut}, summary="Make a partner")
def post_partner(request: HttpRequest, partner: PartnerIn) -> Status[dict[str, Any]]:
    return _make_place(request, PlaceSpec(code=partner.code, kind=PlaceKind(partner.kind.value), name=partner.name))


@router.get("/partners/{path:code}", response=PlaceOut, summary="Read a partner")
def get_partner(request: HttpRequest, code: str) -> dict[str, Any]:
    rows = Place.objects.for_plant(caller(request).plant).filter(kind__in=PARTNER_KINDS, code=code)
    return _place(_found(rows.select_related("parent")))


@router.patch("/partners/{path:code}", response=PlaceOut, summary="Rename a partner")
def patch_partner(request: HttpRequest, code: str, renamed: Renamed) -> dict[str, Any]:
    plant = caller(request, Right.MASTER_DATA).plant
    place = _found(Place.objects.for_plant(plant).filter(kind__in=PARTNER_KINDS, code=code).select_related("parent"))
    rename_place(place=place, name=renamed.name)
    return _place(place)


def _make_place(request: HttpRequest, spec: PlaceSpec) -> Status[dict[str, Any]]:
    plant = caller(request, Right.MASTER_DATA).plant
    present = Place.objects.for_plant(plant).filter(code=spec.code).exists()
    try:
        place = _once_more(lambda: ensure_places(plant=plant, specs=[spec])[spec.code])
    except BadPlace as bad:
        if bad.code == "place_parent_unknown":
            finding = Finding(bad.code, {"code": bad.place}, field="parent")
            raise Stopped(422, "invalid", {"count": "1"}, [finding]) from None
        raise Stopped(409, bad.code, {"code": bad.place}) from None
    return Status(200 if present else 201, _place(place))


def _same(code: str, known: dict[str, Any], said: Any) -> None:
    differing = [name for name, value in known.items() if getattr(said, name) != value]
    if differing:
        raise Stopped(409, "exists_differently", {"code": code, "detail": ", ".join(differing)})


def _once_more(make: Callable[[], R]) -> R:
    """Make something that somebody else may be making at this moment: the second time it is there."""
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        return make()


M = TypeVar("M", bound=models.Model)


def _found(rows: models.QuerySet[M]) -> M:
    row = rows.first()
    if row is None:
        raise Http404
    return row


def _page_by_code(rows: models.QuerySet[M], page: PageAsked) -> tuple[list[M], str | None]:
    if (seen := decode_cursor(page.cursor, str)) is not None:
        rows = rows.filter(code__gt=seen[0])
    found = list(rows.order_by("code")[: page.limit + 1])
    more = len(found) > page.limit
    return found[: page.limit], encode_cursor([found[page.limit - 1].code]) if more else None  # type: ignore[attr-defined]


def _items() -> models.QuerySet[Item]:
    return Item.objects.select_related("unit").prefetch_related("units__unit")


def _item(item: Item) -> dict[str, Any]:
    units = sorted(item.units.all(), key=lambda other: other.unit.code)
    return {
        "code": item.code,
        "name": item.name,
        "unit": item.unit.code,
        "kind": item.kind,
        "tracking": item.tracking,
        "shelf_life_days": item.shelf_life_days,
        "release_required": item.release_required,
        "units": [{"unit": other.unit.code, "numerator": other.numerator, "denominator": other.denominator} for other in units],
    }


def _place(place: Place) -> dict[str, Any]:
    parent = place.parent.code if place.parent is not None else None
    return {"code": place.code, "name": place.name, "kind": place.kind, "inside": place.inside, "parent": parent}
