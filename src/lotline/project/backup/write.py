"""Writing a backup: to a file beside its place, which takes its name only when all of it is on disk."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.db import connection

from lotline.doors.commands.ports import Progress, Stopped
from lotline.doors.commands.words import _
from lotline.project.backup.columns import FORMAT, FORMAT_VERSION, MANIFEST, Table, converted, spelling, tables_of
from lotline.project.backup.snapshot import Snapshot, snapshot
from lotline.project.installation import executor_of_database, pending

# A backup is smaller than this part of the database: rows repeat much, and indexes are not in it.
PART_OF_DATABASE = 3
LEVEL = 4  # of deflate: more costs time and saves little


def write(*, target: Path, progress: Progress) -> dict[str, Any]:
    """Write everything that is committed now into the new file ``target``, and return its manifest.

    Raises ``Stopped`` and leaves nothing behind when there is no room, ``target`` exists, or the tables are of another version.
    """
    target = target.expanduser().absolute()
    if target.exists():
        raise Stopped(_("{file} exists already.").format(file=target), _("Give the name of a new file."))
    if pending(executor_of_database()):
        raise Stopped(_("The database is of an older version."), _("Update it: lotline migrate."))
    if not target.parent.is_dir():
        raise Stopped(_("There is no folder {folder}.").format(folder=target.parent), _("Make it first, or check its name."))
    check_space(target.parent)
    with written_whole(target) as handle, snapshot() as taken:
        return _write_zip(handle, taken, progress)


def check_space(folder: Path) -> None:
    """Raises ``Stopped`` if a backup would clearly not fit."""
    free, needed = shutil.disk_usage(folder).free, database_bytes() // PART_OF_DATABASE
    if free < needed:
        reason = _("There is too little space in {folder}: {free} MB free, about {needed} MB needed.")
        raise Stopped(
            reason.format(folder=folder, free=free >> 20, needed=max(1, needed >> 20)), _("Free some space, or name a file elsewhere.")
        )


def database_bytes() -> int:
    """Size of the database on disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


@contextmanager
def written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that becomes ``target`` when the block ends well and everything is on disk; otherwise nothing is left of it."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        # Readable by its owner only: it holds password hashes.
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise Stopped(_("The disk is full; no backup was written."), _("Free some space, or name a file elsewhere.")) from error
        raise
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_zip(handle: IO[bytes], taken: Snapshot, progress: Progress) -> dict[str, Any]:
    tables = tables_of(apps)
    total = sum(int(taken.ask(f"SELECT COUNT(*) FROM {table.name}")[0][0]) for table in tables)  # noqa: S608 -- names are ours
    done = 0
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        entries = []
        for table in tables:
            entry = _write_table(archive, table, taken, lambda rows, done=done: progress(done + rows, total))
            done += entry["rows"]
            entries.append(entry)
        manifest = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "lotline": version("lotline"),
            "engine": connection.vendor,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "migrations": sorted([app, name] for app, name in taken.ask("SELECT app, name FROM django_migrations")),
            "heads": _heads(taken),
            "tables": entries,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _write_table(archive: zipfile.ZipFile, table: Table, taken: Snapshot, progress: Any) -> dict[str, Any]:
    converts = spelling(table.columns, connection.vendor)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    digest = hashlib.sha256()
    rows = 0
    with archive.open(table.member, "w", force_zip64=True) as member:
        for row in taken.rows(table):
            line = encode(converted(row, converts)).encode() + b"\n"
            digest.update(line)
            member.write(line)
            rows += 1
            if rows % 5000 == 0:
                progress(rows)
    progress(rows)
    names = [column.name for column in table.columns]
    return {"table": table.name, "member": table.member, "columns": names, "rows": rows, "sha256": digest.hexdigest()}


def _heads(taken: Snapshot) -> list[dict[str, Any]]:
    sql = "SELECT p.code, h.seq, h.hash FROM journal_head h JOIN places_plant p ON p.id = h.plant_id ORDER BY p.code"
    return [{"plant": code, "seq": seq, "hash": hash_} for code, seq, hash_ in taken.ask(sql)]
