"""What exists: units, items, lots, and the numbers that suppliers gave."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from lotline.records.catalog.choices import ItemKind, LotStatus, Tracking
from lotline.records.places.keys import UuidField, new_id
from lotline.records.places.scope import PlantForeignKey, PlantRow, ScopedManager, one_plant_key

# From this many times produced into, a lot is hot: a store tank, a silo (genealogy.closure).
HOT_FILLS = 100


class Unit(models.Model):
    """A unit of measure. ``decimals``: how finely it may be divided (pieces: 0).

    The code is what facts, files and other programs use. People read ``names`` in their language (``{"zh-hans": "件"}``), else
    ``name``, else the code. Names are data of the house, not words of the program: a plant calls its own units what it likes.
    """

    id = UuidField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60, blank=True)
    names = models.JSONField(default=dict, blank=True)
    decimals = models.PositiveSmallIntegerField(default=6)

    class Meta:
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=Q(decimals__lte=6), name="unit_decimals"),)

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """What the reader calls it: in the active language."""
        return self.label_in(get_language() or "")

    def label_in(self, language: str) -> str:
        """What it is called in ``language``, such as ``zh-hans``."""
        return self.names.get(language.lower()) or self.name or self.code


class Item(models.Model):
    """Material, part, product or packaging: group data, the same in every plant. The code is its identity."""

    id = UuidField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, choices=ItemKind.choices, default=ItemKind.RAW)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    tracking = models.CharField(max_length=8, choices=Tracking.choices, default=Tracking.LOT)
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    release_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name or self.code


class ItemUnit(models.Model):
    """Another unit in which an item is counted: one of it holds ``numerator / denominator`` base units, exactly."""

    id = UuidField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item", "unit"], name="itemunit_item_unit"),
            models.CheckConstraint(condition=Q(numerator__gt=0, denominator__gt=0), name="itemunit_positive"),
        )

    def __str__(self) -> str:
        return f"{self.item} / {self.unit}"


class Lot(PlantRow):
    """An identified quantity of one item; a serial is a lot of one piece.

    Identity is (plant, item, code). ``status``, ``expires_at``, ``moved_at_us`` and ``fills`` (how often it was produced
    into) are readings of the journal, kept here
    because every use of the lot asks for them; ``lotline replay --check`` proves that they are what the journal says.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=120)
    batch = models.CharField(max_length=120, blank=True)
    born_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=LotStatus.choices, default=LotStatus.RELEASED)
    decided_at_us = models.BigIntegerField(null=True)
    moved_at_us = models.BigIntegerField()
    fills = models.IntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("lot"),
            # Code first: a scan knows the code and not the item.
            models.UniqueConstraint(fields=["plant", "code", "item"], name="lot_identity"),
        )
        indexes = (
            models.Index(fields=["plant", "item", "born_at"], name="lot_by_item"),
            models.Index(fields=["plant", "batch"], name="lot_by_batch", condition=~Q(batch="")),
            # Lots that were topped up very often; a trace walks differently where there are any.
            models.Index(fields=["plant", "fills"], name="lot_hot", condition=Q(fills__gt=HOT_FILLS)),
        )

    def __str__(self) -> str:
        return self.code


class SupplierLot(PlantRow):
    """The number that a supplier gave. The same number may come in many receipts, and from two suppliers."""

    supplier = PlantForeignKey("places.Place", models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=120)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("supplierlot"),
            models.UniqueConstraint(fields=["plant", "code", "supplier", "item"], name="supplierlot_identity"),
        )

    def __str__(self) -> str:
        return self.code


class LotOrigin(PlantRow):
    """One receipt of a lot under a supplier's number; ``fact_id`` names the receipt in the journal."""

    lot = PlantForeignKey(Lot, models.PROTECT, related_name="origins", db_index=False)
    supplier_lot = PlantForeignKey(SupplierLot, models.PROTECT, related_name="origins", db_index=False)
    fact_id = UuidField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("lotorigin"),
            models.UniqueConstraint(fields=["plant", "lot", "supplier_lot", "fact_id"], name="lotorigin_receipt"),
        )
        indexes = (models.Index(fields=["plant", "supplier_lot", "lot"], name="lotorigin_by_supplier_lot"),)

    def __str__(self) -> str:
        return f"{self.supplier_lot} → {self.lot}"
