"""From a code that somebody scanned or typed to what it may mean: a trace starts from anything that carries a code.

The same number for two items, or from two suppliers, gives both, told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

from lotline.records.catalog.models import Lot, LotOrigin, SupplierLot
from lotline.records.journal.models import Balance, Carriage, Posting, Reversal, Subject
from lotline.records.journal.store.sql import select
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

# The indexes leave blanks out. An engine uses such an index only where the query says the same words.
_BATCH = "SELECT id FROM catalog_lot WHERE plant_id = %s AND batch = %s AND NOT (batch = '')"
_ORDER = 'SELECT id FROM journal_fact WHERE plant_id = %s AND "order" = %s AND NOT ("order" = \'\')'
_DOCUMENT = "SELECT id FROM journal_fact WHERE plant_id = %s AND document = %s AND NOT (document = '')"


class StartKind(StrEnum):
    """What the code names."""

    LOT = "lot"
    BATCH = "batch"
    SUPPLIER_LOT = "supplier_lot"
    CONTAINER = "container"
    ORDER = "order"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Start:
    """One meaning of a code: ``lots`` are where a trace begins. ``item`` and ``partner`` tell equal codes apart."""

    kind: StartKind
    code: str
    lots: tuple[UUID, ...]
    item: str = ""
    item_name: str = ""
    partner: str = ""
    detail: dict[str, str] = field(default_factory=dict)


def _ids(sql: str, plant: Plant, code: str) -> list[UUID]:
    return [read_id(row[0]) for row in select(connections["default"], sql, [plant.pk, code])]


def find_starts(*, plant: Plant, code: str, item: str = "") -> list[Start]:
    """Every meaning of ``code`` in ``plant``, lots first; with ``item``, only what is of that item. Empty: nobody knows it."""
    starts = [*_lots(plant, code), *_batches(plant, code), *_supplier_lots(plant, code)]
    if item:
        return [start for start in starts if start.item == item]
    return [*starts, *_containers(plant, code), *_papers(plant, code)]


def _lots(plant: Plant, code: str) -> Iterable[Start]:
    lots = Lot.objects.for_plant(plant).filter(code=code).select_related("item").order_by("item__code")
    for lot in lots:
        yield Start(StartKind.LOT, code, (lot.pk,), lot.item.code, lot.item.name)


def _batches(plant: Plant, code: str) -> Iterable[Start]:
    named = Lot.objects.for_plant(plant).filter(pk__in=_ids(_BATCH, plant, code)).exclude(code=code)
    rows = named.values_list("item__code", "item__name", "id")
    by_item: dict[tuple[str, str], list[UUID]] = {}
    for item_code, item_name, lot in rows:
        by_item.setdefault((item_code, item_name), []).append(lot)
    for (item_code, item_name), ids in sorted(by_item.items()):
        yield Start(StartKind.BATCH, code, tuple(ids), item_code, item_name)


def _supplier_lots(plant: Plant, code: str) -> Iterable[Start]:
    found = SupplierLot.objects.for_plant(plant).filter(code=code).select_related("supplier", "item")
    for supplier_lot in found.order_by("supplier__code", "item__code"):
        taken_back = Reversal.objects.for_plant(plant).values("fact_id")
        receipts = LotOrigin.objects.for_plant(plant).filter(supplier_lot=supplier_lot).exclude(fact_id__in=taken_back)
        lots = tuple(dict.fromkeys(receipts.order_by("id").values_list("lot_id", flat=True)))
        if lots:
            item = supplier_lot.item
            yield Start(StartKind.SUPPLIER_LOT, code, lots, item.code, item.name, partner=supplier_lot.supplier.code)


def _containers(plant: Plant, code: str) -> Iterable[Start]:
    """A container: what lies in it now, or, once it was emptied, what it last held."""
    container = Place.objects.for_plant(plant).filter(code=code, kind=PlaceKind.CONTAINER).first()
    if container is None:
        return
    inside = {container.pk, *_within(plant, container.pk)}
    lots = set(Balance.objects.for_plant(plant).filter(place_id__in=inside).values_list("lot_id", flat=True))
    if not lots:
        lots = set(_postings_at(plant, inside).values_list("lot_id", flat=True))
    yield Start(StartKind.CONTAINER, code, tuple(sorted(lots)))


def _within(plant: Plant, container: UUID) -> set[UUID]:
    """Containers that are, or ever were, carried into this one."""
    found: set[UUID] = set()
    level = {container}
    while level:
        now = Place.objects.for_plant(plant).filter(parent_id__in=level, kind=PlaceKind.CONTAINER).values_list("id", flat=True)
        once = Carriage.objects.for_plant(plant).filter(target_id__in=level).values_list("container_id", flat=True)
        level = ({*now} or {*once}) - found - {container}
        found |= level
    return found


def _postings_at(plant: Plant, places: set[UUID]) -> QuerySet[Posting]:
    return Posting.objects.for_plant(plant).filter(target_id__in=places)


def _papers(plant: Plant, code: str) -> Iterable[Start]:
    """Orders and documents: every lot that their facts moved or spoke of."""
    for kind, sql in ((StartKind.ORDER, _ORDER), (StartKind.DOCUMENT, _DOCUMENT)):
        facts = _ids(sql, plant, code)
        if not facts:
            continue
        lots: set[UUID] = set()
        for begin in range(0, len(facts), 500):
            part = facts[begin : begin + 500]
            lots.update(Posting.objects.for_plant(plant).filter(fact_id__in=part).values_list("lot_id", flat=True))
            lots.update(Subject.objects.for_plant(plant).filter(fact_id__in=part).values_list("lot_id", flat=True))
        if lots:
            yield Start(kind, code, tuple(sorted(lots)))
