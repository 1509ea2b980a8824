"""The genealogy's JSON: what the page asked for (view, opened groups, rows of the list) → what the layout answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from lotline.core.graph_layout import Graph, lay_out_cards, lay_out_overview, list_lots
from lotline.core.graph_layout.cards import Caption

PAGE_ROWS = 200


def answer_genealogy(graph: Graph, query: QueryDict, *, keys: Sequence[str], caption: Caption | None = None) -> dict[str, Any]:
    """``view`` = cards (default), overview or list; ``open`` (repeated) = groups to open; ``group``, ``offset`` = rows of the list."""
    view = query.get("view", "cards")
    if view == "overview":
        return lay_out_overview(graph)
    if view == "list":
        offset = query.get("offset", "0")
        return list_lots(graph, group=query.get("group", ""), keys=keys, offset=int(offset) if offset.isdecimal() else 0, limit=PAGE_ROWS)
    return lay_out_cards(graph, keys=keys, opened=query.getlist("open"), caption=caption)
