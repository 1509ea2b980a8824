"""What is wrong with a row, or was changed in it: where it stands, what stood there, and which rule it broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Weight(StrEnum):
    """An error keeps the row out; a warning lets it in and is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """``row`` counts as Excel does, 0 for the whole table; ``column`` is the header of the file; ``tables.words`` makes the sentence."""

    table: int
    row: int
    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    column: str = ""
    value: str = ""
    weight: Weight = Weight.ERROR


class BadTable(ValueError):
    """Nothing was stored. ``problems`` names every bad row, and what else is to be seen."""

    def __init__(self, problems: list[RowProblem]) -> None:
        super().__init__("; ".join(f"row {p.row} {p.column}: {p.code}" for p in problems[:3]))
        self.problems = problems
