"""Files as factories and attackers have them become rows, exactly, or are refused in time."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from lotline.doors.exchange.tables import limits
from lotline.doors.exchange.tables.cells import CellError, UnreadableTable, show
from lotline.doors.exchange.tables.opening import list_sheets, read_rows
from tests.doors.exchange.tables.workbook import write_csv, write_workbook

ROWS = [["批号", "数量"], ["甲-1", "12.5"], ["乙", "3"]]


def cells(path, sheet=""):
    return [list(row.cells) for row in read_rows(path, sheet)]


def refusal(path):
    try:
        list_sheets(path)
        cells(path)
    except UnreadableTable as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_each_encoding_and_with_each_delimiter(tmp_path, encoding, delimiter):
    rows = [["lot", "qty", "note"], *[[f"L{n}", "1.5", "a"] for n in range(20)]] if encoding in {"utf-16-le", "utf-16-be"} else ROWS

    assert cells(write_csv(tmp_path / "a.csv", rows, encoding=encoding, delimiter=delimiter)) == rows


def test_csv_with_line_breaks_in_quotes_counts_rows_as_excel_does(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'a,b\r\n"one\ntwo","x,""y"""\r\n\r\nlast,1\r\n')

    assert [(row.number, list(row.cells)) for row in read_rows(tmp_path / "a.csv")] == [
        (1, ["a", "b"]),
        (2, ["one\ntwo", 'x,"y"']),
        (3, []),
        (4, ["last", "1"]),
    ]


def test_csv_keeps_leading_zeros_and_takes_the_guard_of_our_own_exports_off(tmp_path):
    (tmp_path / "a.csv").write_text("007,'=SUM(A1),'-x,'quoted\n", encoding="utf-8")

    assert cells(tmp_path / "a.csv") == [["007", "=SUM(A1)", "-x", "'quoted"]]


def test_a_workbook_gives_decimals_dates_errors_and_merged_cells_and_no_float(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, day = book.add_worksheet("数据"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 1, ["a", 12.0, 0.1 + 0.2])
        sheet.write_datetime(2, 1, datetime(2026, 1, 2), day)  # noqa: DTZ001 -- a cell has no zone
        sheet.write_formula(2, 2, "=NA()", None, "#N/A")
        sheet.write_formula(2, 3, "=1+1", None, 2)
        sheet.merge_range(3, 1, 5, 1, "M")
        sheet.write_column(3, 2, [1, 2, 3])

    rows = list(read_rows(path))

    assert [list(row.cells) for row in rows] == [
        [],
        [None, "a", Decimal(12), Decimal("0.3")],
        [None, date(2026, 1, 2), CellError("#N/A"), Decimal(2)],
        [None, "M", Decimal(1)],
        [None, "M", Decimal(2)],
        [None, "M", Decimal(3)],
    ]
    assert [list(row.merged) for row in rows] == [[], [], [], [], [1], [1]]
    assert show(rows[1].cells[2]) == "12"


def test_the_residue_of_a_sum_is_not_taken_for_data(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", {"s": [["x"], [1]]})
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v>1</v>", b"<v>0.30000000000000004</v>")
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)

    assert cells(path)[1] == [Decimal("0.3")]


def test_sheets_are_listed_in_order_with_the_hidden_ones_marked(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("一").write(0, 0, 1)
        hidden = book.add_worksheet("二")
        hidden.hide()

    assert [(sheet.name, sheet.hidden) for sheet in list_sheets(tmp_path / "a.xlsx")] == [("一", False), ("二", True)]


def test_a_workbook_that_asks_for_half_a_terabyte_is_refused_and_we_live_on(tmp_path):
    write_workbook(tmp_path / "a.xlsx", {"s": [["a"]]})
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "z")

    assert refusal(tmp_path / "a.xlsx") == "workbook_too_large"


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = write_workbook(tmp_path / "a.xlsx", {"s": [["a"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/zeros.xml", "w") as part:
        for _ in range(limits.LARGEST_UNPACKED // (8 * limits.MEGABYTE) + 1):
            part.write(bytes(8 * limits.MEGABYTE))

    assert path.stat().st_size < limits.LARGEST_FILE
    assert refusal(path) == "workbook_too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"PK\x03\x04 no zip at all", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no document", "not_a_workbook"),
        (b"a,b\n\xff\xfe\x81,1\n", "encoding_unknown"),
        (b"a," * 10_000 + b"a\n" + b"1," * 10_000 + b"1\n", "too_many_columns"),
        (b'a,b\n"' + b"x" * 200_000 + b'",1\n', "not_csv"),
    ],
    ids=["empty", "no_zip", "no_ole", "no_encoding", "columns", "cell"],
)
def test_files_that_are_no_tables_are_refused_with_the_reason(tmp_path, content, code):
    (tmp_path / "a").write_bytes(content)

    assert refusal(tmp_path / "a") == code


def test_a_workbook_with_ten_thousand_columns_is_refused(tmp_path):
    assert refusal(write_workbook(tmp_path / "a.xlsx", {"s": [[str(n) for n in range(10_000)], ["x"]]})) == "workbook_too_large"


def test_an_ods_file_is_read(tmp_path):
    names = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text"))
    table = (
        '<table:table table:name="S1"><table:table-row><table:table-cell office:value-type="string"><text:p>批号</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="12.5"><text:p>12.5</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    )
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", f"<?xml version='1.0'?><office:document-content {names}>{body}</office:document-content>")
        packed.writestr("META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')

    assert cells(tmp_path / "a.ods") == [["批号", Decimal("12.5"), date(2026, 1, 2)]]


def test_an_xls_file_of_old_excel_is_read_with_its_merged_cells():
    rows = list(read_rows(Path(__file__).with_name("receipts.xls")))

    assert [row.cells[0] for row in rows[1:]] == [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 6)]
    assert [row.cells[3] for row in rows[1:]] == [Decimal("500.25"), None, Decimal(7)]  # the second is a formula that nobody has worked out
    assert [list(row.merged) for row in rows] == [[], [], [], [0]]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "file_is_pdf"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file_is_picture"),
        ("a.xls", b"\xff\xd8\xff\xe0\0\x10JFIF", "file_is_picture"),
        ("a.csv", b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", "file_is_picture"),
        ("a.csv", b"\0\0\0\x18ftypheic\0\0", "file_is_picture"),
        ("a.xls", "\ufeff<html><body><table><tr><td>批号</td></tr></table>".encode(), "file_is_web_page"),
        ("a.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "file_is_xml_workbook"),
        ("a.csv", b"\x1f\x8b\x08\0abc", "file_is_archive"),
        ("a.doc", b"{\\rtf1\\ansi", "file_is_document"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le"), "file_is_document"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "workbook_protected"),
        ("a.csv", bytes(range(128, 256)) * 4, "encoding_unknown"),
    ],
)
def test_what_is_no_table_is_called_what_it_is_whatever_its_name(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)

    assert refusal(tmp_path / name) == code


@pytest.mark.parametrize(
    ("member", "code"),
    [("word/document.xml", "file_is_document"), ("Index/Document.iwa", "file_is_numbers"), ("收货.csv", "file_is_archive")],
)
def test_a_zip_that_is_no_workbook_is_called_what_it_is(tmp_path, member, code):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr(member, "x")

    assert refusal(tmp_path / "a.xlsx") == code


def test_a_csv_whose_first_header_begins_with_the_letters_of_a_bitmap_is_a_csv(tmp_path):
    (tmp_path / "a.csv").write_text("BM,qty\nL1,5\n", encoding="utf-8")

    assert cells(tmp_path / "a.csv") == [["BM", "qty"], ["L1", "5"]]
