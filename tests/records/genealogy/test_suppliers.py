"""Numbers of suppliers: all of them, however many lots they are of, and only those that were known."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import Birth, Draft, FactKind, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.dossier import lot_dossier
from lotline.records.genealogy.suppliers import numbered_receipts, supplier_numbers
from lotline.records.genealogy.trace import bounds_of
from lotline.records.journal.actions import append
from tests.records.genealogy.conftest import Factory, minute, ref

MANY = 650


@pytest.fixture
def many(factory: Factory) -> Factory:
    """650 lots, each under a number of its own."""
    ensure_items([ItemSpec("RM", unit="kg")])
    drafts = []
    for number in range(MANY):
        lot = ref(f"RM-{number:03d}")
        birth = Birth(lot, supplier="SUP", supplier_lot=f"N{number:03d}")
        drafts.append(
            Draft(
                kind=FactKind.RECEIVE,
                happened_at=minute(number),
                key=f"r{number}",
                moves=(Move(lot, MICRO, "SUP", "A-1"),),
                births=(birth,),
            )
        )
    append(plant=factory.plant, drafts=drafts)
    return factory


def all_lots(factory: Factory) -> list:
    return list(Lot.objects.for_plant(factory.plant).values_list("pk", flat=True))


def test_every_number_of_many_lots_is_there_in_the_order_of_receipts_without_a_query_for_each(many: Factory):
    lots = all_lots(many)

    with CaptureQueriesContext(connection) as queries:
        numbers = supplier_numbers(plant=many.plant, lots=lots)

    assert [one.code for one in numbers] == [f"N{number:03d}" for number in range(MANY)]
    assert {(one.supplier, one.supplier_name) for one in numbers} == {("SUP", "")}
    assert len([query for query in queries if "catalog_lotorigin" in query["sql"]]) == 1


def test_a_receipt_after_the_moment_asked_for_is_left_out(many: Factory):
    bounds = bounds_of(plant=many.plant, as_of=minute(599))

    assert len(supplier_numbers(plant=many.plant, lots=all_lots(many), bounds=bounds)) == 600


def test_a_number_that_was_known_only_later_is_left_out_of_what_was_known_then(factory: Factory):
    factory.receive("RM-1", 5, supplier_lot="EARLY", at=1, now=minute(2))
    factory.receive("RM-1", 5, supplier="SUP2", supplier_lot="LATE", at=1, now=minute(90))
    lots = factory.lots("RM-1")

    then = bounds_of(plant=factory.plant, known_at=minute(60))

    assert [one.code for one in supplier_numbers(plant=factory.plant, lots=lots)] == ["EARLY", "LATE"]
    assert [one.code for one in supplier_numbers(plant=factory.plant, lots=lots, bounds=then)] == ["EARLY"]
    assert [one.code for one in numbered_receipts(plant=factory.plant, lot=lots[0], bounds=then)] == ["EARLY"]
    assert [one.code for one in lot_dossier(plant=factory.plant, lot=lots[0], known_at=minute(60)).supplier_numbers] == ["EARLY"]


def test_a_receipt_that_was_taken_back_gives_no_number_unless_one_looks_back_to_before(factory: Factory):
    wrong = factory.receive("RM-1", 5, supplier_lot="WRONG", at=1, now=minute(1))
    factory.receive("RM-1", 5, supplier_lot="RIGHT", at=2, now=minute(2))
    factory.reverse(wrong, at=3, now=minute(30))
    lots = factory.lots("RM-1")

    assert [one.code for one in supplier_numbers(plant=factory.plant, lots=lots)] == ["RIGHT"]
    before = bounds_of(plant=factory.plant, known_at=minute(10))
    assert [one.code for one in supplier_numbers(plant=factory.plant, lots=lots, bounds=before)] == ["WRONG", "RIGHT"]


def test_one_number_in_several_receipts_is_named_once_and_each_receipt_by_itself(factory: Factory):
    first = factory.receive("RM-1", 5, supplier_lot="N1")
    second = factory.receive("RM-1", 5, supplier_lot="N1")
    lots = factory.lots("RM-1")

    assert [one.code for one in supplier_numbers(plant=factory.plant, lots=lots)] == ["N1"]
    assert [one.fact for one in numbered_receipts(plant=factory.plant, lot=lots[0])] == [first.fact_id, second.fact_id]
