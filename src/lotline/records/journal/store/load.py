"""Filling a book with what a batch of drafts names."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.core.facts import Disposition, Draft, FactKind, LotRef, PlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger import (
    Book,
    Decision,
    HoldState,
    ItemState,
    LotState,
    Moment,
    PlaceState,
    PostingRow,
    ReversedFact,
    Sources,
    Trip,
)
from lotline.core.ledger.births import facts_that_bore
from lotline.core.ledger.ids import Id
from lotline.records.journal.store.driver import run, run_in
from lotline.records.places.keys import native_id, native_ids

P = ParamSpec("P")
T = TypeVar("T")

# Loaded with every batch: history and the process account speak of them even when no draft does.
ALWAYS = ("PROCESS", "SCRAP", "VARIANCE")

_PLACE = "SELECT p.id, p.code, p.kind, p.inside, p.parent_id FROM places_place p WHERE p.plant_id = %s AND "
_LOT = (
    "SELECT l.id, l.code, l.born_at, l.status, l.decided_at_us, l.expires_at, l.batch, l.moved_at_us, i.code, l.fills,"
    " EXISTS (SELECT 1 FROM journal_hold h WHERE h.lot_id = l.id)"
    " FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id WHERE l.plant_id = %s AND "
)
_ITEM = (
    "SELECT i.id, i.code, u.decimals, i.tracking, i.release_required, i.shelf_life_days"
    " FROM catalog_item i JOIN catalog_unit u ON u.id = i.unit_id WHERE i.code {in}"
)
# The last carry of each container, and the last facts that put something into it or took something out, taken back or not.
_LAST_USE = (
    "SELECT p.id, (SELECT MAX(c.at_us) FROM journal_carriage c WHERE c.container_id = p.id),"
    " (SELECT MAX(t.at_us) FROM journal_posting t WHERE t.boxed = 1 AND t.target_id = p.id),"
    " (SELECT MAX(t.at_us) FROM journal_posting t WHERE t.boxed = 1 AND t.origin_id = p.id),"
    " (SELECT MAX(c.at_us) FROM journal_carriage c WHERE c.target_id = p.id),"
    " (SELECT MAX(c.at_us) FROM journal_carriage c WHERE c.origin_id = p.id)"
    " FROM places_place p WHERE p.plant_id = %s AND p.id {in}"
)
_INNER = (
    "SELECT p.id FROM places_place p WHERE p.plant_id = %s AND p.kind = 'container' AND p.parent_id {in}",
    "SELECT c.container_id FROM journal_carriage c WHERE c.plant_id = %s AND c.at_us >= %s AND c.target_id {in}",
    "SELECT c.container_id FROM journal_carriage c WHERE c.plant_id = %s AND c.at_us >= %s AND c.origin_id {in}",
)
_TOUCHING = (
    "SELECT t.lot_id, t.origin_id, t.target_id, t.quantity, t.role, t.strand, t.certain, t.at_us, t.seq, t.id"
    " FROM journal_posting t JOIN journal_fact f ON f.id = t.fact_id"
    " WHERE t.plant_id = %s AND t.boxed = 1 AND t.at_us >= %s AND f.kind <> 'reverse'"
    " AND NOT EXISTS (SELECT 1 FROM journal_reversal r WHERE r.fact_id = t.fact_id) AND "
)
# With what took it back, if anything did. A lot has few facts that were, and they are known by their numbers.
_HISTORY = (
    "SELECT p.lot_id, p.origin_id, p.target_id, p.quantity, p.role, p.strand, p.certain, p.at_us, p.seq, r.seq AS taken"
    " FROM journal_posting p LEFT JOIN journal_reversal r ON r.fact_id = p.fact_id WHERE p.lot_id = %s"
)
# The roles are named because they come before the moment in the index.
_BETWEEN = _HISTORY + " AND p.role IN (0, 1, 2) AND p.at_us >= %s AND p.at_us < %s"
# Subqueries that give one value are looked up row by row, so that the first good row ends the search on both engines.
_STANDING = (
    "SELECT 1 FROM journal_posting p WHERE p.lot_id = %s"
    " AND (SELECT r.seq FROM journal_reversal r WHERE r.fact_id = p.fact_id) IS NULL"
    " AND (SELECT f.kind FROM journal_fact f WHERE f.id = p.fact_id) <> 'reverse' LIMIT 1"
)
_POSTING = "SELECT lot_id, origin_id, target_id, quantity, role, strand, certain, at_us, seq FROM journal_posting WHERE "


class Loader:
    """Reads what books need from one plant's tables, inside the transaction that will write."""

    def __init__(self, connection: BaseDatabaseWrapper, plant_id: UUID, settle: Callable[[], None] | None = None) -> None:
        self.connection = connection
        self.plant_id = native_id(plant_id, connection)
        self._settle = settle

    def book(self, drafts: Sequence[Draft], *, latest_us: int) -> Book:
        """A book with every place, item and lot that ``drafts`` name, as they stand now."""
        refs = {ref for draft in drafts for ref in _lot_refs(draft)}
        places = self.places_by_code({*_place_codes(drafts), *ALWAYS})
        items = self.items({ref.item for ref in refs})
        lots = self.lots(refs, items)
        carried = [places[carry.container].id for draft in drafts for carry in draft.carries if carry.container in places]
        if carried:
            self._load_contents(carried, places, lots)
        self._load_surroundings(places)
        self._note_last_use(places.values())
        return Book(places=places, items=items, lots=lots, sources=self.sources(), latest_us=latest_us)

    def extend(self, book: Book, drafts: Sequence[Draft]) -> None:
        """Bring a book up to what ``drafts``, which carry nothing, name beyond what it knows."""
        refs = {ref for draft in drafts for ref in _lot_refs(draft)} - book.lots.keys()
        places = self.places_by_code(_place_codes(drafts) - book.places.keys())
        self._load_surroundings(places)
        self._note_last_use(place for place in places.values() if place.id not in book.places_by_id)
        items = book.items | self.items({ref.item for ref in refs} - book.items.keys())
        book.learn(places=places, items=items, lots=self.lots(refs, items))

    def sources(self) -> Sources:
        """What a book may ask for later. ``settle`` is called first each time: the connection may still be storing what came before."""
        return Sources(
            new_id=native_ids(self.connection),
            place=self._after_settling(self.place),
            history=self._after_settling(self.history),
            between=self._after_settling(self.between),
            stands=self._after_settling(self.stands),
            carries=self._after_settling(self.carries),
            decisions=self._after_settling(self.decisions),
            first_status=self._after_settling(self.first_status),
            inner=self._after_settling(self.inner),
            touching=self._after_settling(self.touching),
            lots_in=self._after_settling(self.lots_in),
        )

    def _after_settling(self, ask: Callable[P, T]) -> Callable[P, T]:
        settle = self._settle
        if settle is None:
            return ask

        def settled(*args: P.args, **kwargs: P.kwargs) -> T:
            settle()
            return ask(*args, **kwargs)

        return settled

    # --- places ---------------------------------------------------------------------------------------------------------

    def places_by_code(self, codes: Iterable[str]) -> dict[str, PlaceState]:
        rows = run_in(self.connection, _PLACE + "p.code {in}", sorted(codes), [self.plant_id])
        return {row[1]: _place(row) for row in rows}

    def place(self, place_id: Id) -> PlaceState:
        """One place by id; it exists, since rows name it."""
        place = _place(run(self.connection, _PLACE + "p.id = %s", [self.plant_id, place_id])[0])
        self._note_last_use([place])
        return place

    def _load_surroundings(self, places: dict[str, PlaceState]) -> None:
        """What the containers among ``places`` lie in now: one query a level."""
        known = {place.id for place in places.values()}
        level = list(places.values())
        while wanted := sorted({p.parent for p in level if p.kind is PlaceKind.CONTAINER and p.parent is not None} - known, key=str):
            level = [_place(row) for row in run_in(self.connection, _PLACE + "p.id {in}", wanted, [self.plant_id])]
            known |= {place.id for place in level}
            places.update({place.code: place for place in level})

    def _load_contents(self, containers: Sequence[Id], places: dict[str, PlaceState], lots: dict[LotRef, LotState]) -> None:
        """The containers within ``containers``, and every lot that lies in any of them."""
        level, all_of_them = list(containers), set(containers)
        while level:
            rows = run_in(self.connection, _PLACE + "p.kind = 'container' AND p.parent_id {in}", level, [self.plant_id])
            inner = [_place(row) for row in rows]
            level = [place.id for place in inner if place.id not in all_of_them]
            all_of_them.update(level)
            places.update({place.code: place for place in inner if place.code not in places})
        lots.update(self.lots_by_id(self._lying_in(all_of_them) - {lot.id for lot in lots.values()}))

    def _lying_in(self, places: Collection[Id]) -> set[Id]:
        """The lots of which something lies in one of ``places``."""
        sql = "SELECT DISTINCT lot_id FROM journal_balance WHERE plant_id = %s AND place_id {in}"
        return {_id(row[0]) for row in run_in(self.connection, sql, sorted(places), [self.plant_id])}

    def _note_last_use(self, places: Iterable[PlaceState]) -> None:
        containers = {place.id: place for place in places if place.kind is PlaceKind.CONTAINER}
        for row in run_in(self.connection, _LAST_USE, list(containers), [self.plant_id]):
            container = containers[_id(row[0])]
            container.carried_at_us = row[1]
            container.used_at_us = max((at_us for at_us in row[2:] if at_us is not None), default=None)

    # --- items and lots -------------------------------------------------------------------------------------------------

    def items(self, codes: Iterable[str]) -> dict[str, ItemState]:
        rows = run_in(self.connection, _ITEM, sorted(codes))
        return {row[1]: ItemState(_id(row[0]), row[1], row[2], row[3] == "serial", bool(row[4]), row[5]) for row in rows}

    def lots(self, refs: AbstractSet[LotRef], items: Mapping[str, ItemState]) -> dict[LotRef, LotState]:
        """The lots that exist among ``refs``, whose items are ``items``."""
        rows = run_in(self.connection, _LOT + "l.code {in}", sorted({ref.code for ref in refs}), [self.plant_id])
        return self._with_stock([row for row in rows if (row[8], row[1]) in refs], items)

    def lots_by_id(self, ids: Iterable[Id]) -> dict[LotRef, LotState]:
        rows = list(run_in(self.connection, _LOT + "l.id {in}", list(ids), [self.plant_id]))
        return self._with_stock(rows, self.items({row[8] for row in rows}))

    def _with_stock(self, rows: Sequence[Any], items: Mapping[str, ItemState]) -> dict[LotRef, LotState]:
        if not rows:
            return {}
        lots = {_id(row[0]): _lot(row, items[row[8]]) for row in rows}
        ids = list(lots)
        sql = "SELECT lot_id, place_id, quantity FROM journal_balance WHERE plant_id = %s AND lot_id {in}"
        for lot_id, place_id, quantity in run_in(self.connection, sql, ids, [self.plant_id]):
            lots[_id(lot_id)].stored[_id(place_id)] = quantity
        sql = (
            "SELECT id, lot_id, place_id, opened_by_id, opened_at_us, reason, closed_by_id, closed_at_us"
            " FROM journal_hold WHERE lot_id {in}"
        )
        held = [_id(row[0]) for row in rows if row[10]]
        for row in run_in(self.connection, sql, held):
            hold = HoldState(_id(row[0]), _id(row[1]), _maybe_id(row[2]), _id(row[3]), row[4], row[5], _maybe_id(row[6]), row[7])
            lots[hold.lot].holds.append(hold)
        for lot in lots.values():
            lot.balances = dict(lot.stored)
        return {lot.ref: lot for lot in lots.values()}

    # --- what a book asks for when it needs it ---------------------------------------------------------------------------

    def history(self, lot_id: Id) -> list[PostingRow]:
        """Every posting of a lot that stands: neither one that was taken back, nor what took it back."""
        return _standing(run(self.connection, _HISTORY, [lot_id]))

    def between(self, lot_id: Id, from_us: int, before_us: int) -> list[PostingRow]:
        """Those of some whole moments; what took a fact back has its moment."""
        return _standing(run(self.connection, _BETWEEN, [lot_id, from_us, before_us]))

    def stands(self, lot_id: Id) -> bool:
        """Whether there is such a posting; nearly always the first one that is looked at."""
        return bool(run(self.connection, _STANDING, [lot_id]))

    def carries(self, container_id: Id) -> list[Trip]:
        """Every carry of a container that stands: neither one that was taken back, nor what took it back."""
        sql = (
            "SELECT c.at_us, c.seq, c.origin_id, c.target_id FROM journal_carriage c JOIN journal_fact f ON f.id = c.fact_id"
            " WHERE c.container_id = %s AND f.kind <> 'reverse'"
            " AND NOT EXISTS (SELECT 1 FROM journal_reversal r WHERE r.fact_id = c.fact_id)"
        )
        return [Trip(row[0], row[1], _id(row[2]), _id(row[3])) for row in run(self.connection, sql, [container_id])]

    def decisions(self, lot_id: Id) -> list[Decision]:
        """The decisions about a lot that stand: moment, order, outcome, fact."""
        sql = (
            "SELECT s.at_us, s.seq, f.body, f.id FROM journal_subject s JOIN journal_fact f ON f.id = s.fact_id"
            " WHERE s.lot_id = %s AND f.kind IN ('inspect', 'release', 'sign')"
            " AND NOT EXISTS (SELECT 1 FROM journal_reversal r WHERE r.fact_id = f.id)"
        )
        rows = ((row, json.loads(row[2]).get("disposition")) for row in run(self.connection, sql, [lot_id]))
        return [Decision(row[0], row[1], Disposition(outcome), _id(row[3])) for row, outcome in rows if outcome]

    def first_status(self, lot_id: Id) -> Disposition:
        """What the lot was last born with, from the fact that it was born in: its item may ask for other things today."""
        sql = "SELECT body FROM journal_fact WHERE plant_id = %s AND seq = %s"
        moved = ((row[8], row[9]) for row in run(self.connection, _HISTORY, [lot_id]))
        for seq in reversed(facts_that_bore(moved)):
            for _item, _code, named, status, _expires in json.loads(run(self.connection, sql, [self.plant_id, seq])[0][0]).get("born", ()):
                if native_id(UUID(named), self.connection) == lot_id:
                    return Disposition(status)
        raise LookupError(lot_id)

    def inner(self, places: Collection[Id], since_us: int) -> set[Id]:
        """The containers that lie in one of ``places``, or were carried into or out of one since a moment."""
        standing, *carried = _INNER
        found = {_id(row[0]) for row in run_in(self.connection, standing, [*places], [self.plant_id])}
        for sql in carried:
            found.update(_id(row[0]) for row in run_in(self.connection, sql, [*places], [self.plant_id, since_us]))
        return found

    def touching(self, places: Collection[Id], since: Moment) -> list[PostingRow]:
        """The postings that stand, later than a moment, with a container at an end and one of ``places`` at an end."""
        rows: dict[Any, PostingRow] = {}
        for end in ("t.target_id {in}", "t.origin_id {in}"):
            for *row, key in run_in(self.connection, _TOUCHING + end, [*places], [self.plant_id, since.at_us]):
                rows[key] = _posting(row)
        return [row for row in rows.values() if row.moment > since]

    def lots_in(self, places: Collection[Id], lots: Collection[Id]) -> dict[LotRef, LotState]:
        """The lots that lie in one of ``places``, and those of these keys."""
        return self.lots_by_id(self._lying_in(places) | {*lots})

    def reversed_fact(self, fact: UUID) -> ReversedFact | None:
        """The fact that a draft wants to take back, or None when this plant has no such fact."""
        fact_id = native_id(fact, self.connection)
        sql = (
            "SELECT f.kind, f.happened_at, f.seq, f.body, EXISTS (SELECT 1 FROM journal_reversal r WHERE r.fact_id = f.id)"
            " FROM journal_fact f WHERE f.plant_id = %s AND f.id = %s"
        )
        found = run(self.connection, sql, [self.plant_id, fact_id])
        if not found:
            return None
        kind, happened_at, seq, body, already = found[0]
        postings = tuple(_posting(row) for row in run(self.connection, _POSTING + "fact_id = %s", [fact_id]))
        sql = "SELECT container_id, origin_id, target_id FROM journal_carriage WHERE fact_id = %s"
        carries = tuple((_id(a), _id(b), _id(c)) for a, b, c in run(self.connection, sql, [fact_id]))
        subjects = tuple(_id(row[0]) for row in run(self.connection, "SELECT lot_id FROM journal_subject WHERE fact_id = %s", [fact_id]))
        moment = to_micros(as_moment(happened_at))
        decides = kind in ("hold", "release") or "disposition" in json.loads(body)
        return ReversedFact(fact_id, FactKind(kind), moment, postings, carries, subjects, seq, bool(already), decides)

    def book_for_reversal(self, fact: ReversedFact, *, latest_us: int) -> Book:
        """A book with the lots and places of one fact."""
        lots = self.lots_by_id({row.lot for row in fact.postings} | set(fact.subjects))
        named = {row.origin for row in fact.postings} | {row.target for row in fact.postings}
        named |= {place for carry in fact.carries for place in carry}
        rows = run_in(self.connection, _PLACE + "p.id {in}", list(named), [self.plant_id])
        places = {row[1]: _place(row) for row in rows}
        self._note_last_use(places.values())
        return Book(places=places, items={}, lots=lots, sources=self.sources(), latest_us=latest_us)


def as_moment(value: datetime | str) -> datetime:
    """A moment as raw SQL returned it: SQLite keeps UTC without a zone."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _id(value: UUID | bytes) -> Id:
    """A key as the book knows it: PostgreSQL's driver gives Id objects, whose text is cheaper to hash and to send back."""
    return value if isinstance(value, bytes) else str(value)


def _maybe_id(value: UUID | bytes | None) -> Id | None:
    return None if value is None else _id(value)


def _place(row: Any) -> PlaceState:
    return PlaceState(_id(row[0]), row[1], PlaceKind(row[2]), bool(row[3]), _maybe_id(row[4]))


def _lot(row: Any, item: ItemState) -> LotState:
    return LotState(
        id=_id(row[0]),
        ref=LotRef(row[8], row[1]),
        item=item,
        born_at_us=to_micros(as_moment(row[2])),
        status=Disposition(row[3]),
        decided_at_us=row[4],
        expires_at_us=to_micros(as_moment(row[5])) if row[5] is not None else None,
        batch=row[6],
        moved_at_us=row[7],
        fills=row[9],
    )


def _standing(rows: Sequence[Any]) -> list[PostingRow]:
    taking = {row[9] for row in rows}
    return [_posting(row[:9]) for row in rows if row[9] is None and row[8] not in taking]


def _posting(row: Any) -> PostingRow:
    return PostingRow(_id(row[0]), _id(row[1]), _id(row[2]), *row[3:])


def _lot_refs(draft: Draft) -> Iterable[LotRef]:
    yield from (move.lot for move in draft.moves)
    yield from draft.subjects
    yield from (birth.lot for birth in draft.births)


def _place_codes(drafts: Sequence[Draft]) -> set[str]:
    codes: set[str] = set()
    for draft in drafts:
        for move in draft.moves:
            codes.add(move.source)
            codes.add(move.target)
        for carry in draft.carries:
            codes.update((carry.container, carry.source, carry.target))
        codes.update(birth.supplier for birth in draft.births if birth.supplier)
        if draft.hold_place:
            codes.add(draft.hold_place)
    return codes
