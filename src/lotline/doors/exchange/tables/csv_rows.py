"""Rows of a CSV file: which encoding, which delimiter, then cells as text."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lotline.core.csv_text import RUNS
from lotline.doors.exchange.tables.cells import Row, UnreadableTable
from lotline.doors.exchange.tables.limits import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS

DELIMITERS = ",;\t|，；"
_PART = 1 << 20
# Formulas are kept from running in exported files by an apostrophe (``bad_rows``); here it is taken off again.
GUARDED = tuple(f"'{run}" for run in RUNS)


def csv_rows(path: Path) -> Iterator[Row]:
    """All rows from the first on. Raises ``UnreadableTable``."""
    encoding = find_encoding(path)
    delimiter = find_delimiter(path, encoding)
    with path.open(encoding=encoding, newline="") as handle:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL * 4))
        try:
            for number, cells in enumerate(csv.reader(handle, delimiter=delimiter), 1):
                if number > MOST_ROWS + 1000:
                    raise UnreadableTable("too_many_rows", longest=str(MOST_ROWS))
                if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                    raise UnreadableTable("too_many_columns", longest=str(MOST_COLUMNS))
                yield Row(number, [_text(cell) for cell in cells[:MOST_COLUMNS]])
        except csv.Error as error:
            raise UnreadableTable("not_csv", detail=str(error)) from error


def _text(cell: str) -> str | None:
    return (cell[1:] if cell.startswith(GUARDED) else cell) or None


def find_encoding(path: Path) -> str:
    """The first of UTF-8, UTF-16 and GB 18030 in which the whole file can be read. Raises ``UnreadableTable``."""
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wanted = ["utf-16"]
    elif start and (pairs := len(start) // 2) and max(start[0::2].count(0), start[1::2].count(0)) > pairs // 3:
        # Every other byte is zero: UTF-16 of a text in Latin letters, without its mark.
        wanted = ["utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"]
    else:
        wanted = ["utf-8", "gb18030"]
    for encoding in wanted:
        if _decodes(path, encoding):
            return encoding
    raise UnreadableTable("encoding_unknown")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as handle:
            while block := handle.read(_PART):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter with which most of the first rows have the same, and the largest, number of columns."""
    with path.open(encoding=encoding, newline="") as handle:
        start = handle.read(64 * 1024)
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        if delimiter not in start:
            continue
        try:
            widths = Counter(
                len(row)
                for _number, row in zip(range(40), csv.reader(start.splitlines(keepends=True), delimiter=delimiter), strict=False)
                if row
            )
        except csv.Error:
            continue
        score = max(((count * (width > 1), width) for width, count in widths.items()), default=(0, 0))
        if score[0] and score > best_score:
            best, best_score = delimiter, score
    return best
