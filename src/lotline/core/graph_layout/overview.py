"""All lots at once: one small square each, in columns sorted by time. The browser only has to choose the size."""

from __future__ import annotations

from typing import Any

from lotline.core.graph_layout.graph import Graph, Node, describe_stages

# Above this the links (drawn for the lot under the pointer) and ids would weigh more than the picture is worth.
OVERVIEW_LINEAGE_LIMIT = 20_000

START, SOURCE, SUSPECT, POSSIBLE, PINNED = 1, 2, 4, 8, 16


def lay_out_overview(graph: Graph) -> dict[str, Any]:
    """Parallel arrays, one entry a lot, column after column and by time within: ``column_starts`` says where each begins.

    ``states`` and ``items`` are tables that ``state`` and ``item`` point into; ``marks`` is a bit mask (1 start, 2 source,
    4 suspect, 8 possible, 16 pinned); ``pairs`` is parent, child, parent, child … by position, ``None`` above the limit.
    """
    sequence = [at for column in graph.columns for at in column]
    nodes = [graph.nodes[at] for at in sequence]
    starts, total = [], 0
    for column in graph.columns:
        starts.append(total)
        total += len(column)
    states = sorted({node.state for node in nodes})
    items = sorted({node.item for node in nodes})
    state_at, item_at = {name: at for at, name in enumerate(states)}, {name: at for at, name in enumerate(items)}
    with_lineage = len(nodes) <= OVERVIEW_LINEAGE_LIMIT
    return {
        "view": "overview",
        "lots": len(nodes),
        "links": len(graph.links),
        "stages": describe_stages(graph),
        "column_starts": starts,
        "codes": [node.code for node in nodes],
        "ids": [node.id for node in nodes] if with_lineage else None,
        "states": states,
        "state": [state_at[node.state] for node in nodes],
        "items": items,
        "item": [item_at[node.item] for node in nodes],
        "marks": [mask_of(node) for node in nodes],
        "pairs": _pairs(graph, sequence) if with_lineage else None,
    }


def mask_of(node: Node) -> int:
    """The flags of one lot as a bit mask."""
    return START * node.start + SOURCE * node.source + SUSPECT * node.suspect + POSSIBLE * node.possible + PINNED * node.pinned


def _pairs(graph: Graph, sequence: list[int]) -> list[int]:
    position = [0] * len(sequence)
    for place, at in enumerate(sequence):
        position[at] = place
    return [end for a, b, _certain in graph.links for end in (position[a], position[b])]
