"""The genealogies that the material's authors expect, by the plain rule of its README, over the events as we read them."""

from __future__ import annotations

import json

import pytest

from lotline.doors.exchange.epcis.identifiers import parse_identifier
from lotline.doors.exchange.epcis.model import AggregationEvent, Document, Event, TransformationEvent
from lotline.doors.exchange.epcis.reading import read_document

from .material import list_documents, needs_material, read_bytes


def _canonical(uris: tuple[str, ...]) -> set[str]:
    return {parse_identifier(uri).canonical for uri in uris}


def _classes(event: Event, *names: str) -> tuple[str, ...]:
    return tuple(item.epc_class for name in names for item in getattr(event, name, ()))


def inputs_of(event: TransformationEvent) -> set[str]:
    return _canonical(event.input_epcs + _classes(event, "input_quantities"))


def outputs_of(event: TransformationEvent) -> set[str]:
    return _canonical(event.output_epcs + _classes(event, "output_quantities"))


def children_of(event: AggregationEvent) -> set[str]:
    return _canonical(event.child_epcs + _classes(event, "child_quantities"))


def named_in(event: Event) -> set[str]:
    """Return every object that the event names, in any role."""
    if isinstance(event, TransformationEvent):
        return inputs_of(event) | outputs_of(event)
    if isinstance(event, AggregationEvent):
        return children_of(event) | _canonical((event.parent_id,))
    parent = getattr(event, "parent_id", "")
    return _canonical((*getattr(event, "epcs", ()), *_classes(event, "quantities"), *((parent,) if parent else ())))


def trace_back(document: Document, start: str) -> set[int]:
    """Return the places of the events that a trace back from an identifier meets."""
    met: set[int] = set()
    waiting, seen = [parse_identifier(start).canonical], set()
    while waiting:
        thing = waiting.pop()
        seen.add(thing)
        for place, event in enumerate(document.events):
            if thing not in named_in(event):
                continue
            met.add(place)
            onward: set[str] = set()
            if isinstance(event, TransformationEvent) and thing in outputs_of(event):
                onward = inputs_of(event)
            elif isinstance(event, AggregationEvent) and thing in _canonical((event.parent_id,)):
                onward = children_of(event)
            waiting += [other for other in onward if other not in seen]
    return met


def _expected(key: str) -> dict[str, object]:
    found = json.loads(read_bytes("genealogy/expected.json"))
    return next(entry for entry in found if key in entry)


@needs_material
def test_trace_back_meets_the_events_that_upstream_expects():
    expected = _expected("trace_back_from")

    document = read_document(read_bytes(f"genealogy/{expected['document']}")).require_readable()

    assert len(trace_back(document, str(expected["trace_back_from"]))) == expected["events"]


@needs_material
def test_combined_filter_finds_the_events_that_upstream_expects():
    expected = _expected("MATCH_anyEPC")
    document = read_document(read_bytes(f"genealogy/{expected['document']}")).require_valid()

    wanted = _canonical(tuple(expected["MATCH_anyEPC"]))  # type: ignore[arg-type]
    found = [
        event
        for event in document.events
        if wanted & named_in(event)
        and event.biz_step == "receiving"
        and event.biz_location is not None
        and event.biz_location.id in expected["EQ_bizLocation"]  # type: ignore[operator]
    ]

    assert len(found) == expected["events"]


@needs_material
@pytest.mark.parametrize("name", ["epcisquerydoc-example01.jsonld", "all_wholechain_events.jsonld"])
def test_an_empty_transformation_id_is_named_per_event_and_links_nothing(name):
    reading = read_document(read_bytes(f"genealogy/{name}"))

    assert {(problem.code, problem.path) for problem in reading.problems} == {("empty_value", "transformationID")}
    assert len(reading.problems) == 3
    faulty = {problem.event for problem in reading.problems}
    document = reading.require_readable()
    for place, event in zip(document.positions, document.events, strict=True):
        assert isinstance(event, TransformationEvent) or place not in faulty
        assert getattr(event, "transformation_id", "") == ""


#: Which documents of the seafood chain are at fault, where and how; all others are valid.
FAULTS = {
    "EPCISQUERYDOCUMENT_advanced_1.jsonld": {
        (0, "attachments", "no_namespace"), (0, "eventGlobalID", "no_namespace"),
        (1, "ilmd.harvestStartDate", "no_namespace"), (1, "ilmd.harvestEndDate", "no_namespace"),
    },
    "EPCISQUERYDOCUMENT_advanced_12.jsonld": {(0, "transformationID", "bare_uuid")},
    "EPCISQUERYDOCUMENT_advanced_13.jsonld": {(1, "disposition", "empty_value")},
    "EPCISQUERYDOCUMENT_advanced_2.jsonld": {(0, "attachments", "no_namespace"), (1, "disposition", "empty_value")},
    "EPCISQUERYDOCUMENT_advanced_4.jsonld": {(1, "transformationID", "bare_uuid")},
    "EPCISQUERYDOCUMENT_advanced_6.jsonld": {(0, "transformationID", "bare_uuid"), (1, "transformationID", "bare_uuid")},
    "EPCISQUERYDOCUMENT_advanced_7.jsonld": {(1, "transformationID", "bare_uuid")},
    "EPCISQUERYDOCUMENT_advanced_8.jsonld": {(0, "transformationID", "bare_uuid"), (1, "transformationID", "bare_uuid")},
    "EPCISQueryDocument_duplicate_eventIDs.jsonld": {(1, "eventID", "duplicate_event_id")},
    "EPCISQueryDocument_malformed.jsonld": {(None, "", "broken_json")},
    "EPCISQueryDocument_with_masterdata.jsonld": {(0, "eventTime", "time_without_zone")},
    "all_wholechain_events.jsonld": {(place, "transformationID", "empty_value") for place in (5, 6, 13)},
    "epcisquerydoc-example01.jsonld": {(place, "transformationID", "empty_value") for place in (20, 21, 28)},
}  # fmt: skip
LONG = "EPCISQUERYDOCUMENT_advanced_3.jsonld"


@pytest.mark.parametrize("path", list_documents("genealogy/*.jsonld"))
def test_faults_of_partners_documents_are_named_per_event(path):
    reading = read_document(path.read_bytes())

    found = {(problem.event, problem.path, problem.code) for problem in reading.problems}
    if path.name == LONG:
        assert (5, "transformationID", "bare_uuid") in found
        assert {code for _, _, code in found} == {"bare_uuid", "no_namespace"}
    else:
        assert found == FAULTS.get(path.name, set())


@needs_material
def test_a_lenient_reader_takes_a_repeated_event_once():
    document = read_document(read_bytes("genealogy/EPCISQueryDocument_duplicate_eventIDs.jsonld")).require_readable()

    assert len(document.events) == 1
