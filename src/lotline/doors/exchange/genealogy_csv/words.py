"""What is said to a person about a row of a genealogy that can not be taken."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lotline.doors.exchange.genealogy_csv.rows import RowProblem

PROBLEM: Final[dict[str, str | Promise]] = {
    "file_missing": _("The file is not in the folder. A genealogy has lots.csv, links.csv and events.csv."),
    "encoding_unknown": _("The file is neither UTF-8, UTF-16 nor GB 18030. Save it as UTF-8."),
    "not_csv": _("The file can not be read as CSV. Export it again."),
    "column_missing": _("The first line lacks these columns."),
    "row_short": _("The row has fewer cells than the first line."),
    "code_blank": _("The code of the lot, its item or the event is missing."),
    "character_bad": _("The row holds a character that can not be stored (NUL). Export the file again."),
    "lot_twice": _("The lot stands in an earlier row too. A lot has one row."),
    "event_twice": _("The event stands in an earlier row too. An event has one row."),
    "kind_unknown": _("The kind is none of raw, wip, unit, case, pallet, ship."),
    "type_unknown": _("The type is none of receive, process, split, merge, rework, serialize, pack, palletize, ship."),
    "time_bad": _("This is not a moment. Write it like 2026-11-17T08:43:00+08:00."),
    "quantity_bad": _("This is not a number above zero that fits."),
    "lot_unknown": _("lots.csv does not have this lot."),
    "event_unknown": _("events.csv does not have this event."),
    "changed_since_import": _(
        "This was imported before and says something else now; # is the earlier fact. Take it back (lotline reverse NUMBER --reason …, or the"
        " whole import with lotline reverse --import NUMBER) and import again, or give the lot or event another name."
    ),
    "used_before_it_exists": _("The event uses the lot before anything made or received it. Correct one of the two times."),
}


def describe_row(problem: RowProblem) -> str:
    """Say where and what, in the reader's language: ``links.csv:17: … (RM-0007)``."""
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    detail = f" ({problem.detail})" if problem.detail else ""
    return f"{where}: {PROBLEM[problem.code]}{detail}"
