"""Writing accepted entries and the readings that changed with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.core.facts import Draft
from lotline.core.instant import from_micros
from lotline.core.ledger import Book, Entry, LotState
from lotline.core.ledger.book import balance_changes
from lotline.records.journal.store.sql import adapt, delete_balances, insert, select_in, update, upsert
from lotline.records.places.keys import new_id

_FACT = (
    "id", "plant_id", "seq", "kind", "happened_at", "recorded_at", "key", "source", "actor_id", "station", "equipment",
    "operator", "order", "operation", "document", "body", "hash",
)  # fmt: skip
_POSTING = (
    "id", "plant_id", "fact_id", "lot_id", "origin_id", "target_id", "quantity", "role", "strand", "certain", "at_us", "seq",
)  # fmt: skip
_LOT = (
    "id", "plant_id", "item_id", "code", "batch", "born_at", "expires_at", "status", "decided_at_us", "moved_at_us",
)  # fmt: skip
_HOLD = (
    "id", "plant_id", "lot_id", "place_id", "opened_by_id", "closed_by_id", "opened_at_us", "closed_at_us", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry with its canonical bytes and their hash: ready to be frozen."""

    entry: Entry
    recorded_at: datetime
    actor: UUID | None
    body: str
    hash: str


def save(connection: BaseDatabaseWrapper, plant_id: UUID, sealed: Sequence[Sealed], book: Book) -> None:
    """Store ``sealed`` and bring balances, lots, holds and container places up to what ``book`` says."""
    plant = adapt(plant_id, connection)
    _save_lots(connection, plant, book)
    _save_facts(connection, plant, sealed)
    _save_postings(connection, plant, sealed)
    _save_sides(connection, plant, sealed)
    _save_origins(connection, plant, plant_id, sealed, book)
    _save_holds(connection, plant, book)
    _save_balances(connection, plant, book)
    moved = [place for place in book.places_by_id.values() if place.dirty]
    rows = [(adapt(place.parent, connection), adapt(place.id, connection)) for place in moved]
    update(connection, "places_place", ["parent_id"], rows, plant)


def _save_lots(connection: BaseDatabaseWrapper, plant: Any, book: Book) -> None:
    born = [lot for lot in book.lots_by_id.values() if lot.new]
    insert(connection, "catalog_lot", _LOT, [_lot_row(connection, plant, lot) for lot in born])
    changed = [lot for lot in book.lots_by_id.values() if lot.dirty and not lot.new]
    rows = [(lot.status.value, lot.decided_at_us, lot.moved_at_us, adapt(lot.id, connection)) for lot in changed]
    update(connection, "catalog_lot", ["status", "decided_at_us", "moved_at_us"], rows, plant)


def _lot_row(connection: BaseDatabaseWrapper, plant: Any, lot: LotState) -> tuple[Any, ...]:
    expires = from_micros(lot.expires_at_us) if lot.expires_at_us is not None else None
    return (
        adapt(lot.id, connection), plant, adapt(lot.item.id, connection), lot.ref.code, lot.batch,
        adapt(from_micros(lot.born_at_us), connection), adapt(expires, connection), lot.status.value,
        lot.decided_at_us, lot.moved_at_us,
    )  # fmt: skip


def _save_facts(connection: BaseDatabaseWrapper, plant: Any, sealed: Sequence[Sealed]) -> None:
    rows = []
    for fact in sealed:
        draft: Draft = fact.entry.draft
        rows.append(
            (
                adapt(fact.entry.id, connection), plant, fact.entry.seq, draft.kind.value,
                adapt(from_micros(fact.entry.at_us), connection), adapt(fact.recorded_at, connection), draft.key,
                draft.source.value, adapt(fact.actor, connection), draft.station, draft.equipment, draft.operator,
                draft.order, draft.operation, draft.document, fact.body, fact.hash,
            )
        )  # fmt: skip
    insert(connection, "journal_fact", _FACT, rows)


def _save_postings(connection: BaseDatabaseWrapper, plant: Any, sealed: Sequence[Sealed]) -> None:
    rows = []
    for fact in sealed:
        fact_id = adapt(fact.entry.id, connection)
        for row in fact.entry.postings:
            rows.append(
                (
                    adapt(new_id(), connection), plant, fact_id, adapt(row.lot, connection), adapt(row.origin, connection),
                    adapt(row.target, connection), row.quantity, row.role, row.strand, row.certain, row.at_us, row.seq,
                )
            )  # fmt: skip
    insert(connection, "journal_posting", _POSTING, rows)


def _save_sides(connection: BaseDatabaseWrapper, plant: Any, sealed: Sequence[Sealed]) -> None:
    """Carriages, subjects and reversals."""
    carriages, subjects, reversals = [], [], []
    for fact in sealed:
        entry, fact_id = fact.entry, adapt(fact.entry.id, connection)
        for carry in entry.carries:
            places = [adapt(place, connection) for place in carry]
            carriages.append((adapt(new_id(), connection), plant, fact_id, *places, entry.at_us, entry.seq))
        for lot in entry.subjects:
            subjects.append((adapt(new_id(), connection), plant, fact_id, adapt(lot, connection), entry.at_us, entry.seq))
        if entry.reverses is not None:
            reversals.append((adapt(new_id(), connection), plant, adapt(entry.reverses, connection), fact_id, entry.seq))
    columns = ("id", "plant_id", "fact_id", "container_id", "origin_id", "target_id", "at_us", "seq")
    insert(connection, "journal_carriage", columns, carriages)
    insert(connection, "journal_subject", ("id", "plant_id", "fact_id", "lot_id", "at_us", "seq"), subjects)
    insert(connection, "journal_reversal", ("id", "plant_id", "fact_id", "by_id", "seq"), reversals)


def _save_origins(connection: BaseDatabaseWrapper, plant: Any, plant_id: UUID, sealed: Sequence[Sealed], book: Book) -> None:
    """Which receipts came under which supplier's number."""
    receipts = [(fact.entry.id, lot, birth) for fact in sealed for lot, birth in fact.entry.origins if birth.supplier_lot]
    if not receipts:
        return
    wanted = {(birth.supplier_lot, book.places[birth.supplier].id, book.lots_by_id[lot].item.id) for _fact, lot, birth in receipts}
    sql = "SELECT code, supplier_id, item_id, id FROM catalog_supplierlot WHERE plant_id = %s AND code {in}"
    found = {}
    for code, supplier, item, row_id in select_in(connection, sql, sorted({key[0] for key in wanted}), [plant_id]):
        found[code, _uuid(supplier), _uuid(item)] = _uuid(row_id)
    rows = []
    for key in sorted(wanted - found.keys()):
        found[key] = new_id()
        rows.append((adapt(found[key], connection), plant, adapt(key[1], connection), adapt(key[2], connection), key[0]))
    insert(connection, "catalog_supplierlot", ("id", "plant_id", "supplier_id", "item_id", "code"), rows)
    links = {}
    for fact_id, lot, birth in receipts:
        supplier_lot = found[birth.supplier_lot, book.places[birth.supplier].id, book.lots_by_id[lot].item.id]
        key = (adapt(lot, connection), adapt(supplier_lot, connection), adapt(fact_id, connection))
        links[key] = (adapt(new_id(), connection), plant, *key)
    columns = ("id", "plant_id", "lot_id", "supplier_lot_id", "fact_id")
    insert(connection, "catalog_lotorigin", columns, list(links.values()))


def _save_holds(connection: BaseDatabaseWrapper, plant: Any, book: Book) -> None:
    born, changed = [], []
    for lot in book.lots_by_id.values():
        for hold in lot.holds:
            closed = (adapt(hold.closed_by, connection), hold.closed_at_us)
            if hold.new:
                born.append(
                    (
                        adapt(hold.id, connection), plant, adapt(hold.lot, connection), adapt(hold.place, connection),
                        adapt(hold.opened_by, connection), closed[0], hold.opened_at_us, closed[1], hold.reason,
                    )
                )  # fmt: skip
            elif hold.dirty:
                changed.append((*closed, adapt(hold.id, connection)))
    insert(connection, "journal_hold", _HOLD, born)
    update(connection, "journal_hold", ["closed_by_id", "closed_at_us"], changed, plant)


def _save_balances(connection: BaseDatabaseWrapper, plant: Any, book: Book) -> None:
    kept, gone = [], []
    for lot, place_id, quantity in balance_changes(book.lots_by_id.values()):
        lot_id, place = adapt(lot.id, connection), adapt(place_id, connection)
        if quantity:
            kept.append((adapt(new_id(), connection), plant, lot_id, place, quantity, book.place_by_id(place_id).inside))
        elif place_id in lot.stored:
            gone.append((lot_id, place))
    columns = ("id", "plant_id", "lot_id", "place_id", "quantity", "inside")
    upsert(connection, "journal_balance", columns, kept, key=("plant_id", "lot_id", "place_id"), column="quantity")
    delete_balances(connection, plant, gone)


def _uuid(value: UUID | bytes) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=bytes(value))
