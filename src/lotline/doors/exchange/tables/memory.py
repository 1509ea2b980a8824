"""Mappings that people decided on, by plant, kind and header."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from lotline.doors.exchange.models import ImportMapping
from lotline.doors.exchange.tables.mapping import Mapping
from lotline.records.places.models import Plant


def recall_mapping(*, plant: Plant, kind: str, signature: str) -> dict[str, Any] | None:
    """What was decided for files of this form, or None."""
    found = ImportMapping.objects.for_plant(plant).filter(kind=kind, signature=signature).values_list("mapping", flat=True).first()
    return dict(found) if found is not None else None


def kind_of_form(*, plant: Plant, signature: str) -> str:
    """The kind that a person last chose for files of this form, or nothing."""
    found = ImportMapping.objects.for_plant(plant).filter(signature=signature).order_by("-changed_at")
    return found.values_list("kind", flat=True).first() or ""


@transaction.atomic
def remember_mapping(*, plant: Plant, mapping: Mapping, actor: UUID | None = None) -> None:
    """Keep ``mapping`` for files of this form, in place of what was decided before."""
    value = mapping.to_json()
    for passing in ("sheet", "header_row", "known"):  # of the file, not of the form
        value.pop(passing)
    values = {"mapping": value, "changed_by": actor}
    found = ImportMapping.objects.for_plant(plant).select_for_update().filter(kind=mapping.kind, signature=mapping.signature).first()
    if found is None:
        ImportMapping.objects.create(plant=plant, kind=mapping.kind, signature=mapping.signature, **values)
        return
    found.mapping, found.changed_by = value, actor
    found.save(update_fields=["mapping", "changed_by", "changed_at"])
