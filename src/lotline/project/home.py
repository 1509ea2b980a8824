"""The data folder: the embedded database, the secret key, compiled translations, backups."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


class HomeNotWritable(RuntimeError):
    """The data folder cannot be created or written. The message names the folder and what to do, ``detail`` only what is the matter."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail}. Set LOTLINE_HOME to a folder that you may write to.")
        self.detail = detail


def data_folder() -> Path:
    """The folder named by ``LOTLINE_HOME``, or ``var/`` beside the project when run from a checkout, created if absent."""
    named = os.environ.get("LOTLINE_HOME", "")
    home = Path(named).expanduser() if named else default_folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeNotWritable(f"{home}: {error.strerror}") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeNotWritable(f"{home}: not writable")
    return home.resolve()


def default_folder() -> Path:
    """``var/`` in a checkout that may be written; else, and for an installed package, the user's own data folder."""
    root = Path(__file__).resolve().parents[3]
    folder = root / "var"
    if (root / "pyproject.toml").exists() and os.access(folder if folder.exists() else root, os.W_OK):
        return folder
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "lotline"


def secret_key(home: Path) -> str:
    """The key that signs sessions: ``LOTLINE_SECRET_KEY``, or one made on first use and kept in the data folder (mode 600)."""
    given = os.environ.get("LOTLINE_SECRET_KEY", "")
    if given:
        return given
    file = home / "secret.key"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    # Written beside and then linked: processes that start together see either no file or a whole one, and all use the first.
    fresh = home / f"secret.key.{os.getpid()}"
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    except OSError as error:
        raise HomeNotWritable(f"{file}: {error.strerror}") from error
    return file.read_text(encoding="ascii").strip()
