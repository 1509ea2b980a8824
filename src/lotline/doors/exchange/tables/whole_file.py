"""A whole file at once, for the command line: what is recognised is imported, with what was said about it."""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lotline.doors.exchange.tables.bad_rows import write_bad_rows_csv, write_bad_rows_workbook
from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.importing import Options, detect, importable
from lotline.doors.exchange.tables.kinds import KINDS
from lotline.doors.exchange.tables.mapping import IGNORE, BadMapping, ColumnUse, Mapping, check_mapping, mapping_from_json, plain_header
from lotline.doors.exchange.tables.problems import RowProblem
from lotline.doors.exchange.tables.words import describe
from lotline.records.places.models import Plant


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person said about the file. ``columns``: header → target column, ``+`` (keep) or ``-`` (leave out). ``defaults``: target → text."""

    kind: str = ""
    sheet: str = ""
    mapping: Mapped[str, Any] | None = None
    columns: Mapped[str, str] = field(default_factory=dict)
    defaults: Mapped[str, str] = field(default_factory=dict)
    date_order: str = ""
    options: Options = field(default_factory=Options)


def choose_mappings(*, plant: Plant, path: Path, wishes: Wishes) -> list[Mapping]:
    """The sheets to import with their mappings. Raises ``UnreadableTable``, ``BadMapping``."""
    if wishes.kind and wishes.kind not in KINDS:
        raise BadMapping("kind_unknown", kind=wishes.kind)
    if wishes.mapping is not None:
        return [with_wishes(mapping_from_json(wishes.mapping), wishes)]
    detected = detect(plant=plant, path=path, kind=wishes.kind)
    if wishes.sheet:
        detected = [one for one in detected if one.sheet.name == wishes.sheet]
    wanted = [replace(one, mapping=with_wishes(one.mapping, wishes)) for one in detected if one.mapping is not None]
    mappings = importable(wanted)
    if not mappings and len(wanted) == 1 and wanted[0].mapping is not None:
        mappings = [wanted[0].mapping]  # its import says which columns are missing
    if not mappings:
        raise UnreadableTable("nothing_recognised")
    return mappings


def with_wishes(mapping: Mapping, wishes: Wishes) -> Mapping:
    """The mapping as the person wants it. Raises ``BadMapping``."""
    wanted = {plain_header(header): target for header, target in wishes.columns.items()}
    columns = tuple(_wanted_use(column, wanted) for column in mapping.columns)
    names = {column.name for column in mapping.table_kind.columns}
    defaults = {**mapping.defaults, **{name: text for name, text in wishes.defaults.items() if name in names}}
    changed = replace(mapping, columns=columns, defaults=defaults, date_order=wishes.date_order or mapping.date_order)
    return check_mapping(changed)


def _wanted_use(column: ColumnUse, wanted: Mapped[str, str]) -> ColumnUse:
    plain = plain_header(column.header)
    if plain in wanted:
        return replace(column, use=wanted[plain])
    # A target that was given to another column is free of the one that had it.
    return replace(column, use=IGNORE) if column.use in wanted.values() and column.use not in {"+", "-"} else column


def write_bad_rows(*, path: Path, mappings: list[Mapping], problems: list[RowProblem], target: Path) -> list[Path]:
    """Write the bad rows of every sheet that has some: to ``target``, or beside it with the number of the sheet."""
    written: list[Path] = []
    for table in sorted({problem.table for problem in problems if problem.weight == "error"}):
        name = target if not written else target.with_name(f"{target.stem}-{table + 1}{target.suffix}")
        write = write_bad_rows_workbook if target.suffix.lower() == ".xlsx" else write_bad_rows_csv
        write(path=path, mapping=mappings[table], problems=problems, table=table, target=name)
        written.append(name)
    return written


def tell_problem(problem: RowProblem, mappings: list[Mapping]) -> str:
    """Where and what, in the active language: ``来料 7 数量: …``."""
    sheet = mappings[problem.table].sheet
    where = " ".join(part for part in (sheet, str(problem.row) if problem.row else "", problem.column) if part)
    return f"{where}: {describe(problem)}"
