"""The genealogy of a story: ``records.genealogy.graph`` drawn for a reader, with what its fault touches, and one card for each place
at the right where lots are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from lotline.core.graph_layout import Link, Node
from lotline.core.instant import from_micros
from lotline.doors.web.design.states import state_look
from lotline.doors.web.faces import Face
from lotline.doors.web.formats import Formats, write_quantity
from lotline.doors.web.story import Story
from lotline.doors.web.words import lots_counted, standard_label
from lotline.records.catalog.models import Unit
from lotline.records.genealogy.closure import EVER, To
from lotline.records.genealogy.graph import KEYS, TraceGraph, trace_graph
from lotline.records.genealogy.starts import Start, StartKind

__all__ = ["KEYS", "MOST_LOTS", "PLACE", "Picture", "amount_of", "caption", "draw_picture"]

# Above this many lots a picture helps nobody; the page offers the list as a file instead.
MOST_LOTS = 20_000
PLACE = "place:"
# Lots that the drawer of a place names.
SPOT_LOTS = 6
# Places share the last column; the lots find theirs by their links.
LAST = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and links; ``places`` counts the nodes that are no lots, ``place_links`` the links to them."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    places: int
    place_links: int


def draw_picture(story: Story, formats: Formats) -> Picture:
    """The whole genealogy: the walks of the story, and what came of its fault."""
    sources, suspects = _marked(story)
    as_of, known_at = story.moments
    graphs = [
        trace_graph(plant=story.plant, starts=story.starts, ways=story.asked.directions, suspects=suspects, sources=sources, as_of=as_of,
                    known_at=known_at)
    ]  # fmt: skip
    if story.fault is not None:
        # The fault is a start only for this walk; the reader's start keeps its ring.
        origin = Start(StartKind.LOT, "", story.fault.lots)
        graphs.append(trace_graph(plant=story.plant, starts=(origin,), ways=(To.DESTINATIONS,), suspects=suspects, sources=sources,
                                  as_of=as_of, known_at=known_at))  # fmt: skip
    return _merge(story, graphs, formats)


def _marked(story: Story) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Origin of the problem, and what it may have got into. Where nothing was measured out of limits, a start that is blocked is the
    origin of what must be looked at.
    """
    if story.fault is not None:
        return frozenset(story.fault.lots), frozenset(story.exposed)
    blocked = frozenset(lot for lot, face in story.start_faces.items() if face.state in {"hold", "rejected"})
    return blocked, frozenset(story.destinations.lots) if blocked and story.destinations else frozenset()


def _merge(story: Story, graphs: Sequence[TraceGraph], formats: Formats) -> Picture:
    starts = frozenset(map(str, story.start_lots))
    decimals = dict(Unit.objects.values_list("code", "decimals"))
    lots: dict[str, Node] = {}
    ends: dict[str, Node] = {}
    links: dict[tuple[str, str], Link] = {}
    for graph in graphs:
        lots.update((node.id, node) for node in graph.nodes[: graph.lots])
        ends.update((node.id, node) for node in graph.nodes[graph.lots :])
        links.update({(link.parent, link.child): link for link in graph.links})
    parents = {parent for parent, child in links if child in lots}
    ends_of: dict[str, list[str]] = defaultdict(list)
    for parent, child in links:
        if child in ends and parent not in parents:
            ends_of[child].append(parent)
    nodes = [_shown(node, formats, decimals, start=node.id in starts) for node in lots.values()]
    kept = [link for link in links.values() if link.child in lots]
    spots = _spots((ends[end], lots[parent]) for end, found in ends_of.items() for parent in found)
    for spot in spots.values():
        node = _spot_node(spot, decimals)
        nodes.append(node)
        kept += [Link(lot.id, node.id) for _end, lot in spot]
    return Picture(tuple(nodes), tuple(kept), len(spots), len(kept) - sum(link.child in lots for link in kept))


def _shown(node: Node, formats: Formats, decimals: dict[str, int], *, start: bool) -> Node:
    """A lot in the reader's way of writing."""
    groups = (node.groups[0], str(state_look(node.state).word), *node.groups[2:])
    return replace(node, quantity=_amount(node.amount, node.unit, decimals), when=_when(node, formats), groups=groups, start=start)


def _when(node: Node, formats: Formats) -> str:
    return formats.moment(from_micros(node.time)) if node.time < EVER else ""


def _amount(micro: int, unit: str, decimals: dict[str, int]) -> str:
    """Pieces need no unit beside them."""
    return write_quantity(micro) if decimals.get(unit) == 0 else f"{write_quantity(micro)} {unit}"


def _spots(ends: Iterable[tuple[Node, Node]]) -> dict[tuple[str, str, str], list[tuple[Node, Node]]]:
    """(end, lot) pairs by place, standing and unit."""
    spots: dict[tuple[str, str, str], list[tuple[Node, Node]]] = defaultdict(list)
    for end, lot in ends:
        spots[end.id.partition(":")[0], end.item, end.unit].append((end, lot))
    return spots


def _spot_node(spot: list[tuple[Node, Node]], decimals: dict[str, int]) -> Node:
    first = spot[0][0]
    amount = sum(end.amount for end, _lot in spot)
    states = {end.state for end, _lot in spot}
    keys = ",".join(lot.id for _end, lot in spot[:SPOT_LOTS])
    return replace(
        first,
        code=standard_label(first.code) or first.code,
        id=f"{PLACE}{first.id.partition(':')[0]}|{keys}",
        item=first.item if len(spot) == 1 else f"{first.item} · {lots_counted(len(spot))}",
        quantity=_amount(amount, first.unit, decimals),
        amount=amount,
        state=first.state if len(states) == 1 else "",
        when="",
        order=LAST,
        # The origin itself may still stand somewhere; what is where it stands is as exposed as what came of it.
        suspect=any(end.suspect or lot.suspect or lot.source for end, lot in spot),
        possible=all(end.possible for end, _lot in spot),
    )


def amount_of(face: Face) -> str:
    """How much there was of a lot; pieces need no unit beside them."""
    return _amount(face.line.inflow, face.item.unit.code, {face.item.unit.code: face.item.unit.decimals})


def caption(nodes: Sequence[Node]) -> str:
    """The quantity of a group: exact, by unit; more than two units are not written out."""
    totals: dict[str, int] = defaultdict(int)
    for node in nodes:
        totals[node.unit] += node.amount
    if len(totals) > 2:
        return _("several units")
    return " · ".join(f"{write_quantity(amount)} {unit}" for unit, amount in sorted(totals.items()))
