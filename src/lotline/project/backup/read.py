"""Reading a backup file: is it one, is it whole, and what is in it."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotline.doors.commands.ports import Progress, Stopped
from lotline.doors.commands.words import _
from lotline.project.backup.columns import FORMAT, FORMAT_VERSION, MANIFEST

BLOCK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Backup:
    """An open backup and its manifest."""

    archive: zipfile.ZipFile
    manifest: dict[str, Any]

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(entry["rows"] for entry in self.manifest["tables"])

    def lines(self, entry: dict[str, Any]) -> Iterator[list[Any]]:
        """The rows of one table, as they are spelled."""
        with self.archive.open(entry["member"]) as member:
            for line in member:
                yield json.loads(line)


@contextmanager
def opened(source: Path) -> Iterator[Backup]:
    """A backup whose manifest can be read. Raises ``Stopped``."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise KeyError(FORMAT)
            if manifest["version"] > FORMAT_VERSION:
                raise newer(manifest)
            yield Backup(archive, manifest)
    except DAMAGED as error:
        raise Stopped(
            _("{file} is not a backup of Lotline, or it is damaged.").format(file=source), _("Take another backup file.")
        ) from error


def newer(manifest: dict[str, Any]) -> Stopped:
    """Why a backup of a newer version can not be read."""
    reason = _("This backup was made by a newer version of Lotline ({version}).")
    return Stopped(reason.format(version=manifest.get("lotline", "?")), _("Update Lotline, then restore again."))


def check_hashes(backup: Backup, progress: Progress) -> None:
    """Raises ``Stopped`` if a table is not what was written. Nothing is touched before all of them were looked at."""
    sizes = {info.filename: info.file_size for info in backup.archive.infolist()}
    total = sum(sizes.values())
    done = 0
    for entry in backup.manifest["tables"]:
        digest = hashlib.sha256()
        with backup.archive.open(entry["member"]) as member:
            while block := member.read(BLOCK):
                digest.update(block)
                done += len(block)
                progress(done, total)
        if digest.hexdigest() != entry["sha256"]:
            reason = _("The backup is damaged: table {table} is not what was written.").format(table=entry["table"])
            raise Stopped(reason, _("Take another backup file."))
