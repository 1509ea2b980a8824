"""Reads workbooks, in a process of its own: ``python -m lotline.doors.exchange.tables.workbook_process sheets|rows FILE [SHEET]``.

A workbook of some kilobytes can name a cell in the last row and column of a sheet; the reader then asks for hundreds of gigabytes,
and the process that asked ends. So it is this one, with limits on memory and time, and not the server (see ``workbook``).

One JSON value a line: for ``sheets`` ``[name, hidden]``, for ``rows`` a list of cells, or ``{"cells": …, "merged": …}`` where the cells at
some positions show the value of a merged cell that began in a row above. A text is a JSON string, an empty cell null,
anything else ``[letter, text]``: n number, b true or false, d date and time, D date, t time of day, e error. Knows no Django.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

from lotline.doors.exchange.tables.limits import LARGEST_UNPACKED, MOST_COLUMNS, MOST_ROWS, READER_MEMORY, READER_SECONDS
from lotline.doors.exchange.tables.workbook_errors import error_cells, unpacked_size

UNREADABLE, TOO_LARGE, PROTECTED = 3, 4, 5
# Excel keeps 15 digits of a number and shows no more; what a sum leaves beyond them (0.30000000000000004) is not data.
_SHOWN = Context(prec=15)


def main(arguments: Sequence[str]) -> int:
    """Write what was asked for to standard output. The exit code tells what was wrong."""
    _limit_resources()
    from python_calamine import CalamineError, PasswordError, load_workbook  # noqa: PLC0415 -- only here, within the limits

    action, file, *rest = arguments
    if unpacked_size(Path(file)) > LARGEST_UNPACKED:
        return TOO_LARGE
    try:
        with load_workbook(file) as book:
            if action == "sheets":
                for sheet in book.sheets_metadata:
                    if "WorkSheet" in str(sheet.typ):
                        _say([sheet.name, "Visible" not in str(sheet.visible).rpartition(".")[2]])
                return 0
            cells = book.get_sheet_by_name(rest[0])
            if cells.total_width > MOST_COLUMNS or cells.total_height > MOST_ROWS + 1000:
                return TOO_LARGE
            for row in filled(cells, error_cells(Path(file), rest[0])):
                _say(row)
    except PasswordError:
        return PROTECTED
    except (CalamineError, ValueError, OSError):
        return UNREADABLE
    return 0


def filled(sheet: Any, errors: dict[tuple[int, int], str]) -> Iterator[Any]:
    """The rows from the first of the sheet on, as they are said, with the value of merged cells in each row that they span, and failed formulas named."""
    left = sheet.start[1] if sheet.start else 0
    merged = sorted((first, last, column) for (first, column), (last, _right) in sheet.merged_cell_ranges or [] if last > first)
    held: list[tuple[int, int, Any]] = []
    position = 0
    for number, cells in enumerate(sheet.iter_rows()):
        row = [None] * left + [_spell(cell) for cell in cells]
        for column in [column for at, column in errors if at == number] if errors else ():
            row += [None] * (column + 1 - len(row))
            row[column] = ["e", errors[number, column]]
        held = [one for one in held if one[0] >= number]
        from_above = [column for _last, column, _value in held if column < len(row) and row[column] is None]
        for _last, column, value in held:
            if column in from_above:
                row[column] = value
        while position < len(merged) and merged[position][0] <= number:
            first, last, column = merged[position]
            if first == number and column < len(row):
                held.append((last, column, row[column]))
            position += 1
        while row and row[-1] is None:
            row.pop()
        yield {"cells": row, "merged": from_above} if from_above else row


def _spell(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return ["b", "1" if cell else ""]
    if isinstance(cell, int):
        return ["n", str(cell)]
    if isinstance(cell, float):
        return ["n", str(_SHOWN.plus(Decimal(repr(cell))))]
    if isinstance(cell, datetime):
        return ["d", _whole_seconds(cell).isoformat()]
    if isinstance(cell, date):
        return ["D", cell.isoformat()]
    if isinstance(cell, time):
        return ["t", cell.replace(microsecond=0).isoformat()]
    if isinstance(cell, timedelta):  # a time of day in a cell that may also count hours
        return ["t", (datetime(2000, 1, 1) + cell).time().replace(microsecond=0).isoformat()] if cell.days == 0 else str(cell)  # noqa: DTZ001
    return str(cell)


def _whole_seconds(moment: datetime) -> datetime:
    """A workbook counts days as a float, so 08:00:00 can come as 07:59:59.999999."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0) if moment.microsecond else moment


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _limit_resources() -> None:
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")  # type: ignore[union-attr]  # a text stream, here
    try:
        import resource  # noqa: PLC0415 -- not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (READER_MEMORY, READER_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (READER_SECONDS, READER_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
