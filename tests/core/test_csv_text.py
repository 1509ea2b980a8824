"""Exported tables: what Excel makes of them, and how much of a long one is in memory."""

from __future__ import annotations

import csv
import io

import pytest

from lotline.core.csv_text import LINES_AT_ONCE, MARK, csv_text, guarded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "+1"),
        ("-1.5", "-1.5"),
        ("-1+2", "'-1+2"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_guarded_keeps_formulas_from_running_and_numbers_as_they_are(text, shown):
    assert guarded(text) == shown


def test_rows_come_back_as_they_were_but_for_formulas():
    text = "".join(csv_text([["lot", "certain", "left"], ["=1+1", True, None], ['a "b", c', False, 3]]))

    assert text.startswith(MARK)
    assert list(csv.reader(io.StringIO(text[1:], newline=""))) == [["lot", "certain", "left"], ["'=1+1", "1", ""], ['a "b", c', "0", "3"]]


def test_a_long_table_comes_in_portions_and_whole():
    portions = list(csv_text(([number] for number in range(LINES_AT_ONCE * 2 + 1)), mark=False, end="\n"))

    assert len(portions) == 3
    assert "".join(portions).split() == [str(number) for number in range(LINES_AT_ONCE * 2 + 1)]
