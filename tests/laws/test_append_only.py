"""Law 5 in the database itself, on both engines, by whatever way somebody tries."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from lotline.records.catalog.models import Item, Lot
from lotline.records.journal.models import FROZEN_TABLES, Carriage, Fact, Posting, Reversal, Subject
from lotline.records.places.models import Place
from tests.laws.factory import Carry, draft, lot, make_plant, move, received, write

pytestmark = pytest.mark.django_db
MODELS = {model._meta.db_table: model for model in (Fact, Posting, Carriage, Subject, Reversal)}


@pytest.fixture
def plant():
    """A plant whose journal has a row in each of its tables."""
    plant = make_plant()
    received(plant, "1", 5)
    write(plant, draft("move", carries=(Carry("BOX", "A", "B"),)), draft("hold", subjects=(lot("1"),)))
    (receipt,) = write(plant, draft("move", move("1", 1, "A", "B")))
    write(plant, draft("reverse", reverses=receipt.fact_id))
    return plant


def refused(statement: str, *params) -> None:
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_the_list_of_frozen_tables_is_complete():
    assert set(FROZEN_TABLES) == set(MODELS)


@pytest.mark.parametrize("table", FROZEN_TABLES)
def test_raw_sql_can_not_update_a_frozen_table(plant, table):
    refused(f"UPDATE {table} SET seq = seq")


@pytest.mark.parametrize("table", FROZEN_TABLES)
def test_raw_sql_can_not_delete_from_a_frozen_table(plant, table):
    refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", FROZEN_TABLES)
def test_the_orm_can_not_change_a_row_of_a_frozen_table(plant, table):
    row = MODELS[table].objects.for_plant(plant).order_by("seq")[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        MODELS[table].objects.for_plant(plant).update(seq=1)
    assert MODELS[table].objects.for_plant(plant).filter(pk=row.pk).exists()


@pytest.mark.parametrize("table", FROZEN_TABLES)
def test_the_orm_can_not_delete_a_row_of_a_frozen_table(plant, table):
    with pytest.raises(DatabaseError), transaction.atomic():
        MODELS[table].objects.for_plant(plant)._raw_delete("default")
    assert MODELS[table].objects.for_plant(plant).count() > 0


@pytest.mark.parametrize("table", FROZEN_TABLES)
def test_a_row_can_not_be_replaced_by_inserting_over_it(plant, table):
    columns = ", ".join(f'"{field.column}"' for field in MODELS[table]._meta.fields)
    if connection.vendor == "sqlite":
        refused(f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}")
    else:
        refused(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} ON CONFLICT (id) DO UPDATE SET seq = excluded.seq")


@pytest.mark.postgres_only
@pytest.mark.parametrize("table", [*FROZEN_TABLES, "catalog_lot", "places_place", "places_plant"])
def test_a_table_can_not_be_truncated(plant, table):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # otherwise PostgreSQL refuses for another reason: checks still to come
    refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", ["catalog_lot", "places_place", "places_plant"])
def test_what_facts_name_can_not_be_deleted(plant, table):
    refused(f"DELETE FROM {table}")


def test_what_facts_name_keeps_its_identity_and_may_change_its_name(plant):
    for statement in (
        "UPDATE catalog_lot SET code = 'other'",
        "UPDATE places_place SET code = 'X' WHERE code = 'A'",
        "UPDATE places_place SET kind = 'vessel' WHERE code = 'A'",
        "UPDATE places_plant SET code = 'X'",
        "UPDATE catalog_item SET code = 'X' WHERE code = 'BEEF'",
    ):
        refused(statement)

    place = Place.objects.for_plant(plant).get(code="A")
    place.name = "Cold store"
    place.save()
    Item.objects.filter(code="BEEF").update(name="Beef shank")

    assert Place.objects.for_plant(plant).get(code="A").name == "Cold store"
    assert Lot.objects.for_plant(plant).get(code="1").item.name == "Beef shank"
