"""Every word of the records that a person may read is there in Chinese too."""

from __future__ import annotations

import ast
from pathlib import Path

import polib

import lotline

PACKAGE = Path(lotline.__file__).parent


def test_every_word_of_the_records_is_translated():
    entries = polib.pofile(str(PACKAGE / "locale/zh_Hans/LC_MESSAGES/django.po"))
    known = {entry.msgid for entry in entries if entry.translated()}
    words = {word for file in (PACKAGE / "records").rglob("*.py") for word in words_of(file)}

    assert len(words) > 100
    assert sorted(words - known) == []


def words_of(file: Path) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    marked = [call for call in calls if getattr(call.func, "id", "") == "_"]
    return {str(call.args[0].value) for call in marked if isinstance(call.args[0], ast.Constant)}
