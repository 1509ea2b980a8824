"""Import a workbook or a CSV: look at it, try it, store it.

``detect`` says what a file seems to be; a person may change that; ``preview`` tries everything and stores nothing; ``commit`` stores all
of it or nothing. Both go the same way, so that what a preview promises is what a commit does.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.db import transaction

from lotline.doors.exchange.runs import TABLE, record_run
from lotline.doors.exchange.tables.cells import Row, Sheet, UnreadableTable, show
from lotline.doors.exchange.tables.kinds import KINDS, ORDER_OF_KINDS
from lotline.doors.exchange.tables.limits import HEADER_WITHIN, SAMPLE_ROWS
from lotline.doors.exchange.tables.mapping import Mapping, find_header, header_score, propose_mapping, signature_of, with_known
from lotline.doors.exchange.tables.memory import kind_of_form, recall_mapping, remember_mapping
from lotline.doors.exchange.tables.opening import list_sheets, read_rows
from lotline.doors.exchange.tables.problems import BadTable, RowProblem, Weight
from lotline.doors.exchange.tables.rows import ReadTable, read_table
from lotline.doors.exchange.tables.run import Run
from lotline.doors.exchange.tables.sample import sample_of
from lotline.records.journal.rehearsal import reading_only
from lotline.records.places.models import Plant

# Told (rows done, all rows) while they are checked or stored, and before that how many were read.
Progress = Callable[[int, int], None]
Reading = Callable[[int], None]
# A sheet must name this much of a kind to be taken for it.
_LEAST_SCORE = 6
_MORE_THAN_NAME = 2
READ_BETWEEN = 500


@dataclass(frozen=True, slots=True)
class Detected:
    """What one sheet seems to be. ``mapping`` is None where nothing was recognised. ``first_rows``: as text, for a person to look at."""

    sheet: Sheet
    mapping: Mapping | None
    first_rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What a person decides for an import as a whole.

    ``create_missing``: items, places and partners that do not exist yet come into being. ``book_gaps``: what is drawn beyond the
    records comes from the variance account and is listed. ``skip_bad``: good rows are stored, bad ones are left to be mended. ``again``:
    rows whose facts were taken back are stored anew.
    """

    create_missing: bool = True
    book_gaps: bool = False
    skip_bad: bool = False
    again: bool = False


@dataclass(slots=True)
class Result:
    """What an import did, or would do. ``problems``: bad rows first by table and row, warnings among them.

    ``complete`` is false where the journal refused so many facts that not all were tried.
    """

    tables: list[TableResult] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    facts: int = 0
    already_imported: int = 0
    new_lots: int = 0
    named_units: list[str] = field(default_factory=list)
    new_items: list[str] = field(default_factory=list)
    new_places: list[str] = field(default_factory=list)
    gaps: int = 0
    complete: bool = True
    stored: bool = False
    import_number: int = 0

    @property
    def errors(self) -> list[RowProblem]:
        return [problem for problem in self.problems if problem.weight is Weight.ERROR]

    @property
    def warnings(self) -> list[RowProblem]:
        return [problem for problem in self.problems if problem.weight is Weight.WARNING]

    def bad_rows(self, table: int = 0) -> list[int]:
        """Numbers of the rows of a table that can not be taken."""
        return sorted({problem.row for problem in self.errors if problem.table == table})


@dataclass(slots=True)
class TableResult:
    """One sheet of it. ``sample``: the first fifty rows as they were understood, target column → text; ``row`` is the row's number."""

    mapping: Mapping
    rows: int
    bad: int
    blank: int
    already_imported: int
    sample: list[dict[str, str]]


# --- looking --------------------------------------------------------------------------------------------------------------


def detect(*, plant: Plant, path: Path, kind: str = "") -> list[Detected]:
    """Every sheet with the mapping that fits it best, or that was decided on before. ``kind``: said by a person. Raises ``UnreadableTable``."""
    return [_detect_sheet(plant, path, sheet, kind) for sheet in list_sheets(path)]


def _detect_sheet(plant: Plant, path: Path, sheet: Sheet, kind: str) -> Detected:
    rows = []
    for row in read_rows(path, sheet.name):
        rows.append(row)
        if row.number >= HEADER_WITHIN:
            break
    shown = tuple(tuple(show(cell)[:80] for cell in row.cells[:60]) for row in rows[:10])
    chosen = kind or _known_kind(plant, rows) or best_kind(sheet.name or path.stem, rows)
    if not chosen:
        return Detected(sheet, None, shown)
    try:
        header = find_header(chosen, rows, surely=bool(kind))
    except UnreadableTable:
        return Detected(sheet, None, shown)
    mapping = propose_mapping(chosen, sheet.name, header)
    remembered = recall_mapping(plant=plant, kind=chosen, signature=mapping.signature)
    return Detected(sheet, with_known(mapping, remembered), shown)


def _known_kind(plant: Plant, rows: Sequence[Row]) -> str:
    """The kind that a person chose for a header that stands in these rows."""
    for row in rows:
        headers = [show(cell) for cell in row.cells]
        if sum(bool(header.strip()) for header in headers) > 1 and (kind := kind_of_form(plant=plant, signature=signature_of(headers))):
            return kind
    return ""


def best_kind(name: str, rows: Sequence[Row]) -> str:
    """The kind whose columns the rows name best; the name of the sheet decides between kinds that are close. Nothing where none fits."""
    scores: dict[str, int] = {}
    for kind in KINDS.values():
        named = _MORE_THAN_NAME * any(word in name.casefold() for word in kind.sheet_words)
        score = max((header_score(kind.name, row.cells) for row in rows), default=0)
        if score >= _LEAST_SCORE and not _lacks_much(kind.name, rows):
            scores[kind.name] = score + named
    return max(scores, key=lambda one: scores[one], default="")


def _lacks_much(kind: str, rows: Sequence[Row]) -> bool:
    """Whether more than half of the required columns are missing, which then is another kind of table."""
    header = find_header(kind, rows)
    required = [column for column in KINDS[kind].columns if column.required]
    return len(propose_mapping(kind, "", header).missing()) * 2 > len(required)


# --- trying and storing ---------------------------------------------------------------------------------------------------


def preview(
    *,
    plant: Plant,
    path: Path,
    mappings: Sequence[Mapping],
    options: Options | None = None,
    actor: UUID | None = None,
    progress: Progress | None = None,
    reading: Reading | None = None,
) -> Result:
    """Try the whole import against the records as they are now: nothing is written, and no writer waits. Raises ``UnreadableTable``, ``BadMapping``."""
    chosen = options or Options()
    run = _read(plant, path, mappings, chosen, actor, progress, reading, store=False)
    with reading_only():
        return _finish(run)


def commit(
    *,
    plant: Plant,
    path: Path,
    mappings: Sequence[Mapping],
    options: Options | None = None,
    actor: UUID | None = None,
    progress: Progress | None = None,
    reading: Reading | None = None,
    name: str = "",
) -> Result:
    """Store everything, and remember the mappings. Raises ``BadTable`` with every bad row and nothing stored, unless ``skip_bad``.

    The same rows again store nothing. Raises ``UnreadableTable``, ``BadMapping``, ``Refused`` (somebody else was writing: try again).
    """
    chosen = options or Options()
    run = _read(plant, path, mappings, chosen, actor, progress, reading, store=True)
    with transaction.atomic():
        result = _finish(run)
        if not result.complete or (result.errors and not chosen.skip_bad):
            transaction.set_rollback(True)
        else:
            for mapping in mappings:
                remember_mapping(plant=plant, mapping=mapping, actor=actor)
            span = run.posted.span
            result.import_number = record_run(plant=plant, form=TABLE, name=name or path.name, actor=actor, span=span)
            result.stored = True
    if not result.stored:
        raise BadTable(result.problems)
    return result


def _read(
    plant: Plant,
    path: Path,
    mappings: Sequence[Mapping],
    options: Options,
    actor: UUID | None,
    progress: Progress | None,
    reading: Reading | None,
    *,
    store: bool,
) -> Run:
    """The rows of all sheets, read before the plant's journal is locked."""
    zone = zoneinfo.ZoneInfo(plant.time_zone)
    tables: list[ReadTable] = []
    for index, mapping in enumerate(mappings):
        rows = read_rows(path, mapping.sheet)
        if reading is not None:
            rows = _counted(rows, sum(len(table.rows) for table in tables), reading)
        tables.append(read_table(rows, mapping, zone=zone, index=index))
    return Run(
        plant,
        tables,
        create_missing=options.create_missing,
        book_gaps=options.book_gaps,
        again=options.again,
        actor=actor,
        store=store,
        progress=progress,
    )


def _counted(rows: Iterator[Row], before: int, reading: Reading) -> Iterator[Row]:
    for row in rows:
        if row.number % READ_BETWEEN == 0:
            reading(before + row.number)
        yield row


def _finish(run: Run) -> Result:
    run.execute()
    result = Result(
        problems=sorted(run.problems, key=lambda one: (one.table, one.row, one.weight is not Weight.ERROR)),
        facts=run.posted.facts,
        already_imported=run.already_imported + run.posted.replayed,
        new_lots=run.new_lots,
        named_units=run.named_units,
        new_items=run.new_items,
        new_places=run.new_places,
        gaps=len(run.posted.gaps),
        complete=not run.posted.given_up,
    )
    result.tables = [_table_result(table, index, result, run) for index, table in enumerate(run.tables)]
    return result


def _table_result(table: ReadTable, index: int, result: Result, run: Run) -> TableResult:
    return TableResult(
        mapping=table.mapping,
        rows=len(table.rows),
        bad=len(result.bad_rows(index)),
        blank=table.blank,
        already_imported=run.already_by_table[index],
        sample=[sample_of(row) for row in table.rows[:SAMPLE_ROWS]],
    )


def importable(detected: Sequence[Detected]) -> list[Mapping]:
    """The mappings of all visible sheets that were recognised, in the order in which they are imported."""
    mappings = [one.mapping for one in detected if one.mapping is not None and not one.sheet.hidden and not one.mapping.missing()]
    return sorted(mappings, key=lambda mapping: ORDER_OF_KINDS[mapping.kind])
