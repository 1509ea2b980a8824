"""How dates, times, numbers and quantities are written (design guide, section 13). Records keep UTC; people read the plant's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.core.instant import from_micros
from lotline.core.quantity import format_quantity

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS = "\u2212"
NONE = "–"


@dataclass(frozen=True, slots=True)
class Formats:
    """One reader's way of writing. ``now`` decides which dates need their year."""

    zone: tzinfo
    chinese: bool
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def local(self, moment: datetime) -> datetime:
        """The moment on the plant's clock."""
        return moment.astimezone(self.zone)

    def day(self, moment: datetime) -> str:
        """``11-18`` or ``18 Nov``; with the year when it is another one."""
        here = self.local(moment)
        if here.year != self.local(self.now).year:
            return self.full_day(moment)
        return f"{here.month:02d}-{here.day:02d}" if self.chinese else f"{here.day} {MONTHS[here.month - 1]}"

    def full_day(self, moment: datetime) -> str:
        """``2026-11-18`` or ``18 Nov 2026``."""
        here = self.local(moment)
        return f"{here:%Y-%m-%d}" if self.chinese else f"{here.day} {MONTHS[here.month - 1]} {here.year}"

    def clock(self, moment: datetime) -> str:
        """``08:43``."""
        return f"{self.local(moment):%H:%M}"

    def moment(self, moment: datetime) -> str:
        """Day and clock."""
        return f"{self.day(moment)} {self.clock(moment)}"

    def exact(self, moment: datetime) -> str:
        """As records carry it: full date, seconds, zone."""
        here = self.local(moment)
        offset = f"{here:%z}"
        return f"{here:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"

    def micros(self, at_us: int) -> str:
        """A moment of the journal's rows."""
        return self.moment(from_micros(at_us))

    def ago(self, moment: datetime) -> str:
        """``12 min ago`` within a day, then the moment."""
        gone = self.now - moment
        minutes = int(gone.total_seconds() // 60)
        if gone < timedelta(0) or gone >= timedelta(hours=24):
            return self.moment(moment)
        if minutes < 1:
            return _("just now")
        if minutes < 60:
            return ngettext("%(n)s min ago", "%(n)s min ago", minutes) % {"n": minutes}
        return ngettext("%(n)s h ago", "%(n)s h ago", minutes // 60) % {"n": minutes // 60}


def write_quantity(micro: int) -> str:
    """``4,820`` or ``−233.5``: the exact quantity, thousands apart."""
    whole, dot, part = format_quantity(abs(micro)).partition(".")
    return f"{MINUS if micro < 0 else ''}{int(whole):,}{dot}{part}"


def write_count(count: int) -> str:
    """``13,930``."""
    return f"{MINUS if count < 0 else ''}{abs(count):,}"
