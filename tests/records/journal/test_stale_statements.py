"""Statements that PostgreSQL has prepared and forgot, or whose tables were changed: a write is tried once more, and the facts are right."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from lotline.core.ledger import Refused
from lotline.records.journal.actions import append, writing
from lotline.records.journal.models import Fact
from lotline.records.journal.store.driver import is_stale, run
from lotline.records.journal.verify import verify_chain
from lotline.records.places.models import Plant
from tests.laws.factory import draft, make_plant

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return make_plant()


def forget_on_the_server() -> None:
    """As if a pooler had given this connection another session."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def test_a_write_of_its_own_goes_through_where_its_statements_are_gone(plant):
    append(plant=plant, drafts=[draft("note")])
    forget_on_the_server()

    (receipt,) = append(plant=plant, drafts=[draft("note")])

    assert receipt.seq == 2
    assert verify_chain(plant).ok


def test_a_write_within_a_larger_one_is_refused_whole_and_the_next_goes_through(plant):
    append(plant=plant, drafts=[draft("note")])
    forget_on_the_server()

    with pytest.raises(Refused) as refused, transaction.atomic(), writing(plant=plant) as take:
        take([draft("note")])
    assert [problem.code for problem in refused.value.problems] == ["try_again"]
    assert Fact.objects.for_plant(plant).count() == 1

    with transaction.atomic(), writing(plant=plant) as take:
        take([draft("note")])
    assert verify_chain(plant).ok


def test_a_statement_whose_table_was_changed_is_prepared_anew():
    def read() -> list[tuple[int, ...]]:
        with transaction.atomic():
            run(connection, "SELECT 1")  # the first statement of a transaction is not prepared
            return [tuple(row) for row in run(connection, "SELECT * FROM changing")]

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS one")
        assert read() == [(1,)]
        cursor.execute("ALTER TABLE changing ADD COLUMN two integer DEFAULT 2")

    with pytest.raises(DatabaseError) as failed:
        read()

    assert is_stale(failed.value)
    assert read() == [(1, 2)]


def test_other_errors_are_not_taken_for_stale_statements():
    def divide() -> None:
        with transaction.atomic():
            run(connection, "SELECT 1")
            run(connection, "SELECT 1 / %s::integer", [0])

    with pytest.raises(DatabaseError) as failed:
        divide()

    assert not is_stale(failed.value)
