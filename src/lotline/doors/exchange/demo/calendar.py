"""Which days the demonstration plant works, and where on the calendar its story stands.

The story breaks off on a Wednesday at 08:43, with the complaint twelve minutes old. Its day is 2026-11-18, or that day moved
by whole periods of twelve weeks so that it is always past and never more than twelve weeks old. Everybody who loads the plant
within one period sees the same lots (so guides can name them), and they look recent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
ANCHOR = date(2026, 11, 18)
PERIOD = timedelta(weeks=12)
# The minute at which the story breaks off.
LAST_MINUTE = "08:43"
SUNDAY = 6


def last_day_for(today: date) -> date:
    """The day on which the plant's records end for somebody who loads it on ``today``: always before ``today``."""
    return ANCHOR + PERIOD * ((today - timedelta(days=1) - ANCHOR) // PERIOD)


def at(day: date, clock: str, *, minutes: int = 0) -> datetime:
    """``clock`` ("06:40") on ``day`` in the plant's zone, ``minutes`` later."""
    hour, minute = clock.split(":")
    return datetime.combine(day, time(int(hour), int(minute)), ZONE) + timedelta(minutes=minutes)


def stamp(day: date) -> str:
    """The day as lot codes spell it: ``261117``."""
    return day.strftime("%y%m%d")


@dataclass(frozen=True, slots=True)
class Period:
    """The days that the demonstration covers: production runs from ``first`` to ``last``, Sundays excepted."""

    first: date
    last: date

    @property
    def story(self) -> date:
        """The day on which the hidden defect happened."""
        return self.last - timedelta(days=1)

    @property
    def end(self) -> datetime:
        """Nothing is recorded after this moment."""
        return at(self.last, LAST_MINUTE)

    def before(self, days: int) -> date:
        """The day so many days before the last one."""
        return self.last - timedelta(days=days)

    def working_days(self) -> list[date]:
        """All production days, in order."""
        days = ((self.first + timedelta(days=i)) for i in range((self.last - self.first).days + 1))
        return [day for day in days if day.weekday() != SUNDAY]

    def distance(self, day: date) -> int:
        """Production days from the story's day to ``day``; negative before it."""
        step = 1 if day >= self.story else -1
        between = (abs((day - self.story).days)) * step
        return sum(step for i in range(step, between + step, step) if (self.story + timedelta(days=i)).weekday() != SUNDAY)


def period_of(*, today: date, weeks: int) -> Period:
    """The period of ``weeks`` weeks that ends on the last day for ``today``."""
    return period_until(last=last_day_for(today), weeks=weeks)


def period_until(*, last: date, weeks: int) -> Period:
    """The period of ``weeks`` weeks that ends on ``last``."""
    return Period(first=last - timedelta(weeks=weeks), last=last)
