"""One trace as a page tells it: the lots on both sides, what was measured out of its limits on the way here, and what that touches.

Reads only: the page (``trace_page``) and the picture (``picture``) are two ways to show the same story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connections

from lotline.doors.web.asked import Asked
from lotline.doors.web.faces import Face, read_faces
from lotline.doors.web.happenings import Happening, facts_about, inspections_of, read_happenings
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.closure import Bounds, Reached, To, reach
from lotline.records.genealogy.lotset import seen, stands
from lotline.records.genealogy.starts import Start
from lotline.records.genealogy.trace import Trace, bounds_of, trace
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.sql import select_in
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

# Up to this many lots on the way here, every measurement is looked at. Beyond, the page says that they were not.
MEASURED_LOTS = 2000
_MADE_BY = "SELECT t.lot_id, t.fact_id FROM journal_posting t WHERE t.role = 2 AND {seen} AND {stands} AND t.lot_id {in}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Where something was measured out of its limits: the worst such fact on the way here, and the lots that came out of it."""

    happening: Happening
    lots: tuple[UUID, ...]
    own: bool


@dataclass(frozen=True)
class Story:
    """What a trace page is about. Everything is read when it is asked for, within the same bounds."""

    plant: Plant
    asked: Asked
    starts: tuple[Start, ...]
    bounds: Bounds
    sources: Trace | None
    destinations: Trace | None
    places: Map = field(repr=False)

    @cached_property
    def start_lots(self) -> tuple[UUID, ...]:
        """The lots that the code names."""
        return tuple(dict.fromkeys(lot for start in self.starts for lot in start.lots))

    @property
    def moments(self) -> tuple[datetime | None, datetime | None]:
        """As of, and as known at."""
        return self.asked.moments(ZoneInfo(self.plant.time_zone))

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The walks that were made."""
        return tuple(one for one in (self.sources, self.destinations) if one is not None)

    @property
    def complete(self) -> bool:
        """Nothing was left out of any walk."""
        return all(one.complete for one in self.traces)

    @cached_property
    def reached(self) -> Mapping[UUID, Reached]:
        """The lots of all walks, starts left out."""
        found: dict[UUID, Reached] = {}
        for one in self.traces:
            for lot, reached in one.lots.items():
                present = found.get(lot)
                found[lot] = reached if present is None or reached.certain else present
        return found

    @cached_property
    def start_faces(self) -> dict[UUID, Face]:
        """The faces of the start lots."""
        return read_faces(plant=self.plant, lots=self.start_lots, bounds=self.bounds, places=self.places)

    @cached_property
    def measured(self) -> bool:
        """Whether the measurements of all steps that led here were looked at."""
        return self.sources is None or len(self.sources.closure) <= MEASURED_LOTS

    @cached_property
    def steps(self) -> dict[UUID, Happening]:
        """The facts that the page tells: all about the start lots, what made and what inspected the lots on the way, by id.

        Beyond ``MEASURED_LOTS`` only those about the start lots.
        """
        facts = facts_about(lots=self.start_lots, bounds=self.bounds) if len(self.start_lots) <= MEASURED_LOTS else set()
        if self.sources is not None and self.measured:
            lots = list(self.sources.lots)
            facts |= self.sources.facts | inspections_of(lots=lots, bounds=self.bounds) | self._receipts(lots)
        if self.destinations is not None and len(self.destinations.closure) <= MEASURED_LOTS:
            facts |= self.destinations.facts | inspections_of(lots=list(self.destinations.lots), bounds=self.bounds)
        return read_happenings(plant=self.plant, facts=facts, bounds=self.bounds)

    @cached_property
    def fault(self) -> Fault | None:
        """The worst measurement out of limits that lies before (or in) the start lots; None when there is none, or nobody looked."""
        bad = [one for fact, one in self.steps.items() if fact in self.upstream and one.out and one.taken_back_by is None]
        if not bad:
            return None
        worst = max(bad, key=lambda one: (sum(r.out for r in one.readings), max(r.excess for r in one.readings), one.at))
        lots = self._lots_of(worst)
        return Fault(worst, lots, own=bool(set(lots) & set(self.start_lots))) if lots else None

    @cached_property
    def exposed(self) -> Mapping[UUID, Reached]:
        """What the fault may have got into: everything that came out of its lots."""
        if self.fault is None:
            return {}
        return reach(starts=self.fault.lots, to=To.DESTINATIONS, bounds=self.bounds).lots

    @cached_property
    def upstream(self) -> frozenset[UUID]:
        """The facts that made or inspected the start lots and those they came from."""
        own = frozenset(fact for fact, one in self.steps.items() if self._made_start(one))
        if self.sources is None:
            return own
        inspected = inspections_of(lots=list(self.sources.lots), bounds=self.bounds) if self.measured else set()
        return own | self.sources.facts | inspected

    def _made_start(self, one: Happening) -> bool:
        names = {(face.item.code, face.code) for face in self.start_faces.values()}
        return bool(names & {*one.lots(side="out"), *one.lots(side="about")})

    def _lots_of(self, one: Happening) -> tuple[UUID, ...]:
        """The lots that came out of a fact; of an inspection, those that it is about."""
        named = set(one.lots(side="out") or one.lots(side="about"))
        rows = Lot.objects.for_plant(self.plant).filter(code__in=[code for _item, code in named]).values_list("id", "item__code", "code")
        return tuple(lot for lot, item, code in rows if (item, code) in named)

    def _receipts(self, lots: list[UUID]) -> set[UUID]:
        """Receipts of what came from outside."""
        sql = (
            "SELECT t.fact_id FROM journal_posting t JOIN journal_fact f ON f.id = t.fact_id"
            " WHERE f.kind = 'receive' AND t.role = 0 AND {seen} AND t.lot_id {in}"
        )
        return {read_id(row[0]) for row in select_in(connections["default"], sql.replace("{seen}", seen("t", self.bounds)), lots)}


def tell_story(*, plant: Plant, asked: Asked, starts: tuple[Start, ...]) -> Story:
    """Walk the ways that were asked for. Raises ``BadInstant`` for a moment that nobody can read."""
    as_of, known_at = asked.moments(ZoneInfo(plant.time_zone))
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    walks = {way: trace(plant=plant, starts=starts, to=way, as_of=as_of, known_at=known_at) for way in asked.directions}
    return Story(plant, asked, starts, bounds, walks.get(To.SOURCES), walks.get(To.DESTINATIONS), Map(plant, bounds))


def makers_of(*, lots: list[UUID], bounds: Bounds) -> dict[UUID, set[UUID]]:
    """The facts that produced each lot, as far as they stand."""
    sql = _MADE_BY.replace("{seen}", seen("t", bounds)).replace("{stands}", stands("t", bounds))
    found: dict[UUID, set[UUID]] = {}
    for lot, fact in select_in(connections["default"], sql, lots):
        found.setdefault(read_id(lot), set()).add(read_id(fact))
    return found
