"""The dossier: everything about one lot in one answer. The number of queries depends neither on its facts nor on its relatives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from lotline.records.catalog.models import Lot
from lotline.records.genealogy.containers import Trip, trips_with
from lotline.records.genealogy.lotset import Row, rows_of, seen, stands
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.trace import bounds_of
from lotline.records.genealogy.whereabouts import Map, Spot
from lotline.records.journal.choices import FactKind, FactSource, LotRole
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import adapt, select_in
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Plant

_MOVES = (
    "SELECT t.fact_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain, t.at_us, t.seq FROM journal_posting t"
    " WHERE t.lot_id = %s AND {seen} ORDER BY t.at_us, t.seq, t.id"
)
_SPOKEN = "SELECT t.fact_id FROM journal_subject t WHERE t.lot_id = %s AND {seen}"
_FACTS = "SELECT id, seq, kind, happened_at, recorded_at, source, actor_id, body, hash FROM journal_fact WHERE plant_id = %s AND id {in}"
_TAKEN_BACK = "SELECT fact_id, by_id, seq FROM journal_reversal WHERE fact_id {in}"
_PARTNERS = (
    "SELECT t.fact_id, t.strand, t.role, t.certain, t.quantity, t.lot_id, l.code, i.code, i.name, u.code FROM journal_posting t"
    " CROSS JOIN catalog_lot l CROSS JOIN catalog_item i CROSS JOIN catalog_unit u"
    " WHERE l.id = t.lot_id AND i.id = l.item_id AND u.id = i.unit_id AND t.role > 0 AND {stands} AND t.fact_id {in}"
)
_ORIGINS = (
    "SELECT s.code, p.code, p.name, t.fact_id FROM catalog_lotorigin t JOIN catalog_supplierlot s ON s.id = t.supplier_lot_id"
    " JOIN places_place p ON p.id = s.supplier_id WHERE t.plant_id = %s AND t.lot_id = %s AND {stands} ORDER BY t.id"
)


@dataclass(frozen=True, slots=True)
class SupplierNumber:
    """A number under which a supplier delivered the lot, and the receipt."""

    code: str
    supplier: str
    supplier_name: str
    fact: UUID


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
    """A fact about the lot. Texts and measurements are in ``body``, as they were frozen; ``reversed_by`` is what took it back."""

    fact: UUID
    seq: int
    kind: FactKind
    at: datetime
    recorded_at: datetime
    source: FactSource
    actor: UUID | None
    hash: str
    body: Mapping[str, Any]
    moves: tuple[LotMove, ...]
    carried: tuple[Carried, ...]
    reversed_by: UUID | None

    def text(self, name: str) -> str:
        """``operation``, ``equipment``, ``operator``, ``station``, ``order``, ``document``, ``reason``, ``override_reason``: "" if absent."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def typed(self) -> bool:
        """Written by hand, in whole or in one of its measurements."""
        return self.source == FactSource.TYPED or any(one.get("source") == "typed" for one in self.measurements)

    @property
    def measurements(self) -> Sequence[Mapping[str, Any]]:
        """Characteristic, value (None: not recorded), unit, limits, verdict, instrument, source."""
        found = self.body.get("measurements", ())
        return found if isinstance(found, list) else ()

    @property
    def reverses(self) -> UUID | None:
        """The fact that this one takes back."""
        value = self.body.get("reverses")
        return UUID(value) if isinstance(value, str) else None


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
    supplier_numbers: tuple[SupplierNumber, ...]
    orders: tuple[str, ...]
    events: tuple[Event, ...]
    inputs: tuple[Relative, ...]
    outputs: tuple[Relative, ...]


def lot_dossier(
    *, plant: Plant, lot: UUID, as_of: datetime | None = None, known_at: datetime | None = None, now: datetime | None = None
) -> Dossier:
    """The dossier of a lot as of a moment, as known at a moment. Raises ``Lot.DoesNotExist``."""
    places = Map(plant, bounds_of(plant=plant, as_of=as_of, known_at=known_at))
    view = view_lots(lots=[lot], places=places, now=now).get(lot)
    if view is None:
        raise Lot.DoesNotExist(str(lot))
    bounds = places.bounds
    moves = list(rows_of(_MOVES.replace("{seen}", seen("t", bounds)), lot))
    spoken = [row[0] for row in rows_of(_SPOKEN.replace("{seen}", seen("t", bounds)), lot)]
    places.load({read_id(key) for row in moves for key in row[1:3]})
    trips = trips_with(lots=[lot], bounds=bounds).trips
    places.load({place for trip in trips for place in (trip.container, trip.origin, trip.target)})
    events = _events(
        places, moves, trips, {*(row[0] for row in moves), *spoken, *(adapt(trip.fact, connections["default"]) for trip in trips)}
    )
    inputs, outputs = _relatives(places, lot, moves)
    origins = rows_of(_ORIGINS.replace("{stands}", stands("t", bounds)), plant.pk, lot)
    numbers = (SupplierNumber(code, supplier, name, read_id(fact)) for code, supplier, name, fact in origins)
    made = (event for event in reversed(events) if any(move.role == LotRole.OUTPUT for move in event.moves) and event.reversed_by is None)
    orders = tuple(dict.fromkeys(order for event in made if (order := event.text("order"))))
    return Dossier(view, tuple(numbers), orders, events, inputs, outputs)


def _events(places: Map, moves: Sequence[Row], trips: Iterable[Trip], facts: set[Any]) -> tuple[Event, ...]:
    connection = connections["default"]
    moves_of: dict[UUID, list[LotMove]] = {}
    for fact, origin, target, quantity, role, _strand, certain, _at, _seq in moves:
        ends = places.spot(read_id(origin)), places.spot(read_id(target))
        moves_of.setdefault(read_id(fact), []).append(LotMove(*ends, quantity, LotRole(role), bool(certain)))
    carried_in: dict[UUID, list[Carried]] = {}
    for trip in trips:
        carried = Carried(places.spot(trip.container), places.spot(trip.origin), places.spot(trip.target))
        carried_in.setdefault(trip.fact, []).append(carried)
    keys = list(facts)
    back = {row[0]: read_id(row[1]) for row in select_in(connection, _TAKEN_BACK, keys) if row[2] <= places.bounds.seq}
    events = []
    for key, seq, kind, at, recorded, source, actor, body, digest in select_in(connection, _FACTS, keys, [places.plant.pk]):
        fact = read_id(key)
        events.append(
            Event(
                fact, seq, FactKind(kind), as_moment(at), as_moment(recorded), FactSource(source), from_db(actor), digest, json.loads(body),
                tuple(moves_of.get(fact, ())), tuple(carried_in.get(fact, ())), back.get(key),
            )
        )  # fmt: skip
    return tuple(sorted(events, key=lambda event: (event.at, event.seq), reverse=True))


def _relatives(places: Map, lot: UUID, moves: Sequence[Row]) -> tuple[tuple[Relative, ...], tuple[Relative, ...]]:
    """Direct inputs and outputs: what stands on the other side of the strands of this lot."""
    sides = {(row[0], row[5], row[4]): bool(row[6]) for row in moves if row[4]}
    sql = _PARTNERS.replace("{stands}", stands("t", places.bounds))
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
