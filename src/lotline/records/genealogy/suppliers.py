"""The numbers under which suppliers delivered lots, as they were known."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from lotline.core.instant import to_micros
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.lotset import Row, literal, scope_of_lots, stands
from lotline.records.genealogy.whereabouts import NOW
from lotline.records.journal.store.load import as_moment
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

_FROM = (
    " FROM {source}catalog_lotorigin t CROSS JOIN journal_fact f CROSS JOIN catalog_supplierlot n CROSS JOIN places_place p"
    " WHERE t.plant_id = {plant} AND f.id = t.fact_id AND f.seq <= {seq} AND n.id = t.supplier_lot_id AND p.id = n.supplier_id"
    " AND {stands} AND {scope}"
)
_RECEIPTS = "SELECT p.code, p.name, n.code, f.happened_at, t.fact_id" + _FROM + " ORDER BY f.seq, n.code"
# Of many lots: each number once, at its earliest receipt.
_NUMBERS = "SELECT p.code, p.name, n.code, MIN(f.happened_at)" + _FROM + " GROUP BY p.code, p.name, n.code ORDER BY MIN(f.seq), n.code"


@dataclass(frozen=True, slots=True)
class SupplierNumber:
    """A number that a supplier gave."""

    code: str
    supplier: str
    supplier_name: str


@dataclass(frozen=True, slots=True)
class NumberedReceipt(SupplierNumber):
    """A number under which a supplier delivered a lot, and the receipt."""

    fact: UUID


def supplier_numbers(*, plant: Plant, lots: Collection[UUID], bounds: Bounds = NOW) -> tuple[SupplierNumber, ...]:
    """The numbers of all ``lots``, each once, in the order of their receipts: those that stand and are known within ``bounds``."""
    return tuple(SupplierNumber(row[2], row[0], row[1]) for row in _rows(_NUMBERS, plant, lots, bounds))


def numbered_receipts(*, plant: Plant, lot: UUID, bounds: Bounds = NOW) -> tuple[NumberedReceipt, ...]:
    """Every receipt of ``lot`` under a supplier's number, likewise."""
    return tuple(NumberedReceipt(row[2], row[0], row[1], read_id(row[4])) for row in _rows(_RECEIPTS, plant, [lot], bounds))


def _rows(sql: str, plant: Plant, lots: Collection[UUID], bounds: Bounds) -> Iterator[Row]:
    parts = {"{plant}": literal(plant.pk), "{seq}": str(int(bounds.seq)), "{stands}": stands("t", bounds)}
    for name, part in parts.items():
        sql = sql.replace(name, part)
    with scope_of_lots(lots) as scope:
        rows = list(scope.rows(sql))
    return (row for row in rows if to_micros(as_moment(row[3])) <= bounds.at_us)
