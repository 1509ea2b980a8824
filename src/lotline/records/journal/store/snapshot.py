"""One moment of the journal for a reading that takes several queries.

What somebody else commits between two of them would be in the one and not in the other: a balance would show a residue that never was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.records.journal.store.driver import run

# Not ``atomic``: its transactions begin IMMEDIATE on SQLite, and whoever reads must neither wait for the writer nor make it wait. Not
# READ ONLY on PostgreSQL, for sets of lots go into temporary tables.
_BEGIN = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ"}


@contextmanager
def snapshot() -> Iterator[None]:
    """Every query of this thread in the block sees the database as the first one saw it; also a decorator of functions.

    Within a transaction (or another snapshot) it does nothing: that decides what is seen. Nothing is written in the block, on the
    connection of this thread: a transaction that begins there is refused by the driver, loudly. The block begins and ends in one thread.

    While it lasts, SQLite's WAL grows with what others write, and PostgreSQL keeps the row versions that the block may still see. That is
    for as long as an answer takes, which for a hundred thousand streamed rows is the time of the client: the price of figures that close.
    """
    connection = connections["default"]
    if connection.in_atomic_block or not connection.get_autocommit() or _in_transaction(connection.connection, connection):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN[connection.vendor])
    driver = connection.connection
    try:
        yield
    finally:
        # COMMIT after an error too: there is nothing to take back, and temporary tables of another reading may stand in it.
        if connection.connection is driver and _in_transaction(driver, connection):
            with connection.wrap_database_errors:
                driver.execute("COMMIT")


@contextmanager
def reading_only() -> Iterator[None]:
    """A snapshot for work that might write by mistake, by whatever way: the database refuses that.

    Within a transaction that somebody else began it is that one's state that is read, and theirs to end.
    """
    connection = connections["default"]
    before = connection.connection
    if connection.in_atomic_block or (before is not None and _in_transaction(before, connection)):
        yield
        return
    with snapshot(), ExitStack() as stack:
        if connection.vendor == "postgresql":
            run(connection, "SET TRANSACTION READ ONLY")
        else:
            stack.callback(connection.connection.execute, "PRAGMA query_only=OFF")
            run(connection, "PRAGMA query_only=ON")
        yield


def _in_transaction(driver: Any, connection: BaseDatabaseWrapper) -> bool:
    if connection.vendor == "postgresql":
        return bool(driver.pgconn.transaction_status != 0)  # PQTRANS_IDLE
    return bool(driver.in_transaction)
