"""From a cell to a value, by the type of its column. What can not be read is said with a code; what was changed is said as a remark."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import NamedTuple, TypeAlias

from lotline.core.ledger import printable
from lotline.core.quantity import DECIMALS, LARGEST, MICRO
from lotline.doors.exchange.tables import dates
from lotline.doors.exchange.tables.cells import Cell, CellError, show, show_number
from lotline.doors.exchange.tables.kinds import YES_NO, Column, ColumnType
from lotline.doors.exchange.tables.limits import LONGEST_CELL
from lotline.doors.exchange.tables.units import unit_named

_NUMBER = re.compile(r"([+-]?)(\d{1,24}|\d{1,3}(?:,\d{3}){1,7})?(?:\.(\d{0,24}))?", re.ASCII)
_WITH_UNIT = re.compile(r"([+-]?[\d.,]+)\s*([^\d\s.,+-].{0,19})")
# What a spreadsheet makes of a long number when it is saved as text: the digits are lost.
_EXPONENT = re.compile(r"\d(?:\.\d+)?[Ee]\+\d{2,3}")
_DIGITS_KEPT = 15
NOT_KNOWN = frozenset({"unknown", "not known", "未知", "不明", "不详"})
_EMPTY_WORDS = frozenset({"-", "--", "—", "——", "/", "n/a", "na", "nil", "none", "无"})

Remark: TypeAlias = Callable[..., None]


class BadCell(ValueError):
    """The cell does not say what its column asks for. ``code`` is in ``tables.words``."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = params


class Quantity(NamedTuple):
    """``micro`` millionths of ``unit`` as written beside the number; blank where none stood there."""

    micro: int
    unit: str = ""


class Moment(NamedTuple):
    """``timed`` is false where only the day was given; the moment is then its midnight."""

    at: datetime
    timed: bool


Value: TypeAlias = str | int | bool | Quantity | Moment | datetime | time


def read_cell(column: Column, cell: Cell, *, zone: tzinfo, date_order: str, remark: Remark) -> Value | None:
    """The value of a cell, or None for an empty one. ``remark(code, **params)`` hears what was changed. Raises ``BadCell``."""
    if isinstance(cell, CellError):
        raise BadCell("formula_error", error=cell.text)
    text = show(cell)
    if len(text) > LONGEST_CELL:
        raise BadCell("cell_too_long", longest=str(LONGEST_CELL))
    if isinstance(cell, str):
        check_storable(cell)
    if not text.strip():
        return None
    if isinstance(cell, str) and text.strip().casefold() in _EMPTY_WORDS and column.type not in {ColumnType.CODE, ColumnType.TEXT}:
        return None
    match column.type:
        case ColumnType.CODE:
            return _code(column, cell, remark)
        case ColumnType.TEXT:
            return _text(column, cell, text)
        case ColumnType.QUANTITY:
            return _quantity(cell, text, remark)
        case ColumnType.DECIMAL:
            return _decimal(cell, text)
        case ColumnType.WHOLE:
            return _whole(cell, text)
        case ColumnType.MOMENT:
            return _moment(cell, text, date_order, zone)
        case ColumnType.TIME:
            return _time(cell, text)
        case ColumnType.EXPIRY:
            return _expiry(cell, text, date_order, zone)
        case ColumnType.CHOICE:
            return _choice(column, text)
        case ColumnType.YES_NO:
            return _yes_no(cell, text)


def check_storable(text: str) -> None:
    """Raises ``BadCell`` for what no engine keeps: NUL, half of a character."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadCell("cell_unstorable", text=printable(text)[:40])


def _code(column: Column, cell: Cell, remark: Remark) -> str:
    """A code as people and scanners would type it: half-width, without spaces around it and without invisible characters."""
    if isinstance(cell, Decimal):
        if cell.adjusted() >= _DIGITS_KEPT:
            raise BadCell("digits_lost", text=show(cell))
        return show(cell)
    text = show(cell).strip()
    if _EXPONENT.fullmatch(text):
        raise BadCell("digits_lost", text=text)
    half = text if text.isascii() else _half_width(text)
    clean = "".join(character for character in half if character.isprintable()).strip()
    if not clean:
        raise BadCell("code_invisible")
    if len(clean) > column.longest:
        raise BadCell("text_long", longest=str(column.longest))
    if clean != text:
        remark("code_cleaned", read=clean[:60])
    return clean


def _half_width(text: str) -> str:
    """Full-width Latin letters, digits and signs as half-width ones, other spaces as spaces; Chinese characters as they are, in NFC."""
    mapped = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else " " if unicodedata.category(c) == "Zs" else c for c in text)
    return unicodedata.normalize("NFC", mapped)


def _text(column: Column, cell: Cell, text: str) -> str:
    plain = " ".join(text.split()) if isinstance(cell, str) else text
    if len(plain) > column.longest:
        raise BadCell("text_long", longest=str(column.longest))
    return plain


def parse_number(text: str) -> Decimal | None:
    """An exact decimal; thousands may be set off with commas ("1,234.5"). None where it is no number."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    found = _NUMBER.fullmatch(plain)
    if found is None or not (found[2] or found[3]):
        return None
    return Decimal(plain.replace(",", ""))


def _number(cell: Cell, text: str) -> Decimal | None:
    if isinstance(cell, Decimal):
        return cell
    return parse_number(text) if isinstance(cell, str) else None


def _quantity(cell: Cell, text: str, remark: Remark) -> Quantity:
    number, unit = _number(cell, text), ""
    if number is None and isinstance(cell, str):
        found = _WITH_UNIT.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if found and unit_named(found[2]):
            number, unit = parse_number(found[1]), unit_named(found[2])
    if number is None or not number.is_finite():
        raise BadCell("not_a_number", text=text[:40])
    if number <= 0:
        raise BadCell("not_above_zero", text=text[:40])
    if number.adjusted() > 12 or number * MICRO > LARGEST:
        raise BadCell("number_too_large", text=text[:40])
    exact = number * MICRO
    micro = int(exact.to_integral_value(ROUND_HALF_EVEN))
    if micro != exact:
        if not micro:
            raise BadCell("number_too_small", text=text[:40])
        remark("rounded", said=show_number(number), taken=show_number(Decimal(micro) / MICRO), decimals=str(DECIMALS))
    return Quantity(micro, unit)


def _decimal(cell: Cell, text: str) -> str:
    """The number with the digits that the file has. Words instead of a number are given back; the plan decides on them."""
    number = _number(cell, text)
    return show_number(number) if isinstance(cell, Decimal) and number is not None else str(number) if number is not None else text.strip()


def _whole(cell: Cell, text: str) -> int:
    number = _number(cell, text.strip().removesuffix("天").removesuffix("days").removesuffix("日"))
    if number is None or number != number.to_integral_value() or not 0 <= number < 10**9:
        raise BadCell("not_whole", text=text[:40])
    return int(number)


def _day_count(cell: Cell) -> datetime | None:
    if isinstance(cell, Decimal) and dates.FIRST_COUNT <= cell <= dates.LAST_COUNT:
        return dates.from_day_count(int(cell), round((cell - int(cell)) * 86_400))
    return None


def _moment(cell: Cell, text: str, order: str, zone: tzinfo) -> Moment:
    if counted := _day_count(cell):
        cell = counted
    if isinstance(cell, datetime):
        return Moment(cell.replace(tzinfo=zone), cell.time() != time.min)
    if isinstance(cell, date):
        return Moment(datetime.combine(cell, time.min, zone), timed=False)
    try:
        at, timed = dates.parse_moment(unicodedata.normalize("NFKC", text), order, zone)
    except dates.BadDate as bad:
        raise BadCell(bad.code, text=text[:40]) from None
    return Moment(at, timed)


def _time(cell: Cell, text: str) -> time:
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, Decimal) and 0 <= cell < 1:
        return dates.from_day_count(0, min(round(cell * 86_400), 86_399)).time()
    try:
        return dates.parse_time(unicodedata.normalize("NFKC", text))
    except dates.BadDate as bad:
        raise BadCell(bad.code, text=text[:40]) from None


def _expiry(cell: Cell, text: str, order: str, zone: tzinfo) -> datetime:
    """A lot is good through the day that is printed on it."""
    moment = _moment(cell, text, order, zone)
    return moment.at if moment.timed else moment.at.replace(hour=23, minute=59, second=59)


@cache
def _choice_words(choices: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {word.casefold(): value for value, words in choices for word in (value, *words)}


def _choice(column: Column, text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    found = _choice_words(column.choices).get(plain)
    if found is None:
        raise BadCell("not_a_choice", text=text[:40], choices=", ".join(words[0] for _value, words in column.choices))
    return found


def _yes_no(cell: Cell, text: str) -> bool:
    if isinstance(cell, bool):
        return cell
    found = _choice_words(YES_NO).get(text.strip().casefold())
    if found is None:
        raise BadCell("not_a_choice", text=text[:40], choices="yes, no")
    return found == "yes"
