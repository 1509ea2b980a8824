"""Opening a file as sheets and rows, whatever its form. The content decides, not the name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotline.doors.exchange.tables.cells import Cell, CellError, Row, Sheet, UnreadableTable
from lotline.doors.exchange.tables.csv_rows import csv_rows, find_encoding
from lotline.doors.exchange.tables.foreign import OLE, ZIP, refuse_foreign
from lotline.doors.exchange.tables.limits import LARGEST_FILE, MEGABYTE, MOST_COLUMNS, MOST_ROWS
from lotline.doors.exchange.tables.workbook_process import PROTECTED, TOO_LARGE, UNREADABLE

_WHY = {UNREADABLE: "not_a_workbook", TOO_LARGE: "workbook_too_large", PROTECTED: "workbook_protected"}


def list_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file in their order. Raises ``UnreadableTable``."""
    if not is_workbook(path):
        find_encoding(path)
        return [Sheet("")]
    sheets = [Sheet(str(name), bool(hidden)) for name, hidden in _ask("sheets", path)]
    if not sheets:
        raise UnreadableTable("no_sheets")
    return sheets


def read_rows(path: Path, sheet: str = "") -> Iterator[Row]:
    """The rows of a sheet from the first on, blank ones included. Raises ``UnreadableTable``, at the latest at the last row."""
    if not is_workbook(path):
        yield from csv_rows(path)
        return
    name = sheet or list_sheets(path)[0].name
    for number, said in enumerate(_ask("rows", path, name), 1):
        cells, merged = (said["cells"], said["merged"]) if isinstance(said, dict) else (said, ())
        yield Row(number, [_cell(cell) for cell in cells], merged)


def is_workbook(path: Path) -> bool:
    """Whether the file begins as workbooks do: as a zip or an OLE file. Raises ``UnreadableTable`` for an empty, a too large or a foreign file."""
    size = path.stat().st_size
    if size == 0:
        raise UnreadableTable("empty_file")
    if size > LARGEST_FILE:
        raise UnreadableTable("file_too_large", megabytes=str(LARGEST_FILE // MEGABYTE))
    return refuse_foreign(path).startswith((ZIP, OLE))


def _ask(action: str, path: Path, *rest: str) -> Iterator[Any]:
    """What the reading process says, line by line. It is ended when the caller stops listening."""
    command = [sys.executable, "-m", "lotline.doors.exchange.tables.workbook_process", action, str(path.resolve()), *rest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        heard_out = False
        try:
            for line in process.stdout:
                if line.endswith(b"\n"):  # else the process ended within it
                    yield json.loads(line)
            heard_out = True
        finally:
            if not heard_out:
                process.kill()
    if process.returncode:
        # Any other end is the operating system's: out of memory, out of time.
        raise UnreadableTable(_WHY.get(process.returncode, "workbook_too_large"), columns=str(MOST_COLUMNS), rows=str(MOST_ROWS))


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    letter, text = value
    match letter:
        case "n":
            return Decimal(text)
        case "b":
            return bool(text)
        case "d":
            return datetime.fromisoformat(text)
        case "D":
            return date.fromisoformat(text)
        case "t":
            return time.fromisoformat(text)
        case _:
            return CellError(str(text))
