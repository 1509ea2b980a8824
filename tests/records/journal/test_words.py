"""Every refusal has a sentence that uses what the law tells about it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from django.utils import translation

import lotline
from lotline.records.journal.words import PROBLEMS, sentence

PACKAGE = Path(lotline.__file__).parent
SOURCES = [*(PACKAGE / "core/ledger").glob("*.py"), *(PACKAGE / "records/journal").rglob("*.py")]
CODES = sorted({code for file in SOURCES for code in re.findall(r'Problem\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8"))})


def test_codes_were_found_in_the_sources():
    assert len(CODES) > 50


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_code_has_a_sentence_in_each_language_and_both_name_the_same_things(code, language):
    with translation.override(language):
        shown = str(PROBLEMS[code])

    assert (shown == str(PROBLEMS[code]._args[0])) is (language == "en")
    names = [name for _text, name, *_rest in Formatter().parse(shown) if name]
    assert sorted(names) == sorted(name for _text, name, *_rest in Formatter().parse(PROBLEMS[code]._args[0]) if name)


def test_unknown_code_is_shown_as_it_is():
    assert sentence("made_up", {"lot": "A"}) == "made_up"
