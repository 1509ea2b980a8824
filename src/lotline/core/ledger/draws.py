"""Law 2: what a fact draws at an inside place was there before it, now and at every moment since.

A fact has two halves: first everything is moved and consumed, then it produces. Nothing is below zero after either half, so that what
an operation draws was there without its own outputs, and a trace that reads on from an output finds its uses in later facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lotline.core.ledger.checks import OUTPUT
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


def check_past(lot: LotState, place: PlaceState, drawn: int, change: int, moment: Moment, later: Iterable[PostingRow]) -> Problem | None:
    """The same for a fact that does not stand last: before it, and after each half of any later fact, is there enough left?

    ``later`` are the postings of the lot that stand after ``moment``, in any order; the balances of the lot are without this fact.
    The moments are in the order in which a trace reads facts; a reversal stands where the fact stands that it takes back, so that
    both leave no dent.
    """
    halves: dict[Moment, list[int]] = {}
    for row in later:
        if place.id in (row.origin, row.target):
            both = halves.setdefault(row.moment, [0, 0])
            both[row.role == OUTPUT] += row.quantity if row.target == place.id else -row.quantity
    available = lot.balances.get(place.id, 0) - sum(map(sum, halves.values()))
    if change < 0 and place.inside:
        lowest, culprit = _lowest(available, halves, moment)
        if lowest + change < 0 and culprit != moment:
            params = {"lot": lot.ref.code, "item": lot.ref.item, "place": place.code}
            amounts = {"available": format_quantity(lowest), "wanted": format_quantity(-change), "fact": str(culprit.seq)}
            return Problem("past_below_zero", params | amounts)
    return check_draw(lot, place, available, drawn, change)


def _lowest(available: int, halves: Mapping[Moment, Sequence[int]], moment: Moment) -> tuple[int, Moment]:
    """The lowest balance from a moment on, and when it is first so low."""
    running, lowest, culprit = available, available, moment
    for at in sorted(halves):
        for half in halves[at]:
            running += half
            if running < lowest:
                lowest, culprit = running, at
    return lowest, culprit
