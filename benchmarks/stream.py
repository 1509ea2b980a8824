"""Asks for the recall set of a code, in a process of its own: ``python -m benchmarks.stream CODE``.

Prints as JSON how long the summary and the first page took, and what it took to stream every row.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

import django

from benchmarks.limits import resident_megabytes

if TYPE_CHECKING:
    from lotline.records.places.models import Plant

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")


RUNS = 3


def main() -> None:
    """One recall set after the other, none kept: the peak is that of a process that answers a single question at a time."""
    django.setup()
    from lotline.records.places.models import Plant  # noqa: PLC0415 -- needs Django to be set up

    plant = Plant.objects.get(code="BENCH")
    firsts = [ask_first(plant, sys.argv[1]) for _run in range(RUNS)]
    print(json.dumps(min(firsts, key=lambda first: first["first"]) | stream_rows(plant, sys.argv[1])))


def ask_first(plant: Plant, code: str) -> dict[str, float]:
    """What a screen shows first, from the code that somebody typed: the summary and a page."""
    from lotline.records.genealogy.recall import recall_set  # noqa: PLC0415 -- likewise
    from lotline.records.genealogy.starts import find_starts  # noqa: PLC0415 -- likewise

    began = time.perf_counter()
    with recall_set(plant=plant, starts=find_starts(plant=plant, code=code)) as found:
        summary, page = found.summary(), found.page()
    return {"first": time.perf_counter() - began, "lots": summary.lots, "page": len(page), "customers": len(summary.customers)}


def stream_rows(plant: Plant, code: str) -> dict[str, float]:
    """Every row is made and forgotten."""
    from lotline.records.genealogy.recall import recall_set  # noqa: PLC0415 -- likewise
    from lotline.records.genealogy.starts import find_starts  # noqa: PLC0415 -- likewise

    began = time.perf_counter()
    with recall_set(plant=plant, starts=find_starts(plant=plant, code=code)) as found:
        rows = sum(1 for _row in found.rows())
    return {"rows": rows, "seconds": time.perf_counter() - began, "megabytes": resident_megabytes()}


if __name__ == "__main__":
    main()
