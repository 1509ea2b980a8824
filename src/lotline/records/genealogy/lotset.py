"""Which lots a query speaks of: a few by their ids, a hundred thousand by a temporary table, those of an item, or all of a plant."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connections

from lotline.records.genealogy.closure import EVER, Bounds, Reached
from lotline.records.journal.store.sql import adapt, insert, select_in
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

    def rows(self, sql: str) -> Iterator[Row]:
        """The rows, fetched in portions."""
        whole = sql.replace("{source}", self.source).replace("{scope}", self.condition)
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
        yield Scope(f"{name} s CROSS JOIN ", "t.lot_id = s.id")


def scope_of_item(plant: Plant, item: UUID) -> Scope:
    """All lots of an item in a plant."""
    return Scope("catalog_lot s CROSS JOIN ", "t.lot_id = s.id AND s.plant_id = %s AND s.item_id = %s", (plant.pk, item))


def scope_of_plant(plant: Plant) -> Scope:
    """All lots of a plant."""
    return Scope("", "t.plant_id = %s", (plant.pk,))


@contextmanager
def lot_set(lots: Collection[UUID]) -> Iterator[str]:
    """The name of a temporary table with the column ``id``; it lives as long as the block."""
    connection = connections["default"]
    with _table("id {id} PRIMARY KEY") as name:
        insert(connection, name, ["id"], [(adapt(lot, connection),) for lot in dict.fromkeys(lots)])
        _analyze(name)
        yield name


@contextmanager
def reached_set(lots: Collection[Reached]) -> Iterator[str]:
    """Likewise, with the moment (``at_us``, ``seq``) at which the material first got into each lot."""
    connection = connections["default"]
    with _table("id {id} PRIMARY KEY, at_us bigint NOT NULL, seq bigint NOT NULL") as name:
        insert(connection, name, ["id", "at_us", "seq"], [(adapt(lot.id, connection), lot.at_us, lot.seq) for lot in lots])
        _analyze(name)
        yield name


@contextmanager
def _table(columns: str) -> Iterator[str]:
    connection = connections["default"]
    name = f"lot_set_{next(_numbers)}"
    kind = "uuid" if connection.vendor == "postgresql" else "blob"
    tail = " WITHOUT ROWID" if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns.format(id=kind)}){tail}")
    try:
        yield name
    finally:
        if not connection.needs_rollback:  # else the table goes with the transaction
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE {name}")


def _analyze(name: str) -> None:
    """PostgreSQL takes a table without statistics for a small one. SQLite is told the order of the joins instead."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {name}")


def rows_of(sql: str, *params: Any) -> Iterator[Row]:
    """Rows of one query, fetched in portions."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(param, connection) for param in params])
        while rows := cursor.fetchmany(5000):
            yield from rows


def seen(alias: str, bounds: Bounds) -> str:
    """The condition that a row with ``at_us`` and ``seq`` is within ``bounds``."""
    parts = []
    if bounds.at_us < EVER:
        parts.append(f"{alias}.at_us <= {int(bounds.at_us)}")
    if bounds.seq < EVER:
        parts.append(f"{alias}.seq <= {int(bounds.seq)}")
    return " AND ".join(parts) or "1 = 1"


_STANDS = "{t}.fact_id NOT IN (SELECT fact_id FROM {void}) AND {t}.fact_id NOT IN (SELECT by_id FROM {void})"


def stands(alias: str, bounds: Bounds) -> str:
    """The condition that the fact of a row was not taken back, and is not itself one that takes back."""
    return _STANDS.replace("{t}", alias).replace("{void}", void(bounds))


def void(bounds: Bounds) -> str:
    """What goes after FROM to read the reversals within ``bounds``."""
    return "journal_reversal" if bounds.seq >= EVER else f"journal_reversal WHERE seq <= {int(bounds.seq)}"
