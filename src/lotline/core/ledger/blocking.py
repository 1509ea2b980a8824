"""Law 8: what is blocked is not used, and a hold at a place keeps there what lies there (docs/adr/0031)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lotline.core.facts import Disposition, PlaceKind
from lotline.core.ledger import checks, kinds
from lotline.core.ledger.decisions import BLOCKING, counting, worst
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem
from lotline.core.ledger.state import Decision, HoldState, LotState, Moment, PlaceState, Sources
from lotline.core.ledger.tree import Tree

# Where held goods may always go: written off, counted out, back to the supplier, or into an operation, which has a rule of its own.
_NEVER_KEPT_FROM = frozenset("PSVUC")
# Where they come back from under the same number: nobody can tell them from others of the lot then.
_COMING_IN = frozenset({PlaceKind.VARIANCE, PlaceKind.SUPPLIER})


class View(NamedTuple):
    """Where a lot is at a moment: its place, what that stands in, and (for a lot with a hold at a place) everything around it."""

    place: Id
    stand: PlaceState
    here: Sequence[Id]

    @property
    def at_customer(self) -> bool:
        """Whether it has been handed out."""
        return self.stand.kind is PlaceKind.CUSTOMER


@dataclass(slots=True)
class Change:
    """A fact says that a lot lies in ``target`` from the first of ``moments`` on; without the fact, it would lie in ``origin``.

    The later moments are those at which something around it is carried. ``before``: where it would be then without the fact.
    ``comes_in``: the fact brings it in from a supplier or the variance account, and does not only take back that it went there.
    """

    lot: LotState
    origin: Id
    target: Id
    moments: Sequence[Moment]
    used: bool
    comes_in: bool
    before: Sequence[View]


class Blocking:
    """Judges what facts do with lots. Changes are looked at before the fact's carries are applied, and judged after that."""

    def __init__(self, tree: Tree, sources: Sources) -> None:
        self._tree = tree
        self._sources = sources

    def look(self, lot: LotState, origin: Id, target: Id, moments: Sequence[Moment], *, used: bool, restores: bool) -> Change:
        """Where the lot would be without the fact. ``used``: the fact consumes it, packs it for sale or ships it. ``restores``: it takes
        another fact back.
        """
        comes_in = not restores and self._tree.place(origin).kind in _COMING_IN
        return Change(lot, origin, target, moments, used, comes_in, [self._view(lot, origin, moment) for moment in moments])

    def on_hold(self, lot: LotState, origin: Id, moment: Moment) -> bool:
        """Whether goods of the lot that are taken from ``origin`` are on hold there, so that quality has a word on it."""
        here = self._view(lot, origin, moment).here
        return any(hold.blocks(moment.at_us) and (hold.place is None or hold.place in here) for hold in lot.holds)

    def verdict(self, lot: LotState, origin: Id, moment: Moment) -> Disposition:
        """The worst that is said of goods taken from ``origin``, now or at the moment. Who waits on a hold waits for a decision."""
        held = lot.holds and self.on_hold(lot, origin, moment)
        return worst([*self._statuses(lot, moment.at_us), *([Disposition.PENDING] if held else [])])

    def judge(self, changes: Iterable[Change]) -> list[Problem]:
        """Why the changes may not be, each reason once."""
        found: dict[tuple[str, ...], Problem] = {}
        for change in changes:
            if problem := self._judge(change):
                found.setdefault((problem.code, *problem.params.values()), problem)
        return list(found.values())

    def _judge(self, change: Change) -> Problem | None:
        """The goods must not come to a customer while they are blocked, nor leave a place that keeps them; not with the fact, and not
        on a later way of a container that they turn out to have lain in. What would have happened without the fact is not judged again.
        """
        lot, was, used = change.lot, change.before[0], change.used
        for moment, old in zip(change.moments, change.before, strict=True):
            new = self._view(lot, change.target, moment)
            problem = None
            if used or (new.at_customer and not was.at_customer and not old.at_customer):
                problem = self._block_of(lot, was, moment.at_us)
            elif lot.holds and kinds.letter_of(new.stand.kind) not in _NEVER_KEPT_FROM:
                problem = self._kept(lot, was, old, new, moment.at_us) or self._come_in(change, new, moment.at_us)
            if problem is not None:
                return problem
            was, used = new, False
        return None

    def _view(self, lot: LotState, place_id: Id, moment: Moment) -> View:
        stand = self._tree.standing_place(self._tree.place(place_id), *moment)
        if all(hold.place is None for hold in lot.holds):
            return View(place_id, stand, (place_id,))
        return View(place_id, stand, self._tree.around(place_id, *moment))

    def _kept(self, lot: LotState, was: View, old: View, new: View, at_us: int) -> Problem | None:
        """A hold at a place that the lot would leave for one where no hold of its own waits for it."""
        for hold in lot.holds:
            place = hold.place
            if place is None or place not in was.here or place not in old.here or not hold.blocks(at_us):
                continue
            if not _covered(lot, hold, new, at_us):
                names = {"lot": lot.ref.code, "item": lot.ref.item, "reason": hold.reason}
                return Problem("hold_keeps_lot_here", names | {"place": self._tree.place(place).code, "target": new.stand.code})
        return None

    def _come_in(self, change: Change, new: View, at_us: int) -> Problem | None:
        """A hold at a place, where the lot comes in elsewhere: what was written off or sent back there would be free again."""
        lot = change.lot
        for hold in lot.holds if change.comes_in else ():
            if hold.place is not None and hold.blocks(at_us) and not _covered(lot, hold, new, at_us):
                names = {"lot": lot.ref.code, "item": lot.ref.item, "reason": hold.reason}
                return Problem("hold_waits_elsewhere", names | {"place": self._tree.place(hold.place).code, "target": new.stand.code})
        return None

    def _block_of(self, lot: LotState, was: View, at_us: int) -> Problem | None:
        code = self._tree.place(was.place).code
        for status in self._statuses(lot, at_us):
            if problem := checks.check_block(lot, status, at_us, was.here, code):
                return problem
        return None

    def _statuses(self, lot: LotState, at_us: int) -> Iterator[Disposition]:
        """The status now, and the one at the moment where it may have been another: by a decision since, or a block lifted since."""
        yield lot.status
        if lot.decided_at_us is not None and (at_us < lot.decided_at_us or lot.status in BLOCKING):
            yield self._status_at(lot, at_us)

    def _status_at(self, lot: LotState, at_us: int) -> Disposition:
        """The status at an earlier moment: writing a use late does not get around what was not decided yet."""
        decision = counting(decision for decision in self.decisions(lot) if decision.at_us <= at_us)
        return self.first_status(lot) if decision is None else decision.disposition

    def decisions(self, lot: LotState) -> Sequence[Decision]:
        """Every decision about the lot that stands, the present batch included. Of most lots there is none, and nobody is asked."""
        before = () if lot.born_now or lot.decided_at_us is None else self._sources.decisions(lot.id)
        return [*before, *lot.decisions]

    def first_status(self, lot: LotState) -> Disposition:
        """What the lot was born with."""
        return lot.first or self._sources.first_status(lot.id)


def _covered(lot: LotState, hold: HoldState, new: View, at_us: int) -> bool:
    """Whether another hold of the lot takes over: one that is open, where ``hold`` is; else at least one that was open then."""
    for other in lot.holds:
        if (other.place is None or other.place in new.here) and (
            other.closed_by is None if hold.closed_by is None else other.blocks(at_us)
        ):
            return True
    return False
