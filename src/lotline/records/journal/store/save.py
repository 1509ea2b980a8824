"""Writing accepted entries and the readings that changed with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.core.facts import Birth, PlaceKind
from lotline.core.instant import from_micros, to_micros
from lotline.core.ledger import Book, Entry, LotState
from lotline.core.ledger.ids import Id
from lotline.core.ledger.state import balance_changes
from lotline.records.journal.store.driver import run_in
from lotline.records.journal.store.sql import Row, adapt, delete_balances, insert, update, upsert
from lotline.records.places.keys import native_id, native_ids

_FACT = (
    "id", "plant_id", "seq", "kind", "happened_at", "recorded_at", "key", "source", "actor_id", "station", "equipment",
    "operator", "order", "operation", "document", "body", "hash",
)  # fmt: skip
_POSTING = (
    "id", "plant_id", "fact_id", "lot_id", "origin_id", "target_id", "quantity", "role", "strand", "certain", "boxed", "at_us",
    "seq",
)  # fmt: skip
_LOT = (
    "id", "plant_id", "item_id", "code", "batch", "born_at", "expires_at", "status", "decided_at_us", "moved_at_us",
    "fills",
)  # fmt: skip
_HOLD = (
    "id", "plant_id", "lot_id", "place_id", "opened_by_id", "closed_by_id", "opened_at_us", "closed_at_us", "reason",
)  # fmt: skip


# So many rows are worth no statement of their own.
FEW = 20
# Lots whose rows are made at once; so many keep the database busy while the next ones are made.
PORTION = 20_000
# A statement or a few, with everything that they say: whoever is given it need not know the book, which goes on changing.
Order: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry with its canonical bytes and their hash: ready to be frozen."""

    entry: Entry
    recorded_at: datetime
    actor: UUID | None
    body: str
    hash: str


def orders_for_facts(connection: BaseDatabaseWrapper, plant_id: UUID, sealed: Sequence[Sealed], book: Book) -> list[Order]:
    """What stores ``sealed`` with the holds and container places that they changed. ``book`` is then at the end of its batch."""
    saver = _Saver(connection, plant_id, book)
    saver.save_facts(sealed)
    book.forget_batch()
    return saver.orders


def orders_for_stock(connection: BaseDatabaseWrapper, plant_id: UUID, book: Book, lots: Sequence[LotState]) -> Iterator[list[Order]]:
    """What brings these lots and their balances up to what ``book`` says, which then forgets them, in portions.

    A lot that a hundred batches draw from is written once. Until then the tables lag behind, for this transaction only.
    """
    for begin in range(0, len(lots), PORTION):
        saver = _Saver(connection, plant_id, book)
        saver.save_lots(lots[begin : begin + PORTION])
        saver.save_balances(lots[begin : begin + PORTION])
        yield saver.orders
    book.forget_lots(lots)


class _Saver:
    """Makes orders. Rows are built with keys as the driver takes them; a book names everything that way already."""

    def __init__(self, connection: BaseDatabaseWrapper, plant_id: UUID, book: Book) -> None:
        self.connection = connection
        self.plant = native_id(plant_id, connection)
        self.book = book
        self.fresh = native_ids(connection)
        self.orders: list[Order] = []
        self._moments: dict[int, Any] = {}

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        if rows:
            self.orders.append(partial(insert, self.connection, table, columns, rows))

    def _update(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        if rows:
            self.orders.append(partial(update, self.connection, table, columns, rows, self.plant))

    def save_facts(self, sealed: Sequence[Sealed]) -> None:
        self._save_named_lots(sealed)
        self._save_facts(sealed)
        self._save_postings(sealed)
        self._save_sides(sealed)
        self._save_origins(sealed)
        self._save_holds()
        moved = [(place.parent, place.id) for place in self.book.places_by_id.values() if place.dirty]
        self._update("places_place", ["parent_id"], moved)

    def _save_named_lots(self, sealed: Sequence[Sealed]) -> None:
        """New lots that a foreign key names go first: SQLite would look for the waiting rows at each lot that comes after them."""
        named = {lot for fact in sealed for lot in (*fact.entry.subjects, *(lot for lot, _birth in fact.entry.origins))}
        born = [lot for lot in map(self.book.lots_by_id.__getitem__, named) if lot.new]
        self._insert("catalog_lot", _LOT, [self._lot_row(lot) for lot in sorted(born, key=lambda lot: str(lot.id))])
        for lot in born:
            lot.new = lot.dirty = False

    def save_lots(self, lots: Iterable[LotState]) -> None:
        born = [self._lot_row(lot) for lot in lots if lot.new]
        self._insert("catalog_lot", _LOT, born)
        changed = [(lot.status._value_, lot.decided_at_us, lot.moved_at_us, lot.fills, lot.id) for lot in lots if lot.dirty and not lot.new]
        self._update("catalog_lot", ["status", "decided_at_us", "moved_at_us", "fills"], changed)
        reborn = [(*self._birth(lot), lot.id) for lot in lots if lot.reborn and not lot.new]
        self._update("catalog_lot", ["batch", "born_at", "expires_at"], reborn)

    def _lot_row(self, lot: LotState) -> tuple[Any, ...]:
        return (
            lot.id, self.plant, lot.item.id, lot.ref.code, *self._birth(lot), lot.status._value_, lot.decided_at_us,
            lot.moved_at_us, lot.fills,
        )  # fmt: skip

    def _birth(self, lot: LotState) -> tuple[Any, ...]:
        expires = None if lot.expires_at_us is None else self._moment(lot.expires_at_us)
        return lot.batch, self._moment(lot.born_at_us), expires

    def _save_facts(self, sealed: Sequence[Sealed]) -> None:
        rows = []
        for fact in sealed:
            draft, entry = fact.entry.draft, fact.entry
            rows.append(
                (
                    entry.id, self.plant, entry.seq, draft.kind._value_, self._moment(entry.at_us),
                    self._moment(to_micros(fact.recorded_at)), draft.key, draft.source._value_, adapt(fact.actor, self.connection),
                    draft.station, draft.equipment, draft.operator, draft.order, draft.operation, draft.document,
                    fact.body, fact.hash,
                )
            )  # fmt: skip
        self._insert("journal_fact", _FACT, rows)

    def _moment(self, at_us: int) -> Any:
        """A moment as the driver takes it; SQLite keeps UTC as text without a zone, as Django writes it.

        Facts, and lots born in them, share most of their moments, so those of a batch are kept.
        """
        known = self._moments.get(at_us)
        if known is None:
            moment = from_micros(at_us)
            known = moment if self.connection.vendor == "postgresql" else moment.replace(tzinfo=None).isoformat(sep=" ")
            self._moments[at_us] = known
        return known

    def _save_postings(self, sealed: Sequence[Sealed]) -> None:
        plant, fresh = self.plant, self.fresh
        boxes = {place.id for place in self.book.places_by_id.values() if place.kind is PlaceKind.CONTAINER}
        rows = [
            (
                fresh(), plant, fact.entry.id, lot, origin, target, quantity, role, strand, certain,
                1 if boxes and (origin in boxes or target in boxes) else 0, at_us, seq,
            )
            for fact in sealed
            for lot, origin, target, quantity, role, strand, certain, at_us, seq in fact.entry.postings
        ]  # fmt: skip
        self._insert("journal_posting", _POSTING, rows)

    def _save_sides(self, sealed: Sequence[Sealed]) -> None:
        """Carriages, subjects and reversals."""
        carriages, subjects, reversals = [], [], []
        for fact in sealed:
            entry, head = fact.entry, (self.plant, fact.entry.id)
            carriages += [(self.fresh(), *head, *carry, entry.at_us, entry.seq) for carry in entry.carries]
            subjects += [(self.fresh(), *head, lot, entry.at_us, entry.seq) for lot in entry.subjects]
            if entry.reverses is not None:
                reversals.append((self.fresh(), self.plant, entry.reverses, entry.id, entry.seq))
        columns = ("id", "plant_id", "fact_id", "container_id", "origin_id", "target_id", "at_us", "seq")
        self._insert("journal_carriage", columns, carriages)
        self._insert("journal_subject", ("id", "plant_id", "fact_id", "lot_id", "at_us", "seq"), subjects)
        self._insert("journal_reversal", ("id", "plant_id", "fact_id", "by_id", "seq"), reversals)

    def _save_origins(self, sealed: Sequence[Sealed]) -> None:
        """Which receipts came under which supplier's number."""
        receipts = [
            (fact.entry.id, lot, self._supplier_key(lot, birth))
            for fact in sealed
            for lot, birth in fact.entry.origins
            if birth.supplier_lot
        ]
        if not receipts:
            return
        numbers = self._ensure_supplier_lots({key for _fact, _lot, key in receipts})
        links = {(lot, numbers[key], fact): None for fact, lot, key in receipts}
        rows = [(self.fresh(), self.plant, *link) for link in links]
        self._insert("catalog_lotorigin", ("id", "plant_id", "lot_id", "supplier_lot_id", "fact_id"), rows)

    def _supplier_key(self, lot: Id, birth: Birth) -> tuple[str, Id, Id]:
        return birth.supplier_lot, self.book.places[birth.supplier].id, self.book.lots_by_id[lot].item.id

    def _ensure_supplier_lots(self, wanted: set[tuple[str, Id, Id]]) -> dict[tuple[str, Id, Id], Id]:
        sql = "SELECT code, supplier_id, item_id, id FROM catalog_supplierlot WHERE plant_id = %s AND code {in}"
        codes = sorted({key[0] for key in wanted})
        found: dict[tuple[str, Id, Id], Id] = {}
        for code, *ids in run_in(self.connection, sql, codes, [self.plant]):
            supplier, item, row_id = (native_id(value, self.connection) for value in ids)
            found[code, supplier, item] = row_id
        missing = {key: self.fresh() for key in sorted(wanted - found.keys(), key=str)}
        rows = [(row_id, self.plant, supplier, item, code) for (code, supplier, item), row_id in missing.items()]
        self._insert("catalog_supplierlot", ("id", "plant_id", "supplier_id", "item_id", "code"), rows)
        return found | missing

    def _save_holds(self) -> None:
        born, changed = [], []
        for lot in self.book.touched:
            for hold in lot.holds:
                if hold.new:
                    born.append(
                        (
                            hold.id, self.plant, hold.lot, hold.place, hold.opened_by, hold.closed_by, hold.opened_at_us,
                            hold.closed_at_us, hold.reason,
                        )
                    )  # fmt: skip
                elif hold.dirty:
                    changed.append((hold.closed_by, hold.closed_at_us, hold.id))
        self._insert("journal_hold", _HOLD, born)
        self._update("journal_hold", ["closed_by_id", "closed_at_us"], changed)

    def save_balances(self, lots: Iterable[LotState]) -> None:
        born: list[tuple[Any, ...]] = []
        kept: list[tuple[Any, ...]] = []
        gone: list[tuple[Id, Id]] = []
        for lot, place_id, quantity in balance_changes(lots):
            if not quantity:
                gone.append((lot.id, place_id))
                continue
            row = (self.fresh(), self.plant, lot.id, place_id, quantity, self.book.place_by_id(place_id).inside)
            (kept if place_id in lot.stored else born).append(row)
        columns = ("id", "plant_id", "lot_id", "place_id", "quantity", "inside")
        if kept and len(born) < FEW:  # one statement less for a single fact
            kept += born
        else:
            self._insert("journal_balance", columns, born)
        if kept:
            key = ("plant_id", "lot_id", "place_id")
            self.orders.append(partial(upsert, self.connection, "journal_balance", columns, kept, key=key, column="quantity"))
        if gone:
            self.orders.append(partial(delete_balances, self.connection, self.plant, gone))
