"""The journal: facts, and the postings, carriages and subjects that they consist of. Written once, never changed.

Below them, under their own heading, are readings that the store keeps up to date in the same transaction, because a law or
every screen asks for them: the head of the chain, balances, holds. ``replay`` rebuilds those from the facts alone.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lotline.records.catalog.models import Lot
from lotline.records.journal.choices import FactKind, FactSource, LotRole
from lotline.records.places.keys import UuidField
from lotline.records.places.models import Place
from lotline.records.places.scope import PlantForeignKey, PlantRow, ScopedManager, one_plant_key

# Tables that the database itself refuses to change (migrations/…_append_only_guard.py).
FROZEN_TABLES = ("journal_fact", "journal_posting", "journal_carriage", "journal_subject", "journal_reversal")


class Fact(PlantRow):
    """One thing that happened. ``body`` are its canonical bytes; ``hash`` is their SHA-256 and the next fact names it.

    The other columns repeat parts of ``body`` so that the database can find it.
    """

    seq = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=FactKind.choices)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    key = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=FactSource.choices)
    actor_id = UuidField(null=True)
    station = models.CharField(max_length=120, blank=True)
    equipment = models.CharField(max_length=120, blank=True)
    operator = models.CharField(max_length=80, blank=True)
    order = models.CharField(max_length=120, blank=True)
    operation = models.CharField(max_length=120, blank=True)
    document = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    hash = models.CharField(max_length=64)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("fact"),
            models.UniqueConstraint(fields=["plant", "seq"], name="fact_seq"),
            models.UniqueConstraint(fields=["plant", "key"], name="fact_key"),
        )
        indexes = (
            models.Index(fields=["plant", "happened_at", "seq"], name="fact_by_time"),
            models.Index(fields=["plant", "order"], name="fact_by_order", condition=~Q(order="")),
            models.Index(fields=["plant", "document"], name="fact_by_document", condition=~Q(document="")),
            models.Index(fields=["plant", "equipment", "happened_at"], name="fact_by_equipment", condition=~Q(equipment="")),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class Posting(PlantRow):
    """A quantity (micro base units) of a lot leaves one place and enters another: both sides in one row (law 1).

    ``at_us`` (microseconds since the epoch) and ``seq`` repeat the fact's moment: together they order everything, and with
    them both indexes below answer a trace without touching the table. ``boxed`` is 1 where an end is a container. Foreign keys of this table are kept by the only
    action that writes it, which has just read the rows they name; the rows can not be deleted (docs/adr/0007).
    """

    fact = PlantForeignKey(Fact, models.PROTECT, related_name="postings", db_index=False, db_constraint=False)
    lot = PlantForeignKey(Lot, models.PROTECT, related_name="postings", db_index=False, db_constraint=False)
    origin = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    target = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    quantity = models.BigIntegerField()
    role = models.SmallIntegerField(choices=LotRole.choices, default=LotRole.MOVE)
    strand = models.IntegerField(default=0)
    certain = models.SmallIntegerField(default=1)
    boxed = models.SmallIntegerField(default=0)
    at_us = models.BigIntegerField()
    seq = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("posting"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="posting_quantity_positive"),
            models.CheckConstraint(condition=~Q(origin=F("target")), name="posting_goes_somewhere"),
            models.CheckConstraint(condition=Q(certain__in=[0, 1]), name="posting_certain"),
        )
        indexes = (
            models.Index(fields=["lot", "role", "at_us", "seq", "fact", "strand", "certain"], name="posting_by_lot"),
            models.Index(fields=["fact", "role", "strand", "lot", "certain", "at_us", "seq"], name="posting_by_fact"),
            # What lay in a container at some moment is asked by its place; few postings have one at either end.
            models.Index(fields=["target", "at_us", "seq"], name="posting_into_box", condition=Q(boxed=1)),
            models.Index(fields=["origin", "at_us", "seq"], name="posting_out_of_box", condition=Q(boxed=1)),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.lot_id}"


class Carriage(PlantRow):
    """A container moved from one place to another, with all that is in it."""

    fact = PlantForeignKey(Fact, models.PROTECT, related_name="carriages", db_index=False)
    container = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False)
    origin = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False)
    target = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False)
    at_us = models.BigIntegerField()
    seq = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("carriage"),
            models.CheckConstraint(condition=~Q(origin=F("target")), name="carriage_goes_somewhere"),
            models.CheckConstraint(condition=~Q(container=F("target")), name="carriage_not_into_itself"),
        )
        indexes = (
            models.Index(fields=["container", "at_us", "seq"], name="carriage_by_container"),
            models.Index(fields=["fact"], name="carriage_by_fact"),
            # What stood in a container at some moment, and when it was last used, is asked by the ends of the way.
            models.Index(fields=["target", "at_us"], name="carriage_into"),
            models.Index(fields=["origin", "at_us"], name="carriage_out_of"),
        )

    def __str__(self) -> str:
        return f"{self.container_id} → {self.target_id}"


class Subject(PlantRow):
    """A lot that a fact speaks about without moving it: an inspection, a hold, a note."""

    fact = PlantForeignKey(Fact, models.PROTECT, related_name="subjects", db_index=False)
    lot = PlantForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    at_us = models.BigIntegerField()
    seq = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (one_plant_key("subject"),)
        indexes = (
            models.Index(fields=["lot", "at_us", "seq"], name="subject_by_lot"),
            models.Index(fields=["fact", "lot"], name="subject_by_fact"),
        )

    def __str__(self) -> str:
        return f"{self.fact_id} {self.lot_id}"


class Reversal(PlantRow):
    """``fact`` was taken back by ``by``, whose place in the plant's order is ``seq``. A fact is taken back at most once."""

    fact = PlantForeignKey(Fact, models.PROTECT, related_name="reversals", db_index=False)
    by = PlantForeignKey(Fact, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("reversal"),
            models.UniqueConstraint(fields=["plant", "fact"], name="reversal_once"),
        )
        indexes = (
            models.Index(fields=["fact", "seq"], name="reversal_by_fact"),
            models.Index(fields=["by", "seq"], name="reversal_by_taker"),
        )

    def __str__(self) -> str:
        return f"{self.fact_id}"


# --- readings that are kept up to date with the journal -----------------------------------------------------------------


class Head(PlantRow):
    """The end of a plant's chain. Whoever appends locks this row first, so that a plant has one order of facts."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
    recorded_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("head"),
            models.UniqueConstraint(fields=["plant"], name="head_of_plant"),
        )

    def __str__(self) -> str:
        return f"{self.seq}"


class Balance(PlantRow):
    """What lies where now (micro base units). Accounts and suppliers have no row; a row that comes to zero goes."""

    lot = PlantForeignKey(Lot, models.PROTECT, related_name="balances", db_index=False, db_constraint=False)
    place = PlantForeignKey(Place, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    quantity = models.BigIntegerField()
    inside = models.BooleanField()

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("balance"),
            models.UniqueConstraint(fields=["plant", "lot", "place"], name="balance_lot_place"),
            models.CheckConstraint(condition=Q(inside=False) | Q(quantity__gte=0), name="balance_not_negative"),
        )
        indexes = (models.Index(fields=["plant", "place"], name="balance_by_place"),)

    def __str__(self) -> str:
        return f"{self.quantity} {self.lot_id} @ {self.place_id}"


class Hold(PlantRow):
    """A decision that a lot, everywhere or at one place, may not be used. Opened and closed by facts."""

    lot = PlantForeignKey(Lot, models.PROTECT, related_name="holds", db_index=False)
    place = PlantForeignKey(Place, models.PROTECT, null=True, related_name="+", db_index=False)
    opened_by = PlantForeignKey(Fact, models.PROTECT, related_name="+", db_index=False)
    closed_by = PlantForeignKey(Fact, models.PROTECT, null=True, related_name="+", db_index=False)
    opened_at_us = models.BigIntegerField()
    closed_at_us = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("hold"),
            models.UniqueConstraint(fields=["plant", "opened_by", "lot"], name="hold_once"),
        )
        indexes = (
            models.Index(fields=["lot"], name="hold_by_lot"),
            models.Index(fields=["plant", "opened_at_us"], name="hold_open", condition=Q(closed_by=None)),
        )

    def __str__(self) -> str:
        return f"{self.lot_id}"
