"""What is being done with a file that waits, and how far that is: beside the file, so that every process of the server can tell.

A lock of the operating system says that somebody is at it, and goes with the process, however that ends. Tries may overtake each
other: what somebody asked last is what they want to see. A store is never overtaken, and there is one at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from lotline.doors.exchange.tables.uploads import Upload

# A try hears within one portion of rows that it was overtaken, and its transaction ends then.
WAIT_FOR_TRIES = 30.0
# Whoever only looks whether somebody is at it holds the lock for a moment.
_WAIT_FOR_LOOKS = 0.5
_PAUSE = 0.05
_BETWEEN = 0.25


class Stage(StrEnum):
    """What is being done with the rows."""

    READ = "read"
    TRY = "try"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` rows; ``total`` is 0 as long as nobody knows it."""

    stage: Stage
    done: int
    total: int


class Overtaken(Exception):
    """The same person has asked something else of this file since; nothing of this try is wanted any more."""


class Busy(Exception):
    """The file is being stored already."""


class Work:
    """One try or store of a file. ``tell`` says how far it is. Raises ``Overtaken`` for a try that nobody waits for any more."""

    def __init__(self, upload: Upload, *, store: bool) -> None:
        self.upload = upload
        self.store = store
        self._name = secrets.token_hex(8)
        self._told = 0.0

    def begin(self) -> None:
        """Be the one that this file is worked on by."""
        _write(_beside(self.upload, "turn"), {"name": self._name, "store": self.store})
        self.tell(Stage.READ, 0, 0)

    def tell(self, stage: Stage, done: int, total: int) -> None:
        """How far it is, some times a second at most."""
        now = time.monotonic()
        if self._told and now - self._told < _BETWEEN:
            return
        self._told = now
        if not self.store and _read(_beside(self.upload, "turn")).get("name") != self._name:
            raise Overtaken
        _write(_beside(self.upload, "work"), {"stage": stage.value, "done": done, "total": total})

    def tell_read(self, rows: int) -> None:
        """So many rows were read."""
        self.tell(Stage.READ, rows, 0)

    def tell_done(self, done: int, total: int) -> None:
        """So many rows of all were checked, or stored."""
        self.tell(Stage.STORE if self.store else Stage.TRY, done, total)


@contextmanager
def working_on(upload: Upload, *, store: bool) -> Iterator[Work]:
    """Work on a file. Raises ``Busy`` while it is being stored; earlier tries are told to end."""
    work = Work(upload, store=store)
    with _beside(upload, "lock").open("a") as lock:
        mode = fcntl.LOCK_EX if store else fcntl.LOCK_SH
        if not _locked(lock, mode, _WAIT_FOR_LOOKS):
            if not store or _read(_beside(upload, "turn")).get("store"):
                raise Busy
            work.begin()
            if not _locked(lock, mode, WAIT_FOR_TRIES):
                raise Busy
        work.begin()
        yield work


def progress_of(upload: Upload) -> Progress | None:
    """How far the work on this file is, or None where nobody is at it."""
    try:
        with _beside(upload, "lock").open("r+") as lock:
            if _locked(lock, fcntl.LOCK_EX, 0.0):
                return None
    except FileNotFoundError:
        return None
    said = _read(_beside(upload, "work"))
    try:
        return Progress(Stage(said["stage"]), int(said["done"]), int(said["total"]))
    except (KeyError, TypeError, ValueError):
        return Progress(Stage.READ, 0, 0)


def _locked(lock: IO[str], mode: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _beside(upload: Upload, what: str) -> Path:
    return upload.path.with_name(f"{upload.path.name}.{what}")


def _write(path: Path, content: dict[str, object]) -> None:
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    part.write_text(json.dumps(content), encoding="utf-8")
    os.replace(part, path)


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
