"""The factory's present workbook becomes lots and genealogy without retyping."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lotline.core.facts import PlaceKind
from lotline.doors.exchange.tables.importing import Options, commit, detect, importable, preview
from lotline.doors.exchange.tables.problems import BadTable
from lotline.records.catalog.actions import ensure_units
from lotline.records.catalog.models import Item, Lot, LotOrigin, Unit
from lotline.records.journal.models import Balance, Fact, Posting
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Place
from tests.doors.exchange.tables.workbook import RECEIPT_HEAD, RECEIPTS, factory_workbook, write_csv, write_workbook

pytestmark = pytest.mark.django_db
ONE = 1_000_000


@pytest.fixture
def plant():
    return create_plant(code="P1", name="Plant")


def mappings_of(plant, path, kind=""):
    return importable(detect(plant=plant, path=path, kind=kind))


def load(plant, path, kind="", **options):
    return commit(plant=plant, path=path, mappings=mappings_of(plant, path, kind), options=Options(**options))


def try_out(plant, path, kind="", **options):
    return preview(plant=plant, path=path, mappings=mappings_of(plant, path, kind), options=Options(**options))


def balances(plant):
    rows = Balance.objects.for_plant(plant).filter(inside=True).exclude(quantity=0)
    return {(lot, place): quantity for lot, place, quantity in rows.values_list("lot__code", "place__code", "quantity")}


def codes(result):
    return [(problem.row, problem.code) for problem in result.problems]


def test_a_workbook_with_titles_and_sums_is_recognised_sheet_by_sheet(plant, tmp_path):
    detected = detect(plant=plant, path=factory_workbook(tmp_path / "a.xlsx"))

    assert [(one.sheet.name, one.mapping and one.mapping.kind, one.mapping and one.mapping.header_row) for one in detected] == [
        ("说明", None, None),
        ("发货", "shipments", 1),
        ("生产", "production_wide", 3),
        ("来料", "receipts", 3),
    ]
    assert [mapping.kind for mapping in importable(detected)] == ["receipts", "production_wide", "shipments"]


def test_commit_of_a_workbook_gives_lots_genealogy_and_stock(plant, tmp_path):
    result = load(plant, factory_workbook(tmp_path / "a.xlsx"))

    assert (result.facts, result.new_lots, result.stored) == (6, 4, True)
    assert sorted(result.new_items) == ["BEEF", "BRAISED", "POUCH", "SALT"]
    assert balances(plant) == {("BS-01", "原料库"): 199_500_000, ("260105", "原料库"): 18_750_000, ("PK-9", "包材库"): 800 * ONE}
    postings = Posting.objects.for_plant(plant).filter(fact__kind="transform").exclude(role=0)
    assert {(code, role) for code, role in postings.values_list("lot__code", "role")} == {
        ("BB-1", 2),
        ("BS-01", 1),
        ("260105", 1),
        ("PK-9", 1),
    }
    assert Item.objects.get(code="BEEF").unit.code == "kg"
    assert Item.objects.get(code="BRAISED").kind == "finished"
    assert Place.objects.for_plant(plant).get(code="城东门店").kind == PlaceKind.CUSTOMER
    assert Lot.objects.for_plant(plant).get(code="BS-01").expires_at == datetime(2026, 7, 5, 15, 59, 59, tzinfo=UTC)
    assert LotOrigin.objects.for_plant(plant).get(lot__code="BS-01").supplier_lot.code == "F0104"


def test_preview_promises_what_commit_does_and_stores_nothing(plant, tmp_path):
    path = factory_workbook(tmp_path / "a.xlsx")

    promised = try_out(plant, path)

    assert not Fact.objects.for_plant(plant).exists()
    assert not Item.objects.exists()
    assert not Place.objects.for_plant(plant).filter(code="城东门店").exists()
    done = load(plant, path)
    assert (promised.facts, promised.new_lots, promised.new_items) == (done.facts, done.new_lots, done.new_items)
    assert promised.tables[0].sample[0]["quantity"] == "500"
    assert promised.tables[0].sample[0]["supplier_lot"] == "F0104"


def test_the_same_workbook_again_stores_nothing_new(plant, tmp_path):
    path = factory_workbook(tmp_path / "a.xlsx")
    load(plant, path)

    again = load(plant, path)

    assert (again.facts, again.already_imported, again.new_lots) == (0, 6, 0)
    assert Fact.objects.for_plant(plant).count() == 6


def test_the_same_rows_as_csv_are_known_and_only_new_rows_are_stored(plant, tmp_path):
    load(plant, factory_workbook(tmp_path / "a.xlsx"))
    grown = [
        ["2026-01-05 08:30", "BEEF", "牛腱子", "BS-01", "500", "公斤", "北山牧场", "F0104", "2026-07-05", "原料库", "冷链"],
        ["2026-01-10", "BEEF", "牛腱子", "BS-02", "1,250.5", "公斤", "北山牧场", "F0110", "2026-07-10", "原料库", ""],
    ]

    result = load(plant, write_csv(tmp_path / "来料.csv", [RECEIPT_HEAD, *grown], encoding="gb18030"))

    assert (result.facts, result.already_imported) == (1, 1)
    assert balances(plant)["BS-02", "原料库"] == 1_250_500_000


def test_two_equal_rows_in_one_file_are_two_receipts(plant, tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, RECEIPTS[0], RECEIPTS[0]]})

    first, second = load(plant, path), load(plant, path)

    assert (first.facts, second.facts, second.already_imported) == (2, 0, 2)
    assert balances(plant) == {("BS-01", "原料库"): 1000 * ONE}


def test_every_bad_row_is_named_with_row_column_and_reason_and_nothing_is_stored(plant, tmp_path):
    rows = [list(RECEIPTS[0]) for _ in range(6)]
    rows[0][4] = "viel"
    rows[1][3] = None
    rows[2][0] = "03/04/2026"
    rows[3][4] = -5
    rows[4][8] = "soon"
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows]})

    result = try_out(plant, path)

    assert [(p.row, p.column, p.code) for p in result.errors] == [
        (2, "数量", "not_a_number"),
        (3, "批号", "missing"),
        (4, "入库日期", "date_ambiguous"),
        (5, "数量", "not_above_zero"),
        (6, "有效期至", "not_a_date"),
    ]
    with pytest.raises(BadTable):
        load(plant, path)
    assert not Fact.objects.for_plant(plant).exists()
    assert not Item.objects.exists()


def test_skip_bad_stores_the_good_rows_and_the_mended_file_adds_the_rest(plant, tmp_path):
    rows = [list(RECEIPTS[0]), list(RECEIPTS[1])]
    rows[0][4] = "viel"
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows]})
    first = load(plant, path, skip_bad=True)

    rows[0][4] = 500
    second = load(plant, write_workbook(tmp_path / "b.xlsx", {"来料": [RECEIPT_HEAD, *rows]}))

    assert (first.facts, second.facts, second.already_imported) == (1, 1, 1)


def test_refusals_of_the_journal_are_told_at_their_rows_all_of_them(plant, tmp_path):
    head: Any = ["发货日期", "产品编码", "批号", "数量", "单位", "客户"]
    rows = [["2026-01-08", "X", "L1", 1, "pcs", "K"], ["2026-01-08", "X", "L2", 1, "pcs", "K"]]
    path = write_workbook(tmp_path / "a.xlsx", {"发货": [head, *rows]})

    result = try_out(plant, path)

    assert [(p.row, p.column, p.code) for p in result.errors] == [(2, "批号", "journal:lot_unknown"), (3, "批号", "journal:lot_unknown")]


def test_book_gaps_brings_what_was_never_recorded_from_the_variance_account(plant, tmp_path):
    head: Any = ["发货日期", "产品编码", "批号", "数量", "单位", "客户"]
    ship: Any = {"发货": [head, ["2026-01-08", "X", "L1", 3, "pcs", "K"]]}
    more: Any = {
        "生产": [
            ["生产日期", "产品编码", "产品批号", "产量", "产品单位", "原料编码", "原料批号", "用量", "原料单位"],
            ["2026-01-07", "Y", "Y1", 5, "pcs", "X", "L2", 7, "pcs"],
        ]
    }

    result = load(plant, write_workbook(tmp_path / "a.xlsx", ship | more), book_gaps=True)
    again = load(plant, tmp_path / "a.xlsx", book_gaps=True)

    assert result.gaps == 2
    assert {code for _row, code in codes(result)} == {"gap_booked"}
    assert balances(plant) == {("Y1", "SITE"): 5 * ONE}
    reasons = {json.loads(p.fact.body)["reason"] for p in Posting.objects.for_plant(plant).filter(origin__code="VARIANCE")}
    assert reasons == {"用了，但从未记录过"}
    assert (again.facts, again.gaps) == (0, 0)


def test_rework_of_what_is_not_there_is_refused_in_the_preview_or_booked_as_a_gap(plant, tmp_path):
    ship: Any = [["发货日期", "产品编码", "批号", "数量", "单位", "客户"], ["2026-01-06", "X", "L1", 3, "pcs", "K"]]
    load(plant, write_workbook(tmp_path / "a.xlsx", {"发货": ship}), book_gaps=True)
    head: Any = ["生产日期", "投入产出", "物料编码", "批号", "数量", "单位", "批记录号"]
    rows = [["2026-01-07", side, "X", "L1", "2", "pcs", "R-1"] for side in ("投入", "产出")]
    path = write_workbook(tmp_path / "b.xlsx", {"生产": [head, *rows]})

    refused = try_out(plant, path)
    result = load(plant, path, book_gaps=True)

    assert [p.code for p in refused.errors] == ["journal:draws_own_output", "beside_bad_row"]
    assert (result.facts, result.gaps) == (1, 1)
    assert balances(plant) == {("L1", "SITE"): 2 * ONE}


def test_a_shipment_that_follows_from_a_bad_row_says_which(plant, tmp_path):
    rows = [list(RECEIPTS[0])]
    rows[0][4] = "viel"
    ship: Any = [["发货日期", "产品编码", "批号", "数量", "单位", "客户"], ["2026-01-08", "BEEF", "BS-01", 1, "kg", "K"]]
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows], "发货": ship})

    result = try_out(plant, path)

    assert [(p.table, p.row, p.code) for p in result.errors] == [(0, 2, "not_a_number"), (1, 2, "comes_from_bad_row")]
    assert result.errors[1].params["row"] == "2"


def test_an_event_is_taken_whole_or_not_at_all(plant, tmp_path):
    path = factory_workbook(tmp_path / "a.xlsx")
    load(plant, path)
    head: Any = ["生产日期", "投入产出", "物料编码", "批号", "数量", "单位", "批记录号"]
    rows = [
        ["2026-01-07", "投入", "BEEF", "BS-01", "10", "kg", "R-1"],
        ["2026-01-07", "投入", "SALT", "260105", "ten", "kg", "R-1"],
        ["2026-01-07", "产出", "MINCE", "M1", "10", "kg", "R-1"],
        ["2026-01-07", "投入", "BEEF", "BS-01", "5", "kg", "R-2"],
        ["2026-01-07", "产出", "MINCE", "M2", "5", "kg", "R-2"],
    ]

    result = load(plant, write_csv(tmp_path / "生产.csv", [head, *rows]), "production", skip_bad=True)

    assert [(p.row, p.code) for p in result.errors] == [(2, "beside_bad_row"), (3, "not_a_number"), (4, "beside_bad_row")]
    assert result.facts == 1
    assert balances(plant)["M2", "SITE"] == 5 * ONE


def test_an_event_that_was_changed_since_its_import_is_refused(plant, tmp_path):
    load(plant, factory_workbook(tmp_path / "a.xlsx"))
    head: Any = ["生产日期", "投入产出", "物料编码", "批号", "数量", "单位", "批记录号"]
    rows = [["2026-01-07", "投入", "BEEF", "BS-01", "10", "kg", "R-1"], ["2026-01-07", "产出", "MINCE", "M1", "10", "kg", "R-1"]]
    load(plant, write_csv(tmp_path / "b.csv", [head, *rows]), "production")
    rows[1][4] = "9"

    result = try_out(plant, write_csv(tmp_path / "c.csv", [head, *rows]), "production")

    assert codes(result) == [(2, "changed_since_import"), (3, "changed_since_import")]


def test_rows_of_one_day_are_written_makers_first_whatever_their_order(plant, tmp_path):
    head: Any = ["生产日期", "投入产出", "物料编码", "批号", "数量", "单位", "批记录号"]
    rows = [
        ["2026-01-07", "投入", "B", "B1", "4", "kg", "R-2"],
        ["2026-01-07", "产出", "C", "C1", "4", "kg", "R-2"],
        ["2026-01-07", "投入", "A", "A1", "4", "kg", "R-1"],
        ["2026-01-07", "产出", "B", "B1", "4", "kg", "R-1"],
    ]
    opening: Any = {"期初库存": [["盘点日期", "物料编码", "批号", "数量", "单位"], ["2026-01-01", "A", "A1", 4, "kg"]]}
    load(plant, write_workbook(tmp_path / "o.xlsx", opening))

    result = load(plant, write_csv(tmp_path / "生产.csv", [head, *rows]), "production")

    assert result.facts == 2
    assert balances(plant) == {("C1", "SITE"): 4 * ONE}
    assert Item.objects.get(code="B").kind == "wip"


def test_a_receipt_without_known_supplier_is_taken_and_said(plant, tmp_path):
    rows = [list(RECEIPTS[0])]
    rows[0][6:8] = ["不明", "不明"]

    result = load(plant, write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows]}))

    assert codes(result) == [(2, "supplier_not_known"), (2, "supplier_lot_not_known")]
    assert '"reason":"供应商未知"' in Fact.objects.for_plant(plant).get().body
    assert Posting.objects.for_plant(plant).get().origin.code == "VARIANCE"


def test_columns_that_nobody_knows_are_kept_as_attributes_of_the_lot(plant, tmp_path):
    load(plant, factory_workbook(tmp_path / "a.xlsx"))

    bodies = Fact.objects.for_plant(plant).filter(kind="receive").order_by("seq").values_list("body", flat=True)

    assert '"attributes":{"备注":"冷链到货"}' in bodies[0]


def test_a_lot_that_looks_like_another_is_warned_of(plant, tmp_path):
    load(plant, write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, RECEIPTS[0]]}))
    rows = [[*RECEIPTS[0][:3], code, *RECEIPTS[0][4:]] for code in ("BS01", "BS-03", "bs O3", "BS-04")]

    result = try_out(plant, write_workbook(tmp_path / "b.xlsx", {"来料": [RECEIPT_HEAD, *rows]}))

    assert [(p.row, p.params["code"], p.params["other"]) for p in result.warnings] == [(2, "BS01", "BS-01"), (4, "bs O3", "BS-03")]


def test_without_permission_new_items_and_partners_are_bad_rows(plant, tmp_path):
    result = try_out(plant, write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, RECEIPTS[0]]}), create_missing=False)

    assert codes(result) == [(2, "item_not_there")]


def test_the_unit_of_the_header_and_of_the_cell_count(plant, tmp_path):
    head: Any = ["入库日期", "物料编码", "批号", "数量（吨）", "供应商", "供应商批号"]
    rows = [["2026-01-05", "OIL", "O1", "1.5", "S", "1"], ["2026-01-05", "OIL", "O2", "250 t", "S", "2"]]

    load(plant, write_csv(tmp_path / "来料.csv", [head, *rows]))

    assert Item.objects.get(code="OIL").unit.code == "t"
    assert balances(plant) == {("O1", "SITE"): 1_500_000, ("O2", "SITE"): 250 * ONE}


def test_quantities_in_another_unit_are_converted_exactly_or_refused(plant, tmp_path):
    items: Any = {"物料": [["物料编码", "名称", "单位", "类别", "辅单位", "换算率"], ["OIL", "油", "kg", "原料", "桶", 18.4]]}
    load(plant, write_workbook(tmp_path / "i.xlsx", items))
    head: Any = ["入库日期", "物料编码", "批号", "数量", "单位", "供应商", "供应商批号"]
    rows = [
        ["2026-01-05", "OIL", "O1", "3", "桶", "S", "1"],
        ["2026-01-05", "OIL", "O2", "500", "g", "S", "2"],
        ["2026-01-05", "OIL", "O3", "1", "箱", "S", "3"],
    ]

    result = load(plant, write_csv(tmp_path / "来料.csv", [head, *rows]), skip_bad=True)

    assert balances(plant) == {("O1", "SITE"): 55_200_000, ("O2", "SITE"): 500_000}
    assert codes(result) == [(4, "unit_not_of_item")]


def test_inspections_become_one_fact_a_lot_with_measurements_as_written(plant, tmp_path):
    load(plant, factory_workbook(tmp_path / "a.xlsx"))
    head: Any = ["检验日期", "批号", "检验项目", "检测值", "单位", "下限", "上限", "判定", "检验员"]
    rows = [
        ["2026-01-07", "BB-1", "水分", "58.20", "%", "50", "60", "合格", "李"],
        ["2026-01-07", "BB-1", "菌落总数", "未检出", "CFU/g", "", "100", "合格", "李"],
        ["2026-01-07", "BB-1", "外观", "合格", "", "", "", "", "李"],
    ]

    result = load(plant, write_csv(tmp_path / "检验.csv", [head, *rows]))

    assert (result.facts, codes(result)) == (1, [(3, "value_in_words")])
    body = Fact.objects.for_plant(plant).get(kind="inspect").body
    assert '"value":"58.20"' in body
    assert '"as_written":{"菌落总数":"未检出"}' in body
    assert '"verdict":"PASS"' in body


def test_partners_and_places_are_imported_parents_first(plant, tmp_path):
    head: Any = ["编码", "名称", "类型", "上级"]
    rows = [["A-01", "一号位", "库位", "WH"], ["WH", "原料库", "仓库", ""], ["S9", "北山牧场", "供应商", ""], ["X", "", "库位", "NOWHERE"]]

    result = load(plant, write_csv(tmp_path / "库位.csv", [head, *rows]), skip_bad=True)

    assert sorted(result.new_places) == ["A-01", "S9", "WH"]
    assert Place.objects.for_plant(plant).get(code="A-01").parent.code == "WH"
    assert codes(result) == [(5, "parent_not_there")]


def test_a_supplier_is_found_by_name_and_one_who_is_a_customer_too_gets_a_second_place(plant, tmp_path):
    head: Any = ["编码", "名称", "类型"]
    load(plant, write_csv(tmp_path / "p.csv", [head, ["S9", "北山牧场", "供应商"], ["盐业公司", "", "客户"]]), "places")

    result = load(plant, write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *RECEIPTS[:2]]}))

    origins = Posting.objects.for_plant(plant).order_by("seq").values_list("origin__code", flat=True)
    assert list(origins) == ["S9", "盐业公司 (supplier)"]
    assert "盐业公司 (supplier)" in result.new_places


def test_where_a_lot_lies_at_several_places_the_row_must_say_from_which(plant, tmp_path):
    rows = [list(RECEIPTS[0]), list(RECEIPTS[0])]
    rows[1][9] = "二号库"
    load(plant, write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows]}))

    head: Any = ["发货日期", "批号", "数量", "客户"]
    result = try_out(plant, write_csv(tmp_path / "b.csv", [head, ["2026-01-08", "BS-01", "1", "K"]]), "shipments")

    assert codes(result) == [(2, "place_ambiguous")]


def test_a_table_of_units_names_them_by_language_and_leaves_what_is_blank(plant, tmp_path):
    ensure_units(["pcs", "bag"])
    head = ["单位编码", "单位名称", "中文名称", "英文名称"]
    path = write_csv(tmp_path / "units.csv", [head, ["pcs", "", "只", "pieces"], ["袋", "", "", "pouches"], ["炉", "", "炉次", "melt"]])

    tried = try_out(plant, path)
    kept = Unit.objects.get(code="pcs").names
    done = load(plant, path)
    again = load(plant, path)

    assert [table.mapping.kind for table in done.tables] == ["units"]
    assert tried.named_units == done.named_units == ["bag", "pcs", "炉"]
    assert (kept, again.named_units) == ({"zh-hans": "件"}, [])
    names = dict(Unit.objects.values_list("code", "names"))
    assert names["pcs"] == {"en": "pieces", "zh-hans": "只"}
    assert names["bag"] == {"en": "pouches", "zh-hans": "袋"}
    assert Unit.objects.get(code="炉").label_in("en") == "melt"


def test_a_unit_that_is_named_twice_in_one_file_is_a_bad_row(plant, tmp_path):
    head = ["unit code", "unit name in English"]
    path = write_csv(tmp_path / "units.csv", [head, ["kg", "kilo"], ["公斤", "kilogram"]])

    with pytest.raises(BadTable) as refused:
        load(plant, path, kind="units")

    assert [(problem.row, problem.code) for problem in refused.value.problems] == [(3, "said_twice")]


def test_progress_counts_rows_read_and_then_rows_done_of_all(plant, tmp_path):
    rows = [[f"L{n}", "SALT", "1", "kg", "2026-01-05", "MINE", "M"] for n in range(2500)]
    path = write_csv(tmp_path / "r.csv", [["lot", "item", "quantity", "unit", "received at", "supplier", "supplier lot"], *rows])
    read: list[int] = []
    done: list[tuple[int, int]] = []

    preview(
        plant=plant,
        path=path,
        mappings=mappings_of(plant, path),
        progress=lambda *figures: done.append(figures),
        reading=read.append,
    )

    assert read == [500, 1000, 1500, 2000, 2500]
    assert done == [(0, 2500), (2000, 2500), (2500, 2500)]
