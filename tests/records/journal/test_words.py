"""Every refusal has its sentence, in both languages, whatever is added to the ledger later."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polib
import pytest
from django.utils.translation import override

import lotline
from lotline.core.ledger import Problem
from lotline.records.journal.choices import FactKind
from lotline.records.journal.verify import ChainFailure
from lotline.records.journal.words import FAILURES, FIELDS, PROBLEMS, describe, describe_failure

PACKAGE = Path(lotline.__file__).parent
SOURCES = [*PACKAGE.glob("core/ledger/*.py"), *PACKAGE.glob("records/journal/*.py"), *PACKAGE.glob("records/journal/store/*.py")]
CATALOGUE = polib.pofile(str(PACKAGE / "locale/zh_Hans/LC_MESSAGES/django.po"))
BLANK = re.compile(r"\{(\w+)\}")


def strings_of(node: ast.expr) -> list[str]:
    """The texts that an argument may be: one, or either side of a condition."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    return [text for side in (node.body, node.orelse) for text in strings_of(side)] if isinstance(node, ast.IfExp) else []


def codes_used(name: str, position: int) -> set[str]:
    """The codes with which ``name(…)`` is called anywhere in the sources."""
    calls = [node for source in SOURCES for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name and len(call.args) > position]
    return {code for call in named for code in strings_of(call.args[position])}


def codes_returned(module: str, function: str) -> set[str]:
    """Texts that a function returns: the rules and findings that are turned into problems by its caller."""
    tree = ast.parse((PACKAGE / module).read_text())
    (found,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    returned = [node.value for node in ast.walk(found) if isinstance(node, ast.Return) and node.value is not None]
    values = [value.elts[1] if isinstance(value, ast.Tuple) else value for value in returned]
    return {text for value in values for text in strings_of(value) if text and text != "None"}


def test_every_problem_code_of_core_and_journal_has_a_sentence_and_every_sentence_a_use():
    used = codes_used("Problem", 0) | codes_returned("core/ledger/form.py", "check_new_code")

    assert len(used) > 40
    assert used == set(PROBLEMS)


def test_every_finding_of_a_verification_has_a_sentence_and_every_sentence_a_use():
    used = codes_used("ChainFailure", 1) | codes_returned("records/journal/store/beside.py", "first_difference")

    assert used == set(FAILURES)


@pytest.mark.parametrize(
    "sentence", [*PROBLEMS.values(), *FAILURES.values(), *FIELDS.values(), *(kind.label for kind in FactKind)], ids=str
)
def test_every_sentence_is_said_in_chinese_with_the_same_blanks(sentence):
    with override("en"):
        english = str(sentence)
    entry = CATALOGUE.find(english)

    assert entry is not None
    assert entry.msgstr
    assert not entry.fuzzy
    assert re.search(r"[\u4e00-\u9fff]", entry.msgstr)
    assert set(BLANK.findall(english)) == set(BLANK.findall(entry.msgstr))


def test_a_sentence_names_what_is_wrong_in_the_language_of_the_reader():
    problem = Problem("not_enough", {"lot": "L-7", "place": "A", "available": "2", "wanted": "3.5"})

    with override("en"):
        assert describe(problem).startswith("There is 2 of lot L-7 at A, not the 3.5 that are to leave it.")
    with override("zh-hans"):
        assert "批次 L-7 有 2" in describe(problem)


def test_kinds_and_fields_are_shown_by_their_names():
    with override("zh-hans"):
        assert describe(Problem("nothing_moves", {"kind": "ship"})).startswith("“发货”")
        assert "“供应商批号”" in describe(Problem("text_too_long", {"field": "supplier_lot", "longest": "120"}))


def test_braces_in_a_parameter_are_only_text():
    with override("en"):
        assert "{place}" in describe(Problem("place_unknown", {"place": "{place}"}))


def test_a_sentence_without_its_parameters_and_a_code_without_a_sentence_do_not_fail():
    assert describe(Problem("not_enough"))
    assert describe(Problem("from_the_next_version")) == "from_the_next_version"


def test_a_finding_names_the_fact():
    with override("en"):
        assert describe_failure(ChainFailure(7, "body_altered")) == "The content of fact 7 was altered: its hash does not fit."
