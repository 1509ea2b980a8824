"""Trace coverage (追溯完整度): does the chain of each finished lot reach receipts with supplier and supplier's number? Each gap is named.

All finished lots of a period are answered by one walk over what they were made of (``core.chains``), not by a trace for each.
Inspections are told beside the figure, not mixed into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db import connections

from lotline.core.chains import Chains, Missing, State, Step, all_origins, first_origin
from lotline.core.facts import PlaceKind as CorePlaceKind
from lotline.core.ledger.kinds import letter_of
from lotline.records.catalog.choices import ItemKind
from lotline.records.genealogy.births import born_otherwise
from lotline.records.genealogy.choices import GapKind
from lotline.records.genealogy.closure import Bounds, Key
from lotline.records.genealogy.lotset import Row, literal, rows_of, scope_of_set, temporary_set, within
from lotline.records.genealogy.whereabouts import NOW
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import adapt, select_in
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

_KINDS = {
    Missing.SOURCE: GapKind.NO_SOURCE,
    Missing.SUPPLIER_LOT: GapKind.NO_SUPPLIER_LOT,
    Missing.CERTAINTY: GapKind.POSSIBLE_ONLY,
    Missing.RECORDS: GapKind.VARIANCE_IN_CHAIN,
}

# Everything that ever went into lots, without regard to time: the walk that follows takes care of that.
# From strand to strand, as a trace: from lot to lot, a strand of a thousand inputs and outputs would be gone through a million times.
_MADE_OF = """
WITH RECURSIVE made_in(fact_id, strand) AS (
    SELECT f.fact_id, f.strand FROM {set} s CROSS JOIN journal_posting f WHERE f.lot_id = s.id AND f.role = 2 AND {seen}
    UNION
    SELECT f.fact_id, f.strand FROM made_in m CROSS JOIN journal_posting n CROSS JOIN journal_posting f
    WHERE n.fact_id = m.fact_id AND n.role = 1 AND n.strand = m.strand AND f.lot_id = n.lot_id AND f.role = 2 AND {seen}
)
SELECT s.id FROM {set} s
UNION
SELECT n.lot_id FROM made_in m CROSS JOIN journal_posting n WHERE n.fact_id = m.fact_id AND n.role = 1 AND n.strand = m.strand
"""
_POSTINGS = (
    "SELECT t.at_us, t.seq, t.fact_id, t.lot_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain"
    " FROM {source}journal_posting t WHERE {seen} AND {stands} AND {scope} ORDER BY t.at_us, t.seq"
)
_RECEIPTS = "SELECT t.lot_id, t.fact_id FROM {source}catalog_lotorigin t WHERE t.plant_id = {plant} AND {scope}"
_INSPECTED = (
    "SELECT DISTINCT t.lot_id FROM {source}journal_subject t CROSS JOIN journal_fact f"
    " WHERE f.id = t.fact_id AND f.kind = 'inspect' AND {seen} AND {stands} AND {scope}"
)
_FINISHED = "SELECT l.id, l.code FROM catalog_lot l CROSS JOIN catalog_item i WHERE l.plant_id = %s AND i.id = l.item_id AND i.kind = %s AND {which}"
_OF_PERIOD = _FINISHED.replace("{which}", "l.born_at >= %s AND l.born_at < %s")
_NAMED = _FINISHED.replace("{which}", "l.id {in}")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing in the chain of ``lot``, and where it arose: at ``at_lot``, in ``fact``."""

    lot: UUID
    code: str
    kind: GapKind
    at_lot: UUID
    at_code: str
    fact: UUID | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """``complete`` of ``total`` finished lots have an unbroken chain. ``gaps``: one of each kind for a lot, the earliest found.

    ``inspected`` of them were inspected; ``remarks`` name those that were not.
    """

    total: int
    complete: int
    inspected: int
    gaps: tuple[Gap, ...]
    remarks: tuple[Gap, ...]

    @property
    def share(self) -> Fraction | None:
        """The headline, exactly; None when there is no finished lot."""
        return Fraction(self.complete, self.total) if self.total else None

    @property
    def permille(self) -> int | None:
        """The share in thousandths, rounded down: 1000 means every single one."""
        return self.complete * 1000 // self.total if self.total else None

    def counts(self) -> dict[GapKind, int]:
        """Lots with a gap of each kind."""
        counts = dict.fromkeys(GapKind, 0)
        for gap in (*self.gaps, *self.remarks):
            counts[gap.kind] += 1
        return counts


@dataclass(frozen=True, slots=True)
class LotCoverage:
    """The chain of one lot, with every gap in it."""

    complete: bool
    inspected: bool
    gaps: tuple[Gap, ...]


@snapshot()
def trace_coverage(*, plant: Plant, since: datetime, until: datetime, bounds: Bounds = NOW) -> Coverage:
    """Coverage of the finished lots that came to be in ``since`` ≤ moment < ``until`` and have not been taken back.

    When a lot came to be is what was known within ``bounds``: since then it may have been born anew.
    """
    then = born_otherwise(plant, bounds)
    finished = {
        row[0]: row[1] for row in rows_of(_OF_PERIOD, plant.pk, ItemKind.FINISHED.value, since, until) if read_id(row[0]) not in then
    }
    others = [lot for lot, born in then.items() if since <= born < until]
    finished |= {row[0]: row[1] for row in select_in(connections["default"], _NAMED, others, [plant.pk, ItemKind.FINISHED.value])}
    return _coverage(plant, finished, bounds)


@snapshot()
def coverage_of_lots(*, plant: Plant, lots: Collection[UUID], bounds: Bounds = NOW) -> Coverage:
    """Coverage of any lots, finished or not."""
    connection = connections["default"]
    sql = "SELECT id, code FROM catalog_lot WHERE plant_id = %s AND id {in}"
    codes = dict(tuple(row) for row in select_in(connection, sql, sorted(lots), [plant.pk]))
    return _coverage(plant, codes, bounds)


@snapshot()
def coverage_of_lot(*, plant: Plant, lot: UUID, bounds: Bounds = NOW) -> LotCoverage:
    """The chain of one lot with every gap in it, earliest lot code first."""
    key: Key = adapt(lot, connections["default"])
    chains, inspected = _walk(plant, [key], bounds, every=True)
    state = chains.ever.get(key)
    found = [] if state is None else [(key, state)]
    gaps = _gaps(found, _codes(plant, {key} | _places_of_gaps(found)))
    return LotCoverage(state is not None and not gaps, key in inspected, tuple(gaps))


def _coverage(plant: Plant, codes: dict[Key, str], bounds: Bounds) -> Coverage:
    chains, inspected = _walk(plant, list(codes), bounds)
    found = [(lot, state) for lot in codes if (state := chains.ever.get(lot)) is not None]
    gaps = _gaps(found, codes | _codes(plant, _places_of_gaps(found)))
    remarks = [Gap(read_id(lot), codes[lot], GapKind.NOT_INSPECTED, read_id(lot), codes[lot]) for lot, _s in found if lot not in inspected]
    complete = sum(not any(state) for _lot, state in found)
    return Coverage(len(found), complete, len(found) - len(remarks), tuple(gaps), tuple(remarks))


def _walk(plant: Plant, lots: Sequence[Key], bounds: Bounds, *, every: bool = False) -> tuple[Chains, set[Key]]:
    """The chains of everything that ``lots`` were made of, and which of ``lots`` were inspected."""
    with temporary_set([(lot,) for lot in lots]) as name:
        made_of = [(row[0],) for row in rows_of(within(_MADE_OF.replace("{set}", name), bounds, "f"))]
        inspected = {row[0] for row in scope_of_set(name).rows(within(_INSPECTED, bounds))}
    made_of.sort()
    with temporary_set(made_of) as name:
        scope = scope_of_set(name)
        receipts = _RECEIPTS.replace("{plant}", literal(plant.pk))
        chains = Chains({(row[0], row[1]) for row in scope.rows(receipts)}, all_origins if every else first_origin)
        chains.walk(_facts(plant, scope.rows(within(_POSTINGS, bounds))))
    return chains, inspected


def _facts(plant: Plant, rows: Iterator[Row]) -> Iterator[list[Step]]:
    """Operations, and moves that come from or go outside the plant, fact by fact."""
    connection = connections["default"]
    places = Place.objects.for_plant(plant).exclude(inside=True).values_list("id", "kind")
    letters = {adapt(place, connection): letter_of(CorePlaceKind(kind)) for place, kind in places}
    moment: tuple[int, int] | None = None
    steps: list[Step] = []
    for at_us, seq, fact, lot, source, goal, quantity, role, strand, certain in rows:
        origin, target = letters.get(source, "I"), letters.get(goal, "I")
        if origin == target == "I":
            continue
        if (at_us, seq) != moment:
            if steps:
                yield steps
            moment, steps = (at_us, seq), []
        steps.append(Step(fact, lot, origin, target, source, goal, quantity, role, strand, bool(certain)))
    if steps:
        yield steps


def _codes(plant: Plant, lots: Collection[Key]) -> dict[Key, str]:
    sql = "SELECT id, code FROM catalog_lot WHERE plant_id = %s AND id {in}"
    return {row[0]: row[1] for row in select_in(connections["default"], sql, list(lots), [plant.pk])}


def _places_of_gaps(found: Sequence[tuple[Key, State]]) -> set[Key]:
    return {origin.lot for _lot, state in found for origins in state for origin in origins}  # type: ignore[misc]


def _gaps(found: Sequence[tuple[Key, State]], codes: dict[Key, str]) -> list[Gap]:
    gaps = []
    for lot, state in found:
        for missing, origins in zip(Missing, state, strict=True):
            for origin in origins:
                at: Key = origin.lot  # type: ignore[assignment]
                fact: Key = origin.fact  # type: ignore[assignment]
                gaps.append(Gap(read_id(lot), codes[lot], _KINDS[missing], read_id(at), codes[at], read_id(fact)))
    gaps.sort(key=lambda gap: (gap.code, gap.kind, gap.at_code))
    return gaps
