"""Writing the journal. ``append`` is the only way in, for screens, API, imports and devices alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, transaction

from lotline.core.facts import Draft, draft_content
from lotline.core.ledger import Problem, Refused, check_form, find_unstorable_text
from lotline.records.journal.store.driver import is_stale
from lotline.records.journal.writer import CHUNK as CHUNK
from lotline.records.journal.writer import Receipt as Receipt
from lotline.records.journal.writer import Writer
from lotline.records.journal.writer import sender_part as sender_part
from lotline.records.people.choices import Right
from lotline.records.places.models import Plant


class _DryRun(Exception):
    """Carries the receipts of a dry run out of the transaction that it undoes."""

    def __init__(self, receipts: list[Receipt]) -> None:
        self.receipts = receipts


def append(
    *,
    plant: Plant,
    drafts: Sequence[Draft],
    actor: UUID | None = None,
    within: frozenset[Right] | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[Receipt]:
    """Write ``drafts`` in their order, all or none, and say where each stands. A known key gives its first receipt again.

    The actor may do what their role in the plant allows, and ``within`` that no more than these rights: whoever comes with a token may
    do less than its owner. ``dry_run`` checks everything and stores nothing. Raises ``Refused`` (see ``journal.words``), with nothing
    stored.
    """
    outermost = not transaction.get_connection().in_atomic_block
    try:
        return _append(plant, drafts, actor, within, dry_run=dry_run, now=now)
    except Refused as refused:
        if not (outermost and may_be_tried_again(refused)):
            raise
    return _append(plant, drafts, actor, within, dry_run=dry_run, now=now)


def may_be_tried_again(refused: Refused) -> bool:
    """Whether only a statement that the server no longer knows stood in the way: the same write goes through in a new transaction."""
    return is_stale(refused.__cause__)


def _append(
    plant: Plant, drafts: Sequence[Draft], actor: UUID | None, within: frozenset[Right] | None, *, dry_run: bool, now: datetime | None
) -> list[Receipt]:
    """One transaction."""
    try:
        with translating(drafts), transaction.atomic():
            writer = Writer(plant, now)
            receipts = writer.append(drafts, actor, within)
            writer.close()
            if dry_run:
                raise _DryRun(receipts)  # noqa: TRY301 -- leaving the block this way is what undoes it
            return receipts
    except _DryRun as undone:
        return undone.receipts


class Take(Protocol):
    """Takes one batch of drafts."""

    def __call__(self, drafts: Sequence[Draft], actor: UUID | None = ..., within: frozenset[Right] | None = ..., /) -> list[Receipt]: ...


@contextmanager
def writing(*, plant: Plant, actor: UUID | None = None, ahead: bool = False) -> Iterator[Take]:
    """``append`` for more drafts than anybody wants to hold at once: gives a function that takes them batch by batch.

    All batches are one transaction, all or none; the plant's order is held from the beginning. Another ``actor`` may be named for a
    batch, and what they may do ``within`` their role. Raises ``Refused`` as ``append`` does, with positions in the batch that was refused;
    a block that goes on after that, or ends as if nothing had been, is a mistake of its author: ``RuntimeError``, with nothing stored.

    ``ahead``: store each batch while the next is made and checked. The database must then not be asked anything else within the block.
    """

    def take(drafts: Sequence[Draft], actor: UUID | None = actor, within: frozenset[Right] | None = None) -> list[Receipt]:
        with translating(drafts):
            try:
                return writer.append(drafts, actor, within)
            except BaseException:
                writer.give_up()  # whoever asks what is wrong with a batch asks this connection
                raise

    # No savepoint where this is part of a larger transaction: SQLite would keep a copy of every page that is changed after it.
    with translating(()), transaction.atomic(savepoint=False):
        writer = Writer(plant, ahead=ahead)
        try:
            yield take
            writer.close()
        except BaseException:
            writer.give_up()
            raise


@contextmanager
def translating(drafts: Sequence[Draft]) -> Iterator[None]:
    """What the database says about these drafts, in our words."""
    try:
        yield
    except Refused as refused:
        # One engine looks a name with a NUL up and does not find it, the other does not even look: both say the same.
        raise _unstorable(drafts, {p.draft for p in refused.problems if p.draft < len(drafts)}) or refused from refused.__cause__
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
    if busy or state in _AGAIN or is_stale(error) or (state is None and isinstance(error, IntegrityError) and "UNIQUE" in str(error)):
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
