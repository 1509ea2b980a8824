"""The genealogy as cards: every lot up to ``CARDS_LIMIT``, folded above, with a position for each card and lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lotline.core.graph_layout.fold import Fold, Item, fold_graph, open_groups, unfolded
from lotline.core.graph_layout.graph import Graph, Node, describe_stages, marks_of
from lotline.core.graph_layout.order import Row, order_rows

CARDS_LIMIT = 60
# What opens in place; a larger group opens as a list.
OPEN_LIMIT = 24

Caption = Callable[[Sequence[Node]], str]


@dataclass(frozen=True, slots=True)
class Shape:
    """Heights in pixels at zoom 1; the browser decides the widths."""

    lot: int = 50
    group: int = 58
    gap: int = 12
    lane: int = 10
    lane_gap: int = 6


def lay_out_cards(
    graph: Graph,
    *,
    keys: Sequence[str] = (),
    opened: Iterable[str] = (),
    caption: Caption | None = None,
    shape: Shape | None = None,
) -> dict[str, Any]:
    """Cards with column and top, and links between them with the lanes that they take.

    ``caption`` writes the quantity of a group; ``opened`` holds ids of groups whose lots are shown one by one (ids that the
    fold does not have, or that hold more than ``OPEN_LIMIT`` lots, change nothing).
    """
    shape = shape or Shape()
    grouped = len(graph.nodes) > CARDS_LIMIT
    folded = fold_graph(graph, keys=keys) if grouped else unfolded(graph)
    wanted = frozenset(opened)
    groups = [item for item in folded.items if item.kind != "lot" and item.group_id in wanted and len(item.members) <= OPEN_LIMIT]
    fold = open_groups(graph, folded, frozenset(item.group_id for item in groups)) if groups else folded
    merged = merge_links(graph, fold)
    columns_of = [item.column for item in fold.items]
    grid = order_rows(columns_of, [item.group for item in fold.items], list(merged), len(graph.columns))
    tops, lanes, height = _stack(grid, fold, shape)
    cards = [_card(graph, item, tops[at], shape, caption) for at, item in enumerate(fold.items)]
    return {
        "view": "cards",
        "grouped": int(grouped),
        "lots": len(graph.nodes),
        "links": len(graph.links),
        "stages": describe_stages(graph),
        "height": height,
        "opened": [{"id": item.group_id, "kind": item.kind, "label": item.label, "x": item.column} for item in groups],
        "cards": cards,
        "lines": [_line(columns_of, lanes, pair, merged[pair]) for pair in merged],
    }


def merge_links(graph: Graph, fold: Fold) -> dict[tuple[int, int], tuple[int, bool]]:
    """Links between cards: how many links of lots each stands for, and whether one of them is certain."""
    merged: dict[tuple[int, int], tuple[int, bool]] = {}
    for a, b, certain in graph.links:
        pair = (fold.item_of[a], fold.item_of[b])
        if pair[0] == pair[1]:
            continue
        count, known = merged.get(pair, (0, False))
        merged[pair] = (count + 1, known or certain)
    return dict(sorted(merged.items()))


def _stack(grid: list[list[Row]], fold: Fold, shape: Shape) -> tuple[dict[int, int], dict[tuple[int, int], int], int]:
    """Tops of the cards, middles of the lanes by (card, column), and the height of the tallest column; columns are centred."""

    def room(row: Row) -> int:
        if row.lane:
            return shape.lane + shape.lane_gap
        return (shape.lot if fold.items[row.item].kind == "lot" else shape.group) + shape.gap

    heights = [sum(room(row) for row in rows) for rows in grid]
    tallest = max(heights, default=0)
    tops: dict[int, int] = {}
    lanes: dict[tuple[int, int], int] = {}
    for column, rows in enumerate(grid):
        y = (tallest - heights[column]) // 2
        for row in rows:
            if row.lane:
                lanes[row.item, column] = y + shape.lane // 2
            else:
                tops[row.item] = y
            y += room(row)
    return tops, lanes, max(0, tallest - shape.gap)


def _card(graph: Graph, item: Item, top: int, shape: Shape, caption: Caption | None) -> dict[str, Any]:
    place = {"x": item.column, "y": top, "h": shape.lot if item.kind == "lot" else shape.group}
    members = [graph.nodes[at] for at in item.members]
    if item.kind == "lot":
        node = members[0]
        card: dict[str, Any] = {"id": node.id, "code": node.code, "item": node.item, "quantity": node.quantity, "state": node.state}
        if item.group:
            card["of"] = item.group
        return card | place | marks_of(node)
    counts: dict[str, int] = {
        "start": int(item.start),
        "suspect": sum(node.suspect for node in members),
        "hold": sum(node.state == "hold" and not node.suspect for node in members),
        "possible": sum(node.possible for node in members),
    }
    card = {"id": item.group_id, "kind": item.kind, "key": item.key, "label": item.label, "lots": len(members)}
    card |= {"caption": caption(members) if caption else "", "opens": int(len(members) <= OPEN_LIMIT)}
    return card | place | {name: count for name, count in counts.items() if count}


def _line(columns_of: Sequence[int], lanes: dict[tuple[int, int], int], pair: tuple[int, int], worth: tuple[int, bool]) -> list[Any]:
    """``[from card, to card, links it stands for, 1 if certain, [middle of the lane in each column passed]]``."""
    a, b = pair
    passed = [lanes[a, column] for column in range(columns_of[a] + 1, columns_of[b])]
    return [a, b, worth[0], int(worth[1]), passed]
