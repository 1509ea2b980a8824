"""``lotline restore``: a backup into an empty database, of either engine."""

from __future__ import annotations

from pathlib import Path

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import answer_json, json_option, note, progress_bar, start_records
from lotline.doors.commands.words import _


@click.command("restore", help=_("Fill an empty database from FILE, and prove that it is whole. Also the way from SQLite to PostgreSQL."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help=_("If there are records already, put them aside (they are kept) and restore in their place."))
@json_option
def restore(file: Path, replace: bool, as_json: bool) -> None:  # noqa: FBT001
    start_records()
    with progress_bar(_("Restoring")) as progress:
        result = wiring().restore_backup(source=file, replace=replace, progress=progress, say=note)
    from lotline.doors.commands.replay import differences
    from lotline.doors.commands.verify import broken_chains

    wrong = [*broken_chains(), *differences()]
    if wrong:
        raise Stopped(_("The backup was restored, but its records do not prove themselves."), details=wrong)
    if as_json:
        answer_json({**result, "verified": True})
        return
    click.echo(_("Restored {rows} rows; the chain of facts is whole and all readings follow from it.").format(rows=result["rows"]))
    if result["kept"]:
        click.echo(_("The records that were here before are kept as {kept}.").format(kept=result["kept"]))
