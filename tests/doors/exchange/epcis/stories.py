"""A small cast for stories about capture: a farm, a factory, a depot, paste that becomes soup, a pallet."""

from __future__ import annotations

import pytest

from lotline.core.quantity import format_quantity
from lotline.doors.exchange.epcis.capture import Capture, capture_file
from lotline.doors.exchange.epcis.problems import InvalidDocument
from lotline.records.catalog.models import Item
from lotline.records.journal.models import Balance, Fact
from lotline.records.places.models import Place, Plant

from .test_reading import document_json, event_json

PASTE = "urn:epc:class:lgtin:4012345.012345.L1"
SOUP = "urn:epc:class:lgtin:4012345.054321.S1"
CAN = "urn:epc:id:sgtin:4012345.099999.7"
PALLET = "urn:epc:id:sscc:4012345.0000000333"
FACTORY = {"id": "urn:epc:id:sgln:4012345.00001.0"}
DEPOT = {"id": "urn:epc:id:sgln:4012345.00002.0"}
FARM = "urn:epc:id:pgln:4054321.00001"
FACTORY_CODE, DEPOT_CODE, FARM_CODE = "4012345000016", "4012345000023", "417/4054321000016"
PALLET_CODE = "040123450000003338"


def kg(uri: str, quantity: float) -> list[dict[str, object]]:
    return [{"epcClass": uri, "quantity": quantity, "uom": "KGM"}]


def event(minute: int, **fields: object) -> dict[str, object]:
    """Return an ObjectEvent OBSERVE at a minute past eight, in the factory, with an id of its own."""
    given = {"eventTime": f"2026-01-05T08:{minute:02}:00Z", "eventTimeZoneOffset": "+00:00", "bizLocation": FACTORY, "epcList": None}
    return event_json(**{"eventID": f"urn:uuid:event-{minute}", **given, **fields})


def received(minute: int = 0, quantity: float = 100, **fields: object) -> dict[str, object]:
    source = [{"type": "possessing_party", "source": FARM}]
    return event(minute, bizStep="receiving", quantityList=kg(PASTE, quantity), sourceList=source, **fields)


def cooked(minute: int, used: float = 60, made: float = 50, **fields: object) -> dict[str, object]:
    return event(
        minute, type="TransformationEvent", action=None, inputQuantityList=kg(PASTE, used), outputQuantityList=kg(SOUP, made), **fields
    )


def packed(minute: int, action: str = "ADD", **fields: object) -> dict[str, object]:
    return event(minute, **{"type": "AggregationEvent", "action": action, "parentID": PALLET, **fields})


def take(plant: Plant, *events: dict[str, object]) -> Capture:
    return capture_file(plant=plant, source=document_json(*events, context={"cbvmda": "urn:epcglobal:cbv:mda:"}))


def lies(plant: Plant, code: str) -> dict[str, str]:
    """Return where a lot lies and how much, as the journal says."""
    rows = Balance.objects.for_plant(plant).filter(lot__code=code).select_related("place")
    return {row.place.code: format_quantity(row.quantity) for row in rows}


def kinds(plant: Plant) -> list[str]:
    return list(Fact.objects.for_plant(plant).order_by("seq").values_list("kind", flat=True))


def refused(plant: Plant, *events: dict[str, object]) -> list[tuple[int | None, str, str]]:
    """Return what a capture is refused for, having made sure that nothing was stored."""
    before = (kinds(plant), Item.objects.count(), Place.objects.for_plant(plant).count())
    with pytest.raises(InvalidDocument) as caught:
        take(plant, *events)
    assert (kinds(plant), Item.objects.count(), Place.objects.for_plant(plant).count()) == before
    assert all(str(problem) for problem in caught.value.problems)
    return [(problem.event, problem.path, problem.code) for problem in caught.value.problems]
