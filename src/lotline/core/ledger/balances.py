"""Laws 1 and 2: what the postings of a fact do to balances, and when they may not."""

from __future__ import annotations

from collections.abc import Mapping

from lotline.core.ledger import checks, draws
from lotline.core.ledger.carriage import Cargo
from lotline.core.ledger.entry import Entry
from lotline.core.ledger.ids import Id
from lotline.core.ledger.past import Past
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import LotState, Moment
from lotline.core.ledger.tree import Tree
from lotline.core.quantity import LARGEST, MICRO


class Balances:
    """Keeps the balances of a book's lots."""

    def __init__(self, tree: Tree, past: Past, cargo: Cargo, lots: Mapping[Id, LotState], touched: dict[Id, LotState]) -> None:
        self._tree = tree
        self._past = past
        self._cargo = cargo
        self._lots = lots
        self._touched = touched

    def apply(self, entry: Entry) -> None:
        """Change the balances, and refuse what would leave less than nothing at an inside place, ever.

        Not between the halves of a fact either (``draws``), which are looked at apart where it draws of a lot that it also makes.
        """
        deltas: dict[Id, dict[Id, int]] = {}
        for lot, origin, target, quantity, *_rest in entry.postings:
            changes = deltas.get(lot)
            if changes is None:
                deltas[lot] = {origin: -quantity, target: quantity}
            else:
                changes[origin] = changes.get(origin, 0) - quantity
                changes[target] = changes.get(target, 0) + quantity
        halves = draws.drawn_and_made(entry.postings)
        found = (self._apply_to_lot(self._lots[lot], changes, halves, entry) for lot, changes in deltas.items())
        if problems := [problem for problem in found if problem]:
            raise Refused(problems)
        if entry.reverses is not None:
            return
        for row in entry.postings:
            lot_state = self._lots[row[0]]
            lot_state.stands = True
            self._past.add(lot_state, row)
            if row[4] == checks.OUTPUT:
                lot_state.fills += 1

    def _apply_to_lot(self, lot: LotState, changes: Mapping[Id, int], halves: Mapping[tuple[Id, Id], int], entry: Entry) -> Problem | None:
        late = entry.at_us < lot.moved_at_us or entry.reverses is not None
        for place_id, delta in changes.items():
            place = self._tree.place(place_id)
            drawn = halves.get((lot.id, place_id), delta) if halves else delta
            if not (delta or drawn) or not place.stocked:
                continue
            before = lot.balances.get(place_id, 0)
            # A partner's place may run short, but even there a fact draws nothing that it only makes.
            if drawn < 0 and (place.inside or drawn != delta):
                if late:
                    moment = Moment(entry.at_us, entry.rank)
                    problem = draws.check_past(lot, place, drawn, delta, moment, self._past.course(lot, place_id, moment))
                else:
                    problem = draws.check_draw(lot, place, before, drawn, delta)
                if problem is not None:
                    return problem
            if abs(before + delta) > LARGEST:
                return Problem("quantity_too_large", {"lot": lot.ref.code, "item": lot.ref.item, "place": place.code})
            lot.balances[place_id] = before + delta
            self._cargo.note(lot.id, place_id)
        if entry.reverses is not None:
            self._past.take_back(lot, entry.rank)
            lot.stands = False
        if lot.item.serial and (problem := self._check_serial(lot, entry, late=late)):
            return problem
        if not late:
            lot.moved_at_us = entry.at_us
        lot.dirty = True
        self._touched[lot.id] = lot
        return None

    def _check_serial(self, lot: LotState, entry: Entry, *, late: bool) -> Problem | None:
        """A serial exists once. A partner's negative balance (it came back from who never had it) does not make room for a second."""
        if sum(quantity for quantity in lot.balances.values() if quantity > 0) <= MICRO and not late:
            return None
        rows = self._past.whole(lot)
        if entry.reverses is None:
            rows += [row for row in entry.postings if row.lot == lot.id]
        if any(row.quantity != MICRO for row in rows):
            return None
        return checks.check_serial_past(lot, rows, self._keeps_stock)

    def _keeps_stock(self, place: Id) -> bool:
        return self._tree.place(place).stocked
