"""What happens to drafts on their way into the journal. Only ``actions`` uses it, inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from lotline.core.canonical import Json, NotCanonical, check_exact, sha256_hex, trusted_bytes
from lotline.core.facts import Draft, FactKind, draft_content
from lotline.core.instant import format_instant, from_micros, to_micros
from lotline.core.ledger import Book, Entry, LotState, Problem, Refused, ReversedFact, check_form, find_unstorable_text, printable
from lotline.records.journal.store.behind import Behind
from lotline.records.journal.store.driver import read_as_planned, read_by_key, run, run_in, watched
from lotline.records.journal.store.load import Loader, as_moment
from lotline.records.journal.store.save import Order, Sealed, orders_for_facts, orders_for_stock
from lotline.records.journal.store.sql import adapt
from lotline.records.people.choices import Right
from lotline.records.people.queries import rights_of
from lotline.records.places.keys import as_uuid, id_text, native_ids
from lotline.records.places.models import Plant

# Device clocks run ahead a little; a fact from further in the future is a wrong clock.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Drafts checked and written together: large enough for set-based SQL, small enough for memory.
CHUNK = 2000
# With so many drafts at once, what they name is looked up in portions that a planner may think worth reading the whole table for.
MANY = 100
# A writer of many batches keeps this many lots at hand, about 0.7 kB each. Half of them are put away when there are more, and a lot
# that a later batch uses again is then read, and written twice.
MOST_LOTS = 1_000_000
FORMAT_VERSION = 1
_HOLDING = frozenset({FactKind.HOLD, FactKind.RELEASE})


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a fact stands in the plant's order. ``replayed``: it had been written before, under the same key."""

    fact_id: UUID
    seq: int
    hash: str
    replayed: bool = False


@dataclass(slots=True)
class End:
    """The end of the chain, as far as this writer has taken it."""

    seq: int
    hash: str
    recorded_at: datetime | None


class Writer:
    """Appends batch after batch in one transaction. What it has looked up or made stays in its book for the batches that follow.

    ``ahead``: a batch is stored while the next one is checked, so that what the database refuses comes to light with a later batch or at
    the end. Until ``close`` or ``give_up``, nobody else may use the connection.
    """

    def __init__(self, plant: Plant, now: datetime | None = None, *, ahead: bool = False) -> None:
        self.plant = plant
        self._connection = connections["default"]
        self._behind = Behind() if ahead and not watched(self._connection) else None
        # What was checked and is not stored yet: the orders for it, and the keys of its facts.
        self._orders: list[Order] = []
        self._unstored: set[str] = set()
        self._actor: UUID | None = None
        self._within: frozenset[Right] | None = None
        self._fresh = native_ids(self._connection)
        self._head = self._take_head()
        # Only now: whoever waited for the lock would else say that the facts were there before they could be seen.
        now = now or timezone.now()
        # Where the server's clock was put back, time stands still in the journal until it has caught up: it never goes backwards.
        self._moment = max(now, self._head.recorded_at) if self._head.recorded_at else now
        self._recorded = format_instant(self._moment)
        self._latest_us = to_micros(now + CLOCK_TOLERANCE)
        self._written_seq = self._head.seq
        self._loader = Loader(self._connection, plant.pk, settle=self._behind.settle if self._behind else None)
        self._book: Book | None = None
        self._alone = False
        self._keyed = False
        self._given_up = False

    def append(self, drafts: Sequence[Draft], actor: UUID | None, within: frozenset[Right] | None = None) -> list[Receipt]:
        """Check ``drafts`` and write their facts. After ``Refused`` the transaction can only be given up.

        ``within``: the most that the actor may do here, for one who came with less than their role has (a token's scopes).
        """
        self._check_going_on()
        self._actor, self._within = actor, within
        contents = _contents(drafts)
        self._make_room(drafts)
        if len(drafts) > MANY and not self._keyed:
            read_by_key(self._connection)
            self._keyed = True
        known = self._known_keys(drafts, contents)
        self._check_rights(drafts)
        for chunk in _chunks([i for i, draft in enumerate(drafts) if draft.key not in known], drafts):
            taken = None
            if drafts[chunk[0]].kind is FactKind.REVERSE and (wanted := drafts[chunk[0]].reverses):
                self._store_all()
                taken = self._loader.reversed_fact(wanted)
                self._check_taking_back(taken, chunk[0])
            self._settle()  # the chunk before may still be on its way
            book = self._open_book([drafts[i] for i in chunk], taken)
            self._store_behind()
            sealed = []
            for i in chunk:
                fact = self._post(book, drafts[i], contents[i], taken, i)
                sealed.append(fact)
                known[drafts[i].key] = Receipt(as_uuid(fact.entry.id), fact.entry.seq, fact.hash)
            self._save(sealed, book)
        return _in_order(drafts, known)

    # --- storing --------------------------------------------------------------------------------------------------------

    def _save(self, sealed: Sequence[Sealed], book: Book) -> None:
        """Store what was checked: now, or while what comes next is checked."""
        if any(fact.entry.origins for fact in sealed):
            self._settle()  # its suppliers' numbers are looked up
        self._orders = orders_for_facts(self._connection, self.plant.pk, sealed, book)
        if self._behind is None:
            self._store_all()
        else:
            self._unstored = {fact.entry.draft.key for fact in sealed}

    def _make_room(self, drafts: Sequence[Draft]) -> None:
        """Before anything is looked up: nobody else uses the connection, and no key is looked up that is still to be stored."""
        self._settle()
        if any(draft.key in self._unstored for draft in drafts):
            self._store_all()

    def _store_behind(self) -> None:
        """Begin to store what was checked before; all that the next facts name has been looked up."""
        if self._behind is not None:
            orders, self._orders, self._unstored = self._orders, [], set()
            self._behind.start(orders)

    def _store_all(self) -> None:
        """Store what was checked, and wait for it."""
        self._settle()
        for order in self._orders:
            order()
        self._orders, self._unstored = [], set()

    def _settle(self) -> None:
        """Wait until the connection is free for a question."""
        if self._behind is not None:
            self._behind.settle()

    def give_up(self) -> None:
        """Wait until the connection is free, and write nothing more: the book holds what was not accepted."""
        self._given_up = True
        if self._behind is not None:
            self._behind.rest()

    def _check_going_on(self) -> None:
        if self._given_up:
            raise RuntimeError("a batch of this transaction was refused: it can only be given up")

    # --- what a rehearsal does otherwise, beside storing -----------------------------------------------------------------

    def _take_head(self) -> End:
        return _lock_head(self.plant)

    def _known_keys(self, drafts: Sequence[Draft], contents: Sequence[dict[str, Json]]) -> dict[str, Receipt]:
        return _known_keys(self.plant, drafts, contents)

    # --- rights ---------------------------------------------------------------------------------------------------------

    def _check_rights(self, drafts: Sequence[Draft]) -> None:
        """An override is signed: by a person whose role allows it. And whoever decides about a lot needs the right to hold it.

        These rules are kept here, so that an import, a device or a token can not decide what it may not. Without an actor it is the
        installation itself that writes (a command on the server), which may decide and never overrides.
        """
        overriding = [i for i, draft in enumerate(drafts) if draft.override_reason.strip()]
        if overriding and (self._actor is None or not self._may(Right.OVERRIDE)):
            raise Refused([Problem("override_not_allowed", {}, i) for i in overriding])
        deciding = [i for i, draft in enumerate(drafts) if draft.kind in _HOLDING or draft.disposition is not None]
        if deciding and not self._may(Right.HOLD):
            raise Refused([Problem("hold_not_allowed", {}, i) for i in deciding])

    def _may(self, right: Right) -> bool:
        """Whether the actor may do this: by their role as it is now, and by what they came with."""
        if self._within is not None and right not in self._within:
            return False
        if self._actor is None:
            return True
        self._settle()
        return right in rights_of(user_id=self._actor, plant=self.plant)

    def _check_taking_back(self, taken: ReversedFact | None, position: int) -> None:
        """To take a hold, a release or a decision back is to decide: it needs the same right."""
        if taken is not None and taken.decides and not self._may(Right.HOLD):
            raise Refused([Problem("hold_not_allowed", {}, position)])

    def _check_counting_out(self, entry: Entry) -> None:
        """Goods on hold that are written off are in nobody's hands on paper: that is a decision too, or else signed as an override."""
        if entry.counted_out and not entry.draft.override_reason.strip() and not self._may(Right.HOLD):
            raise Refused([Problem("counting_out_not_allowed", {"lot": lot.ref.code, "item": lot.ref.item}) for lot in entry.counted_out])

    def close(self) -> None:
        """Write what was kept back: stock, and the end of the chain."""
        self._check_going_on()
        self._store_all()
        self._close_book()
        if self._head.seq != self._written_seq:
            _move_head(self.plant, self._head, self._moment)
            self._written_seq = self._head.seq
        if self._keyed:
            read_as_planned(self._connection)
            self._keyed = False

    def _open_book(self, drafts: Sequence[Draft], taken: ReversedFact | None) -> Book:
        """The book for a chunk. One that takes a fact back or carries containers asks the tables for what it does not name."""
        alone = taken is not None or any(draft.carries for draft in drafts)
        if alone:
            self._store_all()
        if self._book is not None and (alone or self._alone):
            self._close_book()
        elif self._book is not None and len(self._book.lots) > MOST_LOTS:
            self._save_stock(self._book, self._book.idle_lots())
        self._alone = alone
        if taken is not None:
            self._book = self._loader.book_for_reversal(taken, latest_us=self._latest_us)
        elif self._book is None:
            self._book = self._loader.book(drafts, latest_us=self._latest_us)
        else:
            self._loader.extend(self._book, drafts)
        return self._book

    def _close_book(self) -> None:
        if self._book is not None:
            self._save_stock(self._book, [*self._book.lots_by_id.values()])
            self._book = None

    def _save_stock(self, book: Book, lots: Sequence[LotState]) -> None:
        self._store_all()
        for orders in orders_for_stock(self._connection, self.plant.pk, book, lots):
            self._orders = orders
            if self._behind is None:
                self._store_all()
            else:
                self._store_behind()
        self._store_all()

    def _post(self, book: Book, draft: Draft, content: dict[str, Json], taken: ReversedFact | None, position: int) -> Sealed:
        head = self._head
        try:
            entry = book.post(draft, id=self._fresh(), seq=head.seq + 1, reversed_fact=taken)
            self._check_counting_out(entry)
            fact = self._seal(entry, content)
        except Refused as refused:
            raise Refused([Problem(p.code, p.params, position) for p in refused.problems]) from None
        head.seq, head.hash = entry.seq, fact.hash
        return fact

    def _seal(self, entry: Entry, content: dict[str, Json]) -> Sealed:
        """Give the fact its place in the chain, and its canonical bytes and hash."""
        body = content | {
            "v": FORMAT_VERSION,
            "plant": self.plant.code,
            "id": id_text(entry.id),
            "seq": entry.seq,
            "prev": self._head.hash,
            "recorded": self._recorded,
        }
        if self._actor is not None:
            body["by"] = str(self._actor)
        if entry.born:
            body["born"] = [_born(lot) for lot in entry.born]
        try:
            data = trusted_bytes(body)
        except NotCanonical as error:
            raise Refused([_not_canonical(content, error)]) from error
        # The escape may also be a harmless backslash with these letters after it, so it only gives reason to look.
        if b"\\u0000" in data and (field := find_unstorable_text(content)) is not None:
            raise Refused([Problem("text_not_storable", {"field": field})])
        return Sealed(entry, self._moment, self._actor, data.decode(), sha256_hex(data))


_HEAD = "SELECT seq, hash, recorded_at FROM journal_head WHERE plant_id = %s"


def read_head(plant: Plant) -> End:
    """The end of the chain as it is, for whoever writes nothing."""
    connection = connections["default"]
    return _end_of(run(connection, _HEAD, [adapt(plant.pk, connection)]))


def _end_of(rows: Sequence[Sequence[Any]]) -> End:
    if not rows:
        return End(0, "", None)
    seq, hash_, recorded = rows[0]
    return End(seq, hash_, as_moment(recorded) if recorded is not None else None)


def _lock_head(plant: Plant) -> End:
    """The end of the chain, locked until the transaction ends: a plant's facts have one order, and laws see all of them.

    SQLite has the whole file to itself already, since transactions begin IMMEDIATE.
    """
    connection = connections["default"]
    sql = _HEAD + (" FOR UPDATE" if connection.vendor == "postgresql" else "")
    key = adapt(plant.pk, connection)
    rows = run(connection, sql, [key])
    if not rows:
        values = [native_ids(connection)(), key]
        run(
            connection,
            "INSERT INTO journal_head (id, plant_id, seq, hash) VALUES (%s, %s, 0, '') ON CONFLICT (plant_id) DO NOTHING",
            values,
        )
        rows = run(connection, sql, [key])
    return _end_of(rows)


def _move_head(plant: Plant, head: End, moment: datetime) -> None:
    connection = connections["default"]
    values = [head.seq, head.hash, adapt(moment, connection), adapt(plant.pk, connection)]
    run(connection, "UPDATE journal_head SET seq = %s, hash = %s, recorded_at = %s WHERE plant_id = %s", values)


def _contents(drafts: Sequence[Draft]) -> list[dict[str, Json]]:
    """What the sender said in each draft, found to have a form that every engine can keep and every JSON reader gives back."""
    contents, problems = [], []
    for position, draft in enumerate(drafts):
        broken = check_form(draft)
        content = {} if broken else draft_content(draft)
        problem = None if broken else _check_content(draft, content)
        problems += [Problem(p.code, p.params, position) for p in ([problem] if problem else broken)]
        contents.append(content)
    if problems:
        raise Refused(problems)
    return contents


def _check_content(draft: Draft, content: dict[str, Json]) -> Problem | None:
    """Whether the free parts (data, attributes) have an exact JSON form. The other fields are texts by the draft's type."""
    try:
        if draft.data:
            check_exact(draft.data)
        for birth in draft.births:
            if birth.attributes:
                check_exact(birth.attributes)
    except NotCanonical as error:
        return _not_canonical(content, error)
    return None


def _not_canonical(content: dict[str, Json], error: NotCanonical) -> Problem:
    if (field := find_unstorable_text(content)) is not None:
        return Problem("text_not_storable", {"field": field})
    return Problem("not_exact", {"detail": printable(str(error))})


def _known_keys(plant: Plant, drafts: Sequence[Draft], contents: Sequence[dict[str, Json]]) -> dict[str, Receipt]:
    """Receipts of the drafts that were written before. The same key with other content is refused (law 7)."""
    known: dict[str, Receipt] = {}
    first: dict[str, int] = {}
    for position, draft in enumerate(drafts):
        earlier = first.setdefault(draft.key, position)
        if earlier != position and trusted_bytes(contents[earlier]) != trusted_bytes(contents[position]):
            raise Refused([Problem("key_reused", {"key": draft.key}, position)])
    connection = connections["default"]
    sql = "SELECT key, id, seq, hash, body FROM journal_fact WHERE plant_id = %s AND key {in}"
    for key, fact_id, seq, hash_, body in run_in(connection, sql, sorted(first), [adapt(plant.pk, connection)]):
        if sender_part(body) != trusted_bytes(contents[first[key]]):
            raise Refused([Problem("key_reused", {"key": key}, first[key])])
        known[key] = Receipt(fact_id if isinstance(fact_id, UUID) else UUID(bytes=fact_id), seq, hash_, replayed=True)
    return known


def _chunks(positions: Sequence[int], drafts: Sequence[Draft]) -> Iterator[list[int]]:
    """Positions to post together. A reversal stands alone, since it asks the tables what it takes back."""
    chunk: list[int] = []
    seen: set[str] = set()
    for position in positions:
        if drafts[position].key in seen:
            continue
        seen.add(drafts[position].key)
        if drafts[position].kind is FactKind.REVERSE:
            if chunk:
                yield chunk
            yield [position]
            chunk = []
            continue
        chunk.append(position)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# What the store adds to the sender's words. ``sender_part`` takes it off again.
_STORE_FIELDS = ("v", "plant", "id", "seq", "prev", "recorded", "by", "born")


def _born(lot: LotState) -> list[Json]:
    """What the store made of a lot that is born: its key, and what its item asked for that day, which may change later."""
    expires = format_instant(from_micros(lot.expires_at_us)) if lot.expires_at_us is not None else None
    return [lot.ref.item, lot.ref.code, id_text(lot.id), (lot.first or lot.status)._value_, expires]


def sender_part(body: str) -> bytes:
    """The canonical bytes of what the sender said, out of a stored body."""
    content = {name: value for name, value in json.loads(body).items() if name not in _STORE_FIELDS}
    return trusted_bytes(content)


def _in_order(drafts: Sequence[Draft], known: dict[str, Receipt]) -> list[Receipt]:
    """One receipt a draft; a key that came twice in one batch was written once."""
    receipts, seen = [], set()
    for draft in drafts:
        receipt = known[draft.key]
        again = draft.key in seen and not receipt.replayed
        receipts.append(Receipt(receipt.fact_id, receipt.seq, receipt.hash, replayed=True) if again else receipt)
        seen.add(draft.key)
    return receipts
