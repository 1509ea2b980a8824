"""The temporary tables of a recall set are there while its block lasts, and gone afterwards, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, connections, transaction

from lotline.records.genealogy.recall import recall_set
from lotline.records.genealogy.starts import find_starts
from lotline.records.places.models import Plant
from tests.records.genealogy.conftest import Factory


def tables() -> set[str]:
    """The temporary sets of this thread's connection."""
    if connection.vendor == "sqlite":
        sql = "SELECT name FROM sqlite_temp_master WHERE type = 'table' AND name LIKE 'lot\\_set%' ESCAPE '\\'"
    else:
        sql = "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' AND relname LIKE 'lot\\_set%'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def made(factory: Factory) -> Factory:
    """RM-1 became FG-1 and FG-2."""
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.make({"RM-1": 5}, {"FG-2": 5})
    return factory


def test_the_table_goes_with_the_block(made: Factory):
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        assert len(tables()) == 1
        assert found.summary().lots == 3

    assert tables() == set()


def test_an_error_in_the_transaction_of_the_set_leaves_no_table_and_the_connection_usable(made: Factory):
    def fail_within_the_set() -> None:
        with transaction.atomic(), recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
            found.summary()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM no_such_table")

    with pytest.raises(DatabaseError):
        fail_within_the_set()

    assert tables() == set()
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        assert found.summary().lots == 3


def test_an_error_in_a_smaller_transaction_within_the_set_does_not_take_it_away(made: Factory):
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")
        assert found.summary().lots == 3

    assert tables() == set()


def test_a_set_that_can_not_be_made_leaves_no_table(made: Factory, monkeypatch: pytest.MonkeyPatch):
    def fail(**_asked: object) -> None:
        raise RuntimeError("no shares today")

    monkeypatch.setattr("lotline.records.genealogy.recall.emptied_lots", fail)
    with pytest.raises(RuntimeError), recall_set(plant=made.plant, starts=made.start("RM-1")):
        pass

    assert tables() == set()


def test_two_sets_at_once_keep_apart_and_end_in_any_order(made: Factory):
    first, second = (recall_set(plant=made.plant, starts=made.start(code)) for code in ("RM-1", "FG-1"))
    all_lots, one_lot = first.__enter__(), second.__enter__()

    first.__exit__(None, None, None)

    assert one_lot.summary().lots == 1
    assert len(all_lots) == 3
    assert len(tables()) == 1
    second.__exit__(None, None, None)
    assert tables() == set()


def test_rows_that_nobody_reads_to_the_end_leave_nothing(made: Factory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lotline.records.genealogy.lotset.FEW", 0)  # a table for each portion of rows
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        rows = found.rows()
        next(rows)
        excluded = found.exclusions.rows()
        next(excluded, None)
        del rows, excluded

    assert tables() == set()


@pytest.fixture
def one_thread(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    """A thread that serves one request after the other, on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


def test_a_thread_that_serves_many_requests_keeps_no_table_of_any(one_thread: ThreadPoolExecutor, made: Factory):
    def answer(plant: Plant, code: str) -> tuple[int, set[str]]:
        with recall_set(plant=plant, starts=find_starts(plant=plant, code=code)) as found:
            lots = found.summary().lots
        return lots, tables()

    answers = [one_thread.submit(answer, made.plant, code).result() for code in ("RM-1", "FG-1", "RM-1")]

    assert answers == [(3, set()), (1, set()), (3, set())]
    assert tables() == set()
