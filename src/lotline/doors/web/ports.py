"""What the import page needs from the exchange door, which this door does not know.

``lotline.project.import_desk`` fulfils it; it is found by its dotted name, as Django finds its settings, and only when a page asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, cast
from uuid import UUID

from lotline.records.places.models import Plant

DESK = "lotline.project.import_desk"
# What a file can be besides a table.
EPCIS, GENEALOGY = "epcis", "genealogy"


class NotTaken(Exception):
    """A file, a mapping or the whole import can not be taken, and nothing was stored. The texts are for the person who asked."""

    def __init__(self, reason: str, *, details: Sequence[str] = (), gone: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = tuple(details)
        self.gone = gone


class StoredBefore(NotTaken):
    """The file was imported already; ``outcome`` is what came of it."""

    def __init__(self, name: str, outcome: Outcome) -> None:
        super().__init__(name, gone=True)
        self.name = name
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """How far the work on a file is: ``stage`` is "read", "try" or "store"; ``total`` is 0 where nobody knows it yet."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class KindOffered:
    """A kind of table, with a template to fill in."""

    name: str
    label: str
    help: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a column may be."""

    name: str
    label: str
    required: bool


@dataclass(frozen=True, slots=True)
class SheetLook:
    """One sheet as it was understood. ``kind`` is "" where nothing was recognised. ``columns``: (index, header, use, first values)."""

    name: str
    kind: str
    kind_label: str
    header_row: int
    columns: tuple[tuple[int, str, str, str], ...]
    targets: tuple[Target, ...]
    missing: tuple[Target, ...]
    defaults: Mapping[str, str]
    date_order: str
    known: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class FileLook:
    """A file that was brought. ``form`` is "table", ``EPCIS`` or ``GENEALOGY``."""

    token: str
    name: str
    form: str
    sheets: tuple[SheetLook, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """How a person wants a sheet to be read. ``uses``: column index → target, "+" (keep beside) or "-" (leave out)."""

    name: str
    kind: str
    header_row: int
    headers: Mapping[int, str]
    uses: Mapping[int, str]
    defaults: Mapping[str, str]
    date_order: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person decides for the import as a whole. ``lenient``: faults of an EPCIS document that leave one reading are taken."""

    sheets: tuple[SheetChoice, ...] = ()
    create_missing: bool = True
    book_gaps: bool = False
    skip_bad: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RowNote:
    """One thing about a row: where, what stood there, why it can not be taken (or, as a warning, what was made of it)."""

    sheet: str
    row: int
    column: str
    value: str
    text: str
    error: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do. ``lots`` are codes of lots that the file speaks of, for links.

    ``repairable``: all that is wrong leaves only one reading, so that a lenient try would take it.
    """

    stored: bool
    rows: int = 0
    bad: int = 0
    facts: int = 0
    already: int = 0
    new_lots: int = 0
    named_units: tuple[str, ...] = ()
    new_items: tuple[str, ...] = ()
    new_places: tuple[str, ...] = ()
    gaps: int = 0
    complete: bool = True
    notes: tuple[RowNote, ...] = ()
    lots: tuple[str, ...] = ()
    by_sheet: tuple[tuple[str, int, int], ...] = field(default=())
    repairable: bool = False

    @property
    def anything(self) -> bool:
        """Whether there is anything to store: master data alone is also something."""
        return bool(self.facts or self.named_units or self.new_items or self.new_places)

    @property
    def errors(self) -> tuple[RowNote, ...]:
        """What keeps rows out."""
        return tuple(note for note in self.notes if note.error)

    @property
    def warnings(self) -> tuple[RowNote, ...]:
        """What was changed or is worth a look."""
        return tuple(note for note in self.notes if not note.error)


class ImportDesk(Protocol):
    """Takes files, looks at them, tries them, stores them. Each of these raises ``NotTaken``."""

    def offer_kinds(self) -> Sequence[KindOffered]:
        """The kinds of tables."""

    def keep_file(self, *, plant: Plant, user: UUID, name: str, chunks: Iterable[bytes]) -> str:
        """Keep a file until somebody decides; the token that names it."""

    def look_at(self, *, plant: Plant, user: UUID, token: str, kind: str) -> FileLook:
        """What the file seems to be; ``kind`` was said by a person."""

    def try_import(self, *, plant: Plant, user: UUID, token: str, wishes: Wishes) -> Outcome:
        """Everything as in ``store_import``, and undone."""

    def store_import(self, *, plant: Plant, user: UUID, token: str, wishes: Wishes) -> Outcome:
        """All of it or nothing; ``stored`` false with ``notes`` where rows are bad. The file is deleted once it is stored.

        Whoever asks for the file after that gets ``StoredBefore``.
        """

    def progress(self, *, plant: Plant, user: UUID, token: str) -> WorkSeen | None:
        """How far the work on a file is; None where nobody is at it. Raises nothing."""

    def bad_rows(self, *, plant: Plant, user: UUID, token: str, wishes: Wishes) -> bytes:
        """A workbook of the rows that can not be taken, each with its reason."""

    def template(self, kind: str) -> bytes:
        """An empty workbook of a kind. Raises ``KeyError``."""


def import_desk() -> ImportDesk:
    """The roof's desk. Importing it loads nothing heavy; its functions do."""
    return cast("ImportDesk", cast("Any", import_module(DESK)))
