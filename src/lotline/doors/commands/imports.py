"""``lotline import``: records from files. To add a form: one function in the wiring, one command here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import answer_json, json_option, note, open_plant, open_plant_for_writing, plant_option, progress_bar
from lotline.doors.commands.words import _, table

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


# Commands of the group that stand in import_table.
OWN_FILES = ("table", "template")


class Imports(click.Group):
    """The group, with the commands that have files of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *OWN_FILES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in OWN_FILES:
            from lotline.doors.commands import import_table

            found: click.Command = getattr(import_table, cmd_name)
            return found
        return super().get_command(ctx, cmd_name)


@click.group("import", cls=Imports, help=_("Import records from files. All of a file or nothing; the same file again changes nothing."))
def imports() -> None:
    """The group of all imports."""


def import_options(command: F) -> F:
    """What every import takes: a dry run, on whose behalf, which plant, and how to answer."""
    command = click.option("--dry-run", is_flag=True, help=_("Check everything and store nothing."))(command)
    command = click.option("--as", "username", metavar="USERNAME", default="", help=_("Record it as done by this account."))(command)
    return json_option(plant_option(command))


def again_option(command: F) -> F:
    """``--again``, for imports of records that have a name of their own."""
    return click.option("--again", is_flag=True, help=_("Import anew also what was taken back since."))(command)


@imports.command("list", help=_("List the imports, with the numbers by which lotline reverse --import takes them back."))
@plant_option
@json_option
def list_imports(plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    found = wiring().list_imports(plant=plant)
    if as_json:
        answer_json({"imports": [{**asdict(one), "at": one.at.isoformat()} for one in found]})
        return
    zone = ZoneInfo(plant.time_zone)
    rows = [
        [str(one.number), f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.form, one.name, one.by or "–", str(one.facts), str(one.standing)]
        for one in found
    ]
    if not rows:
        click.echo(_("Nothing was imported yet."))
        return
    head = [_("Import"), _("When"), _("Form"), _("Name"), _("By"), _("Facts"), _("Standing")]
    for line in table(head, rows, right=(0, 5, 6)):
        click.echo(line)


@imports.command("genealogy", help=_("Import lots.csv, links.csv and events.csv from DIR."))
@click.argument("folder", metavar="DIR", type=FOLDER)
@again_option
@import_options
def genealogy(folder: Path, again: bool, dry_run: bool, username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant_for_writing(plant_code)
    with progress_bar(_("Importing")) as progress:
        summary = wiring().import_genealogy(
            plant=plant, folder=folder, actor=actor_named(username), progress=progress, dry_run=dry_run, again=again
        )
    tell(summary, as_json=as_json, dry_run=dry_run)


@imports.command("epcis", help=_("Import EPCIS 2.0 documents (JSON or XML). A file with a broken event is refused as a whole."))
@click.argument("files", metavar="FILE…", type=FILE, nargs=-1, required=True)
@click.option(
    "--lenient",
    is_flag=True,
    help=_("Take faults that leave only one reading (an empty value, a bare UUID, a repeated event …), each with a warning."),
)
@import_options
def epcis(files: tuple[Path, ...], lenient: bool, dry_run: bool, username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant_for_writing(plant_code)
    actor = actor_named(username)
    results: list[dict[str, Any]] = []
    refused = 0
    for file in files:
        try:
            summary = wiring().import_epcis(plant=plant, file=file, actor=actor, dry_run=dry_run, lenient=lenient)
            results.append({"file": str(file), **as_mapping(summary)})
        except Stopped as stopped:
            refused += 1
            failed = {"error": stopped.reason, "errors": [stopped.reason, *stopped.details]}
            results.append({"file": str(file), **failed, "problems": list(stopped.problems), "advice": stopped.advice})
    if as_json:
        answer_json({"files": results, "refused": refused, "dry_run": dry_run})
    else:
        for result in results:
            click.echo(result.pop("file"))
            if "error" in result:
                note("\n".join(f"  ✗ {reason}" for reason in result["errors"]))
                if result["advice"]:
                    note("  " + result["advice"])
            else:
                tell_lines(result)
    if refused:
        click.get_current_context().exit(1)


@imports.command("box-assembly", help=_("Import the NIST box assembly: machine logs and inspection results from DIR."))
@click.argument("folder", metavar="DIR", type=FOLDER)
@import_options
def box_assembly(folder: Path, dry_run: bool, username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant_for_writing(plant_code)
    with progress_bar(_("Importing")) as progress:
        summary = wiring().import_box_assembly(plant=plant, folder=folder, actor=actor_named(username), progress=progress, dry_run=dry_run)
    tell(summary, as_json=as_json, dry_run=dry_run)


def actor_named(username: str) -> UUID | None:
    """The account on whose behalf something is recorded. Raises ``Stopped``."""
    from lotline.records.people.models import User

    if not username:
        return None
    account = User.objects.filter(username=username, is_active=True).first()
    if account is None:
        raise Stopped(_("There is no account {username}.").format(username=username), _("lotline user list shows the accounts."))
    found: UUID = account.pk
    return found


def tell(summary: Any, *, as_json: bool, dry_run: bool) -> None:
    """What an import did."""
    if as_json:
        answer_json({**as_mapping(summary), "dry_run": dry_run})
        return
    tell_lines(as_mapping(summary))
    if dry_run:
        note(_("A dry run: nothing was stored."))


def figure_words() -> dict[str, str]:
    """The figures of an import, in words, in the order in which they are told. Those that are nothing are told only where it counts."""
    return {
        "rows": _("rows"),
        "lots": _("lots"),
        "links": _("links"),
        "events": _("events"),
        "operations": _("operations"),
        "inspections": _("inspections"),
        "notes": _("notes"),
        "facts": _("facts"),
        "replayed": _("of these imported before"),
        "already_imported": _("records imported before"),
        "new_lots": _("new lots"),
        "named_units": _("units named"),
        "new_items": _("new items"),
        "new_places": _("new places"),
        "bad_rows": _("bad rows"),
        "gaps": _("gaps booked as a difference"),
        "variances": _("draws beyond what was recorded, booked as a difference"),
        "rounded": _("quantities rounded to six decimals"),
        "without_source": _("lots without a source"),
    }


def tell_lines(values: dict[str, Any]) -> None:
    """One figure a line, then the sheets, then what is wrong (✗) and what is worth a look (!)."""
    for name, words in figure_words().items():
        if name in values:
            click.echo(f"  {words}: {values[name]}")
    for sheet in values.get("tables", ()):
        text = _("sheet {sheet} ({kind}): {rows} rows, {already_imported} imported before, {bad_rows} bad")
        click.echo("  " + text.format(**{**sheet, "sheet": sheet["sheet"] or "–", "kind": sheet["name"]}))
    for problem in values.get("problems", ()):
        click.echo(f"  ✗ {problem}")
    for warning in values.get("warnings", ()):
        click.echo(f"  ! {warning}")
    if number := values.get("import_number"):
        text = _("This was import {number}. To take all of it back: lotline reverse --import {number} --reason …")
        click.echo("  " + text.format(number=number))


def as_mapping(summary: Any) -> dict[str, Any]:
    """A summary as the doors return it (a dataclass or a mapping), as plain values."""
    if is_dataclass(summary) and not isinstance(summary, type):
        return asdict(summary)
    return dict(summary)
