"""``lotline migrate``: tables of this version."""

from __future__ import annotations

import click

from lotline.doors.commands.ports import wiring
from lotline.doors.commands.terminal import note, start_records
from lotline.doors.commands.words import _


@click.command("migrate", help=_("Bring the tables of the database to this version. lotline serve does it by itself."))
def migrate() -> None:
    start_records()
    wiring().migrate(say=note)
    click.echo(_("The database is of this version."))
