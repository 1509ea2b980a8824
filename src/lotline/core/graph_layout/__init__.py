"""Where each lot of a genealogy is drawn: columns by stage, rows by barycentre, folded when there are many.

Plain functions on plain data, linear in lots and links. What a person reads (codes, item names, group names) comes in with
the nodes; the layout adds no words. The answers are dictionaries ready for JSON, with integer positions.
"""

from lotline.core.graph_layout.cards import CARDS_LIMIT, Shape, lay_out_cards
from lotline.core.graph_layout.graph import Graph, Link, Node, UnknownLot, build_graph
from lotline.core.graph_layout.lists import list_lots
from lotline.core.graph_layout.overview import OVERVIEW_LINEAGE_LIMIT, lay_out_overview

__all__ = [
    "CARDS_LIMIT",
    "OVERVIEW_LINEAGE_LIMIT",
    "Graph",
    "Link",
    "Node",
    "Shape",
    "UnknownLot",
    "build_graph",
    "lay_out_cards",
    "lay_out_overview",
    "list_lots",
]
