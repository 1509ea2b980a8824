"""Which suppliers the lots of a trace came from, and which customers they went to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import Bounds, Closure, To
from lotline.records.genealogy.containers import trips_with
from lotline.records.journal.store.sql import adapt, select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

_ENDS = (
    "SELECT p.lot_id, p.{end}_id, e.kind, p.at_us, p.seq FROM journal_posting p JOIN places_place e ON e.id = p.{end}_id"
    " WHERE p.lot_id {in} AND (p.role = 0 AND e.kind = '{kind}' OR p.role <> 1 AND e.kind = 'container') AND p.at_us <= {at} AND p.seq <= {seq}"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.fact_id = p.fact_id AND v.seq <= {seq})"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.by_id = p.fact_id AND v.seq <= {seq})"
)


def partners_of(*, plant: Plant, starts: Sequence[UUID], closure: Closure, to: To, bounds: Bounds) -> tuple[str, ...]:
    """Codes of the suppliers (to sources) or customers (to destinations), sorted.

    Time is respected here too: a delivery, loose or in a container, counts only if the material was in the lot by then.
    """
    kind, end = (PlaceKind.SUPPLIER, "origin") if to is To.SOURCES else (PlaceKind.CUSTOMER, "target")
    partners = dict(Place.objects.for_plant(plant).filter(kind=kind).values_list("id", "code"))
    if not partners:
        return ()
    connection = connections["default"]
    lots = [*(adapt(start, connection) for start in starts), *closure.keys]
    named = {"{end}": end, "{kind}": kind.value, "{at}": str(int(bounds.at_us)), "{seq}": str(int(bounds.seq))}
    sql = _ENDS
    for name, value in named.items():
        sql = sql.replace(name, value)
    found: set[UUID | bytes] = set()
    containers: set[UUID | bytes] = set()
    for lot, place, place_kind, at_us, seq in select_in(connection, sql, lots):
        if place_kind == "container":
            containers.add(place)
        elif _in_time(closure.moment(lot), (at_us, seq), to):
            found.add(place)
    reached = {read_id(place) for place in found}
    if to is To.DESTINATIONS and containers:
        boxes = {read_id(place) for place in containers}
        since = {read_id(lot): moment for lot in lots if (moment := closure.moment(lot)) is not None}
        reached |= trips_with(lots=lots, boxes=boxes, bounds=bounds, since=since).stood & partners.keys()
    return tuple(sorted(partners[place] for place in reached))


def _in_time(moment: tuple[int, int] | None, posted: tuple[int, int], to: To) -> bool:
    if moment is None:
        return True
    return posted > moment if to is To.DESTINATIONS else posted < moment
