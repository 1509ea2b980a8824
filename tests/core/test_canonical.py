from __future__ import annotations

from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lotline.core.canonical import DEEPEST, LARGEST_INTEGER, NotCanonical, canonical_bytes, sha256_hex, trusted_bytes

# Without surrogates: half a pair has no UTF-8.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Where the order of UTF-16 differs from that of code points, and where escapes begin.
tricky = st.text(
    st.sampled_from('\x00\x01\x08\t\n\x0b\x0c\r\x1f "\\/\x7f\x80é\u2028\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff'), max_size=4
)
scalars = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts | tricky
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | tricky, inner, max_size=6), max_leaves=20
)


@given(values)
def test_bytes_are_those_of_an_independent_rfc_8785_library(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(st.dictionaries(tricky, st.integers(0, 9), min_size=2))
def test_keys_beyond_the_basic_plane_stand_where_rfc_8785_puts_them(value):
    assert trusted_bytes(value) == rfc8785.dumps(value)


@given(values, values)
def test_equal_bytes_mean_equal_values(one, other):
    def told_apart(value):
        if isinstance(value, dict):
            return {key: told_apart(inner) for key, inner in value.items()}
        return [told_apart(inner) for inner in value] if isinstance(value, list) else (type(value), value)

    assert (canonical_bytes(one) == canonical_bytes(other)) == (told_apart(one) == told_apart(other))


def test_a_read_only_mapping_is_written_like_a_dictionary():
    assert canonical_bytes(MappingProxyType({"b": MappingProxyType({"\U00010000": 1, "\uffff": (2,)})})) == canonical_bytes(
        {"b": {"\U00010000": 1, "\uffff": [2]}}
    )


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), {"a": [0.0]}, 2**53, -(2**53), {1: "a"}, {None: 1}, "\ud800", {"\udfff": 1}, b"bytes", {1, 2}, object()],
    ids=repr,
)
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def test_nesting_has_a_bottom():
    value: list = []
    for _ in range(DEEPEST + 2):
        value = [value]

    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def test_nesting_beyond_what_python_can_walk_is_refused_and_not_a_crash():
    value: list = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def test_sha256_is_that_of_the_standard_examples():
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
