"""Lots travel in containers, and containers in containers: where each of them went while a lot was inside, and what lay in one."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import EVER, Bounds
from lotline.records.genealogy.lotset import lot_set, void_among, within
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.sql import select, select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Plant

# Moments are (at_us, seq); a stay is from the first to before the last.
Moment = tuple[int, int]
Stay = tuple[Moment, Moment]
BEGINNING: Moment = (-EVER, -EVER)
FOREVER: Moment = (EVER, EVER)

_POSTINGS = (
    "SELECT t.lot_id, t.origin_id, t.target_id, t.quantity, t.at_us, t.seq FROM journal_posting t"
    " WHERE t.boxed = 1 AND {seen} AND {stands} AND t.lot_id {in}"
)
_BOXES = "SELECT id, parent_id FROM places_place WHERE kind = 'container' AND id {in}"
_CARRIAGES = "SELECT c.container_id, c.fact_id, c.origin_id, c.target_id, c.at_us, c.seq FROM journal_carriage c WHERE c.container_id {in}"


@dataclass(frozen=True, slots=True)
class Trip:
    """A carry of a container while a lot lay in it. One that was taken back, or takes back, is told too, and moved nothing."""

    container: UUID
    fact: UUID
    origin: UUID
    target: UUID


@dataclass(frozen=True, slots=True)
class Travels:
    """The trips that lots made in containers, and every place where such a container stood in the meantime."""

    trips: tuple[Trip, ...]
    stood: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Carry:
    trip: Trip
    moment: Moment
    known: bool
    stands: bool


def trips_with(
    *,
    lots: Sequence[UUID | bytes],
    bounds: Bounds,
    boxes: Collection[UUID] | None = None,
    since: Mapping[UUID, Moment] | None = None,
) -> Travels:
    """Where the containers that held one of ``lots``, and the containers around those, stood and went while it was inside.

    With ``boxes``, only lots that lay directly in one of these are followed. A lot in ``since`` is followed from its moment on: trips
    that were over by then are not told, nor is where its container stood already.
    """
    level, cuts = _cut(_stays_of_lots(lots, bounds), since or {})
    if boxes is not None:
        level = {box: periods for box, periods in level.items() if box in boxes}
    trips: dict[Trip, None] = {}
    stood: set[UUID] = set()
    told: set[tuple[UUID, Stay]] = set()
    while level:
        rows = select_in(connections["default"], _BOXES, list(level))
        parents = {read_id(row[0]): from_db(row[1]) for row in rows}
        carries = _carries_of(parents, bounds)
        outer: dict[UUID, list[Stay]] = defaultdict(list)
        for box, parent in parents.items():
            for carry in carries[box]:
                if carry.known and any(begin <= carry.moment < until for begin, until in level[box]):
                    trips[carry.trip] = None
            for place, stay in _overlaps(level[box], _where_it_stood(parent, carries[box])):
                if stay[0] not in cuts:
                    stood.add(place)
                if (place, stay) not in told:
                    told.add((place, stay))
                    outer[place].append(stay)
        level = outer
    return Travels(tuple(trips), frozenset(stood))


def _cut(held: Mapping[UUID, Iterable[tuple[UUID, Stay]]], since: Mapping[UUID, Moment]) -> tuple[dict[UUID, list[Stay]], set[Moment]]:
    """The stays by place without what lies before the moment of their lot, and the moments where one was cut.

    Such a moment is that of a transformation, split or merge, which carries and packs nothing: no other stay begins there.
    """
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    cuts: set[Moment] = set()
    for place, found in held.items():
        for lot, (begin, end) in found:
            moment = since.get(lot, begin)
            if moment >= end:
                continue
            if begin < moment:
                cuts.add(moment)
            stays[place].append((max(begin, moment), end))
    return stays, cuts


def _stays_of_lots(lots: Sequence[UUID | bytes], bounds: Bounds) -> dict[UUID, list[tuple[UUID, Stay]]]:
    """When each place at an end of a packing held something of which of ``lots``."""
    sql = within(_POSTINGS, bounds)
    held: dict[tuple[UUID, UUID], int] = defaultdict(int)
    since: dict[tuple[UUID, UUID], Moment] = {}
    stays: dict[UUID, list[tuple[UUID, Stay]]] = defaultdict(list)
    rows = sorted(select_in(connections["default"], sql, list(dict.fromkeys(lots))), key=lambda row: (row[4], row[5]))
    for lot_id, origin, target, quantity, at_us, seq in rows:
        lot = read_id(lot_id)
        for place, change in ((read_id(origin), -quantity), (read_id(target), quantity)):
            key = (lot, place)
            held[key] += change
            if held[key] > 0:
                since.setdefault(key, (at_us, seq))
            elif key in since:
                stays[place].append((lot, (since.pop(key), (at_us, seq))))
    for (lot, place), moment in since.items():
        stays[place].append((lot, (moment, FOREVER)))
    return stays


def _carries_of(boxes: Collection[UUID], bounds: Bounds) -> dict[UUID, list[_Carry]]:
    """All carries of containers in the order of their moments, also those beyond the bounds: they say where a box came from."""
    connection = connections["default"]
    found: dict[UUID, list[_Carry]] = defaultdict(list)
    rows = sorted(select_in(connection, _CARRIAGES, list(boxes)), key=lambda row: (row[4], row[5]))
    gone = void_among({row[1] for row in rows}, bounds)
    for box, fact, origin, target, at_us, seq in rows:
        trip = Trip(read_id(box), read_id(fact), read_id(origin), read_id(target))
        known = at_us <= bounds.at_us and seq <= bounds.seq
        found[trip.container].append(_Carry(trip, (at_us, seq), known, fact not in gone))
    return found


def _where_it_stood(parent: UUID | None, carries: Sequence[_Carry]) -> Iterator[tuple[UUID, Stay]]:
    """The places of a container one after the other. Before its first trip it stood where that took it from; without any, in ``parent``."""
    standing = [carry for carry in carries if carry.stands]
    known = [carry for carry in standing if carry.known]
    origin = (known or standing)[0].trip.origin if standing else parent
    moments = [*(carry.moment for carry in known), FOREVER]
    if origin is not None:
        yield origin, (BEGINNING, moments[0])
    for carry, end in zip(known, moments[1:], strict=True):
        yield carry.trip.target, (carry.moment, end)


def _overlaps(periods: Iterable[Stay], places: Iterable[tuple[UUID, Stay]]) -> Iterator[tuple[UUID, Stay]]:
    """Where a container stood, cut to the periods in which it held something of interest."""
    for place, (begin, end) in places:
        for since, until in periods:
            low, high = max(begin, since), min(end, until)
            if low < high:
                yield place, (low, high)


# --- what lay in a container, or in any place -------------------------------------------------------------------------------

_CHILDREN = "SELECT id, parent_id, kind FROM places_place WHERE plant_id = %s AND parent_id {in}"
_CARRIED_IN = "SELECT DISTINCT c.container_id FROM journal_carriage c WHERE c.plant_id = %s AND c.{side}_id {in}"
_INTO_OR_OUT_OF = (
    "SELECT t.lot_id, t.{side}_id, t.quantity, t.at_us, t.seq FROM journal_posting t"
    " WHERE t.boxed = 1 AND {seen} AND {stands} AND t.{side}_id {in}"
)
_EVER_HELD = "SELECT DISTINCT t.lot_id FROM journal_posting t WHERE t.boxed = 1 AND {seen} AND {stands} AND t.target_id {in}"
_LYING_NOW = "SELECT DISTINCT b.lot_id FROM journal_balance b WHERE b.plant_id = %s AND b.quantity > 0 AND b.place_id {in}"
# A reversal takes its fact back at the same moment: together they come to nothing, and both may be summed.
_LAY_THEN = (
    "SELECT DISTINCT lot_id FROM (SELECT t.lot_id, t.target_id AS place_id, t.quantity AS change FROM journal_posting t"
    " WHERE t.plant_id = %s AND {seen} AND t.target_id IN (SELECT id FROM {set}) UNION ALL"
    " SELECT t.lot_id, t.origin_id, -t.quantity FROM journal_posting t"
    " WHERE t.plant_id = %s AND {seen} AND t.origin_id IN (SELECT id FROM {set})) changes"
    " GROUP BY lot_id, place_id HAVING SUM(change) > 0"
)


def places_within(*, places: Map, place: UUID) -> set[UUID]:
    """The place and everything that lies in it within the bounds of ``places``: bins of a store, pallets in a bin, boxes on a pallet."""
    found, level = {place}, {place}
    while level:
        children = list(select_in(connections["default"], _CHILDREN, list(level), [places.plant.pk]))
        inner = {read_id(key) for key, _parent, kind in children if kind != PlaceKind.CONTAINER}
        boxes = {read_id(key) for key, _parent, kind in children if kind == PlaceKind.CONTAINER}
        if places.bounds != Bounds():
            boxes = _ever_in(places.plant, level) | boxes
            places.load(boxes)
            boxes = {box for box in boxes if places.spot(box).parent in level}
        level = (inner | boxes) - found
        found |= level
    return found


def lots_lying_in(*, places: Map, inside: Collection[UUID]) -> set[UUID]:
    """The lots of which something lies at one of ``inside``, now or within the bounds of ``places``."""
    connection = connections["default"]
    if places.bounds == Bounds():
        return {read_id(row[0]) for row in select_in(connection, _LYING_NOW, list(inside), [places.plant.pk])}
    with lot_set(inside) as name:
        sql = within(_LAY_THEN, places.bounds).replace("{set}", name)
        return {read_id(row[0]) for row in select(connection, sql, [places.plant.pk, places.plant.pk])}


def ever_held(*, boxes: Collection[UUID], bounds: Bounds) -> set[UUID]:
    """Every lot that was ever put into one of ``boxes``, by packings that stand."""
    return {read_id(row[0]) for row in select_in(connections["default"], within(_EVER_HELD, bounds), list(boxes))}


def lots_carried(*, plant: Plant, trips: Mapping[UUID, Collection[Moment]], bounds: Bounds) -> set[UUID]:
    """The lots that lay in containers, or in containers within them, at the moments of ``trips``. No query for each trip.

    A packing or a carry that was taken back never was.
    """
    moments: dict[UUID, set[Moment]] = defaultdict(set)
    level = {box: set(found) for box, found in trips.items()}
    while level:
        for box, found in level.items():
            moments[box] |= found
        inner = _ever_in(plant, level)
        parents = {read_id(key): from_db(parent) for key, parent in select_in(connections["default"], _BOXES, list(inner))}
        carries = _carries_of(parents, bounds)
        level = defaultdict(set)
        for box, parent in parents.items():
            for place, (begin, end) in _where_it_stood(parent, carries[box]):
                level[box] |= {moment for moment in moments.get(place, ()) if begin <= moment < end} - moments[box]
        level = {box: found for box, found in level.items() if found}
    return _held_at(moments, bounds)


def _held_at(moments: Mapping[UUID, Collection[Moment]], bounds: Bounds) -> set[UUID]:
    """The lots that were in each container at one of its moments."""
    changes: dict[tuple[UUID, UUID], list[tuple[Moment, int]]] = defaultdict(list)
    for side, sign in (("target", 1), ("origin", -1)):
        sql = within(_INTO_OR_OUT_OF.replace("{side}", side), bounds)
        for lot, place, quantity, at_us, seq in select_in(connections["default"], sql, list(moments)):
            changes[read_id(lot), read_id(place)].append(((at_us, seq), sign * quantity))
    held: set[UUID] = set()
    for (lot, place), found in changes.items():
        found.sort()
        at = [moment for moment, _change in found]
        amounts = list(accumulate((change for _moment, change in found), initial=0))
        if any(amounts[bisect_right(at, moment)] > 0 for moment in moments[place]):
            held.add(lot)
    return held


def _ever_in(plant: Plant, places: Collection[UUID]) -> set[UUID]:
    """The containers that stand in one of ``places``, or that were once carried into or out of one."""
    connection, wanted = connections["default"], list(places)
    found = {read_id(key) for key, _parent, kind in select_in(connection, _CHILDREN, wanted, [plant.pk]) if kind == PlaceKind.CONTAINER}
    for side in ("target", "origin"):
        found |= {read_id(row[0]) for row in select_in(connection, _CARRIED_IN.replace("{side}", side), wanted, [plant.pk])}
    return found
