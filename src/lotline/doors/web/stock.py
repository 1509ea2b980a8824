"""The list of lots: filters, and pages that are found by key, so that the thousandth page of a million lots costs as much as the first.

Three orders, each of which an index gives: newest first; by code where the beginning of a code is asked for; by age within an item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item, Lot, LotOrigin, SupplierLot
from lotline.records.journal.models import Balance, Hold
from lotline.records.places.models import Place, Plant
from lotline.records.places.prefix import begins

PAGE = 50
SALT = "lotline.web.stock"
# Places in places: a warehouse's bins and their pallets. More than this and the filter would be slower than the question is worth.
MOST_PLACES = 20_000
HOLD, IN_STOCK = "hold", "stock"
STATES = (IN_STOCK, HOLD, LotStatus.PENDING.value, LotStatus.REJECTED.value, LotStatus.CONCESSION.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter:
    """What the list was asked for: the beginning of a code, an item, a place with all in it, a supplier, a state."""

    code: str = ""
    item: str = ""
    place: str = ""
    supplier: str = ""
    state: str = ""

    @property
    def any(self) -> bool:
        """Whether something is filtered at all."""
        return any((self.code, self.item, self.place, self.supplier, self.state))


@dataclass(frozen=True, slots=True)
class LotPage:
    """Lots in their order; ``next`` is the cursor of the following page, "" on the last one."""

    lots: tuple[UUID, ...]
    next: str


def list_lots(*, plant: Plant, wanted: LotFilter, cursor: str = "") -> LotPage:
    """One page. A cursor that was tampered with or belongs to another order is taken for none."""
    rows = _filtered(plant, wanted)
    if rows is None:
        return LotPage((), "")
    order: tuple[str, ...]
    names: tuple[str, ...]
    if wanted.code:
        order, names = ("code", "id"), ("code", "id")
    elif wanted.item:
        order, names = ("-born_at", "-id"), ("born_at", "id")
    else:
        order, names = ("-id",), ("id",)
    after = _read_cursor(cursor, names)
    if after is not None:
        rows = rows.filter(_beyond(order, names, after))
    found = list(rows.order_by(*order).values_list("pk", *names)[: PAGE + 1])
    shown = found[:PAGE]
    following = _write_cursor(names, shown[-1][1:]) if len(found) > PAGE else ""
    return LotPage(tuple(row[0] for row in shown), following)


def _filtered(plant: Plant, wanted: LotFilter) -> QuerySet[Lot] | None:
    rows = Lot.objects.for_plant(plant)
    if wanted.code:
        rows = rows.filter(begins("code", wanted.code))
    if wanted.item:
        item = Item.objects.filter(code=wanted.item).first()
        if item is None:
            return None
        rows = rows.filter(item=item)
    if wanted.place:
        places = places_within(plant, wanted.place)
        if not places:
            return None
        rows = rows.filter(pk__in=Balance.objects.for_plant(plant).filter(place_id__in=places).values("lot_id"))
    if wanted.supplier:
        supplier = Place.objects.for_plant(plant).filter(code=wanted.supplier).first()
        if supplier is None:
            return None
        numbers = SupplierLot.objects.for_plant(plant).filter(supplier=supplier).values("pk")
        rows = rows.filter(pk__in=LotOrigin.objects.for_plant(plant).filter(supplier_lot_id__in=numbers).values("lot_id"))
    return _of_state(plant, rows, wanted.state)


def _of_state(plant: Plant, rows: QuerySet[Lot], state: str) -> QuerySet[Lot]:
    if state == HOLD:
        return rows.filter(pk__in=Hold.objects.for_plant(plant).filter(closed_by=None).values("lot_id"))
    if state == IN_STOCK:
        return rows.filter(Exists(Balance.objects.for_plant(plant).filter(lot=OuterRef("pk"), inside=True, quantity__gt=0)))
    return rows.filter(status=state) if state in STATES else rows


def places_within(plant: Plant, code: str) -> list[UUID]:
    """The place with this code and everything that lies in it, level by level; empty when there is no such place."""
    first = Place.objects.for_plant(plant).filter(code=code).values_list("pk", flat=True).first()
    found: list[UUID] = []
    level: Sequence[UUID] = [first] if first else []
    while level and len(found) < MOST_PLACES:
        found += level
        inner: list[UUID] = []
        for begin in range(0, len(level), 500):
            inner += Place.objects.for_plant(plant).filter(parent_id__in=level[begin : begin + 500]).values_list("pk", flat=True)
        level = inner
    return found[:MOST_PLACES]


def _beyond(order: Sequence[str], names: Sequence[str], after: Sequence[Any]) -> Q:
    """The rows after ``after`` in this order, without an offset."""
    way = "lt" if order[0].startswith("-") else "gt"
    beyond = Q()
    for position, name in enumerate(names):
        same = {names[i]: after[i] for i in range(position)}
        beyond |= Q(**same, **{f"{name}__{way}": after[position]})
    if len(names) > 1:
        # Said once more as a range of the first column, which is what an index can use.
        return Q(**{f"{names[0]}__{way}e": after[0]}) & beyond
    return beyond


def _write_cursor(names: Sequence[str], values: Sequence[Any]) -> str:
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return signing.dumps([list(names), texts], salt=SALT)


def _read_cursor(cursor: str, names: Sequence[str]) -> list[Any] | None:
    if not cursor:
        return None
    try:
        named, texts = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if named != list(names):
        return None
    readers: dict[str, Callable[[str], Any]] = {"id": UUID, "born_at": datetime.fromisoformat, "code": str}
    return [readers[name](text) for name, text in zip(names, texts, strict=True)]


def known_items(limit: int = 500) -> list[tuple[str, str]]:
    """(code, name) of items, for the filter's list of proposals."""
    return list(Item.objects.order_by("code").annotate(shown=F("name")).values_list("code", "shown")[:limit])
