"""A long import looks its lots up by their keys, although PostgreSQL knows nothing yet of the tables that it fills."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from lotline.core.facts import Draft, FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import writing
from lotline.records.journal.writer import MANY
from tests.laws.factory import make_plant

LOOKUP = "SELECT l.id FROM catalog_lot l WHERE l.plant_id = %s AND l.code = ANY(%s)"


def receipts(count: int) -> list[Draft]:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    lots = [LotRef("BULK", f"L{number}") for number in range(count)]
    return [
        Draft(
            kind=FactKind.RECEIVE, happened_at=moment, key=lot.code, moves=(Move(lot, MICRO, "VARIANCE", "SITE"),), reason="opening stock"
        )
        for lot in lots
    ]


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def plan_of_lookup(plant) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + LOOKUP, [plant.pk, [f"L{number}" for number in range(2000)]])
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_lots_of_a_long_import_are_found_by_their_keys_and_the_planner_is_free_again_afterwards():
    plant = make_plant("P1")
    ensure_items([ItemSpec("BULK", unit="kg")])

    with transaction.atomic(), writing(plant=plant) as take:
        take(receipts(MANY + 1))
        during = plan_of_lookup(plant)

    assert "Seq Scan" not in during
    assert (setting("enable_seqscan"), setting("plan_cache_mode")) == ("on", "auto")


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_a_few_facts_leave_the_planner_alone():
    plant = make_plant("P1")
    ensure_items([ItemSpec("BULK", unit="kg")])

    with transaction.atomic(), writing(plant=plant) as take:
        take(receipts(2))
        during = setting("enable_seqscan")

    assert during == "on"
