"""A results document of any house, about lots that exist."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO

import pytest

from lotline.core.facts import Birth, Draft, FactKind, LotRef, Move
from lotline.core.ledger import Refused
from lotline.doors.exchange.qif.facts import TimeNotRecorded
from lotline.doors.exchange.qif.importing import import_qif
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.journal.models import Fact
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant
from tests.doors.exchange.qif.test_reader import DOCUMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    plant = create_plant(code="P1", name="Plant")
    ensure_items([ItemSpec(code="PLATE")])
    lot = LotRef("PLATE", "A1")
    moves, births = (Move(lot, 1_000_000, "VARIANCE", "SITE"),), (Birth(lot),)
    at = datetime(2017, 1, 1, tzinfo=UTC)
    append(plant=plant, drafts=[Draft(kind=FactKind.ADJUST, happened_at=at, key="a", reason="found", moves=moves, births=births)])
    return plant


def test_import_qif_writes_one_fact_per_part_and_the_same_bytes_once(plant: Plant) -> None:
    for _ in range(2):
        source = BytesIO(DOCUMENT.encode())
        receipts, problems = import_qif(plant=plant, source=source, document="results.qif", item="PLATE", inspector="QC")

        assert (len(receipts), problems) == (2, ())
    inspected = Fact.objects.for_plant(plant).get(kind="inspect")
    assert inspected.happened_at == datetime(2017, 3, 20, 11, 40, 15, tzinfo=UTC)
    first = json.loads(inspected.body)["measurements"][0]
    assert first["characteristic"] == "BORE · HOLE1"
    assert (first["value"], first["low"], first["high"], first["target"]) == ("4.5220000000000001", "4.2", "4.8", "4.5")
    assert Fact.objects.for_plant(plant).filter(kind="note").count() == 1


def test_import_qif_about_unknown_lot_is_refused_with_nothing_stored(plant: Plant) -> None:
    with pytest.raises(Refused) as refused:
        import_qif(plant=plant, source=BytesIO(DOCUMENT.encode()), document="x", item="PLATE", code_of=lambda serial: f"{serial}?")

    assert [problem.code for problem in refused.value.problems] == ["lot_unknown"]
    assert Fact.objects.for_plant(plant).count() == 1


def test_import_qif_without_a_time_asks_for_it(plant: Plant) -> None:
    timeless = DOCUMENT.replace("<TimeCreated>2017-03-20T11:40:15</TimeCreated>", "")

    with pytest.raises(TimeNotRecorded):
        import_qif(plant=plant, source=BytesIO(timeless.encode()), document="x", item="PLATE")

    at = datetime(2017, 5, 1, tzinfo=UTC)
    receipts, _ = import_qif(plant=plant, source=BytesIO(timeless.encode()), document="x", item="PLATE", inspected_at=at)
    assert Fact.objects.for_plant(plant).get(pk=receipts[0].fact_id).happened_at == at


def test_import_qif_dry_run_stores_nothing(plant: Plant) -> None:
    import_qif(plant=plant, source=BytesIO(DOCUMENT.encode()), document="x", item="PLATE", dry_run=True)

    assert Fact.objects.for_plant(plant).count() == 1
