"""What the commands need from elsewhere: from other doors, which they do not know, and from the roof.

``lotline.project.wiring`` names who fulfils each; it is found by its dotted name, as Django finds its settings, and only when needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

WIRING = "lotline.project.wiring"
SETTINGS = "lotline.project.settings"

# Called with how much is done and how much there is in all.
Progress = Callable[[int, int], None]


class Stopped(Exception):
    """What was asked can not be done. The texts are for the person who asked: what is the matter, what to do, each row that is wrong.

    ``problems`` says the same of each row for machines: its code and where it stands.
    """

    def __init__(self, reason: str, advice: str = "", *, details: Sequence[str] = (), problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.details = tuple(details)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that ``lotline doctor`` looked at. ``advice`` says what to do, where it is not well."""

    code: str
    name: str
    well: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import. ``standing`` of its ``facts`` have not been taken back."""

    number: int
    form: str
    name: str
    at: datetime
    by: str
    facts: int
    standing: int


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account of the demonstration factory."""

    username: str
    password: str
    name: str
    role: str


class Wiring(Protocol):
    """The roof, as the commands see it."""

    def locale_folder(self) -> Path:
        """Where the compiled translations are."""

    def start(self, *, language: str) -> None:
        """Load the records, answering in ``language``. Raises ``Stopped`` for settings that name nothing usable."""

    def explain_database_error(self, error: Exception) -> tuple[list[str], str] | None:
        """What a database's failure means and what to do about it; ``None`` for one that means a mistake of ours."""

    def migrate(self, *, say: Callable[[str], None]) -> None:
        """Bring the database's tables to this version. Raises ``Stopped`` for a database of a newer one, or none that answers."""

    def check_installation(self) -> Sequence[Finding]:
        """What ``lotline doctor`` looks at."""

    def serve(self, *, host: str, port: int, workers: int) -> None:
        """Serve pages and API until interrupted."""

    def backup_folder(self) -> Path:
        """Where backups go that were given no name."""

    def write_backup(self, *, target: Path, progress: Progress) -> Mapping[str, Any]:
        """Write everything that the database holds now into one file. Raises ``Stopped`` and leaves no half file."""

    def restore_backup(self, *, source: Path, replace: bool, progress: Progress, say: Callable[[str], None]) -> Mapping[str, Any]:
        """Fill an empty database from a backup. Raises ``Stopped`` with nothing changed."""

    def demonstration_plant(self) -> str:
        """The code of the demonstration factory."""

    def load_demonstration(self, *, progress: Progress) -> Any:
        """Make the demonstration factory, or complete it; a complete one is left as it is. Raises ``Stopped``."""

    def demonstration_users(self) -> Sequence[SignIn]:
        """The accounts of the demonstration factory, with their passwords."""

    def import_genealogy(
        self, *, plant: Any, folder: Path, actor: UUID | None, progress: Progress | None, dry_run: bool, again: bool
    ) -> Any:
        """Read lots.csv, links.csv and events.csv. ``again``: also what was taken back since."""

    def list_imports(self, *, plant: Any) -> Sequence[ImportLine]:
        """The imports of a plant that wrote something, the latest first."""

    def reverse_import(
        self, *, plant: Any, number: int, reason: str, actor: UUID | None, progress: Progress | None, dry_run: bool
    ) -> Mapping[str, Any]:
        """Take back all facts of an import, or none. Raises ``Stopped`` where something later stands on one of them."""

    def import_epcis(self, *, plant: Any, file: Path, actor: UUID | None, dry_run: bool, lenient: bool) -> Any:
        """Read one EPCIS 2.0 document; ``lenient`` takes faults that leave only one reading. Raises ``Stopped``."""

    def import_box_assembly(self, *, plant: Any, folder: Path, actor: UUID | None, progress: Progress | None, dry_run: bool) -> Any:
        """Read the NIST box assembly."""

    def import_table(
        self,
        *,
        plant: Any,
        file: Path,
        wishes: Mapping[str, Any],
        actor: UUID | None,
        progress: Progress | None,
        dry_run: bool,
        bad_rows: Path | None,
    ) -> Mapping[str, Any]:
        """Read a CSV or a workbook. ``wishes``: kind, sheet, mapping, columns, defaults, date_order and the options of an import."""

    def write_table_template(self, *, kind: str, target: Path) -> None:
        """Write an empty table of one kind. Raises ``Stopped``."""


def wiring() -> Wiring:
    """The roof. Importing it loads nothing heavy; its functions do."""
    return cast("Wiring", import_module(WIRING))
