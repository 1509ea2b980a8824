"""Which column says what: found, decided on, remembered; and what goes back to the person."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from django.utils import translation

from lotline.doors.exchange.tables.bad_rows import write_bad_rows_csv, write_bad_rows_workbook
from lotline.doors.exchange.tables.cells import Row
from lotline.doors.exchange.tables.importing import Options, commit, preview
from lotline.doors.exchange.tables.kinds import KINDS
from lotline.doors.exchange.tables.mapping import BadMapping, mapping_from_json, plain_header, propose_columns, propose_mapping
from lotline.doors.exchange.tables.memory import remember_mapping
from lotline.doors.exchange.tables.opening import read_rows
from lotline.doors.exchange.tables.template import write_template
from lotline.records.journal.models import Fact
from lotline.records.places.actions import create_plant
from tests.doors.exchange.tables.workbook import PRODUCTION, PRODUCTION_HEAD, RECEIPT_HEAD, RECEIPTS, mapping_of, write_csv, write_workbook


@pytest.fixture
def plant(db):
    return create_plant(code="P1", name="Plant")


def uses(kind, *headers):
    return [column.use for column in propose_columns(kind, headers)]


def test_headers_are_compared_without_case_width_brackets_and_signs():
    assert plain_header(" 数量（KG）*") == "数量"
    assert plain_header("Lot No.") == plain_header("lot_no") == "lotno"


def test_a_header_that_may_mean_two_things_means_what_no_other_header_means():
    assert uses("receipts", "品名", "物料编码", "批号", "供应商批号", "天气", "") == ["item_name", "item", "lot", "supplier_lot", "+", "-"]
    assert uses("receipts", "品名", "批号") == ["item", "lot"]
    assert uses("receipts", "时间", "批号") == ["at", "lot"]


def test_materials_that_stand_side_by_side_repeat():
    columns = uses("production_wide", "产品批号", "原料1", "原料批号1", "用量1", "原料2", "原料批号2", "用量2")

    assert columns == ["output_lot", "input_item", "input_lot", "input_quantity", "input_item", "input_lot", "input_quantity"]


def test_a_mapping_survives_json_and_what_is_wrong_with_it_is_said():
    mapping = propose_mapping("receipts", "来料", Row(3, RECEIPT_HEAD))

    assert mapping_from_json(json.loads(json.dumps(mapping.to_json()))) == mapping
    for change, code in (
        ({"kind": "nonsense"}, "kind_unknown"),
        ({"columns": [{"index": 0, "header": "x", "use": "nonsense"}]}, "target_unknown"),
        ({"columns": [{"index": n, "header": "x", "use": "lot"} for n in range(2)]}, "target_twice"),
        ({"columns": [{"index": 0, "header": "x", "use": "lot"}, {"index": 0, "header": "x", "use": "item"}]}, "mapping_form"),
        ({"columns": "lot"}, "mapping_form"),
        ({"defaults": {"nonsense": "1"}}, "target_unknown"),
        ({"date_order": "yyy"}, "mapping_form"),
    ):
        with pytest.raises(BadMapping) as refused:
            mapping_from_json({**mapping.to_json(), **change})
        assert refused.value.code == code


def test_what_a_person_decided_is_remembered_for_files_of_the_same_form_in_this_plant_only(plant, tmp_path):
    head = [*RECEIPT_HEAD[:4], "净含", *RECEIPT_HEAD[5:]]
    path = write_workbook(tmp_path / "a.xlsx", {"x": [head, *RECEIPTS]})
    proposed = mapping_of(plant, path, "receipts")
    columns = tuple(replace(c, use="quantity" if c.header == "净含" else c.use) for c in proposed.columns)
    assert [column.name for column in proposed.missing()] == ["quantity"]

    commit(plant=plant, path=path, mappings=[replace(proposed, columns=columns, date_order="dmy")])

    again = mapping_of(plant, write_workbook(tmp_path / "b.xlsx", {"y": [["标题"], head, *RECEIPTS]}))
    assert (again.known, again.header_row, again.columns, again.date_order) == (True, 2, columns, "dmy")
    other = create_plant(code="P2", name="Other")
    assert not mapping_of(other, path, "receipts").known


def test_deciding_again_replaces_what_was_decided(plant):
    mapping = propose_mapping("receipts", "", Row(1, RECEIPT_HEAD))
    remember_mapping(plant=plant, mapping=mapping)
    remember_mapping(plant=plant, mapping=replace(mapping, date_order="mdy"))

    from lotline.doors.exchange.models import ImportMapping

    assert ImportMapping.objects.for_plant(plant).get().mapping["date_order"] == "mdy"


def test_required_columns_that_nothing_gives_are_named_before_reading(plant, tmp_path):
    path = write_csv(tmp_path / "a.csv", [["批号", "数量"], ["L1", "1"]])
    mapping = mapping_of(plant, path, "receipts")

    with translation.override("zh-hans"), pytest.raises(BadMapping) as refused:
        preview(plant=plant, path=path, mappings=[mapping])

    assert (refused.value.code, refused.value.params["columns"]) == ("columns_missing", "物料, 收货时间, 供应商, 供应商批号")


def test_defaults_stand_for_columns_that_the_file_lacks(plant, tmp_path):
    path = write_csv(tmp_path / "a.csv", [["物料", "批号", "库存"], ["X", "L1", "1"]])
    mapping = mapping_of(plant, path, "opening")

    result = commit(plant=plant, path=path, mappings=[replace(mapping, defaults={"at": "2026-01-01", "unit": "箱"})])

    assert result.facts == 1
    with pytest.raises(BadMapping):
        preview(plant=plant, path=path, mappings=[replace(mapping, defaults={"at": "soon"})])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_template_is_recognised_and_its_example_rows_are_good(plant, tmp_path, kind, language):
    path = tmp_path / "t.xlsx"
    with translation.override(language):
        write_template(kind=kind, target=path)

    mapping = mapping_of(plant, path, kind)
    result = preview(plant=plant, path=path, mappings=[mapping], options=Options(book_gaps=True))

    assert mapping.missing() == []
    assert "+" not in [column.use for column in mapping.columns]
    assert {column.use for column in mapping.columns} == {column.name for column in KINDS[kind].columns} - {"time"}
    expected = {"inspections": "item_not_there"}
    assert [problem.code for problem in result.errors] == ([expected[kind]] if kind in expected else [])
    assert result.tables[0].rows == (2 if kind == "production" else 1)


def test_bad_rows_come_back_as_csv_with_reasons_and_no_formula_and_can_be_mended(plant, tmp_path):
    path = write_csv(tmp_path / "a.csv", [RECEIPT_HEAD, [*map(str, ("2026-01-05", "X", "", "=1+1", "-1", "kg", "S", "1", "", "", "@x"))]])
    mapping = mapping_of(plant, path, "receipts")
    result = preview(plant=plant, path=path, mappings=[mapping])
    target = tmp_path / "bad.csv"

    with translation.override("zh-hans"):
        count = write_bad_rows_csv(path=path, mapping=mapping, problems=result.problems, table=0, target=target)

    text = target.read_text(encoding="utf-8-sig")
    assert count == 1
    assert text.splitlines()[0].endswith("备注,原因,原行号")
    assert "'=1+1" in text
    assert ",-1," in text
    assert "'@x" in text
    assert "数量: 数量 -1 不大于零。" in text
    target.write_text(text.replace(",-1,", ",1,"), encoding="utf-8-sig")
    mended = mapping_of(plant, target, "receipts")
    assert [column.use for column in mended.columns[-2:]] == ["-", "-"]
    commit(plant=plant, path=target, mappings=[mended])
    assert '"=1+1"' in Fact.objects.for_plant(plant).get().body


def test_bad_rows_come_back_as_a_workbook_of_texts(plant, tmp_path):
    rows = [list(row) for row in RECEIPTS]
    rows[0][4], rows[2][4] = "viel", "x"
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [["台账"], RECEIPT_HEAD, *rows]})
    mapping = mapping_of(plant, path)
    result = preview(plant=plant, path=path, mappings=[mapping])
    target = io.BytesIO()

    count = write_bad_rows_workbook(path=path, mapping=mapping, problems=result.problems, table=0, target=target)

    (tmp_path / "b.xlsx").write_bytes(target.getvalue())
    back = [list(row.cells) for row in read_rows(tmp_path / "b.xlsx")]
    assert count == 2
    assert [row[3] for row in back] == ["批号", "BS-01", "PK-9"]
    assert [row[-1] for row in back[1:]] == ["3", "5"]
    assert back[1][0] == "2026-01-05 08:30:00"


def test_a_material_row_below_its_product_comes_back_with_the_product(plant, tmp_path):
    rows = [list(row) for row in PRODUCTION]
    rows[1][7] = "viel"
    path = write_workbook(tmp_path / "a.xlsx", {"生产": [PRODUCTION_HEAD, *rows]})
    mapping = mapping_of(plant, path)
    result = preview(plant=plant, path=path, mappings=[mapping])
    target = tmp_path / "bad.csv"

    write_bad_rows_csv(path=path, mapping=mapping, problems=result.problems, table=0, target=target)

    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in lines] == ["产品批号", "BB-1", "BB-1", "BB-1"]
