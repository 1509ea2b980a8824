"""``lotline import table`` and ``lotline import template``: the factory's own workbooks and CSV files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lotline.doors.commands.imports import FILE, actor_named, again_option, import_options, tell
from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import note, open_plant_for_writing, progress_bar, start_records
from lotline.doors.commands.words import _

KIND_NAMES = "units, items, places, opening, receipts, production, production_wide, shipments, inspections"
OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command(
    "table",
    help=_("Import a CSV or a workbook. Every sheet that is recognised is imported; what was decided about its columns is remembered."),
)
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--kind", metavar="KIND", default="", help=_("The kind of table: {kinds}.").format(kinds=KIND_NAMES))
@click.option("--sheet", metavar="NAME", default="", help=_("Only this sheet."))
@click.option("--column", "columns", metavar="HEADER=TARGET", multiple=True, help=_("What a column means; + keeps it, - leaves it out."))
@click.option("--all-rows", "defaults", metavar="TARGET=VALUE", multiple=True, help=_("A value for every row that has none."))
@click.option("--mapping", "mapping_file", type=FILE, help=_("A mapping of columns as a JSON file."))
@click.option(
    "--dates", type=click.Choice(["ymd", "dmy", "mdy"]), default=None, help=_("The order of day, month and year where it is not plain.")
)
@click.option("--skip-bad", is_flag=True, help=_("Store the good rows and leave the bad ones."))
@click.option(
    "--bad-rows", "bad_rows", metavar="FILE", type=OUTPUT, help=_("Write the bad rows with their reasons to a .csv or .xlsx file.")
)
@click.option("--book-gaps", is_flag=True, help=_("Book what is used but was never recorded from the variance account."))
@again_option
@click.option("--known-only", is_flag=True, help=_("Refuse items, places and partners that do not exist yet."))
@import_options
def table(
    file: Path,
    kind: str,
    sheet: str,
    columns: tuple[str, ...],
    defaults: tuple[str, ...],
    mapping_file: Path | None,
    dates: str | None,
    skip_bad: bool,  # noqa: FBT001 -- Click's signature, and so below
    bad_rows: Path | None,
    book_gaps: bool,  # noqa: FBT001
    again: bool,  # noqa: FBT001
    known_only: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    username: str,
    plant_code: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    plant = open_plant_for_writing(plant_code)
    wishes: dict[str, Any] = {
        "kind": kind,
        "sheet": sheet,
        "columns": _pairs(columns),
        "defaults": _pairs(defaults),
        "mapping": _read_mapping(mapping_file),
        "date_order": dates or "",
        "skip_bad": skip_bad,
        "book_gaps": book_gaps,
        "create_missing": not known_only,
        "again": again,
    }
    with progress_bar(_("Importing")) as progress:
        summary = wiring().import_table(
            plant=plant, file=file, wishes=wishes, actor=actor_named(username), progress=progress, dry_run=dry_run, bad_rows=bad_rows
        )
    tell(summary, as_json=as_json, dry_run=dry_run)
    if summary["bad_rows"] and dry_run:
        click.get_current_context().exit(1)


@click.command("template", help=_("Write an empty table to fill in, as .xlsx. Kinds: {kinds}.").format(kinds=KIND_NAMES))
@click.argument("kind", metavar="KIND")
@click.argument("file", metavar="FILE", type=OUTPUT)
def template(kind: str, file: Path) -> None:
    start_records()
    wiring().write_table_template(kind=kind, target=file)
    note(str(file))


def _pairs(said: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise Stopped(_("“{text}” is not of the form NAME=VALUE.").format(text=text))
        pairs[name.strip()] = value.strip()
    return pairs


def _read_mapping(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Stopped(_("{file} is not a JSON file.").format(file=file), str(error)) from error
    if not isinstance(value, dict):
        raise Stopped(_("{file} is not a JSON file.").format(file=file))
    return value
