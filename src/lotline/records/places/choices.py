"""Kinds of places, with their words."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lotline.core.facts import ACCOUNTS, INSIDE
from lotline.core.facts import PlaceKind as CorePlaceKind


class PlaceKind(models.TextChoices):
    SITE = "site", _("Site")
    WAREHOUSE = "warehouse", _("Warehouse")
    BIN = "bin", _("Bin")
    LINE = "line", _("Line")
    STATION = "station", _("Station")
    VESSEL = "vessel", _("Vessel")
    CONTAINER = "container", _("Container")
    SUPPLIER = "supplier", _("Supplier")
    CUSTOMER = "customer", _("Customer")
    SUBCONTRACTOR = "subcontractor", _("Subcontractor")
    TRANSIT = "transit", _("In transit")
    PROCESS = "process", _("Process account")
    SCRAP = "scrap", _("Scrap account")
    VARIANCE = "variance", _("Variance account")


INSIDE_KINDS = frozenset(PlaceKind(kind.value) for kind in INSIDE)
ACCOUNT_KINDS = frozenset(PlaceKind(kind.value) for kind in ACCOUNTS)
PARTNER_KINDS = frozenset({PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SUBCONTRACTOR})

# The places that every plant has from its first day, by code.
STANDARD_PLACES: tuple[tuple[str, CorePlaceKind], ...] = (
    ("SITE", CorePlaceKind.SITE),
    ("PROCESS", CorePlaceKind.PROCESS),
    ("SCRAP", CorePlaceKind.SCRAP),
    ("VARIANCE", CorePlaceKind.VARIANCE),
    ("TRANSIT", CorePlaceKind.TRANSIT),
)
_STANDARD_KINDS = dict(STANDARD_PLACES)


def standard_label(code: str) -> str:
    """What a place that every plant has is called; nothing for any other."""
    return str(PlaceKind(_STANDARD_KINDS[code].value).label) if code in _STANDARD_KINDS else ""
