"""What a reader wants to know of lots at a glance: item, status, holds, what became of the quantity, and the one state to show.

A fixed number of queries for any number of lots.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from lotline.core.facts import Disposition
from lotline.core.instant import from_micros
from lotline.core.ledger import Decision
from lotline.core.ledger.decisions import counting
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item
from lotline.records.genealogy.births import BornAs, births_within
from lotline.records.genealogy.choices import LotState, Standing
from lotline.records.genealogy.closure import EVER
from lotline.records.genealogy.lotset import Row, Scope, literal, scope_of_lots, within
from lotline.records.genealogy.mass_balance import Line, lines_of_lots
from lotline.records.genealogy.whereabouts import NOW, Map, Stay, where_now
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import select_in
from lotline.records.places.keys import from_db, read_id

# Still in the plant's hands.
OURS = frozenset({Standing.HERE, Standing.SUBCONTRACTOR, Standing.TRANSIT})

_LOTS = (
    "SELECT t.id, t.code, t.item_id, t.batch, t.born_at, t.expires_at, t.status FROM {source}catalog_lot t"
    " WHERE t.plant_id = {plant} AND {scope}"
)
_HOLDS = (
    "SELECT t.lot_id, t.opened_by_id, t.place_id, t.reason, t.opened_at_us, o.seq FROM {source}journal_hold t CROSS JOIN journal_fact o"
    " WHERE o.id = t.opened_by_id AND t.closed_by_id IS NULL AND {scope}"
)
# The table of holds says how things are now. How they were known to be is told by the facts, as the journal took them in.
_HOLDING = (
    "SELECT t.lot_id, t.fact_id, t.at_us, t.seq, f.body FROM {source}journal_subject t CROSS JOIN journal_fact f"
    " WHERE f.id = t.fact_id AND f.kind IN ('hold', 'release') AND t.seq <= {seq} AND {scope}"
)
_TAKEN_BACK = "SELECT fact_id, seq FROM journal_reversal WHERE seq <= {seq} AND fact_id {in}"
# A decision is rare beside all facts that speak of a lot; the text is looked at only for those that can hold one.
_DECISIONS = (
    "SELECT t.lot_id, t.at_us, t.seq, t.fact_id, f.body FROM {source}journal_subject t CROSS JOIN journal_fact f"
    " WHERE f.id = t.fact_id AND f.kind IN ('inspect', 'release', 'sign') AND {seen} AND {stands} AND {scope}"
)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that is open at the moment looked at; ``place`` None means everywhere."""

    fact: UUID
    place: UUID | None
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot with what became of it (``line``, micro units) and where the rest is."""

    id: UUID
    code: str
    item: Item
    batch: str
    born_at: datetime
    expires_at: datetime | None
    status: LotStatus
    holds: tuple[OpenHold, ...]
    line: Line
    stays: tuple[Stay, ...]
    state: LotState

    @property
    def made(self) -> int:
        """What was received or produced of it."""
        return self.line.received + self.line.produced


@snapshot()
def view_lots(*, lots: Collection[UUID], places: Map, now: datetime | None = None) -> dict[UUID, LotView]:
    """The lots of a plant by id, as seen within the bounds of ``places``. ``now`` decides what has expired, unless the bounds do.

    Ids of other plants, and those that nobody knows, are not in the answer.
    """
    bounds, plant = places.bounds, places.plant
    moment = from_micros(bounds.at_us) if bounds.at_us < EVER else now or timezone.now()
    with scope_of_lots(lots) as scope:
        by_id = Scope(scope.source, scope.condition.replace("t.lot_id", "t.id"), scope.params, scope.ids)
        rows = list(by_id.rows(_LOTS.replace("{plant}", literal(plant.pk))))
        if len(rows) < len(set(lots)):
            # The other queries go by lot alone, and must not meet a lot of another plant.
            ours = [read_id(row[0]) for row in rows]
            return view_lots(lots=ours, places=places, now=now) if ours else {}
        holds = _open_holds(scope) if bounds == NOW else _holds_within(scope, places)
        births = {} if bounds == NOW else births_within(scope, bounds)
        decided = {} if bounds == NOW else _decided(scope, places)
        lines = lines_of_lots(scope=scope, places=places)
    stays = where_now(plant=plant, lots=lots, bounds=bounds, places=places)
    items = Item.objects.select_related("unit").in_bulk([read_id(key) for key in {row[2] for row in rows}])
    views: dict[UUID, LotView] = {}
    for key, code, item_key, batch, born, expires, kept in rows:
        lot, item = read_id(key), items[read_id(item_key)]
        birth = births.get(lot) or BornAs(kept, batch, as_moment(born), None if expires is None else as_moment(expires))
        status, expiry = LotStatus(decided.get(lot, birth.status)), birth.expires_at
        held, line, there = tuple(holds.get(lot, ())), lines.get(lot) or Line(), tuple(stays.get(lot, ()))
        state = state_of(status=status, held=bool(held), expired=expiry is not None and expiry <= moment, line=line, stays=there)
        views[lot] = LotView(lot, code, item, birth.batch, birth.born_at, expiry, status, held, line, there, state)
    return views


def state_of(*, status: LotStatus, held: bool, expired: bool, line: Line, stays: Iterable[Stay]) -> LotState:
    """The one state to show: what blocks a lot, as long as something of it is in the plant's hands; afterwards what became of most of it.

    On hold and rejected stay true wherever it is.
    """
    if held:
        return LotState.HOLD
    if status is LotStatus.REJECTED:
        return LotState.REJECTED
    if any(stay.standing in OURS for stay in stays) or not line.inflow:
        return LotState.EXPIRED if expired and status is not LotStatus.PENDING else LotState(status.value)
    ends = {LotState.SHIPPED: line.shipped, LotState.CONSUMED: line.consumed, LotState.SCRAPPED: line.scrapped}
    return max(ends, key=lambda end: ends[end])


def _open_holds(scope: Scope) -> dict[UUID, list[OpenHold]]:
    found: dict[UUID, list[OpenHold]] = {}
    rows: list[Row] = sorted(scope.rows(_HOLDS), key=lambda row: row[5])
    for lot, opened_by, place, reason, opened_at, _seq in rows:
        hold = OpenHold(read_id(opened_by), from_db(place), reason, from_micros(opened_at))
        found.setdefault(read_id(lot), []).append(hold)
    return found


@dataclass(slots=True)
class _ToldHold:
    fact: Any
    place: str
    reason: str
    at_us: int
    closed_by: Any = None
    closed_at_us: int = 0


def _holds_within(scope: Scope, places: Map) -> dict[UUID, list[OpenHold]]:
    """The holds that were open within the bounds: hold, release and what took them back, replayed in the order of the journal."""
    bounds = places.bounds
    rows = list(scope.rows(_HOLDING.replace("{seq}", str(int(bounds.seq)))))
    facts = list({row[1] for row in rows})
    taken = select_in(connections["default"], _TAKEN_BACK.replace("{seq}", str(int(bounds.seq))), facts)
    back: dict[Any, int] = {row[0]: row[1] for row in taken}
    steps = [(seq, lot, fact, at_us, json.loads(body)) for lot, fact, at_us, seq, body in rows]
    steps += [(back[fact], lot, fact, at_us, None) for lot, fact, at_us, _seq, _body in rows if fact in back]
    told: dict[Any, list[_ToldHold]] = {}
    for _seq, lot, fact, at_us, body in sorted(steps, key=lambda step: step[0]):
        _replay(told.setdefault(lot, []), fact, at_us, body)
    by_code = _places_by_code(places, {hold.place for holds in told.values() for hold in holds if hold.place})
    found: dict[UUID, list[OpenHold]] = {}
    for lot, holds in told.items():
        for hold in holds:
            closed = hold.closed_by is not None and hold.closed_at_us <= bounds.at_us
            if hold.at_us <= bounds.at_us and not closed:
                place = by_code[hold.place] if hold.place else None
                found.setdefault(read_id(lot), []).append(OpenHold(read_id(hold.fact), place, hold.reason, from_micros(hold.at_us)))
    return found


def _replay(holds: list[_ToldHold], fact: Any, at_us: int, body: Mapping[str, Any] | None) -> None:
    """One fact about the holds of a lot, or (without ``body``) what took it back: the rules of ``core.ledger``."""
    if body is None:
        # A hold that was taken back never was, and does not open again with its release.
        holds[:] = [hold for hold in holds if hold.fact != fact]
        for hold in holds:
            if hold.closed_by == fact:
                hold.closed_by = None
        return
    place = body.get("hold_place", "")
    if body["kind"] == "hold":
        holds.append(_ToldHold(fact, place, body.get("reason", ""), at_us))
        return
    for hold in holds:
        if hold.closed_by is None and hold.at_us <= at_us and place in ("", hold.place):
            hold.closed_by, hold.closed_at_us = fact, at_us


def _places_by_code(places: Map, codes: Collection[str]) -> dict[str, UUID]:
    sql = "SELECT code, id FROM places_place WHERE plant_id = %s AND code {in}"
    return {code: read_id(key) for code, key in select_in(connections["default"], sql, list(codes), [places.plant.pk])}


def _decided(scope: Scope, places: Map) -> dict[UUID, str]:
    """What was decided about each lot, by the decisions that stood within the bounds."""
    made: dict[UUID, list[Decision]] = {}
    for lot, at_us, seq, fact, body in scope.rows(within(_DECISIONS, places.bounds)):
        if outcome := json.loads(body).get("disposition"):
            made.setdefault(read_id(lot), []).append(Decision(at_us, seq, Disposition(outcome), fact))
    return {lot: decision.disposition for lot, decisions in made.items() if (decision := counting(decisions))}
