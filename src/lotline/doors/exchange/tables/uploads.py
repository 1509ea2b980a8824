"""Files that a page has taken in and that wait for a person to decide: in HOME/imports, under names that nobody can guess.

A file belongs to a plant and to whoever brought it. It goes when it was imported, and after a day in any case.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings

from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.limits import LARGEST_FILE, MEGABYTE
from lotline.records.places.models import Plant

KEPT_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits. ``token`` names it in addresses; ``name`` is what the person called it, for showing only."""

    token: str
    name: str
    path: Path


class NoSuchUpload(LookupError):
    """There is no such file any more, or it is another plant's or person's."""


class StoredUpload(NoSuchUpload):
    """The file was imported and is gone. ``outcome`` is what ``finish_upload`` was told of it; it is kept for a day."""

    def __init__(self, token: str, name: str, outcome: dict[str, Any]) -> None:
        super().__init__(token)
        self.token = token
        self.name = name
        self.outcome = outcome


def keep_upload(*, plant: Plant, user_id: UUID | None, name: str, chunks: Iterable[bytes]) -> Upload:
    """Keep a file as it comes in, part by part. Raises ``UnreadableTable`` where it is too large or empty; nothing is left then."""
    sweep_uploads()
    token = secrets.token_urlsafe(32)
    path = _folder() / token
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            _check_size(_written(chunks, handle), least=1)
        about = {"name": Path(name.replace("\\", "/")).name[:200], "plant": str(plant.pk), "user": str(user_id or "")}
        _about(path).write_text(json.dumps(about), encoding="utf-8")
    except BaseException:
        _remove(path)
        raise
    return Upload(token, str(about["name"]), path)


def find_upload(*, plant: Plant, user_id: UUID | None, token: str) -> Upload:
    """The file that was kept under ``token`` by this person in this plant. Raises ``NoSuchUpload``, ``StoredUpload``."""
    if not _TOKEN.fullmatch(token):
        raise NoSuchUpload(token)
    path = _folder() / token
    try:
        about = json.loads(_about(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NoSuchUpload(token) from None
    if about.get("plant") != str(plant.pk) or about.get("user") != str(user_id or ""):
        raise NoSuchUpload(token)
    if "outcome" in about:
        raise StoredUpload(token, str(about["name"]), about["outcome"])
    if not path.is_file():
        raise NoSuchUpload(token)
    return Upload(token, str(about["name"]), path)


def finish_upload(upload: Upload, outcome: dict[str, Any]) -> None:
    """Delete the file, which was imported, and keep what came of it for whoever asks again: the answer may have been lost on its way."""
    about = json.loads(_about(upload.path).read_text(encoding="utf-8"))
    _about(upload.path).write_text(json.dumps(about | {"outcome": outcome}), encoding="utf-8")
    for path in _with_companions(upload.path):
        if path != _about(upload.path):
            path.unlink(missing_ok=True)


def sweep_uploads(*, now: float | None = None) -> int:
    """Delete files that have waited for more than a day. Returns how many."""
    limit = (time.time() if now is None else now) - KEPT_SECONDS
    count = 0
    for path in _folder().iterdir():
        try:
            old = path.stat().st_mtime < limit
        except FileNotFoundError:  # somebody else sweeps too
            continue
        if old:
            path.unlink(missing_ok=True)
            count += path.suffix == ""
    return count


def _written(chunks: Iterable[bytes], handle: IO[bytes]) -> int:
    """Bytes written; ends at the first part that is too much."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        _check_size(size)
        handle.write(chunk)
    return size


def _check_size(size: int, *, least: int = 0) -> None:
    if size > LARGEST_FILE:
        raise UnreadableTable("file_too_large", megabytes=str(LARGEST_FILE // MEGABYTE))
    if size < least:
        raise UnreadableTable("empty_file")


def _folder() -> Path:
    folder = Path(settings.HOME) / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _with_companions(path: Path) -> list[Path]:
    """The file and all that is kept beside it. A token has no dot."""
    return [path, *path.parent.glob(f"{path.name}.*")]


def _remove(path: Path) -> None:
    for one in _with_companions(path):
        one.unlink(missing_ok=True)
