"""One trace as people ask about it: the lots on both sides, what was measured out of its limits on the way here, and what that touches.

Everything is read when it is asked for, within the same bounds, and once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from lotline.records.genealogy.choices import TraceGap
from lotline.records.genealogy.closure import Bounds, Closure, Reached, To, reach
from lotline.records.genealogy.facts import FactView, facts_about, inspections_of, lots_named, receipts_of, view_facts
from lotline.records.genealogy.graph import TraceGraph, trace_graph
from lotline.records.genealogy.starts import Start
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.suppliers import SupplierNumber, supplier_numbers
from lotline.records.genealogy.trace import Trace, Walk, bounds_of, lots_of, trace
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.places.models import Plant

# Up to this many lots on the way here, every measurement is looked at. Beyond, ``measured`` says that they were not.
MEASURED_LOTS = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """Where something was measured out of its limits: the worst such fact on the way here, and the lots that came out of it."""

    fact: FactView
    lots: tuple[UUID, ...]


@dataclass(frozen=True)
class Story:
    """What is told of a code: walks one way or both from its starts."""

    plant: Plant
    starts: tuple[Start, ...]
    bounds: Bounds
    sources: Trace | None
    destinations: Trace | None
    places: Map = field(repr=False)

    @cached_property
    def start_lots(self) -> tuple[UUID, ...]:
        """The lots that the code names."""
        return lots_of(self.starts)

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The walks that were made."""
        return tuple(one for one in (self.sources, self.destinations) if one is not None)

    @property
    def gaps(self) -> tuple[TraceGap, ...]:
        """Why the walks are not the whole answer; nothing where they are."""
        return tuple(dict.fromkeys(gap for one in self.traces for gap in one.gaps))

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
    def start_views(self) -> dict[UUID, LotView]:
        """The start lots, as they were within the bounds."""
        return view_lots(lots=self.start_lots, places=self.places) if self.start_lots else {}

    @cached_property
    def supplier_numbers(self) -> tuple[SupplierNumber, ...]:
        """The numbers under which suppliers delivered the start lots."""
        return supplier_numbers(plant=self.plant, lots=self.start_lots, bounds=self.bounds)

    @cached_property
    def measured(self) -> bool:
        """Whether the measurements of all steps that led here were looked at."""
        return self.sources is None or len(self.sources.closure) <= MEASURED_LOTS

    @cached_property
    def steps(self) -> dict[UUID, FactView]:
        """The facts to tell: all about the start lots, what made and what inspected the lots on the way, by id.

        Beyond ``MEASURED_LOTS`` only those about the start lots.
        """
        facts = facts_about(lots=self.start_lots, bounds=self.bounds) if len(self.start_lots) <= MEASURED_LOTS else set()
        if self.sources is not None and self.measured:
            facts |= self.sources.facts | self._inspections | receipts_of(lots=self.sources.lots, bounds=self.bounds)
        if self.destinations is not None and len(self.destinations.closure) <= MEASURED_LOTS:
            facts |= self.destinations.facts | inspections_of(lots=self.destinations.lots, bounds=self.bounds)
        return view_facts(plant=self.plant, facts=facts, bounds=self.bounds)

    @cached_property
    def fault(self) -> Fault | None:
        """The worst measurement out of limits that lies before (or in) the start lots; None when there is none, or nobody looked."""
        bad = [one for fact, one in self.steps.items() if fact in self.upstream and one.out and one.taken_back_by is None]
        if not bad:
            return None
        worst = max(bad, key=lambda one: (sum(r.out for r in one.readings), max(r.excess for r in one.readings), one.at))
        # What came out of it; of an inspection, what it is about.
        names = worst.lots(side="out") or worst.lots(side="about")
        lots = tuple(lots_named(plant=self.plant, names=names).values())
        return Fault(worst, lots) if lots else None

    @cached_property
    def exposed(self) -> Mapping[UUID, Reached]:
        """What the fault may have got into: everything that came out of its lots."""
        return {} if self._exposure is None else self._exposure.lots

    @cached_property
    def marked(self) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """Origin of the problem, and what it may have got into. Where nothing was measured out of limits, a start that is blocked is
        the origin of what must be looked at.
        """
        if self.fault is not None:
            return frozenset(self.fault.lots), frozenset(self.exposed)
        blocked = frozenset(lot for lot, view in self.start_views.items() if view.state in {"hold", "rejected"})
        return blocked, frozenset(self.destinations.lots) if blocked and self.destinations else frozenset()

    @cached_property
    def upstream(self) -> frozenset[UUID]:
        """The facts that made or inspected the start lots and those they came from."""
        names = {(view.item.code, view.code) for view in self.start_views.values()}
        own = frozenset(fact for fact, one in self.steps.items() if names & {*one.lots(side="out"), *one.lots(side="about")})
        return own if self.sources is None else own | self.sources.facts | self._inspections

    def graph(self) -> TraceGraph:
        """The walks, and what came of the fault, as one genealogy. Nothing is walked for it."""
        walks = [one.walk for one in self.traces]
        if self.fault is not None and self._exposure is not None:
            walks.append(Walk(To.DESTINATIONS, self.fault.lots, self._exposure))
        sources, suspects = self.marked
        return trace_graph(places=self.places, walks=walks, starts=self.start_lots, suspects=suspects, sources=sources)

    @cached_property
    def _exposure(self) -> Closure | None:
        if self.fault is None:
            return None
        if self.destinations is not None and set(self.fault.lots) == set(self.start_lots):
            return self.destinations.closure
        return reach(starts=self.fault.lots, to=To.DESTINATIONS, bounds=self.bounds)

    @cached_property
    def _inspections(self) -> set[UUID]:
        """What spoke of the lots on the way here; nothing where they are too many to look at."""
        if self.sources is None or not self.measured:
            return set()
        return inspections_of(lots=self.sources.lots, bounds=self.bounds)


@snapshot()
def tell_story(
    *, plant: Plant, starts: Sequence[Start], ways: Sequence[To], as_of: datetime | None = None, known_at: datetime | None = None
) -> Story:
    """Walk the ways that were asked for, as of a moment, as known at a moment."""
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    walks = {way: trace(plant=plant, starts=starts, to=way, bounds=bounds) for way in ways}
    return Story(plant, tuple(starts), bounds, walks.get(To.SOURCES), walks.get(To.DESTINATIONS), Map(plant, bounds))
