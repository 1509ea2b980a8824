"""Ways in which other systems were seen to lose or falsify traceability; none of them happens here.

The names are those of docs/architecture/integrity-cases.md. T1, T2, T4 and T5 run as real processes in test_concurrency.py. Cases about
reading a genealogy (T22, T24 to T26) are checked here in what the journal stores; the trace has its own tests.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from lotline.core.facts import Birth, Carry, Disposition, LotRef, Move
from lotline.core.ledger import Refused
from lotline.records.catalog.choices import Tracking
from lotline.records.catalog.models import Item, Lot, LotOrigin, SupplierLot
from lotline.records.journal.choices import LotRole
from lotline.records.journal.models import Balance, Fact, Posting, Reversal
from lotline.records.journal.queries import usable_stock
from lotline.records.journal.store.sql import select_in
from tests.laws.factory import DAY, ONE, codes, draft, lot, move, received, stock, write

pytestmark = pytest.mark.django_db


def refusal(plant, *drafts) -> list[str]:
    """The codes with which drafts are refused; nothing of them may be stored."""
    before = Fact.objects.for_plant(plant).count(), stock(plant)
    with pytest.raises(Refused) as refused:
        write(plant, *drafts)
    assert (Fact.objects.for_plant(plant).count(), stock(plant)) == before
    return codes(refused.value.problems)


def roles(plant, key: str) -> list[tuple[str, int, int, int]]:
    """(lot, role, strand, whole base units) of a fact."""
    rows = Posting.objects.for_plant(plant).filter(fact__key=key).order_by("role", "lot__code", "strand")
    return [
        (code, role, strand, quantity // ONE)
        for code, role, strand, quantity in rows.values_list("lot__code", "role", "strand", "quantity")
    ]


def test_t6_a_lot_that_a_bom_names_twice_is_taken_twice_and_not_one_time_too_often(plant):
    received(plant, "1", 5)
    twice = [move("1", 3, "A", "PROCESS"), move("1", 3, "A", "PROCESS"), move("9", 1, "PROCESS", "B")]

    assert refusal(plant, draft("transform", *twice)) == ["not_enough"]

    write(plant, draft("transform", move("1", 3, "A", "PROCESS"), move("1", 2, "A", "PROCESS"), move("9", 1, "PROCESS", "B"), key="made"))
    assert roles(plant, "made") == [("1", LotRole.INPUT, 0, 3), ("1", LotRole.INPUT, 0, 2), ("9", LotRole.OUTPUT, 0, 1)] or roles(
        plant, "made"
    ) == [("1", LotRole.INPUT, 0, 2), ("1", LotRole.INPUT, 0, 3), ("9", LotRole.OUTPUT, 0, 1)]
    assert stock(plant) == {("9", "B"): 1}


def test_t7_more_than_there_is_is_refused_and_never_cut_to_what_there_is(plant):
    received(plant, "1", 5)

    assert refusal(plant, draft("ship", move("1", 6, "A", "K1"))) == ["not_enough"]
    assert refusal(plant, draft("adjust", move("1", 6, "A", "VARIANCE"))) == ["not_enough"]


def test_t7_the_database_itself_refuses_a_negative_balance(plant):
    received(plant, "1", 5)

    with pytest.raises(DatabaseError), transaction.atomic():
        Balance.objects.for_plant(plant).update(quantity=-1)


@pytest.mark.parametrize("first", ["receive", "consume"])
def test_t8_a_lot_is_not_consumed_before_it_was_received(plant, first):
    receipt = draft("receive", move("1", 5, "S1", "A"), hour=2)
    use = draft("transform", move("1", 5, "A", "PROCESS"), move("9", 1, "PROCESS", "B"), hour=1)
    if first == "receive":
        write(plant, receipt)
        assert refusal(plant, use) == ["not_enough"]
    else:
        assert refusal(plant, use, receipt) == ["lot_unknown"]


def test_t9_a_count_that_is_written_late_stands_between_the_receipts_it_lies_between(plant):
    received(plant, "1", 10, hour=1)
    received(plant, "1", 10, hour=5)
    # Counted at hour 3: two were missing. All later balances are two less, and no later one is negative.
    write(plant, draft("adjust", move("1", 2, "A", "VARIANCE"), hour=3))
    assert stock(plant) == {("1", "A"): 18}

    write(plant, draft("ship", move("1", 17, "A", "K1"), hour=6))
    assert refusal(plant, draft("adjust", move("1", 2, "A", "VARIANCE"), hour=2)) == ["past_below_zero"]
    write(plant, draft("adjust", move("1", 1, "A", "VARIANCE"), hour=2))
    assert refusal(plant, draft("adjust", move("1", 8, "A", "VARIANCE"), hour=3.5)) == ["past_below_zero"]


def test_t9_a_late_fact_is_no_false_alarm_when_what_came_after_it_was_taken_back(plant):
    received(plant, "1", 10)
    (wrong,) = write(plant, draft("ship", move("1", 8, "A", "K1"), hour=5))
    write(plant, draft("reverse", reverses=wrong.fact_id))

    write(plant, draft("ship", move("1", 10, "A", "K1"), hour=3))

    assert stock(plant) == {("1", "K1"): 10}


def test_t10_a_receipt_is_not_cancelled_after_its_goods_were_used(plant):
    (receipt,) = write(plant, draft("receive", move("1", 5, "S1", "A")))
    (use,) = write(plant, draft("transform", move("1", 2, "A", "PROCESS"), move("9", 1, "PROCESS", "B"), hour=1))

    assert refusal(plant, draft("reverse", reverses=receipt.fact_id)) == ["past_below_zero"]
    write(plant, draft("reverse", reverses=use.fact_id))
    write(plant, draft("reverse", reverses=receipt.fact_id))
    assert stock(plant) == {}


def test_t12_taking_back_a_consumption_of_several_batches_gives_each_its_own_back(plant):
    for code, pieces in (("1", 3), ("2", 5), ("3", 7)):
        received(plant, code, pieces)
    taken = [move(code, pieces, "A", "PROCESS") for code, pieces in (("1", 3), ("2", 4), ("3", 1))]
    (use,) = write(plant, draft("transform", *taken, move("9", 1, "PROCESS", "B")))

    write(plant, draft("reverse", reverses=use.fact_id))

    assert stock(plant) == {("1", "A"): 3, ("2", "A"): 5, ("3", "A"): 7}


def test_t14_a_delivered_serial_is_not_made_again_and_keeps_its_first_customer(plant):
    serial = lot("M1", "MOTOR")
    received(plant, "1", 5)
    received(plant, "M1", 1, item="MOTOR")
    write(plant, draft("ship", move(serial, 1, "A", "K1"), hour=1))

    again = draft("transform", move("1", 1, "A", "PROCESS"), move(serial, 1, "PROCESS", "B"), hour=2)
    assert refusal(plant, again) == ["serial_exists"]
    assert refusal(plant, draft("receive", move(serial, 1, "S2", "A"), hour=2)) == ["serial_exists"]
    assert stock(plant)["M1", "K1"] == 1

    # It comes back and is sold again: both customers stay in its history.
    write(plant, draft("return", move(serial, 1, "K1", "A"), hour=3), draft("ship", move(serial, 1, "A", "K2"), hour=4))
    customers = Posting.objects.for_plant(plant).filter(lot__code="M1", target__kind="customer").values_list("target__code", flat=True)
    assert sorted(customers) == ["K1", "K2"]


def test_t14_a_serial_that_lies_in_a_container_at_a_customers_can_not_be_consumed_here(plant):
    serial = lot("M1", "MOTOR")
    received(plant, "M1", 1, item="MOTOR", place="BOX")
    write(plant, draft("ship", carries=(Carry("BOX", "A", "K1"),), hour=1))

    use = draft("transform", move(serial, 1, "BOX", "PROCESS"), move("9", 1, "PROCESS", "B"), hour=2)
    assert refusal(plant, use) == ["way_not_allowed"]


def test_t15_taking_apart_the_second_of_two_serials_gives_back_the_second_ones_part(plant):
    for code in ("c1", "c2"):
        received(plant, code, 1)
    pairs = [(0, "c1", "M1"), (1, "c2", "M2")]
    moves = [leg for strand, part, unit in pairs for leg in (
        move(part, 1, "A", "PROCESS", strand), move(lot(unit, "MOTOR"), 1, "PROCESS", "B", strand),
    )]  # fmt: skip
    write(plant, draft("transform", *moves, key="made"))
    assert roles(plant, "made") == [("c1", 1, 0, 1), ("c2", 1, 1, 1), ("M1", 2, 0, 1), ("M2", 2, 1, 1)]

    write(plant, draft("transform", move(lot("M2", "MOTOR"), 1, "B", "PROCESS"), move("c2", 1, "PROCESS", "A"), hour=1, key="apart"))

    assert stock(plant) == {("M1", "B"): 1, ("c2", "A"): 1}


def test_t16_what_was_taken_apart_once_is_not_taken_apart_again(plant):
    received(plant, "c1", 2)
    unit = lot("M1", "MOTOR")
    write(plant, draft("transform", move("c1", 2, "A", "PROCESS"), move(unit, 1, "PROCESS", "B")))
    apart = [move(unit, 1, "B", "PROCESS"), move("c1", 2, "PROCESS", "A")]
    write(plant, draft("transform", *apart, hour=1))

    assert refusal(plant, draft("transform", *apart, hour=2)) == ["not_enough"]
    assert stock(plant) == {("c1", "A"): 2}


def test_t16_lots_are_taken_apart_in_parts_and_never_more_than_there_is(plant):
    received(plant, "c1", 10)
    write(plant, draft("transform", move("c1", 10, "A", "PROCESS"), move("9", 5, "PROCESS", "B")))
    write(plant, draft("transform", move("9", 2, "B", "PROCESS"), move("c1", 4, "PROCESS", "A"), hour=1))

    assert refusal(plant, draft("transform", move("9", 4, "B", "PROCESS"), move("c1", 8, "PROCESS", "A"), hour=2)) == ["not_enough"]
    assert stock(plant) == {("9", "B"): 3, ("c1", "A"): 4}


def test_t18_a_part_whose_item_went_over_to_serials_still_comes_back_as_the_lot_it_was(plant):
    received(plant, "c1", 10)
    write(plant, draft("transform", move("c1", 8, "A", "PROCESS"), move("9", 4, "PROCESS", "B")))
    Item.objects.filter(code="BEEF").update(tracking=Tracking.SERIAL)

    write(plant, draft("transform", move("9", 1, "B", "PROCESS"), move("c1", 2, "PROCESS", "A"), hour=1))
    write(plant, draft("move", move("c1", 4, "A", "B"), hour=2))

    assert stock(plant)["c1", "B"] == 4
    # A new lot of the item is a serial from now on.
    assert refusal(plant, draft("receive", move("new", 2, "S1", "A"))) == ["serial_is_one"]


def test_t20_a_lot_can_not_be_renamed_so_no_trace_of_it_becomes_empty(plant):
    received(plant, "1", 5)
    row = Lot.objects.for_plant(plant).get(code="1")

    with pytest.raises(DatabaseError), transaction.atomic():
        Lot.objects.for_plant(plant).update(code="other")
    row.code = "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    assert Lot.objects.for_plant(plant).filter(code="1").exists()


def test_t22_rework_back_into_the_same_lot_is_a_fact_like_any_other(plant):
    received(plant, "1", 5)
    write(plant, draft("transform", move("1", 5, "A", "PROCESS"), move("9", 5, "PROCESS", "B"), hour=1))
    write(plant, draft("transform", move("9", 2, "B", "PROCESS"), move("9", 2, "PROCESS", "B"), hour=2, key="rework"))
    write(plant, draft("transform", move("9", 5, "B", "PROCESS"), move("1", 5, "PROCESS", "A"), hour=3))

    assert roles(plant, "rework") == [("9", LotRole.INPUT, 0, 2), ("9", LotRole.OUTPUT, 0, 2)]
    assert stock(plant) == {("1", "A"): 5}


def test_t24_t26_every_consumed_batch_and_every_serial_of_a_run_is_kept_with_its_pair(plant):
    for number in range(30):
        received(plant, f"c{number:02}", 1)
    legs = [leg for n in range(30) for leg in (
        move(f"c{n:02}", 1, "A", "PROCESS", n), move(lot(f"M{n:02}", "MOTOR"), 1, "PROCESS", "B", n),
    )]  # fmt: skip
    write(plant, draft("transform", *legs, key="run"))

    kept = roles(plant, "run")
    assert [(code, strand) for code, role, strand, _q in kept if role == LotRole.INPUT] == [(f"c{n:02}", n) for n in range(30)]
    assert [(code, strand) for code, role, strand, _q in kept if role == LotRole.OUTPUT] == [(f"M{n:02}", n) for n in range(30)]


def test_t25_by_products_and_scrap_are_outputs(plant):
    received(plant, "1", 10)
    outputs = [move("9", 7, "PROCESS", "B"), move(lot("fat", "SALT"), 2, "PROCESS", "B"), move("1", 1, "PROCESS", "SCRAP")]
    write(plant, draft("transform", move("1", 10, "A", "PROCESS"), *outputs, key="made"))

    assert [row[:2] for row in roles(plant, "made") if row[1] == LotRole.OUTPUT] == [("1", 2), ("9", 2), ("fat", 2)]


def test_t27_one_lot_of_two_receipts_keeps_both_suppliers(plant):
    received(plant, "1", 5, supplier="S1", supplier_lot="X-7")
    received(plant, "1", 3, supplier="S2", supplier_lot="X-7", hour=1)

    origins = LotOrigin.objects.for_plant(plant).values_list("supplier_lot__supplier__code", "supplier_lot__code", "lot__code")
    assert sorted(origins) == [("S1", "X-7", "1"), ("S2", "X-7", "1")]
    assert stock(plant) == {("1", "A"): 8}


def test_t29_a_lot_on_two_delivery_lines_keeps_the_quantity_of_each(plant):
    received(plant, "1", 10)
    received(plant, "2", 10)
    lines = [move("1", 4, "A", "K1"), move("2", 6, "A", "K1"), move("1", 3, "A", "K2")]
    write(plant, draft("ship", *lines, document="D-1", key="out"))

    assert sorted(roles(plant, "out")) == [("1", 0, 0, 3), ("1", 0, 0, 4), ("2", 0, 0, 6)]
    assert stock(plant) == {("1", "A"): 3, ("2", "A"): 4, ("1", "K1"): 4, ("2", "K1"): 6, ("1", "K2"): 3}


def test_t30_a_merge_keeps_both_lots_with_their_batches_and_suppliers(plant):
    received(plant, "1", 4, supplier="S1", supplier_lot="PO-1", batch="b1")
    received(plant, "2", 6, supplier="S2", supplier_lot="PO-2", batch="b2")
    write(plant, draft("merge", move("1", 4, "A", "PROCESS"), move("2", 6, "A", "PROCESS"), move("3", 10, "PROCESS", "B"), hour=1, key="m"))

    assert roles(plant, "m") == [("1", 1, 0, 4), ("2", 1, 0, 6), ("3", 2, 0, 10)]
    assert dict(Lot.objects.for_plant(plant).values_list("code", "batch")) == {"1": "b1", "2": "b2", "3": ""}
    assert LotOrigin.objects.for_plant(plant).count() == 2


@pytest.mark.parametrize("item", ["SALT", "POUCH"])
def test_t30_a_merge_of_two_items_is_refused(plant, item):
    received(plant, "1", 4)
    received(plant, "2", 6, item=item)

    mixed = draft("merge", move("1", 4, "A", "PROCESS"), move(lot("2", item), 6, "A", "PROCESS"), move("3", 10, "PROCESS", "B"))
    assert refusal(plant, mixed) == ["items_differ"]


def test_t32_tenths_add_up_and_a_full_draw_leaves_nothing(plant):
    tenths = LotRef("BEEF", "1")
    write(plant, draft("receive", Move(tenths, 100_000, "S1", "A")), draft("receive", Move(tenths, 200_000, "S1", "A")))
    write(plant, draft("transform", Move(tenths, 300_000, "A", "PROCESS"), move("9", 1, "PROCESS", "B")))

    assert stock(plant) == {("9", "B"): 1}
    assert not Balance.objects.for_plant(plant).filter(lot__code="1").exists()


def test_t34_picked_partly_used_and_put_back_is_put_back_once(plant):
    received(plant, "1", 10)
    write(plant, draft("move", move("1", 6, "A", "B"), hour=1))
    write(plant, draft("transform", move("1", 4, "B", "PROCESS"), move("9", 1, "PROCESS", "B"), hour=2))
    back = draft("move", move("1", 2, "B", "A"), hour=3)
    write(plant, back)
    write(plant, back)  # the terminal sends it again

    assert stock(plant) == {("1", "A"): 6, ("9", "B"): 1}
    assert refusal(plant, draft("move", move("1", 2, "B", "A"), hour=4)) == ["not_enough"]


def test_t35_sixty_used_and_twenty_scrapped_of_eighty_take_eighty(plant):
    received(plant, "1", 100)
    write(plant, draft("move", move("1", 80, "A", "B"), hour=1))
    write(plant, draft("transform", move("1", 60, "B", "PROCESS"), move("9", 60, "PROCESS", "A"), hour=2))
    write(plant, draft("scrap", move("1", 20, "B", "SCRAP"), hour=3))

    assert stock(plant) == {("1", "A"): 20, ("9", "A"): 60}


def test_t41_what_may_be_picked_never_holds_what_may_not_be_used(plant):
    item = Item.objects.get(code="FRESH")
    for code, days in (("expired", 0), ("soon", 1), ("later", 2)):
        received(plant, code, 5, item="FRESH", hour=24 * days)
    for code in ("held", "rejected", "held-at-b", "away"):
        received(plant, code, 5, item="FRESH", hour=48, place={"held-at-b": "B", "away": "BOX"}.get(code, "A"))
    write(plant, draft("move", move(lot("soon", "FRESH"), 2, "A", "B"), hour=49))
    write(plant, draft("hold", subjects=(lot("held", "FRESH"),), hour=49))
    write(plant, draft("move", move(lot("held-at-b", "FRESH"), 1, "B", "A"), hour=49))
    write(plant, draft("hold", subjects=(lot("held-at-b", "FRESH"),), hold_place="B", hour=49))
    write(plant, draft("inspect", subjects=(lot("rejected", "FRESH"),), disposition=Disposition.REJECTED, hour=49))
    write(plant, draft("ship", carries=(Carry("BOX", "A", "K1"),), hour=49))
    at = DAY + timedelta(hours=72)

    usable = usable_stock(plant=plant, item=item, at=at)

    assert [(row.lot, row.place, row.quantity // ONE) for row in usable if row.lot == "soon"] in (
        [("soon", "A", 3), ("soon", "B", 2)], [("soon", "B", 2), ("soon", "A", 3)],
    )  # fmt: skip
    assert [row.lot for row in usable] == ["soon", "soon", "held-at-b", "later"]
    assert [row.expires_at for row in usable] == sorted(row.expires_at for row in usable if row.expires_at)
    for row in usable:
        use = [Move(lot(row.lot, "FRESH"), row.quantity, row.place, "PROCESS"), move("9", 1, "PROCESS", "B")]
        write(plant, draft("transform", *use, hour=72))
    assert usable_stock(plant=plant, item=item, at=at) == []
    for code, where in (("expired", "A"), ("held", "A"), ("rejected", "A"), ("held-at-b", "B"), ("away", "BOX")):
        use = [move(lot(code, "FRESH"), 1, where, "PROCESS"), move("9", 1, "PROCESS", "B")]
        assert refusal(plant, draft("transform", *use, hour=72)), code


def test_t41_what_is_not_yet_released_may_not_be_picked(plant):
    received(plant, "1", 5, item="CHECKED")
    item = Item.objects.get(code="CHECKED")
    assert usable_stock(plant=plant, item=item, at=DAY) == []

    write(plant, draft("inspect", subjects=(lot("1", "CHECKED"),), disposition=Disposition.CONCESSION))
    assert [row.lot for row in usable_stock(plant=plant, item=item, at=DAY)] == ["1"]


def test_t45_one_number_of_two_items_and_two_suppliers_stays_four_things(plant):
    for item, supplier in (("BEEF", "S1"), ("BEEF", "S2"), ("SALT", "S1"), ("SALT", "S2")):
        received(plant, f"{supplier}-in", 1, item=item, supplier=supplier, supplier_lot="77")

    assert Lot.objects.for_plant(plant).filter(code="S1-in").count() == 2
    assert SupplierLot.objects.for_plant(plant).filter(code="77").count() == 4


def test_t48_a_set_of_a_hundred_thousand_is_asked_for_whole(plant):
    received(plant, "1", 1)
    wanted = ["1", *(f"x{number}" for number in range(100_000)), "SITE"]

    found = select_in(connection, "SELECT code FROM catalog_lot WHERE plant_id = %s AND code {in}", wanted, [plant.pk])
    last = select_in(connection, "SELECT code FROM places_place WHERE plant_id = %s AND code {in}", wanted, [plant.pk])

    assert [row[0] for row in found] == ["1"]
    assert [row[0] for row in last] == ["SITE"]


@pytest.mark.slow
def test_t48_one_fact_with_more_lots_than_a_statement_takes_parameters_is_kept_whole(plant):
    many = 66_000  # PostgreSQL takes 65,535 parameters, SQLite 32,766
    write(plant, draft("receive", *(move(f"r{number}", 1, "S1", "A") for number in range(many))))
    inputs = [move(f"r{number}", 1, "A", "PROCESS") for number in range(many)]
    write(plant, draft("transform", *inputs, move("9", 1, "PROCESS", "B"), hour=1, key="all"))

    assert Posting.objects.for_plant(plant).filter(fact__key="all", role=LotRole.INPUT).count() == many
    assert stock(plant) == {("9", "B"): 1}


def test_a_fact_is_taken_back_once_even_under_two_keys(plant):
    (receipt,) = write(plant, draft("receive", move("1", 5, "S1", "A")))
    write(plant, draft("reverse", reverses=receipt.fact_id))

    assert refusal(plant, draft("reverse", reverses=receipt.fact_id)) == ["already_reversed"]
    assert Reversal.objects.for_plant(plant).count() == 1


def test_a_batch_with_one_bad_draft_stores_none_of_them(plant):
    good = draft("receive", move("1", 5, "S1", "A"), births=(Birth(lot("1"), supplier="S1", supplier_lot="x"),))
    bad = draft("ship", move("1", 6, "A", "K1"), hour=1)

    with pytest.raises(Refused) as refused:
        write(plant, good, bad)

    assert [(problem.draft, problem.code) for problem in refused.value.problems] == [(1, "not_enough")]
    assert not Lot.objects.for_plant(plant).exists()
    assert not SupplierLot.objects.for_plant(plant).exists()
