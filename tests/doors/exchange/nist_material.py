"""Where the material of the NIST box assembly lies. It is not part of this repository; see docs/how-to/inspection-results.md."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("LOTLINE_SHARED", "") or REPOSITORY.parent / "shared")
FOLDER = SHARED / "standards" / "nist_box_assembly"

needs_material = pytest.mark.skipif(
    not (FOLDER / "derived_shdr_summary.csv").is_file(),
    reason="the NIST box assembly is not beside this repository (set LOTLINE_SHARED to the folder that holds standards/)",
)


def derived(name: str) -> list[dict[str, str]]:
    """Give the rows of a file of derived figures: the answers that others worked out from the same material."""
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
