"""What the exchange remembers between two files."""

from __future__ import annotations

from django.db import models

from lotline.records.places.keys import UuidField
from lotline.records.places.scope import PlantRow, ScopedManager, one_plant_key


class ImportRun(PlantRow):
    """One import that wrote something. It held the plant's order from its first fact to its last, so all facts between are its own."""

    number = models.IntegerField()
    form = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    by = UuidField(null=True)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("importrun"),
            models.UniqueConstraint(fields=["plant", "number"], name="importrun_number"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ImportMapping(PlantRow):
    """What the columns of a form of table mean in one plant, as a person last decided. ``signature``: its headers, in order."""

    kind = models.CharField(max_length=40)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = UuidField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("importmapping"),
            models.UniqueConstraint(fields=["plant", "kind", "signature"], name="importmapping_form"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.signature[:8]}"
