"""Type-ahead: what a few typed characters may be the beginning or a part of, kind by kind, with the reason why. Each kind is one
bounded query; texts of facts are found by ``records.journal.texts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from lotline.doors.web.asked import trace_path
from lotline.doors.web.scanned import clean_typed, fold_width
from lotline.records.catalog.models import Item, Lot, LotOrigin, SupplierLot
from lotline.records.journal.models import Fact
from lotline.records.places.choices import ACCOUNT_KINDS, PARTNER_KINDS, PlaceKind
from lotline.records.places.models import Place, Plant
from lotline.records.places.prefix import begins

# How many of a kind are shown, and how many recent ones are looked through for a part of their code.
SHOWN = 5
RECENT = 20_000
LEAST_PART = 3
# Facts looked through for the beginning of an order or a document: their indexes hold one entry a fact.
PAPERS = 400


class Why(IntEnum):
    """Why something was found, the strongest reason first."""

    CODE = 0
    CODE_BEGINS = 1
    NAME = 2
    NAME_HOLDS = 3
    CODE_HOLDS = 4
    TEXT = 5


@dataclass(frozen=True, slots=True)
class Hit:
    """One row under the search box. ``lot`` is set where a state can be shown beside it; ``address`` where it is no trace."""

    kind: str
    code: str
    text: str = ""
    lot: UUID | None = None
    address: str = ""
    trace: str = ""
    why: Why = Why.CODE_BEGINS

    @property
    def opens(self) -> str:
        """Where the row leads."""
        return self.address or trace_path("web:trace-of", self.trace or self.code)


def find_hits(*, plant: Plant, text: str) -> list[Hit]:
    """What ``text`` may be on the way to, kind by kind; the kind with the strongest reason first, and within a kind the strongest row.

    It is looked for as typed; where that finds nothing, without what a Chinese input method made of it.
    """
    typed = clean_typed(text)
    folded = fold_width(typed)
    for form in dict.fromkeys((typed, folded, folded.replace(" ", ""), folded.replace(" ", "-"))):
        if found := _find(plant, form) if form else []:
            return found
    return []


def _find(plant: Plant, text: str) -> list[Hit]:
    kinds: list[list[Hit]] = [
        list(_lots(plant, text)), list(_batches(plant, text)), list(_supplier_lots(plant, text)), list(_containers(plant, text)),
        list(_papers(plant, text, "order")), list(_papers(plant, text, "document")), list(_places(plant, text, partners=True)),
        list(_items(text)), list(_places(plant, text, partners=False)),
    ]  # fmt: skip
    ranked = sorted((hits for hits in kinds if hits), key=lambda hits: min(hit.why for hit in hits))
    return [hit for hits in ranked for hit in sorted(hits, key=lambda hit: hit.why)]


def reason_of(text: str, code: str, name: str = "") -> Why:
    """Why something with this code and name is found by ``text``."""
    wanted, code, name = text.casefold(), code.casefold(), name.casefold()
    if wanted == code:
        return Why.CODE
    if code.startswith(wanted):
        return Why.CODE_BEGINS
    if wanted == name:
        return Why.NAME
    return Why.NAME_HOLDS if wanted in name else Why.CODE_HOLDS


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
        yield Hit("lot", str(code), str(name or item), lot=lot, why=reason_of(text, str(code)))


def _batches(plant: Plant, text: str) -> Iterator[Hit]:
    rows = Lot.objects.for_plant(plant).filter(begins("batch", text)).filter(~Q(batch="")).order_by("batch")
    names: dict[str, str] = {}
    for batch, name, item in rows.values_list("batch", "item__name", "item__code")[:PAPERS]:
        names.setdefault(batch, name or item)
    for batch in list(names)[:SHOWN]:
        yield Hit("batch", batch, names[batch], why=reason_of(text, batch))


def _supplier_lots(plant: Plant, text: str) -> Iterator[Hit]:
    fields = ("code", "supplier__name", "supplier__code", "item__name", "item__code")
    rows = list(_by_beginning_or_part(SupplierLot.objects.for_plant(plant), text, fields))
    ids = [row[0] for row in rows if isinstance(row[0], UUID)]
    lots = dict(LotOrigin.objects.for_plant(plant).filter(supplier_lot_id__in=ids).values_list("supplier_lot_id", "lot_id")) if ids else {}
    for number, code, supplier, supplier_code, name, item in rows:
        assert isinstance(number, UUID)
        details = f"{supplier or supplier_code} · {name or item}"
        yield Hit("supplier_lot", str(code), details, lot=lots.get(number), why=reason_of(text, str(code)))


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
        yield Hit("container", name or code, code if name else "", trace=code, why=reason_of(text, code, name))


def _papers(plant: Plant, text: str, field: str) -> Iterable[Hit]:
    """Orders or documents, each once. The index leaves blanks out; both engines use it only where the query does too."""
    rows = Fact.objects.for_plant(plant).filter(begins(field, text)).filter(~Q(**{field: ""}))
    codes = dict.fromkeys(rows.order_by(field).values_list(field, flat=True)[:PAPERS])
    return [Hit(field, code, why=reason_of(text, code)) for code in list(codes)[:SHOWN]]


def _places(plant: Plant, text: str, *, partners: bool) -> Iterable[Hit]:
    """Suppliers and customers, which lead to their lots; or the plant's own places, which lead to what lies there."""
    rows = Place.objects.for_plant(plant)
    rows = (
        rows.filter(kind__in=sorted(PARTNER_KINDS))
        if partners
        else rows.exclude(kind__in=sorted({*PARTNER_KINDS, *ACCOUNT_KINDS, PlaceKind.CONTAINER, PlaceKind.SITE}))
    )
    found = rows.filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code").values_list("code", "name", "kind")
    hits = sorted((Hit("partner" if partners else "place", name or code, code if name else "",
                       address=_lots_address("supplier" if kind == PlaceKind.SUPPLIER else "place", code), why=reason_of(text, code, name))
                   for code, name, kind in found[: SHOWN * 10]), key=lambda hit: hit.why)  # fmt: skip
    return hits[:SHOWN]


def _items(text: str) -> Iterable[Hit]:
    rows = Item.objects.filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code").values_list("code", "name")
    hits = (
        Hit("item", name or code, code if name else "", address=_lots_address("item", code), why=reason_of(text, code, name))
        for code, name in rows[: SHOWN * 10]
    )
    return sorted(hits, key=lambda hit: hit.why)[:SHOWN]


def _lots_address(field: str, code: str) -> str:
    return f"{reverse('web:lots')}?{urlencode({field: code})}"
