"""What was known of holds and decisions at a moment, however much was taken back since."""

from __future__ import annotations

from lotline.core.facts import FactKind
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.whereabouts import NOW, Map
from tests.records.genealogy.conftest import Factory


def view(factory: Factory, lot: str, bounds: Bounds = NOW) -> LotView:
    key = factory.lot(lot)
    return view_lots(lots=[key], places=Map(factory.plant, bounds))[key]


def open_holds(factory: Factory, bounds: Bounds = NOW) -> list[str]:
    return [hold.reason for hold in view(factory, "FG-1", bounds).holds]


def test_release_that_was_taken_back_later_was_known_to_stand_before(factory: Factory):
    factory.receive("FG-1", 10)
    held = factory.say(FactKind.HOLD, "FG-1", reason="smell", hold_place="A-1")
    released = factory.say(FactKind.RELEASE, "FG-1", reason="fine")
    back = factory.reverse(released)

    known = {name: open_holds(factory, Bounds(seq=one.seq)) for name, one in (("held", held), ("released", released), ("back", back))}

    assert known == {"held": ["smell"], "released": [], "back": ["smell"]}
    assert view(factory, "FG-1", Bounds(seq=back.seq)).holds == view(factory, "FG-1").holds


def test_hold_that_was_taken_back_later_was_known_before(factory: Factory):
    factory.receive("FG-1", 10)
    held = factory.say(FactKind.HOLD, "FG-1", reason="smell")
    back = factory.reverse(held)

    assert open_holds(factory, Bounds(seq=held.seq)) == ["smell"]
    assert open_holds(factory, Bounds(seq=back.seq)) == open_holds(factory) == []


def test_first_status_is_the_one_the_lot_was_made_with_whatever_its_item_asks_for_today(factory: Factory):
    made = factory.receive("FG-1", 10)
    Item.objects.filter(code="FG").update(release_required=True)

    assert view(factory, "FG-1", Bounds(seq=made.seq)).status is view(factory, "FG-1").status is LotStatus.RELEASED
