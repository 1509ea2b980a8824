"""Lots that somebody marks as suspect in a picture: what came of them is shown as exposed, in every view. Nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from lotline.doors.web.picture import PLACE, Picture
from lotline.records.genealogy.closure import Bounds, To, reach
from lotline.records.genealogy.graph import STEP

# An address is only so long.
MOST_MARKS = 20


def read_marks(texts: Iterable[str]) -> frozenset[UUID]:
    """The lots that an address marks; what is no id is left out."""
    found = set()
    for text in list(texts)[:MOST_MARKS]:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return frozenset(found)


def mark_suspects(picture: Picture, marks: frozenset[UUID], bounds: Bounds) -> Picture:
    """The picture with the marked lots, all that came of them, and where that is now, as suspects. Marks elsewhere change nothing."""
    known = {node.id for node in picture.nodes}
    own = [mark for mark in marks if str(mark) in known]
    if not own:
        return picture
    exposed = {str(lot) for lot in (*own, *reach(starts=own, to=To.DESTINATIONS, bounds=bounds).lots)}
    exposed |= {link.child for link in picture.links if link.child.startswith((PLACE, STEP)) and link.parent in exposed}
    nodes = tuple(replace(node, suspect=True) if node.id in exposed and not node.source else node for node in picture.nodes)
    return replace(picture, nodes=nodes)
