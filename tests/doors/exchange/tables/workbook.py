"""A small factory's workbook, and helpers to write files as factories have them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from lotline.doors.exchange.tables.importing import detect
from lotline.doors.exchange.tables.mapping import Mapping as TableMapping
from lotline.records.places.models import Plant

RECEIPT_HEAD = ["入库日期", "物料编码", "物料名称", "批号", "数量", "单位", "供应商", "供应商批号", "有效期至", "仓库", "备注"]
RECEIPTS: list[list[Any]] = [
    [datetime(2026, 1, 5, 8, 30), "BEEF", "牛腱子", "BS-01", 500.0, "公斤", "北山牧场", "F0104", date(2026, 7, 5), "原料库", "冷链到货"],  # noqa: DTZ001 -- a cell has no zone
    [datetime(2026, 1, 5, 9, 0), "SALT", "食盐", 260105, 25, "kg", "盐业公司", "Y-77", date(2028, 1, 1), "原料库", None],  # noqa: DTZ001 -- a cell has no zone
    [datetime(2026, 1, 5, 9, 30), "POUCH", "蒸煮袋", "PK-9", 2000, "个", "包装厂", "B9", None, "包材库", None],  # noqa: DTZ001 -- a cell has no zone
]
PRODUCTION_HEAD = ["生产日期", "产品编码", "产品批号", "产量", "产品单位", "原料编码", "原料批号", "用量", "设备"]
PRODUCTION: list[list[Any]] = [
    [date(2026, 1, 6), "BRAISED", "BB-1", 1200, "袋", "BEEF", "BS-01", 300.5, "锅1"],
    [None, None, None, None, None, "SALT", "260105", 6.25, None],
    [None, None, None, None, None, "POUCH", "PK-9", 1200, None],
]
SHIPMENT_HEAD = ["发货日期", "产品编码", "批号", "数量", "客户", "发货单号"]
SHIPMENTS: list[list[Any]] = [
    ["2026年1月8日 16:00", "BRAISED", "BB-1", 700, "城东门店", "DN-1"],
    ["2026/1/9", None, "BB-1", 500, "城西门店", "DN-2"],
]


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Dates as dates, numbers as numbers, the rest as text."""
    with xlsxwriter.Workbook(str(path)) as book:
        day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, column, cell, moment)
                    elif isinstance(cell, date):
                        sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 -- a cell has no zone
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return path


def factory_workbook(path: Path) -> Path:
    """Title rows, three sheets in no good order, a sum, and a sheet of notes that is no table."""
    return write_workbook(
        path,
        {
            "说明": [["本厂追溯台账"], ["联系人：王芳"]],
            "发货": [SHIPMENT_HEAD, *SHIPMENTS],
            "生产": [["2026年1月生产记录"], [], PRODUCTION_HEAD, *PRODUCTION],
            "来料": [["某某食品厂 来料台账"], [], RECEIPT_HEAD, *RECEIPTS, ["合计", None, None, None, 2525]],
        },
    )


def mapping_of(plant: Plant, path: Path, kind: str = "") -> TableMapping:
    """What the first sheet was recognised as."""
    mapping = detect(plant=plant, path=path, kind=kind)[0].mapping
    assert mapping is not None
    return mapping


def write_csv(path: Path, rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, delimiter=delimiter).writerows(rows)
    return path
