"""What moved lots and stands: the postings of the journal and those of the present batch as one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from lotline.core.ledger.checks import OUTPUT
from lotline.core.ledger.course import Course
from lotline.core.ledger.ids import Id
from lotline.core.ledger.state import LAST, LotState, Moment, PostingRow, Sources


@dataclass(slots=True)
class _Known:
    """What was read of one lot: everything from ``since_us`` on, by place."""

    lot: LotState
    since_us: int = LAST
    courses: dict[Id, Course] = field(default_factory=dict)

    def note(self, row: PostingRow) -> None:
        moment, half = row.moment, row.role == OUTPUT
        for place, change in ((row.origin, -row.quantity), (row.target, row.quantity)):
            self.courses.setdefault(place, Course()).note(moment, half, change)


class Past:
    """Reads what late facts and reversals ask of a lot, as far back as they reach and no posting twice: a lot that many late facts
    draw from would else cost the square.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[Id, _Known] = {}

    def whole(self, lot: LotState) -> list[PostingRow]:
        """Every posting of a lot that stands, the present batch included."""
        rows = [*lot.trail] if lot.born_now else [*self._sources.history(lot.id), *lot.trail]
        return [row for row in rows if row.seq not in lot.taken_back] if lot.taken_back else rows

    def course(self, lot: LotState, place: Id, since: Moment) -> Course:
        """How the stock of a lot at a place went on after a moment. It may know of more before that moment."""
        known = self._known.get(lot.id)
        # A lot that was put away and read again, or put back to what it was, is another object.
        if known is None or known.lot is not lot:
            known = self._known[lot.id] = _Known(lot)
        if since.at_us < known.since_us:
            self._read(known, since.at_us)
        return known.courses.setdefault(place, Course())

    def _read(self, known: _Known, from_us: int) -> None:
        """Whole moments, so that a fact is never read without the one that took it back."""
        lot, before_us = known.lot, known.since_us
        stored = () if lot.born_now else self._sources.between(lot.id, from_us, before_us)
        for row in (*stored, *(row for row in lot.trail if from_us <= row.at_us < before_us)):
            if row.seq not in lot.taken_back:
                known.note(row)
        known.since_us = from_us

    def add(self, lot: LotState, row: PostingRow) -> None:
        """A fact of the batch moved the lot."""
        lot.trail.append(row)
        if self._known and (known := self._known.get(lot.id)) and known.lot is lot and row.at_us >= known.since_us:
            known.note(row)

    def take_back(self, lot: LotState, seq: int) -> None:
        """A fact that moved the lot was taken back."""
        lot.taken_back.add(seq)
        self._known.pop(lot.id, None)

    def forget_batch(self, touched: Collection[Id]) -> None:
        """The batch has been written. What was read of lots that it did not touch is given up."""
        if self._known:
            self._known = {lot: known for lot, known in self._known.items() if lot in touched}
