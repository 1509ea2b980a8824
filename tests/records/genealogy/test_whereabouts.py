"""Where quantities are: now and at any moment, in containers within containers, and on their way."""

from __future__ import annotations

from lotline.core.facts import FactKind
from lotline.core.quantity import MICRO
from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.trace import bounds_of
from lotline.records.genealogy.whereabouts import NOW, where_now
from tests.records.genealogy.conftest import Factory, minute


def stays(factory: Factory, lot: str, bounds: Bounds = NOW) -> list[tuple[str, int, Standing]]:
    found = where_now(plant=factory.plant, lots=[factory.lot(lot)], bounds=bounds).get(factory.lot(lot), [])
    return [(" < ".join(spot.code for spot in stay.path), stay.quantity // MICRO, stay.standing) for stay in found]


def journey(factory: Factory) -> None:
    factory.receive("FG-1", 10, at=1)
    factory.go(FactKind.PACK, "FG-1", 6, "A-1", "BOX1", at=5)
    factory.carry(FactKind.LOAD, "PAL1", "A-1", "A-2", at=10)
    factory.carry(FactKind.SHIP, "PAL1", "A-2", "TRANSIT", at=15)
    factory.carry(FactKind.SHIP, "PAL1", "TRANSIT", "CUS", at=20)


def test_a_box_on_a_pallet_is_wherever_the_pallet_is(factory: Factory):
    journey(factory)

    assert stays(factory, "FG-1") == [
        ("A-1 < WH < SITE", 4, Standing.HERE),
        ("BOX1 < PAL1 < CUS", 6, Standing.SHIPPED),
    ]


def test_as_of_a_moment_containers_stand_where_they_stood_then(factory: Factory):
    journey(factory)

    at = {
        number: next(stay for stay in stays(factory, "FG-1", bounds_of(plant=factory.plant, as_of=minute(number))) if "BOX1" in stay[0])
        for number in (7, 12, 17)
    }

    assert at == {
        7: ("BOX1 < PAL1 < A-1 < WH < SITE", 6, Standing.HERE),
        12: ("BOX1 < PAL1 < A-2 < WH < SITE", 6, Standing.HERE),
        17: ("BOX1 < PAL1 < TRANSIT", 6, Standing.TRANSIT),
    }


def test_before_a_lot_existed_it_is_nowhere(factory: Factory):
    journey(factory)

    assert stays(factory, "FG-1", bounds_of(plant=factory.plant, as_of=minute(0))) == []


def test_a_shipment_that_was_taken_back_is_here_again_but_was_gone_as_known_then(factory: Factory):
    factory.receive("FG-1", 10, now=minute(100))
    shipped = factory.ship("FG-1", 4, now=minute(101))
    factory.reverse(shipped, now=minute(200))

    assert stays(factory, "FG-1") == [("A-1 < WH < SITE", 10, Standing.HERE)]
    assert ("CUS", 4, Standing.SHIPPED) in stays(factory, "FG-1", bounds_of(plant=factory.plant, known_at=minute(150)))


def test_a_carry_that_was_taken_back_did_not_move_the_container(factory: Factory):
    factory.receive("FG-1", 10, at=1)
    factory.go(FactKind.PACK, "FG-1", 10, "A-1", "PAL1", at=2)
    factory.reverse(factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS", at=5), at=6)

    for bounds in (NOW, bounds_of(plant=factory.plant, as_of=minute(50))):
        assert stays(factory, "FG-1", bounds) == [("PAL1 < A-1 < WH < SITE", 10, Standing.HERE)]


def test_accounts_and_suppliers_are_no_places_where_a_lot_is(factory: Factory):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 5}, {"FG-1": 5})
    factory.go(FactKind.SCRAP, "RM-1", 2, "A-1", "SCRAP")
    factory.go(FactKind.RETURN, "RM-1", 3, "A-1", "SUP")

    assert stays(factory, "RM-1") == []
    assert stays(factory, "RM-1", bounds_of(plant=factory.plant, as_of=minute(1000))) == []
