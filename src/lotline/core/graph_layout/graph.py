"""Lots and their links as arrays, in an order that does not depend on how they came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lotline.core.graph_layout.stages import assign_columns


class UnknownLot(ValueError):
    """A link names a lot that is not among the nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One lot. Texts are shown as they are; ``groups`` holds one value for each folding key, in the order of the keys.

    ``order`` places the lot's stage among the stages of the routing (any whole numbers, gaps allowed); ``None`` lets its
    links decide. ``time`` is when it first existed (any unit that sorts). ``amount`` is micro units of ``unit``.
    """

    id: str
    code: str
    item: str = ""
    stage: str = ""
    order: int | None = None
    quantity: str = ""
    amount: int = 0
    unit: str = ""
    state: str = ""
    time: int = 0
    when: str = ""
    groups: tuple[str, ...] = ()
    start: bool = False
    source: bool = False
    suspect: bool = False
    possible: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Material of ``parent`` went into ``child`` (node ids); ``certain`` is false where it only may have."""

    parent: str
    child: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes sorted by time and code, links as index pairs, and the column of each node."""

    nodes: tuple[Node, ...]
    links: tuple[tuple[int, int, bool], ...]
    column_of: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...] = field(repr=False)

    @property
    def suspects(self) -> int:
        return sum(node.suspect for node in self.nodes)

    @property
    def starts(self) -> int:
        return sum(node.start for node in self.nodes)


def build_graph(nodes: Iterable[Node], links: Iterable[Link]) -> Graph:
    """Index the lots and give each a column. Raises ``UnknownLot``; doubled links count once, certain if one of them is."""
    ordered = tuple(sorted(nodes, key=lambda node: (node.time, node.code, node.id)))
    index = {node.id: at for at, node in enumerate(ordered)}
    certain: dict[tuple[int, int], bool] = {}
    for link in links:
        try:
            pair = (index[link.parent], index[link.child])
        except KeyError as error:
            raise UnknownLot(str(error.args[0])) from None
        if pair[0] != pair[1]:
            certain[pair] = certain.get(pair, False) or link.certain
    pairs = sorted(certain)
    column_of = assign_columns([node.order for node in ordered], pairs)
    columns: list[list[int]] = [[] for _ in range(max(column_of, default=-1) + 1)]
    for at, column in enumerate(column_of):
        columns[column].append(at)
    return Graph(
        nodes=ordered,
        links=tuple((a, b, certain[a, b]) for a, b in pairs),
        column_of=tuple(column_of),
        columns=tuple(tuple(column) for column in columns),
    )


def describe_stages(graph: Graph) -> list[dict[str, Any]]:
    """The head of each column: its two most frequent stage names, how many more there are, and its counts."""
    heads = []
    for column in graph.columns:
        members = [graph.nodes[at] for at in column]
        names = Counter(node.stage for node in members if node.stage)
        ranked = sorted(names, key=lambda name: (-names[name], name))
        head: dict[str, Any] = {"labels": ranked[:2], "lots": len(members)}
        counts = {
            "more": max(0, len(ranked) - 2),
            "suspect": sum(node.suspect for node in members),
            "hold": sum(node.state == "hold" and not node.suspect for node in members),
            "possible": sum(node.possible for node in members),
        }
        head.update({name: count for name, count in counts.items() if count})
        heads.append(head)
    return heads


def marks_of(node: Node) -> dict[str, int]:
    """The flags of one lot that are set, each as ``1``: what is absent is false, which keeps the answer small."""
    flags = {"start": node.start, "source": node.source, "suspect": node.suspect, "possible": node.possible, "pinned": node.pinned}
    return {name: 1 for name, value in flags.items() if value}
