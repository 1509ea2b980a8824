"""What is said to a person about a file of the box assembly that could not be used."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lotline.doors.exchange.mtconnect import words as mtconnect
from lotline.doors.exchange.qif import words as qif

PROBLEM: Final[dict[str, str | Promise]] = {
    **mtconnect.BAD_LINE,
    **qif.UNREADABLE,
    **qif.PROBLEM,
    "unreadable_file": _("The file can not be opened or unpacked."),
    "unknown_name": _("The name of the file does not say which part, operation or inspector it belongs to."),
    "silent_log": _("The log holds no observation, so nothing is known of when something was done."),
}
