"""From a code that somebody scanned or typed to what it may mean: a trace starts from anything that carries a code.

The same number for two items, or from two suppliers, gives both, told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.db import connections
from django.db.models import Q

from lotline.records.catalog.models import Lot, LotOrigin, SupplierLot
from lotline.records.genealogy.containers import ever_held, held_at, nested_in
from lotline.records.journal.choices import LotRole
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
    """A container, by its code or the name that people call it by: what lies in it now, or, once it was emptied, what it held."""
    containers = Place.objects.for_plant(plant).filter(kind=PlaceKind.CONTAINER)
    for container in containers.filter(Q(code=code) | Q(name=code)).order_by("code"):
        yield Start(StartKind.CONTAINER, code, _contents(plant, container.pk), detail={"place": container.code})


def _contents(plant: Plant, container: UUID) -> tuple[UUID, ...]:
    inside = {container, *nested_in(plant=plant, container=container)}
    lots = set(Balance.objects.for_plant(plant).filter(place_id__in=inside).values_list("lot_id", flat=True))
    if not lots:
        lots = ever_held(inside)
    return tuple(sorted(lots))


def _papers(plant: Plant, code: str) -> Iterable[Start]:
    """Orders and documents: what their facts made. Where they made nothing, every lot that they moved, spoke of or carried.

    What an order consumed is no start: other orders used the same salt, and a recall of the order would become one of the plant.
    """
    for kind, sql in ((StartKind.ORDER, _ORDER), (StartKind.DOCUMENT, _DOCUMENT)):
        facts = _ids(sql, plant, code)
        if not facts:
            continue
        lots: set[UUID] = set()
        made: set[UUID] = set()
        for begin in range(0, len(facts), 500):
            part = facts[begin : begin + 500]
            postings = Posting.objects.for_plant(plant).filter(fact_id__in=part)
            made.update(postings.filter(role=LotRole.OUTPUT).values_list("lot_id", flat=True))
            lots.update(postings.values_list("lot_id", flat=True))
            lots.update(Subject.objects.for_plant(plant).filter(fact_id__in=part).values_list("lot_id", flat=True))
            for trip in Carriage.objects.for_plant(plant).filter(fact_id__in=part):
                lots.update(held_at(plant=plant, container=trip.container_id, moment=(trip.at_us, trip.seq)))
        if made or lots:
            yield Start(kind, code, tuple(sorted(made or lots)))
