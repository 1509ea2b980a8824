"""What people write in cells, and what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from lotline.doors.exchange.tables.kinds import KINDS
from lotline.doors.exchange.tables.values import BadCell, read_cell

ZONE = ZoneInfo("Asia/Shanghai")
RECEIPTS = KINDS["receipts"]


def read(name, cell, *, order="ymd", remarks=None):
    heard = [] if remarks is None else remarks
    return read_cell(RECEIPTS.column(name), cell, zone=ZONE, date_order=order, remark=lambda code, **params: heard.append(code))


def refusal(name, cell, **said):
    with pytest.raises(BadCell) as refused:
        read(name, cell, **said)
    return refused.value.code


@pytest.mark.parametrize(
    ("cell", "micro", "unit"),
    [
        ("12.5", 12_500_000, ""),
        (Decimal(12), 12_000_000, ""),
        ("1,234.5", 1_234_500_000, ""),
        ("１２．５", 12_500_000, ""),
        ("25 kg", 25_000_000, "kg"),
        ("3袋", 3_000_000, "bag"),
        (".5", 500_000, ""),
    ],
)
def test_quantities_are_exact(cell, micro, unit):
    assert read("quantity", cell) == (micro, unit)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("ten", "not_a_number"), ("1e3", "not_a_number"), ("NaN", "not_a_number"), ("1.234,5", "not_a_number"), ("12,34", "not_a_number"),
        ("0", "not_above_zero"), ("-3", "not_above_zero"), ("0.0000001", "number_too_small"), ("9" * 20, "number_too_large"),
        (Decimal("1E+300"), "number_too_large"), (datetime(2026, 1, 2), "not_a_number"), (True, "not_a_number"), ("x" * 40_000, "cell_too_long"),  # noqa: DTZ001 -- a cell has no zone
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(cell, code):
    assert refusal("quantity", cell) == code


def test_more_than_six_decimals_are_rounded_and_said():
    remarks: list[str] = []

    assert read("quantity", Decimal("33.3333333333"), remarks=remarks) == (33_333_333, "")
    assert remarks == ["rounded"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2026-01-05", "2026-01-05T00:00+08:00"),
        ("2026/1/5 8:05", "2026-01-05T08:05+08:00"),
        ("2026年1月5日 8时5分", "2026-01-05T08:05+08:00"),
        ("2026年1月5日8:05", "2026-01-05T08:05+08:00"),
        ("2026.1.5 下午3:10", "2026-01-05T15:10+08:00"),
        ("20260105", "2026-01-05T00:00+08:00"),
        ("20260105083000", "2026-01-05T08:30+08:00"),
        ("2026-01-05T08:30:00Z", "2026-01-05T16:30+08:00"),
        (Decimal("46027.5"), "2026-01-05T12:00+08:00"),
        (datetime(2026, 1, 5, 8, 5), "2026-01-05T08:05+08:00"),  # noqa: DTZ001 -- a cell has no zone
        (date(2026, 1, 5), "2026-01-05T00:00+08:00"),
    ],
)
def test_moments_are_understood_in_the_plants_zone(cell, said):
    assert read("at", cell).at.astimezone(UTC) == datetime.fromisoformat(said).astimezone(UTC)


def test_the_order_of_a_date_must_be_said_where_it_is_not_plain():
    assert refusal("at", "03/04/2026") == "date_ambiguous"
    assert read("at", "03/04/2026", order="dmy").at.date() == date(2026, 4, 3)
    assert read("at", "03/04/2026", order="mdy").at.date() == date(2026, 3, 4)


@pytest.mark.parametrize("cell", ["soon", "2026-13-01", "26-01-05", "2026-02-30", "2026-01-05 25:00", Decimal(5), "46027"])
def test_what_is_no_date_is_refused(cell):
    assert refusal("at", cell) in {"not_a_date", "not_a_time"}


def test_a_lot_is_good_through_the_day_of_its_expiry():
    assert read("expires_at", "2026-07-05") == datetime(2026, 7, 5, 23, 59, 59, tzinfo=ZONE)


def test_times_of_day():
    assert read("time", Decimal("0.5")) == time(12)
    assert read("time", "3:10 pm") == time(15, 10)


@pytest.mark.parametrize(
    ("cell", "code", "remarks"),
    [
        (" BS-01 ", "BS-01", []),
        ("ＢＳ－０１", "BS-01", ["code_cleaned"]),
        ("\u202eBS-01\u200f", "BS-01", ["code_cleaned"]),
        ("BS\u00a001", "BS 01", ["code_cleaned"]),
        (Decimal(260105), "260105", []),
        ("牛肉一号", "牛肉一号", []),
        ("007", "007", []),
        ("=1+1", "=1+1", []),
    ],
)
def test_codes_are_what_a_scanner_would_send(cell, code, remarks):
    heard: list[str] = []

    assert read("lot", cell, remarks=heard) == code
    assert heard == remarks


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Decimal("1.23456789012346E+18"), "digits_lost"), ("1.23457E+18", "digits_lost"), ("A" * 121, "text_long"),
        ("a\0b", "cell_unstorable"), ("\ud800", "cell_unstorable"), ("\u200b\u200f", "code_invisible"),
    ],
)  # fmt: skip
def test_codes_that_are_lost_or_can_not_be_kept_are_refused(cell, code):
    assert refusal("lot", cell) == code
