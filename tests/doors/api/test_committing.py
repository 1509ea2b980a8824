"""Who waits for whom when facts are written together. The writing itself is tried with real servers in ``test_processes``."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError

from lotline.core.ledger import Refused
from lotline.doors.api import committing
from lotline.doors.api.committing import Committer
from lotline.records.journal.actions import Receipt
from lotline.records.people.choices import Right

PLANT: Any = SimpleNamespace(pk=uuid4())
OTHER: Any = SimpleNamespace(pk=uuid4())
SECONDS = 20


class Steps(Committer):
    """Writes a group when it is told to. ``groups`` are the drafts of each."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[list[Any]] = []
        self.begun = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)

    def _write(self) -> None:
        group = self._take(self._waiting[0].plant)
        self.groups.append([ticket.draft for ticket in group])
        self.begun.release()
        assert self.allowed.acquire(timeout=SECONDS)
        for ticket in group:
            draft: Any = ticket.draft
            if draft == "wrong":
                ticket.answer(Refused([]))
            else:
                ticket.answer(Receipt(uuid4(), 1, ""))


@pytest.fixture
def committer() -> Steps:
    return Steps()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as threads:
        yield threads


def ask(pool: ThreadPoolExecutor, committer: Steps, draft: Any, plant: Any = PLANT) -> Future[Receipt]:
    """One request, in a thread of its own."""
    return pool.submit(committer.append, plant=plant, draft=draft, actor=uuid4(), rights=frozenset())


def send(pool: ThreadPoolExecutor, committer: Steps, *drafts: Any, plant: Any = PLANT) -> list[Future[Receipt]]:
    """Requests that have joined the queue, or the group that is taken."""
    before = len(committer._waiting)
    sent = [ask(pool, committer, draft, plant) for draft in drafts]
    for _try in range(SECONDS * 1000):
        if len(committer._waiting) == before + len(drafts):
            break
        threading.Event().wait(0.001)
    return sent


def test_those_who_came_meanwhile_are_one_group_and_are_answered_before_the_next_is_written(committer: Steps, pool: ThreadPoolExecutor):
    first = ask(pool, committer, "a")
    assert committer.begun.acquire(timeout=SECONDS)
    second = send(pool, committer, "b", "c", "d")
    committer.allowed.release()
    assert committer.begun.acquire(timeout=SECONDS)
    assert first.result(SECONDS).seq == 1

    third = send(pool, committer, "e", "f")
    committer.allowed.release()
    assert committer.begun.acquire(timeout=SECONDS)

    # The third group is being written and not allowed to end: all of the second have their answers all the same.
    assert wait(second, SECONDS).not_done == set()
    committer.allowed.release()
    assert wait(third, SECONDS).not_done == set()
    assert [sorted(group) for group in committer.groups] == [["a"], ["b", "c", "d"], ["e", "f"]]


def test_facts_of_two_plants_are_two_groups_and_nobody_is_forgotten(committer: Steps, pool: ThreadPoolExecutor):
    first = ask(pool, committer, "a")
    assert committer.begun.acquire(timeout=SECONDS)
    others = send(pool, committer, "b", plant=OTHER) + send(pool, committer, "c") + send(pool, committer, "d", plant=OTHER)

    committer.allowed.release(3)

    assert wait([first, *others], SECONDS).not_done == set()
    assert committer.groups == [["a"], ["b", "d"], ["c"]]


def test_whoever_is_refused_hands_the_pen_on(committer: Steps, pool: ThreadPoolExecutor):
    wrong = ask(pool, committer, "wrong")
    assert committer.begun.acquire(timeout=SECONDS)
    right = send(pool, committer, "b")

    committer.allowed.release(2)

    with pytest.raises(Refused):
        wrong.result(SECONDS)
    assert right[0].result(SECONDS).seq == 1


def test_many_threads_all_get_their_answers(committer: Steps, pool: ThreadPoolExecutor):
    committer.allowed.release(10_000)

    answers = [ask(pool, committer, number) for number in range(2_000)]

    assert wait(answers, SECONDS * 3).not_done == set()
    assert sorted(draft for group in committer.groups for draft in group) == list(range(2_000))


@pytest.mark.parametrize(
    ("said", "code"), [("database or disk is full", "storage_failed"), ("server closed the connection unexpectedly", "try_again")]
)
def test_a_full_disk_at_the_commit_is_named_and_every_other_failure_asks_to_try_again(said, code):
    answer = committing._as_answer(OperationalError(said))

    assert isinstance(answer, Refused)
    assert [problem.code for problem in answer.problems] == [code]


def test_two_tokens_of_one_person_in_one_group_keep_each_its_own_rights():
    person, wide, narrow = uuid4(), frozenset(Right), frozenset({Right.WRITE_FACTS})
    group: list[Any] = [committing._Ticket(PLANT, draft, person, rights) for draft, rights in (("a", wide), ("b", narrow), ("c", narrow))]  # type: ignore[arg-type]
    taken: list[Any] = []

    def take(drafts: Any, actor: Any = None, rights: Any = None) -> list[Receipt]:
        taken.append((drafts, actor, rights))
        return [Receipt(uuid4(), 1, "") for _draft in drafts]

    receipts = committing._write_by_caller(take, group)

    assert taken == [(["a"], person, wide), (["b", "c"], person, narrow)]
    assert len(receipts) == 3
