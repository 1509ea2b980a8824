"""Events that come twice, are declared wrong, or come late."""

from __future__ import annotations

import pytest

from lotline.records.journal.models import Posting

from .stories import (
    CAN,
    DEPOT,
    DEPOT_CODE,
    FACTORY_CODE,
    PALLET,
    PALLET_CODE,
    PASTE,
    SOUP,
    cooked,
    event,
    kg,
    kinds,
    lies,
    packed,
    received,
    refused,
    take,
)

pytestmark = pytest.mark.django_db


# --- once, and corrections --------------------------------------------------------------------------------------


def test_an_event_is_written_once_across_documents(plant):
    take(plant, received(0))

    again = take(plant, received(0), event(1, bizStep="shipping", quantityList=kg(PASTE, 30)))

    assert (again.events, again.replayed, again.facts) == (2, 1, 1)
    assert lies(plant, "L1") == {FACTORY_CODE: "70", "TRANSIT": "30"}


def test_an_event_without_id_is_known_by_what_it_says(plant):
    take(plant, received(0, eventID=None))

    again = take(plant, received(0, eventID=None), received(0, eventID=None, eventTimeZoneOffset="+00:00"))

    assert (again.facts, again.replayed) == (0, 2)


def test_a_repeated_event_without_id_counts_once_with_a_warning(plant):
    done = take(plant, received(0, eventID=None), received(0, eventID=None))

    assert [(problem.event, problem.code) for problem in done.warnings] == [(1, "repeated_event")]
    assert lies(plant, "L1") == {FACTORY_CODE: "100"}


def test_a_known_id_with_another_content_is_refused(plant):
    take(plant, received(0))

    assert refused(plant, received(0, quantity=99)) == [(0, "eventID", "captured_differently")]


def wrong(of: dict[str, object], corrective: str = "") -> dict[str, object]:
    """Return the declaration that an event was wrong."""
    ids = {"correctiveEventIDs": [corrective]} if corrective else {}
    return {**of, "errorDeclaration": {"declarationTime": "2026-01-06T00:00:00Z", "reason": "incorrect_data", **ids}}


def test_an_error_declaration_takes_its_event_back_and_the_correction_stands(plant):
    take(plant, received(0))

    take(plant, received(1, quantity=90), wrong(received(0), "urn:uuid:event-1"))

    assert kinds(plant) == ["receive", "reverse", "receive"]
    assert lies(plant, "L1") == {FACTORY_CODE: "90"}


def test_an_error_declaration_in_the_same_document_takes_its_event_back(plant):
    take(plant, received(0, eventID=None), wrong(received(0, eventID=None)), received(1, quantity=90))

    assert kinds(plant) == ["receive", "reverse", "receive"]
    assert lies(plant, "L1") == {FACTORY_CODE: "90"}


def test_all_facts_of_a_wrong_event_are_taken_back(plant):
    shipped = event(0, bizStep="shipping", quantityList=kg(PASTE, 30))
    take(plant, shipped)
    assert kinds(plant) == ["receive", "ship"]

    take(plant, wrong(shipped))
    again = take(plant, wrong(shipped))

    assert kinds(plant) == ["receive", "ship", "reverse", "reverse"]
    assert lies(plant, "L1") == {}
    assert (again.facts, again.replayed) == (0, 1)


def test_an_error_declaration_of_an_unknown_event_is_noted(plant):
    done = take(plant, wrong(received(0)))

    assert [problem.code for problem in done.warnings] == ["nothing_to_reverse"]
    assert kinds(plant) == ["note"]


def test_an_event_that_comes_after_its_error_declaration_is_not_taken(plant):
    take(plant, wrong(received(0)))

    done = take(plant, received(0))

    assert [problem.code for problem in done.warnings] == ["declared_wrong"]
    assert lies(plant, "L1") == {}


def test_an_error_declaration_whose_goods_were_used_is_refused(plant):
    take(plant, received(0), cooked(1))

    assert refused(plant, wrong(received(0))) == [(0, "", "refused_by_journal")]


def test_problems_of_all_events_are_told_at_once(plant):
    take(plant, received(0))
    litres = [{"epcClass": PASTE, "quantity": 2, "uom": "LTR"}]

    found = refused(plant, received(1, quantity=0), received(2), event(3, bizStep="storing", quantityList=litres))

    assert [(place, code) for place, _path, code in found] == [(0, "not_positive"), (2, "unit_differs")]


# --- documents that come late -----------------------------------------------------------------------------------


def test_a_late_event_takes_goods_from_where_they_lay_then(plant):
    take(plant, received(0), event(30, bizStep="storing", bizLocation=DEPOT, quantityList=kg(PASTE, 90)))

    take(plant, cooked(10, used=10))

    assert Posting.objects.for_plant(plant).get(role=1).origin.code == FACTORY_CODE
    assert lies(plant, "L1") == {DEPOT_CODE: "90"}


def test_a_late_event_that_takes_what_is_needed_later_is_refused(plant):
    take(plant, received(0), event(30, bizStep="storing", bizLocation=DEPOT, quantityList=kg(PASTE, 90)))

    assert refused(plant, cooked(10, used=11)) == [(0, "", "refused_by_journal")]


def test_an_earlier_sighting_explains_an_arrival_of_unknown_origin(plant):
    """Seen at the depot first, out of nowhere; a late document tells of the factory before. It is one quantity, not two."""
    take(plant, event(30, bizStep="storing", bizLocation=DEPOT, quantityList=kg(PASTE, 100)))

    take(plant, received(10))

    assert lies(plant, "L1") == {DEPOT_CODE: "100"}
    assert kinds(plant) == ["receive", "receive", "adjust"]


def test_a_serial_that_came_from_nowhere_later_can_not_be_told_to_have_come_before(plant):
    take(plant, event(30, bizStep="storing", bizLocation=DEPOT, epcList=[CAN]))

    assert refused(plant, event(10, action="ADD", bizStep="commissioning", epcList=[CAN])) == [(0, "", "refused_by_journal")]


def test_a_late_transformation_does_not_double_what_was_seen_of_its_output(plant):
    take(plant, event(30, bizStep="storing", bizLocation=DEPOT, quantityList=kg(SOUP, 50)))

    take(plant, received(0), cooked(10))

    assert lies(plant, "S1") == {DEPOT_CODE: "50"}


def test_a_late_packing_leaves_the_pallet_on_its_later_way(plant):
    take(
        plant,
        received(0),
        event(20, bizStep="storing", epcList=[PALLET]),
        event(30, bizStep="storing", bizLocation=DEPOT, epcList=[PALLET]),
    )
    elsewhere = {"id": "urn:epc:id:sgln:4012345.00003.0"}

    done = take(plant, packed(10, bizLocation=elsewhere, childQuantityList=kg(PASTE, 40)))

    assert [problem.code for problem in done.warnings] == ["container_not_moved"]
    assert lies(plant, "L1") == {FACTORY_CODE: "60", PALLET_CODE: "40"}
