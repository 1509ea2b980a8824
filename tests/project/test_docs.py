from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_docs import problems
from tools.environment import ROOT


def write(root: Path, **pages: str) -> Path:
    (root / "docs").mkdir()
    for name, text in pages.items():
        (root / (f"docs/{name}.md" if name != "README" else "README.md")).write_text(text, encoding="utf-8")
    return root


def test_documentation_has_no_broken_link_and_no_lost_page():
    assert problems(ROOT) == []


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ("[a](docs/life.md)", []),
        ("[a](docs/life.md#the-life-of-a-lot)", []),
        ("[a](docs/life.md#批次-一生)", []),
        ("[a](docs/life.md) [b](https://elsewhere.example/x)", []),
        ("[a](docs/life.md) `[b](no.md)`", []),
        ("[a](docs/life.md) ![b](no.png)", ["README.md: no.png does not exist"]),
        ('[a](docs/life.md) <img alt="b" src="no.png">', ["README.md: no.png does not exist"]),
        ("[a](docs/life.md#nowhere)", ["README.md: docs/life.md#nowhere: there is no such heading"]),
        ("no link", ["docs/life.md: no page leads here"]),
    ],
)
def test_problems_names_each_link_that_leads_nowhere(tmp_path, link, answer):
    root = write(tmp_path, README=link, life="# The life of a lot\n\n## 批次 一生\n")

    assert problems(root) == answer
