"""The picture of a large trace is light on the wire."""

from __future__ import annotations

import gzip
import json

from lotline.core.facts import FactKind, LotRef
from lotline.records.genealogy.graph import STEP
from lotline.records.journal.actions import append
from tests.doors.web.plant_of_pages import BEEF, POUCH, SAUCE, cook, fact, kilograms, last_fact, receive, tell_fan

BYTES_PER_LOT = 60  # 5,000 lots all at once in 300 KB


def test_all_lots_at_once_travel_compressed(quality, plant):
    tell_fan(plant, 150)

    answer = quality.get("/trace-picture/FAN-B?view=overview", headers={"accept-encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.content))["lots"] == 301
    assert len(answer.content) < 301 * BYTES_PER_LOT


def tell_wide(plant, width):
    """One beef lot became ``width`` sauces, and in one fact all of them as many lots of pouches."""
    sauces = [LotRef(SAUCE, f"W-S{number}") for number in range(width)]
    ends = [kilograms(one, 10, "BIN-1", "PROCESS") for one in sauces]
    ends += [kilograms(LotRef(POUCH, f"W-P{number}"), 10, "PROCESS", "BIN-1") for number in range(width)]
    cooked = [cook([LotRef(BEEF, "W-B")], one, 1 + number / 1000) for number, one in enumerate(sauces)]
    mixed = fact(FactKind.TRANSFORM, 5, *ends, operation="Mixing", operator="Chen Gang")
    append(plant=plant, drafts=[receive(LotRef(BEEF, "W-B"), 10 * width, 0), *cooked, mixed])


def test_a_fact_of_many_lots_is_a_card_with_a_line_for_each_lot_and_not_for_each_pair(quality, plant):
    tell_wide(plant, 100)

    answer = quality.get("/trace-picture/W-B?view=overview", headers={"accept-encoding": "gzip"})
    picture = json.loads(gzip.decompress(answer.content))

    assert (picture["lots"], picture["links"]) == (201, 300)
    assert len(answer.content) < 201 * BYTES_PER_LOT
    (step,) = (one for one in picture["ids"] if one.startswith(STEP))
    shown = quality.get(f"/card/{step}").content.decode()
    assert "Mixing" in shown
    assert shown.count("100 lots") == 2
    assert quality.get(f"/open/{step}")["Location"] == f"/facts/{last_fact(plant).pk}"


def test_a_step_that_is_none_is_not_found(quality, plant):
    for node in (f"{STEP}nothing", f"{STEP}{plant.pk}:0"):
        assert quality.get(f"/card/{node}").status_code == 404
