"""What was known of holds and decisions at a moment, however much was taken back since."""

from __future__ import annotations

from lotline.core.facts import Birth, Disposition, FactKind, Move
from lotline.core.instant import to_micros
from lotline.core.quantity import MICRO
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Item
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.starts import StartKind, find_starts
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.whereabouts import NOW, Map
from lotline.records.journal.actions import Receipt
from lotline.records.journal.replay import check_replay
from tests.records.genealogy.conftest import Factory, minute, ref


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


def test_result_that_came_in_after_a_release_counts_over_it_as_soon_as_it_was_known(factory: Factory):
    factory.receive("FG-1", 10)
    released = factory.say(FactKind.INSPECT, "FG-1", disposition=Disposition.RELEASED, at=10)
    late = factory.say(FactKind.INSPECT, "FG-1", disposition=Disposition.REJECTED, at=9)
    knowing = factory.say(FactKind.INSPECT, "FG-1", disposition=Disposition.CONCESSION, at=12)

    known = [view(factory, "FG-1", Bounds(seq=one.seq)).status for one in (released, late, knowing)]
    was = [view(factory, "FG-1", Bounds(at_us=to_micros(minute(at)))).status for at in (8, 9, 11, 12)]

    assert known == [LotStatus.RELEASED, LotStatus.REJECTED, LotStatus.CONCESSION]
    assert was == [LotStatus.RELEASED, LotStatus.REJECTED, LotStatus.REJECTED, LotStatus.CONCESSION]
    assert view(factory, "FG-1").status is LotStatus.CONCESSION
    assert check_replay(factory.plant) == []


# ---- lots born anew --------------------------------------------------------------------------------------------------------------------


def receive_with(factory: Factory, batch: str, until: int, at: int, number: str) -> Receipt:
    birth = Birth(ref("FG-1"), expires_at=minute(until), batch=batch, supplier="SUP", supplier_lot=number)
    return factory.write(FactKind.RECEIVE, [Move(ref("FG-1"), 10 * MICRO, "SUP", "A-1")], births=(birth,), at=at)


def born_three_times(factory: Factory) -> list[Receipt]:
    receipts: list[Receipt] = []
    for number in (1, 2, 3):
        if receipts:
            factory.reverse(receipts[-1], at=number)
        receipts.append(receive_with(factory, f"B{number}", 1000 * number, number, f"N{number}"))
    return receipts


def test_expiry_batch_and_birth_are_told_as_they_were_known_before_the_lot_was_born_anew(factory: Factory):
    receipts = born_three_times(factory)

    known = [view(factory, "FG-1", Bounds(seq=receipt.seq)) for receipt in receipts]

    assert [(one.batch, one.expires_at, one.born_at) for one in known] == [
        (f"B{number}", minute(1000 * number), minute(number)) for number in (1, 2, 3)
    ]
    assert view(factory, "FG-1").batch == "B3"


def test_expiry_is_still_known_between_a_receipt_taken_back_and_the_next(factory: Factory):
    first = receive_with(factory, "B1", 1000, 1, "N1")
    back = factory.reverse(first, at=1)
    receive_with(factory, "B2", 2000, 2, "N2")

    assert view(factory, "FG-1", Bounds(seq=back.seq)).batch == "B1"


def test_batches_and_suppliers_numbers_mean_what_was_known_under_them(factory: Factory):
    receipts = born_three_times(factory)

    def known(code: str, bounds: Bounds) -> list[StartKind]:
        return [start.kind for start in find_starts(plant=factory.plant, code=code, bounds=bounds)]

    for receipt, number in zip(receipts, (1, 2, 3), strict=True):
        for other in (1, 2, 3):
            bounds = Bounds(seq=receipt.seq)
            assert known(f"B{other}", bounds) == ([StartKind.BATCH] if other == number else [])
            assert known(f"N{other}", bounds) == ([StartKind.SUPPLIER_LOT] if other == number else [])
    assert (known("B1", NOW), known("B3", NOW), known("N1", NOW)) == ([], [StartKind.BATCH], [])
