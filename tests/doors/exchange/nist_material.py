"""Where the material of the NIST box assembly lies. It is not part of this repository; see docs/how-to/inspection-results.md."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("LOTLINE_SHARED", "") or REPOSITORY.parent / "shared")
FOLDER = SHARED / "standards" / "nist_box_assembly"


def require_material() -> None:
    """Skip the whole file with one line where the material is not at hand. Called at the top of a test file.

    The file and not its tests: a test of the engines that skips counts as a failure in CI, where only what belongs to this
    repository can be asked for.
    """
    if not (FOLDER / "derived_shdr_summary.csv").is_file():
        pytest.skip(
            "the NIST box assembly is not beside this repository (LOTLINE_SHARED may name the folder that holds standards/)",
            allow_module_level=True,
        )


def derived(name: str) -> list[dict[str, str]]:
    """Give the rows of a file of derived figures: the answers that others worked out from the same material."""
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
