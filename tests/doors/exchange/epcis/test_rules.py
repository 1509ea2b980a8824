"""The rules by which events become facts, one story each. Quantities are read from the journal's balances."""

from __future__ import annotations

import json

import pytest

from lotline.core.facts import PlaceKind
from lotline.core.quantity import format_quantity
from lotline.records.catalog.models import Item, Lot, LotOrigin
from lotline.records.journal.models import Fact, Hold, Posting
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Place

from .stories import (
    CAN,
    DEPOT,
    DEPOT_CODE,
    FACTORY,
    FACTORY_CODE,
    FARM_CODE,
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


# --- coming in, moving, leaving ---------------------------------------------------------------------------------


def test_a_receipt_comes_from_the_source_that_the_event_names(plant):
    take(plant, received())

    assert lies(plant, "L1") == {FACTORY_CODE: "100"}
    assert Place.objects.for_plant(plant).get(code=FARM_CODE).kind == PlaceKind.SUPPLIER
    origin = LotOrigin.objects.for_plant(plant).get()
    assert (origin.supplier_lot.code, origin.supplier_lot.supplier.code) == ("L1", FARM_CODE)


def test_what_nobody_knew_of_comes_from_the_variance_account(plant):
    take(plant, event(0, bizStep="storing", quantityList=kg(PASTE, 5)))

    posting = Posting.objects.for_plant(plant).get()
    assert (posting.origin.code, posting.target.code) == ("VARIANCE", FACTORY_CODE)
    assert json.loads(posting.fact.body)["reason"] == "not recorded before this event"


def test_a_sighting_of_what_is_there_moves_nothing(plant):
    take(plant, received(0), event(1, bizStep="storing", quantityList=kg(PASTE, 100)))

    assert kinds(plant) == ["receive", "note"]
    assert lies(plant, "L1") == {FACTORY_CODE: "100"}


def test_a_sighting_elsewhere_moves_what_lies_in_another_place(plant):
    take(plant, received(0), event(1, bizStep="storing", bizLocation=DEPOT, quantityList=kg(PASTE, 30)))

    assert kinds(plant) == ["receive", "move"]
    assert lies(plant, "L1") == {FACTORY_CODE: "70", DEPOT_CODE: "30"}


def test_a_second_receipt_from_a_source_adds_to_the_lot(plant):
    take(plant, received(0), received(1, quantity=40))

    assert lies(plant, "L1") == {FACTORY_CODE: "140"}


def test_a_shipment_is_under_way_until_it_is_received(plant):
    take(plant, received(0), event(1, bizStep="shipping", quantityList=kg(PASTE, 30)))
    assert lies(plant, "L1") == {FACTORY_CODE: "70", "TRANSIT": "30"}

    take(plant, event(2, bizStep="receiving", bizLocation=DEPOT, quantityList=kg(PASTE, 30)))

    assert lies(plant, "L1") == {FACTORY_CODE: "70", DEPOT_CODE: "30"}
    assert kinds(plant) == ["receive", "ship", "receive"]


def test_a_shipment_and_its_departure_send_the_goods_once(plant):
    take(
        plant,
        received(0, quantity=30),
        event(1, bizStep="shipping", quantityList=kg(PASTE, 30)),
        event(2, bizStep="departing", quantityList=kg(PASTE, 30)),
    )

    assert lies(plant, "L1") == {"TRANSIT": "30"}


def test_a_shipment_goes_to_a_customer_whom_the_plant_knows(plant):
    ensure_places(plant=plant, specs=[PlaceSpec("417/4054321000023", PlaceKind.CUSTOMER, "Shop")])
    to = [{"type": "owning_party", "destination": "urn:epc:id:pgln:4054321.00002"}]

    take(plant, received(0), event(1, bizStep="shipping", quantityList=kg(PASTE, 30), destinationList=to))

    assert lies(plant, "L1") == {FACTORY_CODE: "70", "417/4054321000023": "30"}


def test_a_sale_over_the_counter_goes_to_retail_customers(plant):
    take(
        plant,
        event(0, action="ADD", bizStep="commissioning", epcList=[CAN]),
        event(1, action="DELETE", bizStep="retail_selling", epcList=[CAN]),
    )

    assert lies(plant, "7") == {"RETAIL": "1"}


def test_what_ceases_to_be_is_scrapped_with_its_reason(plant):
    take(plant, received(0), event(1, action="DELETE", bizStep="destroying", disposition="destroyed", quantityList=kg(PASTE, 10)))

    fact = Fact.objects.for_plant(plant).get(kind="scrap")
    assert lies(plant, "L1") == {FACTORY_CODE: "90"}
    assert json.loads(fact.body)["reason"] == "destroyed"


def test_a_serial_is_one_piece_wherever_it_is_seen(plant):
    take(
        plant,
        event(0, action="ADD", bizStep="commissioning", epcList=[CAN]),
        event(1, bizStep="storing", bizLocation=DEPOT, epcList=["https://example.org/01/04012345999990/21/7"]),
    )

    assert lies(plant, "7") == {DEPOT_CODE: "1"}
    assert Item.objects.get().tracking == "serial"


# --- operations and packages ------------------------------------------------------------------------------------


def test_a_transformation_connects_its_inputs_with_its_outputs(plant):
    take(plant, received(0), cooked(1))

    rows = Posting.objects.for_plant(plant).filter(fact__kind="transform").order_by("role")
    assert [(row.lot.code, row.role, format_quantity(row.quantity)) for row in rows] == [("L1", 1, "60"), ("S1", 2, "50")]


def test_more_used_than_was_held_comes_from_the_variance_account(plant):
    take(plant, received(0, quantity=10), cooked(1, used=60))

    assert lies(plant, "L1") == {}
    missing = Posting.objects.for_plant(plant).get(origin__code="VARIANCE")
    assert (missing.fact.kind, format_quantity(missing.quantity)) == ("transform", "50")


def test_events_of_one_transformation_become_one_fact(plant):
    first, second = (cooked(minute, transformationID="urn:uuid:cook-1") for minute in (1, 2))
    del first["outputQuantityList"], second["inputQuantityList"]

    take(plant, received(0), first, second)

    assert kinds(plant) == ["receive", "transform", "note"]
    rows = Posting.objects.for_plant(plant).filter(fact__kind="transform")
    assert {row.lot.code for row in rows} == {"L1", "S1"}


def test_one_side_of_a_transformation_alone_is_refused(plant):
    half = cooked(1, transformationID="urn:uuid:cook-1")
    del half["outputQuantityList"]

    assert refused(plant, half) == [(0, "transformationID", "half_transformation")]


def test_events_of_one_moment_are_settled_makers_first(plant):
    used = event(5, type="TransformationEvent", action=None, inputQuantityList=kg(SOUP, 50), outputEPCList=[CAN])

    take(plant, received(0), {**used, "eventID": "urn:uuid:fill"}, cooked(5))

    assert "VARIANCE" not in set(Posting.objects.for_plant(plant).values_list("origin__code", flat=True))


def test_a_pallet_takes_its_contents_along(plant):
    take(
        plant,
        received(0),
        packed(1, bizStep="packing", childQuantityList=kg(PASTE, 40)),
        event(2, bizStep="shipping", epcList=[PALLET]),
        event(3, bizStep="receiving", bizLocation=DEPOT, epcList=[PALLET]),
    )

    assert kinds(plant) == ["receive", "pack", "ship", "receive"]
    assert lies(plant, "L1") == {FACTORY_CODE: "60", PALLET_CODE: "40"}
    assert Place.objects.for_plant(plant).get(code=PALLET_CODE).parent == Place.objects.for_plant(plant).get(code=DEPOT_CODE)


def test_unpacking_without_children_empties_the_pallet(plant):
    take(plant, received(0), packed(1, childQuantityList=kg(PASTE, 40)), packed(2, action="DELETE", bizLocation=DEPOT))

    assert lies(plant, "L1") == {FACTORY_CODE: "60", DEPOT_CODE: "40"}


def test_unpacking_a_part_leaves_the_rest_in_the_pallet(plant):
    take(plant, received(0), packed(1, childQuantityList=kg(PASTE, 40)), packed(2, action="DELETE", childQuantityList=kg(PASTE, 15)))

    assert lies(plant, "L1") == {FACTORY_CODE: "75", PALLET_CODE: "25"}


def test_a_numbered_case_is_a_lot_and_a_container(plant):
    case = "urn:epc:id:sgtin:4012345.199999.1"
    take(
        plant,
        event(0, action="ADD", bizStep="commissioning", epcList=[CAN, case]),
        packed(1, parentID=case, childEPCs=[CAN]),
        packed(2, childEPCs=[case]),
        event(3, bizStep="shipping", epcList=[PALLET]),
    )

    case_place = Place.objects.for_plant(plant).get(code="01/14012345999997/21/1")
    assert lies(plant, "7") == {case_place.code: "1"}
    assert lies(plant, "1") == {PALLET_CODE: "1"}
    assert case_place.parent is not None
    assert case_place.parent.code == PALLET_CODE


def test_a_pallet_that_is_used_up_means_what_lies_in_it(plant):
    opened = event(2, type="TransformationEvent", action=None, inputEPCList=[PALLET], outputQuantityList=kg(SOUP, 35))

    take(plant, received(0), packed(1, childQuantityList=kg(PASTE, 40)), opened)

    inputs = Posting.objects.for_plant(plant).filter(role=1)
    assert [(row.lot.code, row.origin.code) for row in inputs] == [("L1", PALLET_CODE)]


def test_packing_into_what_can_not_be_carried_is_refused(plant):
    ensure_places(plant=plant, specs=[PlaceSpec(PALLET_CODE, PlaceKind.BIN, parent="SITE")])

    assert refused(plant, packed(1, childQuantityList=kg(PASTE, 40))) == [(0, "parentID", "not_a_container")]


# --- quantities and units ---------------------------------------------------------------------------------------


def test_a_quantity_that_is_not_told_is_booked_with_a_warning(plant):
    done = take(plant, received(0), event(1, bizStep="shipping", quantityList=[{"epcClass": PASTE}]))

    assert [(problem.event, problem.code) for problem in done.warnings] == [(1, "quantity_not_told")]
    assert lies(plant, "L1") == {"TRANSIT": "100"}


def test_a_class_without_lot_is_never_certain(plant):
    paste = [{"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 5, "uom": "KGM"}]
    take(plant, event(1, type="TransformationEvent", action=None, inputQuantityList=paste, outputQuantityList=kg(SOUP, 4)))

    consumed = Posting.objects.for_plant(plant).get(role=1)
    assert (consumed.lot.code, consumed.certain) == ("*", 0)


def test_units_are_converted_exactly(plant):
    take(plant, received(0), event(1, bizStep="shipping", quantityList=[{"epcClass": PASTE, "quantity": 250, "uom": "GRM"}]))

    assert lies(plant, "L1") == {FACTORY_CODE: "99.75", "TRANSIT": "0.25"}


def test_a_new_item_is_counted_finely_enough_for_the_document(plant):
    take(plant, received(0, quantity=55.7918652))

    assert lies(plant, "L1") == {FACTORY_CODE: "55791.8652"}
    assert Item.objects.get().unit.code == "g"


def test_a_lot_told_in_a_unit_without_conversion_is_refused(plant):
    """Pieces of a lot that lies here in kilograms: which kilograms left is not known, and a guess would break the chain."""
    take(plant, received(0))

    found = refused(plant, event(1, bizStep="storing", quantityList=[{"epcClass": PASTE, "quantity": 2, "uom": "LTR"}]))

    assert found == [(0, "quantities[0].quantity", "unit_differs")]


def test_another_lot_in_a_unit_without_conversion_is_kept_under_a_second_item(plant):
    take(plant, received(0))
    jar = "urn:epc:id:sgtin:4012345.012345.9"

    done = take(plant, event(1, action="ADD", bizStep="commissioning", epcList=[jar]))

    assert [(problem.code, problem.params["item"]) for problem in done.warnings] == [("counted_apart", "04012345123456 pcs")]
    assert lies(plant, "9") == {FACTORY_CODE: "1"}
    assert Lot.objects.for_plant(plant).get(code="9").item.unit.code == "pcs"


def test_a_lot_stays_under_its_item_when_its_quantity_is_not_told(plant):
    jar = "urn:epc:id:sgtin:4012345.012345.9"
    take(plant, event(0, action="ADD", bizStep="commissioning", epcList=[jar]))
    take(plant, received(1))

    take(plant, event(2, bizStep="shipping", quantityList=[{"epcClass": PASTE}]))

    assert lies(plant, "L1") == {"TRANSIT": "100"}
    assert Lot.objects.for_plant(plant).get(code="L1").item.code == "04012345123456 kg"


@pytest.mark.parametrize(
    ("quantity", "code"), [(0, "not_positive"), (-5, "not_positive"), (1e-9, "too_fine"), (99999999999999, "quantity_too_large")]
)
def test_quantities_that_can_not_be_kept_are_refused(plant, quantity, code):
    take(plant, received(0))

    assert refused(plant, received(1, quantity=quantity)) == [(0, "quantities[0].quantity", code)]


def test_identifiers_that_are_too_long_for_a_code_are_refused(plant):
    long = f"https://example.org/things/{'x' * 120}"

    assert refused(plant, event(0, epcList=[long])) == [(0, "", "identifier_too_long")]


# --- decisions, measurements, papers ----------------------------------------------------------------------------


def test_a_bad_disposition_opens_a_hold_and_a_good_one_lifts_it(plant):
    take(plant, received(0), event(1, bizStep="inspecting", disposition="non_conformant", quantityList=kg(PASTE, 100)))
    hold = Hold.objects.for_plant(plant).get()
    assert (hold.lot.code, hold.reason, hold.closed_by) == ("L1", "non_conformant", None)

    take(plant, event(2, bizStep="inspecting", disposition="conformant", quantityList=kg(PASTE, 100)))

    assert kinds(plant) == ["receive", "inspect", "hold", "inspect", "release"]
    assert Hold.objects.for_plant(plant).get().closed_by is not None


def test_use_of_a_held_lot_is_refused_with_the_event_that_uses_it(plant):
    held = received(0, disposition="recalled")

    assert refused(plant, held, event(1), cooked(2)) == [(1, "", "nothing_named")]
    assert refused(plant, held, cooked(2)) == [(1, "", "refused_by_journal")]


def test_a_disposition_of_a_transformation_is_about_its_outputs(plant):
    take(plant, received(0), cooked(1, disposition="damaged"))

    assert Hold.objects.for_plant(plant).get().lot.code == "S1"


def test_sensor_values_become_measurements_of_the_fact(plant):
    report = {"type": "Temperature", "value": 4.50, "maxValue": 5.1, "uom": "CEL"}
    sensor = [{"sensorMetadata": {"deviceID": "urn:epc:id:giai:4012345.T1"}, "sensorReport": [report]}]

    take(plant, received(0, sensorElementList=sensor))

    body = json.loads(Fact.objects.for_plant(plant).get().body)
    found = [(one["characteristic"], one["value"], one["unit"], one["instrument"]) for one in body["measurements"]]
    device = "urn:epc:id:giai:4012345.T1"
    assert found == [("Temperature", "4.5", "CEL", device), ("Temperature max", "5.1", "CEL", device)]


def test_a_sensor_without_objects_leaves_a_note_at_its_place(plant):
    sensor = [{"sensorReport": [{"type": "Temperature", "value": 4}]}]

    take(plant, event(0, bizLocation=None, readPoint=FACTORY, sensorElementList=sensor))

    fact = Fact.objects.for_plant(plant).get()
    assert (fact.kind, fact.station) == ("note", FACTORY_CODE)


def test_what_the_event_said_is_kept_with_its_papers(plant):
    papers = [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:PO1"}]

    take(plant, received(0, bizTransactionList=papers))

    fact = Fact.objects.for_plant(plant).get()
    record = json.loads(fact.body)["data"]["epcis"]
    assert fact.document == "urn:epcglobal:cbv:bt:4012345000016:PO1"
    assert record["quantities"] == [{"epc_class": PASTE, "quantity": "100", "uom": "KGM"}]


def test_expiry_and_batch_come_from_the_instance_data(plant):
    ilmd = {"cbvmda:itemExpirationDate": "2026-06-30", "cbvmda:lotNumber": "B7"}

    take(plant, event(0, action="ADD", bizStep="commissioning", epcList=[CAN], ilmd=ilmd))

    lot = Lot.objects.for_plant(plant).get()
    assert lot.batch == "B7"
    assert lot.expires_at is not None
    assert lot.expires_at.isoformat() == "2026-07-01T00:00:00+00:00"


def test_a_lot_used_after_its_expiry_in_the_same_document_does_not_block_history(plant):
    made = event(0, action="ADD", bizStep="commissioning", quantityList=kg(PASTE, 100), ilmd={"cbvmda:itemExpirationDate": "2026-01-01"})

    done = take(plant, made, cooked(1))

    assert [problem.code for problem in done.warnings] == ["used_after_expiry"]
    assert kinds(plant) == ["receive", "transform"]
