"""Moments in time, as text and as whole microseconds since 1970-01-01 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Bare numbers are Unix time: 9 or 10 digits before the point are seconds (1973 to 2286), 11 to 14 milliseconds.
_UNIX = re.compile(r"([0-9]{9,14})(?:\.([0-9]{1,6})0*)?")
_SECONDS_DIGITS = 10


class BadInstant(ValueError):
    """The text is not a moment that Lotline understands."""


def to_micros(moment: datetime) -> int:
    """Whole microseconds since the epoch. Raises ``BadInstant`` for a naive datetime."""
    if moment.tzinfo is None:
        raise BadInstant("a moment needs a time zone")
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def format_instant(moment: datetime) -> str:
    """One spelling for every moment, e.g. ``2026-11-17T01:42:00.000000Z``, so that equal moments have equal bytes."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str, zone: tzinfo = UTC) -> datetime:
    """A moment from ISO 8601 (date alone = its midnight), ``2026/11/17 08:43`` or Unix time. ``zone`` is used where none is given.

    Raises ``BadInstant``.
    """
    plain = text.strip()
    if unix := _UNIX.fullmatch(plain):
        scale = 1_000_000 if len(unix[1]) <= _SECONDS_DIGITS else 1_000
        return from_micros(int(unix[1]) * scale + int((unix[2] or "").ljust(6, "0")) * scale // 1_000_000)
    try:
        moment = datetime.fromisoformat(plain.replace("/", "-"))
    except ValueError:
        raise BadInstant(text) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadInstant(text) from None
