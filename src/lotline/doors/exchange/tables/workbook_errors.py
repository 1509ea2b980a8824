"""What the workbook reader does not tell: formulas that failed. It gives an empty cell for them, which would pass for "not filled in".

Only .xlsx says it in a form that is cheap to look for. In .xls and .ods a failed formula stays an empty cell.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from defusedxml import ElementTree

_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# <c r="B7" s="1" t="e"><f>…</f><v>#N/A</v></c>
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>.{0,9000}?<(?:\w+:)?v>([^<]{1,20})</', re.DOTALL)
_MOST_ERRORS = 100_000
_PART = 1 << 20
_OVERLAP = 1 << 14


def unpacked_size(path: Path) -> int:
    """Bytes of all parts of a zipped workbook as its directory states them; 0 for a file that is no zip."""
    try:
        with zipfile.ZipFile(path) as packed:
            return sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0


def error_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """(row, column) from 0 → the error that the cell shows, of one sheet of an .xlsx file."""
    found: dict[tuple[int, int], str] = {}
    try:
        with zipfile.ZipFile(path) as packed:
            name = _part_of_sheet(packed, sheet)
            if name is None:
                return found
            with packed.open(name) as part:
                rest = b""
                while block := part.read(_PART):
                    text = rest + block
                    for column, row, error in _ERROR.findall(text):
                        found[int(row) - 1, _column_index(column)] = error.decode("utf-8", "replace")
                        if len(found) >= _MOST_ERRORS:
                            return found
                    rest = text[-_OVERLAP:]
    except (zipfile.BadZipFile, KeyError, OSError, ElementTree.ParseError, ValueError):
        return found  # a broken or other kind of workbook: its reader says so
    return found


def _part_of_sheet(packed: zipfile.ZipFile, sheet: str) -> str | None:
    if "xl/workbook.xml" not in packed.namelist():
        return None
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
    key = next((one.get(_OFFICE) for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == sheet), None)
    links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    target = next((one.get("Target") for one in links if one.get("Id") == key), None)
    if target is None:
        return None
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1
