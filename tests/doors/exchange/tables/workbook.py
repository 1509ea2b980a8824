"""A small factory's workbook, and helpers to write files as factories have them."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

RECEIPT_HEAD = ["入库日期", "物料编码", "物料名称", "批号", "数量", "单位", "供应商", "供应商批号", "有效期至", "仓库", "备注"]
RECEIPTS = [
    [datetime(2026, 1, 5, 8, 30), "BEEF", "牛腱子", "BS-01", 500.0, "公斤", "北山牧场", "F0104", date(2026, 7, 5), "原料库", "冷链到货"],
    [datetime(2026, 1, 5, 9, 0), "SALT", "食盐", 260105, 25, "kg", "盐业公司", "Y-77", date(2028, 1, 1), "原料库", None],
    [datetime(2026, 1, 5, 9, 30), "POUCH", "蒸煮袋", "PK-9", 2000, "个", "包装厂", "B9", None, "包材库", None],
]
PRODUCTION_HEAD = ["生产日期", "产品编码", "产品批号", "产量", "产品单位", "原料编码", "原料批号", "用量", "设备"]
PRODUCTION = [
    [date(2026, 1, 6), "BRAISED", "BB-1", 1200, "袋", "BEEF", "BS-01", 300.5, "锅1"],
    [None, None, None, None, None, "SALT", "260105", 6.25, None],
    [None, None, None, None, None, "POUCH", "PK-9", 1200, None],
]
SHIPMENT_HEAD = ["发货日期", "产品编码", "批号", "数量", "客户", "发货单号"]
SHIPMENTS = [["2026年1月8日 16:00", "BRAISED", "BB-1", 700, "城东门店", "DN-1"], ["2026/1/9", None, "BB-1", 500, "城西门店", "DN-2"]]


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
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
                        sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)
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


def write_csv(path: Path, rows: list[list[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, delimiter=delimiter).writerows(rows)
    return path
