"""The genealogy layout: columns that loops cannot break, lanes, folding, the overview and the list."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotline.core.graph_layout import Graph, Link, Node, UnknownLot, build_graph, lay_out_cards, lay_out_overview, list_lots
from lotline.core.graph_layout.fold import LINKS_LIMIT, ROWS, fold_graph, links_between_columns
from lotline.core.graph_layout.stages import longest_path, strong_parts

KEYS = ("item", "state", "week", "line", "region")


def chain(*ids: str) -> Graph:
    """Lots in a row, each made from the one before."""
    nodes = [Node(id=name, code=name, time=at) for at, name in enumerate(ids)]
    return build_graph(nodes, [Link(a, b) for a, b in itertools.pairwise(ids)])


def columns_by_code(graph: Graph) -> dict[str, int]:
    return {node.code: graph.column_of[at] for at, node in enumerate(graph.nodes)}


def factory(lots: int, *, seed: int = 7, suspects: float = 0.0) -> Graph:
    """A layered genealogy of one raw lot with six stages after it, wider to the right."""
    rng = random.Random(seed)
    shares = (0.0002, 0.012, 0.084, 0.128, 0.128, 0.484, 0.164)
    nodes: list[Node] = []
    links: list[Link] = []
    before: list[Node] = []
    for order, share in enumerate(shares):
        here = []
        for at in range(max(1, round(share * lots))):
            groups = (f"item {rng.randrange(4)}", rng.choice(("hold", "shipped")), f"week {at * 15 // max(1, round(share * lots))}")
            here.append(
                Node(
                    id=f"{order}-{at}",
                    code=f"L{order}-{at:06d}",
                    item=groups[0],
                    stage=f"stage {order}",
                    order=order,
                    state=groups[1],
                    amount=1_000_000,
                    unit="kg",
                    time=order * 1000 + at,
                    groups=(*groups, f"line {rng.randrange(3)}", f"region {rng.randrange(12)}"),
                    start=order == 0,
                    suspect=rng.random() < suspects,
                )
            )
        for at, node in enumerate(here):
            if before:
                base = at * len(before) // len(here)
                links += [Link(before[(base + step) % len(before)].id, node.id) for step in range(rng.choice((1, 1, 2)))]
        nodes += here
        before = here
    return build_graph(nodes, links)


def test_columns_follow_the_longest_path_when_no_stage_is_known() -> None:
    nodes = [Node(id=name, code=name, time=at) for at, name in enumerate("abcd")]

    graph = build_graph(nodes, [Link("a", "b"), Link("b", "c"), Link("a", "d"), Link("c", "d")])

    assert columns_by_code(graph) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_columns_follow_the_routing_when_the_stages_are_known() -> None:
    nodes = [
        Node(id="raw", code="raw", order=10),
        Node(id="pack", code="pack", order=30, time=2),
        Node(id="cook", code="cook", order=20, time=1),
        Node(id="film", code="film", order=10),
    ]

    graph = build_graph(nodes, [Link("raw", "cook"), Link("cook", "pack"), Link("film", "pack")])

    assert columns_by_code(graph) == {"film": 0, "raw": 0, "cook": 1, "pack": 2}


def test_lot_without_stage_gets_a_column_between_the_known_ones() -> None:
    nodes = [Node(id="a", code="a", order=1), Node(id="x", code="x", time=1), Node(id="b", code="b", order=2, time=2)]

    graph = build_graph(nodes, [Link("a", "x"), Link("x", "b")])

    assert columns_by_code(graph) == {"a": 0, "x": 1, "b": 2}


def test_rework_loop_is_opened_where_time_runs_backwards() -> None:
    nodes = [Node(id=name, code=name, time=at) for at, name in enumerate("abcd")]

    graph = build_graph(nodes, [Link("a", "b"), Link("b", "c"), Link("c", "b"), Link("c", "d")])
    drawn = lay_out_cards(graph)

    assert columns_by_code(graph) == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert len(drawn["lines"]) == 4


def test_lot_that_is_reworked_into_itself_draws_no_link() -> None:
    graph = build_graph([Node(id="a", code="a")], [Link("a", "a")])

    assert lay_out_cards(graph)["lines"] == []


def test_link_to_an_unknown_lot_is_refused() -> None:
    with pytest.raises(UnknownLot, match="ghost"):
        build_graph([Node(id="a", code="a")], [Link("a", "ghost")])


def test_answer_does_not_depend_on_the_order_of_the_input() -> None:
    graph = factory(800, suspects=0.01)
    nodes, links = list(graph.nodes), [Link(graph.nodes[a].id, graph.nodes[b].id, known) for a, b, known in graph.links]
    random.Random(3).shuffle(nodes)
    random.Random(4).shuffle(links)

    shuffled = build_graph(nodes, links)

    assert lay_out_cards(shuffled, keys=KEYS) == lay_out_cards(graph, keys=KEYS)
    assert lay_out_overview(shuffled) == lay_out_overview(graph)


def test_empty_genealogy_has_no_cards() -> None:
    drawn = lay_out_cards(build_graph([], []))

    assert (drawn["cards"], drawn["lines"], drawn["height"], drawn["stages"]) == ([], [], 0, [])


def test_link_that_skips_a_column_takes_a_lane_that_no_card_overlaps() -> None:
    nodes = [Node(id=name, code=name, time=at) for at, name in enumerate(("film", "raw", "cured", "packed"))]
    graph = build_graph(nodes, [Link("raw", "cured"), Link("cured", "packed"), Link("film", "packed")])

    drawn = lay_out_cards(graph)

    codes = [card["code"] for card in drawn["cards"]]
    lanes = {(codes[a], codes[b]): passed for a, b, _count, _certain, passed in drawn["lines"]}
    cured = next(card for card in drawn["cards"] if card["code"] == "cured")
    assert lanes["raw", "cured"] == []
    assert len(lanes["film", "packed"]) == 1
    assert not cured["y"] <= lanes["film", "packed"][0] <= cured["y"] + cured["h"]


def overlaps(cards: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for x in {card["x"] for card in cards}:
        column = sorted((card for card in cards if card["x"] == x), key=lambda card: card["y"])
        found += [(a["id"], b["id"]) for a, b in itertools.pairwise(column) if a["y"] + a["h"] > b["y"]]
    return found


def test_sixty_lots_are_all_cards_and_sixty_one_are_folded() -> None:
    sixty = chain(*(f"{at:03d}" for at in range(60)))
    one_more = chain(*(f"{at:03d}" for at in range(61)))

    assert (lay_out_cards(sixty)["grouped"], len(lay_out_cards(sixty)["cards"])) == (0, 60)
    assert lay_out_cards(one_more)["grouped"] == 1


def test_five_thousand_lots_fold_into_a_few_kilobytes_with_readable_columns() -> None:
    graph = factory(5000)

    drawn = lay_out_cards(graph, keys=KEYS, caption=lambda nodes: f"{len(nodes)} t")

    assert len(json.dumps(drawn, ensure_ascii=False, separators=(",", ":")).encode()) < 12_000
    per_column = [sum(card["x"] == x for card in drawn["cards"]) for x in range(7)]
    assert max(per_column) <= ROWS
    assert sum(card.get("lots", 1) for card in drawn["cards"]) == len(graph.nodes)
    assert overlaps(drawn["cards"]) == []


def test_no_more_than_the_allowed_links_run_between_two_columns() -> None:
    graph = factory(5000)

    fold = fold_graph(graph, keys=KEYS)

    assert max(links_between_columns(fold, graph)) <= LINKS_LIMIT


def test_start_source_pinned_and_few_suspects_stay_single() -> None:
    graph = factory(3000, suspects=0.004)
    suspects = {node.code for node in graph.nodes if node.suspect}

    drawn = lay_out_cards(graph, keys=KEYS)

    assert 0 < len(suspects) <= 30
    single = {card["code"] for card in drawn["cards"] if "code" in card}
    assert suspects | {node.code for node in graph.nodes if node.start} <= single


def test_many_starts_fold_among_themselves_and_say_that_the_trace_begins_there() -> None:
    """All lots of one customer: 400 cards, each "this lot", would be no answer."""
    starts = [Node(id=f"S{at}", code=f"S{at}", order=1, time=at, groups=(f"item {at % 3}",), start=True) for at in range(400)]
    others = [Node(id=f"O{at}", code=f"O{at}", order=1, time=at, groups=(f"item {at % 3}",)) for at in range(90)]
    picture = lay_out_cards(build_graph(starts + others, []), keys=KEYS)

    groups = [(card["label"], card["lots"], card.get("start", 0)) for card in picture["cards"]]
    assert groups.count(("item 0", 134, 1)) == groups.count(("item 0", 30, 0)) == 1
    assert sum(lots for _label, lots, start in groups if start) == 400
    assert len({card["id"] for card in picture["cards"]}) == len(picture["cards"]) <= ROWS


def test_twelve_starts_stay_single() -> None:
    nodes = [Node(id=f"S{at}", code=f"S{at}", order=1, time=at, start=at < 12) for at in range(100)]
    picture = lay_out_cards(build_graph(nodes, []), keys=KEYS)

    assert sum(card.get("start", 0) and "kind" not in card for card in picture["cards"]) == 12


def test_many_suspects_fold_and_are_counted_on_the_groups() -> None:
    graph = factory(3000, suspects=0.3)

    drawn = lay_out_cards(graph, keys=KEYS)

    counted = sum(card.get("suspect", 0) for card in drawn["cards"])
    assert counted == graph.suspects


def test_values_beyond_eight_rows_become_leftovers() -> None:
    nodes = [Node(id="s", code="s", start=True)]
    nodes += [Node(id=f"{at}", code=f"{at:03d}", time=1, groups=(f"item {at % 20}",)) for at in range(100)]
    graph = build_graph(nodes, [Link("s", f"{at}") for at in range(100)])

    drawn = lay_out_cards(graph, keys=("item",))

    groups = [card for card in drawn["cards"] if "kind" in card]
    assert [card["kind"] for card in groups].count("other") == 1
    assert len(groups) == ROWS


def test_opened_group_shows_its_lots_in_one_block_and_leaves_the_others() -> None:
    graph = factory(400)
    folded = lay_out_cards(graph, keys=KEYS)
    group = next(card for card in folded["cards"] if card.get("opens") and card["lots"] > 3)

    drawn = lay_out_cards(graph, keys=KEYS, opened=[group["id"]])

    others = {card["id"] for card in folded["cards"]} - {group["id"]}
    assert others <= {card["id"] for card in drawn["cards"]}
    column = sorted((card for card in drawn["cards"] if card["x"] == group["x"]), key=lambda card: card["y"])
    inside = [at for at, card in enumerate(column) if card.get("of") == group["id"]]
    assert len(inside) == group["lots"]
    assert inside == list(range(inside[0], inside[0] + len(inside)))
    assert [entry["id"] for entry in drawn["opened"]] == [group["id"]]


def test_group_with_more_lots_than_fit_is_listed_page_by_page() -> None:
    graph = factory(5000)
    group = next(card for card in lay_out_cards(graph, keys=KEYS)["cards"] if card.get("lots", 0) > 300)

    first = list_lots(graph, group=group["id"], keys=KEYS, limit=200)
    second = list_lots(graph, group=group["id"], keys=KEYS, offset=first["next"], limit=200)

    assert first["total"] == group["lots"]
    assert not {row["id"] for row in first["rows"]} & {row["id"] for row in second["rows"]}
    assert lay_out_cards(graph, keys=KEYS, opened=[group["id"]])["opened"] == []


def test_overview_has_one_entry_for_each_lot_in_columns_by_time() -> None:
    graph = factory(5000, suspects=0.1)

    drawn = lay_out_overview(graph)

    assert sorted(drawn["codes"]) == sorted(node.code for node in graph.nodes)
    assert drawn["column_starts"][0] == 0
    assert sum(mask & 4 > 0 for mask in drawn["marks"]) == graph.suspects
    first = drawn["codes"].index("L5-000000")
    assert drawn["codes"][first : first + 3] == ["L5-000000", "L5-000001", "L5-000002"]
    assert len(drawn["pairs"]) == 2 * len(graph.links)


def test_possible_links_stay_possible_until_one_is_certain() -> None:
    nodes = [Node(id=name, code=name, time=at) for at, name in enumerate("abc")]

    graph = build_graph(nodes, [Link("a", "b", certain=False), Link("a", "c", certain=False), Link("a", "c")])

    assert [line[3] for line in lay_out_cards(graph)["lines"]] == [0, 1]


def test_hundred_thousand_lots_fold_and_list() -> None:
    graph = factory(100_000)

    drawn = lay_out_cards(graph, keys=KEYS)

    assert sum(card.get("lots", 1) for card in drawn["cards"]) == len(graph.nodes)
    assert lay_out_overview(graph)["pairs"] is None


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40),
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=12, max_size=12),
)
def test_any_graph_is_drawn_with_all_lots_links_and_no_overlap(pairs: list[tuple[int, int]], orders: list[int | None]) -> None:
    nodes = [Node(id=str(at), code=f"{at:02d}", time=at, order=order) for at, order in enumerate(orders)]

    graph = build_graph(nodes, [Link(str(a), str(b)) for a, b in pairs])
    drawn = lay_out_cards(graph)

    assert sorted(card["id"] for card in drawn["cards"]) == sorted(node.id for node in nodes)
    assert len(drawn["lines"]) == len({pair for pair in pairs if pair[0] != pair[1]})
    assert overlaps(drawn["cards"]) == []
    assert {card["x"] for card in drawn["cards"]} == set(range(len(graph.columns)))
    known = sorted((order, graph.column_of[at]) for at, node in enumerate(graph.nodes) if (order := node.order) is not None)
    assert all((a[0] < b[0]) == (a[1] < b[1]) for a, b in itertools.pairwise(known))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_links_without_a_loop_always_run_to_the_right(pairs: list[tuple[int, int]]) -> None:
    forward = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})

    depth = longest_path(10, forward, list(range(10)))

    assert all(depth[a] < depth[b] for a, b in forward)


def test_strong_parts_finds_two_loops_and_the_bridge_between() -> None:
    part = strong_parts([[1], [0, 2], [3], [4], [3]])

    assert part[0] == part[1] != part[2]
    assert part[3] == part[4] != part[2]
