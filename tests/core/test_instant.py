from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotline.core.instant import BadInstant, format_instant, from_micros, parse_instant, to_micros

zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))])
moments = st.datetimes(timezones=zones).filter(lambda moment: 2 < moment.year < 9998)


@given(moments)
def test_a_moment_survives_text_and_micros(moment):
    assert parse_instant(format_instant(moment)) == moment
    assert from_micros(to_micros(moment)) == moment


@given(moments, moments)
def test_texts_and_micros_are_in_the_order_of_the_moments(one, other):
    assert (format_instant(one) < format_instant(other)) == (one < other) == (to_micros(one) < to_micros(other))


def test_equal_moments_in_two_zones_have_equal_text():
    noon = datetime(2026, 11, 17, 12, tzinfo=UTC)

    assert format_instant(noon.astimezone(ZoneInfo("Asia/Shanghai"))) == format_instant(noon) == "2026-11-17T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-17", "2026-11-17T00:00:00.000000Z"),
        ("20261117", "2026-11-17T00:00:00.000000Z"),
        ("2026/11/17 08:43", "2026-11-17T08:43:00.000000Z"),
        ("2026-11-17T08:43:00+08:00", "2026-11-17T00:43:00.000000Z"),
        ("2026-11-17T08:43:00.123456Z", "2026-11-17T08:43:00.123456Z"),
        ("1763340180", "2025-11-17T00:43:00.000000Z"),
        ("1763340180.25", "2025-11-17T00:43:00.250000Z"),
        ("1763340180123", "2025-11-17T00:43:00.123000Z"),
    ],
)
def test_usual_spellings_are_understood(text, written):
    assert format_instant(parse_instant(text)) == written


def test_a_moment_without_zone_is_the_plants():
    assert format_instant(parse_instant("2026-11-17 08:43", ZoneInfo("Asia/Shanghai"))) == "2026-11-17T00:43:00.000000Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "17.11.2026",
        "1763340180.x",
        "9" * 18,
        "１７６３３４０１８０",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(BadInstant):
        parse_instant(text)


def test_a_naive_moment_has_no_micros():
    with pytest.raises(BadInstant):
        to_micros(datetime(2026, 1, 1))  # noqa: DTZ001 -- the point
