"""The file of a trace: every lot with its direction, and every quantity of it with where that is."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from lotline.core.facts import FactKind, LotRef
from lotline.records.genealogy import spread
from lotline.records.journal.actions import append
from tests.doors.web.plant_of_pages import BEEF, POUCH, SAUCE, cook, fact, kilograms, receive, tell_fan, tell_sauce

pytestmark = pytest.mark.django_db


def table_of(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_export_holds_every_lot_with_its_direction(quality, plant):
    tell_fan(plant, 40)

    rows = table_of(quality.get("/trace-file/FAN-B"))

    assert len(rows) == 81
    assert {row[0] for row in rows[1:]} == {"destination"}
    assert len({row[1] for row in rows[1:]}) == 80


def test_export_never_runs_as_a_formula(quality, plant):
    append(plant=plant, drafts=[receive(LotRef(BEEF, "=1+1"), 50, 0), cook([LotRef(BEEF, "=1+1")], LotRef(SAUCE, "=2+2"), 1)])

    text = b"".join(quality.get("/trace-file/%3D1%2B1").streaming_content).decode("utf-8-sig")

    assert "'=2+2" in text


def test_export_has_a_line_for_each_quantity_and_one_for_what_is_used_up(quality, plant):
    tell_sauce(plant)

    head, *rows = table_of(quality.get("/trace-file/B-1"))

    assert head == ["Direction", "Lot", "Item", "Certain", "Time", "Quantity", "Unit", "State", "Place"]
    assert [(row[1], row[5], row[7]) for row in rows] == [
        ("SC-1", "0", ""), ("P-1", "15", "On hand"), ("P-1", "10", "On hand"), ("P-1", "20", "Shipped"),
    ]  # fmt: skip
    assert rows[3][8] == "Corner shop"


@pytest.mark.django_db(transaction=True)
def test_export_is_of_the_moment_at_which_it_began(quality, plant, monkeypatch):
    """Somebody ships while it goes out; what had not gone out yet is told as it was. Whoever stops reading keeps nobody from writing."""
    tell_fan(plant, 3)
    monkeypatch.setattr(spread, "AT_ONCE", 1)
    monkeypatch.setattr("lotline.core.csv_text.LINES_AT_ONCE", 1)
    lines = iter(quality.get("/trace-file/FAN-B").streaming_content)
    sent = [next(lines) for _line in range(3)]
    late = LotRef(POUCH, "FAN-P0002")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: append(plant=plant, drafts=[fact(FactKind.SHIP, 9, kilograms(late, 50, "BIN-1", "SHOP"))])).result(20)
        pool.submit(connections.close_all).result()

    rows = list(csv.reader(io.StringIO(b"".join([*sent, *lines]).decode("utf-8-sig"))))

    assert [row[8] for row in rows if row[1] == "FAN-P0002"] == ["Store › Bin 1"]
    answer = quality.get("/trace-file/FAN-B")
    next(iter(answer.streaming_content))
    answer.close()
    append(plant=plant, drafts=[receive(LotRef(BEEF, "B-9"), 1, 10)])
    assert [row[8] for row in table_of(quality.get("/trace-file/FAN-B")) if row[1] == "FAN-P0002"] == ["Corner shop"]
