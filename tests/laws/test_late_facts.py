"""What late facts and reversals read of a lot that much happened to: what came after their moment, and that once a batch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from lotline.core.instant import to_micros
from lotline.core.ledger import Refused
from lotline.records.journal.store import load
from lotline.records.journal.store.driver import run
from tests.laws.factory import DAY, codes, draft, lot, move, received, stock, write

pytestmark = pytest.mark.django_db

EVER = 2**63 - 1


def at(hour: float) -> int:
    return to_micros(DAY + timedelta(hours=hour))


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """How many postings each question for what moved a lot was answered with."""
    answers: list[int] = []

    def watched(connection, sql, params=()):
        rows = run(connection, sql, params)
        if sql.startswith(load._HISTORY):
            answers.append(len(rows))
        return rows

    monkeypatch.setattr(load, "run", watched)
    return answers


def hot(plant, facts: int) -> None:
    """A lot of which a little is moved again and again, at hours 1, 2, 3 …"""
    received(plant, "tank", 10 * facts)
    write(plant, *(draft("move", move("tank", 1, "A", "B"), hour=hour) for hour in range(1, facts + 1)))


def draws(*hours: float):
    return [draft("move", move("tank", 1, "A", "B"), hour=hour) for hour in hours]


# --- what it costs --------------------------------------------------------------------------------------------------------------


def test_a_late_fact_reads_what_came_after_it(plant, read):
    hot(plant, 40)

    write(plant, *draws(35.5))

    assert read == [5]
    assert stock(plant) == {("tank", "A"): 359, ("tank", "B"): 41}


def test_a_batch_of_late_facts_reads_what_came_after_them_once(plant, read):
    hot(plant, 40)

    write(plant, *draws(*(hour + 0.5 for hour in range(20, 40))))

    assert read == [20]


def test_a_batch_that_goes_back_in_time_reads_no_posting_twice(plant, read):
    hot(plant, 40)

    write(plant, *draws(*(hour + 0.5 for hour in range(39, 19, -1))))

    assert sum(read) == 20
    assert max(read) == 1


def test_facts_that_are_not_late_read_nothing(plant, read):
    hot(plant, 40)

    write(plant, *draws(40, 41, 42))

    assert read == []


def test_what_one_batch_of_an_import_read_is_at_hand_for_the_next(plant, read, monkeypatch):
    monkeypatch.setattr("lotline.records.journal.writer.CHUNK", 5)
    hot(plant, 40)
    other = [draft("receive", move("other", 1, "S1", "A"), hour=50) for _ in range(5)]

    write(plant, *draws(*(30 + number / 100 for number in range(1, 16))))
    assert read == [10]
    write(plant, *draws(*(30.5 + number / 100 for number in range(1, 6))), *other, *draws(30.6))

    assert read == [10, 10, 10]


def test_a_reversal_reads_what_came_after_the_fact_that_it_takes_back(plant, read):
    hot(plant, 40)
    receipts = write(plant, *draws(41, 42, 43, 44))

    write(plant, *(draft("reverse", reverses=receipt.fact_id) for receipt in reversed(receipts)))

    # The last fact itself, then that with the one before and what took back the last, and so on: whole moments are read.
    assert read == [1, 3, 5, 7]
    assert stock(plant) == {("tank", "A"): 360, ("tank", "B"): 40}


def test_the_index_of_a_lot_serves_what_came_after_a_moment(plant):
    received(plant, "tank", 1000)
    write(plant, *draws(*range(1, 200)))
    write(plant, *(draft("receive", move(f"L{number}", 1, "S1", "A")) for number in range(200)))
    loader = load.Loader(connection, plant.pk)
    (tank,) = loader.lots({lot("tank")}, loader.items(["BEEF"])).values()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with transaction.atomic():
        if connection.vendor == "postgresql":
            run(connection, "SET LOCAL enable_seqscan = off")
            run(connection, "SET LOCAL enable_bitmapscan = off")
            rows = run(connection, "EXPLAIN " + load._BETWEEN, [tank.id, at(190), EVER])
        else:
            rows = run(connection, "EXPLAIN QUERY PLAN " + load._BETWEEN, [tank.id, at(190), EVER])
    plan = "\n".join(str(row[-1]) for row in rows)

    assert "posting_by_lot" in plan, plan
    bounds = next(line for line in plan.splitlines() if ("Index Cond" if connection.vendor == "postgresql" else "posting_by_lot") in line)
    assert all(column in bounds for column in ("lot_id", "role", "at_us")), plan


# --- what it must not miss ------------------------------------------------------------------------------------------------------


def test_late_facts_of_one_batch_are_held_against_one_another(plant):
    received(plant, "tank", 10)
    write(plant, draft("move", move("tank", 4, "A", "B"), hour=9))

    with pytest.raises(Refused) as refused:
        write(plant, *(draft("move", move("tank", 2, "A", "B"), hour=hour) for hour in (5, 7, 3, 6)))

    (problem,) = refused.value.problems
    assert (problem.code, problem.draft) == ("past_below_zero", 3)
    assert stock(plant) == {("tank", "A"): 6, ("tank", "B"): 4}


def test_facts_of_one_moment_stand_in_the_order_in_which_they_were_written(plant):
    received(plant, "tank", 10)
    write(plant, draft("move", move("tank", 10, "A", "B"), hour=5), draft("move", move("tank", 10, "B", "A"), hour=5))
    write(plant, draft("move", move("tank", 1, "A", "B"), hour=9))

    with pytest.raises(Refused) as refused:
        write(plant, draft("move", move("tank", 1, "A", "B"), hour=4))
    assert codes(refused.value.problems) == ["past_below_zero"]
    write(plant, draft("move", move("tank", 9, "A", "B"), hour=5))

    assert stock(plant) == {("tank", "B"): 10}


def test_what_was_taken_back_is_not_read_nor_what_took_it_back(plant):
    received(plant, "tank", 10)
    wrong, _right = write(plant, draft("move", move("tank", 10, "A", "B"), hour=5), draft("receive", move("tank", 1, "S1", "A"), hour=6))
    write(plant, draft("reverse", reverses=wrong.fact_id))
    loader = load.Loader(connection, plant.pk)
    (tank,) = loader.lots({lot("tank")}, loader.items(["BEEF"])).values()

    assert [row.quantity // 1_000_000 for row in loader.between(tank.id, at(0), EVER)] == [10, 1]
    assert [row.quantity // 1_000_000 for row in loader.between(tank.id, at(5), EVER)] == [1]
    assert [row.quantity // 1_000_000 for row in loader.between(tank.id, at(0), at(6))] == [10]
    write(plant, draft("move", move("tank", 10, "A", "B"), hour=4))
    assert stock(plant) == {("tank", "A"): 1, ("tank", "B"): 10}


def test_a_fact_that_is_taken_back_among_late_facts_makes_room_for_them(plant):
    received(plant, "tank", 10)
    (wrong,) = write(plant, draft("move", move("tank", 10, "A", "B"), hour=5))
    late = [draft("move", move("tank", 5, "A", "BOX"), hour=hour) for hour in (3, 4)]

    with pytest.raises(Refused):
        write(plant, late[0], draft("reverse", reverses=wrong.fact_id), late[1])
    write(plant, draft("reverse", reverses=wrong.fact_id), *late)

    assert stock(plant) == {("tank", "BOX"): 10}
