"""Lots travel in containers, and containers in containers: which of them reached a partner while a lot was inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import EVER, Bounds
from lotline.records.journal.models import Carriage
from lotline.records.journal.store.sql import select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

# Moments are (at_us, seq); a stay is from the first to before the last.
Moment = tuple[int, int]
Stay = tuple[Moment, Moment]
FOREVER: Moment = (EVER, EVER)

_POSTINGS = (
    "SELECT lot_id, origin_id, target_id, quantity, at_us, seq FROM journal_posting"
    " WHERE lot_id {in} AND at_us <= %(at)s AND seq <= %(seq)s ORDER BY lot_id, at_us, seq"
)
_CARRIAGES = (
    "SELECT c.container_id, c.target_id, c.at_us, c.seq FROM journal_carriage c"
    " WHERE c.container_id {in} AND c.at_us <= %(at)s AND c.seq <= %(seq)s"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.seq <= %(seq)s AND (v.fact_id = c.fact_id OR v.by_id = c.fact_id))"
)


def voyages_of(*, lots: Sequence[UUID | bytes], boxes: set[UUID], partners: Collection[UUID], bounds: Bounds) -> set[UUID]:
    """The partners that one of the containers ``boxes``, or a container around it, came to while it held one of ``lots``."""
    return _follow(_stays_of_lots(lots, boxes, bounds), set(partners), bounds)


def _stays_of_lots(lots: Sequence[UUID | bytes], boxes: set[UUID], bounds: Bounds) -> dict[UUID, list[Stay]]:
    """When each of ``boxes`` held something of ``lots``."""
    sql = _POSTINGS % {"at": int(bounds.at_us), "seq": int(bounds.seq)}
    held: dict[tuple[UUID, UUID], int] = defaultdict(int)
    since: dict[tuple[UUID, UUID], Moment] = {}
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    for lot_id, origin, target, quantity, at_us, seq in select_in(connections["default"], sql, lots):
        lot = read_id(lot_id)
        for place, change in ((read_id(origin), -quantity), (read_id(target), quantity)):
            if place not in boxes:
                continue
            key = (lot, place)
            held[key] += change
            if held[key] > 0:
                since.setdefault(key, (at_us, seq))
            elif key in since:
                stays[place].append((since.pop(key), (at_us, seq)))
    for (_lot, place), moment in since.items():
        stays[place].append((moment, FOREVER))
    return stays


def _follow(stays: Mapping[UUID, list[Stay]], partners: set[UUID], bounds: Bounds) -> set[UUID]:
    """Carry the stays along: a container in a container was wherever the outer one was in the meantime."""
    sql = _CARRIAGES % {"at": int(bounds.at_us), "seq": int(bounds.seq)}
    found: set[UUID] = set()
    level: dict[UUID, list[Stay]] = dict(stays)
    seen: set[tuple[UUID, Stay]] = set()
    while level:
        trips: dict[UUID, list[tuple[Moment, UUID]]] = defaultdict(list)
        for container, target, at_us, seq in select_in(connections["default"], sql, list(level)):
            trips[read_id(container)].append(((at_us, seq), read_id(target)))
        outer: dict[UUID, list[Stay]] = defaultdict(list)
        for container, periods in level.items():
            for target, stay in _overlaps(periods, sorted(trips[container])):
                if target in partners:
                    found.add(target)
                elif (target, stay) not in seen:
                    seen.add((target, stay))
                    outer[target].append(stay)
        level = outer
    return found


def _overlaps(periods: Iterable[Stay], trips: Sequence[tuple[Moment, UUID]]) -> Iterable[tuple[UUID, Stay]]:
    """Where a container stood, cut to the periods in which it held something of interest."""
    ends = [*(moment for moment, _target in trips[1:]), FOREVER]
    for (begin, target), end in zip(trips, ends, strict=False):
        for since, until in periods:
            low, high = max(begin, since), min(end, until)
            if low < high:
                yield target, (low, high)


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
    """The lots that lay in a container, or in the containers within it, at ``moment``."""
    inside = {container, *nested_in(plant=plant, container=container, moment=moment)}
    amounts: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for side, sign in (("target", 1), ("origin", -1)):
        sql = f"SELECT lot_id, {side}_id, quantity, at_us, seq FROM journal_posting WHERE boxed = 1 AND {side}_id {{in}}"  # noqa: S608 -- two words of ours
        for lot, place, quantity, at_us, seq in select_in(connections["default"], sql, list(inside)):
            if (at_us, seq) <= moment:
                amounts[read_id(lot), read_id(place)] += sign * quantity
    return {lot for (lot, _place), amount in amounts.items() if amount > 0}


def ever_held(containers: Collection[UUID]) -> set[UUID]:
    """Every lot that was ever put into one of ``containers``."""
    sql = "SELECT DISTINCT lot_id FROM journal_posting WHERE boxed = 1 AND target_id {in}"
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
