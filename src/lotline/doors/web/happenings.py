"""Facts as pages read them: their bodies, who took them back, and which facts are about which lots."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections

from lotline.core.canonical import sha256_hex
from lotline.doors.web.design.bars import read_decimal
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.containers import trips_with
from lotline.records.genealogy.lotset import seen
from lotline.records.genealogy.whereabouts import NOW
from lotline.records.journal.choices import FactKind
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import select_in
from lotline.records.places.keys import from_db, read_id
from lotline.records.places.models import Plant

_FACTS = "SELECT id, seq, kind, happened_at, recorded_at, source, actor_id, body, hash FROM journal_fact WHERE plant_id = %s AND id {in}"
_REVERSALS = "SELECT fact_id, by_id, seq FROM journal_reversal WHERE fact_id {in}"
_MOVED = "SELECT DISTINCT t.fact_id FROM journal_posting t WHERE {seen} AND t.lot_id {in}"
_SPOKEN_OF = "SELECT t.lot_id, t.fact_id FROM journal_subject t WHERE {seen} AND t.lot_id {in}"
BAD_WORDS = frozenset({"fail", "failed", "out", "reject", "rejected", "ng"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of a fact. ``verdict`` is below, above, out or nothing; ``excess`` is how far beyond its limit, as a share of it."""

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
        """0.13 for 13 % beyond the limit; 0 where there is no number."""
        value, limit = read_decimal(self.value), read_decimal(self.limit or None)
        if value is None or limit is None:
            return Decimal(0)
        return abs(value - limit) / (abs(limit) or Decimal(1))


@dataclass(frozen=True, slots=True)
class Happening:
    """A fact. ``taken_back_by`` is the fact that reversed it, as far as the reader's bounds let them know. ``intact``: its content has
    just been hashed, and gave the hash that was recorded with it.
    """

    id: UUID
    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    source: str
    actor: UUID | None
    body: Mapping[str, Any]
    hash: str
    intact: bool
    readings: tuple[Reading, ...]
    taken_back_by: UUID | None = None

    def text(self, name: str) -> str:
        """A text of the fact, "" where it has none."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def what(self) -> str:
        """What was done: the operation as the plant calls it, else the kind of fact."""
        return self.text("operation") or str(FactKind(self.kind).label)

    @property
    def data(self) -> Mapping[str, Any]:
        """What the form of the operation recorded beside the standard fields."""
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def out(self) -> bool:
        """Whether something was measured out of its limits."""
        return any(reading.out for reading in self.readings)

    def lots(self, *, side: str) -> list[tuple[str, str]]:
        """(item, code) of the lots on one side: ``in`` (went into the process), ``out`` (came out), ``moved`` or ``about``."""
        named = self.body.get("lots", ())
        if side == "about":
            positions = list(self.body.get("subjects", ()))
        else:
            end = {"in": 3, "out": 2}.get(side)
            positions = [move[0] for move in self.body.get("moves", ()) if end is None or move[end] == "PROCESS"]
        return [(named[position][0], named[position][1]) for position in dict.fromkeys(positions)]


def read_happenings(*, plant: Plant, facts: Collection[UUID], bounds: Bounds = NOW) -> dict[UUID, Happening]:
    """Facts by id, with what took them back."""
    wanted = list(facts)
    connection = connections["default"]
    void = {read_id(fact): read_id(by) for fact, by, seq in select_in(connection, _REVERSALS, wanted) if seq <= bounds.seq}
    found: dict[UUID, Happening] = {}
    for key, seq, kind, at, recorded, source, actor, body, digest in select_in(connection, _FACTS, wanted, [plant.pk]):
        fact, content = read_id(key), json.loads(body)
        readings = tuple(read_measurement(one) for one in content.get("measurements", ()))
        found[fact] = Happening(
            fact, seq, kind, as_moment(at), as_moment(recorded), source, from_db(actor), content, digest,
            sha256_hex(body.encode()) == digest, readings, void.get(fact),
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


def facts_about(*, lots: Collection[UUID], bounds: Bounds = NOW, carried: bool = True) -> set[UUID]:
    """Facts that moved one of ``lots`` or spoke of one; with ``carried``, also those that carried a container while a lot was in it."""
    connection, wanted = connections["default"], list(lots)
    found = {read_id(row[0]) for row in select_in(connection, _MOVED.replace("{seen}", seen("t", bounds)), wanted)}
    found |= {read_id(row[1]) for row in select_in(connection, _SPOKEN_OF.replace("{seen}", seen("t", bounds)), wanted)}
    if carried:
        found |= {trip.fact for trip in trips_with(lots=wanted, bounds=bounds).trips}
    return found


def inspections_of(*, lots: Collection[UUID], bounds: Bounds = NOW) -> set[UUID]:
    """Facts that spoke of one of ``lots`` without moving it."""
    rows = select_in(connections["default"], _SPOKEN_OF.replace("{seen}", seen("t", bounds)), list(lots))
    return {read_id(row[1]) for row in rows}
