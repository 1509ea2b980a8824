"""The trace as input of the layout: what is drawn is what the journal connects."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import FactKind
from lotline.core.graph_layout import build_graph, lay_out_cards
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.graph import KEYS, TraceGraph, trace_graph
from lotline.records.genealogy.starts import Start
from lotline.records.genealogy.trace import lots_of, trace
from lotline.records.genealogy.whereabouts import Map
from tests.records.genealogy.conftest import Factory


def draw(factory: Factory, starts: Sequence[Start], *ways: To, **more) -> TraceGraph:
    traces = [trace(plant=factory.plant, starts=starts, to=way) for way in ways or (To.SOURCES, To.DESTINATIONS)]
    return trace_graph(places=Map(factory.plant), walks=[one.walk for one in traces], starts=lots_of(starts), **more)


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

    graph = draw(factory, factory.start("TANK-1"))

    assert pairs(graph) == {
        ("RM-0", "TANK-1", True), ("RM-1", "TANK-1", False), ("TANK-1", "FG-EARLY", True), ("TANK-1", "FG-LATE", True),
        ("FG-EARLY", "A-1", True), ("FG-LATE", "A-1", True), ("FG-LATE", "First customer", True),
    }  # fmt: skip
    assert graph.lots == 5


def test_one_way_respects_time_and_marks_what_is_only_possible(factory: Factory):
    tank(factory)

    graph = draw(factory, factory.start("RM-1"), To.DESTINATIONS, ends=False)

    by_code = {node.code: node for node in graph.nodes}
    assert by_code.keys() == {"RM-1", "TANK-1", "FG-LATE"}
    assert (by_code["RM-1"].start, by_code["TANK-1"].possible, by_code["FG-LATE"].possible) == (True, True, True)


def test_nodes_say_what_made_a_lot_how_much_there_was_and_its_state(factory: Factory):
    tank(factory)
    factory.say(FactKind.HOLD, "FG-LATE", reason="smell")

    graph = draw(factory, factory.start("TANK-1"), suspects=factory.lots("FG-LATE"))

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

    graph = draw(factory, factory.start("RM-1"))

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
            draw(factory, starts)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_lot_that_one_way_reaches_for_certain_is_not_drawn_as_possible(factory: Factory):
    factory.receive("RM-1", 50)
    factory.make({"RM-1": 20}, {"TANK-1": 20})
    factory.make({"TANK-1": 5}, {"RM-1": 5}, possible=["TANK-1"])

    graph = draw(factory, factory.start("TANK-1"), ends=False)

    assert {node.code: node.possible for node in graph.nodes} == {"TANK-1": False, "RM-1": False}


def test_drawing_walks_that_were_made_asks_no_walk_again(factory: Factory):
    tank(factory)
    starts = factory.start("TANK-1")
    traces = [trace(plant=factory.plant, starts=starts, to=way) for way in To]

    with CaptureQueriesContext(connection) as queries:
        graph = trace_graph(places=Map(factory.plant), walks=[one.walk for one in traces], starts=lots_of(starts))

    assert graph.lots == 5
    assert not [query for query in queries if "RECURSIVE" in query["sql"] or "genealogy_window" in query["sql"]]


def test_a_draw_before_the_material_got_in_is_no_link_of_its_walk(factory: Factory):
    tank(factory)

    graph = draw(factory, factory.start("RM-1"), To.DESTINATIONS, ends=False)

    assert pairs(graph) == {("RM-1", "TANK-1", False), ("TANK-1", "FG-LATE", True)}


def test_a_walk_from_a_fault_beside_those_of_the_start_adds_what_it_reached_and_no_second_start(factory: Factory):
    tank(factory)
    starts, fault = factory.start("FG-LATE"), factory.start("TANK-1")
    walks = [
        trace(plant=factory.plant, starts=starts, to=To.SOURCES).walk,
        trace(plant=factory.plant, starts=fault, to=To.DESTINATIONS).walk,
    ]

    graph = trace_graph(places=Map(factory.plant), walks=walks, starts=lots_of(starts), ends=False)

    assert {node.code for node in graph.nodes} == {"RM-0", "RM-1", "TANK-1", "FG-EARLY", "FG-LATE"}
    assert [node.code for node in graph.nodes if node.start] == ["FG-LATE"]
