"""The widest recall set of the factory: summary and first page, then every row, streamed by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from django.db import connection, connections

from benchmarks.limits import best_of
from benchmarks.report import Figure, Report
from benchmarks.store import Store
from lotline.records.genealogy.recall import RecallRow, RecallSummary, recall_set
from lotline.records.genealogy.starts import find_starts


def measure(report: Report, store: Store) -> None:
    """Seconds to the summary with the first page; seconds and peak memory of all rows."""
    store.load_all()
    children, _parents = store.graphs
    code = max(sorted(children), key=lambda code: len(children[code]))
    summary, page = first_answer(store, code)
    if summary.lots < 2 or not page or not summary.customers:
        raise AssertionError(f"{code}: an empty recall set")
    took = best_of(3, lambda: first_answer(store, code))
    name = f"recall set of {summary.lots:,} lots: summary and first page"
    report.add(Figure(name, f"{took:.2f} s", "1 s", took, 1))
    streamed = stream_elsewhere(code)
    if streamed["rows"] != summary.lots:
        raise AssertionError(f"{code}: {streamed['rows']} rows streamed, {summary.lots} in the summary")
    report.add(Figure("  its rows streamed: peak memory", f"{streamed['megabytes']:.0f} MB", "300 MB", streamed["megabytes"], 300))
    report.note(f"{streamed['rows']:,} rows in {streamed['seconds']:.1f} s, {streamed['seconds'] / streamed['rows'] * 1e6:.0f} µs a row")


def first_answer(store: Store, code: str) -> tuple[RecallSummary, list[RecallRow]]:
    """What a screen shows first, from the code that somebody typed."""
    with recall_set(plant=store.plant, starts=find_starts(plant=store.plant, code=code)) as found:
        return found.summary(), found.page()


def stream_elsewhere(code: str) -> dict[str, Any]:
    """Rows, seconds and peak memory of a process that streams the recall set and keeps nothing."""
    connections.close_all()
    # Where the tests of the benches run, the database is not the one that the environment names.
    where = os.environ.copy() if connection.vendor == "postgresql" else os.environ | {"LOTLINE_DATABASE_URL": _sqlite_url()}
    command = [sys.executable, "-m", "benchmarks.stream", code]
    done = subprocess.run(command, env=where, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _sqlite_url() -> str:
    return f"sqlite:///{connection.settings_dict['NAME']}"
