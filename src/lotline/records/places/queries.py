"""Reading plants and places."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from lotline.records.places.models import Place, Plant

# A tree this deep is a loop that a repair went around; no factory has one.
DEEPEST_TREE = 64


class NoSuchPlant(LookupError):
    """No plant has this code, or none exists yet."""


def get_plant(code: str = "") -> Plant:
    """The plant with ``code``, or the only/first plant when no code is given. Raises ``NoSuchPlant``."""
    plants = Plant.objects.order_by("created_at", "code")
    plant = plants.filter(code=code).first() if code else plants.first()
    if plant is None:
        raise NoSuchPlant(code)
    return plant


def places_with_ancestors(*, plant: Plant, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """The places named by ``ids`` and everything they lie in, by id: one query a level."""
    found: dict[UUID, Place] = {}
    wanted = set(ids)
    for _level in range(DEEPEST_TREE):
        if not wanted:
            break
        level = Place.objects.for_plant(plant).in_bulk(list(wanted))
        found.update(level)
        wanted = {place.parent_id for place in level.values() if place.parent_id} - found.keys()
    return found


def path_to_root(place: Place, known: dict[UUID, Place]) -> list[Place]:
    """``place`` and what it lies in, innermost first."""
    path = [place]
    while path[-1].parent_id in known and len(path) < DEEPEST_TREE:
        path.append(known[path[-1].parent_id])
    return path
