"""Where the conformance material is, which the project did not write and does not carry.

It is read from ``$LOTLINE_SHARED`` or from the folder ``shared`` beside the checkout; tests that need it are skipped with a
visible reason where neither exists.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("LOTLINE_SHARED") or ROOT.parent / "shared")
EPCIS = SHARED / "standards" / "epcis"
REASON = "no conformance material: set LOTLINE_SHARED to the folder that holds standards/epcis"

needs_material = pytest.mark.skipif(not EPCIS.is_dir(), reason=REASON)


def list_documents(*patterns: str) -> list[ParameterSet]:
    """Return the files that match, as cases named by their path; one skipped case when the material is absent."""
    if not EPCIS.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason=REASON), id="absent")]
    files = sorted(path for pattern in patterns for path in EPCIS.glob(pattern))
    assert files, f"no file matches {patterns}"
    return [pytest.param(path, id=path.relative_to(EPCIS).as_posix()) for path in files]


def read_bytes(name: str) -> bytes:
    """Return the content of one file by its path under standards/epcis."""
    return (EPCIS / name).read_bytes()
