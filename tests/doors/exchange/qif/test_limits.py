"""Limits and verdicts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lotline.doors.exchange.qif.document import Doubt, Verdict
from lotline.doors.exchange.qif.limits import Limits, Tolerance, judge, work_out_limits, written

BORE = Tolerance(minimum="-0.3", maximum="0.3")


def test_deviations_are_added_to_the_nominal_exactly() -> None:
    limits = work_out_limits(BORE, "25.050000000000001")

    assert (written(limits.low), written(limits.high)) == ("24.750000000000001", "25.350000000000001")


def test_limits_are_taken_as_they_are_and_give_the_deviations() -> None:
    limits = work_out_limits(Tolerance(minimum="8.89", maximum="9.91", as_limits=True), "9.4")

    assert limits == Limits(low=Decimal("8.89"), high=Decimal("9.91"), minus=Decimal("-0.51"), plus=Decimal("0.51"))


def test_zone_is_the_highest_value() -> None:
    limits = work_out_limits(Tolerance(zone="0.13"), None)

    assert (limits.low, limits.high, limits.doubt) == (None, Decimal("0.13"), Doubt.NONE)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("4.2", Verdict.PASS), ("4.8", Verdict.PASS), ("4.19999999999999999", Verdict.FAIL), ("4.800000000001", Verdict.FAIL)],
)
def test_value_on_the_limit_passes_and_a_hair_beyond_fails(value: str, verdict: Verdict) -> None:
    assert judge(value, work_out_limits(BORE, "4.5"), "") == (verdict, Doubt.NONE)


@pytest.mark.parametrize(
    ("tolerance", "nominal", "value", "doubt"),
    [
        (BORE, "4.5", None, Doubt.NO_VALUE),
        (BORE, "4.5", "NaN", Doubt.NO_VALUE),
        (BORE, None, "4.5", Doubt.NO_NOMINAL),
        (Tolerance(), "4.5", "4.5", Doubt.NO_LIMITS),
        (Tolerance(zone="wide"), None, "0.1", Doubt.NO_LIMITS),
        (Tolerance(zone="-0.13"), None, "0.002", Doubt.NEGATIVE_ZONE),
    ],
)
def test_where_a_verdict_can_not_be_known_none_is_given(tolerance: Tolerance, nominal: str | None, value: str | None, doubt: Doubt) -> None:
    assert judge(value, work_out_limits(tolerance, nominal), "NONE") == (Verdict.UNKNOWN, doubt)


def test_position_beyond_its_zone_at_maximum_material_is_not_judged() -> None:
    limits = work_out_limits(Tolerance(zone="0.25"), None)

    assert judge("0.3", limits, "MAXIMUM") == (Verdict.UNKNOWN, Doubt.BONUS)
    assert judge("0.2", limits, "MAXIMUM") == (Verdict.PASS, Doubt.NONE)
    assert judge("0.3", limits, "NONE") == (Verdict.FAIL, Doubt.NONE)
