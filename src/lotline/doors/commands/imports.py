"""``lotline import``: records from files. To add a form: one function in the wiring, one command here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import answer_json, json_option, note, open_plant_for_writing, plant_option, progress_bar
from lotline.doors.commands.words import _

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Imports(click.Group):
    """The group, with the commands that have files of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "table", "template"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in {"table", "template"}:
            from lotline.doors.commands import import_table

            return import_table.table if cmd_name == "table" else import_table.template
        return super().get_command(ctx, cmd_name)


@click.group("import", cls=Imports, help=_("Import records from files. All of a file or nothing; the same file again changes nothing."))
def imports() -> None:
    """The group of all imports."""


def import_options(command: F) -> F:
    """What every import takes: a dry run, on whose behalf, which plant, and how to answer."""
    command = click.option("--dry-run", is_flag=True, help=_("Check everything and store nothing."))(command)
    command = click.option("--as", "username", metavar="USERNAME", default="", help=_("Record it as done by this account."))(command)
    return json_option(plant_option(command))


@imports.command("genealogy", help=_("Import lots.csv, links.csv and events.csv from DIR."))
@click.argument("folder", metavar="DIR", type=FOLDER)
@import_options
def genealogy(folder: Path, dry_run: bool, username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant_for_writing(plant_code)
    with progress_bar(_("Importing")) as progress:
        summary = wiring().import_genealogy(plant=plant, folder=folder, actor=actor_named(username), progress=progress, dry_run=dry_run)
    tell(summary, as_json=as_json, dry_run=dry_run)


@imports.command("epcis", help=_("Import EPCIS 2.0 documents (JSON or XML). A file with a broken event is refused as a whole."))
@click.argument("files", metavar="FILE…", type=FILE, nargs=-1, required=True)
@import_options
def epcis(files: tuple[Path, ...], dry_run: bool, username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant_for_writing(plant_code)
    actor = actor_named(username)
    results: list[dict[str, Any]] = []
    refused = 0
    for file in files:
        try:
            summary = wiring().import_epcis(plant=plant, file=file, actor=actor, dry_run=dry_run)
            results.append({"file": str(file), **as_mapping(summary)})
        except Stopped as stopped:
            refused += 1
            results.append({"file": str(file), "error": stopped.reason, "errors": [stopped.reason, *stopped.details]})
    if as_json:
        answer_json({"files": results, "refused": refused, "dry_run": dry_run})
    else:
        for result in results:
            click.echo(result.pop("file"))
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


def tell_lines(values: dict[str, Any]) -> None:
    """One figure a line; lists of problems one entry a line."""
    for name, value in values.items():
        if isinstance(value, list | tuple):
            for entry in value:
                click.echo(f"  ! {entry}")
        else:
            click.echo(f"  {name.replace('_', ' ')}: {value}")


def as_mapping(summary: Any) -> dict[str, Any]:
    """A summary as the doors return it (a dataclass or a mapping), as plain values."""
    if is_dataclass(summary) and not isinstance(summary, type):
        return asdict(summary)
    return dict(summary)
