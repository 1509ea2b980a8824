"""``lotline backup``: everything in one file, while work goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from lotline.doors.commands.ports import wiring
from lotline.doors.commands.terminal import answer_json, json_option, progress_bar, start_records
from lotline.doors.commands.words import _


@click.command("backup", help=_("Write everything into FILE (default: a new file in backups/ of the data folder), while work goes on."))
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup(file: Path | None, as_json: bool) -> None:  # noqa: FBT001
    start_records()
    if file is None:
        wiring().backup_folder().mkdir(parents=True, exist_ok=True)
    target = file or wiring().backup_folder() / f"lotline-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    with progress_bar(_("Backing up")) as progress:
        manifest = wiring().write_backup(target=target, progress=progress)
    rows = sum(entry["rows"] for entry in manifest["tables"])
    size = target.stat().st_size
    if as_json:
        answer_json({"file": str(target), "bytes": size, "rows": rows, "heads": manifest["heads"]})
        return
    click.echo(_("{file}: {rows} rows, {size} bytes.").format(file=target, rows=rows, size=size))
    for head in manifest["heads"]:
        click.echo("  " + _("plant {plant}: up to fact {seq}").format(**head))
