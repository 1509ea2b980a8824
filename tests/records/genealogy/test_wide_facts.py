"""One fact of many lots: what is read of it grows with its inputs and outputs, not with their product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from lotline.core.graph_layout import build_graph, lay_out_cards, lay_out_overview, list_lots
from lotline.records.genealogy import excluded
from lotline.records.genealogy.choices import Exclusion
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.coverage import coverage_of_lots, trace_coverage
from lotline.records.genealogy.graph import KEYS, MOST_PAIRS, STEP, trace_graph
from lotline.records.genealogy.recall import recall_set
from lotline.records.genealogy.trace import lots_of, trace
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.sql import select_in
from tests.records.genealogy.conftest import Factory, minute

WIDE = 400


@pytest.fixture
def wide(factory: Factory) -> Factory:
    """RM-1 became 400 lots WIP, which in one fact became 400 lots FG. RM-2 is in none of them."""
    factory.receive("RM-1", WIDE, supplier_lot="S1")
    factory.make({"RM-1": WIDE}, {f"WIP-{n}": 1 for n in range(WIDE)})
    factory.make({f"WIP-{n}": 1 for n in range(WIDE)}, {f"FG-{n}": 1 for n in range(WIDE)}, operation="Blend")
    return factory


def drawn(factory: Factory, code: str, **more: Any):
    starts = factory.start(code)
    traces = [trace(plant=factory.plant, starts=starts, to=way) for way in To]
    return trace_graph(places=Map(factory.plant), walks=[one.walk for one in traces], starts=lots_of(starts), **more)


def test_a_fact_of_many_lots_is_drawn_as_a_step_with_a_link_for_each(wide: Factory):
    graph = drawn(wide, "RM-1", ends=False)

    assert (graph.lots, graph.steps, len(graph.nodes)) == (1 + 2 * WIDE, 1, 2 + 2 * WIDE)
    assert len(graph.links) == 3 * WIDE
    step = graph.nodes[graph.lots]
    assert (step.id.startswith(STEP), step.code, step.item) == (True, "Blend", f"{WIDE} → {WIDE}")
    assert {link.child for link in graph.links if link.parent.startswith(STEP)} == {
        str(lot) for lot in wide.lots(*(f"FG-{n}" for n in range(WIDE)))
    }


def test_every_view_of_it_can_be_laid_out_with_the_step_in_between(wide: Factory):
    graph = drawn(wide, "RM-1")
    built = build_graph(graph.nodes, graph.links)
    columns = {node.code.split("-")[0]: column for node, column in zip(built.nodes, built.column_of, strict=True)}

    assert columns["RM"] < columns["WIP"] < columns["Blend"] < columns["FG"]
    assert len(lay_out_cards(built, keys=KEYS)["lines"]) < 30
    assert len(lay_out_overview(built)["pairs"]) == 2 * len(graph.links)
    assert list_lots(built, group="", keys=KEYS, offset=0, limit=10)["total"] == len(graph.nodes)


def test_a_trace_of_one_of_the_lots_is_drawn_with_single_links_where_that_is_less(wide: Factory):
    graph = drawn(wide, "FG-0", ends=False)  # all its inputs, and only itself

    assert graph.steps == 0
    assert len(graph.links) == 2 * WIDE


def test_doubt_and_exposure_go_through_a_step(factory: Factory):
    width = int(MOST_PAIRS**0.5) + 1
    factory.receive("RM-1", width)
    factory.make({"RM-1": width}, {f"WIP-{n}": 1 for n in range(width)}, possible=[f"WIP-{n}" for n in range(width)])
    factory.make({f"WIP-{n}": 1 for n in range(width)}, {f"FG-{n}": 1 for n in range(width)}, possible=["WIP-0", "FG-1"])
    finished = factory.lots(*(f"FG-{n}" for n in range(width)))
    graph = drawn(factory, "RM-1", ends=False, suspects=finished, sources=factory.lots("WIP-3"))
    step = next(node for node in graph.nodes if node.id.startswith(STEP))
    code = {node.id: node.code for node in graph.nodes}

    assert (step.possible, step.suspect) == (True, True)
    assert {(code[link.parent], code[link.child]) for link in graph.links if not link.certain and STEP in link.parent + link.child} == {
        ("WIP-0", step.code), (step.code, "FG-1"),
    }  # fmt: skip


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, module: Any) -> Iterator[Callable[[], int]]:
    """How many rows come from the database by ``rows_of`` of a module."""
    seen = [0]
    real = module.rows_of

    def counting(*args: Any) -> Iterator[Any]:
        for row in real(*args):
            seen[0] += 1
            yield row

    with monkeypatch.context() as patch:
        patch.setattr(module, "rows_of", counting)
        yield lambda: seen[0]


def test_what_was_drawn_too_early_is_read_once_a_lot(wide: Factory, monkeypatch: pytest.MonkeyPatch):
    wide.receive("RM-2", WIDE)
    wide.make({"RM-2": WIDE}, {f"WIP-{n}": 1 for n in range(WIDE)})

    with recall_set(plant=wide.plant, starts=wide.start("RM-2")) as found, counted(monkeypatch, excluded) as rows:
        told = found.exclusions.told

    assert {lot.reason for lot in told} == {Exclusion.EARLIER_DRAW}
    assert wide.codes(lot.id for lot in told) == {f"FG-{n}" for n in range(WIDE)}
    assert {lot.via for lot in told} <= set(wide.lots(*(f"WIP-{n}" for n in range(WIDE))))
    assert rows() == WIDE


def test_coverage_is_told_of_every_lot_of_it(wide: Factory):
    found = trace_coverage(plant=wide.plant, since=minute(0), until=minute(100))

    assert (found.total, found.complete) == (WIDE, WIDE)


@pytest.mark.one_engine("counts the steps of SQLite's machine")
def test_coverage_does_not_go_through_every_pair(wide: Factory):
    thousands = [0]

    def count() -> None:
        thousands[0] += 1

    connection.connection.set_progress_handler(count, 1000)
    try:
        coverage_of_lots(plant=wide.plant, lots=wide.lots(*(f"FG-{n}" for n in range(WIDE))))
    finally:
        connection.connection.set_progress_handler(None, 0)

    assert thousands[0] < WIDE  # by pairs, some ten steps for each of 160,000


def test_doubts_of_a_wide_fact_are_read_once_a_posting(factory: Factory, monkeypatch: pytest.MonkeyPatch):
    inputs = [f"WIP-{n}" for n in range(WIDE)]
    factory.receive("RM-1", WIDE)
    factory.make({"RM-1": 1}, {"WIP-0": 1}, possible=["RM-1"])
    factory.make({"RM-1": WIDE - 1}, dict.fromkeys(inputs[1:], 1), possible=inputs[1:])
    factory.make(dict.fromkeys(inputs, 1), {f"FG-{n}": 1 for n in range(WIDE)})
    read = [0]

    def counting(*args: Any) -> Iterator[Any]:
        for row in select_in(*args):
            read[0] += 1
            yield row

    monkeypatch.setattr("lotline.records.genealogy.doubts.select_in", counting)
    with recall_set(plant=factory.plant, starts=factory.start("RM-1")) as found:
        rows = {row.lot.code: row for row in found.page(0, 3 * WIDE)}

    assert len(rows["FG-0"].doubts) == WIDE
    assert rows["FG-0"].doubts == rows[f"FG-{WIDE - 1}"].doubts
    assert len(rows["WIP-3"].doubts) == 1
    assert read[0] < 6 * WIDE
