"""The same question in a small store and in one ten times as large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks.limits import best_of, read_graph
from benchmarks.traces import choose_starts, reach_codes
from lotline.doors.exchange.genealogy_csv import import_genealogy
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import find_starts
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant

Growth = Iterator[tuple[str, float, float]]


def prepare_plant() -> Plant:
    """A fresh database with one plant."""
    call_command("migrate", verbosity=0)
    return create_plant(code="BENCH", name="Bench")


def load_factory(plant: Plant, folder: Path) -> None:
    """Import a synthetic factory; PostgreSQL then gets the statistics that autovacuum would bring a minute later."""
    import_genealogy(plant=plant, folder=folder)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def measure_growth(plant: Plant, folder: Path) -> Callable[[], Growth]:
    """Milliseconds now; the function returned measures the same again, for later."""
    children, parents = read_graph(folder)
    starts = {
        f"{to.value} {size}": (to, find_starts(plant=plant, code=codes[0])[0].lots)
        for to, graph in ((To.DESTINATIONS, children), (To.SOURCES, parents))
        for size, codes in choose_starts(graph, to).items()
        if codes
    }

    def measure() -> dict[str, float]:
        return {name: best_of(15, partial(reach_codes, lots, to)) * 1e3 for name, (to, lots) in starts.items()}

    before = measure()

    def again() -> Growth:
        after = measure()
        yield from ((name, before[name], after[name]) for name in before)

    return again
