"""The same question in a small store and in one ten times as large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.limits import best_of, read_graph
from benchmarks.traces import choose_starts, reach_codes
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import find_starts
from lotline.records.places.models import Plant

Growth = Iterator[tuple[str, float, float]]


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
