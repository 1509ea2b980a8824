"""What a cell of a table can be, however the table came: as text, or as a workbook's number, date or error. Never a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True)
class CellError:
    """A formula that failed: ``#N/A``, ``#REF!``, ``#DIV/0!`` …"""

    text: str


# None is an empty cell. A number is the decimal that the workbook shows; a datetime has no zone and is meant in the plant's.
Cell: TypeAlias = str | Decimal | bool | datetime | date | time | CellError | None


class Row(NamedTuple):
    """One row. ``number`` counts as Excel does: the first row is 1, blank ones count.

    ``merged``: positions whose value is that of a merged cell that began in a row above.
    """

    number: int
    cells: Sequence[Cell]
    merged: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook; a CSV file is one sheet without a name."""

    name: str
    hidden: bool = False


class UnreadableTable(ValueError):
    """The file can not be read as a table. ``code`` is in ``tables.words``; nothing was stored."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = params


def is_blank(cell: Cell) -> bool:
    """Whether nothing can be seen in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def show(cell: Cell) -> str:
    """The cell as text: whole numbers without a point (``12``), dates as ISO, midnight left out."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return show_number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time.min else cell.date().isoformat()
    if isinstance(cell, CellError):
        return cell.text
    return cell.isoformat()


def show_number(number: Decimal) -> str:
    """All digits, no exponent, no zeros after the last one that counts."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
