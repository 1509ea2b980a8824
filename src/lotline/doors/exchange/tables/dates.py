"""Days and times as people write them in tables."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from lotline.core.instant import BadInstant, parse_instant

_DAY = re.compile(r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*[日号]?")
_PACKED = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})(?:[ T]?(\d{2})(\d{2})(\d{2})?)?")
_TIME = re.compile(
    r"(?:(上午|下午|am|pm)\s*)?(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?(?:[:]?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?\s*(am|pm)?", re.IGNORECASE
)
# Workbooks count days from here; a number in this range in a column of dates is such a count (1954 to 2119).
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 -- without a zone, as the workbook means it
FIRST_COUNT, LAST_COUNT = 20_000, 80_000


class BadDate(ValueError):
    """``code``: ``not_a_date`` or ``date_ambiguous`` (which of the numbers is the month can not be told)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_day(text: str, order: str) -> date:
    """A calendar day. Year first is always understood; else ``order`` ("dmy" or "mdy") says it. Raises ``BadDate``."""
    if packed := _PACKED.fullmatch(text):
        return _date(packed[1], packed[2], packed[3])
    found = _DAY.fullmatch(text)
    if found is None:
        raise BadDate("not_a_date")
    first, second, third = found.groups()
    if len(first) == 4:
        return _date(first, second, third)
    if len(third) != 4:
        raise BadDate("not_a_date")
    if order == "dmy":
        return _date(third, second, first)
    if order == "mdy":
        return _date(third, first, second)
    raise BadDate("date_ambiguous")


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadDate("not_a_date") from None


def parse_time(text: str) -> time:
    """A time of day: 8:05, 08:05:30, 8时5分, 下午3:10, 3:10 pm. Raises ``BadDate``."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise BadDate("not_a_time")
    before, hour, minute, second, after = found.groups()
    half = (before or after or "").lower()
    hours = int(hour) % 12 + 12 * (half in {"pm", "下午"}) if half else int(hour)
    try:
        return time(hours, int(minute or 0), int(second or 0))
    except ValueError:
        raise BadDate("not_a_time") from None


def parse_moment(text: str, order: str, zone: tzinfo) -> tuple[datetime, bool]:
    """A moment in ``zone`` unless the text names another, and whether a time of day was given. Raises ``BadDate``."""
    plain = text.strip()
    if "T" in plain or plain.endswith("Z") or re.search(r"[+-]\d{2}:?\d{2}$", plain):
        try:
            return parse_instant(plain, zone), "T" in plain or ":" in plain
        except BadInstant:
            pass
    if (packed := _PACKED.fullmatch(plain)) and packed[4]:
        at = parse_time(f"{packed[4]}:{packed[5]}:{packed[6] or '00'}")
        return datetime.combine(_date(packed[1], packed[2], packed[3]), at, zone), True
    day, clock = plain, ""
    if ":" in plain or "时" in plain or "点" in plain:
        cut = re.match(r"(\S+?\d[日号]?)[ ,]*\s+(.+)|(.+?[日号])\s*(.+)", plain)
        if cut is None:
            raise BadDate("not_a_date")
        day, clock = (cut[1], cut[2]) if cut[1] else (cut[3], cut[4])
    at = parse_time(clock) if clock else time.min
    return datetime.combine(parse_day(day, order), at, zone), bool(clock)


def from_day_count(days: int, seconds: int) -> datetime:
    """The moment that a workbook means by a count of days and seconds of the day."""
    return _DAY_ZERO + timedelta(days=days, seconds=seconds)
