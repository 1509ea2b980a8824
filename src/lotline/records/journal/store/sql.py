"""Sets of rows in and out of the database in as few statements as the engine allows.

The ORM spends tens of microseconds on a row; an import writes millions. Everything here is plain SQL over the same tables,
with the differences between SQLite (``executemany``) and PostgreSQL (arrays and COPY) kept in this one file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from sqlite3 import Cursor as SQLiteCursor
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from lotline.records.places.keys import to_db

Row = Sequence[Any]

# Older SQLite builds take 999 parameters in a statement.
SQLITE_PARAMETERS = 900
# From this many rows on, COPY is faster than one INSERT over arrays.
COPY_FROM = 500

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
    names = _names(columns)
    if connection.vendor != "postgresql":
        _insert_parts(connection, f"INSERT INTO {table} ({names}) VALUES ", columns, rows)
        return
    with connection.cursor() as cursor:
        if len(rows) < COPY_FROM:
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT * FROM {_unnest(columns)}", _columnwise(rows))
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _insert_parts(connection: BaseDatabaseWrapper, statement: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Many rows a statement, since a third of the time of a row is the beginning and the end of its statement.

    The driver is asked directly: Django would look for every ``%s`` in every one of these long statements.
    """
    marks = f"({','.join('?' * len(columns))})"
    size = SQLITE_PARAMETERS // len(columns)
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = connection.connection.cursor()
        whole = statement + ",".join([marks] * size)
        for begin in range(0, len(rows), size):
            part = rows[begin : begin + size]
            text = whole if len(part) == size else statement + ",".join([marks] * len(part))
            SQLiteCursor.execute(cursor, text, list(chain.from_iterable(part)))
        cursor.close()


def upsert(
    connection: BaseDatabaseWrapper, table: str, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], column: str
) -> None:
    """Insert ``rows``, or set ``column`` where a row with the same ``key`` exists."""
    if not rows:
        return
    conflict = f"ON CONFLICT ({_names(key)}) DO UPDATE SET {column} = excluded.{column}"
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ",".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({_names(columns)}) VALUES ({marks}) {conflict}", rows)
        else:
            statement = f"INSERT INTO {table} ({_names(columns)}) SELECT * FROM {_unnest(columns)} {conflict}"
            cursor.execute(statement, _columnwise(rows))


def update(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str], rows: Sequence[Row], plant: Any) -> None:
    """Set ``columns`` of the rows of ``plant`` whose id stands last in each of ``rows``."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            _update_parts(cursor, table, columns, rows, plant)
        else:
            sets = ", ".join(f'"{column}" = v."{column}"' for column in columns)
            source = f"{_unnest([*columns, 'id'])} AS v({_names([*columns, 'id'])})"
            statement = f"UPDATE {table} AS t SET {sets} FROM {source} WHERE t.id = v.id AND t.plant_id = %s"
            cursor.execute(statement, [*_columnwise(rows), plant])


def _update_parts(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Sequence[Row], plant: Any) -> None:
    """Many rows a statement: a guarded table keeps an undo log for each, which within a savepoint costs more the more it holds."""
    sets = ", ".join(f'"{column}" = v.column{number}' for number, column in enumerate(columns, 1))
    marks = "(" + ",".join(["%s"] * (len(columns) + 1)) + ")"
    size = (SQLITE_PARAMETERS - 1) // (len(columns) + 1)
    for begin in range(0, len(rows), size):
        part = rows[begin : begin + size]
        source = f"(VALUES {','.join([marks] * len(part))}) AS v"
        statement = f"UPDATE {table} SET {sets} FROM {source} WHERE {table}.id = v.column{len(columns) + 1} AND {table}.plant_id = %s"
        cursor.execute(statement, [*chain.from_iterable(part), plant])


def delete_balances(connection: BaseDatabaseWrapper, plant: Any, rows: Sequence[tuple[Any, Any]]) -> None:
    """Remove the balance rows of these (lot, place) pairs: what has come to zero is not stock."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            statement = "DELETE FROM journal_balance WHERE plant_id = %s AND lot_id = %s AND place_id = %s"
            cursor.executemany(statement, [(plant, *row) for row in rows])
        else:
            statement = (
                "DELETE FROM journal_balance AS b USING unnest(%s::uuid[], %s::uuid[]) AS v(lot, place)"
                " WHERE b.plant_id = %s AND b.lot_id = v.lot AND b.place_id = v.place"
            )
            cursor.execute(statement, [*_columnwise(rows), plant])


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _columnwise(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _unnest(columns: Sequence[str]) -> str:
    types = (PG_TYPES.get(column) or ("uuid" if column.endswith("_id") else "text") for column in columns)
    return "unnest(" + ", ".join(f"%s::{kind}[]" for kind in types) + ")"
