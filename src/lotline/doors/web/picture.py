"""The genealogy of a story: ``records.genealogy.graph`` drawn for a reader, with what its fault touches, and one card for each place
at the right where lots are now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from django.utils.translation import ngettext

from lotline.core.graph_layout import Link, Node
from lotline.core.instant import from_micros
from lotline.doors.web.design.states import state_look
from lotline.doors.web.faces import Face
from lotline.doors.web.formats import Formats, write_count, write_quantity
from lotline.doors.web.words import lots_counted
from lotline.records.catalog.models import Unit
from lotline.records.genealogy.closure import EVER
from lotline.records.genealogy.graph import KEYS
from lotline.records.genealogy.story import Story
from lotline.records.places.choices import standard_label

__all__ = ["KEYS", "MOST_LOTS", "PLACE", "Picture", "amount_of", "caption", "draw_picture"]

# Above this many lots a picture helps nobody; the page offers the list as a file instead.
MOST_LOTS = 20_000
PLACE = "place:"
# Lots that the drawer of a place names.
SPOT_LOTS = 6
# Places share the last column; the lots find theirs by their links.
LAST = 1
# What lies at one place: (end, lot) of the genealogy.
_Spot: TypeAlias = list[tuple[Node, Node]]
Units: TypeAlias = Mapping[str, Unit]


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and links; ``places`` counts the nodes that are no lots (steps of many lots among them), ``place_links`` the links to places."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    places: int
    place_links: int


def draw_picture(story: Story, formats: Formats) -> Picture:
    """The whole genealogy: the walks of the story, and what came of its fault."""
    graph = story.graph()
    units = {unit.code: unit for unit in Unit.objects.all()}
    lots = {node.id: node for node in graph.nodes[: graph.lots]}
    between = graph.lots + graph.steps
    steps = {node.id: replace(node, when=_when(node, formats)) for node in graph.nodes[graph.lots : between]}
    ends = {node.id: node for node in graph.nodes[between:]}
    nodes = [_shown(node, formats, units) for node in lots.values()] + list(steps.values())
    kept = [link for link in graph.links if link.child not in ends]
    spots = _spots((ends[link.child], lots[link.parent]) for link in graph.links if link.child in ends)
    place_links = [Link(lot.id, _spot_id(spot)) for spot in spots for _end, lot in spot]
    shared = Counter((_place_of(spot[0][0]), spot[0][0].item) for spot in spots)
    nodes += [_spot_node(spot, units, several=shared[_place_of(spot[0][0]), spot[0][0].item] > 1) for spot in spots]
    return Picture(tuple(nodes), (*kept, *place_links), len(spots) + len(steps), len(place_links))


def _shown(node: Node, formats: Formats, units: Units) -> Node:
    """A lot in the reader's way of writing."""
    groups = (node.groups[0], str(state_look(node.state).word), *node.groups[2:])
    unit = units[node.unit]
    return replace(node, unit=unit.label, quantity=_amount(node.amount, unit), when=_when(node, formats), groups=groups)


def _when(node: Node, formats: Formats) -> str:
    return formats.moment(from_micros(node.time)) if node.time < EVER else ""


def _amount(micro: int, unit: Unit) -> str:
    """Pieces need no unit beside them."""
    return write_quantity(micro) if unit.decimals == 0 else f"{write_quantity(micro)} {unit.label}"


def _spots(ends: Iterable[tuple[Node, Node]]) -> list[_Spot]:
    """(end, lot) pairs by place, standing, item and unit: quantities of two items are never added."""
    spots: dict[tuple[str, str, str, str], _Spot] = defaultdict(list)
    for end, lot in ends:
        spots[_place_of(end), end.item, lot.item, end.unit].append((end, lot))
    return list(spots.values())


def _place_of(end: Node) -> str:
    return end.id.partition(":")[0]


def _spot_id(spot: _Spot) -> str:
    return f"{PLACE}{_place_of(spot[0][0])}|{','.join(lot.id for _end, lot in spot[:SPOT_LOTS])}"


def _spot_node(spot: _Spot, units: Units, *, several: bool) -> Node:
    """The card of a place; where there are ``several`` for it, each names its item."""
    first, lot = spot[0]
    what = lot.item if several else first.item
    amount = sum(end.amount for end, _lot in spot)
    states = {end.state for end, _lot in spot}
    return replace(
        first,
        code=standard_label(first.code) or first.code,
        id=_spot_id(spot),
        item=what if len(spot) == 1 else f"{what} · {lots_counted(len(spot))}",
        quantity=_amount(amount, units[first.unit]),
        unit=units[first.unit].label,
        amount=amount,
        state=first.state if len(states) == 1 else "",
        when="",
        order=LAST,
        # The origin itself may still stand somewhere; what is where it stands is as exposed as what came of it.
        suspect=any(end.suspect or one.suspect or one.source for end, one in spot),
        possible=all(end.possible for end, _lot in spot),
    )


def amount_of(face: Face) -> str:
    """How much there was of a lot; pieces need no unit beside them."""
    return _amount(face.line.inflow, face.item.unit)


def caption(nodes: Sequence[Node]) -> str:
    """The quantity of a group, exact, where all of it is of one item and unit; of several, no sum would say anything."""
    items = {node.item for node in nodes}
    units = {node.unit for node in nodes}
    if len(items) > 1 or len(units) > 1:
        return ngettext("%(n)s item", "%(n)s items", len(items)) % {"n": write_count(len(items))}
    return f"{write_quantity(sum(node.amount for node in nodes))} {units.pop()}"
