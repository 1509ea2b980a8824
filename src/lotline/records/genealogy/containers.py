"""Lots travel in containers, and containers in containers: where each of them went while a lot was inside, and what lay in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import EVER, Bounds
from lotline.records.genealogy.lotset import seen, stands, void
from lotline.records.journal.models import Carriage
from lotline.records.journal.store.sql import select, select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Place, Plant

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


def trips_with(*, lots: Sequence[UUID | bytes], bounds: Bounds, boxes: Collection[UUID] | None = None) -> Travels:
    """Where the containers that held one of ``lots``, and the containers around those, stood and went while it was inside.

    With ``boxes``, only lots that lay directly in one of these are followed.
    """
    level = _stays_of_lots(lots, bounds)
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
                stood.add(place)
                if (place, stay) not in told:
                    told.add((place, stay))
                    outer[place].append(stay)
        level = outer
    return Travels(tuple(trips), frozenset(stood))


def _stays_of_lots(lots: Sequence[UUID | bytes], bounds: Bounds) -> dict[UUID, list[Stay]]:
    """When each place at an end of a packing held something of ``lots``."""
    sql = _POSTINGS.replace("{seen}", seen("t", bounds)).replace("{stands}", stands("t", bounds))
    held: dict[tuple[UUID, UUID], int] = defaultdict(int)
    since: dict[tuple[UUID, UUID], Moment] = {}
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    rows = sorted(select_in(connections["default"], sql, list(dict.fromkeys(lots))), key=lambda row: (row[4], row[5]))
    for lot_id, origin, target, quantity, at_us, seq in rows:
        lot = read_id(lot_id)
        for place, change in ((read_id(origin), -quantity), (read_id(target), quantity)):
            key = (lot, place)
            held[key] += change
            if held[key] > 0:
                since.setdefault(key, (at_us, seq))
            elif key in since:
                stays[place].append((since.pop(key), (at_us, seq)))
    for (_lot, place), moment in since.items():
        stays[place].append((moment, FOREVER))
    return stays


def _carries_of(boxes: Collection[UUID], bounds: Bounds) -> dict[UUID, list[_Carry]]:
    """All carries of containers in the order of their moments, also those beyond the bounds: they say where a box came from."""
    connection = connections["default"]
    gone: set[UUID] = set()
    found: dict[UUID, list[_Carry]] = defaultdict(list)
    rows = sorted(select_in(connection, _CARRIAGES, list(boxes)), key=lambda row: (row[4], row[5]))
    if rows:
        gone = {key for pair in select(connection, f"SELECT fact_id, by_id FROM {void(bounds)}") for key in pair}  # noqa: S608 -- words of ours
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


# --- what lay in a container -----------------------------------------------------------------------------------------------


def nested_in(*, plant: Plant, container: UUID, moment: Moment = FOREVER) -> set[UUID]:
    """The containers that lay in this one, directly or within others, at ``moment`` (now, unless one is given)."""
    found: set[UUID] = set()
    level = {container}
    while level:
        now = Place.objects.for_plant(plant).filter(parent_id__in=level, kind=PlaceKind.CONTAINER).values_list("id", flat=True)
        once = Carriage.objects.for_plant(plant).filter(target_id__in=level).values_list("container_id", flat=True)
        candidates = ({*now} | {*once}) - found - {container}
        level = {box for box, place in _standing_at(plant, candidates, moment).items() if place in level}
        found |= level
    return found


def held_at(*, plant: Plant, container: UUID, moment: Moment) -> set[UUID]:
    """The lots that lay in a container, or in the containers within it, at ``moment``. A packing that was taken back never was."""
    inside = {container, *nested_in(plant=plant, container=container, moment=moment)}
    amounts: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for side, sign in (("target", 1), ("origin", -1)):
        sql = (
            f"SELECT t.lot_id, t.{side}_id, t.quantity, t.at_us, t.seq FROM journal_posting t"  # noqa: S608 -- words of ours
            f" WHERE t.boxed = 1 AND {stands('t', Bounds())} AND t.{side}_id {{in}}"
        )
        for lot, place, quantity, at_us, seq in select_in(connections["default"], sql, list(inside)):
            if (at_us, seq) <= moment:
                amounts[read_id(lot), read_id(place)] += sign * quantity
    return {lot for (lot, _place), amount in amounts.items() if amount > 0}


def ever_held(containers: Collection[UUID]) -> set[UUID]:
    """Every lot that was ever put into one of ``containers``, by packings that stand."""
    sql = f"SELECT DISTINCT t.lot_id FROM journal_posting t WHERE t.boxed = 1 AND {stands('t', Bounds())} AND t.target_id {{in}}"  # noqa: S608
    return {read_id(row[0]) for row in select_in(connections["default"], sql, list(containers))}


def _standing_at(plant: Plant, boxes: Collection[UUID], moment: Moment) -> dict[UUID, UUID | None]:
    """Where containers stood at ``moment``: where the last carry brought them, else where the first one took them from.

    A carry that was taken back never was.
    """
    places: dict[UUID, UUID | None] = dict(Place.objects.for_plant(plant).filter(pk__in=boxes).values_list("id", "parent_id"))
    if moment == FOREVER:
        return places
    sql = (
        "SELECT c.container_id, c.origin_id, c.target_id, c.at_us, c.seq FROM journal_carriage c WHERE c.container_id {in}"
        " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.fact_id = c.fact_id)"
        " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.by_id = c.fact_id)"
    )
    trips = sorted(select_in(connections["default"], sql, list(boxes)), key=lambda row: (row[3], row[4]))
    for container, origin, _target, at_us, seq in reversed(trips):
        if (at_us, seq) > moment:
            places[read_id(container)] = read_id(origin)
    for container, _origin, target, at_us, seq in trips:
        if (at_us, seq) <= moment:
            places[read_id(container)] = read_id(target)
    return places
