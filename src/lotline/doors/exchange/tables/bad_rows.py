"""What has to be mended: the bad rows of a file as they stood in it, each with its reasons, as CSV or workbook to correct and import again."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import xlsxwriter

from lotline.core.csv_text import guarded
from lotline.doors.exchange.tables.cells import show
from lotline.doors.exchange.tables.kinds import REASON, ROW_NUMBER
from lotline.doors.exchange.tables.limits import LONGEST_CELL
from lotline.doors.exchange.tables.mapping import Mapping
from lotline.doors.exchange.tables.opening import read_rows
from lotline.doors.exchange.tables.problems import RowProblem, Weight
from lotline.doors.exchange.tables.words import describe


def write_bad_rows_csv(*, path: Path, mapping: Mapping, problems: Sequence[RowProblem], table: int, target: Path) -> int:
    """Write them as CSV (UTF-8 with mark, so that Excel shows Chinese). Returns how many. A text that a spreadsheet would run as a
    formula gets an apostrophe in front, which our own import takes off again.
    """
    count = -1
    with target.open("w", encoding="utf-8-sig", newline="", errors="replace") as handle:
        writer = csv.writer(handle)
        for cells in _bad_rows(path, mapping, problems, table):
            writer.writerow([guarded(cell) for cell in cells])
            count += 1
    return count


def write_bad_rows_workbook(*, path: Path, mapping: Mapping, problems: Sequence[RowProblem], table: int, target: Path | IO[bytes]) -> int:
    """Write them as .xlsx, every cell as text: no formula runs and no long number loses digits. Returns how many."""
    count = -1
    destination = str(target) if isinstance(target, Path) else target
    book = xlsxwriter.Workbook(destination, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    with book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet = book.add_worksheet()
        for number, cells in enumerate(_bad_rows(path, mapping, problems, table)):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number, column, _writable(cell), text if number else bold)
            count += 1
        sheet.freeze_panes(1, 0)
    return count


def _writable(text: str) -> str:
    """XML of a workbook holds neither NUL nor half characters."""
    kept = "".join(
        character if character >= " " or character in "\t\n" else "\N{REPLACEMENT CHARACTER}" for character in text[:LONGEST_CELL]
    )
    return kept.encode("utf-8", "replace").decode()


def _bad_rows(path: Path, mapping: Mapping, problems: Sequence[RowProblem], table: int) -> Iterator[list[str]]:
    """The header, then the bad rows with their cells as text, their reasons and where they stood."""
    reasons: dict[int, list[str]] = defaultdict(list)
    for problem in problems:
        if problem.table == table and problem.weight is Weight.ERROR:
            said = f"{problem.column}: {describe(problem)}" if problem.column else describe(problem)
            if said not in reasons[problem.row]:
                reasons[problem.row].append(said)
    width = max((use.index + 1 for use in mapping.columns), default=0)
    headers = [""] * width
    for use in mapping.columns:
        headers[use.index] = use.header
    yield [*headers, str(REASON), str(ROW_NUMBER)]
    above: list[str] = []
    for row in read_rows(path, mapping.sheet):
        if row.number <= mapping.header_row:
            continue
        cells = [show(cell) for cell in row.cells[:width]]
        cells += [""] * (width - len(cells))
        above = _carried(mapping, cells, above)
        if row.number in reasons:
            yield [*above, " ".join(reasons[row.number]), str(row.number)]


def _carried(mapping: Mapping, cells: list[str], above: list[str]) -> list[str]:
    """A row that goes on with the product above it, standing for itself."""
    carried = mapping.table_kind.carried
    lots = mapping.indexes("output_lot")
    if not carried or not above or not lots or cells[lots[0]].strip():
        return cells
    wanted = {use.index for use in mapping.columns if use.use in carried}
    return [above[at] if at in wanted and not cell.strip() else cell for at, cell in enumerate(cells)]
