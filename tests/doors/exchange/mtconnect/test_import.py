"""A log of any machine, about a lot that exists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from lotline.core.facts import Birth, Draft, FactKind, LotRef, Move
from lotline.core.ledger import Refused
from lotline.doors.exchange.mtconnect.facts import SilentLog
from lotline.doors.exchange.mtconnect.importing import import_shdr
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.journal.models import Balance, Fact
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant

pytestmark = pytest.mark.django_db

LOT = LotRef("PLATE", "A1")
LOG = b"2017-02-07T16:00:00Z|Program_Status|ACTIVE\nbroken\n2017-02-07T16:20:00Z|Program_Status|PROGRAM_COMPLETED\n"


@pytest.fixture
def plant() -> Plant:
    plant = create_plant(code="P1", name="Plant")
    ensure_items([ItemSpec(code="PLATE")])
    moves, births = (Move(LOT, 1_000_000, "VARIANCE", "SITE"),), (Birth(LOT),)
    at = datetime(2017, 1, 1, tzinfo=UTC)
    append(plant=plant, drafts=[Draft(kind=FactKind.ADJUST, happened_at=at, key="a", reason="found", moves=moves, births=births)])
    return plant


def run(plant: Plant, log: bytes = LOG, **changed: Any) -> Any:
    told: dict[str, Any] = {"document": "a.txt", "lot": LOT, "place": "SITE", "equipment": "Mill", "operation": "Op1", **changed}
    return import_shdr(plant=plant, source=BytesIO(log), **told)


def test_import_shdr_writes_the_operation_once_and_names_the_bad_line(plant: Plant) -> None:
    receipt, bad = run(plant)
    again, _ = run(plant)

    assert [(line.number, line.code) for line in bad] == [(2, "no_timestamp")]
    assert (again.fact_id, again.replayed) == (receipt.fact_id, True)
    fact = Fact.objects.for_plant(plant).get(kind="transform")
    assert (fact.equipment, fact.happened_at) == ("Mill", datetime(2017, 2, 7, 16, 20, tzinfo=UTC))
    assert json.loads(fact.body)["data"]["machine"]["last_program_status"] == "PROGRAM_COMPLETED"
    assert Balance.objects.for_plant(plant).get().quantity == 1_000_000


def test_import_shdr_for_a_lot_that_is_not_there_is_refused(plant: Plant) -> None:
    with pytest.raises(Refused) as refused:
        run(plant, lot=LotRef("PLATE", "A2"))

    assert [problem.code for problem in refused.value.problems] == ["lot_unknown"]


def test_import_shdr_of_silent_log_is_refused(plant: Plant) -> None:
    with pytest.raises(SilentLog):
        run(plant, log=b"\n\n")
