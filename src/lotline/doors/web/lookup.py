"""Type-ahead: what a few typed characters may be the beginning, or for recent things a part, of. Each kind is one bounded query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from lotline.doors.web.asked import trace_path
from lotline.records.catalog.models import Item, Lot, LotOrigin, SupplierLot
from lotline.records.journal.models import Fact
from lotline.records.places.choices import PARTNER_KINDS, PlaceKind
from lotline.records.places.models import Place, Plant
from lotline.records.places.prefix import begins

# How many of a kind are shown, and how many recent ones are looked through for a part of their code.
SHOWN = 5
RECENT = 20_000
LEAST_PART = 3
# Facts looked through for the beginning of an order or a document: their indexes hold one entry a fact.
PAPERS = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """One row under the search box. ``lot`` is set where a state can be shown beside it; ``address`` where it is no trace."""

    kind: str
    code: str
    text: str = ""
    lot: UUID | None = None
    amount: str = ""
    address: str = ""
    trace: str = ""

    @property
    def opens(self) -> str:
        """Where the row leads."""
        return self.address or trace_path("web:trace-of", self.trace or self.code)


def find_hits(*, plant: Plant, text: str) -> list[Hit]:
    """What ``text`` may be on the way to, kind by kind: lots, supplier's numbers, containers, orders, documents, partners, items."""
    if not text:
        return []
    found = [*_lots(plant, text), *_supplier_lots(plant, text), *_containers(plant, text)]
    found += [*_papers(plant, text, "order"), *_papers(plant, text, "document")]
    return [*found, *_partners(plant, text), *_items(text)]


def _by_beginning_or_part(rows: QuerySet[Lot] | QuerySet[SupplierLot], text: str, fields: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """Rows whose code begins with ``text``; then, where there is room, recent ones that hold it anywhere."""
    seen: set[object] = set()
    for row in rows.filter(begins("code", text)).order_by("code").values_list("pk", *fields)[:SHOWN]:
        seen.add(row[0])
        yield row
    room = SHOWN - len(seen)
    if room and len(text) >= LEAST_PART:
        recent = rows.order_by("-id").values_list("pk", "code")[:RECENT]
        wanted = text.casefold()
        inner = [pk for pk, code in recent.iterator() if wanted in code.casefold() and pk not in seen][:room]
        if inner:
            yield from rows.filter(pk__in=inner).order_by("code").values_list("pk", *fields)


def _lots(plant: Plant, text: str) -> Iterator[Hit]:
    fields = ("code", "item__name", "item__code")
    for lot, code, name, item in _by_beginning_or_part(Lot.objects.for_plant(plant), text, fields):
        assert isinstance(lot, UUID)
        yield Hit("lot", str(code), str(name or item), lot=lot)


def _supplier_lots(plant: Plant, text: str) -> Iterator[Hit]:
    fields = ("code", "supplier__name", "supplier__code", "item__name", "item__code")
    rows = list(_by_beginning_or_part(SupplierLot.objects.for_plant(plant), text, fields))
    ids = [row[0] for row in rows if isinstance(row[0], UUID)]
    lots = dict(LotOrigin.objects.for_plant(plant).filter(supplier_lot_id__in=ids).values_list("supplier_lot_id", "lot_id")) if ids else {}
    for number, code, supplier, supplier_code, name, item in rows:
        assert isinstance(number, UUID)
        yield Hit("supplier_lot", str(code), f"{supplier or supplier_code} · {name or item}", lot=lots.get(number))


def _containers(plant: Plant, text: str) -> Iterator[Hit]:
    """By number, or by the name that is painted on them."""
    rows = Place.objects.for_plant(plant).filter(kind=PlaceKind.CONTAINER)
    found = list(rows.filter(begins("code", text)).order_by("code").values_list("code", "name")[:SHOWN])
    if len(found) < SHOWN and len(text) >= LEAST_PART:
        wanted = text.casefold()
        recent = rows.exclude(name="").order_by("-id").values_list("code", "name")[:RECENT]
        named = ((code, name) for code, name in recent.iterator() if wanted in name.casefold() and (code, name) not in found)
        found += [row for row, _ in zip(named, range(SHOWN - len(found)), strict=False)]
    for code, name in found:
        yield Hit("container", name or code, code if name else "", trace=code)


def _papers(plant: Plant, text: str, field: str) -> Iterable[Hit]:
    """Orders or documents, each once. The index leaves blanks out; both engines use it only where the query does too."""
    rows = Fact.objects.for_plant(plant).filter(begins(field, text)).filter(~Q(**{field: ""}))
    codes = dict.fromkeys(rows.order_by(field).values_list(field, flat=True)[:PAPERS])
    return [Hit(field, code) for code in list(codes)[:SHOWN]]


def _partners(plant: Plant, text: str) -> Iterable[Hit]:
    rows = Place.objects.for_plant(plant).filter(kind__in=sorted(PARTNER_KINDS)).filter(Q(name__icontains=text) | Q(code__icontains=text))
    address = reverse("web:lots")
    found = rows.order_by("code").values_list("code", "name", "kind")[:SHOWN]
    for code, name, kind in found:
        field = "supplier" if kind == PlaceKind.SUPPLIER else "place"
        yield Hit("partner", code, name, address=f"{address}?{urlencode({field: code})}")


def _items(text: str) -> Iterable[Hit]:
    address = reverse("web:lots")
    rows = Item.objects.filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code")
    return [
        Hit("item", code, name, address=f"{address}?{urlencode({'item': code})}") for code, name in rows.values_list("code", "name")[:SHOWN]
    ]
