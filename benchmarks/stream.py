"""Streams the recall set of a code and prints what it took, as JSON: ``python -m benchmarks.stream CODE``."""

from __future__ import annotations

import json
import os
import sys
import time

import django

from benchmarks.limits import resident_megabytes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")


def main() -> None:
    """Every row is made and forgotten."""
    django.setup()
    from lotline.records.genealogy.recall import recall_set  # noqa: PLC0415 -- needs Django to be set up
    from lotline.records.genealogy.starts import find_starts  # noqa: PLC0415 -- likewise
    from lotline.records.places.models import Plant  # noqa: PLC0415 -- likewise

    plant = Plant.objects.get(code="BENCH")
    began = time.perf_counter()
    with recall_set(plant=plant, starts=find_starts(plant=plant, code=sys.argv[1])) as found:
        rows = sum(1 for _row in found.rows())
    seconds = time.perf_counter() - began
    print(json.dumps({"rows": rows, "seconds": seconds, "megabytes": resident_megabytes()}))


if __name__ == "__main__":
    main()
