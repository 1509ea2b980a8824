"""Every room has a page with its nouns and verbs, and what the page names exists."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.docs.pages import BLOCK, LINK
from tools.environment import ROOT

PACKAGE = ROOT / "src" / "lotline"
PAGES = sorted(PACKAGE.rglob("README.md"))
FLOORS = ("core", "records", "doors", "project")


def named_things():
    for page in PAGES:
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)*\.[A-Za-z_]+)`", page.read_text(encoding="utf-8")):
            first = page.parent / name.split(".")[0]
            if not re.search(r"\.(?:py|csv|md|json|html|css|js)$", name) and (first.is_dir() or first.with_suffix(".py").exists()):
                yield pytest.param(page, name, id=f"{page.parent.relative_to(PACKAGE)}: {name}")


@pytest.mark.parametrize("floor", FLOORS)
def test_every_floor_has_a_page(floor):
    assert (PACKAGE / floor / "README.md").exists()


@pytest.mark.parametrize(
    "room", [room for floor in ("records", "doors") for room in sorted((PACKAGE / floor).glob("[a-z]*/"))], ids=lambda room: room.name
)
def test_every_room_has_a_page(room):
    assert (room / "README.md").exists()


@pytest.mark.parametrize(("page", "name"), list(named_things()))
def test_what_the_page_of_a_room_names_exists(page, name):
    package = ".".join(("lotline", *page.parent.relative_to(PACKAGE).parts))
    module, _dot, thing = f"{package}.{name}".rpartition(".")
    try:
        importlib.import_module(f"{module}.{thing}")
    except ModuleNotFoundError:
        owner = importlib.import_module(module)
        assert hasattr(owner, thing) or any(thing in getattr(one, "__annotations__", {}) for one in vars(owner).values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.parent.relative_to(PACKAGE)))
def test_links_and_files_of_the_page_of_a_room_lead_somewhere(page):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    links = [target.split("#")[0] for target in LINK.findall(text) if "://" not in target]
    files = re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|css|js)|[a-z_]+/(?:[a-z_]+/)*)`", text)

    assert [link for link in links if link and not (page.parent / link).exists()] == []
    roots = (page.parent, PACKAGE, ROOT, *page.parent.glob("*/"), *page.parent.glob("*/*/"), *page.parent.glob("*/*/*/"))
    assert [file for file in files if not any((root / file).exists() for root in roots)] == []
