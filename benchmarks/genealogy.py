"""Import, then closures in a tenth of the store and in the whole one, where the same questions have the same answers."""

from __future__ import annotations

from django.db import connection

from benchmarks.limits import bare_copy, bare_insert
from benchmarks.report import Figure, Report
from benchmarks.scaling import measure_growth
from benchmarks.store import Store
from benchmarks.traces import measure_spread, measure_traces


def measure(report: Report, store: Store) -> None:
    """Import, growth, closures of every size, cost per lot."""
    store.load(store.small)
    growth = measure_growth(store.plant, store.small)
    files = store.large
    limit = bare_copy(files) if connection.vendor == "postgresql" else bare_insert(files, store.folder / "bare.sqlite3")
    took = store.load(files)
    lots = store.lots - store.lots // 10
    report.add(Figure(f"import of {lots:,} lots, validated", f"{took:.1f} s", f"{limit:.1f} s bare", took / limit, 6))
    for name, before, after in growth():
        report.add(Figure(f"same answer in a 10 times larger store: {name}", f"{after:.2f} ms", f"{before:.2f} ms", after / before, 1.2))
    measure_traces(report, store.plant, store.graphs)
    measure_spread(report, store.plant, store.graphs[0])
