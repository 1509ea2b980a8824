"""Facts as readers need them: their bodies, what was measured, who took them back, which of them are about which lots.

Everything is asked for sets of facts or lots, and within ``Bounds``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections

from lotline.core.canonical import sha256_hex
from lotline.core.quantity import read_decimal
from lotline.records.catalog.queries import unit_labels
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.containers import trips_with
from lotline.records.genealogy.lotset import scope_of_lots, within
from lotline.records.genealogy.whereabouts import NOW
from lotline.records.journal.choices import FactKind, FactSource
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import select_in
from lotline.records.people.models import User
from lotline.records.places.choices import standard_label
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Plant

_FACTS = "SELECT id, seq, kind, happened_at, recorded_at, source, actor_id, body, hash FROM journal_fact WHERE plant_id = %s AND id {in}"
_REVERSALS = "SELECT fact_id, by_id, seq FROM journal_reversal WHERE fact_id {in}"
_MOVED = "SELECT DISTINCT t.fact_id FROM {source}journal_posting t WHERE {seen} AND {scope}"
_SPOKEN_OF = "SELECT DISTINCT t.fact_id FROM {source}journal_subject t WHERE {seen} AND {scope}"
_MADE_BY = "SELECT t.lot_id, t.fact_id FROM {source}journal_posting t WHERE t.role = 2 AND {seen} AND {stands} AND {scope}"
_RECEIVED_BY = (
    "SELECT DISTINCT t.fact_id FROM {source}journal_posting t CROSS JOIN journal_fact f"
    " WHERE f.id = t.fact_id AND f.kind = 'receive' AND t.role = 0 AND {seen} AND {scope}"
)
_NAMED_LOTS = "SELECT l.id, i.code, l.code FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id WHERE l.plant_id = %s AND l.code {in}"
_PLACES = "SELECT code, name FROM places_place WHERE plant_id = %s AND code {in}"
_ITEMS = "SELECT i.code, i.name, u.code FROM catalog_item i JOIN catalog_unit u ON u.id = i.unit_id WHERE i.code {in}"
# Verdicts that instruments and inspectors write for "not good".
BAD_WORDS = frozenset({"fail", "failed", "out", "reject", "rejected", "ng"})

LotName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of a fact, decimals as recorded. ``value`` None: not recorded. ``verdict`` is below, above, out or nothing."""

    name: str
    value: str | None
    unit: str
    low: str | None
    high: str | None
    target: str | None
    verdict: str
    instrument: str
    source: str

    @property
    def out(self) -> bool:
        """Beyond a limit, or judged bad."""
        return bool(self.verdict)

    @property
    def limit(self) -> str:
        """The limit that was broken."""
        return (self.low if self.verdict == "below" else self.high if self.verdict == "above" else None) or ""

    @property
    def excess(self) -> Decimal:
        """How far beyond its limit, as a share of it: 0.13 for 13 %; 0 where there is no number."""
        value, limit = read_decimal(self.value), read_decimal(self.limit or None)
        if value is None or limit is None:
            return Decimal(0)
        return abs(value - limit) / (abs(limit) or Decimal(1))


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as it stands in the journal. ``taken_back_by`` is the fact that reversed it, as far as the bounds let the reader know.

    ``intact``: its content has just been hashed, and gave the hash that was recorded with it.
    """

    id: UUID
    seq: int
    kind: FactKind
    at: datetime
    recorded_at: datetime
    source: FactSource
    actor: UUID | None
    hash: str
    body: Mapping[str, Any]
    intact: bool
    readings: tuple[Reading, ...]
    taken_back_by: UUID | None = None

    def text(self, name: str) -> str:
        """``operation``, ``equipment``, ``operator``, ``station``, ``order``, ``document``, ``reason``, ``override_reason``: "" if absent."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def data(self) -> Mapping[str, Any]:
        """What the form of the operation recorded beside the standard fields."""
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def out(self) -> bool:
        """Whether something was measured out of its limits."""
        return any(reading.out for reading in self.readings)

    @property
    def typed(self) -> bool:
        """Written by hand, in whole or in one of its measurements."""
        return self.source == FactSource.TYPED or any(one.source == "typed" for one in self.readings)

    @property
    def reverses(self) -> UUID | None:
        """The fact that this one takes back."""
        value = self.body.get("reverses")
        return UUID(value) if isinstance(value, str) else None

    def lots(self, *, side: str) -> list[LotName]:
        """(item, code) of the lots on one side: ``in`` (went into the process), ``out`` (came out), ``moved`` or ``about``."""
        named = self.body.get("lots", ())
        if side == "about":
            positions = list(self.body.get("subjects", ()))
        else:
            end = {"in": 3, "out": 2}.get(side)
            positions = [move[0] for move in self.body.get("moves", ()) if end is None or move[end] == "PROCESS"]
        return [(named[position][0], named[position][1]) for position in dict.fromkeys(positions)]


def view_facts(*, plant: Plant, facts: Collection[Any], bounds: Bounds = NOW) -> dict[UUID, FactView]:
    """Facts of a plant by id (given as ids or as the driver names them), with what took them back. Two queries."""
    connection, wanted = connections["default"], list(facts)
    back = {read_id(fact): read_id(by) for fact, by, seq in select_in(connection, _REVERSALS, wanted) if seq <= bounds.seq}
    found: dict[UUID, FactView] = {}
    for key, seq, kind, at, recorded, source, actor, body, digest in select_in(connection, _FACTS, wanted, [plant.pk]):
        fact, content = read_id(key), json.loads(body)
        readings = tuple(read_measurement(one) for one in content.get("measurements", ()))
        found[fact] = FactView(
            fact, seq, FactKind(kind), as_moment(at), as_moment(recorded), FactSource(source), from_db(actor), digest, content,
            sha256_hex(body.encode()) == digest, readings, back.get(fact),
        )  # fmt: skip
    return found


def read_measurement(content: Mapping[str, Any]) -> Reading:
    """A measurement of a body. The verdict is the recorded one; where none was recorded, the limits judge."""
    value, low, high = content.get("value"), content.get("low"), content.get("high")
    recorded = str(content.get("verdict", "")).casefold()
    verdict = recorded if recorded in {"below", "above"} else "out" if recorded in BAD_WORDS else ""
    if verdict in {"", "out"}:
        number, least, most = read_decimal(value), read_decimal(low), read_decimal(high)
        if number is not None and least is not None and number < least and (verdict or not recorded):
            verdict = "below"
        elif number is not None and most is not None and number > most and (verdict or not recorded):
            verdict = "above"
    return Reading(
        content["characteristic"], value, content.get("unit", ""), low, high, content.get("target"), verdict, content.get("instrument", ""),
        content.get("source", ""),
    )  # fmt: skip


# --- which facts are about which lots ------------------------------------------------------------------------------------


def facts_about(*, lots: Collection[UUID], bounds: Bounds = NOW, carried: bool = True) -> set[UUID]:
    """Facts that moved one of ``lots`` or spoke of one; with ``carried``, also those that carried a container while a lot was in it."""
    found = _facts(_MOVED, lots, bounds) | _facts(_SPOKEN_OF, lots, bounds)
    if carried:
        found |= {trip.fact for trip in trips_with(lots=list(lots), bounds=bounds).trips}
    return found


def inspections_of(*, lots: Collection[UUID], bounds: Bounds = NOW) -> set[UUID]:
    """Facts that spoke of one of ``lots`` without moving it."""
    return _facts(_SPOKEN_OF, lots, bounds)


def receipts_of(*, lots: Collection[UUID], bounds: Bounds = NOW) -> set[UUID]:
    """Receipts of those of ``lots`` that came from outside."""
    return _facts(_RECEIVED_BY, lots, bounds)


def makers_of(*, lots: Collection[UUID], bounds: Bounds = NOW) -> dict[UUID, set[UUID]]:
    """The facts that produced each lot, as far as they stand."""
    found: dict[UUID, set[UUID]] = {}
    with scope_of_lots(lots) as scope:
        for lot, fact in scope.rows(within(_MADE_BY, bounds)):
            found.setdefault(read_id(lot), set()).add(read_id(fact))
    return found


def _facts(sql: str, lots: Collection[UUID], bounds: Bounds) -> set[UUID]:
    with scope_of_lots(lots) as scope:
        return {read_id(row[0]) for row in scope.rows(within(sql, bounds))}


def lots_named(*, plant: Plant, names: Collection[LotName]) -> dict[LotName, UUID]:
    """The lots of a plant by (item, code)."""
    wanted = set(names)
    rows = select_in(connections["default"], _NAMED_LOTS, sorted({code for _item, code in wanted}), [plant.pk])
    return {(item, code): read_id(key) for key, item, code in rows if (item, code) in wanted}


# --- what the codes in facts are called ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """What codes are called: places and items of the facts at hand, accounts of people. ``units``: code of an item → name of its unit."""

    places: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[UUID, str] = field(default_factory=dict)

    def place(self, code: str) -> str:
        """The name of a place; its code where it has none."""
        return self.places.get(code) or standard_label(code) or code

    def item(self, code: str) -> str:
        """The name of an item; its code where it has none."""
        return self.items.get(code) or code

    def unit(self, item: str) -> str:
        """The unit of an item; "" for one that is not known."""
        return self.units.get(item, "")


def read_names(*, plant: Plant, facts: Iterable[FactView]) -> Names:
    """The names of everything that ``facts`` mention, in the reader's language, four queries."""
    places: set[str] = set()
    items: set[str] = set()
    people: set[UUID] = set()
    for one in facts:
        for move in one.body.get("moves", ()):
            places.update((move[2], move[3]))
        for carry in one.body.get("carries", ()):
            places.update(carry)
        items.update(item for item, _code in one.body.get("lots", ()))
        places.update(birth["supplier"] for birth in one.body.get("births", ()) if birth.get("supplier"))
        if one.actor:
            people.add(one.actor)
    connection = connections["default"]
    known = list(select_in(connection, _ITEMS, sorted(items)))
    labels = unit_labels()
    accounts = User.objects.filter(pk__in=people).values_list("pk", "name", "username") if people else ()
    return Names(
        dict(map(tuple, select_in(connection, _PLACES, sorted(places), [plant.pk]))),
        {item: labels[unit] for item, _name, unit in known},
        {item: name for item, name, _unit in known if name},
        {pk: name or username for pk, name, username in accounts},
    )
