"""Reading what the journal keeps up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from lotline.core.instant import to_micros
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item
from lotline.records.journal.models import Balance, Hold
from lotline.records.places.choices import INSIDE_KINDS, PlaceKind
from lotline.records.places.models import Plant
from lotline.records.places.queries import path_to_root, places_with_ancestors

USABLE = (LotStatus.RELEASED, LotStatus.CONCESSION)


@dataclass(frozen=True, slots=True)
class UsableStock:
    """Some of a lot that may be used, and where it lies; ``quantity`` in micro base units."""

    lot: str
    place: str
    quantity: int
    expires_at: datetime | None


def usable_stock(*, plant: Plant, item: Item, at: datetime) -> list[UsableStock]:
    """What may be used of an item at a moment: first to expire, first out; without expiry last, then the oldest lot.

    Never anything that law 8 would block at that moment: expired, on hold there, rejected or not yet released. What lies in a
    container at a partner's or on the road is not here and is left out. ``append`` checks the same again when it is used.
    """
    at_us = to_micros(at)
    # As in the ledger: open now, or at that moment.
    blocking = Q(closed_by=None) | Q(opened_at_us__lte=at_us, closed_at_us__gt=at_us)
    everywhere = Hold.objects.for_plant(plant).filter(blocking, place=None, lot=OuterRef("lot"))
    rows = (
        Balance.objects.for_plant(plant)
        .filter(lot__item=item, inside=True, quantity__gt=0, lot__status__in=USABLE)
        .filter(Q(lot__expires_at=None) | Q(lot__expires_at__gt=at))
        .exclude(Exists(everywhere))
        .select_related("lot")
        .order_by(F("lot__expires_at").asc(nulls_last=True), "lot__born_at", "lot__code", "place_id")
    )
    found = list(rows)
    held_places: dict[object, set[object]] = {}
    for lot_id, place_id in (
        Hold.objects.for_plant(plant).filter(blocking, lot__item=item).exclude(place=None).values_list("lot_id", "place_id")
    ):
        held_places.setdefault(lot_id, set()).add(place_id)
    known = places_with_ancestors(plant=plant, ids={row.place_id for row in found})
    usable = []
    for row in found:
        path = path_to_root(known[row.place_id], known)
        standing = next((place for place in path if place.kind != PlaceKind.CONTAINER), path[-1])
        held = held_places.get(row.lot_id, set())
        if standing.kind in INSIDE_KINDS and not any(place.pk in held for place in path):
            usable.append(UsableStock(row.lot.code, known[row.place_id].code, row.quantity, row.lot.expires_at))
    return usable
