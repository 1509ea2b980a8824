"""What is said to a person about an inspection document that could not be read whole."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

PROBLEM: Final = {
    "double_id": _("The same id is used twice in the document; the first use counts."),
    "no_results": _("The document has no measurement results."),
    "no_component": _("The results name a component that the document does not describe."),
    "several_serials": _("The results name several serial numbers; which part was measured is not known."),
    "broken_link": _("The characteristic has no definition in the document, so it has no name or no limits."),
    "no_number": _("The measured value is not a number; it is kept as not recorded."),
}
UNREADABLE: Final = {
    "not_xml": _("This is not well-formed XML."),
    "forbidden_xml": _("The document declares entities or a document type, or has an unknown encoding. It was not read."),
    "other_document": _("This is not a QIF 2 document."),
    "other_version": _("Only version 2 of QIF is read."),
}
DOUBT: Final = {
    "no_value": _("No value was recorded."),
    "no_limits": _("The document gives no limits."),
    "no_nominal": _("Tolerances are given as deviations, and the nominal is missing."),
    "negative_zone": _("The tolerance zone has a negative width: no value can lie in it."),
    "bonus": _("The zone grows with the size of the feature, which is not part of this value."),
}
