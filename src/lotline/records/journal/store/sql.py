"""Sets of rows in and out of the database in as few statements as the engine allows.

The ORM spends tens of microseconds on a row; an import writes millions. Everything here is plain SQL over the same tables,
with the differences between SQLite (``executemany``) and PostgreSQL (arrays and COPY) kept in this one file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.records.journal.store.driver import COPY_FROM, array, run
from lotline.records.journal.store.driver import SQLITE_PARAMETERS as SQLITE_PARAMETERS
from lotline.records.journal.store.driver import Row as Row
from lotline.records.places.keys import to_db

# Columns by PostgreSQL type, where arrays need to be told; everything else in these tables is text.
PG_TYPES = {
    "quantity": "bigint", "at_us": "bigint", "seq": "bigint", "moved_at_us": "bigint", "decided_at_us": "bigint",
    "fills": "integer", "opened_at_us": "bigint", "closed_at_us": "bigint", "role": "smallint", "certain": "smallint", "boxed": "smallint", "strand": "integer",
    "inside": "boolean", "happened_at": "timestamptz", "recorded_at": "timestamptz", "born_at": "timestamptz",
    "expires_at": "timestamptz", "id": "uuid",
}  # fmt: skip


def adapt(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """A Python value as this engine's driver takes it in raw SQL."""
    if isinstance(value, UUID):
        return to_db(value, connection)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def select(connection: BaseDatabaseWrapper, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """All rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(param, connection) for param in params])
        return cursor.fetchall()  # type: ignore[no-any-return]


def select_in(connection: BaseDatabaseWrapper, sql: str, values: Sequence[Any], params: Sequence[Any] = ()) -> Iterator[Row]:
    """Rows of ``sql``, whose ``{in}`` stands after a column and means "is one of ``values``"; ``params`` come before it.

    Never cut by a bind limit: one array on PostgreSQL, as many statements as needed elsewhere (docs/architecture/integrity-cases.md, T48).
    """
    head = [adapt(param, connection) for param in params]
    wanted = [adapt(value, connection) for value in values]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if wanted:
                cursor.execute(sql.replace("{in}", "= ANY(%s)"), [*head, wanted])
                yield from cursor.fetchall()
            return
        for start in range(0, len(wanted), SQLITE_PARAMETERS):
            part = wanted[start : start + SQLITE_PARAMETERS]
            marks = ",".join(["%s"] * len(part))
            cursor.execute(sql.replace("{in}", f"IN ({marks})"), [*head, *part])
            yield from cursor.fetchall()


def insert(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert ``rows``; values are as ``adapt`` leaves them."""
    if not rows:
        return
    into = f"INSERT INTO {table} ({_names(columns)})"
    if connection.vendor != "postgresql":
        _run_parts(connection, into + " VALUES ", "", columns, rows)
    elif len(rows) < COPY_FROM:
        run(connection, f"{into} SELECT * FROM {_unnest(columns)}", _columnwise(rows))
    else:
        # By the driver's own connection: Django's belongs to the thread that opened it (behind.py).
        copying = f"COPY {table} ({_names(columns)}) FROM STDIN"
        with connection.wrap_database_errors, connection.connection.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)


def _most_parameters(connection: BaseDatabaseWrapper) -> int:
    """Parameters of a statement that writes. Between two statements, a thread that stores waits for the one that checks."""
    allowed: int = connection.connection.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER)
    return min(allowed, 30_000)


def _run_parts(connection: BaseDatabaseWrapper, before: str, after: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Many rows a statement, since a third of the time of a row is the beginning and the end of its statement."""
    marks = f"({','.join(['%s'] * len(columns))})"
    size = _most_parameters(connection) // len(columns)
    for begin in range(0, len(rows), size):
        part = rows[begin : begin + size]
        run(connection, before + ",".join([marks] * len(part)) + after, list(chain.from_iterable(part)))


def upsert(
    connection: BaseDatabaseWrapper, table: str, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], column: str
) -> None:
    """Insert ``rows``, or set ``column`` where a row with the same ``key`` exists."""
    if not rows:
        return
    into = f"INSERT INTO {table} ({_names(columns)})"
    conflict = f" ON CONFLICT ({_names(key)}) DO UPDATE SET {column} = excluded.{column}"
    if connection.vendor != "postgresql":
        _run_parts(connection, into + " VALUES ", conflict, columns, rows)
    else:
        run(connection, f"{into} SELECT * FROM {_unnest(columns)}{conflict}", _columnwise(rows))


def update(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str], rows: Sequence[Row], plant: Any) -> None:
    """Set ``columns`` of the rows of ``plant`` whose id stands last in each of ``rows``.

    Many rows a statement: SQLite keeps an undo log for each on a guarded table, which within a savepoint costs more the more it holds.
    """
    if not rows:
        return
    named = [*columns, "id"]
    if connection.vendor != "postgresql":
        sets = ", ".join(f'"{column}" = v.column{number}' for number, column in enumerate(columns, 1))
        found = f" WHERE {table}.id = v.column{len(named)} AND {table}.plant_id = {_blob(plant)}"
        _run_parts(connection, f"UPDATE {table} SET {sets} FROM (VALUES ", ") AS v" + found, named, rows)
    else:
        sets = ", ".join(f'"{column}" = v."{column}"' for column in columns)
        statement = f"UPDATE {table} AS t SET {sets} FROM {_unnest(named)} AS v({_names(named)}) WHERE t.id = v.id AND t.plant_id = %s"
        run(connection, statement, [*_columnwise(rows), plant])


def delete_balances(connection: BaseDatabaseWrapper, plant: Any, rows: Sequence[tuple[Any, Any]]) -> None:
    """Remove the balance rows of these (lot, place) pairs: what has come to zero is not stock."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        statement = "DELETE FROM journal_balance WHERE plant_id = %s AND lot_id = %s AND place_id = %s"
        for row in rows:
            run(connection, statement, (plant, *row))
    else:
        statement = (
            "DELETE FROM journal_balance AS b USING unnest(%s::uuid[], %s::uuid[]) AS v(lot, place)"
            " WHERE b.plant_id = %s AND b.lot_id = v.lot AND b.place_id = v.place"
        )
        run(connection, statement, [*_columnwise(rows), plant])


def _blob(key: bytes) -> str:
    """A key as a literal of SQLite: a statement that is the same for a plant need not be told it every time."""
    return f"x'{key.hex()}'"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _columnwise(rows: Sequence[Row]) -> list[str]:
    return [array(column) for column in zip(*rows, strict=True)]


def _unnest(columns: Sequence[str]) -> str:
    types = (PG_TYPES.get(column) or ("uuid" if column.endswith("_id") else "text") for column in columns)
    return "unnest(" + ", ".join(f"%s::{kind}[]" for kind in types) + ")"
