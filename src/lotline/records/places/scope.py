"""What every operational table shares: it belongs to one plant, and whoever reads it says which.

These are the schema rules that let the same models run on one SQLite file, on PostgreSQL, and distributed by plant
(docs/adr/0005-plant-in-every-row.md). ``tests/laws/test_schema_rules.py`` holds every model to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import models
from django.db.models.expressions import Col
from django.db.models.fields.related_lookups import RelatedExact
from django.db.models.sql.where import AND, WhereNode

from lotline.records.places.keys import UuidField, new_id

if TYPE_CHECKING:
    from lotline.records.places.models import Plant

M = TypeVar("M", bound=models.Model)


class ScopeMissing(RuntimeError):
    """A query on an operational table that names no plant. Use ``for_plant(plant)`` or, on purpose, ``group_wide()``."""


class WrongPlant(ValueError):
    """A row of one plant would point to a row of another."""


class ScopedManager(models.Manager[M], Generic[M]):
    """``Model.objects``: answers only once a plant, or the whole group, is named."""

    def for_plant(self, plant: Plant) -> models.QuerySet[M]:
        """The rows of one plant."""
        return self.get_queryset().filter(plant_id=plant.pk)

    def group_wide(self) -> models.QuerySet[M]:
        """The rows of all plants: for reading, counting and ordering; never for locks or recursion."""
        return self.get_queryset()

    def _refuse(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ScopeMissing(f"{self.model.__name__}: name the plant with for_plant(), or say group_wide()")


# Writing rows names their plant in the rows; everything else that a manager takes over from querysets would read across plants.
_WRITING = frozenset({"create", "acreate", "bulk_create", "abulk_create", "bulk_update", "abulk_update", "none"})
for _name in dir(models.QuerySet):
    if not _name.startswith("_") and hasattr(models.Manager, _name) and _name not in _WRITING:
        setattr(ScopedManager, _name, ScopedManager._refuse)  # noqa: SLF001 -- the class was made three lines above


class PlantForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # as above
    """A foreign key between rows of one plant: every join also says ``remote.plant = local.plant``."""

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> WhereNode | None:
        if alias is None or related_alias is None:
            return None
        local = cast("models.ForeignKey[Any, Any]", self.model._meta.get_field("plant"))
        remote = cast("models.ForeignKey[Any, Any]", self.remote_field.model._meta.get_field("plant"))
        same_plant: Any = RelatedExact(Col(related_alias, remote, local), Col(alias, local, remote))
        return WhereNode([same_plant], connector=AND)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 -- Django's signature
        remote = getattr(model_instance, self.name) if self.is_cached(model_instance) else None
        if remote is not None and remote.plant_id != model_instance.plant_id:  # type: ignore[attr-defined]
            raise WrongPlant(f"{model_instance._meta.label}.{self.name} belongs to another plant")
        return super().pre_save(model_instance, add)


class PlantRow(models.Model):
    """Base of every operational table."""

    id = UuidField(primary_key=True, default=new_id, editable=False)
    plant = models.ForeignKey("places.Plant", models.PROTECT, related_name="+", db_index=False)

    rows = models.Manager()  # what Django itself uses: saving, deleting, following a relation

    class Meta:
        abstract = True
        base_manager_name = "rows"

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *rest: Any) -> Any:
        """Keep the plant out of SET and put it into WHERE: a row never changes its plant, and shards are found by it."""
        kept = [value for value in values if value[0].name != "plant"]
        scoped = base_qs.filter(plant_id=self.plant_id)
        return super()._do_update(scoped, using, pk_val, kept, *rest)


def one_plant_key(table: str) -> models.UniqueConstraint:
    """``UNIQUE (plant, id)``, which every operational table has: the key under which it is distributed and referenced."""
    return models.UniqueConstraint(fields=["plant", "id"], name=f"{table}_plant_id")
