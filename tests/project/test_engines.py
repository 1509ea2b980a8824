"""The suite's own engine room: one test, two engines, real processes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import DatabaseError, connection, transaction

from tests.guards import flush_unguarded

READ_NAME = "import os, django; django.setup(); from django.contrib.sessions.models import Session; print(Session.objects.get().pk)"


def test_database_url_leads_another_process_to_the_rows_of_the_test(process_environment):
    from django.contrib.sessions.models import Session

    Session.objects.create(session_key="seen-by-all", session_data="", expire_date="2030-01-01T00:00:00Z")

    answer = subprocess.run([sys.executable, "-c", READ_NAME], env=process_environment, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout.strip()) == (0, "seen-by-all"), answer.stderr


GUARDS = {
    "sqlite": ["CREATE TRIGGER kept_guard BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'append-only'); END"],
    "postgresql": [
        "CREATE FUNCTION kept_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
        "CREATE TRIGGER kept_guard BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION kept_guard()",
    ],
}


@pytest.fixture
def guarded_table(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id integer)")
        cursor.execute("INSERT INTO kept VALUES (1)")
        for statement in GUARDS[connection.vendor]:
            cursor.execute(statement)
    yield "kept"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kept")
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION kept_guard")


def test_flush_empties_a_table_that_refuses_deletion_and_the_guard_is_back_afterwards(guarded_table):
    flush_unguarded(connection.ops, [f"DELETE FROM {guarded_table}"])

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {guarded_table}")
        assert cursor.fetchone() == (0,)
        cursor.execute(f"INSERT INTO {guarded_table} VALUES (2)")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(f"DELETE FROM {guarded_table}")
