"""The rows of the three files as values, what can be wrong with them, and the words that they may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lotline.core.facts import LotRef
from lotline.records.catalog.choices import ItemKind

LOT_COLUMNS = ("lot", "item", "kind", "qty", "uom", "created_at", "partner")
LINK_COLUMNS = ("parent", "child", "qty", "event_id", "at")
EVENT_COLUMNS = ("event_id", "type", "at")
ITEM_KINDS = {
    "raw": ItemKind.RAW,
    "wip": ItemKind.WIP,
    "unit": ItemKind.FINISHED,
    "case": ItemKind.LOGISTIC,
    "pallet": ItemKind.LOGISTIC,
    "ship": ItemKind.LOGISTIC,
}
EVENT_TYPES = ("receive", "process", "split", "merge", "rework", "serialize", "pack", "palletize", "ship")
# A file with very many broken rows is one broken file; the first ones show how.
PROBLEMS_SHOWN = 100


class BadGenealogy(ValueError):
    """The files can not become facts. ``problems`` are (file, line, code, detail); nothing was stored."""

    def __init__(self, problems: list[RowProblem]) -> None:
        super().__init__("; ".join(f"{p.file}:{p.line} {p.code} {p.detail}" for p in problems[:3]))
        self.problems = problems


class RowProblem(NamedTuple):
    """One row that can not be taken, and why."""

    file: str
    line: int
    code: str
    detail: str


class LotRow(NamedTuple):
    """A row of ``lots.csv``; quantity in micro units, time in microseconds."""

    ref: LotRef
    kind: str
    quantity: int
    unit: str
    at_us: int
    partner: str


class LinkRow(NamedTuple):
    """A row of ``links.csv``; parent and child by position in the lots."""

    parent: int
    child: int
    quantity: int


@dataclass(slots=True)
class Happening:
    """What one event did at one moment."""

    event: str
    type: str
    at_us: int
    links: list[LinkRow] = field(default_factory=list)


@dataclass(slots=True)
class Genealogy:
    """The three files, read and checked."""

    lots: list[LotRow] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    # Lots and events whose row could not be taken: who names them says nothing new.
    unread: set[str] = field(default_factory=set)
    rounded: int = 0
    links: int = 0
    events: int = 0
