"""Mass balance: every way a quantity can go, for lots, items, orders and periods, and nothing left unexplained."""

from __future__ import annotations

from lotline.core.facts import FactKind
from lotline.core.quantity import MICRO
from lotline.records.catalog.models import Item
from lotline.records.genealogy.mass_balance import (
    Line,
    MassBalance,
    balance_of_item,
    balance_of_lots,
    balance_of_order,
    balance_of_period,
    total_of,
)
from lotline.records.genealogy.trace import bounds_of
from lotline.records.journal.models import Balance
from tests.records.genealogy.conftest import Factory, minute


def line_of(balance: MassBalance, item: str) -> Line:
    return next(line for line in balance.lines if line.item == item)


def whole(line: Line, *names: str) -> dict[str, float]:
    return {name: getattr(line, name) / MICRO for name in names}


def test_every_way_out_of_a_lot_has_its_figure(factory: Factory):
    factory.receive("RM-1", 100)
    factory.make({"RM-1": 30}, {"FG-1": 25}, scrap=5)
    factory.go(FactKind.SCRAP, "RM-1", 4, "A-1", "SCRAP")
    factory.go(FactKind.ADJUST, "RM-1", 3, "A-1", "VARIANCE")
    factory.go(FactKind.ADJUST, "RM-1", 1, "VARIANCE", "A-1")
    factory.go(FactKind.RETURN, "RM-1", 10, "A-1", "SUP")
    factory.go(FactKind.MOVE, "RM-1", 6, "A-1", "TRANSIT")
    factory.ship("RM-1", 8)
    factory.go(FactKind.SCRAP, "RM-1", 2, "CUS", "SCRAP")

    balance = balance_of_lots(plant=factory.plant, lots=factory.lots("RM-1", "FG-1"))

    names = "received found returned consumed scrapped missing sent_back in_transit shipped on_hand residue".split()
    figures = [100, 1, 2, 30, 6, 3, 10, 6, 8, 40, 0]
    assert whole(line_of(balance, "RM"), *names) == dict(zip(names, figures, strict=True))
    assert whole(line_of(balance, "FG"), "produced", "scrapped", "on_hand") == {"produced": 30, "scrapped": 5, "on_hand": 25}
    assert balance.closes


def test_a_balance_that_was_tampered_with_shows_as_residue(factory: Factory):
    factory.receive("RM-1", 100)
    Balance.objects.for_plant(factory.plant).update(quantity=99 * MICRO)

    balance = balance_of_lots(plant=factory.plant, lots=factory.lots("RM-1"))

    assert line_of(balance, "RM").residue == MICRO
    assert not balance.closes


def test_facts_that_were_taken_back_cancel_out_on_both_sides(factory: Factory):
    factory.receive("RM-1", 100)
    factory.reverse(factory.receive("RM-1", 50))
    factory.reverse(factory.make({"RM-1": 10}, {"FG-1": 10}))
    factory.reverse(factory.ship("RM-1", 5))

    balance = balance_of_lots(plant=factory.plant, lots=factory.lots("RM-1", "FG-1"))

    assert whole(line_of(balance, "RM"), "received", "consumed", "shipped", "returned") == {
        "received": 100, "consumed": 0, "shipped": 0, "returned": 0,
    }  # fmt: skip
    assert balance.closes


def test_a_period_opens_with_what_was_there_and_closes_with_what_is_left(factory: Factory):
    factory.receive("RM-1", 100, at=1)
    factory.make({"RM-1": 30}, {"FG-1": 30}, at=5)
    factory.receive("RM-2", 20, at=10)
    factory.make({"RM-1": 50}, {"FG-2": 50}, at=15)
    factory.make({"RM-2": 5}, {"FG-3": 5}, at=20)
    item = Item.objects.get(code="RM").pk

    balance = balance_of_item(plant=factory.plant, item=item, since=minute(10), until=minute(20))

    assert whole(line_of(balance, "RM"), "opening", "received", "consumed", "on_hand", "residue") == {
        "opening": 70, "received": 20, "consumed": 50, "on_hand": 40, "residue": 0,
    }  # fmt: skip
    everything = balance_of_period(plant=factory.plant, since=minute(10), until=minute(20))
    assert {line.item for line in everything.lines} == {"RM", "FG"}
    assert everything.closes


def test_a_pallet_that_goes_and_comes_back_in_a_period_is_shipped_and_returned(factory: Factory):
    factory.receive("FG-1", 10, at=1)
    factory.go(FactKind.PACK, "FG-1", 6, "A-1", "PAL1", at=2)
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS", at=10)
    factory.carry(FactKind.RETURN, "PAL1", "CUS", "A-2", at=20)
    item = Item.objects.get(code="FG").pk

    def balance(since: int, until: int) -> Line:
        found = balance_of_item(plant=factory.plant, item=item, since=minute(since), until=minute(until))
        assert found.closes
        return line_of(found, "FG")

    assert whole(balance(5, 15), "opening", "shipped", "on_hand") == {"opening": 10, "shipped": 6, "on_hand": 4}
    assert whole(balance(15, 25), "opening", "returned", "on_hand") == {"opening": 4, "returned": 6, "on_hand": 10}


def test_an_order_tells_what_it_used_and_what_became_of_what_it_made(factory: Factory):
    factory.receive("RM-1", 100)
    factory.make({"RM-1": 30}, {"FG-1": 29}, order="WO-1", scrap=1)
    factory.make({"RM-1": 40}, {"FG-2": 40}, order="WO-2")
    factory.ship("FG-1", 9)

    balance = balance_of_order(plant=factory.plant, order="WO-1")

    assert [(line.item, line.consumed) for line in balance.used] == [("RM", 30 * MICRO)]
    assert whole(line_of(balance, "FG"), "produced", "shipped", "scrapped", "on_hand") == {
        "produced": 30, "shipped": 9, "scrapped": 1, "on_hand": 20,
    }  # fmt: skip
    assert balance.closes


def test_an_order_does_not_count_what_it_made_by_a_fact_that_was_taken_back(factory: Factory):
    factory.receive("RM-1", 100, at=1, now=minute(1))
    wrong = factory.make({"RM-1": 30}, {"FG-1": 30}, order="WO-1", at=2, now=minute(2))
    factory.reverse(wrong, now=minute(10), at=2)
    factory.make({"RM-1": 30}, {"FG-1": 30}, order="WO-2", at=3, now=minute(11))

    now = balance_of_order(plant=factory.plant, order="WO-1")
    then = balance_of_order(plant=factory.plant, order="WO-1", bounds=bounds_of(plant=factory.plant, known_at=minute(5)))
    before = balance_of_order(plant=factory.plant, order="WO-2", bounds=bounds_of(plant=factory.plant, known_at=minute(5)))

    assert (now.lines, now.used) == ((), ())
    assert [(line.item, line.produced) for line in then.lines] == [("FG", 30 * MICRO)]
    assert (before.lines, before.used) == ((), ())


def test_the_sum_of_lines_closes_like_each_of_them(factory: Factory):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 4}, {"FG-1": 4})

    total = total_of(balance_of_period(plant=factory.plant).lines)

    assert (total.inflow, total.residue) == (14 * MICRO, 0)


def test_a_set_too_large_for_parameters_gives_the_same_figures(factory: Factory, monkeypatch):
    factory.receive("RM-1", 100)
    factory.make({"RM-1": 30}, {"FG-1": 30})
    lots = factory.lots("RM-1", "FG-1")
    few = balance_of_lots(plant=factory.plant, lots=lots)

    monkeypatch.setattr("lotline.records.genealogy.lotset.FEW", 0)

    assert balance_of_lots(plant=factory.plant, lots=lots) == few
