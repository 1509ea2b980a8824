"""What is said to a person about a log or a document that could not be read whole."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

BAD_LINE: Final = {
    "no_timestamp": _("The line does not begin with a time. It may be the rest of a broken line."),
    "no_item": _("The name of the data item is missing."),
    "no_value": _("A data item stands without a value at the end of the line."),
    "asset": _("This is an asset, not an observation. Assets are not read."),
    "cut": _("The line was broken at the edge of a terminal; its last value may be cut. Unwrap the capture first."),
    "no_sequence": _("The observation has no sequence number."),
}
UNREADABLE: Final = {
    "not_xml": _("This is not well-formed XML."),
    "forbidden_xml": _("The document declares entities or a document type, or has an unknown encoding. It was not read."),
    "other_document": _("This is not an MTConnect document of the expected kind."),
}
