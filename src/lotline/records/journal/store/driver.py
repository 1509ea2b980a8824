"""The shortest way to the driver, for the statements of one append.

A single fact takes a dozen statements. Through Django's cursors each costs a search for placeholders, three wrappers, and on
PostgreSQL a text with every value quoted into it, which the server plans anew; that was most of a fact's time. Here the same
statement is sent with its values beside it and is planned once a connection. Whoever wants to see statements (tests that count
them, logging) gets them: then they go by way of Django.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Row = Sequence[Any]

# Older SQLite builds take 999 parameters in a statement.
SQLITE_PARAMETERS = 900
# From this many rows on, PostgreSQL's COPY is faster than one INSERT over arrays.
COPY_FROM = 500
_IN = re.compile(r"(\w+) \{in\}")


def run(connection: BaseDatabaseWrapper, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Rows of one statement, or none. Values are as ``sql.adapt`` leaves them; the statement names them ``%s`` and has no other ``%``."""
    if _watched(connection):
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            return _run_prepared(connection.connection, sql, params)
        return connection.connection.execute(sql.replace("%s", "?"), params).fetchall()  # type: ignore[no-any-return]


def _watched(connection: BaseDatabaseWrapper) -> bool:
    return bool(connection.queries_logged or connection.execute_wrappers or not connection.in_atomic_block)


@contextmanager
def together(connection: BaseDatabaseWrapper, rows: int) -> Iterator[None]:
    """Statements that give no rows and need not wait for one another: PostgreSQL gets them in one go. ``rows``: the most that one writes."""
    if connection.vendor != "postgresql" or rows >= COPY_FROM or _watched(connection):
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def _run_prepared(connection: Any, sql: str, params: Sequence[Any]) -> list[Row]:
    from psycopg import Cursor  # noqa: PLC0415 -- not needed where SQLite is used

    # Django switches the preparing of statements off for a connection, since its own have their values in them.
    usual, connection.prepare_threshold = connection.prepare_threshold, 1
    try:
        cursor = Cursor(connection).execute(sql, params, prepare=True)
        in_pipeline = connection.pgconn.pipeline_status
        return cursor.fetchall() if not in_pipeline and cursor.description else []
    finally:
        connection.prepare_threshold = usual


@cache
def _typed(sql: str) -> str:
    """Values that travel apart from the statement need their type: keys are uuids, everything else is text."""
    return _IN.sub(lambda found: f"{found[1]} = ANY(%s::{'uuid' if found[1].endswith('id') else 'text'}[])", sql)


def array(values: Iterable[Any]) -> str:
    """Values as PostgreSQL writes an array; the driver does this too, and takes its time to find out what they are."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def run_in(connection: BaseDatabaseWrapper, sql: str, values: Sequence[Any], params: Sequence[Any] = ()) -> Iterator[Row]:
    """As ``sql.select_in``: rows whose column before ``{in}`` is one of ``values``, with ``params`` before those."""
    if not values:
        return
    if connection.vendor == "postgresql":
        yield from run(connection, _typed(sql), [*params, array(values)])
        return
    for start in range(0, len(values), SQLITE_PARAMETERS):
        part = values[start : start + SQLITE_PARAMETERS]
        yield from run(connection, sql.replace("{in}", f"IN ({','.join(['%s'] * len(part))})"), [*params, *part])
