"""The trace as input of the layout: what is drawn is what the journal connects."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import FactKind
from lotline.core.graph_layout import build_graph, lay_out_cards
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.graph import KEYS, TraceGraph, trace_graph
from tests.records.genealogy.conftest import Factory


def names(graph: TraceGraph) -> dict[str, str]:
    return {node.id: node.code for node in graph.nodes}


def pairs(graph: TraceGraph) -> set[tuple[str, str, bool]]:
    code = names(graph)
    return {(code[link.parent], code[link.child], link.certain) for link in graph.links}


def tank(factory: Factory) -> None:
    factory.receive("RM-0", 50)
    factory.receive("RM-1", 50)
    factory.make({"RM-0": 20}, {"TANK-1": 20}, operation="Cook", equipment="K1")
    factory.make({"TANK-1": 5}, {"FG-EARLY": 5})
    factory.make({"RM-1": 10}, {"TANK-1": 10}, possible=["RM-1"])
    factory.make({"TANK-1": 5}, {"FG-LATE": 5}, operation="Fill")
    factory.ship("FG-LATE", 2)


def test_both_ways_draw_sources_and_destinations_and_where_the_ends_are(factory: Factory):
    tank(factory)

    graph = trace_graph(plant=factory.plant, starts=factory.start("TANK-1"))

    assert pairs(graph) == {
        ("RM-0", "TANK-1", True), ("RM-1", "TANK-1", False), ("TANK-1", "FG-EARLY", True), ("TANK-1", "FG-LATE", True),
        ("FG-EARLY", "A-1", True), ("FG-LATE", "A-1", True), ("FG-LATE", "First customer", True),
    }  # fmt: skip
    assert graph.lots == 5


def test_one_way_respects_time_and_marks_what_is_only_possible(factory: Factory):
    tank(factory)

    graph = trace_graph(plant=factory.plant, starts=factory.start("RM-1"), ways=[To.DESTINATIONS], ends=False)

    by_code = {node.code: node for node in graph.nodes}
    assert by_code.keys() == {"RM-1", "TANK-1", "FG-LATE"}
    assert (by_code["RM-1"].start, by_code["TANK-1"].possible, by_code["FG-LATE"].possible) == (True, True, True)


def test_nodes_say_what_made_a_lot_how_much_there_was_and_its_state(factory: Factory):
    tank(factory)
    factory.say(FactKind.HOLD, "FG-LATE", reason="smell")

    graph = trace_graph(plant=factory.plant, starts=factory.start("TANK-1"), suspects=factory.lots("FG-LATE"))

    by_code = {node.code: node for node in graph.nodes if ":" not in node.id}
    late, cooked = by_code["FG-LATE"], by_code["TANK-1"]
    assert (late.stage, late.quantity, late.state, late.suspect) == ("Fill", "5 kg", "hold", True)
    assert (cooked.stage, cooked.quantity, dict(zip(KEYS, cooked.groups, strict=True))["line"]) == ("Cook", "30 kg", "K1")
    assert all(len(node.groups) == len(KEYS) for node in graph.nodes)


def test_rework_loops_lay_out(factory: Factory):
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 10}, {"WIP-1": 10})
    factory.make({"WIP-1": 10}, {"FG-1": 10})
    factory.make({"FG-1": 4}, {"WIP-1": 4})

    graph = trace_graph(plant=factory.plant, starts=factory.start("RM-1"))

    laid_out = lay_out_cards(build_graph(graph.nodes, graph.links), keys=KEYS)
    assert laid_out["lots"] == len(graph.nodes)


def test_the_number_of_queries_does_not_grow_with_the_lots(factory: Factory):
    factory.receive("RM-1", 5)
    factory.receive("RM-2", 500)
    factory.make({"RM-1": 1}, {"FG-X": 1})
    for number in range(40):
        factory.make({"RM-2": 2}, {f"FG-{number}": 2})
    counts = []
    for code in ("RM-1", "RM-2"):
        starts = factory.start(code)
        with CaptureQueriesContext(connection) as queries:
            trace_graph(plant=factory.plant, starts=starts)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_lot_that_one_way_reaches_for_certain_is_not_drawn_as_possible(factory: Factory):
    factory.receive("RM-1", 50)
    factory.make({"RM-1": 20}, {"TANK-1": 20})
    factory.make({"TANK-1": 5}, {"RM-1": 5}, possible=["TANK-1"])

    graph = trace_graph(plant=factory.plant, starts=factory.start("TANK-1"), ends=False)

    assert {node.code: node.possible for node in graph.nodes} == {"TANK-1": False, "RM-1": False}
