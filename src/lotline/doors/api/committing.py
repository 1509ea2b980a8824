"""Group commit: facts that arrive together share one transaction, and each gets its own answer after COMMIT.

The first request that finds nobody writing takes along all that are waiting (flat combining): no thread of its own, no delay for a
lone client, and a busy server pays for one transaction, one head of the chain and one fsync a group instead of one a fact.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db import DatabaseError, connections, transaction

from lotline.core.facts import Draft
from lotline.core.ledger import Problem, Refused
from lotline.records.journal.actions import Receipt, append
from lotline.records.places.models import Plant

# As many as wait in the threads of one process; more would only lengthen the time for which other processes are locked out.
LARGEST_GROUP = 256


@dataclass(slots=True, eq=False)
class _Ticket:
    """One fact that waits to be written. ``outcome`` is there once the group has been committed or given up."""

    plant: Plant
    draft: Draft
    actor: UUID
    outcome: Receipt | Exception | None = None


class Committer:
    """Writes single facts of all threads of this process, one group at a time."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._waiting: deque[_Ticket] = deque()

    def append(self, *, plant: Plant, draft: Draft, actor: UUID) -> Receipt:
        """As ``journal.append`` for one draft. Raises ``Refused``."""
        ticket = _Ticket(plant, draft, actor)
        self._waiting.append(ticket)
        with self._writing:
            while ticket.outcome is None:  # once, unless more were waiting than one group takes
                self._write(self._take())
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        return ticket.outcome

    def _take(self) -> list[_Ticket]:
        taken: list[_Ticket] = []
        while self._waiting and len(taken) < LARGEST_GROUP:
            taken.append(self._waiting.popleft())
        return taken

    def _write(self, tickets: Sequence[_Ticket]) -> None:
        if len(tickets) == 1:
            _append(tickets)
            return
        try:
            with transaction.atomic():
                for group in _groups(tickets):
                    _append(group)
        except BaseException as error:
            # The transaction is gone, with all that seemed written in it.
            failure = _as_answer(error)
            for ticket in tickets:
                ticket.outcome = failure
            if not isinstance(error, Exception):
                raise


def _groups(tickets: Iterable[_Ticket]) -> Iterable[list[_Ticket]]:
    """Neighbours of one plant and one actor: the journal takes those together."""
    for _key, group in groupby(tickets, key=lambda ticket: (ticket.plant.pk, ticket.actor)):
        yield list(group)


def _append(group: Sequence[_Ticket]) -> None:
    """Write a group; where one of it is refused, each by itself, so that nobody is refused for another's mistake."""
    first = group[0]
    try:
        receipts = append(plant=first.plant, drafts=[ticket.draft for ticket in group], actor=first.actor)
    except Refused as refused:
        if len(group) == 1:
            first.outcome = Refused([Problem(problem.code, problem.params) for problem in refused.problems])
            return
        for ticket in group:
            _append([ticket])
    except Exception as error:
        if len(group) > 1 or connections["default"].in_atomic_block:
            raise
        first.outcome = error
    else:
        for ticket, receipt in zip(group, receipts, strict=True):
            ticket.outcome = receipt


def _as_answer(error: BaseException) -> Exception:
    if isinstance(error, DatabaseError):
        return Refused([Problem("try_again")])
    return error if isinstance(error, Exception) else Refused([Problem("try_again")])


committer = Committer()
