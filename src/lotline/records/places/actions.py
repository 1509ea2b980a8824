"""Writing plants and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from lotline.core.facts import PlaceKind
from lotline.records.places.choices import INSIDE_KINDS, STANDARD_PLACES
from lotline.records.places.made import note_made
from lotline.records.places.models import Place, Plant


class BadPlace(ValueError):
    """A place that can not be made: ``code`` names the rule, ``place`` the code of the place."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code}: {place}")
        self.code = code
        self.place = place


@dataclass(frozen=True, slots=True)
class PlaceSpec:
    """A place as a door describes it; ``parent`` is a code."""

    code: str
    kind: PlaceKind
    name: str = ""
    parent: str = ""


@transaction.atomic
def create_plant(*, code: str, name: str, time_zone: str = "Asia/Shanghai", language: str = "zh-hans") -> Plant:
    """A plant with its standard places."""
    plant = Plant.objects.create(code=code, name=name, time_zone=time_zone, language=language)
    ensure_places(plant=plant, specs=[PlaceSpec(code=code, kind=kind) for code, kind in STANDARD_PLACES])
    return plant


@transaction.atomic
def ensure_places(*, plant: Plant, specs: Iterable[PlaceSpec]) -> dict[str, Place]:
    """Make the places that do not exist yet; leave the others as they are. Parents come before children or exist already.

    Returns all of them by code. Raises ``BadPlace``: ``place_kind_differs``, ``place_parent_unknown``, ``place_code_blank``.
    """
    listed = list(specs)
    wanted = {spec.code for spec in listed} | {spec.parent for spec in listed if spec.parent}
    known = {place.code: place for place in Place.objects.for_plant(plant).filter(code__in=wanted)}
    for spec in listed:
        if not spec.code.strip():
            raise BadPlace("place_code_blank", spec.code)
        present = known.get(spec.code)
        if present is not None:
            if present.kind != spec.kind.value:
                raise BadPlace("place_kind_differs", spec.code)
            continue
        if spec.parent and spec.parent not in known:
            raise BadPlace("place_parent_unknown", spec.parent)
        known[spec.code] = Place.objects.create(
            plant=plant,
            code=spec.code,
            name=spec.name,
            kind=spec.kind.value,
            inside=spec.kind.value in INSIDE_KINDS,
            parent=known[spec.parent] if spec.parent else None,
        )
        note_made(spec.code)
    return {spec.code: known[spec.code] for spec in listed}


def rename_place(*, place: Place, name: str) -> None:
    """Give ``place`` another name; its code stays."""
    place.name = name
    place.save(update_fields=["name"])
