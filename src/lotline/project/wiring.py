"""The only place that knows everybody: who fulfils what the commands ask for (``lotline.doors.commands.ports.Wiring``).

Importing this module loads nothing heavy: each function imports what it wires.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from lotline.doors.commands.ports import Finding, ImportLine, Progress, SignIn
    from lotline.records.places.models import Plant

# ---- the installation ---------------------------------------------------------------------------------------------------------------


def locale_folder() -> Path:
    """Where the compiled translations are. Needs no Django."""
    from lotline.project.home import HomeNotWritable, data_folder
    from lotline.project.messages import compiled_messages

    source = Path(__file__).resolve().parent.parent / "locale"
    try:
        return compiled_messages(source, data_folder())
    except HomeNotWritable:  # the command will say so itself, in the words that there are
        return source


def start(*, language: str) -> None:
    from lotline.project.installation import start_django

    start_django(language=language)


def explain_database_error(error: Exception) -> tuple[list[str], str] | None:
    from lotline.project.failures import explain

    return explain(error)


def migrate(*, say: Callable[[str], None]) -> None:
    from lotline.project.installation import migrate_database

    migrate_database(say=say)


def check_installation() -> Sequence[Finding]:
    from lotline.project.examination import examine

    return examine()


def serve(*, host: str, port: int, workers: int) -> None:
    from lotline.project.server import serve_pages

    serve_pages(host=host, port=port, workers=workers)


# ---- backup -------------------------------------------------------------------------------------------------------------------------


def backup_folder() -> Path:
    from lotline.project.home import data_folder

    return data_folder() / "backups"


def write_backup(*, target: Path, progress: Progress) -> Mapping[str, Any]:
    from lotline.project.backup.write import write

    return write(target=target, progress=progress)


def restore_backup(*, source: Path, replace: bool, progress: Progress, say: Callable[[str], None]) -> Mapping[str, Any]:
    from lotline.project.backup.restore import restore

    return restore(source=source, replace=replace, progress=progress, say=say)


# ---- other doors --------------------------------------------------------------------------------------------------------------------


def demonstration_plant() -> str:
    from lotline.doors.exchange.demo.master_data import PLANT_CODE

    return PLANT_CODE


def load_demonstration(*, progress: Progress) -> Any:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.exchange.demo import DemoRefused, load_pouch_plant
    from lotline.project.installation import refresh_statistics

    try:
        summary = load_pouch_plant(progress=progress)
    except DemoRefused as refused:
        raise Stopped(str(refused)) from refused
    if summary.new_facts:
        refresh_statistics()
    return summary


def demonstration_users() -> Sequence[SignIn]:
    from lotline.doors.commands.ports import SignIn
    from lotline.doors.exchange.demo import DEMO_PASSWORD, demo_users

    return [SignIn(user.username, DEMO_PASSWORD, user.name, str(user.role.label)) for user in demo_users()]


def import_genealogy(*, plant: Plant, folder: Path, actor: UUID | None, progress: Progress | None, dry_run: bool, again: bool) -> Any:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.commands.words import _
    from lotline.doors.exchange.genealogy_csv import BadGenealogy
    from lotline.doors.exchange.genealogy_csv import import_genealogy as read
    from lotline.doors.exchange.genealogy_csv.words import describe_row
    from lotline.project.installation import refresh_statistics

    try:
        summary = read(plant=plant, folder=folder, actor=actor, progress=progress, dry_run=dry_run, again=again)
    except BadGenealogy as bad:
        details = [describe_row(row) for row in bad.problems]
        raise Stopped(
            _("These rows can not be taken; nothing was stored."),
            _("Correct them and import again."),
            details=details,
            problems=[row._asdict() for row in bad.problems],
        ) from bad
    if not dry_run:
        refresh_statistics()
    return summary


def import_epcis(*, plant: Plant, file: Path, actor: UUID | None, dry_run: bool, lenient: bool) -> Any:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.commands.words import _
    from lotline.doors.exchange.epcis.capture import capture_file
    from lotline.doors.exchange.epcis.problems import InvalidDocument

    try:
        done = capture_file(plant=plant, source=file, actor=actor, dry_run=dry_run, lenient=lenient)
    except InvalidDocument as invalid:
        mendable = not lenient and all(one.repairable for one in invalid.problems)
        advice = _("Each of these leaves only one reading: --lenient takes them, with a warning for each.") if mendable else ""
        raise Stopped(
            _("Not taken; nothing was stored."),
            advice,
            details=[str(one) for one in invalid.problems],
            problems=[_epcis_problem(one) for one in invalid.problems],
        ) from invalid
    figures = {name: getattr(done, name) for name in ("events", "facts", "lots", "replayed", "dry_run", "import_number")}
    warned = {"warnings": [str(one) for one in done.warnings], "warning_problems": [_epcis_problem(one) for one in done.warnings]}
    return {**figures, **warned}


def _epcis_problem(one: Any) -> dict[str, Any]:
    return {"code": one.code, "event": one.event, "event_id": one.event_id, "path": one.path, "params": dict(one.params)}


def import_box_assembly(*, plant: Plant, folder: Path, actor: UUID | None, progress: Progress | None, dry_run: bool) -> Any:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.commands.words import _
    from lotline.doors.exchange.box_assembly.importing import import_box_assembly as read
    from lotline.doors.exchange.box_assembly.material import NoMaterial
    from lotline.doors.exchange.box_assembly.words import describe_problem

    try:
        done = read(plant=plant, folder=folder, actor=actor, progress=progress, dry_run=dry_run)
    except NoMaterial as nothing:
        raise Stopped(
            _("{folder} holds no machine logs (shdr/) and no inspection results (qif/) that can be read.").format(folder=folder),
            _("Name the folder that has shdr/ and qif/ in it."),
        ) from nothing
    values = {name: getattr(done, name) for name in ("lots", "operations", "inspections", "notes", "facts", "replayed", "import_number")}
    return {**values, "warnings": [describe_problem(problem) for problem in done.problems]}


def list_imports(*, plant: Plant) -> Sequence[ImportLine]:
    from lotline.doors.commands.ports import ImportLine
    from lotline.doors.exchange.runs import list_runs

    return [ImportLine(*one) for one in list_runs(plant)]


def reverse_import(
    *, plant: Plant, number: int, reason: str, actor: UUID | None, progress: Progress | None, dry_run: bool
) -> Mapping[str, Any]:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.commands.words import _
    from lotline.doors.exchange.taking_back import Depends, NoSuchRun, take_back_import

    try:
        done = take_back_import(plant=plant, number=number, reason=reason, actor=actor, dry_run=dry_run, progress=progress)
    except NoSuchRun as unknown:
        raise Stopped(
            _("There is no import {number} here.").format(number=number), _("lotline import list shows the imports.")
        ) from unknown
    except Depends as depends:
        raise Stopped(
            _("Import {number} can not be taken back: fact {seq} is needed by what came later. Nothing was changed.").format(
                number=number, seq=depends.seq
            ),
            _("Take back first what came later (lotline reverse FACT --reason …), then this import."),
            details=[depends.detail],
        ) from depends
    return {"import": number, "name": done.run.name, "facts": done.facts, "taken_back_before": done.before, "dry_run": dry_run}


def import_table(
    *,
    plant: Plant,
    file: Path,
    wishes: Mapping[str, Any],
    actor: UUID | None,
    progress: Progress | None,
    dry_run: bool,
    bad_rows: Path | None,
) -> Mapping[str, Any]:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.commands.words import _
    from lotline.doors.exchange.tables.report import Unusable, import_and_report

    try:
        return import_and_report(plant=plant, path=file, said=wishes, actor=actor, progress=progress, dry_run=dry_run, bad_rows=bad_rows)
    except Unusable as unusable:
        raise Stopped(
            unusable.reason or _("These rows can not be taken; nothing was stored."), unusable.advice, details=unusable.details
        ) from unusable


def write_table_template(*, kind: str, target: Path) -> None:
    from lotline.doors.commands.ports import Stopped
    from lotline.doors.exchange.tables.kinds import KINDS
    from lotline.doors.exchange.tables.template import write_template
    from lotline.doors.exchange.tables.words import describe_file

    if kind not in KINDS:
        raise Stopped(describe_file("kind_unknown", {"kind": kind}), ", ".join(KINDS))
    write_template(kind=kind, target=target)
