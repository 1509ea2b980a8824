"""What a reader wants to know of lots at a glance: item, status, holds, what became of the quantity, and the one state to show.

A fixed number of queries for any number of lots.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from lotline.core.instant import from_micros
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item
from lotline.records.genealogy.choices import LotState, Standing
from lotline.records.genealogy.closure import EVER
from lotline.records.genealogy.lotset import Row, Scope, literal, scope_of_lots, seen, stands
from lotline.records.genealogy.mass_balance import Line, lines_of_lots
from lotline.records.genealogy.whereabouts import NOW, Map, Stay, where_now
from lotline.records.journal.store.load import as_moment
from lotline.records.places.keys import from_db, read_id

# Still in the plant's hands.
OURS = frozenset({Standing.HERE, Standing.SUBCONTRACTOR, Standing.TRANSIT})

_LOTS = (
    "SELECT t.id, t.code, t.item_id, t.batch, t.born_at, t.expires_at, t.status FROM {source}catalog_lot t"
    " WHERE t.plant_id = {plant} AND {scope}"
)
_HOLDS = (
    "SELECT t.lot_id, t.opened_by_id, t.place_id, t.reason, t.opened_at_us, o.seq, t.closed_at_us, c.seq"
    " FROM {source}journal_hold t CROSS JOIN journal_fact o LEFT JOIN journal_fact c ON c.id = t.closed_by_id"
    " WHERE o.id = t.opened_by_id AND {scope}"
)
# A decision is rare beside all facts that speak of a lot; the text is looked at only for those that can hold one.
_DECISIONS = (
    "SELECT t.lot_id, t.at_us, t.seq, f.body FROM {source}journal_subject t CROSS JOIN journal_fact f"
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
        holds = _open_holds(scope, places)
        decided = {} if bounds == NOW else _decided(scope, places)
        lines = lines_of_lots(scope=scope, places=places)
    stays = where_now(plant=plant, lots=lots, bounds=bounds, places=places)
    items = Item.objects.select_related("unit").in_bulk([read_id(key) for key in {row[2] for row in rows}])
    views: dict[UUID, LotView] = {}
    for key, code, item_key, batch, born, expires, kept in rows:
        lot, item = read_id(key), items[read_id(item_key)]
        first = LotStatus.PENDING if item.release_required else LotStatus.RELEASED
        status = LotStatus(kept if bounds == NOW else decided.get(lot, first))
        expiry = None if expires is None else as_moment(expires)
        held, line, there = tuple(holds.get(lot, ())), lines.get(lot) or Line(), tuple(stays.get(lot, ()))
        state = state_of(status=status, held=bool(held), expired=expiry is not None and expiry <= moment, line=line, stays=there)
        views[lot] = LotView(lot, code, item, batch, as_moment(born), expiry, status, held, line, there, state)
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


def _open_holds(scope: Scope, places: Map) -> dict[UUID, list[OpenHold]]:
    bounds = places.bounds
    found: dict[UUID, list[OpenHold]] = {}
    rows: list[Row] = sorted(scope.rows(_HOLDS), key=lambda row: row[5])
    for lot, opened_by, place, reason, opened_at, opened_seq, closed_at, closed_seq in rows:
        opened = opened_at <= bounds.at_us and opened_seq <= bounds.seq
        closed = closed_seq is not None and closed_at <= bounds.at_us and closed_seq <= bounds.seq
        if opened and not closed:
            hold = OpenHold(read_id(opened_by), from_db(place), reason, from_micros(opened_at))
            found.setdefault(read_id(lot), []).append(hold)
    return found


def _decided(scope: Scope, places: Map) -> dict[UUID, str]:
    """The last decision on each lot that stood within the bounds."""
    bounds = places.bounds
    sql = _DECISIONS.replace("{seen}", seen("t", bounds)).replace("{stands}", stands("t", bounds))
    decided: dict[UUID, str] = {}
    for lot, _at, _seq, body in sorted(scope.rows(sql), key=lambda row: (row[1], row[2])):
        if outcome := json.loads(body).get("disposition"):
            decided[read_id(lot)] = outcome
    return decided
