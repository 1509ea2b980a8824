"""Which plant somebody is at work in: one rule for the pages and the API."""

from __future__ import annotations

import pytest

from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from lotline.records.people.models import User
from lotline.records.people.queries import choose_plant
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant


@pytest.fixture
def plants(db: None) -> list[Plant]:
    return [create_plant(code=code, name=code) for code in ("P3", "P1", "P2")]


def person(*plants: Plant) -> User:
    user = create_user(username="zhou", password="sauce-and-pouches")
    for plant in plants:
        grant_role(user=user, plant=plant, role=Role.QUALITY)
    return user


def test_somebody_with_a_role_in_one_plant_is_there(plants):
    choice = choose_plant(user_id=person(plants[2]).pk)

    assert choice is not None
    assert (choice.plant.code, [plant.code for plant in choice.plants]) == ("P2", ["P2"])


def test_somebody_with_several_plants_begins_in_the_first_and_stays_in_the_chosen_one(plants):
    user = person(*plants)

    first, by_code, by_id = (choose_plant(user_id=user.pk, chosen=chosen) for chosen in (None, "P3", str(plants[0].pk)))

    assert first is not None
    assert by_code is not None
    assert by_id is not None
    assert (first.plant.code, by_code.plant.code, by_id.plant.code) == ("P1", "P3", "P3")
    assert [plant.code for plant in by_code.plants] == ["P1", "P2", "P3"]


def test_somebody_without_a_role_is_nowhere_whatever_they_chose(plants):
    assert choose_plant(user_id=person().pk, chosen="P1") is None


@pytest.mark.parametrize("chosen", ["P1", "NONE", "", 7])
def test_a_plant_of_somebody_else_is_not_opened(plants, chosen):
    choice = choose_plant(user_id=person(plants[0], plants[2]).pk, chosen=chosen)

    assert choice is not None
    assert choice.plant.code == "P2"
    assert "P1" not in [plant.code for plant in choice.plants]
