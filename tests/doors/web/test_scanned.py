"""What a scanner reads, as codes."""

from __future__ import annotations

import pytest

from lotline.doors.web.scanned import codes_of


@pytest.mark.parametrize(
    ("read", "first"),
    [
        ("FG-261117-A03", "FG-261117-A03"),
        ("  FG-261117-A03\r\n", "FG-261117-A03"),
        ("LL1:LOT:FG-261117-A03", "FG-261117-A03"),
        ("ll1:lot:FG-1", "FG-1"),
        ("]C1FG-261117-A03", "FG-261117-A03"),
        ("(01)06931234000015(10)FG-261117-A03", "FG-261117-A03"),
        ("(01)06931234000015(21)SN-7(10)FG-1", "SN-7"),
        ("0106931234000015172611171 0FG".replace(" ", ""), "FG"),
        ("010693123400001510FG-1\u001d3712", "FG-1"),
        ("010693123400001521SN-7\u001d10FG-1", "SN-7"),
        ("00069312340000000014", "069312340000000014"),
        ("https://id.gs1.org/01/06931234000015/10/FG%2F1", "FG/1"),
        ("https://id.gs1.org/01/06931234000015/21/SN-7?x=1", "SN-7"),
    ],
)
def test_likeliest_code_comes_first(read, first):
    assert codes_of(read)[0] == first


@pytest.mark.parametrize("read", ["0001-A", "01-2026-03", "(note)", "2026/03", "010693", "00", "https://example.org"])
def test_plain_code_that_looks_a_little_like_gs1_stays_plain(read):
    assert codes_of(read)[0] == read


def test_code_in_small_letters_is_tried_in_capitals_too():
    assert codes_of("fg-1") == ["fg-1", "FG-1"]


def test_nothing_gives_nothing():
    assert codes_of("  ") == []
