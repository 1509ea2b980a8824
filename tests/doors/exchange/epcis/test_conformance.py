"""Whole documents of the conformance material on their way into the journal: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from _pytest.mark.structures import ParameterSet

from lotline.core.facts import FactKind
from lotline.doors.exchange.epcis.capture import capture_file
from lotline.doors.exchange.epcis.problems import InvalidDocument
from lotline.doors.exchange.epcis.reading import read_document
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import find_starts
from lotline.records.genealogy.trace import trace
from lotline.records.journal.models import Carriage, Fact, Posting, Subject
from lotline.records.journal.replay import check_replay
from lotline.records.places.models import Place, Plant

from .material import EPCIS, list_documents, needs_material, read_bytes
from .test_genealogy import trace_back
from .test_reading import FAULTY, VALID, _twins

pytestmark = pytest.mark.django_db


def stored(plant: Plant) -> dict[str, int]:
    """Return how much the database holds."""
    tables = {"facts": Fact, "places": Place, "lots": Lot}
    counts = {name: table.objects.for_plant(plant).count() for name, table in tables.items()}  # type: ignore[attr-defined]
    return {**counts, "items": Item.objects.count()}


#: Examples for hashing that make the same serial numbers twice: well-formed, but no history that can have happened.
CONTRADICTORY = {
    "event_hash/examples/epcisDocWith2DifferentTransformationEvents.xml",
    "event_hash/examples/epcisDocWithVariousEventTypes.jsonld",
    "event_hash/examples/epcisDocWithVariousEventTypes.xml",
}


def acceptable(cases: list[ParameterSet]) -> list[ParameterSet]:
    """Return the cases that are valid documents about things that can have happened."""
    left_out = FAULTY.keys() | CONTRADICTORY
    return [case for case in cases if case.id not in left_out]


@needs_material
@pytest.mark.parametrize("name", sorted(CONTRADICTORY))
def test_documents_that_contradict_themselves_are_refused_by_the_journal(plant, name):
    before = stored(plant)

    with pytest.raises(InvalidDocument) as caught:
        capture_file(plant=plant, source=EPCIS / name)

    assert {problem.code for problem in caught.value.problems} == {"refused_by_journal"}
    assert stored(plant) == before


@pytest.mark.parametrize("path", acceptable(VALID))
def test_valid_documents_become_facts_once(plant, path):
    first = capture_file(plant=plant, source=path)
    facts = Fact.objects.for_plant(plant).count()
    again = capture_file(plant=plant, source=path)

    known = {problem.code for problem in first.warnings}
    assert first.facts == facts
    assert first.facts >= first.events or known & {"repeated_event"}
    assert again.facts == 0
    assert Fact.objects.for_plant(plant).count() == facts
    assert again.replayed == again.events or known & {"repeated_event"}


@pytest.mark.parametrize(
    "path", list_documents("openepcis/2.0/*/Capture/Invalid/*", "openepcis/2.0/*/Query/Invalid/*", "genealogy/*malformed*")
)
def test_invalid_documents_leave_nothing_behind(plant, path):
    before = stored(plant)

    with pytest.raises(InvalidDocument):
        capture_file(plant=plant, source=path)

    assert stored(plant) == before


@pytest.mark.parametrize(("xml", "twin"), _twins()[::4])
def test_the_same_document_in_the_other_syntax_is_known(plant, xml, twin):
    first = capture_file(plant=plant, source=xml, any_order=True)

    again = capture_file(plant=plant, source=twin)

    assert first.facts > 0
    assert (again.facts, again.replayed) == (0, again.events)


#: Valid alone, but at odds with the others of this folder, which use the same serial numbers and ids for other stories.
AT_ODDS = {
    "AssociationEvent_all_possible_fields": "refused_by_journal",
    "AssociationEvent_with_sensorData": "captured_differently",
    "JumbledFieldsOrder": "refused_by_journal",
}


@needs_material
def test_documents_of_many_partners_fit_into_one_plant(plant):
    """What cannot be converted is kept apart; only what contradicts the journal is refused, and leaves nothing behind."""
    refused: dict[str, set[str]] = {}
    for case in acceptable(list_documents("openepcis/2.0/*/Capture/Documents/*", "genealogy/*.xml")):
        path = case.values[0]
        assert isinstance(path, Path)
        before = stored(plant)
        try:
            capture_file(plant=plant, source=path)
        except InvalidDocument as error:
            refused[path.stem] = {problem.code for problem in error.problems}
            assert stored(plant) == before

    assert refused == {stem: {code} for stem, code in AT_ODDS.items()}


@needs_material
def test_a_dry_run_tells_what_would_be_written_and_writes_nothing(plant):
    source = EPCIS / "genealogy" / "gdst_extensions_03.xml"
    before = stored(plant)

    tried = capture_file(plant=plant, source=source, dry_run=True)

    assert (tried.events, tried.facts, tried.lots, tried.dry_run) == (7, 7, 2, True)
    assert stored(plant) == before


def codes(plant: Plant, lots: set[UUID]) -> set[str]:
    return set(Lot.objects.for_plant(plant).filter(pk__in=lots).values_list("code", flat=True))


@needs_material
def test_the_journal_traces_the_expected_genealogy(plant):
    """From the pallet to the sources: the lots that the plain rule reaches, over the 18 events that upstream expects."""
    capture_file(plant=plant, source=read_bytes("genealogy/epcisquerydoc-example01.jsonld"), lenient=True)
    pallet = "urn:epc:id:sscc:08600031303.0003"

    starts = find_starts(plant=plant, code=pallet)
    answer = trace(plant=plant, starts=starts, to=To.SOURCES)

    lots = {*answer.lots, *(lot for start in starts for lot in start.lots)}
    assert answer.complete
    assert codes(plant, lots) == {
        "v1-0122-2022", "commingle-01232022", "farmed-tuna-01192022", "ff11252021", "tf12012021",
    }  # fmt: skip
    assert len(lots) == 6  # two items share the number v1-0122-2022
    carried = Carriage.objects.for_plant(plant).filter(container__code=pallet).values_list("fact__key", flat=True)
    moved = Posting.objects.for_plant(plant).filter(lot_id__in=lots).values_list("fact__key", flat=True)
    named = Subject.objects.for_plant(plant).filter(lot_id__in=lots).values_list("fact__key", flat=True)
    events = {key.partition("#")[0] for key in (*carried, *moved, *named)}
    document = read_document(read_bytes("genealogy/epcisquerydoc-example01.jsonld")).require_readable()
    assert events == {f"epcis:{document.events[place].event_id}" for place in trace_back(document, pallet)}
    assert len(events) == 18


@needs_material
@pytest.mark.parametrize(
    "name", ["genealogy/epcisquerydoc-example01.jsonld", "openepcis/1.2/XML/Capture/Documents/GS1_US_Pharma_Example_2_2_1_1.xml"]
)
def test_readings_after_a_capture_are_what_the_facts_say(plant, name):
    capture_file(plant=plant, source=EPCIS / name, lenient=True)

    assert check_replay(plant) == []


@needs_material
def test_events_with_an_empty_transformation_id_stay_apart(plant):
    capture_file(plant=plant, source=read_bytes("genealogy/all_wholechain_events.jsonld"), lenient=True)

    transforms = Fact.objects.for_plant(plant).filter(kind=FactKind.TRANSFORM.value)
    document = read_document(read_bytes("genealogy/all_wholechain_events.jsonld")).require_readable()

    assert transforms.count() == sum(event.type == "TransformationEvent" for event in document.events)


@needs_material
def test_names_of_the_header_become_names_of_items_and_places(plant):
    capture_file(plant=plant, source=Path(EPCIS / "genealogy" / "gdst_extensions_03.xml"))

    assert Item.objects.get(code="00860003130308").name == "Raw Tuna"
    place = Place.objects.for_plant(plant).get(code="urn:gdst:example.org:location:loc:fisherman02.1")
    assert place.name == "Fishing Vessel #2"
