"""What is said to a person about a file of the box assembly that could not be used."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lotline.doors.exchange.box_assembly.material import FileProblem
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


def describe_problem(problem: FileProblem) -> str:
    """Say where and what, in the reader's language: ``Plate-Op1-Hurco04-02of20.txt:3529: … (2017)``."""
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    detail = f" ({problem.detail})" if problem.detail else ""
    return f"{where}: {PROBLEM[problem.code]}{detail}"
