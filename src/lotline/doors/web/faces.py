"""Lots as pages need them: ``records.genealogy.states`` with what people call the item."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias
from uuid import UUID

from lotline.doors.web.formats import write_quantity
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.whereabouts import NOW, Map
from lotline.records.places.models import Plant

Face: TypeAlias = LotView


def read_faces(*, plant: Plant, lots: Collection[UUID], bounds: Bounds = NOW, places: Map | None = None) -> dict[UUID, Face]:
    """The lots of a plant by id, as seen within ``bounds``."""
    return view_lots(lots=list(dict.fromkeys(lots)), places=places or Map(plant, bounds)) if lots else {}


def own_lots(plant: Plant, lots: Collection[UUID]) -> list[UUID]:
    """Those of ``lots`` that are this plant's: ids from addresses may be anybody's."""
    return list(Lot.objects.for_plant(plant).filter(pk__in=list(lots)[:500]).values_list("pk", flat=True))


def name_of(face: Face) -> str:
    """What people call the item of a lot."""
    return face.item.name or face.item.code


def total_of(face: Face) -> str:
    """How much there was of a lot in all, with its unit."""
    return with_unit(face, face.line.inflow)


def with_unit(face: Face, micro: int) -> str:
    """A quantity of this lot's item."""
    return f"{write_quantity(micro)} {face.item.unit.label}"
