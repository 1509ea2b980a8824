"""Closures against a bare breadth-first search in memory and one hand-written recursive query on the same database."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import connection

from benchmarks.limits import Graph, best_of, search_breadth_first
from benchmarks.report import Figure, Report
from lotline.records.genealogy.closure import Bounds, To, reach
from lotline.records.genealogy.starts import find_starts
from lotline.records.genealogy.trace import digest_of
from lotline.records.journal.store.sql import adapt
from lotline.records.places.models import Plant

# What somebody would write by hand to get the codes, on the same tables and without what Lotline promises beyond them: respect for
# time, strands, certainty, reversals, as of, as known at.
BY_HAND = """
WITH RECURSIVE reached(lot_id) AS (
    SELECT o.lot_id FROM journal_posting i {join} journal_posting o
    WHERE i.lot_id = %s AND i.role = {near} AND o.fact_id = i.fact_id AND o.role = {far}
    UNION
    SELECT o.lot_id FROM reached r {join} journal_posting i {join} journal_posting o
    WHERE i.lot_id = r.lot_id AND i.role = {near} AND o.fact_id = i.fact_id AND o.role = {far}
)
SELECT l.code FROM reached r {join} catalog_lot l WHERE l.id = r.lot_id
"""
SIZES = (("small", 30, 300), ("medium", 300, 5_000), ("huge", 5_000, 10**9))
PER_SIZE = 4


def measure_traces(report: Report, plant: Plant, graphs: tuple[Graph, Graph]) -> None:
    """Add one row for each direction and size; every answer is compared with the bare search."""
    children, parents = graphs
    for to, graph in ((To.DESTINATIONS, children), (To.SOURCES, parents)):
        cases = choose_starts(graph, to)
        for size, codes in cases.items():
            if codes:
                _measure_size(report, plant, to, graph, size, codes)


def measure_spread(report: Report, plant: Plant, graph: Graph) -> None:
    """Microseconds for each lot reached, from a hundred lots to the widest answer: the dearest size over the cheapest.

    Answers between are those of several starts together, which is how a recall of a week's deliveries is asked.
    """
    costs: dict[int, float] = {}
    for codes in choose_unions(graph):
        starts = [find_starts(plant=plant, code=code)[0].lots[0] for code in codes]
        lots = len(reach_codes(starts, To.DESTINATIONS))
        costs[lots] = best_of(5, partial(reach_codes, starts, To.DESTINATIONS)) / lots * 1e6
    if costs:
        cheap, dear = min(costs.values()), max(costs.values())
        name = f"cost of a lot reached, from {min(costs):,} to {max(costs):,} lots"
        report.add(Figure(name, f"{dear:.2f} µs", f"{cheap:.2f} µs", dear / cheap, 1.5))
        report.note(", ".join(f"{lots:,} lots: {cost:.2f} µs" for lots, cost in sorted(costs.items())))


def choose_unions(graph: Graph) -> list[list[str]]:
    """Sets of starts that together reach about 100, 1,000 and 10,000 lots; at last the lot that reaches most."""
    chance = random.Random(3)
    names = sorted(graph)
    chosen: list[list[str]] = []
    for size in (100, 1_000, 10_000):
        codes: list[str] = []
        reached: set[str] = set()
        for code in chance.sample(names, min(len(names), 2_000)):
            more = search_breadth_first(code, graph)
            if len(reached | more) <= size * 1.1:
                reached |= more
                codes.append(code)
            if len(reached) >= size * 0.9:
                chosen.append(codes)
                break
    return [*chosen, [max(names, key=lambda code: len(graph[code]))]]


def choose_starts(graph: Graph, to: To, seed: int = 5) -> dict[str, list[str]]:
    """Starts by the size of their answer: the widest ones, and random others."""
    chance = random.Random(seed)
    names = sorted(graph)
    widest = sorted(names, key=lambda code: -len(graph[code]))[:4]
    if to is To.SOURCES:
        widest = [code for code in names if "SH" in code][:: max(1, len(names) // 4000)][:6]
    chosen: dict[str, list[str]] = {size: [] for size, _low, _high in SIZES}
    for code in [*widest, *chance.sample(names, min(len(names), 400))]:
        reached = len(search_breadth_first(code, graph))
        for size, low, high in SIZES:
            if low <= reached < high and len(chosen[size]) < PER_SIZE:
                chosen[size].append(code)
    return chosen


def _measure_size(report: Report, plant: Plant, to: To, graph: Graph, size: str, codes: list[str]) -> None:
    ours = by_hand = bare = 0.0
    lots = 0
    runs = 3 if size == "huge" else 15
    for code in codes:
        start = find_starts(plant=plant, code=code)[0].lots[0]
        expected = search_breadth_first(code, graph)
        found = reach(starts=[start], to=to, bounds=Bounds())
        if digest_of(found.codes) != digest_of(expected):
            raise AssertionError(f"{code}: {len(found)} lots, expected {len(expected)}")
        lots += len(expected)
        bare += best_of(runs, partial(search_breadth_first, code, graph))
        ours += best_of(runs, partial(reach_codes, [start], to))
        by_hand += best_of(runs, partial(write_by_hand, start, to))
    name = f"closure {to.value} {size} ({lots // len(codes)} lots)"
    report.add(Figure(name, f"{ours / len(codes) * 1e3:.2f} ms", f"{by_hand / len(codes) * 1e3:.2f} ms SQL", ours / by_hand, 2))
    report.note(f"bare search in memory {bare / len(codes) * 1e3:.2f} ms, {ours / lots * 1e6:.2f} µs a lot reached")


def reach_codes(starts: Sequence[UUID], to: To) -> list[str]:
    """The codes by Lotline's closure."""
    return reach(starts=starts, to=to, bounds=Bounds()).codes


def write_by_hand(start: UUID, to: To) -> list[str]:
    """The codes by the hand-written query."""
    near, far = (1, 2) if to is To.DESTINATIONS else (2, 1)
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND.format(near=near, far=far, join="CROSS JOIN"), [adapt(start, connection)])
        return [row[0] for row in cursor.fetchall()]
