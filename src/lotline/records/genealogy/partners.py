"""Which suppliers the lots of a trace came from, and which customers they went to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import Bounds, Reached, To
from lotline.records.genealogy.containers import voyages_of
from lotline.records.journal.store.sql import select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

_SOURCES = (
    "SELECT p.lot_id, p.origin_id, p.at_us, p.seq FROM journal_posting p"
    " WHERE p.lot_id {in} AND p.role = 0 AND p.at_us <= %(at)s AND p.seq <= %(seq)s"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.seq <= %(seq)s AND (v.fact_id = p.fact_id OR v.by_id = p.fact_id))"
)
_DESTINATIONS = _SOURCES.replace("p.origin_id", "p.target_id")


def partners_of(*, plant: Plant, starts: Sequence[UUID], lots: Mapping[UUID, Reached], to: To, bounds: Bounds) -> tuple[str, ...]:
    """Codes of the suppliers (to sources) or customers (to destinations), sorted.

    Time is respected here too: a delivery counts only if the material was in the lot by then.
    """
    kind = PlaceKind.SUPPLIER if to is To.SOURCES else PlaceKind.CUSTOMER
    partners = dict(Place.objects.for_plant(plant).filter(kind=kind).values_list("id", "code"))
    if not partners:
        return ()
    wanted = [*starts, *lots]
    sql = (_SOURCES if to is To.SOURCES else _DESTINATIONS) % {"at": int(bounds.at_us), "seq": int(bounds.seq)}
    found: set[UUID] = set()
    containers: set[UUID] = set()
    for lot_id, place_id, at_us, seq in select_in(connections["default"], sql, wanted):
        place = read_id(place_id)
        lot = lots.get(read_id(lot_id))
        if lot is not None and not _in_time(lot, at_us, seq, to):
            continue
        if place in partners:
            found.add(place)
        else:
            containers.add(place)
    if to is To.DESTINATIONS:
        found |= voyages_of(plant=plant, lots=wanted, containers=containers, partners=set(partners), bounds=bounds)
    return tuple(sorted(partners[place] for place in found))


def _in_time(lot: Reached, at_us: int, seq: int, to: To) -> bool:
    moment, posted = (lot.at_us, lot.seq), (at_us, seq)
    return posted > moment if to is To.DESTINATIONS else posted < moment
