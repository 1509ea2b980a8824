from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotline.core.quantity import LARGEST, MICRO, BadQuantity, apportion, convert_quantity, fits_decimals, format_quantity, parse_quantity

micro = st.integers(-LARGEST, LARGEST)


@given(micro)
def test_what_is_written_is_read_back(quantity):
    assert parse_quantity(format_quantity(quantity)) == quantity


@given(micro)
def test_a_written_quantity_is_the_exact_decimal_in_its_shortest_form(quantity):
    text = format_quantity(quantity)

    assert Decimal(text) * MICRO == quantity
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("12.5", 12_500_000), (" 7 ", 7 * MICRO), ("+1", MICRO), ("-0", 0), ("0.000001", 1), ("1.0000000000", MICRO),
        ("9223372036854.775807", LARGEST), ("007", 7 * MICRO), ("0." + "0" * 39, 0),
    ],
)  # fmt: skip
def test_plain_decimals_are_read_exactly(text, quantity):
    assert parse_quantity(text) == quantity


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_number"), ("1,000", "not_a_number"), ("1e3", "not_a_number"), ("NaN", "not_a_number"), ("Infinity", "not_a_number"),
        (".5", "not_a_number"), ("5.", "not_a_number"), ("1.5 kg", "not_a_number"), ("--1", "not_a_number"), ("0x10", "not_a_number"),
        ("0.0000001", "too_fine"), ("1.1234567", "too_fine"),
        ("9223372036854.775808", "too_large"), ("1" + "0" * 30, "too_large"), ("1" * 5000, "not_a_number"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_reason(text, code):
    with pytest.raises(BadQuantity) as refused:
        parse_quantity(text)

    assert refused.value.code == code


def test_pieces_can_not_be_halved():
    assert not fits_decimals(500_000, 0)
    assert fits_decimals(2 * MICRO, 0)
    with pytest.raises(BadQuantity, match="too_fine"):
        parse_quantity("0.5", decimals=0)


def test_tenths_that_floats_get_wrong_add_up():
    assert parse_quantity("0.1") + parse_quantity("0.2") == parse_quantity("0.3")


@given(st.integers(-(10**12), 10**12), st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000))
def test_a_conversion_is_exact_or_refused(quantity, factor):
    exact = quantity * factor
    if exact.denominator == 1 and abs(exact) <= LARGEST:
        assert convert_quantity(quantity, factor) == exact
    else:
        with pytest.raises(BadQuantity):
            convert_quantity(quantity, factor)


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_are_within_one_of_their_proportion(total, weights):
    shares = apportion(total, weights)

    assert sum(shares) == total
    whole = sum(weights)
    if whole:
        assert all(abs(Fraction(share) - Fraction(total * weight, whole)) < 1 for share, weight in zip(shares, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_shares_without_weights_or_with_negative_ones_are_refused(weights):
    with pytest.raises(ValueError, match="weight"):
        apportion(10, weights)
