"""Geometry of the two bars, as percent texts for SVG attributes (the page may carry no inline style).

Positions are cut to a tenth of a percent; they are for the eye. The exact value stands beside the bar as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lotline.core.quantity import read_decimal

# A part that exists must be seen, however small.
LEAST_SHARE = Decimal("1.8")
EDGE = Decimal(2)


@dataclass(frozen=True, slots=True)
class Segment:
    """One coloured part: ``x`` and ``width`` in percent, ``tone`` is its CSS class."""

    x: str
    width: str
    tone: str


@dataclass(frozen=True, slots=True)
class LimitGeometry:
    """Where the band, the target and the value lie, in percent from the left; ``None`` = not there."""

    band_x: str
    band_width: str
    target: str | None
    value: str | None


def percent(value: Decimal) -> str:
    return f"{value:.1f}%"


def quantity_segments(parts: Sequence[tuple[int, str]]) -> list[Segment]:
    """Segments for (micro quantity, tone) pairs, in their order; parts of zero or less have none."""
    shown = [(amount, tone) for amount, tone in parts if amount > 0]
    total = sum(amount for amount, _tone in shown)
    if not total:
        return []
    shares = [max(LEAST_SHARE, Decimal(amount) * 100 / total) for amount, _tone in shown]
    scale = Decimal(100) / sum(shares)
    segments: list[Segment] = []
    x = Decimal(0)
    for share, (_amount, tone) in zip(shares, shown, strict=True):
        width = share * scale
        segments.append(Segment(percent(x), percent(width), tone))
        x += width
    return segments


def _reach(number: Decimal | None, first: Decimal, last: Decimal, *, furthest: Decimal) -> tuple[Decimal, Decimal]:
    """Widen the scale to a value that lies a little beyond it, but no more than ``furthest``: the band must stay readable."""
    if number is None:
        return first, last
    spare = (last - first) / 10
    return max(first - furthest, min(first, number - spare)), min(last + furthest, max(last, number + spare))


def limit_geometry(*, value: str | None, low: str | None, high: str | None, target: str | None = None) -> LimitGeometry | None:
    """Place a value against its limits. ``None`` when there is no limit to draw.

    With both limits the band fills the middle half, less where the value lies beyond; with one it fills the side that is
    allowed. A value far beyond the scale stands at its edge.
    """
    lower, upper = read_decimal(low), read_decimal(high)
    if lower is None and upper is None:
        return None
    if lower is not None and upper is not None:
        margin = (upper - lower) / 2 or abs(upper) / 10 or Decimal(1)
        first, last = _reach(read_decimal(value), lower - margin, upper + margin, furthest=2 * margin)
        band_from, band_to = lower, upper
    else:
        limit = lower if lower is not None else upper
        assert limit is not None
        reach = abs(limit) * Decimal("0.4") or Decimal(1)
        first, last = limit - reach, limit + reach
        if upper is not None and upper > 0:
            first, last = Decimal(0), upper * Decimal("1.6")
        band_from, band_to = (limit, last) if lower is not None else (first, limit)

    def place(number: Decimal) -> Decimal:
        return min(Decimal(100), max(Decimal(0), (number - first) * 100 / (last - first)))

    number, aim = read_decimal(value), read_decimal(target)
    return LimitGeometry(
        band_x=percent(place(band_from)),
        band_width=percent(place(band_to) - place(band_from)),
        target=None if aim is None else percent(place(aim)),
        value=None if number is None else percent(min(100 - EDGE, max(EDGE, place(number)))),
    )
