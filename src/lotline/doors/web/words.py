"""Words that several pages use for things of the records."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lotline.doors.web.lookup import Why
from lotline.records.genealogy.choices import operation_label
from lotline.records.genealogy.facts import FactView
from lotline.records.genealogy.starts import Start, StartKind
from lotline.records.genealogy.whereabouts import Spot, Stay
from lotline.records.journal.choices import FactKind
from lotline.records.places.choices import PlaceKind, standard_label

KINDS: dict[str, Promise] = {
    "lot": _("Lots and serial numbers"),
    "batch": _("Batches of serial numbers"),
    "supplier_lot": _("Supplier's lot numbers"),
    "container": _("Containers"),
    "order": _("Orders"),
    "document": _("Documents"),
    "partner": _("Partners"),
    "item": _("Items"),
    "place": _("Places"),
    "text": _("Records that say it"),
}
KIND_ICONS = {
    "lot": "package", "batch": "packages", "supplier_lot": "building-factory-2", "container": "packages", "order": "list",
    "document": "truck", "partner": "user", "item": "grid-dots", "place": "building-factory-2", "text": "list",
}  # fmt: skip
WHY: dict[Why, Promise] = {
    Why.CODE: _("same code"),
    Why.CODE_BEGINS: _("code begins like this"),
    Why.NAME: _("same name"),
    Why.NAME_HOLDS: _("part of the name"),
    Why.CODE_HOLDS: _("part of the code"),
    Why.TEXT: _("written in a record"),
}


def what_of(fact: FactView) -> str:
    """What was done: the operation as the plant calls it, else the kind of fact."""
    return operation_label(fact.text("operation")) or str(FactKind(fact.kind).label)


def place_label(spot: Spot) -> str:
    """What people call a place. A standard place that nobody has named is called by what it is."""
    return spot.name or standard_label(spot.code) or spot.code


def path_label(stay: Stay) -> str:
    """A place with what it lies in, outermost first; the site itself is left out."""
    shown = [spot for spot in stay.path if spot.kind != PlaceKind.SITE] or list(stay.path)
    return " › ".join(place_label(spot) for spot in reversed(shown))


def meaning_title(start: Start) -> str:
    """What kind of thing a meaning of a code is, in the singular."""
    return str({
        StartKind.LOT: _("Lot"),
        StartKind.BATCH: _("Batch of serial numbers"),
        StartKind.SUPPLIER_LOT: _("Supplier's lot number"),
        StartKind.CONTAINER: _("Container"),
        StartKind.PLACE: _("Place"),
        StartKind.SUPPLIER: _("Supplier"),
        StartKind.CUSTOMER: _("Customer"),
        StartKind.ORDER: _("Order"),
        StartKind.DOCUMENT: _("Document"),
    }[start.kind])  # fmt: skip


def lots_counted(count: int) -> str:
    """``3 lots``."""
    return ngettext("%(n)s lot", "%(n)s lots", count) % {"n": f"{count:,}"}
