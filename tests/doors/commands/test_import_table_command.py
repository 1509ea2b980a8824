"""``lotline import table``: the factory's workbook from the command line."""

from __future__ import annotations

import pytest

from tests.doors.exchange.tables.workbook import RECEIPT_HEAD, RECEIPTS, factory_workbook, write_workbook

pytestmark = pytest.mark.slow


def test_a_workbook_becomes_a_genealogy_that_can_be_traced(terminal, tmp_path):
    terminal.run("init", "--no-input")
    path = factory_workbook(tmp_path / "a.xlsx")

    tried = terminal.json("import", "table", path, "--dry-run")
    done = terminal.json("import", "table", path)
    again = terminal.json("import", "table", path)

    assert (tried["facts"], tried["dry_run"]) == (6, True)
    assert (done["facts"], done["new_lots"], done["problems"]) == (6, 4, [])
    assert (again["facts"], again["already_imported"]) == (0, 6)
    traced = terminal.json("trace", "BS-01", "--to", "destinations")
    assert (traced["lots"], sorted(traced["partners"])) == (1, ["城东门店", "城西门店"])


def test_bad_rows_are_named_and_written_to_be_mended(terminal, tmp_path):
    terminal.run("init", "--no-input")
    rows = [list(row) for row in RECEIPTS]
    rows[1][4] = "viel"
    path = write_workbook(tmp_path / "a.xlsx", {"来料": [RECEIPT_HEAD, *rows]})

    refused = terminal.json("import", "table", path, "--bad-rows", tmp_path / "bad.xlsx", code=1)
    said = terminal.run("import", "table", path, LOTLINE_LANG="zh")
    skipped = terminal.json("import", "table", path, "--skip-bad")

    assert refused["errors"][1] == "来料 3 数量: “viel” is not a number. Write digits with a point for decimals."
    assert (tmp_path / "bad.xlsx").stat().st_size > 0
    assert "“viel”不是数字" in said.stderr
    assert skipped["facts"] == 2


def test_columns_and_values_can_be_said(terminal, tmp_path):
    terminal.run("init", "--no-input")
    (tmp_path / "a.csv").write_text("料,Charge,Menge\nX,L1,5\n", encoding="utf-8")
    said = ["--column", "料=item", "--column", "Charge=lot", "--column", "Menge=quantity", "--all-rows", "unit=kg"]

    lacking = terminal.json("import", "table", tmp_path / "a.csv", "--kind", "opening", *said[2:], code=1)
    done = terminal.json("import", "table", tmp_path / "a.csv", "--kind", "opening", *said, "--all-rows", "at=2026-01-01")

    assert '--column "料=item" or, for all rows, --all-rows "item=…". Their names: item, at.' in lacking["advice"]
    assert "template" in lacking["advice"]
    assert done["facts"] == 1


def test_a_template_is_written_and_an_unknown_kind_is_named(terminal, tmp_path):
    written = terminal.run("import", "template", "receipts", tmp_path / "t.xlsx", LOTLINE_LANG="zh")
    unknown = terminal.run("import", "template", "nonsense", tmp_path / "u.xlsx")

    assert (written.returncode, (tmp_path / "t.xlsx").read_bytes()[:2]) == (0, b"PK")
    assert unknown.returncode == 1
    assert "nonsense" in unknown.stderr
