"""Documents that are valid: read, and read the same from both syntaxes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest
from _pytest.mark.structures import ParameterSet

from lotline.doors.exchange.epcis.identity import event_content
from lotline.doors.exchange.epcis.model import (
    Action,
    AggregationEvent,
    ObjectEvent,
    QuantityElement,
    TransformationEvent,
    TypedReference,
)
from lotline.doors.exchange.epcis.reading import read_document

from .material import EPCIS, list_documents, needs_material, read_bytes

#: In the folder of valid documents, but not valid against the XML schema (its README says so): refused like the file
#: "wrong element order" in the folder of invalid ones, which has the same fault.
JUMBLED = {
    "openepcis/2.0/XML/Capture/Documents/JumbledFieldsOrder.xml",
    "openepcis/2.0/XML/Query/JumbledFieldsOrder.xml",
}
VALID = list_documents(
    "openepcis/2.0/*/Capture/Documents/*", "openepcis/2.0/*/Capture/Events/*", "openepcis/2.0/*/Query/*.*",
    "openepcis/2.0/*/Query/Documents/*", "openepcis/1.2/XML/Capture/Documents/*", "fastnt/events/*",
    "event_hash/examples/*.xml", "event_hash/examples/*.jsonld", "genealogy/*.xml",
)  # fmt: skip
#: Documents of those folders that are faulty, with what is wrong with each.
FAULTY = {
    "openepcis/1.2/XML/Capture/Documents/ObjectEvent_all_possible_fields.xml": {"not_uri", "ilmd_not_allowed"},
    "event_hash/examples/epcisDocHavingEventWithIgnoreFields.jsonld": {"conflicting_event_id"},
    **{name: {"wrong_order"} for name in JUMBLED},
}


@pytest.mark.parametrize("path", VALID)
def test_read_document_finds_nothing_wrong_in_valid_documents(path):
    reading = read_document(path.read_bytes())

    expected = FAULTY.get(path.relative_to(EPCIS).as_posix(), set())
    assert {problem.code for problem in reading.problems} == expected


@needs_material
def test_read_document_takes_jumbled_xml_when_any_order_is_allowed():
    reading = read_document(read_bytes("openepcis/2.0/XML/Capture/Documents/JumbledFieldsOrder.xml"), any_order=True)

    assert reading.valid


def _twins() -> list[ParameterSet]:
    """Return the pairs of an XML and a JSON file with one stem."""
    found = []
    for case in list_documents("openepcis/2.0/XML/Capture/[DE]*/*.xml", "event_hash/examples/*.xml"):
        path = case.values[0]
        if not isinstance(path, Path):
            return [pytest.param(None, None, marks=case.marks, id="absent")]
        names = (str(path).replace("/XML/", "/JSON/").replace(".xml", ".json"), str(path).replace(".xml", ".jsonld"))
        found += [pytest.param(path, Path(name), id=path.stem) for name in names if Path(name).exists()]
    return found


@pytest.mark.parametrize(("xml", "twin"), _twins())
def test_read_document_reads_the_same_content_from_xml_and_json(xml, twin):
    from_xml = read_document(xml.read_bytes(), any_order=True).document
    from_json = read_document(twin.read_bytes()).document

    assert from_xml is not None
    assert from_json is not None
    assert [event_content(event) for event in from_xml.events] == [event_content(event) for event in from_json.events]
    assert from_json.events


@needs_material
def test_twins_cover_most_capture_documents():
    assert len(_twins()) >= 27


@needs_material
@pytest.mark.parametrize(
    "path", list_documents("openepcis/2.0/JSON/Capture/**/*.json", "openepcis/2.0/JSON/Query/**/*.json", "genealogy/*.jsonld")
)
def test_read_document_agrees_with_the_schema_of_the_standard(path):
    """Our rules and the OpenAPI schemas come to the same verdict, except where the reason is named."""
    schema = json.loads(read_bytes("rest/epcis-2.0-openapi.json"))
    root = {"anyOf": [{"$ref": "#/components/schemas/EPCIS-Document"}, {"$ref": "#/components/schemas/EPCISEvent"}]}
    standard = jsonschema_rs.Draft7Validator({**root, "components": schema["components"]}, validate_formats=True)

    reading = read_document(path.read_bytes())

    try:
        agreed = standard.is_valid(json.loads(path.read_text("utf-8-sig")))
    except json.JSONDecodeError:
        agreed = False
    codes = {problem.code for problem in reading.problems}
    stricter = {"no_namespace", "duplicate_event_id"}  # rules of ours, which the schema does not know
    wider = {  # measurement types of the Web Vocabulary that are newer than the schema; a report with only an exception
        "TransactionEvent_with_userExtensions.json",
        "SensorData_with_combined_events.json",
    }
    assert agreed == (not codes - stricter) or path.name in wider


@needs_material
def test_read_document_fills_the_model_of_a_transformation():
    name = "openepcis/2.0/JSON/Capture/Documents/TransformationEvent_with_digitalLink.json"

    event = read_document(read_bytes(name)).require_valid().events[0]

    assert isinstance(event, TransformationEvent)
    assert event.event_time == datetime(2013, 10, 31, 14, 58, 56, 591000, UTC)
    assert event.event_time_zone_offset == "+02:00"
    assert event.biz_step == "commissioning"
    assert event.input_quantities[0] == QuantityElement("urn:epc:class:lgtin:4012345.011111.4444", "10", "KGM")
    assert event.output_epcs[0] == "urn:epc:id:sgtin:4012345.077889.25"
    assert event.transformation_id == ""
    assert event.ilmd["{http://ns.example.com/epcis/}batch"] == "XYZ"


@needs_material
def test_read_document_fills_the_model_of_an_aggregation():
    name = "openepcis/2.0/XML/Capture/Documents/AggregationEvent_with_persistentDisposition.xml"

    event = read_document(read_bytes(name)).require_valid().events[1]

    assert isinstance(event, AggregationEvent)
    assert event.action is Action.DELETE
    assert len(event.child_epcs) == 10
    assert event.persistent_disposition is not None
    assert event.persistent_disposition.set == ("completeness_verified",)
    assert event.sources == (TypedReference("owning_party", "urn:epc:id:pgln:9520001.11111"),)


@needs_material
def test_read_document_reads_master_data_of_both_syntaxes():
    from_xml = read_document(read_bytes("genealogy/gdst_extensions_03.xml")).require_valid()
    from_json = read_document(read_bytes("genealogy/all_wholechain_events.jsonld")).require_readable()

    words = "urn:epcglobal:cbv:mda#descriptionShort"
    described = [{item.id: item.attributes.get(words) for item in one.master_data} for one in (from_xml, from_json)]
    assert described[0]["urn:epc:idpat:sgtin:08600031303.00"] == "Raw Tuna"
    assert [len(names) for names in described] == [10, 11]


def event_json(**fields: object) -> dict[str, object]:
    """Return a small valid event with some fields changed; None leaves a field out."""
    event: dict[str, object] = {
        "type": "ObjectEvent",
        "eventTime": "2026-07-22T06:45:00+02:00",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "epcList": ["https://id.gs1.org/01/09521141012345/21/2017"],
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def document_json(*events: dict[str, object], context: object = None) -> bytes:
    """Return a document with these events."""
    contexts = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", *([context] if context else [])]
    return json.dumps(
        {
            "@context": contexts,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-07-22T10:30:00Z",
            "epcisBody": {"eventList": events},
        }
    ).encode()


@pytest.mark.parametrize(
    ("digits", "plain"),
    [("26.0", "26"), ("0.100", "0.1"), ("1e3", "1000"), ("-0", "0"), ("12345678901234567890.123456789", None)],
)
def test_quantities_keep_every_digit_as_text(digits, plain):
    document = document_json(event_json(quantityList=[{"epcClass": "urn:x:a", "quantity": 0}]))
    document = document.replace(b'"quantity": 0', f'"quantity": {digits}'.encode())

    event = read_document(document).require_valid().events[0]

    assert isinstance(event, ObjectEvent)
    assert event.quantities[0].quantity == (plain or digits)


@pytest.mark.parametrize(
    "spelling",
    [
        "shipping", "urn:epcglobal:cbv:bizstep:shipping", "urn:epcglobal:cbv:bizStep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping", "https://ns.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping",
    ],
)  # fmt: skip
def test_standard_words_are_bare_in_every_spelling(spelling):
    event = read_document(document_json(event_json(bizStep=spelling))).require_valid().events[0]

    assert event.biz_step == "shipping"


def test_own_words_with_a_declared_prefix_become_full_uris():
    document = document_json(event_json(bizStep="ex:pickling"), context={"ex": "https://example.org/steps/"})

    assert read_document(document).require_valid().events[0].biz_step == "https://example.org/steps/pickling"


def test_own_fields_of_a_default_vocabulary_need_no_prefix():
    document = document_json(event_json(colour="red"), context={"@vocab": "https://example.org/"})

    assert read_document(document).require_valid().events[0].extensions == {"{https://example.org/}colour": "red"}


def test_a_byte_order_mark_does_not_disturb():
    assert read_document(b"\xef\xbb\xbf" + document_json(event_json())).valid
