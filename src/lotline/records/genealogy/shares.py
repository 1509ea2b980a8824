"""Quantity-true shares, read from the journal: the postings of a trace go through ``core.shares`` in the order of their moments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connections

from lotline.core.layers import NOTHING, Amount
from lotline.core.shares import CONSUMED, Flow, group_facts, share_out
from lotline.records.catalog.models import Item
from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.closure import Bounds, Key
from lotline.records.genealogy.lotset import Row, Scope, scope_of_lots, within
from lotline.records.genealogy.whereabouts import NOW, STANDING_OF_KIND
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import select_in
from lotline.records.places.choices import PlaceKind
from lotline.records.places.keys import read_id
from lotline.records.places.models import Place, Plant

# The plant and what is on its way or at a subcontractor count as one heap: a lot is mixed wherever its parts lie.
_ONE_HEAP = frozenset({Standing.TRANSIT, Standing.SUBCONTRACTOR})
_SOURCES = (Standing.RETURNED, Standing.VARIANCE)

_POSTINGS = (
    "SELECT t.at_us, t.seq, t.lot_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain, l.item_id, t.fact_id"
    " FROM {source}journal_posting t CROSS JOIN catalog_lot l WHERE l.id = t.lot_id AND {seen} AND {stands} AND {scope}"
    " ORDER BY t.at_us, t.seq"
)
_DOUBTFUL = "SELECT DISTINCT t.fact_id FROM {source}journal_posting t WHERE t.role = 1 AND t.certain = 0 AND {scope}"
_MATES = (
    "SELECT t.at_us, t.seq, t.lot_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain, l.item_id, t.fact_id"
    " FROM journal_posting t CROSS JOIN catalog_lot l WHERE l.id = t.lot_id AND t.role = 1 AND t.certain = 0 AND t.fact_id {in}"
)


@dataclass(frozen=True, slots=True)
class LotShares:
    """``total``: the start quantity (micro units of the starts' items). ``entered``: what went into each lot reached.

    ``left``: what is left of the start, by lot and by what has become of it; "here" is everything still in the plant's hands.
    """

    total: int
    entered: dict[UUID, Amount]
    left: dict[tuple[UUID, Standing], Amount]
    overdrawn: int
    lost: int

    def of(self, lot: UUID) -> Amount:
        """What went into ``lot``; nothing, if it had been emptied before."""
        return self.entered.get(lot, NOTHING)


@snapshot()
def shares_of_trace(*, plant: Plant, starts: Collection[UUID], lots: Collection[UUID], bounds: Bounds = NOW) -> LotShares:
    """How much of ``starts`` went into each of ``lots``, which are all lots that a trace to destinations reached."""
    connection = connections["default"]
    zones = _zones(plant)
    units = dict(Item.objects.values_list("id", "unit_id"))
    everything = {*starts, *lots}
    with scope_of_lots(everything) as scope:
        mates = _mates(scope, everything)
        sql = within(_POSTINGS, bounds)
        first = {start if connection.vendor == "postgresql" else start.bytes for start in starts}
        facts = group_facts(_flows(scope.rows(sql), zones, units, mates))
        shares = share_out(facts, starts=first, sources=_SOURCES)
    left: dict[tuple[UUID, Standing], list[Amount]] = {}
    for (lot, zone), amount in shares.left.items():
        left.setdefault((_id(lot), zone[0] if isinstance(zone, tuple) else zone), []).append(amount)  # type: ignore[arg-type]
    return LotShares(
        shares.total,
        {_id(lot): amount for lot, amount in shares.entered.items()},
        {key: Amount(*map(sum, zip(*amounts, strict=True))) for key, amounts in left.items()},
        shares.overdrawn,
        shares.lost,
    )


def _id(key: object) -> UUID:
    assert isinstance(key, UUID | bytes)
    return read_id(key)


def _zones(plant: Plant) -> dict[UUID, object]:
    """In which heap a lot's quantity at a place counts: one for all that is the plant's, one for each customer, one an account."""
    zones: dict[UUID, object] = {}
    for place, kind in Place.objects.for_plant(plant).exclude(kind=PlaceKind.CONTAINER).values_list("id", "kind"):
        standing = STANDING_OF_KIND.get(PlaceKind(kind), Standing.HERE)
        zones[place] = Standing.HERE if standing in _ONE_HEAP else standing
        if standing is Standing.SHIPPED:
            zones[place] = (standing, place)
    return zones


def _mates(scope: Scope, lots: Collection[UUID]) -> dict[Key, list[Row]]:
    """Uncertain inputs of lots outside the trace, by fact: they are alternatives to some that are in it."""
    facts = [row[0] for row in scope.rows(_DOUBTFUL)]
    mates: dict[Key, list[Row]] = {}
    for row in select_in(connections["default"], _MATES, facts):
        if read_id(row[2]) not in lots:
            mates.setdefault(row[10], []).append(tuple(row))
    return mates


def _flows(
    rows: Iterable[Row], zones: dict[UUID, object], units: dict[UUID, UUID], mates: dict[Key, list[Row]]
) -> Iterator[tuple[int, int, Flow]]:
    """Postings that cross from one heap to another, with the alternatives of each fact beside it."""
    zone_of: dict[Key, object] = {}
    unit_of: dict[Key, object] = {}

    def zone(key: Key) -> object:
        if key not in zone_of:
            zone_of[key] = zones.get(read_id(key), Standing.HERE)
        return zone_of[key]

    def flow(row: Row) -> Flow:
        if row[9] not in unit_of:
            unit_of[row[9]] = units[read_id(row[9])]
        return Flow(row[2], zone(row[3]), zone(row[4]), row[5], row[6], row[7], bool(row[8]), row[9], unit_of[row[9]])

    for row in rows:
        if row[10] in mates and row[6] == CONSUMED:
            yield from ((mate[0], mate[1], flow(mate)) for mate in mates.pop(row[10]))
        if row[6] or zone(row[3]) != zone(row[4]):
            yield row[0], row[1], flow(row)
