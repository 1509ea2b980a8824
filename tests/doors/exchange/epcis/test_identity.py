"""Events that say the same have one digest, whatever they look like."""

from __future__ import annotations

import pytest

from lotline.doors.exchange.epcis.identity import event_digest
from lotline.doors.exchange.epcis.reading import read_document

from .material import list_documents
from .test_reading import document_json, event_json


@pytest.mark.parametrize("path", list_documents("event_hash/expected_equal/*.xml"))
def test_event_digest_is_one_for_all_representations_of_an_event(path):
    document = read_document(path.read_bytes(), any_order=True).require_readable()

    assert len(document.events) > 1
    assert len({event_digest(event) for event in document.events}) == 1


def _digest(**changes: object) -> str:
    return event_digest(read_document(document_json(event_json(**changes))).require_valid().events[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-07-22T06:45:01+02:00"},
        {"eventID": "urn:uuid:1"},
        {"epcList": ["https://id.gs1.org/01/09521141012345/21/2018"]},
        {"action": "ADD"},
        {"bizStep": "shipping"},
        {"quantityList": [{"epcClass": "urn:x:a", "quantity": 1}]},
        {"readPoint": {"id": "urn:x:a"}},
    ],
)
def test_event_digest_differs_for_events_that_say_something_else(changes):
    assert _digest(**changes) != _digest()


def test_event_digest_does_not_depend_on_when_it_was_recorded_or_on_the_zone():
    assert _digest(eventTime="2026-07-22T04:45:00Z", recordTime="2026-07-23T00:00:00Z") == _digest()


def test_event_digest_counts_two_equal_quantities_twice():
    quantity = {"epcClass": "urn:x:a", "quantity": 1}

    assert _digest(quantityList=[quantity, quantity]) != _digest(quantityList=[quantity])
