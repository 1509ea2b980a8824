"""Containers on their way: whether a carry can be, what rides along, and what a carry that comes in late would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from lotline.core.facts import Carry, FactKind, LotRef, PlaceKind
from lotline.core.ledger import kinds
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import LotState, Moment, PlaceState, PostingRow, Sources
from lotline.core.ledger.tree import FOR_EVER, Tree

# A container, where it leaves and where it comes to.
CarryRow: TypeAlias = tuple[Id, Id, Id]


class Cargo:
    """The lots of a book by the place where they lie. Shares the book's own tables of lots."""

    def __init__(
        self, tree: Tree, sources: Sources, lots: dict[LotRef, LotState], by_id: dict[Id, LotState], touched: dict[Id, LotState]
    ) -> None:
        self.tree = tree
        self.sources = sources
        self._lots = lots
        self._by_id = by_id
        self._touched = touched
        self._at: dict[Id, set[Id]] | None = None
        self._void: set[int] = set()

    def forget_places(self) -> None:
        """Other lots are known now, so where they lie has to be looked up anew."""
        self._at = None

    def forget_batch(self) -> None:
        """What was taken back in the present batch is known to the journal now."""
        self._void.clear()

    def note(self, lot: Id, place: Id) -> None:
        """The lot has come to lie, or no longer lies, at a place."""
        if self._at is not None:
            self._at.setdefault(place, set()).add(lot)

    def void(self, *seqs: int) -> None:
        """These facts never were: one that is taken back, and what takes it back."""
        self._void.update(seqs)

    def resolve(self, carries: Iterable[Carry], kind: FactKind, at_us: int, place: Callable[[str], PlaceState]) -> Iterator[CarryRow]:
        """The carries of a draft by key, each found possible by itself."""
        seen: set[Id] = set()
        for carry in carries:
            container, origin, target = place(carry.container), place(carry.source), place(carry.target)
            if container.kind is not PlaceKind.CONTAINER:
                raise Refused([Problem("not_a_container", {"place": container.code})])
            if container.id in seen:
                raise Refused([Problem("container_carried_twice", {"place": container.code})])
            if origin.id == target.id:
                raise Refused([Problem("container_goes_nowhere", {"place": container.code})])
            start, end = self.tree.ends(origin, target, at_us)
            if not kinds.may_carry(kind, start.kind, end.kind):
                raise Refused([Problem("way_not_allowed", {"kind": kind, "origin": start.code, "target": end.code})])
            self._check(container, origin, target, at_us)
            seen.add(container.id)
            yield container.id, origin.id, target.id

    def _check(self, container: PlaceState, origin: PlaceState, target: PlaceState, at_us: int) -> None:
        """A container leaves the place where it was, and a carry that comes in late must fit the ones that follow it."""
        at, later = self.tree.parent_at(container, at_us), self.tree.next_trip(container, at_us)
        if at is not None and at != origin.id:
            raise Refused([Problem("container_elsewhere", {"place": container.code, "origin": origin.code})])
        if later is not None and later.origin != target.id:
            raise Refused([Problem("container_moved_later", {"place": container.code})])
        if self.tree.ever_within(target.id, container.id, Moment(at_us), later.moment if later else FOR_EVER):
            raise Refused([Problem("container_in_itself", {"place": container.code, "target": target.code})])

    def watch(self, carries: Sequence[CarryRow], moment: Moment, *, loaded: bool) -> Watch:
        """Look at the containers before they are carried. ``loaded``: what lies in them now is in the book."""
        containers = [container for container, _origin, _target in carries]
        boxes = {box for container in containers for box in self.tree.within(container)}
        used = (self.tree.place(box).used_at_us for box in boxes)
        if not boxes or (loaded and all(at_us is None or at_us <= moment.at_us for at_us in used)):
            return Watch(self, boxes, None, moment)
        for container in containers:
            boxes |= self.tree.ever_in(container, moment)
        return Watch(self, boxes, self._postings_after(boxes, moment), moment)

    def amounts(self, boxes: Iterable[Id]) -> Iterator[tuple[tuple[Id, Id], int]]:
        """What lies in each of ``boxes`` now, by (lot, box); of the lots that the book knows."""
        if self._at is None:
            self._at = {}
            for lot in self._by_id.values():
                for place in lot.balances:
                    self._at.setdefault(place, set()).add(lot.id)
        for box in boxes:
            for lot_id in self._at.get(box, ()):
                yield (lot_id, box), self._by_id[lot_id].balances.get(box, 0)

    def _postings_after(self, boxes: set[Id], moment: Moment) -> list[PostingRow]:
        """The postings after a moment with an end in ``boxes``; their lots, and those that lie there now, are then in the book."""
        rows = [*self.sources.touching(boxes, moment)]
        for lot in self.sources.lots_in(boxes, {row.lot for row in rows}).values():
            if lot.id not in self._by_id:
                self._lots[lot.ref] = self._by_id[lot.id] = lot
        self._at = None
        now = (row for lot in self._touched.values() for row in lot.trail)
        rows += [row for row in now if (row.origin in boxes or row.target in boxes) and row.moment > moment]
        return [row for row in rows if row.seq not in self._void]


class Watch:
    """The containers that a fact carries, as they were before: what lay in them when, and what used them after the fact's moment.

    ``rows``: the postings since; None where nothing used any of ``boxes`` since, so that what lies in them now lay there all the time.
    """

    def __init__(self, cargo: Cargo, boxes: set[Id], rows: Sequence[PostingRow] | None, since: Moment) -> None:
        self._cargo = cargo
        self._tree = cargo.tree
        self._boxes = boxes
        self._rows = rows or ()
        uses = () if rows is None else sorted(self._find_uses(since))
        self._uses = [(moment, box, self._standing(box, moment)) for moment, box in uses]
        self.used_at = {moment for moment, _box in uses}

    def riders(self, containers: Sequence[Id], moments: Sequence[Moment]) -> dict[tuple[Id, Id], list[Moment]]:
        """The lots in these containers and those within them, as (lot, container), with the moments at which they lie there."""
        found: dict[tuple[Id, Id], list[Moment]] = {}
        for moment, amounts in self._amounts(moments):
            boxes = {box for box in self._boxes if any(self._tree.lay_in(box, container, moment) for container in containers)}
            for rider, amount in amounts.items():
                if amount > 0 and rider[1] in boxes:
                    found.setdefault(rider, []).append(moment)
        return {rider: stays[::-1] for rider, stays in found.items()}

    def _amounts(self, moments: Sequence[Moment]) -> Iterator[tuple[Moment, dict[tuple[Id, Id], int]]]:
        """What lay in the containers at each moment, from the last one back: what lies there now, less what changed since.

        One sweep over the rows, in which the same amounts are changed from moment to moment.
        """
        amounts = dict(self._cargo.amounts(self._boxes))
        rows = sorted(self._rows, key=lambda row: row.moment)
        for moment in sorted(moments, reverse=True):
            while rows and rows[-1].moment > moment:
                row = rows.pop()
                for box, change in ((row.origin, row.quantity), (row.target, -row.quantity)):
                    if box in self._boxes:
                        amounts[row.lot, box] = amounts.get((row.lot, box), 0) + change
            yield moment, amounts

    def _find_uses(self, since: Moment) -> Iterator[tuple[Moment, Id]]:
        """When something was put into one of the boxes or taken out of it: a lot, or another container."""
        for row in self._rows:
            yield from ((row.moment, end) for end in (row.origin, row.target) if end in self._boxes)
        for inner in self._boxes:
            for trip in self._tree.trips(inner):
                if trip.moment > since:
                    yield from ((trip.moment, end) for end in (trip.origin, trip.target) if end in self._boxes)

    def _standing(self, box: Id, moment: Moment) -> PlaceState:
        return self._tree.standing_place(self._tree.place(box), *moment)

    def misplaced(self) -> Problem | None:
        """The first later use that would now lie at a place of another kind: what was put in here can not have been put in at a partner's."""
        for moment, box, before in self._uses:
            after = self._standing(box, moment)
            if kinds.letter_of(after.kind) != kinds.letter_of(before.kind):
                names = {"place": self._tree.place(box).code, "fact": str(moment.seq), "target": after.code}
                return Problem("container_used_later", names)
        return None
