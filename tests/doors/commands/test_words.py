"""The command line speaks both languages, all of it."""

from __future__ import annotations

import ast
from pathlib import Path

import polib
import pytest

import lotline
from lotline.doors.commands.words import language_of_terminal, table, width

PACKAGE = Path(lotline.__file__).parent
CHINESE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
SOURCES = [*sorted((PACKAGE / "doors" / "commands").glob("*.py")), *sorted((PACKAGE / "project").rglob("*.py"))]


def messages():
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value, f"{file.name}:{node.lineno}"


def test_every_message_has_a_chinese_translation_with_the_same_placeholders():
    entries = {entry.msgid: entry for entry in polib.pofile(str(CHINESE)) if not entry.obsolete}

    found = list(messages())
    missing = [(text, where) for text, where in found if text not in entries or not entries[text].translated()]
    differing = [
        text for text, _where in found if text in entries and entries[text].msgstr and fields(text) != fields(entries[text].msgstr)
    ]

    assert len(found) > 150
    assert missing == []
    assert differing == []


def fields(text):
    from string import Formatter

    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name}


@pytest.mark.one_engine("the words are the same on both")
def test_commands_answer_in_chinese_where_the_terminal_is_chinese(fresh_terminal):
    explicit = fresh_terminal.run("trace", "X", "--to", "sources", LOTLINE_LANG="zh")
    system = fresh_terminal.run("trace", "--help", LOTLINE_LANG="", LC_ALL="zh_CN.UTF-8")

    assert explicit.stderr == "未完成：这里还没有记录。\n先运行 lotline init、lotline demo 或 lotline import。\n"
    assert system.stdout.startswith("用法：")
    assert "查 CODE" in system.stdout


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LOTLINE_LANG": "zh"}, "zh-hans"),
    ],
)
def test_language_of_terminal(monkeypatch, variables, language):
    for name in ("LOTLINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert language_of_terminal() == language


def test_columns_of_a_table_stand_under_one_another_in_chinese_too():
    lines = table(["批次", "数量"], [["酱料-01", "12.5"], ["A", "3"]], right=(1,))

    assert {width(line) for line in lines} == {width("酱料-01") + 2 + 4}
