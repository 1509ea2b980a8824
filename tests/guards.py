"""The journal refuses UPDATE and DELETE in the database itself. Emptying the tables between two tests is the one exception."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

flush_guarded = BaseDatabaseOperations.execute_sql_flush


def flush_unguarded(operations: BaseDatabaseOperations, sql_list: Sequence[str]) -> None:
    """What Django does to empty all tables, with the guards off for that moment."""
    with guards_off(operations.connection):
        flush_guarded(operations, sql_list)


@contextmanager
def guards_off(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """No trigger fires while the block runs."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            try:
                yield
            finally:
                for _name, sql in triggers:
                    cursor.execute(sql)
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")
