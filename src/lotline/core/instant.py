"""Moments in time, as text and as whole microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Bare numbers are Unix time. Up to this many digits before the point they are seconds, above milliseconds.
_SECONDS_DIGITS = 11


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
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str, zone: tzinfo = UTC) -> datetime:
    """A moment from ISO 8601 (date alone = its midnight), ``2026/11/17 08:43`` or Unix time. ``zone`` is used where none is given.

    Raises ``BadInstant``.
    """
    plain = text.strip()
    digits = plain.split(".", 1)[0]
    if digits.isascii() and digits.isdigit() and len(digits) > 8:
        scale = 1_000_000 if len(digits) < _SECONDS_DIGITS else 1_000
        return from_micros(int(digits) * scale)
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
