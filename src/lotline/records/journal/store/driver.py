"""The shortest way to the driver, for the statements of one append.

A single fact takes a dozen statements. Through Django's cursors each costs a search for placeholders, three wrappers, and on
PostgreSQL a text with every value quoted into it, which the server plans anew; that was most of a fact's time. Here the same
statement is sent with its values beside it and is planned once a connection. Whoever wants to see statements (tests that count
them, logging) gets them: then they go by way of Django.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper

Row = Sequence[Any]

# Older SQLite builds take 999 parameters in a statement.
SQLITE_PARAMETERS = 900
# From this many rows on, PostgreSQL's COPY is faster than one INSERT over arrays.
COPY_FROM = 500
# Characters of a value from which on its statement is not worth a plan that is kept: some hundred keys in an array.
LONG = 16_384
# What each connection to PostgreSQL has prepared, by statement. No name is ever used twice, nor by two processes: behind a pooler, what
# another one prepared may be there.
_prepared: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()
_numbers = count(1)
# SQLSTATEs of a prepared statement that is no more what was prepared: it is not there (a pooler gave this transaction another session),
# its name is taken, or its plan is of tables that were changed since (a migration).
_STALE = frozenset({"26000", "42P05", "0A000"})
_MARK = re.compile("%s")
_IN = re.compile(r"(\w+) \{in\}")


def run(connection: BaseDatabaseWrapper, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Rows of one statement, or none. Values are as ``sql.adapt`` leaves them; the statement names them ``%s`` and has no other ``%``."""
    if watched(connection):
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            return _run_prepared(connection.connection, sql, params)
        return connection.connection.execute(sql.replace("%s", "?"), params).fetchall()  # type: ignore[no-any-return]


def is_stale(error: BaseException | None) -> bool:
    """Whether a statement failed only since it had been prepared elsewhere or before tables changed.

    All such were forgotten then. Its transaction is lost; the same one from the beginning may well go through.
    """
    return getattr(error and error.__cause__, "sqlstate", None) in _STALE


# What makes PostgreSQL find rows by their keys, and plan anew for each portion of keys.
_BY_KEY = {"enable_seqscan": "off", "plan_cache_mode": "force_custom_plan"}


def read_by_key(connection: BaseDatabaseWrapper) -> None:
    """Look nothing up by reading a whole table, until ``read_as_planned`` or the end of the transaction.

    A table that the same transaction fills has no statistics: PostgreSQL would look for two thousand lots by reading all of it, every
    time, and an import would take the square of its length.
    """
    if connection.vendor == "postgresql":
        run(connection, "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _BY_KEY.items()))


def read_as_planned(connection: BaseDatabaseWrapper) -> None:
    """The end of ``read_by_key``: the foreign keys that are checked at COMMIT should not be planned anew for each row."""
    if connection.vendor == "postgresql":
        for name in _BY_KEY:
            run(connection, f"RESET {name}")


def watched(connection: BaseDatabaseWrapper) -> bool:
    """Whether somebody wants to see the statements, so that they go by way of Django, and in the thread that it opened them for."""
    return bool(connection.queries_logged or connection.execute_wrappers or not connection.in_atomic_block)


def _run_prepared(connection: Any, sql: str, params: Sequence[Any]) -> list[Row]:
    """By libpq itself. The first statement of a transaction goes through psycopg, which sends BEGIN before it.

    So does one with long arrays: it is planned anew, for a plan that was kept from small tables reads all of a large one for each value.
    """
    from psycopg import Cursor, adapt, errors, pq  # noqa: PLC0415 -- not needed where SQLite is used

    server = connection.pgconn
    if server.transaction_status != pq.TransactionStatus.INTRANS or any(isinstance(param, str) and len(param) > LONG for param in params):
        cursor = Cursor(connection).execute(sql, [_text(param) for param in params])
        return cursor.fetchall() if cursor.description else []
    names = _prepared.setdefault(server, {})
    name = names.get(sql)
    if name is None:
        name = names[sql] = f"lotline_{os.getpid()}_{secrets.token_hex(4)}_{next(_numbers)}".encode()
        numbers = count(1)
        result = server.prepare(name, _MARK.sub(lambda _mark: f"${next(numbers)}", sql).encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            del names[sql]
            raise _failed(server, errors.error_from_result(result))
    result = server.exec_prepared(name, [None if param is None else _bytes(param) for param in params])
    if result.status == pq.ExecStatus.TUPLES_OK:
        reader = adapt.Transformer(connection)
        reader.set_pgresult(result)
        return reader.load_rows(0, result.ntuples, tuple)
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise _failed(server, errors.error_from_result(result))
    return []


def _failed(server: Any, error: Any) -> Any:
    """The error of a statement; where it was stale, nothing of what was prepared on this connection is relied on any more."""
    if error.sqlstate in _STALE:
        _prepared.pop(server, None)
    return error


def _text(value: Any) -> Any:
    return None if value is None else str(value)


def _bytes(value: Any) -> bytes:
    text = str(value)
    if "\0" in text:
        from psycopg import DataError  # noqa: PLC0415 -- likewise

        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text.encode()


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
