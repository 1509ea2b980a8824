"""A preview promises what the import then does, writes nothing, and is in nobody's way (docs/adr/0037)."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from lotline.core.facts import PlaceKind
from lotline.doors.exchange.tables import posting
from lotline.doors.exchange.tables.importing import Options, commit, detect, importable, preview
from lotline.doors.exchange.tables.problems import BadTable
from lotline.records.catalog.models import Item, Lot, Unit
from lotline.records.journal.models import Fact
from lotline.records.journal.rehearsal import reading_only
from lotline.records.journal.verify import verify_chain
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Place
from tests.doors.exchange.tables.workbook import RECEIPT_HEAD, write_csv, write_workbook
from tests.laws.factory import make_plant
from tests.laws.processes import answers, go, start

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTION_HEAD = ["生产日期", "投入产出", "物料编码", "批号", "数量", "单位", "批记录号"]
SHIPMENT_HEAD = ["发货日期", "产品编码", "批号", "数量", "单位", "客户", "仓库"]
INSPECTION_HEAD = ["检验日期", "物料编码", "批号", "检验项目", "检验值", "判定", "批判定"]
ITEMS = ["A", "B", "C", "a", "N1", "N2"]
NUMBERS = ["1", "3", "4.5", "10", "25", "viel", "0", "-2", "1000"]


def mappings_of(plant, path):
    return importable(detect(plant=plant, path=path))


def draw_workbook(draw: random.Random, path):
    """Sheets of all kinds, in which much is wrong: numbers, codes, units, the order of time, quantities that are not there."""

    def day() -> str:
        return f"2026-01-{draw.randint(1, 9):02}"

    def lot() -> str:
        return draw.choice(["L1", "L2", "L3", "L4", "l1", "L-2", "S1"])

    def receipt() -> list:
        expiry = draw.choice([None, None, None, "2026-01-04", "2026-02-01"])
        supplier, place = draw.choice(["北山牧场", "V1", "K1"]), draw.choice(["原料库", "W1", "BOX", None])
        unit = draw.choice(["kg", "kg", "kg", "包", "g", ""])
        return [day(), draw.choice(ITEMS), None, lot(), draw.choice(NUMBERS), unit, supplier, "F1", expiry, place, None]

    def step(number: int) -> list[list]:
        inputs = [[day(), "投入", draw.choice(ITEMS), lot(), draw.choice(NUMBERS), "kg", f"R-{number}"] for _ in range(draw.randint(1, 2))]
        made = [inputs[0][0], "产出", draw.choice(ITEMS), lot(), draw.choice(NUMBERS), "kg", f"R-{number}"]
        return [[made[0], *row[1:]] for row in inputs] + [made]

    def shipment() -> list:
        return [
            day(),
            draw.choice(ITEMS),
            lot(),
            draw.choice(NUMBERS),
            "kg",
            draw.choice(["K1", "城东门店"]),
            draw.choice(["原料库", None]),
        ]

    def inspection() -> list:
        return [day(), draw.choice(ITEMS), lot(), "水分", "58", None, draw.choice([None, "拒收", "放行", "待检"])]

    items: list[list[Any]] = [["编码", "名称", "单位", "保质期", "是否检验", "辅单位", "换算率"]]
    items += [
        ["N1", "新一", "kg", 2, "否", "包", "25"],
        ["N2", "C", "kg", None, "是", None, None],
        ["A", "甲", draw.choice(["kg", "g"]), None, None, None, None],
    ]
    places: list[list[Any]] = [
        ["编码", "名称", "类型", "上级"],
        ["W1", "新库", "仓库", None],
        ["W2", "格", "库位", "W1"],
        ["V1", "新商", "供应商", None],
    ]
    sheets: dict[str, list[list[Any]]] = {
        "计量单位": [["单位编码", "计量单位名称", "中文名称", "英文名称"], ["kg", "公斤", None, None], ["桶", "大桶", "桶", "barrel"]],
        "物料": draw.choice([items, items[:1] + items[2:]]),
        "库位": places,
        "来料": [RECEIPT_HEAD, *(receipt() for _ in range(25))],
        "生产": [PRODUCTION_HEAD, *(row for number in range(8) for row in step(number))],
        "发货": [SHIPMENT_HEAD, *(shipment() for _ in range(8))],
        "检验": [INSPECTION_HEAD, *(inspection() for _ in range(5))],
    }
    return write_workbook(path, sheets)


@pytest.mark.parametrize("seed", range(6))
def test_a_preview_finds_what_the_import_finds(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(posting, "_LARGEST_CHUNK", 7)  # many portions, so that each sees what those before it did
    draw = random.Random(seed)
    plant = create_plant(code="P1", name="Plant")
    ensure_places(plant=plant, specs=[PlaceSpec("BOX", PlaceKind.CONTAINER, parent="SITE"), PlaceSpec("K1", PlaceKind.CUSTOMER)])
    tables = Fact.objects.for_plant(plant), Lot.objects.for_plant(plant), Place.objects.for_plant(plant), Item.objects, Unit.objects
    seen = set()
    for number in range(3):
        path = draw_workbook(draw, tmp_path / f"{number}.xlsx")
        mappings = mappings_of(plant, path)
        assert len(mappings) == 7
        options = Options(skip_bad=True, book_gaps=bool(number % 2), create_missing=draw.random() < 0.9)
        counts = [rows.count() for rows in tables]

        promised = preview(plant=plant, path=path, mappings=mappings, options=options)

        assert [rows.count() for rows in tables] == counts
        done = commit(plant=plant, path=path, mappings=mappings, options=options)
        assert replace(done, stored=False, import_number=0) == promised
        assert Fact.objects.for_plant(plant).count() == counts[0] + promised.facts
        assert Lot.objects.for_plant(plant).count() == counts[1] + promised.new_lots
        again = preview(plant=plant, path=path, mappings=mappings, options=options)
        assert (again.already_imported >= promised.facts - promised.gaps, again.new_items) == (True, [])
        seen |= {problem.code for problem in promised.problems}
    assert verify_chain(plant).ok
    assert {"not_a_number", "journal:not_enough"} & seen


def test_a_preview_of_a_file_with_refusals_counts_only_what_the_journal_would_take(tmp_path):
    """A refused portion leaves no trace in the rehearsal: the lot that it had drawn from has all of it again."""
    plant = create_plant(code="P1", name="Plant")
    rows = [["2026-01-05", "A", None, "L1", 10, "kg", "V", "F1", None, "原料库", None]]
    ship = [
        ["2026-01-06", "A", "L1", 4, "kg", "K", None],
        ["2026-01-07", "A", "L1", 7, "kg", "K", None],
        ["2026-01-08", "A", "L1", 6, "kg", "K", None],
    ]
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows], "发货": [SHIPMENT_HEAD, *ship]})
    mappings = mappings_of(plant, path)

    result = preview(plant=plant, path=path, mappings=mappings)

    assert [(p.table, p.row, p.code, p.params["available"]) for p in result.errors] == [(1, 3, "journal:not_enough", "6")]
    assert result.facts == 3
    with pytest.raises(BadTable) as refused:
        commit(plant=plant, path=path, mappings=mappings)
    assert refused.value.problems == result.problems


def test_while_a_preview_runs_another_process_writes_at_once(tmp_path, process_environment, monkeypatch):
    monkeypatch.setattr(posting, "_LARGEST_CHUNK", 20)
    plant = make_plant()
    rows = [["2026-01-05", "NEW", None, f"L{number}", 1, "kg", "S1", f"F{number}", None, "A", None] for number in range(60)]
    path = write_csv(tmp_path / "来料.csv", [RECEIPT_HEAD, *rows])
    writer = start(process_environment, plant.code, {"name": "w", "kind": "receive", "moves": [["BEEF", "L1", 1, "S1", "A"]], "times": 1})
    said: list[Any] = []

    def half_way(done: int, _total: int) -> None:
        if done == 40 and not said:
            before = time.monotonic()
            go([writer])
            said.extend([answers(writer), time.monotonic() - before])

    result = preview(plant=plant, path=path, mappings=mappings_of(plant, path), progress=half_way)

    (answer,), seconds = said
    assert answer["seq"] == 1
    assert seconds < 10  # where a writer has to wait it gives up after thirty
    assert (result.facts, result.errors, Fact.objects.for_plant(plant).count()) == (60, [], 1)


def test_nothing_can_be_written_where_only_reading_is_meant():
    plant = create_plant(code="P1", name="Plant")

    with pytest.raises(DatabaseError), reading_only():
        Place.objects.create(plant=plant, code="X", kind=PlaceKind.WAREHOUSE, inside=True)

    with transaction.atomic():
        Place.objects.create(plant=plant, code="X", kind=PlaceKind.WAREHOUSE, inside=True)
    assert Place.objects.for_plant(plant).filter(code="X").count() == 1
