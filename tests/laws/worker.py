"""A process of its own that writes into the journal: `python -m tests.laws.worker PLANT JOB`, with the job as JSON.

It says "ready", waits for a line (so that several start at one moment), and then answers each write with one line of JSON, flushed:
what has been printed was acknowledged. A write that is refused with try_again is sent again, as every door does.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402

from lotline.core.ledger import Refused  # noqa: E402
from lotline.records.journal.actions import append  # noqa: E402
from lotline.records.places.models import Plant  # noqa: E402
from lotline.records.places.queries import get_plant  # noqa: E402
from tests.laws.factory import draft, lot, move  # noqa: E402


def say(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def made(job: dict[str, Any], key: str) -> Any:
    moves = [move(lot(code, item), pieces, source, target) for item, code, pieces, source, target in job["moves"]]
    return draft(job["kind"], *moves, hour=job.get("hour", 1), key=key)


def write(plant: Plant, job: dict[str, Any], key: str) -> None:
    for _attempt in range(50):
        try:
            (receipt,) = append(plant=plant, drafts=[made(job, key)])
        except Refused as refused:
            problems = [problem.code for problem in refused.problems]
            if problems == ["try_again"]:
                continue
            say(key=key, refused=problems)
            return
        say(key=key, seq=receipt.seq, id=str(receipt.fact_id), replayed=receipt.replayed)
        return
    say(key=key, refused=["never"])


def write_both(job: dict[str, Any]) -> None:
    """Two plants in one transaction, which no flow of the product does: whoever did it in two orders would meet a deadlock."""
    try:
        with transaction.atomic():
            for code in job["plants"]:
                append(plant=get_plant(code), drafts=[made(job, f"{job['name']}-{code}")])
                time.sleep(0.5)
        say(key=job["name"], done=True)
    except Refused as refused:
        say(key=job["name"], refused=[problem.code for problem in refused.problems])


def main() -> None:
    plant, job = get_plant(sys.argv[1]), json.loads(sys.argv[2])
    say(ready=True)
    sys.stdin.readline()
    if "plants" in job:
        write_both(job)
        return
    numbers = range(job["times"]) if job.get("times") else itertools.count()
    for number in numbers:
        write(plant, job["jobs"][number % len(job["jobs"])] if "jobs" in job else job, f"{job['name']}-{number}")


if __name__ == "__main__":
    main()
