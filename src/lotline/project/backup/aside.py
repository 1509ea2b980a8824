"""Putting what a database holds aside, so that a restore never destroys anything: a file gets another name, a schema too."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.words import _
from lotline.project.backup.columns import tables_of

BUSY_SECONDS = 2


def has_tables() -> bool:
    """Whether there are any tables here."""
    return bool(connection.introspection.table_names())


def has_rows() -> bool:
    """Whether anybody's records are here."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in tables_of(apps):
            if table.name in present:
                cursor.execute(f"SELECT 1 FROM {table.name} LIMIT 1")  # noqa: S608 -- names are ours
                if cursor.fetchone():
                    return True
    return False


def put_aside() -> str:
    """Rename what is here; the database is then without tables. Returns the new name. Raises ``Stopped`` if somebody uses it."""
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S_%f")
    return _schema_aside(stamp) if connection.vendor == "postgresql" else _file_aside(stamp)


def discard(name: str) -> None:
    """Remove what was put aside: only for a database that had no rows."""
    if connection.vendor != "postgresql":
        Path(name).unlink()
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(name)} CASCADE")


def put_back(name: str) -> None:
    """Undo ``put_aside``: what was made here since goes, and what was put aside has its own name again."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            schema = connection.ops.quote_name(cursor.fetchone()[0])
            cursor.execute(f"DROP SCHEMA {schema} CASCADE; ALTER SCHEMA {connection.ops.quote_name(name)} RENAME TO {schema}")
        return
    path = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    # The log of the half-made database must not be taken for one of the old file.
    for left in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + left).unlink(missing_ok=True)
    Path(name).replace(path)


def _file_aside(stamp: str) -> str:
    path = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    try:
        # Leaving WAL needs the file for oneself, and brings everything into the one file that is then renamed.
        alone = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            alone.execute("PRAGMA journal_mode=DELETE").fetchone()
        finally:
            alone.close()
    except sqlite3.OperationalError as error:
        raise _in_use() from error
    kept = path.with_name(f"{path.stem}.before-restore-{stamp}{path.suffix}")
    path.rename(kept)
    return str(kept)


def _schema_aside(stamp: str) -> str:
    others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    kept = f"before_restore_{stamp}"
    with connection.cursor() as cursor:
        cursor.execute(others)
        if cursor.fetchone()[0]:
            raise _in_use()
        cursor.execute("SELECT current_schema()")
        schema = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute(f"ALTER SCHEMA {schema} RENAME TO {connection.ops.quote_name(kept)}; CREATE SCHEMA {schema}")
    return kept


def _in_use() -> Stopped:
    return Stopped(_("Another program uses the database."), _("Stop Lotline (and whatever else is connected), then restore again."))
