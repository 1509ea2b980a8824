"""Documents that are invalid or hostile: refused, with every fault named by event and field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

import lotline.doors.exchange.epcis as package
from lotline.doors.exchange.epcis.problems import MESSAGES, InvalidDocument
from lotline.doors.exchange.epcis.reading import read_document

from .material import list_documents
from .test_reading import document_json, event_json

#: event, path, code of every fault in the files of the Invalid folders.
EXPECTED = {
    "Combination_of_multiple_invalid_fields.json": {
        (0, "bizStep", "not_standard_near"), (1, "disposition", "not_standard_near"),
        (2, "sourceList[0].type", "not_standard"), (3, "ilmd.materialType", "no_namespace"),
        (4, "eventTime", "not_time"), (4, "action", "bad_action"),
    },
    "Combination_of_non_standard_bizStep_and_disposition.json": {
        (0, "bizStep", "not_standard_near"), (1, "disposition", "not_standard_near"),
    },
    "EPCISDocument_without_context.json": {(None, "@context", "no_context")},
    "ObjectEvent_with_ilmd_field_without_namespace.json": {(0, "ilmd.materialType", "no_namespace")},
    "ObjectEvent_with_invalid_certificationInfo.json": {
        (0, "certificationInfo[0]", "not_text"), (0, "certificationInfo[1]", "not_text"),
    },
    "ObjectEvent_with_invalid_eventTime_format.json": {(0, "eventTime", "not_time")},
    "ObjectEvent_with_non_standard_bizStep.json": {(0, "bizStep", "not_standard_near")},
    "ObjectEvent_with_non_standard_bizStep_in_second_event.json": {(1, "bizStep", "not_standard_near")},
    "ObjectEvent_with_non_standard_disposition.json": {(0, "disposition", "not_standard_near")},
    "ObjectEvent_with_quantity_as_text.json": {(0, "quantityList[0].quantity", "not_number")},
    "ObjectEvent_without_action_and_eventTime.json": {
        (0, "eventTime", "missing"), (0, "eventTimeZoneOffset", "missing"), (0, "action", "missing"),
    },
    "QueryDocument_with_invalid_action.json": {(0, "action", "bad_action")},
    "ObjectEvent_bare_event_without_action.xml": {(0, "action", "missing")},
    "ObjectEvent_with_invalid_eventTime_format.xml": {(0, "eventTime", "not_time")},
    "ObjectEvent_with_near_miss_action.xml": {(0, "action", "bad_action")},
    "ObjectEvent_with_unknown_element.xml": {(0, "madeUpField", "no_namespace")},
    "ObjectEvent_with_wrong_element_order.xml": {(0, "eventTime", "wrong_order")},
    "ObjectEvent_without_eventTime.xml": {(0, "eventTime", "missing")},
    "QueryDocument_with_invalid_action.xml": {(0, "action", "bad_action")},
}  # fmt: skip


def faults(data: bytes) -> set[tuple[int | None, str, str]]:
    """Return what is wrong as event, path and code. Each fault must also be sayable."""
    problems = read_document(data).problems
    assert all(str(problem) for problem in problems)
    return {(problem.event, problem.path, problem.code) for problem in problems}


@pytest.mark.parametrize("path", list_documents("openepcis/2.0/*/Capture/Invalid/*", "openepcis/2.0/*/Query/Invalid/*"))
def test_invalid_documents_are_refused_with_every_fault_named(path):
    assert faults(path.read_bytes()) == EXPECTED[path.name]
    with pytest.raises(InvalidDocument):
        read_document(path.read_bytes()).require_valid()


@pytest.mark.parametrize("path", list_documents("openepcis/2.0/*/Query/Queries/**/*.*"))
def test_query_definitions_are_no_documents(path):
    assert {code for _, _, code in faults(path.read_bytes())} == {"no_events" if path.suffix == ".xml" else "not_epcis"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"action": "CREATE"}, ("action", "bad_action")),
        ({"epcList": None}, ("", "nothing_named")),
        ({"epcList": ["not a uri"]}, ("epcList[0]", "not_uri")),
        ({"epcList": ["urn:x:1", "urn:x:1"]}, ("epcList[1]", "duplicate_item")),
        ({"epcList": "urn:x:1"}, ("epcList", "not_list")),
        ({"epcList": [7]}, ("epcList[0]", "not_text")),
        ({"eventTime": "2026-07-22T06:45:00"}, ("eventTime", "time_without_zone")),
        ({"eventTime": "2026-02-30T06:45:00Z"}, ("eventTime", "not_time")),
        ({"eventTimeZoneOffset": "02:00"}, ("eventTimeZoneOffset", "bad_offset")),
        ({"eventTimeZoneOffset": "+14:30"}, ("eventTimeZoneOffset", "bad_offset")),
        ({"disposition": ""}, ("disposition", "empty_value")),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:transforming"}, ("bizStep", "not_standard_near")),
        ({"readPoint": "urn:x:1"}, ("readPoint", "not_object")),
        ({"readPoint": {}}, ("readPoint.id", "missing")),
        ({"ilmd": {"x:a": "b"}}, ("ilmd", "ilmd_not_allowed")),
        ({"bizSteps": "shipping"}, ("bizSteps", "unknown_field")),
        ({"colour": "red"}, ("colour", "no_namespace")),
        ({"quantityList": [{"quantity": 1}]}, ("quantityList[0].epcClass", "missing")),
        ({"quantityList": [{"epcClass": "urn:x:a", "quantity": "1"}]}, ("quantityList[0].quantity", "not_number")),
        ({"quantityList": [{"epcClass": "urn:x:a", "quantity": True}]}, ("quantityList[0].quantity", "not_number")),
        ({"quantityList": [{"epcClass": "urn:x:a", "uom": "kilo"}]}, ("quantityList[0].uom", "bad_uom")),
        ({"sourceList": [{"source": "urn:x:a"}]}, ("sourceList[0].type", "missing")),
        ({"errorDeclaration": {"reason": "incorrect_data"}}, ("errorDeclaration.declarationTime", "missing")),
        ({"persistentDisposition": {"put": ["active"]}}, ("persistentDisposition.put", "unexpected")),
        ({"sensorElementList": [{}]}, ("sensorElementList[0].sensorReport", "no_report")),
        ({"sensorElementList": [{"sensorReport": [{"value": 1}]}]}, ("sensorElementList[0].sensorReport[0]", "no_report_type")),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": "warm"}]}]},
            ("sensorElementList[0].sensorReport[0].value", "not_number"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Temperatur"}]}]},
            ("sensorElementList[0].sensorReport[0].type", "not_standard_near"),
        ),
        ({"type": "AggregationEvent", "epcList": None, "action": "ADD", "childEPCs": ["urn:x:1"]}, ("parentID", "no_parent")),
        ({"type": "AggregationEvent", "epcList": None, "parentID": "urn:x:1"}, ("childEPCs", "no_children")),
        ({"type": "TransactionEvent"}, ("bizTransactionList", "no_transaction")),
        ({"type": "MadeUpEvent"}, ("type", "unknown_event")),
        ({"type": None}, ("type", "missing")),
        (
            {"type": "TransformationEvent", "epcList": None, "action": None, "inputEPCList": ["urn:x:1"]},
            ("", "no_sides"),
        ),
        (
            {
                "type": "TransformationEvent", "epcList": None, "action": None, "inputEPCList": ["urn:x:1"],
                "transformationID": "urn:uuid:1",
            },
            None,
        ),
    ],
)  # fmt: skip
def test_one_fault_is_named_with_its_field(changes, expected):
    found = faults(document_json(event_json(**changes), context={"x": "https://example.org/"}))

    assert found == ({(0, *expected)} if expected else set())


def test_an_empty_transformation_id_does_not_replace_the_missing_side():
    event = event_json(type="TransformationEvent", epcList=None, action=None, inputEPCList=["urn:x:1"], transformationID="")

    assert faults(document_json(event)) == {(0, "transformationID", "empty_value"), (0, "", "no_sides")}


def test_one_event_id_for_two_different_events_is_refused():
    events = [event_json(eventID="urn:uuid:1"), event_json(eventID="urn:uuid:1", bizStep="shipping")]

    assert faults(document_json(*events)) == {(1, "eventID", "conflicting_event_id")}


def test_an_error_declaration_may_repeat_the_id_of_its_event():
    declaration = {"declarationTime": "2026-07-23T00:00:00Z", "reason": "incorrect_data"}
    events = [event_json(eventID="urn:uuid:1"), event_json(eventID="urn:uuid:1", errorDeclaration=declaration)]

    assert faults(document_json(*events)) == set()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "event 2, eventTime: “22-07-2026” is not a time. Write it as 2026-07-22T06:45:00+02:00."),
        ("zh-hans", "第 2 个事件, eventTime: “22-07-2026”不是时间。写成 2026-07-22T06:45:00+02:00 的形式。"),
    ],
)
def test_a_message_says_where_what_and_what_to_do(language, sentence):
    problem = read_document(document_json(event_json(), event_json(eventTime="22-07-2026"))).problems[0]

    with translation.override(language):
        assert str(problem) == sentence


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><EPCISDocument>&c;</EPCISDocument>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><EPCISDocument>&b;</EPCISDocument>'
DTD = b'<!DOCTYPE EPCISDocument SYSTEM "http://example.org/x.dtd"><EPCISDocument/>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "forbidden_xml"),
        (EXTERNAL, "forbidden_xml"),
        (DTD, "forbidden_xml"),
        (b"<a>" * 100_000, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "too_deep"),
        (b"", "empty_document"),
        (b"  \n", "empty_document"),
        (b"\xff\xff", "bad_encoding"),
        (b'{"type": "EPCISDocument", "type": "EPCISDocument"}', "duplicate_key"),
        (b'{"type": NaN}', "broken_json"),
        (b"[1, 2]", "not_epcis"),
        (b"null", "not_epcis"),
        (b"<html/>", "not_epcis"),
        (b"<a><b></a>", "broken_xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "broken_xml"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:24].decode("latin-1"),
)
def test_hostile_and_broken_bytes_are_refused(data, code):
    reading = read_document(data)

    assert [problem.code for problem in reading.problems] == [code]
    assert reading.document is None


def test_a_document_beyond_the_size_limit_is_not_parsed():
    assert [problem.code for problem in read_document(b"{" * 11, max_bytes=10).problems] == ["too_large"]


@pytest.mark.parametrize("digits", ["1e9999", "1e-9999", "9" * 5000])
def test_numbers_of_absurd_size_are_refused(digits):
    document = document_json(event_json(quantityList=[{"epcClass": "urn:x:a", "quantity": 0}]))

    found = faults(document.replace(b'"quantity": 0', f'"quantity": {digits}'.encode()))

    assert found == {(0, "quantityList[0].quantity", "number_out_of_range")}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    """eventTime eventTimeZoneOffset eventID recordTime action bizStep disposition epcList quantityList readPoint ilmd
    bizTransactionList sourceList sensorElementList persistentDisposition errorDeclaration certificationInfo parentID
    childEPCs inputEPCList transformationID type @context""".split()
)


@given(field=FIELDS, value=JSON)
def test_any_json_in_any_field_gives_a_verdict_and_never_an_exception(field, value):
    for problem in read_document(document_json(event_json(**{field: value}))).problems:
        assert str(problem)


@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_verdict_and_never_an_exception(data):
    for prefix in (b"", b"<", b"{"):
        assert read_document(prefix + data).problems


def test_every_problem_that_is_noted_has_words_and_every_word_is_used():
    folder = Path(str(package.__file__)).parent
    source = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "problems.py")

    used = {code for code in re.findall(r'"([a-z_]+)"', source) if code in MESSAGES}
    noted = set(re.findall(r'\.add\(\s*"([a-z_]+)"', source))

    assert noted - MESSAGES.keys() == set()
    assert used == set(MESSAGES)
