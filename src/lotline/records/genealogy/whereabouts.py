"""Where quantities are: the place, what it lies in, and whether that is still ours.

A container keeps its own place in the books while it travels, so the question "here or at the customer?" is answered by what it
lies in, now or at the moment asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.lotset import Scope, literal, scope_of_lots, void_among, within
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import select_in
from lotline.records.places.choices import ACCOUNT_KINDS, PlaceKind
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Plant
from lotline.records.places.queries import DEEPEST_TREE

STANDING_OF_KIND = {
    PlaceKind.CUSTOMER: Standing.SHIPPED,
    PlaceKind.TRANSIT: Standing.TRANSIT,
    PlaceKind.SUBCONTRACTOR: Standing.SUBCONTRACTOR,
    PlaceKind.SUPPLIER: Standing.RETURNED,
    PlaceKind.SCRAP: Standing.SCRAPPED,
    PlaceKind.PROCESS: Standing.CONSUMED,
    PlaceKind.VARIANCE: Standing.VARIANCE,
}
UNCOUNTED = ACCOUNT_KINDS | {PlaceKind.SUPPLIER}
ORDER = {standing: position for position, standing in enumerate(Standing)}
NOW = Bounds()

_NOW = "SELECT {key}, t.place_id, {quantity} FROM {source}journal_balance t{join} WHERE {on}t.plant_id = {plant} AND {scope}{grouped}"
# A balance has one row for each lot and place.
_SUMMED = {"{quantity}": "SUM(t.quantity)", "{grouped}": " GROUP BY {key}, t.place_id"}
_SINGLE = {"{quantity}": "t.quantity", "{grouped}": ""}
# A reversal takes its fact back at the same moment: together they come to nothing, and both may be summed. The scope stands once,
# for each of its parameters is given once.
_THEN = (
    "SELECT key_id, place_id, SUM(change) FROM (SELECT {key} AS key_id, CASE side.way WHEN 1 THEN t.target_id ELSE t.origin_id END"
    " AS place_id, t.quantity * side.way AS change FROM {source}journal_posting t{join} CROSS JOIN"
    " (SELECT 1 AS way UNION ALL SELECT -1) side WHERE {on}{seen} AND {scope}) changes"
    " GROUP BY key_id, place_id HAVING SUM(change) <> 0"
)
_KEYS = {
    "lot": ("t.lot_id", "", ""),
    "item": ("l.item_id", " CROSS JOIN catalog_lot l", "l.id = t.lot_id AND "),
    # Columns of a set: the number of a lot, and the number that the caller gave its item.
    "number": ("s.n", "", ""),
    "group": ("s.item", "", ""),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a reader sees it."""

    id: UUID
    code: str
    name: str
    kind: PlaceKind
    parent: UUID | None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.code


@dataclass(frozen=True, slots=True)
class Stay:
    """``quantity`` (micro units) of a lot at the first place of ``path``, which lies in the next one, and so on outwards."""

    lot: UUID
    quantity: int
    path: tuple[Spot, ...]
    standing: Standing

    @property
    def place(self) -> Spot:
        return self.path[0]

    @property
    def partner(self) -> Spot | None:
        """The customer or subcontractor that has it."""
        return next((spot for spot in self.path if spot.kind in (PlaceKind.CUSTOMER, PlaceKind.SUBCONTRACTOR)), None)

    @property
    def ground(self) -> Spot:
        """The innermost place that is no container: the bin a pallet stands in, the customer that got it."""
        return next((spot for spot in self.path if spot.kind != PlaceKind.CONTAINER), self.path[-1])


class Map:
    """The plant's places as they lay within ``bounds``; loaded as they are asked for, one query a level."""

    def __init__(self, plant: Plant, bounds: Bounds = NOW) -> None:
        self.plant = plant
        self.bounds = bounds
        self._spots: dict[UUID, Spot] = {}
        self._paths: dict[UUID, tuple[Spot, ...]] = {}

    def load(self, places: Iterable[UUID]) -> None:
        """Fetch ``places`` and all that they lie in."""
        wanted = set(places) - self._spots.keys()
        for _level in range(DEEPEST_TREE):
            if not wanted:
                return
            level = self._fetch(wanted)
            boxes = [spot.id for spot in level.values() if spot.kind == PlaceKind.CONTAINER]
            if boxes and self.bounds != NOW:
                for container, parent in self._parents(boxes).items():
                    spot = level[container]
                    level[container] = Spot(spot.id, spot.code, spot.name, spot.kind, parent)
            self._spots.update(level)
            wanted = {spot.parent for spot in level.values() if spot.parent is not None} - self._spots.keys()

    def spot(self, place: UUID) -> Spot:
        """One place; ``load`` has been told of it."""
        return self._spots[place]

    def path(self, place: UUID) -> tuple[Spot, ...]:
        """The place and what it lies in, innermost first."""
        found = self._paths.get(place)
        if found is None:
            spot: Spot | None = self._spots[place]
            path: list[Spot] = []
            while spot is not None and len(path) < DEEPEST_TREE:
                path.append(spot)
                spot = self._spots.get(spot.parent) if spot.parent else None
            found = self._paths[place] = tuple(path)
        return found

    def standing(self, place: UUID) -> Standing:
        """Whose hands it is in: the outermost place outside the plant decides."""
        for spot in reversed(self.path(place)):
            if spot.kind in STANDING_OF_KIND:
                return STANDING_OF_KIND[spot.kind]
        return Standing.HERE

    def _fetch(self, wanted: set[UUID]) -> dict[UUID, Spot]:
        sql = "SELECT id, code, name, kind, parent_id FROM places_place WHERE plant_id = %s AND id {in}"
        rows = select_in(connections["default"], sql, list(wanted), [self.plant.pk])
        spots = (Spot(read_id(row[0]), row[1], row[2], PlaceKind(row[3]), from_db(row[4])) for row in rows)
        return {spot.id: spot for spot in spots}

    def _parents(self, boxes: list[UUID]) -> dict[UUID, UUID]:
        """Where containers stood: the target of the last carry that counts, else where the first one took them from."""
        sql = "SELECT c.container_id, c.origin_id, c.target_id, c.at_us, c.seq, c.fact_id FROM journal_carriage c WHERE c.container_id {in}"
        trips = sorted(select_in(connections["default"], sql, boxes), key=lambda row: (row[3], row[4]))
        gone = void_among({row[5] for row in trips}, self.bounds)
        parents: dict[UUID, UUID] = {}
        for container, origin, target, at_us, seq, fact in trips:
            box = read_id(container)
            if fact in gone:
                continue
            if at_us <= self.bounds.at_us and seq <= self.bounds.seq:
                parents[box] = read_id(target)
            else:
                parents.setdefault(box, read_id(origin))
        return parents


@snapshot()
def where_now(*, plant: Plant, lots: Collection[UUID], bounds: Bounds = NOW, places: Map | None = None) -> dict[UUID, list[Stay]]:
    """What of each lot lies where: now, or as seen within ``bounds``. Lots of which nothing is left are not in the answer."""
    places = places or Map(plant, bounds)
    with scope_of_lots(lots) as scope:
        holdings = list(quantities(scope=scope, places=places))
    stays: dict[UUID, list[Stay]] = {}
    for lot, place, quantity in holdings:
        stays.setdefault(lot, []).append(Stay(lot, quantity, places.path(place), places.standing(place)))
    for found in stays.values():
        found.sort(key=lambda stay: (ORDER[stay.standing], -stay.quantity, stay.place.code))
    return stays


def quantities(*, scope: Scope, places: Map) -> Iterator[tuple[UUID, UUID, int]]:
    """(lot, place, quantity) at all places where people count, which are loaded: not at accounts, not at suppliers."""
    for lot, place, quantity in holdings(scope=scope, places=places, by="lot"):
        yield read_id(lot), place, quantity


def holdings(*, scope: Scope, places: Map, by: str) -> Iterator[tuple[Any, UUID, int]]:
    """Likewise by what ``keyed`` knows; the first column is as the driver gave it."""
    rows = _held_rows(scope, places, by)
    counted = _counted({row[1] for row in rows}, places)
    for owner, place, quantity in rows:
        if place in counted:
            yield owner, counted[place], int(quantity)


def holdings_by_place(*, scope: Scope, places: Map) -> dict[UUID, list[tuple[int, int]]]:
    """(number of a lot in its set, quantity) of all that lies at each place."""
    found: dict[Any, list[tuple[int, int]]] = {}
    for number, place, quantity in _held_rows(scope, places, "number"):
        found.setdefault(place, []).append((number, int(quantity)))
    return {place: found[key] for key, place in _counted(found, places).items()}


def _held_rows(scope: Scope, places: Map, by: str) -> list[Any]:
    if places.bounds == NOW:
        sql = _NOW.replace("{plant}", literal(places.plant.pk))
        for name, part in (_SINGLE if by in ("lot", "number") else _SUMMED).items():
            sql = sql.replace(name, part)
    else:
        sql = within(_THEN, places.bounds)
    return list(scope.rows(keyed(sql, by)))


def _counted(found: Iterable[Any], places: Map) -> dict[Any, UUID]:
    """Those of the places, as the driver names them, where people count; all are loaded."""
    keys = {key: read_id(key) for key in found}
    places.load(keys.values())
    return {key: place for key, place in keys.items() if places.spot(place).kind not in UNCOUNTED}


def keyed(sql: str, by: str) -> str:
    """``sql`` with rows for each "lot", "item", "number" or "group": fills in ``{key}``, ``{join}`` and ``{on}``."""
    for name, part in zip(("{key}", "{join}", "{on}"), _KEYS[by], strict=True):
        sql = sql.replace(name, part)
    return sql
