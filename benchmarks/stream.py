"""Asks for the recall set of a code, in a process of its own: ``python -m benchmarks.stream CODE``.

Prints as JSON how long the summary and the first page took, and what it took to stream every row.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django

from benchmarks.limits import resident_megabytes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")


RUNS = 3


def main() -> None:
    """Every row is made and forgotten."""
    django.setup()
    from lotline.records.genealogy.recall import recall_set  # noqa: PLC0415 -- needs Django to be set up
    from lotline.records.genealogy.starts import find_starts  # noqa: PLC0415 -- likewise
    from lotline.records.places.models import Plant  # noqa: PLC0415 -- likewise

    plant = Plant.objects.get(code="BENCH")
    answer: dict[str, float] = {"first": float("inf")}
    for _run in range(RUNS):
        began = time.perf_counter()
        with recall_set(plant=plant, starts=find_starts(plant=plant, code=sys.argv[1])) as found:
            summary, page = found.summary(), found.page()
        answer["first"] = min(answer["first"], time.perf_counter() - began)
    answer |= {"lots": summary.lots, "page": len(page), "customers": len(summary.customers)}
    began = time.perf_counter()
    with recall_set(plant=plant, starts=find_starts(plant=plant, code=sys.argv[1])) as found:
        answer["rows"] = sum(1 for _row in found.rows())
    answer |= {"seconds": time.perf_counter() - began, "megabytes": resident_megabytes()}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
