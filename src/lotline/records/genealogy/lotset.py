"""Which lots a query speaks of: a few by their ids, a hundred thousand by a temporary table, those of an item, or all of a plant."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db import Error, connections

from lotline.records.genealogy.closure import EVER, Bounds, Key
from lotline.records.journal.store.sql import SQLITE_PARAMETERS, adapt, select_in
from lotline.records.places.models import Plant

_numbers = itertools.count(1)
Row: TypeAlias = tuple[Any, ...]
# Up to this many lots, parameters are quicker than a temporary table. Below the limit of parameters of every engine.
FEW = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """Lots that a query is about. ``rows`` takes SQL with ``{source}`` before the first table of FROM, which is called ``t`` and has
    a column ``lot_id``, and ``{scope}`` as the last condition of WHERE.
    """

    source: str
    condition: str
    params: tuple[Any, ...] = ()
    ids: tuple[UUID, ...] | None = None
    table: bool = False

    def rows(self, sql: str) -> Iterator[Row]:
        """The rows, fetched in portions."""
        whole = sql.replace("{source}", self.source).replace("{scope}", self.condition)
        if self.table and connections["default"].vendor == "postgresql":
            return iter(_rows_by_index(whole, *self.params))
        if self.ids is None:
            return rows_of(whole, *self.params)
        return select_in(connections["default"], whole, self.ids)  # type: ignore[return-value]


@contextmanager
def scope_of_lots(lots: Collection[UUID]) -> Iterator[Scope]:
    """The scope of these lots, while the block lasts."""
    if len(lots) <= FEW:
        yield Scope("", "t.lot_id {in}", ids=tuple(dict.fromkeys(lots)))
        return
    with lot_set(lots) as name:
        yield scope_of_set(name)


def scope_of_item(plant: Plant, item: UUID) -> Scope:
    """All lots of an item in a plant."""
    return Scope("catalog_lot s CROSS JOIN ", "t.lot_id = s.id AND s.plant_id = %s AND s.item_id = %s", (plant.pk, item))


def scope_of_plant(plant: Plant) -> Scope:
    """All lots of a plant."""
    return Scope("", "t.plant_id = %s", (plant.pk,))


def scope_of_set(name: str) -> Scope:
    """The lots of a temporary table, with its columns as ``s``."""
    return Scope(f"{name} s CROSS JOIN ", "t.lot_id = s.id", table=True)


@contextmanager
def lot_set(lots: Iterable[UUID]) -> Iterator[str]:
    """The name of a temporary table of lots that lives as long as the block."""
    connection = connections["default"]
    with temporary_set([(adapt(lot, connection),) for lot in dict.fromkeys(lots)]) as name:
        yield name


@contextmanager
def temporary_set(rows: Sequence[Row], columns: Sequence[str] = ()) -> Iterator[str]:
    """Likewise, with lots as the driver names them and ``columns`` of whole numbers beside them (``create_set``)."""
    name = create_set(rows, columns)
    try:
        yield name
    finally:
        drop_set(name)


def create_set(rows: Sequence[Row], columns: Sequence[str] = ()) -> str:
    """A temporary table ``(n, id, *columns)`` of lots as the driver names them, and whole numbers; ``n`` counts from 0.

    It stays until ``drop_set`` or the end of the connection.
    """
    connection = connections["default"]
    name = f"lot_set_{next(_numbers)}"
    kind = "uuid" if connection.vendor == "postgresql" else "blob"
    names = ["n", "id", *columns]
    declared = ", ".join(
        ["n bigint PRIMARY KEY" if kind == "uuid" else "n integer PRIMARY KEY", f"id {kind}", *(f"{c} bigint" for c in columns)]
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({declared})")
        if kind == "uuid":
            with cursor.copy(f"COPY {name} ({', '.join(names)}) FROM STDIN") as copy:
                for n, row in enumerate(rows):
                    copy.write_row((n, *row))
            cursor.execute(f"ANALYZE {name}")
        else:
            _fill_on_sqlite(cursor, name, rows, len(names))
    return name


def _fill_on_sqlite(cursor: Any, name: str, rows: Sequence[Row], width: int) -> None:
    """Many rows a statement, all in one deferred transaction: it writes to the temporary database only and locks nobody out.

    Straight to the driver: Django would search each statement for its 900 placeholders.
    """
    portion = SQLITE_PARAMETERS // width
    marks = f"({', '.join('?' * width)})"
    statement = f"INSERT INTO {name} VALUES "  # noqa: S608 (a name of ours)
    full = statement + ", ".join([marks] * portion)
    cursor.execute(f"SAVEPOINT {name}")
    send = connections["default"].connection.execute
    for begin in range(0, len(rows), portion):
        part = rows[begin : begin + portion]
        values = [value for n, row in enumerate(part, begin) for value in (n, *row)]
        send(full if len(part) == portion else statement + ", ".join([marks] * len(part)), values)
    cursor.execute(f"RELEASE SAVEPOINT {name}")


def drop_set(name: str) -> None:
    """Remove the table; one that went with its transaction or connection is gone already.

    After an error the transaction takes no more statements, and takes the table along when it is given up.
    """
    connection = connections["default"]
    if connection.connection is None or connection.needs_rollback:
        return
    with suppress(Error), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def rows_of(sql: str, *params: Any) -> Iterator[Row]:
    """Rows of one query, fetched in portions."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(param, connection) for param in params])
        while rows := cursor.fetchmany(5000):
            yield from rows


_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; {sql}; RESET enable_hashjoin; RESET enable_mergejoin"


def _rows_by_index(sql: str, *params: Any) -> list[Row]:
    """Rows that PostgreSQL looks up lot by lot. By itself it would read the whole journal into a hash for a set of two thousand lots,
    and the answer would take longer in a larger store.

    All is sent at once, which is a transaction of its own where there is none; the rows are the third of five answers.
    """
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(_BY_INDEX.replace("{sql}", sql), [adapt(param, connection) for param in params])
        cursor.nextset()
        cursor.nextset()
        return cursor.fetchall()  # type: ignore[no-any-return]


def seen(alias: str, bounds: Bounds) -> str:
    """The condition that a row with ``at_us`` and ``seq`` is within ``bounds``."""
    parts = []
    if bounds.at_us < EVER:
        parts.append(f"{alias}.at_us <= {int(bounds.at_us)}")
    if bounds.seq < EVER:
        parts.append(f"{alias}.seq <= {int(bounds.seq)}")
    return " AND ".join(parts) or "1 = 1"


_STANDS = (
    "NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.fact_id = {t}.fact_id{known})"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal v WHERE v.by_id = {t}.fact_id{known})"
)
_TAKEN_BACK = "SELECT v.fact_id, v.by_id FROM journal_reversal v WHERE v.seq <= {seq} AND v.{end} {in}"


def stands(alias: str, bounds: Bounds) -> str:
    """The condition that the fact of a row was not taken back, and is not itself one that takes back."""
    return _STANDS.replace("{t}", alias).replace("{known}", "" if bounds.seq >= EVER else f" AND v.seq <= {int(bounds.seq)}")


def within(sql: str, bounds: Bounds, alias: str = "t") -> str:
    """``sql`` with ``{seen}`` and ``{stands}`` put in for the rows that it calls ``alias``."""
    return sql.replace("{seen}", seen(alias, bounds)).replace("{stands}", stands(alias, bounds))


def void_among(facts: Collection[Key], bounds: Bounds) -> set[Key]:
    """Which of ``facts`` count for nothing within ``bounds``: those that were taken back, and what took them back."""
    found: set[Key] = set()
    for end in ("fact_id", "by_id"):
        sql = _TAKEN_BACK.replace("{seq}", str(int(bounds.seq))).replace("{end}", end)
        found.update(key for pair in select_in(connections["default"], sql, list(facts)) for key in pair)
    return found


def literal(key: UUID) -> str:
    """A key written into SQL, where its place among the parameters would be hard to tell."""
    return f"'{key}'::uuid" if connections["default"].vendor == "postgresql" else f"X'{key.hex}'"
