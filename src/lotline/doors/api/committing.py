"""Group commit: facts that arrive together share one transaction, and each gets its own answer after COMMIT.

The first request that finds nobody writing takes along all that are waiting (flat combining): no thread of its own, no delay for a
lone client, and a busy server pays for one transaction, one head of the chain and one fsync a group instead of one a fact.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import cast
from uuid import UUID

from django.db import DatabaseError, transaction

from lotline.core.facts import Draft
from lotline.core.ledger import Problem, Refused
from lotline.records.journal.actions import Receipt, Take, append, may_be_tried_again, writing
from lotline.records.people.choices import Right
from lotline.records.places.models import Plant

# As many as wait in the threads of one process; more would only lengthen the time for which other processes are locked out.
LARGEST_GROUP = 256


@dataclass(slots=True, eq=False)
class _Ticket:
    """One fact that waits to be written. ``outcome`` is there once the group has been committed or given up.

    ``called`` is set then, or while there is none yet: to have its own request write the next group.
    """

    plant: Plant
    draft: Draft
    actor: UUID
    rights: frozenset[Right]
    outcome: Receipt | Exception | None = None
    called: threading.Event = field(default_factory=threading.Event)

    def answer(self, outcome: Receipt | Exception) -> None:
        """End the waiting."""
        self.outcome = outcome
        self.called.set()


class Committer:
    """Writes single facts of all threads of this process, one group at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._somebody_writes = False

    def append(self, *, plant: Plant, draft: Draft, actor: UUID, rights: frozenset[Right]) -> Receipt:
        """As ``journal.append`` for one draft of somebody who may do what is among ``rights``. Raises ``Refused``."""
        ticket = _Ticket(plant, draft, actor, rights)
        with self._guard:
            self._waiting.append(ticket)
            mine, self._somebody_writes = not self._somebody_writes, True
        if not mine:
            ticket.called.wait()
        if ticket.outcome is None:
            self._write_until_answered(ticket)
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        return cast("Receipt", ticket.outcome)

    def _write_until_answered(self, ticket: _Ticket) -> None:
        """Write groups, most often one, then call somebody else who waits to write the next. Nobody who has an answer waits for that."""
        try:
            while ticket.outcome is None:  # once, unless more were waiting than one group takes, or one of the group was refused
                self._write()
        finally:
            with self._guard:
                self._somebody_writes = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].called.set()

    def _write(self) -> None:
        """One transaction for all that wait for the same plant.

        They are taken when the plant's order is held: who came while another process was writing comes along.
        """
        group: list[_Ticket] = []
        try:
            plant = self._waiting[0].plant
            with transaction.atomic(), writing(plant=plant) as take:
                group = self._take(plant)
                receipts = _write_by_caller(take, group)
        except Refused as refused:
            self._answer_refused(group or self._take(plant), refused)
        except BaseException as error:
            for ticket in group or self._take(plant):
                ticket.answer(_as_answer(error))
            if not isinstance(error, Exception):
                raise
        else:
            for ticket, receipt in zip(group, receipts, strict=True):
                ticket.answer(receipt)

    def _take(self, plant: Plant) -> list[_Ticket]:
        taken: list[_Ticket] = []
        others: list[_Ticket] = []
        with self._guard:
            while self._waiting and len(taken) < LARGEST_GROUP:
                ticket = self._waiting.popleft()
                (taken if ticket.plant.pk == plant.pk else others).append(ticket)
            self._waiting.extendleft(reversed(others))
        return taken

    def _answer_refused(self, group: list[_Ticket], refused: Refused) -> None:
        """Nobody is refused for another's mistake: who made it is told, and the others wait for the next group.

        What the database could not do is nobody's mistake. There each is tried by itself.
        """
        of_all = any(problem.code in _OF_ALL or problem.draft >= len(group) for problem in refused.problems)
        if may_be_tried_again(refused) or (of_all and len(group) > 1):
            for ticket in group:
                _write_alone(ticket)
            return
        problems: dict[int, list[Problem]] = {}
        for problem in refused.problems:
            problems.setdefault(problem.draft, []).append(Problem(problem.code, problem.params))
        for position, ticket in enumerate(group):
            if position in problems:
                ticket.answer(Refused(problems[position]))
        with self._guard:
            self._waiting.extendleft(reversed([ticket for ticket in group if ticket.outcome is None]))


DISK_FULL = "53100"  # SQLSTATE
# Problems of a whole transaction, whichever draft they were met at.
_OF_ALL = frozenset({"try_again", "storage_failed"})


def _write_by_caller(take: Take, group: Sequence[_Ticket]) -> list[Receipt]:
    """Receipts in the order of ``group``. Raises ``Refused`` with positions in it."""
    receipts: list[Receipt] = []
    for (actor, rights), part in groupby(group, key=lambda ticket: (ticket.actor, ticket.rights)):
        before = len(receipts)
        try:
            receipts += take([ticket.draft for ticket in part], actor, rights)
        except Refused as refused:
            raise Refused([Problem(p.code, p.params, p.draft + before) for p in refused.problems]) from refused.__cause__
    return receipts


def _write_alone(ticket: _Ticket) -> None:
    try:
        (receipt,) = append(plant=ticket.plant, drafts=[ticket.draft], actor=ticket.actor, within=ticket.rights)
    except Exception as error:
        ticket.answer(error)
    else:
        ticket.answer(receipt)


def _as_answer(error: BaseException) -> Exception:
    if isinstance(error, DatabaseError):
        # A full disk shows at the commit, and trying again does not help. After anything else (a lost connection) nobody knows what was
        # stored: the same fact again, under the same key, finds out.
        full = "disk is full" in str(error) or getattr(error.__cause__, "sqlstate", None) == DISK_FULL
        return Refused([Problem("storage_failed", {"detail": str(error).strip()}) if full else Problem("try_again")])
    return error if isinstance(error, Exception) else Refused([Problem("try_again")])


committer = Committer()
