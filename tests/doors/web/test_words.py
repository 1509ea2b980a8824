"""Every word that a page shows is there in both languages, and in the tone of the design guide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[3] / "src" / "lotline"
WEB = SOURCE / "doors" / "web"
CATALOGUE = SOURCE / "locale/zh_Hans/LC_MESSAGES/django.po"
TEXT = r"u('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"


def words_of_template(file: Path) -> Iterator[str]:
    code = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    for found in re.finditer(rf"n?gettext\({TEXT}[,)]", code):
        yield ast.literal_eval(found[1])


def words_of_module(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in {"_", "gettext", "gettext_lazy", "ngettext", "_counted"}:
            yield str(node.args[0].value)


def words_of_pages() -> dict[str, str]:
    """Each msgid, and a file that uses it."""
    found: dict[str, str] = {}
    for file in sorted(WEB.rglob("*.html")):
        found.update((word, file.name) for word in words_of_template(file))
    for file in sorted(WEB.rglob("*.py")):
        found.update((word, file.name) for word in words_of_module(file))
    return {word: file for word, file in found.items() if word}


@pytest.fixture(scope="module")
def catalogue() -> dict[str, polib.POEntry]:
    return {entry.msgid: entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}


def chinese(entry: polib.POEntry | None) -> list[str]:
    if entry is None or "fuzzy" in entry.flags:
        return []
    return [text for text in (entry.msgstr, *entry.msgstr_plural.values()) if text]


def test_many_words_are_found():
    assert len(words_of_pages()) > 250


def test_every_word_of_the_web_door_has_a_chinese_translation(catalogue):
    assert [f"{file}: {word}" for word, file in words_of_pages().items() if not chinese(catalogue.get(word))] == []


def test_chinese_of_the_pages_neither_begs_nor_shouts(catalogue):
    loud = [text for word in words_of_pages() for text in chinese(catalogue.get(word)) if re.search(r"请(?!求)|您|！|!", text)]

    assert loud == []


def test_chinese_sentences_have_chinese_punctuation(catalogue):
    half = [text for word in words_of_pages() for text in chinese(catalogue.get(word)) if re.search(r"[\u4e00-\u9fff] ?[,;?]", text)]

    assert half == []


def test_translations_keep_the_places_of_their_values(catalogue):
    wrong = []
    for word in words_of_pages():
        wanted = set(re.findall(r"%\((\w+)\)s", word))
        wrong += [text for text in chinese(catalogue.get(word)) if set(re.findall(r"%\((\w+)\)s", text)) != wanted]

    assert wrong == []


def test_english_of_the_pages_does_not_say_please():
    assert [word for word in words_of_pages() if re.search(r"\bplease\b|!", word, re.IGNORECASE)] == []
