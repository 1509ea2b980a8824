"""What import-linter can not see: SQL in a door, and a test of a lower floor that stands on a higher one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lotline

PACKAGE = Path(lotline.__file__).parent
TESTS = Path(__file__).resolve().parents[1]
# How a module gets at the database below the ORM.
BELOW_THE_ORM = {"connection", "connections", "RawSQL"}
STORE = ("lotline.records.journal.store.sql", "lotline.records.journal.store.driver", "lotline.records.genealogy.lotset")
ORM_HATCHES = {"raw", "extra", "cursor"}
STATEMENT = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH RECURSIVE|CREATE (TEMP )?TABLE)\b")
# What the tests of a floor may import, besides the tests' own modules and what is below.
HIGHER = {"core": ("records", "doors", "project"), "records": ("doors", "project"), "laws": ("doors",)}


def files_of(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*.py") if "migrations" not in file.parts)


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module or name that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sql_in(source: str) -> list[str]:
    """What in ``source`` goes to the database by other ways than the records' readings and the ORM."""
    tree = ast.parse(source)
    found = [
        name for name in imports_of(tree)
        if (name.startswith("django.db") and name.rpartition(".")[2] in BELOW_THE_ORM) or name.startswith(STORE)
    ]  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ORM_HATCHES:
            found.append(f".{node.func.attr}()")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            found.append(node.value)
    return found


@pytest.mark.parametrize("door", ["web", "api", "commands", "exchange"])
def test_a_door_holds_no_sql(door: str):
    files = list(files_of(PACKAGE / "doors" / door))
    offences = {str(file.relative_to(PACKAGE)): found for file in files if (found := sql_in(file.read_text(encoding="utf-8")))}

    assert len(files) > 5
    assert offences == {}


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import connection",
        "def f():\n    from django.db import connections",
        "from django.db.models.expressions import RawSQL",
        "from lotline.records.journal.store.sql import select_in",
        "Lot.objects.raw('x')",
        "SQL = 'SELECT id FROM catalog_lot'",
    ],
)
def test_the_guard_sees_sql(source: str):
    assert sql_in(source)


@pytest.mark.parametrize("floor", sorted(HIGHER))
def test_tests_of_a_floor_import_nothing_from_above_it(floor: str):
    above = tuple(f"{package}.{higher}" for higher in HIGHER[floor] for package in ("lotline", "tests"))
    files = list(files_of(TESTS / floor))
    offences = [
        (str(file.relative_to(TESTS)), name)
        for file in files
        for name in imports_of(ast.parse(file.read_text(encoding="utf-8")))
        if name.startswith(above)
    ]

    assert files
    assert offences == []
