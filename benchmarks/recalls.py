"""The widest recall set of the factory: summary and first page, then every row streamed, asked by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from django.db import connection, connections

from benchmarks.report import Figure, Report
from benchmarks.store import Store


def measure(report: Report, store: Store) -> None:
    """Seconds to the summary with the first page, from the code that somebody typed; seconds and peak memory of all rows."""
    store.load_all()
    children, _parents = store.graphs
    code = max(sorted(children), key=lambda code: len(children[code]))
    found = ask_elsewhere(code)
    if found["lots"] < 2 or not found["page"] or not found["customers"]:
        raise AssertionError(f"{code}: an empty recall set")
    if found["rows"] != found["lots"]:
        raise AssertionError(f"{code}: {found['rows']} rows streamed, {found['lots']} in the summary")
    name = f"recall set of {found['lots']:,} lots: summary and first page"
    report.add(Figure(name, f"{found['first']:.2f} s", "1 s", found["first"], 1))
    report.add(Figure("  its rows streamed: peak memory", f"{found['megabytes']:.0f} MB", "300 MB", found["megabytes"], 300))
    report.note(f"{found['rows']:,} rows in {found['seconds']:.1f} s, {found['seconds'] / found['rows'] * 1e6:.0f} µs a row")


def ask_elsewhere(code: str) -> dict[str, Any]:
    """What a process found that holds nothing but the recall set: here, the collector would walk the factory's graph meanwhile."""
    connections.close_all()
    # Where the tests of the benches run, the database is not the one that the environment names.
    where = os.environ.copy() if connection.vendor == "postgresql" else os.environ | {"LOTLINE_DATABASE_URL": _sqlite_url()}
    command = [sys.executable, "-m", "benchmarks.stream", code]
    done = subprocess.run(command, env=where, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _sqlite_url() -> str:
    return f"sqlite:///{connection.settings_dict['NAME']}"
