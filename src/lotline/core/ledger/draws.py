"""Law 2: what a fact draws at an inside place was there before it, now and at every moment since.

A fact has two halves: first everything is moved and consumed, then it produces. Nothing is below zero after either half, so that what
an operation draws was there without its own outputs, and a trace that reads on from an output finds its uses in later facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lotline.core.ledger.checks import OUTPUT
from lotline.core.ledger.course import Course
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem
from lotline.core.ledger.state import LotState, Moment, PlaceState, PostingRow
from lotline.core.quantity import format_quantity

_NONE: Mapping[tuple[Id, Id], int] = {}


def drawn_and_made(rows: Sequence[PostingRow]) -> Mapping[tuple[Id, Id], int]:
    """The change of the first half, by (lot, place), where a fact draws of a lot where it also makes some of it: that is rare.

    Anywhere else the change of the whole fact says as much. The rows of a reversal have no halves.
    """
    made = {(row[0], row[2]) for row in rows if row[4] == OUTPUT}
    if not made:
        return _NONE
    changes: dict[tuple[Id, Id], int] = {}
    for lot, origin, target, quantity, role, *_rest in rows:
        if role != OUTPUT:
            if (lot, origin) in made:
                changes[lot, origin] = changes.get((lot, origin), 0) - quantity
            if (lot, target) in made:
                changes[lot, target] = changes.get((lot, target), 0) + quantity
    return {key: change for key, change in changes.items() if change < 0}


def check_draw(lot: LotState, place: PlaceState, available: int, drawn: int, change: int) -> Problem | None:
    """Is what the first half of a fact takes there before it? ``change`` is that of the whole fact."""
    if available + drawn >= 0:
        return None
    params = {"lot": lot.ref.code, "item": lot.ref.item, "place": place.code}
    amounts = {"available": format_quantity(available), "wanted": format_quantity(-drawn)}
    return Problem("not_enough" if drawn == change else "draws_own_output", params | amounts)


def check_past(lot: LotState, place: PlaceState, drawn: int, change: int, moment: Moment, course: Course) -> Problem | None:
    """The same for a fact that does not stand last: before it, and after each half of any later fact, is there enough left?

    ``course`` is that of the lot at the place; it and the balances of the lot are without this fact. The moments are in the order in
    which a trace reads facts; a reversal stands where the fact stands that it takes back, so that both leave no dent.
    """
    later, lowest, culprit = course.after(moment)
    available = lot.balances.get(place.id, 0) - later
    if change < 0 and place.inside and culprit is not None and available + lowest + change < 0:
        params = {"lot": lot.ref.code, "item": lot.ref.item, "place": place.code}
        amounts = {"available": format_quantity(available + lowest), "wanted": format_quantity(-change), "fact": str(culprit.seq)}
        return Problem("past_below_zero", params | amounts)
    return check_draw(lot, place, available, drawn, change)
