"""What exists is found in the reference, and what the reference names exists."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import fields

import pytest

from lotline.doors.exchange import genealogy_csv
from tests.docs.pages import all_pages, prose, read
from tools.environment import ROOT
from tools.write_reference import BLOCK, BLOCKS

REFERENCE = ROOT / "docs" / "reference"
VARIABLE = re.compile(r"\bLOTLINE_[A-Z_]*[A-Z]\b")


def table_codes(text: str, heading: str) -> list[str]:
    """First cells of the table below a heading."""
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)`(?:, `[^`]+`)* \|", part, re.M)


def test_what_the_reference_repeats_is_what_the_code_says():
    command = [sys.executable, "-m", "tools.write_reference", "--check"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "LANG": "C"}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_code_that_the_reference_can_repeat_has_its_page():
    found = [name for page in REFERENCE.glob("*.md") for _begin, name, _text, _end in BLOCK.findall(page.read_text(encoding="utf-8"))]

    assert sorted(found) == sorted(BLOCKS)


def test_every_variable_of_the_environment_is_in_the_reference():
    sources = [ROOT / "run", ROOT / ".ci" / "run"]
    sources += [file for folder in ("src", "tools", "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py")]
    texts = [file.read_text(encoding="utf-8") for file in sources]
    used = {name for text in texts for name in VARIABLE.findall(text)}

    assert used == set(re.findall(r"^\| `(LOTLINE_[A-Z_]+)` \|", read("docs/reference/environment.md"), re.M))


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_only_variables_that_exist(page):
    known = set(VARIABLE.findall(read("docs/reference/environment.md")))

    assert set(VARIABLE.findall(page.read_text(encoding="utf-8"))) <= known


# ---- files that come in and go out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "columns"),
    [("lots.csv", genealogy_csv.LOT_COLUMNS), ("links.csv", genealogy_csv.LINK_COLUMNS), ("events.csv", genealogy_csv.EVENT_COLUMNS)],
)
def test_columns_of_genealogy_files_are_in_the_reference_in_their_order(file, columns):
    assert table_codes(read("docs/reference/genealogy-csv.md"), file) == list(columns)


def test_kinds_and_types_of_genealogy_files_are_in_the_reference():
    text = read("docs/reference/genealogy-csv.md")
    kind = re.search(r"^\| `kind` \| (.*) \|$", text, re.M)
    type_ = re.search(r"^\| `type` \| (.*) \|$", text, re.M)

    assert kind
    assert type_
    assert re.findall("`([a-z]+)`", kind[1]) == list(genealogy_csv.ITEM_KINDS)
    assert re.findall("`([a-z]+)`", type_[1]) == list(genealogy_csv.EVENT_TYPES)


def test_codes_of_refused_genealogy_rows_are_in_the_reference():
    files = (ROOT / "src/lotline/doors/exchange/genealogy_csv").glob("*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    said: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RowProblem":
            said |= words_in(node.args[2])
        elif isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["problem"]:
            said |= words_in(node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value)

    assert said == set(table_codes(read("docs/reference/genealogy-csv.md"), "What is refused"))


def words_in(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_figures_of_a_genealogy_import_are_in_the_reference():
    part = read("docs/reference/genealogy-csv.md").split("## What is booked and counted", 1)[1].split("\n## ", 1)[0]
    told = [name for line in re.findall(r"^\| (`.*?`) \|", part, re.M) for name in re.findall("`([a-z_]+)`", line)]

    assert told == [field.name for field in fields(genealogy_csv.GenealogySummary)]


@pytest.mark.slow
def test_trace_as_json_has_the_names_of_the_reference(demonstration):
    text = read("docs/reference/trace-json.md")
    told = re.findall(r"^\| `([a-z_]+)` \| (only )?", text, re.M)
    always, sometimes = {name for name, only in told if not only}, {name for name, only in told if only}

    answer = demonstration.json("trace", "FG-261117-A03", "--to", "sources")

    assert always <= set(answer) <= always | sometimes
    assert answer["start"].keys() <= set(re.findall("`([a-z_]+)`", text))


@pytest.mark.slow
def test_trace_of_a_code_with_two_meanings_has_the_names_of_the_reference(installation):
    text = read("docs/reference/trace-json.md")
    folder = installation.desk / "history"
    folder.mkdir()
    (folder / "lots.csv").write_text("lot,item,kind,qty,uom,created_at,partner\nR,A,raw,2,kg,2026-01-01,S\nW,B,wip,2,kg,2026-01-02,\n")
    (folder / "events.csv").write_text("event_id,type,at\nR,process,2026-01-02\n")  # a document that is named like a lot
    (folder / "links.csv").write_text("parent,child,qty,event_id,at\nR,W,2,R,\n")
    installation.json("import", "genealogy", str(folder))

    answer = installation.json("trace", "R", "--to", "sources")

    assert [start["kind"] for start in answer["start"]] == [start["kind"] for start in answer["starts"]] == ["lot", "document"]
    assert set(answer["starts"][0]) - set(answer["start"][0]) == {"complete", "lots", "facts", "partners", "digest"}
    assert set(answer["starts"][0]) <= set(re.findall("`([a-z_]+)`", text))


@pytest.mark.slow
def test_backup_file_is_as_the_reference_describes_it(installation):
    text = read("docs/reference/backup-format.md")
    installation.json("backup", str(installation.desk / "all.zip"))

    with zipfile.ZipFile(installation.desk / "all.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        members = set(archive.namelist())

    assert list(manifest) == re.findall(r"^\| `([a-z_]+)` \|", text.split("**`manifest.json`** has", 1)[1], re.M)
    assert members == {"manifest.json"} | {f"tables/{entry['table']}.ndjson" for entry in manifest["tables"]}
    assert {entry["table"] for entry in manifest["tables"]} == set(re.findall(r"^### (\w+)$", read("docs/reference/database.md"), re.M))
    assert all(name in text for entry in manifest["tables"] for name in entry)
    assert all(name in text for head in manifest["heads"] for name in head)


# ---- names in prose -----------------------------------------------------------------------------------------------------------------

FOLDERS = ("lotline", "lotline.records", "lotline.doors")


def named_symbols():
    for page in sorted((ROOT / "docs" / "architecture").glob("*.md")):
        head = re.search(r"^\*Symbols: (.*?)\.?\*$", page.read_text(encoding="utf-8"), re.M | re.S)
        for name in re.findall("`([^`]+)`", head[1] if head else ""):
            yield pytest.param(name, id=f"{page.name}: {name}")


@pytest.mark.parametrize("name", list(named_symbols()))
def test_symbols_that_an_architecture_page_follows_exist(name):
    assert any(exists(f"{folder}.{name}") for folder in FOLDERS)


def exists(dotted: str) -> bool:
    """Whether a module has this name, or something in a module."""
    module: str = dotted
    attributes: list[str] = []
    while module:
        try:
            thing = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _dot, attribute = module.rpartition(".")
            attributes.insert(0, attribute)
            continue
        for attribute in attributes:
            if not hasattr(thing, attribute):
                return False
            thing = getattr(thing, attribute)
        return True
    return False


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page):
    named = re.findall(r"`((?:tests|src|tools|benchmarks|docs|requirements)/[\w./-]+)`", prose(page.read_text(encoding="utf-8")))

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_pages_that_the_code_names_exist():
    page = re.compile(r"docs/(?:adr|reference|architecture|how-to|tutorial)/[\w.-]*\w")
    named = {name for file in (ROOT / "src").rglob("*.py") for name in page.findall(file.read_text(encoding="utf-8"))}

    assert [name for name in sorted(named) if not list(ROOT.glob(f"{name}*"))] == []


def test_addresses_of_the_api_that_pages_name_exist():
    from lotline.doors.api.application import api

    importlib.import_module("lotline.doors.api.urls")  # adds the routers
    known = [re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) + "$") for path in api.get_openapi_schema()["paths"]]
    extra = {"/api/v1/", "/api/v1/docs", "/api/v1/openapi.json"}
    named = {address for page in all_pages() for address in re.findall(r"/api/v1/[\w/{}*.-]*", page.read_text(encoding="utf-8"))} - extra

    assert [address for address in sorted(named) if not any(pattern.match(address) for pattern in known)] == []
