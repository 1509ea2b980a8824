"""Limits of a characteristic and the verdict that follows from them. Exact decimals, no floats.

Source of the rules: QIF 2.1, Characteristics: ``Tolerance`` holds limits when ``DefinedAsLimit`` is true and deviations
from the nominal otherwise; ``ToleranceValue`` is the width of a zone, which the actual value may not exceed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from lotline.doors.exchange.decimals import parse_decimal, plain
from lotline.doors.exchange.qif.document import Doubt, Verdict

# Enough for the sum of any two decimals that `parse_decimal` takes.
_DIGITS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What the definition of a characteristic says about its tolerance, as written."""

    minimum: str | None = None
    maximum: str | None = None
    as_limits: bool = False
    zone: str | None = None
    material_condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The same, worked out. ``minus`` and ``plus`` are deviations from the nominal, ``low`` and ``high`` limits."""

    low: Decimal | None = None
    high: Decimal | None = None
    minus: Decimal | None = None
    plus: Decimal | None = None
    doubt: Doubt = Doubt.NONE


def work_out_limits(tolerance: Tolerance, nominal: str | None) -> Limits:
    """Give the limits, or the reason why there are none."""
    if tolerance.zone is not None:
        return _zone(tolerance)
    minimum, maximum = parse_decimal(tolerance.minimum), parse_decimal(tolerance.maximum)
    if minimum is None and maximum is None:
        return Limits(doubt=Doubt.NO_LIMITS)
    middle = parse_decimal(nominal)
    if tolerance.as_limits:
        return Limits(low=minimum, high=maximum, minus=_less(minimum, middle), plus=_less(maximum, middle))
    if middle is None:
        return Limits(minus=minimum, plus=maximum, doubt=Doubt.NO_NOMINAL)
    return Limits(low=_sum(middle, minimum), high=_sum(middle, maximum), minus=minimum, plus=maximum)


def judge(value: str | None, limits: Limits, material_condition: str) -> tuple[Verdict, Doubt]:
    """Say what a value amounts to. Where that can not be known the verdict is UNKNOWN and the doubt says why."""
    number = parse_decimal(value)
    if number is None:
        return Verdict.UNKNOWN, Doubt.NO_VALUE
    if limits.doubt is not Doubt.NONE:
        return Verdict.UNKNOWN, limits.doubt
    below = limits.low is not None and number < limits.low
    above = limits.high is not None and number > limits.high
    if not (below or above):
        return Verdict.PASS, Doubt.NONE
    if above and material_condition in {"MAXIMUM", "LEAST"}:
        return Verdict.UNKNOWN, Doubt.BONUS
    return Verdict.FAIL, Doubt.NONE


def written(number: Decimal | None) -> str | None:
    """Write a limit, or nothing."""
    return None if number is None else plain(number)


def _zone(tolerance: Tolerance) -> Limits:
    width = parse_decimal(tolerance.zone)
    if width is None:
        return Limits(doubt=Doubt.NO_LIMITS)
    if width < 0:
        return Limits(plus=width, doubt=Doubt.NEGATIVE_ZONE)  # shown as written, no limit
    return Limits(high=width, plus=width)


def _sum(left: Decimal, right: Decimal | None) -> Decimal | None:
    if right is None:
        return None
    with localcontext(prec=_DIGITS):
        return left + right


def _less(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    with localcontext(prec=_DIGITS):
        return left - right
