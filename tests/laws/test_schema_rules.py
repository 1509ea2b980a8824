"""The schema rules that let the same models run in one file, on a server, and distributed by plant (docs: decision on plants in rows).

They hold for every model of ours, also for those that do not exist yet: nothing here names a table that has to be added to a list.
"""

from __future__ import annotations

import itertools
import uuid

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from lotline.records.catalog.models import Lot, SupplierLot
from lotline.records.journal.models import Balance, Hold, Posting
from lotline.records.places.keys import UuidField, new_id
from lotline.records.places.models import Place, Plant
from lotline.records.places.scope import PlantForeignKey, PlantRow, ScopedManager, ScopeMissing, WrongPlant
from tests.laws.factory import make_plant, received

OURS = [model for model in apps.get_models() if model.__module__.startswith("lotline.")]
OPERATIONAL = [model for model in OURS if issubclass(model, PlantRow)]
GROUP = [model for model in OURS if not issubclass(model, PlantRow)]
# Group data, by decision: a model that is not listed here must belong to a plant.
GROUP_NAMES = {"Plant", "Unit", "Item", "ItemUnit", "User"}

every_model = pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
every_operational_model = pytest.mark.parametrize("model", OPERATIONAL, ids=lambda model: model.__name__)


def constraints(model) -> list[models.UniqueConstraint]:
    return [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]


def test_only_group_data_stands_outside_of_plants():
    assert {model.__name__ for model in GROUP} == GROUP_NAMES


@every_operational_model
def test_rule_1_every_operational_table_has_a_plant_that_is_never_null(model):
    plant = model._meta.get_field("plant")

    assert plant.remote_field.model is Plant
    assert not plant.null
    assert plant.column == "plant_id"


@every_model
def test_rule_2_keys_are_time_ordered_uuids_made_in_python(model):
    key = model._meta.pk

    assert isinstance(key, UuidField)
    assert key.default is new_id
    assert not any(isinstance(field, models.AutoField) for field in model._meta.fields)
    assert not isinstance(key, models.CompositePrimaryKey)


def test_rule_2_new_keys_are_of_version_7_and_in_the_order_of_time():
    keys = [new_id() for _ in range(1000)]

    assert {key.version for key in keys} == {7}
    assert keys == sorted(keys)
    assert len(set(keys)) == 1000


@every_operational_model
def test_rule_3_plant_and_id_are_unique_together_and_every_other_unique_key_has_the_plant(model):
    fields = [set(constraint.fields) for constraint in constraints(model)]

    assert {"plant", "id"} in fields
    assert all("plant" in names for names in fields)
    assert not any(field.unique and not field.primary_key for field in model._meta.fields)
    assert not model._meta.unique_together


@every_operational_model
def test_rule_4_relations_between_operational_tables_stay_within_the_plant(model):
    for field in model._meta.fields:
        if not isinstance(field, models.ForeignKey) or field.name == "plant":
            continue
        target = field.remote_field.model
        if issubclass(target, PlantRow):
            assert isinstance(field, PlantForeignKey), f"{field}: operational to operational needs a PlantForeignKey"
        else:
            assert not isinstance(field, PlantForeignKey)
            assert target.__name__ != "User", f"{field}: users are named by UUID, without a constraint"


@pytest.mark.parametrize("model", GROUP, ids=lambda model: model.__name__)
def test_rule_4_group_data_never_points_to_a_plants_rows(model):
    targets = [field.remote_field.model for field in model._meta.fields if isinstance(field, models.ForeignKey)]
    many = [field.remote_field.model for field in model._meta.many_to_many]

    assert not any(issubclass(target, PlantRow) for target in targets + many if isinstance(target, type))


@every_operational_model
def test_no_many_to_many_table_comes_into_being_without_a_plant(model):
    assert not model._meta.many_to_many


@every_operational_model
def test_rule_6_managers_demand_a_scope(model):
    assert isinstance(model.objects, ScopedManager)
    assert model._meta.base_manager_name == "rows"
    for method in ("all", "count", "first", "exists", "values", "order_by", "aggregate", "in_bulk"):
        with pytest.raises(ScopeMissing):
            getattr(model.objects, method)()
    for method in ("filter", "get", "exclude", "values_list", "annotate", "select_related"):
        with pytest.raises(ScopeMissing):
            getattr(model.objects, method)("id")


# Manager methods that read rows and are not refused would be a way around the scope.
READING = {
    name
    for name in dir(models.QuerySet)
    if not name.startswith("_") and callable(getattr(models.QuerySet, name)) and hasattr(models.Manager, name)
}
WRITING = {"create", "acreate", "bulk_create", "abulk_create", "bulk_update", "abulk_update", "none"}


@pytest.mark.parametrize("name", sorted(READING - WRITING))
def test_rule_6_no_reading_method_of_a_manager_goes_around_the_scope(name):
    method = getattr(Lot.objects, name)

    with pytest.raises(ScopeMissing):
        method()


@pytest.mark.django_db
def test_for_plant_gives_the_rows_of_one_plant_and_group_wide_those_of_all():
    one, two = make_plant("P1"), make_plant("P2")
    received(one, "L1", 1)
    received(two, "L1", 2)

    assert Lot.objects.for_plant(one).get().plant_id == one.pk
    assert Lot.objects.group_wide().count() == 2


@pytest.mark.django_db
def test_rule_4_a_join_names_the_plant_on_both_sides():
    plant = make_plant()
    queries = [
        Balance.objects.for_plant(plant).filter(lot__code="L1"),
        Posting.objects.for_plant(plant).select_related("lot", "origin", "fact"),
        Lot.objects.for_plant(plant).filter(postings__quantity__gt=0),
        Place.objects.for_plant(plant).filter(parent__code="SITE"),
        SupplierLot.objects.for_plant(plant).filter(origins__lot__code="L1"),
        Hold.objects.for_plant(plant).exclude(place__code="A"),
    ]
    for query in queries:
        sql = str(query.query)
        joins = sql.count(" JOIN ")
        assert joins
        # Each ON clause says id = id AND plant = plant.
        for clause in sql.split(" ON (")[1:]:
            assert clause.split(")")[0].count('"plant_id" = ') >= 1, sql


@pytest.mark.django_db
def test_rule_4_a_row_of_another_plant_is_not_found_through_a_join():
    one, two = make_plant("P1"), make_plant("P2")
    received(one, "L1", 1)
    foreign = Lot.objects.for_plant(one).get()
    place = Place.objects.for_plant(two).get(code="A")
    # By id, which no Python check sees; SQLite and PostgreSQL alone let it pass.
    Balance.objects.create(plant=two, lot_id=foreign.pk, place=place, quantity=1, inside=True)

    assert not Balance.objects.for_plant(two).filter(lot__code="L1").exists()
    assert Balance.objects.for_plant(one).filter(lot__code="L1").count() == 1


@pytest.mark.django_db
def test_rule_4_a_row_of_another_plant_is_refused_in_the_field():
    one, two = make_plant("P1"), make_plant("P2")
    received(one, "L1", 1)
    foreign = Lot.objects.for_plant(one).get()
    place = Place.objects.for_plant(two).get(code="A")

    with pytest.raises(WrongPlant):
        Balance.objects.create(plant=two, lot=foreign, place=place, quantity=1, inside=True)
    with pytest.raises(WrongPlant):
        Balance.objects.bulk_create([Balance(plant=two, lot=foreign, place=place, quantity=1, inside=True)])


@pytest.mark.django_db
def test_rule_1_saving_a_row_never_sets_its_plant_and_finds_it_by_plant():
    one, two = make_plant("P1"), make_plant("P2")
    place = Place.objects.for_plant(one).get(code="A")

    with CaptureQueriesContext(connection) as captured:
        place.name = "Cold store"
        place.save()
    (update,) = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
    assignments, condition = update.split(" WHERE ")
    assert '"plant_id"' not in assignments
    assert '"plant_id" = ' in condition

    place.plant = two
    with pytest.raises(DatabaseError), transaction.atomic():
        place.save(force_update=True)
    assert Place.objects.for_plant(one).filter(code="A").exists()


def test_rule_9_and_10_no_model_of_ours_uses_a_sequence_or_a_generated_column():
    fields = list(itertools.chain.from_iterable(model._meta.fields for model in OURS))

    assert not [field for field in fields if isinstance(field, models.GeneratedField | models.AutoField)]
    assert all(field.db_type(connection) in ("uuid", "blob") for field in fields if isinstance(field, models.UUIDField))


@every_operational_model
def test_rule_12_indexes_and_constraints_have_names_that_fit_every_engine(model):
    names = [index.name for index in model._meta.indexes] + [constraint.name for constraint in model._meta.constraints]

    assert all(len(name) <= 30 for name in names)


def test_ids_of_two_engines_are_the_same_key():
    key = uuid.uuid4()

    assert UuidField().to_python(str(key)) == key
