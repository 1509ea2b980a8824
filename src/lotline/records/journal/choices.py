"""What the journal refuses, and why: one table of codes with the words that a person reads."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lotline.core.facts import FactKind as CoreFactKind


class FactKind(models.TextChoices):
    RECEIVE = CoreFactKind.RECEIVE, _("Receive")
    MOVE = CoreFactKind.MOVE, _("Move")
    LOAD = CoreFactKind.LOAD, _("Load")
    UNLOAD = CoreFactKind.UNLOAD, _("Unload")
    TRANSFORM = CoreFactKind.TRANSFORM, _("Transform")
    SPLIT = CoreFactKind.SPLIT, _("Split")
    MERGE = CoreFactKind.MERGE, _("Merge")
    PACK = CoreFactKind.PACK, _("Pack")
    UNPACK = CoreFactKind.UNPACK, _("Unpack")
    SHIP = CoreFactKind.SHIP, _("Ship")
    RETURN = CoreFactKind.RETURN, _("Return")
    SCRAP = CoreFactKind.SCRAP, _("Scrap")
    ADJUST = CoreFactKind.ADJUST, _("Adjust")
    INSPECT = CoreFactKind.INSPECT, _("Inspect")
    HOLD = CoreFactKind.HOLD, _("Hold")
    RELEASE = CoreFactKind.RELEASE, _("Release")
    SIGN = CoreFactKind.SIGN, _("Sign")
    NOTE = CoreFactKind.NOTE, _("Note")
    REVERSE = CoreFactKind.REVERSE, _("Reverse")


class FactSource(models.TextChoices):
    SCAN = "scan", _("Scanned")
    DEVICE = "device", _("From a device")
    TYPED = "typed", _("Typed by hand")
    IMPORT = "import", _("Imported")
    API = "api", _("From another system")


class LotRole(models.IntegerChoices):
    """What a posting means to genealogy: neither, consumed into the process account, or produced out of it."""

    MOVE = 0, _("Moved")
    INPUT = 1, _("Consumed")
    OUTPUT = 2, _("Produced")
