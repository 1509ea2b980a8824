"""From a code that somebody scanned or typed to what it may mean: a trace starts from anything that carries a code.

The same number for two items, or from two suppliers, gives both, told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Q

from lotline.core.facts import FactKind
from lotline.core.instant import to_micros
from lotline.records.catalog.models import Lot, SupplierLot
from lotline.records.genealogy.births import births_within, lots_of_batch_then
from lotline.records.genealogy.closure import EVER, Bounds
from lotline.records.genealogy.containers import Moment, ever_held, lots_carried, lots_lying_in, places_within
from lotline.records.genealogy.lotset import scope_of_lots, stands, void_among, within
from lotline.records.genealogy.whereabouts import NOW, Map
from lotline.records.journal.choices import LotRole
from lotline.records.journal.models import Carriage, Posting, Subject
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import select, select_in
from lotline.records.places.choices import ACCOUNT_KINDS, PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

# The indexes leave blanks out. An engine uses such an index only where the query says the same words.
_BATCH = "SELECT id FROM catalog_lot WHERE plant_id = %s AND batch = %s AND NOT (batch = '')"
_ORDER = 'SELECT id, kind, happened_at, seq FROM journal_fact WHERE plant_id = %s AND "order" = %s AND NOT ("order" = \'\')'
_DOCUMENT = "SELECT id, kind, happened_at, seq FROM journal_fact WHERE plant_id = %s AND document = %s AND NOT (document = '')"
_RECEIVED = (
    "SELECT o.supplier_lot_id, o.lot_id, f.happened_at FROM catalog_lotorigin o CROSS JOIN journal_fact f"
    " WHERE o.plant_id = %s AND f.id = o.fact_id AND f.seq <= {seq} AND {stands} AND o.supplier_lot_id {in} ORDER BY o.id"
)
# What crossed the line to a partner. The table of postings is read once, whatever the number of lots.
_CROSSING = (
    "SELECT DISTINCT t.lot_id FROM journal_posting t WHERE t.plant_id = %s AND t.{end}_id = %s AND t.role = 0 AND {seen} AND {stands}"
)
_ARRIVALS = (
    "SELECT t.container_id, t.at_us, t.seq FROM journal_carriage t WHERE t.plant_id = %s AND t.target_id = %s AND {seen} AND {stands}"
)


class StartKind(StrEnum):
    """What the code names."""

    LOT = "lot"
    BATCH = "batch"
    SUPPLIER_LOT = "supplier_lot"
    CONTAINER = "container"
    PLACE = "place"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    ORDER = "order"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Start:
    """One meaning of a code: ``lots`` are where a trace begins. ``item`` and ``partner`` tell equal codes apart.

    Of a place, ``detail`` has its ``place`` (code) and ``name``.
    """

    kind: StartKind
    code: str
    lots: tuple[UUID, ...]
    item: str = ""
    item_name: str = ""
    partner: str = ""
    detail: dict[str, str] = field(default_factory=dict)


def _ids(sql: str, plant: Plant, code: str) -> list[UUID]:
    return [read_id(row[0]) for row in select(connections["default"], sql, [plant.pk, code])]


@snapshot()
def find_starts(*, plant: Plant, code: str, item: str = "", bounds: Bounds = NOW) -> list[Start]:
    """Every meaning of ``code`` in ``plant``, lots first; with ``item``, only what is of that item. Empty: nobody knows it.

    What a place holds, what a partner delivered or got, what came under a supplier's number and what papers made is told as of the
    moment, and as known at the moment, of ``bounds``; what is of a batch, as known at it. A place
    where nothing lies is a meaning without lots, and only given where the code has no other; so is an order or document whose every fact
    was taken back.
    """
    starts = [*_lots(plant, code), *_batches(plant, code, bounds), *_supplier_lots(plant, code, bounds)]
    if item:
        return [start for start in starts if start.item == item]
    starts += [*_places(Map(plant, bounds), code), *_papers(plant, code, bounds)]
    return [start for start in starts if start.lots] or starts


def distinct_starts(*, plant: Plant, code: str, item: str = "", bounds: Bounds = NOW) -> list[Start]:
    """``find_starts``, where meanings of the same lots (a lot that bears its supplier's number) are one: the first of them."""
    found: dict[Any, Start] = {}
    for start in find_starts(plant=plant, code=code, item=item, bounds=bounds):
        found.setdefault(frozenset(start.lots) or start.detail.get("place"), start)
    return list(found.values())


def _lots(plant: Plant, code: str) -> Iterable[Start]:
    lots = Lot.objects.for_plant(plant).filter(code=code).select_related("item").order_by("item__code")
    for lot in lots:
        yield Start(StartKind.LOT, code, (lot.pk,), lot.item.code, lot.item.name)


def _batches(plant: Plant, code: str, bounds: Bounds) -> Iterable[Start]:
    """The lots of a batch; *as known at* a moment, those that were known to be of it."""
    ids = _ids(_BATCH, plant, code)
    if bounds.seq < EVER:
        with scope_of_lots({*ids, *lots_of_batch_then(plant, code, bounds)}) as scope:
            ids = [lot for lot, birth in births_within(scope, bounds).items() if birth.batch == code]
    named = Lot.objects.for_plant(plant).filter(pk__in=ids).exclude(code=code)
    rows = named.values_list("item__code", "item__name", "id")
    by_item: dict[tuple[str, str], list[UUID]] = {}
    for item_code, item_name, lot in rows:
        by_item.setdefault((item_code, item_name), []).append(lot)
    for (item_code, item_name), ids in sorted(by_item.items()):
        yield Start(StartKind.BATCH, code, tuple(ids), item_code, item_name)


def _supplier_lots(plant: Plant, code: str, bounds: Bounds) -> Iterable[Start]:
    """What was received under a supplier's number, by receipts that stand and are seen within ``bounds``."""
    named = (
        SupplierLot.objects.for_plant(plant).filter(code=code).select_related("supplier", "item").order_by("supplier__code", "item__code")
    )
    found = {supplier_lot.pk: supplier_lot for supplier_lot in named}
    sql = _RECEIVED.replace("{seq}", str(int(bounds.seq))).replace("{stands}", stands("o", bounds))
    lots: dict[UUID, dict[UUID, None]] = {key: {} for key in found}
    for number, lot, at in select_in(connections["default"], sql, list(found), [plant.pk]):
        if to_micros(as_moment(at)) <= bounds.at_us:
            lots[read_id(number)][read_id(lot)] = None
    for key, supplier_lot in found.items():
        if lots[key]:
            item, partner = supplier_lot.item, supplier_lot.supplier.code
            yield Start(StartKind.SUPPLIER_LOT, code, tuple(lots[key]), item.code, item.name, partner=partner)


def _places(places: Map, code: str) -> Iterable[Start]:
    """A place, by its code or the name that people call it by."""
    named = Place.objects.for_plant(places.plant).exclude(kind__in=ACCOUNT_KINDS).filter(Q(code=code) | Q(name=code))
    for place in named.order_by("code"):
        kind = _KIND_OF_PLACE.get(PlaceKind(place.kind), StartKind.PLACE)
        partner = place.code if kind in (StartKind.SUPPLIER, StartKind.CUSTOMER) else ""
        lots = tuple(sorted(_LOTS_OF[kind](places, place.pk)))
        yield Start(kind, code, lots, partner=partner, detail={"place": place.code, "name": place.name})


def _lying_in(places: Map, place: UUID) -> set[UUID]:
    """What lies in a place and all that stands in it."""
    return lots_lying_in(places=places, inside=places_within(places=places, place=place))


def _held_by(places: Map, container: UUID) -> set[UUID]:
    """What lies in a container; once it was emptied, what it held."""
    inside = places_within(places=places, place=container)
    return lots_lying_in(places=places, inside=inside) or ever_held(boxes=inside, bounds=places.bounds)


def _received_from(places: Map, supplier: UUID) -> set[UUID]:
    """Everything that a supplier delivered."""
    return _crossing(places, supplier, "origin")


def _delivered_to(places: Map, customer: UUID) -> set[UUID]:
    """Everything that a customer got, loose or in containers, what came back later included."""
    sql = within(_ARRIVALS, places.bounds)
    trips: dict[UUID, list[Moment]] = {}
    for box, at_us, seq in select(connections["default"], sql, [places.plant.pk, customer]):
        trips.setdefault(read_id(box), []).append((at_us, seq))
    carried = lots_carried(plant=places.plant, trips=trips, bounds=places.bounds) if trips else set()
    return carried | _crossing(places, customer, "target")


def _crossing(places: Map, partner: UUID, end: str) -> set[UUID]:
    sql = within(_CROSSING.replace("{end}", end), places.bounds)
    return {read_id(row[0]) for row in select(connections["default"], sql, [places.plant.pk, partner])}


_KIND_OF_PLACE = {
    PlaceKind.CONTAINER: StartKind.CONTAINER, PlaceKind.SUPPLIER: StartKind.SUPPLIER, PlaceKind.CUSTOMER: StartKind.CUSTOMER,
}  # fmt: skip
_LOTS_OF: dict[StartKind, Callable[[Map, UUID], set[UUID]]] = {
    StartKind.CONTAINER: _held_by, StartKind.PLACE: _lying_in, StartKind.SUPPLIER: _received_from, StartKind.CUSTOMER: _delivered_to,
}  # fmt: skip


def _papers(plant: Plant, code: str, bounds: Bounds) -> Iterable[Start]:
    """Orders and documents: what their facts made. Where they made nothing, every lot that they moved, spoke of or carried.

    What an order consumed is no start: other orders used the same salt, and a recall of the order would become one of the plant.
    Facts beyond ``bounds`` do not count, nor do those taken back within them: an order of which nothing is left has no lots.
    """
    for kind, sql in ((StartKind.ORDER, _ORDER), (StartKind.DOCUMENT, _DOCUMENT)):
        seen_then = _facts_within(sql, plant, code, bounds)
        if not seen_then:
            continue
        void = {read_id(fact) for fact in void_among(seen_then, bounds)}
        facts = [fact for fact in seen_then if fact not in void]
        lots: set[UUID] = set()
        made: set[UUID] = set()
        for begin in range(0, len(facts), 500):
            part = facts[begin : begin + 500]
            postings = Posting.objects.for_plant(plant).filter(fact_id__in=part)
            made.update(postings.filter(role=LotRole.OUTPUT).values_list("lot_id", flat=True))
            lots.update(postings.values_list("lot_id", flat=True))
            lots.update(Subject.objects.for_plant(plant).filter(fact_id__in=part).values_list("lot_id", flat=True))
            trips: dict[UUID, list[Moment]] = {}
            carries = Carriage.objects.for_plant(plant).filter(fact_id__in=part).values_list("container_id", "at_us", "seq")
            for box, at_us, seq in carries:
                trips.setdefault(box, []).append((at_us, seq))
            lots.update(lots_carried(plant=plant, trips=trips, bounds=bounds))
        yield Start(kind, code, tuple(sorted(made or lots)))


def _facts_within(sql: str, plant: Plant, code: str, bounds: Bounds) -> list[UUID]:
    """The facts with these papers that happened and were known within ``bounds``. One that takes another back makes nothing itself."""
    rows = select(connections["default"], sql, [plant.pk, code])
    within = (row for row in rows if row[3] <= bounds.seq and to_micros(as_moment(row[2])) <= bounds.at_us)
    return [read_id(row[0]) for row in within if row[1] != FactKind.REVERSE]
