"""An import as plain values and sentences, for the command line and for machines."""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.importing import Options, Progress, Result, commit, preview
from lotline.doors.exchange.tables.kinds import KINDS
from lotline.doors.exchange.tables.mapping import ATTRIBUTE, IGNORE, BadMapping, Mapping
from lotline.doors.exchange.tables.problems import BadTable, RowProblem, Weight
from lotline.doors.exchange.tables.whole_file import Wishes, choose_mappings, tell_problem, write_bad_rows
from lotline.doors.exchange.tables.words import describe_file
from lotline.records.places.models import Plant


class Unusable(ValueError):
    """The file, the mapping or rows of it can not be taken; nothing was stored. The texts are for the person who asked."""

    def __init__(self, reason: str = "", advice: str = "", details: list[str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.details = details or []


def import_and_report(
    *,
    plant: Plant,
    path: Path,
    said: Mapped[str, Any],
    actor: UUID | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
    bad_rows: Path | None = None,
) -> dict[str, Any]:
    """Import a file as ``said`` (the fields of ``Wishes`` and ``Options``). Raises ``Unusable``; ``bad_rows`` is written all the same.

    A dry run with bad rows is an answer, not a failure.
    """
    options = Options(**{name: said[name] for name in ("create_missing", "book_gaps", "skip_bad", "again") if name in said})
    wishes = Wishes(
        options=options, **{name: said[name] for name in ("kind", "sheet", "mapping", "columns", "defaults", "date_order") if name in said}
    )
    mappings: list[Mapping] = []
    try:
        mappings = choose_mappings(plant=plant, path=path, wishes=wishes)
        action = preview if dry_run else commit
        result = action(plant=plant, path=path, mappings=mappings, options=options, actor=actor, progress=progress)
    except (UnreadableTable, BadMapping) as bad:
        raise Unusable(describe_file(bad.code, bad.params), advice=_advice(bad, mappings)) from bad
    except BadTable as bad:
        advice = _("Correct them and import again.")
        if bad_rows is not None:
            write_bad_rows(path=path, mappings=mappings, problems=bad.problems, target=bad_rows)
            advice = _("Correct them in {file} and import that.").format(file=bad_rows)
        raise Unusable(advice=advice, details=[tell_problem(problem, mappings) for problem in _errors(bad.problems)]) from bad
    if bad_rows is not None and result.errors:
        write_bad_rows(path=path, mappings=mappings, problems=result.problems, target=bad_rows)
    return _as_values(result, mappings)


def _advice(bad: UnreadableTable | BadMapping, mappings: list[Mapping]) -> str:
    """What to do about a file that can not be taken: where only columns are not named, the options that name them, with a header of the file."""
    template = _("lotline import template KIND FILE writes an empty table.")
    if bad.code != "columns_missing":
        return template
    free = [
        use.header for mapping in mappings if mapping.missing() for use in mapping.columns if use.use in {ATTRIBUTE, IGNORE} and use.header
    ]
    target = bad.params["targets"].partition(",")[0]
    example = _('Name them, for example --column "{header}={target}" or, for all rows, --all-rows "{target}=…". Their names: {targets}.')
    return f"{example.format(header=free[0] if free else _('HEADER'), target=target, targets=bad.params['targets'])} {template}"


def _errors(problems: list[RowProblem]) -> list[RowProblem]:
    return [problem for problem in problems if problem.weight is Weight.ERROR]


def _as_values(result: Result, mappings: list[Mapping]) -> dict[str, Any]:
    return {
        "import_number": result.import_number,
        "facts": result.facts,
        "already_imported": result.already_imported,
        "new_lots": result.new_lots,
        "named_units": len(result.named_units),
        "new_items": len(result.new_items),
        "new_places": len(result.new_places),
        "gaps": result.gaps,
        "rows": sum(table.rows for table in result.tables),
        "bad_rows": sum(table.bad for table in result.tables),
        "tables": [
            {
                "sheet": table.mapping.sheet,
                "kind": table.mapping.kind,
                "name": str(KINDS[table.mapping.kind].label),
                "rows": table.rows,
                "already_imported": table.already_imported,
                "bad_rows": table.bad,
            }
            for table in result.tables
        ],
        "problems": [tell_problem(problem, mappings) for problem in result.errors],
        "warnings": [tell_problem(problem, mappings) for problem in result.warnings],
    }
