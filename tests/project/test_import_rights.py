"""Whose master data an import makes: what it makes itself, and not what another plant makes at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from lotline.core.facts import PlaceKind
from lotline.doors.web.ports import NotTaken
from lotline.project.import_rights import run_within_rights
from lotline.records.catalog.actions import ItemSpec, ensure_items, ensure_units
from lotline.records.catalog.models import Item
from lotline.records.people.choices import Role
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Place, Plant
from tests.doors.web.plant_of_pages import make_user


@pytest.fixture
def plant(db: None) -> Plant:
    return create_plant(code="P1", name="Plant")


def make_item() -> None:
    ensure_items([ItemSpec("MINE")])


def test_who_may_not_make_items_is_refused_for_those_that_the_import_makes(plant: Plant):
    person = make_user(plant, Role.WAREHOUSE)

    with pytest.raises(NotTaken) as refused:
        run_within_rights(plant=plant, user=person.pk, store=True, run=make_item)

    assert "MINE" in refused.value.details[0]
    assert not Item.objects.filter(code="MINE").exists()


def test_who_may_not_make_partners_is_refused_for_those_that_the_import_makes(plant: Plant):
    person = make_user(plant, Role.WAREHOUSE)

    with pytest.raises(NotTaken):
        run_within_rights(
            plant=plant,
            user=person.pk,
            store=True,
            run=lambda: ensure_places(plant=plant, specs=[PlaceSpec("MILL", PlaceKind.SUPPLIER), PlaceSpec("SITE", PlaceKind.SITE)]),
        )

    assert not Place.objects.for_plant(plant).filter(code="MILL").exists()


def test_what_exists_already_is_not_made(plant: Plant):
    person = make_user(plant, Role.WAREHOUSE)
    make_item()

    run_within_rights(plant=plant, user=person.pk, store=True, run=make_item)


def test_what_somebody_else_made_since_it_began_is_not_blamed_on_an_import(plant: Plant):
    """The row as it is seen once the other one has committed."""
    person, unit = make_user(plant, Role.WAREHOUSE), ensure_units(["kg"])["kg"]

    run_within_rights(plant=plant, user=person.pk, store=True, run=lambda: Item.objects.create(code="THEIRS", unit=unit))

    assert Item.objects.filter(code="THEIRS").exists()


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_an_item_that_another_plant_makes_while_an_import_runs_is_not_blamed_on_it(plant: Plant):
    person = make_user(plant, Role.WAREHOUSE)

    def meanwhile() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: ensure_items([ItemSpec("THEIRS")])).result()
            pool.submit(connections.close_all).result()

    run_within_rights(plant=plant, user=person.pk, store=True, run=meanwhile)

    assert Item.objects.filter(code="THEIRS").exists()


def test_who_may_make_items_is_let(plant: Plant):
    person = make_user(plant, Role.PLANNER)

    run_within_rights(plant=plant, user=person.pk, store=True, run=make_item)

    assert Item.objects.filter(code="MINE").exists()
