"""Tables as CSV (RFC 4180), in portions, with no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

# What makes a spreadsheet take a text for a formula, in the two widths of Chinese keyboards.
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Excel reads UTF-8 only behind this mark.
MARK = "\ufeff"
LINES_AT_ONCE = 500


def csv_text(rows: Iterable[Iterable[object]], *, mark: bool = True, end: str = "\r\n") -> Iterator[str]:
    """``rows``, the names of the columns first, some hundred lines at a time. Nothing is an empty cell, yes and no are 1 and 0."""
    buffer = io.StringIO(MARK if mark else "", newline="")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, lineterminator=end)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(value) for value in row])
        if number % LINES_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def guarded(text: str) -> str:
    """A text with an apostrophe in front where a spreadsheet would run it. Plain numbers stay as they are."""
    return f"'{text}" if text.startswith(RUNS) and not _is_signed_number(text) else text


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else guarded(str(value))


def _is_signed_number(text: str) -> bool:
    return text[:1] in "+-" and text[1:].replace(".", "", 1).isdecimal() and text.isascii()
