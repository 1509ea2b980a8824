"""The same lots as rows: the accessible and printable form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lotline.core.graph_layout.fold import find_group, fold_graph
from lotline.core.graph_layout.graph import Graph, describe_stages, marks_of


def list_lots(graph: Graph, *, group: str = "", keys: Sequence[str] = (), offset: int = 0, limit: int = 200) -> dict[str, Any]:
    """Rows ``offset`` to ``offset + limit``, by column and time; ``group`` (an id from ``lay_out_cards``) narrows them.

    ``next`` is the offset of the following page, ``None`` at the end. An unknown group gives no rows.
    """
    if group:
        found = find_group(fold_graph(graph, keys=keys), group)
        members = list(found.members) if found else []
        label = found.label if found else ""
    else:
        members, label = [at for column in graph.columns for at in column], ""
    page = members[offset : offset + limit]
    return {
        "view": "list",
        "lots": len(graph.nodes),
        "links": len(graph.links),
        "stages": describe_stages(graph),
        "group": group,
        "label": label,
        "total": len(members),
        "offset": offset,
        "next": offset + limit if offset + limit < len(members) else None,
        "rows": [_row(graph, at) for at in page],
    }


def _row(graph: Graph, at: int) -> dict[str, Any]:
    node = graph.nodes[at]
    row = {"id": node.id, "code": node.code, "item": node.item, "stage": node.stage, "column": graph.column_of[at]}
    row |= {"quantity": node.quantity, "state": node.state, "when": node.when}
    return row | marks_of(node)
