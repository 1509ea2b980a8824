"""Words of genealogy: where a quantity stands, how sure a trace is, what is missing in a chain."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Standing(models.TextChoices):
    """What has become of a quantity. The first three are still in the plant's hands."""

    HERE = "here", _("On hand")
    SUBCONTRACTOR = "subcontractor", _("At a subcontractor")
    TRANSIT = "transit", _("In transit")
    SHIPPED = "shipped", _("Shipped")
    CONSUMED = "consumed", _("Consumed")
    SCRAPPED = "scrapped", _("Scrapped")
    RETURNED = "returned", _("Returned to supplier")
    VARIANCE = "variance", _("Difference")


class Certainty(models.TextChoices):
    """How sure it is that a lot holds something of the start."""

    CERTAIN = "certain", _("Certain")
    POSSIBLE = "possible", _("Possible")
    EXCLUDED = "excluded", _("Excluded")


class Exclusion(models.TextChoices):
    """Why a lot that one might suspect is not affected."""

    EARLIER_DRAW = "earlier_draw", _("Drawn before the material got in")
    EMPTIED = "emptied", _("The lot had been emptied before it was used here")
    NOT_REACHED = "not_reached", _("Same product and period, not reached by the trace")


class TraceGap(models.TextChoices):
    """Why a trace is not the whole answer (law 11)."""

    NOT_YET = "not_yet", _("At that moment the records did not know of it yet")


class GapKind(models.TextChoices):
    """What is missing in the chain of a lot. ``NOT_INSPECTED`` is told beside the others and does not break the chain."""

    NO_SOURCE = "no_source", _("No source")
    NO_SUPPLIER_LOT = "no_supplier_lot", _("No supplier lot number")
    POSSIBLE_ONLY = "possible_only", _("One of several possible sources")
    VARIANCE_IN_CHAIN = "variance_in_chain", _("Quantity that the records did not know of")
    NOT_INSPECTED = "not_inspected", _("Not inspected")


class LotState(models.TextChoices):
    """The state that a person sees: what was decided, what lies on top of it, and what has become of the quantity."""

    PENDING = "pending", _("Pending inspection")
    RELEASED = "released", _("Released")
    CONCESSION = "concession", _("Released under concession")
    REJECTED = "rejected", _("Rejected")
    HOLD = "hold", _("On hold")
    EXPIRED = "expired", _("Expired")
    CONSUMED = "consumed", _("Consumed")
    SHIPPED = "shipped", _("Shipped")
    SCRAPPED = "scrapped", _("Scrapped")


class Stage(models.TextChoices):
    """Columns of a genealogy that no operation names."""

    RECEIVED = "received", _("Received lots")
    WHEREABOUTS = "whereabouts", pgettext_lazy("column of a genealogy", "Where it is")


class FormOperation(models.TextChoices):
    """Operations of facts that came in the genealogy form (``exchange.genealogy_csv``), which has codes for them instead of the
    plant's own words.
    """

    RECEIVE = "receive", pgettext_lazy("operation", "Receive")
    PROCESS = "process", pgettext_lazy("operation", "Process")
    SPLIT = "split", pgettext_lazy("operation", "Split")
    MERGE = "merge", pgettext_lazy("operation", "Merge")
    REWORK = "rework", pgettext_lazy("operation", "Rework")
    SERIALIZE = "serialize", pgettext_lazy("operation", "Serialize")
    PACK = "pack", pgettext_lazy("operation", "Pack")
    PALLETIZE = "palletize", pgettext_lazy("operation", "Palletize")
    SHIP = "ship", pgettext_lazy("operation", "Ship")


def operation_label(operation: str) -> str:
    """An operation as people read it: the plant's own word, or the word for a code of the genealogy form."""
    return str(FormOperation(operation).label) if operation in FormOperation.values else operation
