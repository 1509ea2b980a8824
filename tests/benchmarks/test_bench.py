"""The benches themselves work: a small run of each, whose speed nobody looks at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.report import Figure
from tests.laws.processes import ROOT

FIGURES = (
    "import of", "same answer in a 10 times larger store", "closure destinations", "closure sources", "cost of a lot reached",
    "hot tank", "recall set of", "its rows streamed", "page of a trace", "picture of a trace", "durable facts over HTTP",
)  # fmt: skip


def test_a_small_run_measures_everything(tmp_path: Path):
    figures = tmp_path / "figures.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOTLINE_", "DJANGO_"))}

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--lots", "2000", "--seconds", "0.2", "--json", str(figures)],
        cwd=ROOT,
        env=environment | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    measured = json.loads(figures.read_text())
    assert all(figure["ratio"] > 0 for figure in measured)
    assert [part for part in FIGURES if not any(part in figure["name"] for figure in measured)] == []
    assert list(tmp_path.glob("lotline-bench-*")) == []


def test_a_goal_may_be_an_upper_or_a_lower_one():
    assert Figure("import", "5 s", "1 s", ratio=5, goal=6).met
    assert not Figure("import", "7 s", "1 s", ratio=7, goal=6).met
    assert Figure("facts", "300 /s", "1000 /s", ratio=0.3, goal=0.2, at_most=False).met
    assert not Figure("facts", "100 /s", "1000 /s", ratio=0.1, goal=0.2, at_most=False).met


def test_the_readme_of_the_benches_names_every_file():
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")

    files = {path.name for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__.py"}

    assert [name for name in sorted(files) if f"`{name}`" not in readme] == []
