"""Every reason that a reader can give has its words, and no words are left over."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation

from lotline.doors.exchange.box_assembly import words as box_assembly
from lotline.doors.exchange.box_assembly.material import FileProblem
from lotline.doors.exchange.genealogy_csv import words as genealogy
from lotline.doors.exchange.mtconnect import words as mtconnect
from lotline.doors.exchange.qif import words as qif
from lotline.doors.exchange.qif.document import Doubt

EXCHANGE = Path(box_assembly.__file__).resolve().parents[1]


def codes(pattern: str, *files: str) -> set[str]:
    return {code for name in files for code in re.findall(pattern, (EXCHANGE / name).read_text(encoding="utf-8"))}


def test_each_row_of_a_genealogy_that_is_refused_has_words() -> None:
    named = codes(r'"([a-z]+(?:_[a-z]+)+)"', "genealogy_csv/reading.py", "genealogy_csv/plan.py", "genealogy_csv/changed.py")

    assert named - {"event_id", "created_at", "links_csv"} == set(genealogy.PROBLEM)


def test_each_bad_line_of_a_machine_has_words() -> None:
    given = codes(r'BadLine\([^"]*?"(\w+)"', "mtconnect/shdr.py", "mtconnect/streams.py")

    assert given == set(mtconnect.BAD_LINE)


def test_each_refusal_of_a_document_has_words() -> None:
    assert codes(r'UnreadableDocument\("(\w+)"', "mtconnect/streams.py") == set(mtconnect.UNREADABLE)
    assert codes(r'UnreadableQif\("(\w+)"', "qif/reader.py") == set(qif.UNREADABLE)


def test_each_problem_of_an_inspection_document_has_words() -> None:
    assert codes(r'QifProblem\([^"]*?(?:"", )?"(\w+)"', "qif/reader.py") == set(qif.PROBLEM)
    assert {doubt.value for doubt in Doubt if doubt} == set(qif.DOUBT)


def test_each_problem_of_the_box_assembly_has_words() -> None:
    own = codes(r'FileProblem\([^"]*?"(\w+)"', "box_assembly/material.py")

    assert own | set(mtconnect.BAD_LINE) | set(qif.UNREADABLE) | set(qif.PROBLEM) == set(box_assembly.PROBLEM)


def test_describe_problem_says_file_line_reason_and_what_stood_there() -> None:
    with translation.override("en"):
        told = box_assembly.describe_problem(FileProblem("a.txt", "no_value", 7, "x|y"))

    assert told == "a.txt:7: A data item stands without a value at the end of the line. (x|y)"


def test_describe_problem_is_said_in_chinese_too() -> None:
    with translation.override("zh-hans"):
        told = box_assembly.describe_problem(FileProblem("a.txt", "unreadable_file"))

    assert told == "a.txt: 文件无法打开或解压。"
