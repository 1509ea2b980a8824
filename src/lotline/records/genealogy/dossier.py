"""The dossier: everything about one lot in one answer. The number of queries depends neither on its facts nor on its relatives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from lotline.records.catalog.models import Lot
from lotline.records.genealogy.containers import Trip, trips_with
from lotline.records.genealogy.facts import FactView, view_facts
from lotline.records.genealogy.lotset import Row, rows_of, within
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.suppliers import NumberedReceipt, numbered_receipts
from lotline.records.genealogy.trace import bounds_of
from lotline.records.genealogy.whereabouts import Map, Spot
from lotline.records.journal.choices import LotRole
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import adapt, select_in
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

_MOVES = (
    "SELECT t.fact_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain, t.at_us, t.seq FROM journal_posting t"
    " WHERE t.lot_id = %s AND {seen} ORDER BY t.at_us, t.seq, t.id"
)
_SPOKEN = "SELECT t.fact_id FROM journal_subject t WHERE t.lot_id = %s AND {seen}"
_PARTNERS = (
    "SELECT t.fact_id, t.strand, t.role, t.certain, t.quantity, t.lot_id, l.code, i.code, i.name, u.code FROM journal_posting t"
    " CROSS JOIN catalog_lot l CROSS JOIN catalog_item i CROSS JOIN catalog_unit u"
    " WHERE l.id = t.lot_id AND i.id = l.item_id AND u.id = i.unit_id AND t.role > 0 AND {stands} AND t.fact_id {in}"
)


@dataclass(frozen=True, slots=True)
class LotMove:
    """One posting of the lot in an event."""

    origin: Spot
    target: Spot
    quantity: int
    role: LotRole
    certain: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """A container was moved while the lot lay in it."""

    container: Spot
    origin: Spot
    target: Spot


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about the lot, with what it did to it."""

    fact: FactView
    moves: tuple[LotMove, ...]
    carried: tuple[Carried, ...]


@dataclass(frozen=True, slots=True)
class Relative:
    """A lot that went straight into this one, or that this one went straight into. ``quantity`` is of that lot, in its unit, over all
    ``facts`` that connect the two.
    """

    lot: UUID
    code: str
    item: str
    item_name: str
    unit: str
    quantity: int
    certain: bool
    facts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """One lot. ``events`` are newest first; taken-back ones are among them, and do not count in the figures."""

    lot: LotView
    supplier_numbers: tuple[NumberedReceipt, ...]
    orders: tuple[str, ...]
    events: tuple[Event, ...]
    inputs: tuple[Relative, ...]
    outputs: tuple[Relative, ...]


@snapshot()
def lot_dossier(
    *, plant: Plant, lot: UUID, as_of: datetime | None = None, known_at: datetime | None = None, now: datetime | None = None
) -> Dossier:
    """The dossier of a lot as of a moment, as known at a moment. Raises ``Lot.DoesNotExist``."""
    places = Map(plant, bounds_of(plant=plant, as_of=as_of, known_at=known_at))
    view = view_lots(lots=[lot], places=places, now=now).get(lot)
    if view is None:
        raise Lot.DoesNotExist(str(lot))
    bounds = places.bounds
    moves = list(rows_of(within(_MOVES, bounds), lot))
    spoken = [row[0] for row in rows_of(within(_SPOKEN, bounds), lot)]
    places.load({read_id(key) for row in moves for key in row[1:3]})
    trips = trips_with(lots=[lot], bounds=bounds).trips
    places.load({place for trip in trips for place in (trip.container, trip.origin, trip.target)})
    events = _events(
        places, moves, trips, {*(row[0] for row in moves), *spoken, *(adapt(trip.fact, connections["default"]) for trip in trips)}
    )
    inputs, outputs = _relatives(places, lot, moves)
    numbers = numbered_receipts(plant=plant, lot=lot, bounds=bounds)
    return Dossier(view, numbers, _orders(events), events, inputs, outputs)


def _orders(events: Sequence[Event]) -> tuple[str, ...]:
    """The orders that produced the lot, the first one first."""
    standing = (event for event in reversed(events) if event.fact.taken_back_by is None)
    made = (event.fact for event in standing if any(move.role == LotRole.OUTPUT for move in event.moves))
    return tuple(dict.fromkeys(order for fact in made if (order := fact.text("order"))))


def _events(places: Map, moves: Sequence[Row], trips: Iterable[Trip], facts: Collection[Any]) -> tuple[Event, ...]:
    moves_of: dict[UUID, list[LotMove]] = {}
    for fact, origin, target, quantity, role, _strand, certain, _at, _seq in moves:
        ends = places.spot(read_id(origin)), places.spot(read_id(target))
        moves_of.setdefault(read_id(fact), []).append(LotMove(*ends, quantity, LotRole(role), bool(certain)))
    carried_in: dict[UUID, list[Carried]] = {}
    for trip in trips:
        carried = Carried(places.spot(trip.container), places.spot(trip.origin), places.spot(trip.target))
        carried_in.setdefault(trip.fact, []).append(carried)
    views = view_facts(plant=places.plant, facts=facts, bounds=places.bounds).values()
    newest_first = sorted(views, key=lambda view: (view.at, view.seq), reverse=True)
    return tuple(Event(view, tuple(moves_of.get(view.id, ())), tuple(carried_in.get(view.id, ()))) for view in newest_first)


def _relatives(places: Map, lot: UUID, moves: Sequence[Row]) -> tuple[tuple[Relative, ...], tuple[Relative, ...]]:
    """Direct inputs and outputs: what stands on the other side of the strands of this lot."""
    sides = {(row[0], row[5], row[4]): bool(row[6]) for row in moves if row[4]}
    sql = within(_PARTNERS, places.bounds)
    gathered: tuple[dict[UUID, list[Row]], dict[UUID, list[Row]]] = ({}, {})
    for row in select_in(connections["default"], sql, list({key[0] for key in sides})):
        own = (row[0], row[1], LotRole.OUTPUT if row[2] == LotRole.INPUT else LotRole.INPUT)
        other = read_id(row[5])
        if own in sides and other != lot:
            known = (*row[:3], bool(row[3]) and sides[own], *row[4:])
            gathered[row[2] == LotRole.OUTPUT].setdefault(other, []).append(known)
    inputs, outputs = (tuple(sorted(map(_relative, side.values()), key=lambda one: (one.item, one.code))) for side in gathered)
    return inputs, outputs


def _relative(rows: Sequence[Row]) -> Relative:
    _fact, _strand, _role, _certain, _quantity, lot, code, item, name, unit = rows[0]
    facts = tuple(dict.fromkeys(read_id(row[0]) for row in rows))
    return Relative(read_id(lot), code, item, name, unit, sum(row[4] for row in rows), any(row[3] for row in rows), facts)
