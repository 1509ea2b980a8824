"""Every reason has its sentence in both languages, and no sentence is left over."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from lotline.doors.exchange.tables import words
from lotline.doors.exchange.tables.kinds import KINDS
from lotline.doors.exchange.tables.problems import RowProblem

TABLES = Path(words.__file__).parent
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TABLES.glob("*.py")) if path.name != "words.py")


def codes(pattern):
    return set(re.findall(pattern, SOURCE))


def test_each_refusal_of_a_file_has_words():
    own = codes(r'UnreadableTable\(\s*"(\w+)"') | codes(r'(?:UNREADABLE|TOO_LARGE|PROTECTED): "(\w+)"') | codes(r'"(file_is_\w+)"')

    assert own == set(words.FILES)


def test_each_refusal_of_a_mapping_has_words():
    assert codes(r'BadMapping\(\s*"(\w+)"') == set(words.MAPPINGS)


def test_each_problem_of_a_row_has_words():
    told = codes(r'BadCell\(\s*"(\w+)"') | codes(r'BadDate\(\s*"(\w+)"') | codes(r'remark\(\s*"(\w+)"')
    told |= codes(r'(?:self\.)?(?:bad|_bad|remark)\(\s*[\w.\[\](), ]+?, "(\w+)"')

    assert told == set(words.ROWS)


@pytest.mark.parametrize("code", words.ROWS)
def test_a_sentence_never_fails_and_says_something_in_chinese(code):
    problem = RowProblem(0, 1, code)

    with translation.override("zh-hans"):
        said = words.describe(problem)

    assert re.search(r"[\u4e00-\u9fff]", said)


def test_translations_name_the_same_parameters():
    catalogue = {entry.msgid: entry.msgstr for entry in polib.pofile(str(TABLES.parents[2] / "locale/zh_Hans/LC_MESSAGES/django.po"))}
    with translation.override("en"):
        texts = [str(text) for table in (words.FILES, words.MAPPINGS, words.ROWS) for text in table.values()]
        wrong = [text for text in texts if set(re.findall(r"{\w+}", text)) != set(re.findall(r"{\w+}", catalogue.get(text, "")))]

    assert wrong == []


def test_kinds_and_columns_have_chinese_words():
    with translation.override("zh-hans"):
        labels = [str(part) for kind in KINDS.values() for part in (kind.label, kind.help, *(column.label for column in kind.columns))]

    assert [label for label in labels if not re.search(r"[\u4e00-\u9fff]", label)] == []


def test_a_problem_of_the_journal_is_said_in_the_journals_words():
    with translation.override("en"):
        said = words.describe(RowProblem(0, 1, "journal:lot_unknown", {"lot": "L1", "item": "X"}))

    assert said.startswith("There is no lot L1 of item X yet.")
