"""docs/architecture/integrity-cases.md T1, T2, T4, T5, law 7 and durability, with real processes on a committed database."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connection

from lotline.records.journal.models import Balance, Fact, Posting
from lotline.records.journal.replay import check_replay
from lotline.records.journal.verify import verify_chain
from tests.laws.factory import ONE, draft, make_plant, move, received, stock, write
from tests.laws.processes import accepted, go, run_together, start

pytestmark = pytest.mark.slow


@pytest.fixture
def plant(transactional_db):
    plant = make_plant()
    received(plant, "1", 5)
    return plant


def job(name: str, kind: str, *moves: list, times: int = 1, **said) -> dict:
    return {"name": name, "kind": kind, "moves": moves, "times": times, **said}


def books_close(plant) -> None:
    """What every one of these tests asks at its end: chain, replay, and stock = sum of the postings, each pair once."""
    report = verify_chain(plant)
    assert report.ok, report.failure
    assert check_replay(plant) == []
    sums: Counter = Counter()
    for lot, origin, target, quantity in Posting.objects.for_plant(plant).values_list("lot_id", "origin_id", "target_id", "quantity"):
        sums[lot, origin] -= quantity
        sums[lot, target] += quantity
    rows = list(Balance.objects.for_plant(plant).values_list("lot_id", "place_id", "quantity"))
    assert len({row[:2] for row in rows}) == len(rows)
    assert all(sums[lot, place] == quantity > 0 for lot, place, quantity in rows)
    seqs = list(Fact.objects.for_plant(plant).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_t1_the_same_five_units_go_out_once_whatever_the_path(plant, process_environment):
    beef = ["BEEF", "1", 5]
    jobs = [
        job("build", "transform", [*beef, "A", "PROCESS"], ["POUCH", "9", 1, "PROCESS", "B"]),
        job("sale", "ship", [*beef, "A", "K1"]),
        job("transfer", "move", [*beef, "A", "B"]),
        job("waste", "scrap", [*beef, "A", "SCRAP"]),
    ]

    said = run_together(process_environment, plant.code, jobs)

    assert len(accepted(said)) == 1
    assert [answer["refused"] for answer in said if "refused" in answer] == [["not_enough"]] * 3
    books_close(plant)


def test_t2_consumption_at_the_same_time_never_takes_more_than_there_is(plant, process_environment):
    received(plant, "2", 20)
    taking = [["BEEF", "2", 1, "A", "PROCESS"], ["POUCH", "9", 1, "PROCESS", "B"]]

    said = run_together(process_environment, plant.code, [job(f"w{n}", "transform", *taking, times=10) for n in range(4)])

    assert len(accepted(said)) == 20
    assert len(said) == 40
    assert ("2", "A") not in stock(plant)
    assert stock(plant)["9", "B"] == 20
    books_close(plant)


def test_t4_t5_stock_is_the_sum_of_its_moves_after_many_writers(plant, process_environment):
    received(plant, "2", 4)
    random.seed(4)
    jobs = []
    for name in "abcd":
        legs = [random.sample(["A", "B", "BOX", "PALLET"], 2) for _ in range(12)]
        steps = [{"kind": "move", "moves": [["BEEF", random.choice("12"), 1, *leg]], "hour": 2} for leg in legs]
        steps += [
            {"kind": "receive", "moves": [["SALT", name, 1, "S1", "A"]]},
            {"kind": "receive", "moves": [["SALT", "all", 1, "S1", "A"]]},
        ]
        jobs.append({"name": name, "times": len(steps), "jobs": steps})

    said = run_together(process_environment, plant.code, jobs)

    assert len(said) == 4 * 14
    assert stock(plant)["all", "A"] == 4  # four writers gave birth to one lot
    assert sum(quantity for (code, _place), quantity in stock(plant).items() if code in "12") == 9
    books_close(plant)


def test_law_7_the_same_keys_from_many_processes_are_written_once(plant, process_environment):
    same = job("same", "receive", ["SALT", "s", 1, "S1", "A"], times=15)

    said = run_together(process_environment, plant.code, [same] * 4)

    assert len(accepted(said)) == 60
    by_key = {(answer["key"], answer["id"], answer["seq"]) for answer in said}
    assert len(by_key) == 15
    assert sum(not answer["replayed"] for answer in said) == 15
    assert stock(plant)["s", "A"] == 15
    books_close(plant)


@pytest.mark.postgres_only
def test_a_deadlock_is_said_as_try_again_and_stores_nothing(transactional_db, process_environment):
    one, two = make_plant("P1"), make_plant("P2")
    for plant in (one, two):
        write(plant, draft("note"))
    jobs = [
        job("x", "receive", ["SALT", "s", 1, "S1", "A"], plants=["P1", "P2"]),
        job("y", "receive", ["SALT", "s", 1, "S1", "A"], plants=["P2", "P1"]),
    ]

    said = run_together(process_environment, "P1", jobs)

    assert sorted(answer.get("refused", ["done"]) for answer in said) == [["done"], ["try_again"]]
    assert [stock(plant) for plant in (one, two)] == [{("s", "A"): 1}] * 2
    books_close(one)
    books_close(two)


def test_killed_writers_lose_nothing_that_was_acknowledged_and_double_nothing(plant, process_environment):
    acknowledged: dict[str, str] = {}
    for life in range(3):
        # Each writes receipts and moves without end, until it is killed somewhere in the middle of one.
        steps = [{"kind": "receive", "moves": [["SALT", "s", 2, "S1", "A"]]}, {"kind": "move", "moves": [["SALT", "s", 1, "A", "B"]]}]
        writers = [start(process_environment, plant.code, {"name": f"{life}{name}", "jobs": steps}) for name in "ab"]
        go(writers)
        time.sleep(1 + life / 10)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            output, _ = writer.communicate()
            for line in output.splitlines():
                if line.endswith("}"):  # the last line may be cut by the kill
                    answer = json.loads(line)
                    acknowledged[answer["key"]] = answer["id"]

    assert len(acknowledged) > 50
    connection.close()
    stored = Counter(Fact.objects.for_plant(plant).values_list("key", flat=True))
    assert set(acknowledged) <= set(stored)
    assert set(stored.values()) == {1}
    ids = {key: str(fact_id) for key, fact_id in Fact.objects.for_plant(plant).values_list("key", "id")}
    assert all(ids[key] == fact_id for key, fact_id in acknowledged.items())
    books_close(plant)


def test_what_a_killed_writer_sends_again_is_written_once(plant):
    """The sender can not know whether the last one arrived; it sends it again, with the same key."""
    lost = draft("receive", move("2", 1, "S1", "A"), key="lost")
    (first,) = write(plant, lost)
    (again,) = write(plant, lost)

    assert (again.fact_id, again.replayed) == (first.fact_id, True)
    assert Balance.objects.for_plant(plant).get(lot__code="2").quantity == ONE
