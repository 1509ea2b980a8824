"""Plants, and the one tree of places in each: bins, lines, containers, suppliers, customers, accounts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lotline.records.places.choices import INSIDE_KINDS, PlaceKind
from lotline.records.places.keys import UuidField, new_id
from lotline.records.places.scope import PlantForeignKey, PlantRow, ScopedManager, one_plant_key


class Plant(models.Model):
    """A site with its own time zone, people, rights and journal."""

    id = UuidField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    language = models.CharField(max_length=10, default="zh-hans")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Place(PlantRow):
    """Where a quantity can be. The code is its identity and never changes; the name may.

    ``parent`` of a container is a reading of the journal (its last carry); of anything else it is what people decided.
    """

    code = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=16, choices=PlaceKind.choices)
    inside = models.BooleanField()
    parent = PlantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager()

    class Meta:
        ordering = ("code",)
        base_manager_name = "rows"
        constraints = (
            one_plant_key("place"),
            models.UniqueConstraint(fields=["plant", "code"], name="place_code"),
            models.CheckConstraint(
                condition=Q(inside=True, kind__in=sorted(INSIDE_KINDS)) | (Q(inside=False) & ~Q(kind__in=sorted(INSIDE_KINDS))),
                name="place_inside_follows_kind",
            ),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="place_not_in_itself"),
        )
        indexes = (
            models.Index(fields=["plant", "parent"], name="place_children"),
            models.Index(fields=["plant", "kind", "code"], name="place_by_kind"),
        )

    def __str__(self) -> str:
        return self.name or self.code
