"""What each lot was known to be born with: the catalog tells its last birth, the journal the one that was the last by then.

A lot is born anew when all that moved it was taken back: with another moment, expiry or batch, perhaps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connections

from lotline.core.instant import parse_instant
from lotline.core.ledger.births import facts_that_bore
from lotline.records.genealogy.closure import EVER, Bounds, Key
from lotline.records.genealogy.lotset import Row, Scope, scope_of_lots
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import adapt, select, select_in
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

_FIRST = (
    "SELECT t.lot_id, t.fact_id, v.seq, f.body FROM {source}journal_posting t CROSS JOIN journal_fact f"
    " LEFT JOIN journal_reversal v ON v.fact_id = f.id AND v.seq <= {seq}"
    " WHERE f.id = t.fact_id AND t.seq <= {seq} AND t.seq = (SELECT MIN(p.seq) FROM journal_posting p WHERE p.lot_id = t.lot_id) AND {scope}"
)
_MOVED = (
    "SELECT DISTINCT p.lot_id, p.seq, v.seq, p.fact_id FROM journal_posting p"
    " LEFT JOIN journal_reversal v ON v.fact_id = p.fact_id AND v.seq <= {seq} WHERE p.seq <= {seq} AND p.lot_id {in}"
)
_BODIES = "SELECT id, body FROM journal_fact WHERE id {in}"
# Facts that said it of a lot, and were taken back only after the moment of knowing.
_SAID = (
    "SELECT f.body FROM journal_reversal v CROSS JOIN journal_fact f"
    " WHERE v.plant_id = %s AND v.seq > {seq} AND f.id = v.fact_id AND f.seq <= {seq} AND {place}(f.body, %s) > 0"
)
# Lots with a fact that was known and does not stand now: only those can have been born anew since.
_TAKEN = (
    "SELECT DISTINCT l.id, l.born_at FROM journal_reversal v CROSS JOIN journal_posting p CROSS JOIN catalog_lot l"
    " WHERE v.plant_id = %s AND p.fact_id = v.fact_id AND p.seq <= {seq} AND l.id = p.lot_id"
)


@dataclass(frozen=True, slots=True)
class BornAs:
    """What the fact said that a lot was born in, or its item asked for that day."""

    status: str
    batch: str
    born_at: datetime
    expires_at: datetime | None


def births_within(scope: Scope, bounds: Bounds) -> dict[UUID, BornAs]:
    """The last birth that the journal knew of within ``bounds``, by lot; nothing of a lot that it did not know."""
    seq = str(int(bounds.seq))
    found: dict[UUID, BornAs] = {}
    again: list[Key] = []
    for lot, _fact, taken, body in scope.rows(_FIRST.replace("{seq}", seq)):
        if taken is not None:
            again.append(lot)
        elif read_id(lot) not in found:
            found.update(_said_in(body))
    if again:
        found.update(_last_births(list(dict.fromkeys(again)), seq))
    return found


def born_otherwise(plant: Plant, bounds: Bounds) -> dict[UUID, datetime]:
    """Lots of a plant that were known within ``bounds`` to be born at another moment than the catalog tells now, with that moment."""
    if bounds.seq >= EVER:
        return {}
    rows = select(connections["default"], _TAKEN.replace("{seq}", str(int(bounds.seq))), [plant.pk])
    now = {read_id(lot): as_moment(born) for lot, born in rows}
    with scope_of_lots(now) as scope:
        then = births_within(scope, bounds)
    return {lot: born.born_at for lot, born in then.items() if born.born_at != now[lot]}


def lots_of_batch_then(plant: Plant, batch: str, bounds: Bounds) -> Iterator[UUID]:
    """Lots that were once said to be of ``batch`` in a fact that was taken back since the moment of ``bounds``."""
    connection = connections["default"]
    place = "strpos" if connection.vendor == "postgresql" else "instr"
    sql = _SAID.replace("{seq}", str(int(bounds.seq))).replace("{place}", place)
    words = orjson.dumps({"batch": batch})[1:-1].decode()
    for (body,) in select(connection, sql, [plant.pk, words]):
        yield from (lot for lot, born in _said_in(body).items() if born.batch == batch)


def _last_births(lots: Collection[Key], seq: str) -> dict[UUID, BornAs]:
    """Of lots whose first birth was taken back: they may have been born anew, and that more than once."""
    connection = connections["default"]
    moved: dict[UUID, list[Row]] = defaultdict(list)
    for row in select_in(connection, _MOVED.replace("{seq}", seq), list(lots)):
        moved[read_id(row[0])].append(tuple(row))
    bore: dict[UUID, UUID] = {}
    for lot, rows in moved.items():
        last = facts_that_bore((row[1], row[2]) for row in rows)[-1]
        bore[lot] = next(read_id(row[3]) for row in rows if row[1] == last)
    keys = [adapt(fact, connection) for fact in dict.fromkeys(bore.values())]
    said = {read_id(fact): _said_in(body) for fact, body in select_in(connection, _BODIES, keys)}
    return {lot: said[fact][lot] for lot, fact in bore.items() if lot in said[fact]}


def _said_in(text: str) -> dict[UUID, BornAs]:
    body: dict[str, Any] = json.loads(text)
    batches: dict[tuple[str, str], str] = {}
    for birth in body.get("births", ()):
        item, code = body["lots"][birth["lot"]]
        batches.setdefault((item, code), birth.get("batch", ""))
    at = parse_instant(body["at"])
    return {
        UUID(key): BornAs(status, batches.get((item, code), ""), at, None if expires is None else parse_instant(expires))
        for item, code, key, status, expires in body.get("born", ())
    }
