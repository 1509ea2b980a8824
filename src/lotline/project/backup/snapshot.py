"""Reading all tables as they were at one moment, while writers go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection

from lotline.project.backup.columns import Table

ROWS_AT_ONCE = 5000


class Snapshot(Protocol):
    """The database at one moment."""

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        """All rows of a table, as the driver gives them."""

    def ask(self, sql: str) -> list[Sequence[Any]]:
        """The rows of a small query."""


class _Sqlite:
    """A read transaction of a connection of its own. In WAL mode it sees one moment, and writers do not wait for it."""

    def __init__(self) -> None:
        import sqlite3

        settings = connection.settings_dict
        name = str(settings["NAME"])
        self.connection = sqlite3.connect(name, timeout=30, isolation_level=None, uri=name.startswith("file:"))
        self.connection.execute("PRAGMA query_only=ON")
        self.connection.execute("BEGIN")
        self.connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # the moment is that of the first reading

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        cursor = self.connection.execute(f"SELECT {_names(table)} FROM {table.name} t ORDER BY t.rowid")  # noqa: S608 -- names are ours
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows

    def ask(self, sql: str) -> list[Sequence[Any]]:
        return self.connection.execute(sql).fetchall()

    def close(self) -> None:
        self.connection.close()


class _Postgres:
    """A REPEATABLE READ transaction of a connection of its own, read through server-side cursors."""

    def __init__(self) -> None:
        self.wrapper = connection.copy()
        self.wrapper.ensure_connection()
        self.connection: Any = self.wrapper.connection
        with self.connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        with self.connection.cursor(name=f"backup_{table.name}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(f"SELECT {_names(table)} FROM {table.name} t ORDER BY t.id")  # noqa: S608 -- names are ours
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows

    def ask(self, sql: str) -> list[Sequence[Any]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def close(self) -> None:
        self.wrapper.close()


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """The database of this installation as it is now. Rows that other connections commit later are not in it."""
    taken: _Sqlite | _Postgres = _Postgres() if connection.vendor == "postgresql" else _Sqlite()
    try:
        yield taken
    finally:
        taken.close()


def _names(table: Table) -> str:
    # With the table's name before it: SQLite takes "a column that is not there" for a text.
    return ", ".join(f't."{column.name}"' for column in table.columns)
