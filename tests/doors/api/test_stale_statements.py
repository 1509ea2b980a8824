"""A single fact by the API, where PostgreSQL has forgotten what the connection prepared (a pooler gave it another session)."""

from __future__ import annotations

import pytest
from django.db import connection

from lotline.doors.api.committing import Committer
from lotline.records.people.choices import Right, Role
from tests.doors.web.plant_of_pages import make_user
from tests.laws.factory import draft, make_plant

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]


def test_a_single_fact_goes_through_where_statements_are_gone():
    plant = make_plant()
    person, rights = make_user(plant, Role.QUALITY), frozenset(Right)
    committer = Committer()
    committer.append(plant=plant, draft=draft("note"), actor=person.pk, rights=rights)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    receipt = committer.append(plant=plant, draft=draft("note"), actor=person.pk, rights=rights)

    assert receipt.seq == 2
