"""Writing the journal. ``append`` is the only way in, for screens, API, imports and devices alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connections, transaction
from django.utils import timezone

from lotline.core.canonical import Json, NotCanonical, check_exact, sha256_hex, trusted_bytes
from lotline.core.facts import Draft, FactKind, draft_content
from lotline.core.instant import format_instant, from_micros, to_micros
from lotline.core.ledger import Entry, LotState, Problem, Refused, check_form, find_unstorable_text, printable
from lotline.records.journal.models import Head
from lotline.records.journal.store.load import Loader, as_moment
from lotline.records.journal.store.save import Sealed, save
from lotline.records.journal.store.sql import adapt, select, select_in
from lotline.records.people.choices import Right
from lotline.records.people.queries import rights_of
from lotline.records.places.keys import as_uuid, id_text, native_ids
from lotline.records.places.models import Plant

# Device clocks run ahead a little; a fact from further in the future is a wrong clock.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Drafts checked and written together: large enough for set-based SQL, small enough for memory.
CHUNK = 2000
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a fact stands in the plant's order. ``replayed``: it had been written before, under the same key."""

    fact_id: UUID
    seq: int
    hash: str
    replayed: bool = False


class _DryRun(Exception):
    """Carries the receipts of a dry run out of the transaction that it undoes."""

    def __init__(self, receipts: list[Receipt]) -> None:
        self.receipts = receipts


def append(
    *, plant: Plant, drafts: Sequence[Draft], actor: UUID | None = None, dry_run: bool = False, now: datetime | None = None
) -> list[Receipt]:
    """Write ``drafts`` in their order, all or none, and say where each stands. A known key gives its first receipt again.

    ``dry_run`` checks everything and stores nothing. Raises ``Refused`` (see ``journal.words``), with nothing stored.
    """
    try:
        with transaction.atomic():
            receipts = _append(plant, drafts, actor, now or timezone.now())
            if dry_run:
                raise _DryRun(receipts)  # noqa: TRY301 -- leaving the block this way is what undoes it
            return receipts
    except _DryRun as undone:
        return undone.receipts
    except Refused as refused:
        # One engine looks a name with a NUL up and does not find it, the other does not even look: both say the same.
        raise _unstorable(drafts, {problem.draft for problem in refused.problems}) or refused from None
    except (DatabaseError, UnicodeEncodeError) as error:
        raise _translated(error, drafts) from error


# SQLSTATEs after which the same drafts may well be accepted: serialization failure, deadlock, lock not available, unique violation.
_AGAIN = frozenset({"40001", "40P01", "55P03", "23505"})


def _translated(error: DatabaseError | UnicodeEncodeError, drafts: Sequence[Draft]) -> Exception:
    """What the database refused, as a problem that a door can show. Errors that can only be mistakes of ours stay what they are.

    Texts are looked at only now, since drivers refuse the bad ones (a code with a NUL, half a surrogate pair) by themselves.
    """
    if isinstance(error, DataError | UnicodeEncodeError) and (refused := _unstorable(drafts, range(len(drafts)))):
        return refused
    state = getattr(error.__cause__, "sqlstate", None)
    busy = isinstance(error, OperationalError) and any(word in str(error) for word in ("locked", "busy"))
    if busy or state in _AGAIN or (state is None and isinstance(error, IntegrityError) and "UNIQUE" in str(error)):
        return Refused([Problem("try_again")])
    ours = str(error).startswith(("no such ", "near ")) or (state or "").startswith("42")  # SQL that names what is not there
    if isinstance(error, OperationalError | IntegrityError | DataError) and not ours:
        return Refused([Problem("storage_failed", {"detail": str(error).strip()})])
    return error


def _unstorable(drafts: Sequence[Draft], positions: Iterable[int]) -> Refused | None:
    """Texts among these drafts that not every engine can keep."""
    found = ((i, find_unstorable_text(draft_content(drafts[i]))) for i in sorted(positions) if not check_form(drafts[i]))
    problems = [Problem("text_not_storable", {"field": field}, i) for i, field in found if field is not None]
    return Refused(problems) if problems else None


def _append(plant: Plant, drafts: Sequence[Draft], actor: UUID | None, now: datetime) -> list[Receipt]:
    connection = connections["default"]
    fresh = native_ids(connection)
    contents = _contents(drafts)
    head = _lock_head(plant)
    # Where the server's clock was put back, time stands still in the journal until it has caught up: it never goes backwards.
    started_at, moment = head.seq, max(now, head.recorded_at) if head.recorded_at else now
    known = _known_keys(plant, drafts, contents)
    _check_overrides(plant, drafts, actor)
    loader = Loader(connection, plant.pk)
    latest_us = to_micros(now + CLOCK_TOLERANCE)
    for chunk in _chunks([i for i, draft in enumerate(drafts) if draft.key not in known], drafts):
        taken = None
        if drafts[chunk[0]].kind is FactKind.REVERSE and (wanted := drafts[chunk[0]].reverses):
            taken = loader.reversed_fact(wanted)
        if taken is not None:
            book = loader.book_for_reversal(taken, latest_us=latest_us)
        else:
            book = loader.book([drafts[i] for i in chunk], latest_us=latest_us)
        sealed = []
        for i in chunk:
            try:
                entry = book.post(drafts[i], id=fresh(), seq=head.seq + 1, reversed_fact=taken)
                fact = _seal(plant, head, entry, contents[i], moment, actor)
            except Refused as refused:
                raise Refused([Problem(p.code, p.params, i) for p in refused.problems]) from None
            sealed.append(fact)
            known[drafts[i].key] = Receipt(as_uuid(entry.id), entry.seq, fact.hash)
            head.seq, head.hash = entry.seq, fact.hash
        save(connection, plant.pk, sealed, book)
    if head.seq != started_at:
        _move_head(head, moment)
    return _in_order(drafts, known)


def _lock_head(plant: Plant) -> Head:
    """The end of the chain, locked until the transaction ends: a plant's facts have one order, and laws see all of them.

    SQLite has the whole file to itself already, since transactions begin IMMEDIATE.
    """
    connection = connections["default"]
    suffix = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    sql = f"SELECT id, seq, hash, recorded_at FROM journal_head WHERE plant_id = %s{suffix}"  # noqa: S608 -- a suffix of ours
    rows = select(connection, sql, [plant.pk])
    if not rows:
        with connection.cursor() as cursor:
            values = [native_ids(connection)(), adapt(plant.pk, connection)]
            cursor.execute(
                "INSERT INTO journal_head (id, plant_id, seq, hash) VALUES (%s, %s, 0, '') ON CONFLICT (plant_id) DO NOTHING", values
            )
        rows = select(connection, sql, [plant.pk])
    row = rows[0]
    recorded_at = as_moment(row[3]) if row[3] is not None else None
    return Head(id=row[0], plant=plant, seq=row[1], hash=row[2], recorded_at=recorded_at)


def _move_head(head: Head, moment: datetime) -> None:
    connection = connections["default"]
    with connection.cursor() as cursor:
        values = [head.seq, head.hash, adapt(moment, connection), adapt(head.plant_id, connection)]
        cursor.execute("UPDATE journal_head SET seq = %s, hash = %s, recorded_at = %s WHERE plant_id = %s", values)


def _contents(drafts: Sequence[Draft]) -> list[dict[str, Json]]:
    """What the sender said in each draft, found to have a form that every engine can keep and every JSON reader gives back."""
    contents, problems = [], []
    for position, draft in enumerate(drafts):
        broken = check_form(draft)
        content = {} if broken else draft_content(draft)
        problem = None if broken else _check_content(content)
        problems += [Problem(p.code, p.params, position) for p in ([problem] if problem else broken)]
        contents.append(content)
    if problems:
        raise Refused(problems)
    return contents


def _check_content(content: dict[str, Json]) -> Problem | None:
    """Whether the free parts (data, attributes) have an exact JSON form. The other fields are texts by the draft's type."""
    try:
        if "data" in content or "births" in content:
            check_exact(content)
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
    sql = "SELECT key, id, seq, hash, body FROM journal_fact WHERE plant_id = %s AND key {in}"
    for key, fact_id, seq, hash_, body in select_in(connections["default"], sql, sorted(first), [plant.pk]):
        if sender_part(body) != trusted_bytes(contents[first[key]]):
            raise Refused([Problem("key_reused", {"key": key}, first[key])])
        known[key] = Receipt(fact_id if isinstance(fact_id, UUID) else UUID(bytes=fact_id), seq, hash_, replayed=True)
    return known


def _check_overrides(plant: Plant, drafts: Sequence[Draft], actor: UUID | None) -> None:
    """An override is signed: by a person whose role allows it."""
    overriding = [i for i, draft in enumerate(drafts) if draft.override_reason.strip()]
    if not overriding:
        return
    if actor is None or Right.OVERRIDE not in rights_of(user_id=actor, plant=plant):
        raise Refused([Problem("override_not_allowed", {}, i) for i in overriding])


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


def _seal(plant: Plant, head: Head, entry: Entry, content: dict[str, Json], moment: datetime, actor: UUID | None) -> Sealed:
    """Give the fact its place in the chain, and its canonical bytes and hash."""
    body: dict[str, Json] = {
        **content,
        "v": FORMAT_VERSION,
        "plant": plant.code,
        "id": id_text(entry.id),
        "seq": entry.seq,
        "prev": head.hash,
        "recorded": format_instant(moment),
    }
    if actor is not None:
        body["by"] = str(actor)
    if entry.born:
        body["born"] = [_born(lot) for lot in entry.born]
    try:
        data = trusted_bytes(body)
    except NotCanonical as error:
        raise Refused([_not_canonical(content, error)]) from error
    # The escape may also be a harmless backslash with these letters after it, so it only gives reason to look.
    if b"\\u0000" in data and (field := find_unstorable_text(content)) is not None:
        raise Refused([Problem("text_not_storable", {"field": field})])
    return Sealed(entry, moment, actor, data.decode(), sha256_hex(data))


def _born(lot: LotState) -> list[Json]:
    """What the store made of a new lot: its key, and what its item asked for that day, which may change later."""
    expires = format_instant(from_micros(lot.expires_at_us)) if lot.expires_at_us is not None else None
    return [lot.ref.item, lot.ref.code, id_text(lot.id), lot.status._value_, expires]


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
