"""How a database address becomes Django settings.

One variable decides the engine: ``LOTLINE_DATABASE_URL``. Without it, an embedded SQLite file in the data folder is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# FULL, not NORMAL: with NORMAL a power cut may take back the last commits, and an acknowledged scan must never be lost.
# Recursive triggers, because without them REPLACE takes a row away behind the back of the guard against deletion.
# WAL lets readers go on beside the one writer; IMMEDIATE makes a writer wait at BEGIN instead of failing half-way.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-65536;"
    "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=268435456;PRAGMA foreign_keys=ON;PRAGMA recursive_triggers=ON;"
)
SQLITE_BUSY_SECONDS = 30
# Compiling a plan takes longer than a trace of thirty lots, and a wide one is a walk along indexes, which gains nothing by it. Sets of
# a hundred thousand lots are hashed and sorted in memory. What the address itself says under "options" is used instead.
POSTGRES_OPTIONS = "-c jit=off -c work_mem=64MB"


class BadDatabaseUrl(ValueError):
    """The address does not name a database that Lotline can use."""


def sqlite_settings(path: Path) -> dict[str, Any]:
    """Django settings of an embedded database in the file ``path``."""
    return {
        "ENGINE": "lotline.project.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_SECONDS,
            "init_command": SQLITE_PRAGMAS,
        },
    }


def database_settings(url: str, home: Path) -> dict[str, Any]:
    """Settings for ``url``: ``sqlite:///path``, ``postgresql://user:password@host:port/name?sslmode=…`` or empty.

    Raises ``BadDatabaseUrl`` with the accepted forms.
    """
    if not url:
        return sqlite_settings(home / "lotline.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        if not path or path == "/":
            raise BadDatabaseUrl("sqlite:///relative.sqlite3 or sqlite:////absolute/path.sqlite3")
        return sqlite_settings(Path(path[1:]))
    if parts.scheme in {"postgres", "postgresql"}:
        query = dict(parse_qsl(parts.query))
        try:
            port = str(parts.port or "")
        except ValueError as error:
            raise BadDatabaseUrl("the port is not a number from 1 to 65535") from error
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
            "PORT": port,
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"options": POSTGRES_OPTIONS} | query,
        }
    raise BadDatabaseUrl(f"{parts.scheme or url!r}: use sqlite:///file or postgresql://user:password@host/name")
