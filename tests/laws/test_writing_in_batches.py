"""Many batches through one writer leave what the same facts leave one by one, however the batches are cut and whatever it forgets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import current_thread
from threading import enumerate as running_threads
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, transaction

from lotline.core.facts import Carry, Disposition, Draft
from lotline.core.ledger import Refused
from lotline.records.catalog.models import Lot
from lotline.records.journal import writer
from lotline.records.journal.actions import writing
from lotline.records.journal.models import Hold
from lotline.records.journal.replay import check_replay
from lotline.records.journal.store import load, save
from lotline.records.journal.store.driver import run, run_in
from lotline.records.journal.store.sql import insert
from lotline.records.journal.verify import verify_chain
from lotline.records.places.models import Place, Plant
from tests.laws.factory import draft, lot, make_plant, move, stock, write

pytestmark = pytest.mark.django_db

LOTS = [lot(f"{item[0]}{number}", item) for number in range(8) for item in ("BEEF", "CHECKED")]


def any_draft(chance: random.Random, hour: int, taken: Sequence[Draft]) -> Draft:
    """Something that may or may not be accepted: late facts, holds, decisions, carried containers and reversals among them."""
    one, other = chance.sample(LOTS, 2)
    hour -= chance.choice([0, 0, 0, 5, 20])
    kind = chance.choice(
        ["receive"] * 4 + ["move", "transform", "transform", "ship", "hold", "release", "inspect", "carry", "pack", "reverse"]
    )
    place = chance.choice(["A", "B", "BOX"])
    if kind == "receive":
        return draft("receive", move(one, chance.randint(5, 20), "S1", place), hour=hour)
    if kind == "move":
        return draft("move", move(one, chance.randint(1, 9), place, chance.choice(["A", "B", "BOX"])), hour=hour)
    if kind == "transform":
        return draft("transform", move(one, chance.randint(1, 6), place, "PROCESS"), move(other, 2, "PROCESS", place), hour=hour)
    if kind == "ship":
        return draft("ship", move(one, chance.randint(1, 5), place, "K1"), hour=hour)
    if kind == "hold":
        return draft("hold", subjects=(one,), hour=hour, hold_place=chance.choice(["", "A"]))
    if kind in ("release", "inspect"):
        return draft(kind, subjects=(one,), hour=hour, disposition=chance.choice([Disposition.RELEASED, Disposition.REJECTED]))
    if kind == "pack":
        return draft("pack", move(one, chance.randint(1, 5), "A", "BOX"), hour=hour)
    if kind == "carry":
        source, target = chance.sample(["A", "B", "K1"], 2)
        return draft("ship" if target == "K1" else "move", carries=(Carry("BOX", source, target),), hour=hour)
    return draft("reverse", hour=hour, reason=chance.choice(taken).key if taken else "nothing")


def accepted_one_by_one(plant: Plant, chance: random.Random, count: int) -> list[Draft]:
    """Drafts that the journal took, each by itself. A reversal says in its reason which key it takes back."""
    taken: list[Draft] = []
    ids: dict[str, UUID] = {}
    for hour in range(count):
        asked = any_draft(chance, hour, taken)
        try:
            receipts = write(plant, aimed(asked, ids))
        except Refused:
            continue
        ids[asked.key] = receipts[0].fact_id
        taken.append(asked)
    return taken


def aimed(asked: Draft, ids: dict[str, UUID]) -> Draft:
    return replace(asked, reverses=ids.get(asked.reason, UUID(int=1))) if asked.kind == "reverse" else asked


def state(plant: Plant) -> dict[str, object]:
    places = dict(Place.objects.for_plant(plant).values_list("id", "code"))
    lots = Lot.objects.for_plant(plant).values_list("item__code", "code", "status", "decided_at_us", "moved_at_us", "fills", "born_at")
    holds = Hold.objects.for_plant(plant).values_list("lot__code", "place__code", "opened_at_us", "closed_at_us", "reason")
    parents = Place.objects.for_plant(plant).values_list("code", "parent_id")
    return {
        "stock": stock(plant),
        "lots": sorted(lots),
        "holds": sorted(map(str, holds)),
        "parents": {code: places.get(parent) for code, parent in parents},
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("at_hand", [3, 1000])
@pytest.mark.parametrize("ahead", [False, True])
def test_batches_leave_what_single_facts_leave(monkeypatch, seed, at_hand, ahead):
    monkeypatch.setattr(writer, "MOST_LOTS", at_hand)
    chance = random.Random(seed)
    singly, together = make_plant("P1"), make_plant("P2")
    taken = accepted_one_by_one(singly, chance, 120)
    ids: dict[str, UUID] = {}

    with writing(plant=together, ahead=ahead) as take:
        for batch in cut_at_random(taken, chance):
            receipts = take([aimed(asked, ids) for asked in batch])
            ids.update((asked.key, receipt.fact_id) for asked, receipt in zip(batch, receipts, strict=True))

    assert len(taken) > 40
    assert state(together) == state(singly)
    assert check_replay(together) == []
    assert verify_chain(together).ok


def cut_at_random(taken: Sequence[Draft], chance: random.Random) -> list[list[Draft]]:
    """Batches of any length. A reversal names a fact that has its id already, so it begins one."""
    batches: list[list[Draft]] = []
    for asked in taken:
        if not batches or asked.kind == "reverse" or chance.random() < 0.3:
            batches.append([])
        batches[-1].append(asked)
    return batches


def write_in_batches(plant: Plant, *batches: Sequence[Draft], actor: UUID | None = None, ahead: bool = False) -> None:
    with transaction.atomic(), writing(plant=plant, actor=actor, ahead=ahead) as take:
        for batch in batches:
            take(batch)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_refused_batch_takes_the_earlier_ones_with_it(ahead):
    plant = make_plant()

    good = draft("receive", move("1", 5, "S1", "A"))

    bad = [draft("receive", move("2", 5, "S1", "A")), draft("ship", move("1", 6, "A", "K1"), hour=1)]
    with pytest.raises(Refused) as refused:
        write_in_batches(plant, [good], bad, ahead=ahead)

    assert [(problem.draft, problem.code) for problem in refused.value.problems] == [(1, "not_enough")]
    assert not Lot.objects.for_plant(plant).exists()
    assert verify_chain(plant).seq == 0


def write_what_is_good(plant: Plant, *batches: Sequence[Draft]) -> None:
    with transaction.atomic(), writing(plant=plant) as take:
        for batch in batches:
            with suppress(Refused):
                take(batch)


def test_who_goes_on_after_a_refusal_stores_nothing():
    plant = make_plant()
    good, bad = draft("receive", move("1", 5, "S1", "A")), draft("ship", move("1", 6, "A", "K1"), hour=1)

    with pytest.raises(RuntimeError, match="given up"):
        write_what_is_good(plant, [good], [bad])

    assert stock(plant) == {}
    assert verify_chain(plant).seq == 0


@pytest.mark.parametrize("ahead", [False, True])
def test_a_key_of_an_earlier_batch_is_known_in_a_later_one(ahead):
    plant = make_plant()
    asked = draft("receive", move("1", 5, "S1", "A"))

    with writing(plant=plant, ahead=ahead) as take:
        (first,) = take([asked])
        (again,) = take([asked])

    assert (again.fact_id, again.replayed) == (first.fact_id, True)
    assert stock(plant) == {("1", "A"): 5}


def test_a_batch_is_stored_while_the_next_is_checked(monkeypatch):
    plant = make_plant()
    by: list[str] = []

    def note_who(*args: Any) -> None:
        by.append(current_thread().name)
        insert(*args)

    monkeypatch.setattr(save, "insert", note_who)

    write_in_batches(plant, *([draft("receive", move(str(number), 5, "S1", "A"))] for number in range(3)), ahead=True)

    assert set(by) >= {"journal-store"}
    assert len(stock(plant)) == 3


def test_what_the_database_refuses_behind_takes_everything_with_it(monkeypatch):
    plant = make_plant()
    written: list[str] = []

    def fill_the_disk(connection, table, columns, rows):
        written.append(table)
        if written.count("journal_fact") == 2:
            raise OperationalError("database or disk is full")
        insert(connection, table, columns, rows)

    monkeypatch.setattr(save, "insert", fill_the_disk)

    with pytest.raises(Refused) as refused:
        write_in_batches(plant, *([draft("receive", move(str(number), 5, "S1", "A"))] for number in range(5)), ahead=True)

    assert [problem.code for problem in refused.value.problems] == ["storage_failed"]
    assert not Lot.objects.for_plant(plant).exists()
    assert verify_chain(plant).seq == 0


@pytest.fixture
def storing_when_asked(monkeypatch):
    """For each time that the database was asked something, whether a batch was being stored just then. Storing takes long here."""
    found: list[bool] = []

    def noting(ask):
        def note(*args: Any, **said: Any) -> Any:
            found.append(any(thread.name == "journal-store" for thread in running_threads()))
            return ask(*args, **said)

        return note

    def store_slowly(*args: Any) -> None:
        sleep(0.02)
        insert(*args)

    monkeypatch.setattr(save, "insert", store_slowly)
    monkeypatch.setattr(load, "run", noting(run))
    monkeypatch.setattr(load, "run_in", noting(run_in))
    monkeypatch.setattr(writer, "rights_of", noting(lambda **_said: frozenset()))
    return found


def test_a_batch_of_many_chunks_asks_nothing_while_one_of_them_is_being_stored(monkeypatch, storing_when_asked):
    monkeypatch.setattr(writer, "CHUNK", 2)
    plant = make_plant()

    write_in_batches(plant, [draft("receive", move(str(number), 5, "S1", "A")) for number in range(8)], ahead=True)

    assert len(stock(plant)) == 8
    assert storing_when_asked
    assert not any(storing_when_asked)


def test_no_right_is_looked_up_while_a_batch_is_being_stored(storing_when_asked):
    plant = make_plant()
    write(plant, draft("receive", move("1", 5, "S1", "A")), draft("hold", subjects=(lot("1"),)))
    storing_when_asked.clear()

    batches = [draft("receive", move("2", 5, "S1", "A"))], [draft("adjust", move("1", 5, "A", "VARIANCE"), hour=1)]
    with pytest.raises(Refused) as refused:
        write_in_batches(plant, *batches, actor=uuid4(), ahead=True)

    assert [problem.code for problem in refused.value.problems] == ["counting_out_not_allowed"]
    assert not any(storing_when_asked)
