"""Kinds of items and lots, with their words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ItemKind(models.TextChoices):
    RAW = "raw", _("Raw material")
    PACKAGING = "packaging", _("Packaging material")
    WIP = "wip", _("Semi-finished product")
    FINISHED = "finished", _("Finished product")
    LOGISTIC = "logistic", _("Logistic unit")


class Tracking(models.TextChoices):
    LOT = "lot", _("By lot")
    SERIAL = "serial", _("By serial number")


class LotStatus(models.TextChoices):
    PENDING = "pending", _("Pending inspection")
    RELEASED = "released", _("Released")
    CONCESSION = "concession", _("Released under concession")
    REJECTED = "rejected", _("Rejected")
