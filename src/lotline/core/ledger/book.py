"""A book: what a batch of drafts touches, the laws applied draft by draft, and what has to be stored in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from lotline.core.facts import Birth, Disposition, Draft, FactKind, LotRef, PlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger import checks, kinds
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import HoldState, ItemState, LotState, PlaceState, PostingRow, ReversedFact
from lotline.core.quantity import MICRO, format_quantity

DAY_US = 86_400_000_000


class Trip(NamedTuple):
    """One carry of a container that the journal holds."""

    at_us: int
    seq: int
    origin: UUID
    target: UUID


@dataclass(frozen=True, slots=True)
class Sources:
    """What a book asks its owner for when a draft needs more than was loaded; answers speak of the journal before the batch."""

    new_id: Callable[[], UUID]
    place: Callable[[UUID], PlaceState]
    history: Callable[[UUID], Sequence[PostingRow]]
    carries: Callable[[UUID], Sequence[Trip]]
    decisions: Callable[[UUID], Sequence[tuple[int, int, Disposition, UUID]]]


@dataclass(slots=True)
class Entry:
    """An accepted draft as rows: what the journal stores beside the fact itself."""

    draft: Draft
    id: UUID
    seq: int
    at_us: int
    postings: list[PostingRow] = field(default_factory=list)
    carries: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)
    subjects: list[UUID] = field(default_factory=list)
    born: list[LotState] = field(default_factory=list)
    origins: list[tuple[UUID, Birth]] = field(default_factory=list)
    reverses: UUID | None = None


class Book:
    """Checks drafts against the laws and applies them. Everything a draft names by code must have been loaded, or is unknown."""

    def __init__(
        self,
        *,
        places: Mapping[str, PlaceState],
        items: Mapping[str, ItemState],
        lots: Mapping[LotRef, LotState],
        sources: Sources,
        latest_us: int,
    ) -> None:
        self.places = dict(places)
        self.places_by_id = {place.id: place for place in places.values()}
        self.items = dict(items)
        self.lots = dict(lots)
        self.lots_by_id = {lot.id: lot for lot in lots.values()}
        self.sources = sources
        self.latest_us = latest_us
        self._trips: dict[UUID, list[Trip]] = {}
        self._lots_at: dict[UUID, set[UUID]] = {}
        for lot in lots.values():
            for place_id in lot.balances:
                self._lots_at.setdefault(place_id, set()).add(lot.id)

    def post(self, draft: Draft, *, id: UUID, seq: int, reversed_fact: ReversedFact | None = None) -> Entry:
        """Apply ``draft`` as fact ``seq``. Raises ``Refused`` with every broken rule; the book is then spent."""
        problems = checks.check_shape(draft)
        at_us = to_micros(draft.happened_at)
        if at_us > self.latest_us:
            problems.append(Problem("in_the_future", {"at": draft.happened_at.isoformat()}))
        if problems:
            raise Refused(problems)
        entry = Entry(draft, id, seq, at_us)
        if draft.kind is FactKind.REVERSE:
            self._reverse(entry, reversed_fact)
            return entry
        self._take_births(entry)
        self._resolve_moves(entry)
        self._resolve_carries(entry)
        for ref in draft.subjects:
            entry.subjects.append(self._known_lot(ref).id)
        problems += checks.check_strands(draft, entry.postings, lambda lot: self.lots_by_id[lot].item.id)
        problems += self._blocked(entry)
        if problems:
            raise Refused(problems)
        self._apply_postings(entry)
        self._apply_carries(entry)
        self._decide(entry)
        return entry

    # --- naming ---------------------------------------------------------------------------------------------------------

    def _place(self, code: str) -> PlaceState:
        place = self.places.get(code)
        if place is None:
            raise Refused([Problem("place_unknown", {"place": code})])
        return place

    def _known_lot(self, ref: LotRef) -> LotState:
        lot = self.lots.get(ref)
        if lot is None:
            raise Refused([Problem("lot_unknown", {"lot": ref.code, "item": ref.item})])
        return lot

    def _new_lot(self, ref: LotRef, entry: Entry, birth: Birth | None) -> LotState:
        item = self.items.get(ref.item)
        if item is None:
            raise Refused([Problem("item_unknown", {"item": ref.item, "lot": ref.code})])
        if not ref.code.strip() or len(ref.code) > 120:
            raise Refused([Problem("lot_code_length", {"lot": ref.code})])
        expires = to_micros(birth.expires_at) if birth and birth.expires_at else None
        if expires is None and item.shelf_life_days is not None:
            expires = entry.at_us + item.shelf_life_days * DAY_US
        lot = LotState(
            id=self.sources.new_id(),
            ref=ref,
            item=item,
            born_at_us=entry.at_us,
            status=Disposition.PENDING if item.release_required else Disposition.RELEASED,
            expires_at_us=expires,
            batch=birth.batch if birth else "",
            new=True,
        )
        self.lots[ref] = self.lots_by_id[lot.id] = lot
        entry.born.append(lot)
        return lot

    def _take_births(self, entry: Entry) -> None:
        moved = {move.lot for move in entry.draft.moves}
        for birth in entry.draft.births:
            if birth.lot not in moved:
                raise Refused([Problem("birth_without_move", {"lot": birth.lot.code})])
            if birth.supplier_lot and not birth.supplier:
                raise Refused([Problem("supplier_missing", {"lot": birth.lot.code})])
            if birth.supplier and self._place(birth.supplier).kind is not PlaceKind.SUPPLIER:
                raise Refused([Problem("not_a_supplier", {"place": birth.supplier})])

    def _resolve_moves(self, entry: Entry) -> None:
        draft = entry.draft
        births = {birth.lot: birth for birth in draft.births}
        for move in draft.moves:
            origin, target = self._place(move.source), self._place(move.target)
            lot = self.lots.get(move.lot)
            if lot is None:
                if origin.inside:
                    raise Refused([Problem("lot_unknown", {"lot": move.lot.code, "item": move.lot.item})])
                lot = self._new_lot(move.lot, entry, births.get(move.lot))
            problem = checks.check_move(draft.kind, lot, move.quantity, origin, target)
            if problem is not None:
                raise Refused([problem])
            entry.postings.append(
                PostingRow(
                    lot.id, origin.id, target.id, move.quantity, checks.role_of(origin, target),
                    move.strand, int(move.certain), entry.at_us, entry.seq,
                )
            )  # fmt: skip
        for birth in draft.births:
            if birth.supplier:
                entry.origins.append((self.lots[birth.lot].id, birth))

    def _resolve_carries(self, entry: Entry) -> None:
        for carry in entry.draft.carries:
            container, origin, target = self._place(carry.container), self._place(carry.source), self._place(carry.target)
            if container.kind is not PlaceKind.CONTAINER:
                raise Refused([Problem("not_a_container", {"place": container.code})])
            if container.id == target.id or container.id in self._ancestors(target.id):
                raise Refused([Problem("container_in_itself", {"place": container.code, "target": target.code})])
            self._check_carry(entry, container, origin, target)
            entry.carries.append((container.id, origin.id, target.id))

    def _check_carry(self, entry: Entry, container: PlaceState, origin: PlaceState, target: PlaceState) -> None:
        """A container leaves the place where it was, and a carry that comes in late must fit the ones that follow it."""
        at, later = container.parent, None
        if container.carried_at_us is not None and entry.at_us < container.carried_at_us:
            trips = sorted([*self.sources.carries(container.id), *self._trips.get(container.id, ())])
            before = [trip for trip in trips if trip.at_us <= entry.at_us]
            after = [trip for trip in trips if trip.at_us > entry.at_us]
            at, later = (before[-1].target if before else after[0].origin), after[0].origin
        if at != origin.id:
            raise Refused([Problem("container_elsewhere", {"place": container.code, "origin": origin.code})])
        if later is not None and later != target.id:
            raise Refused([Problem("container_moved_later", {"place": container.code})])

    # --- law 8 ----------------------------------------------------------------------------------------------------------

    def _blocked(self, entry: Entry) -> list[Problem]:
        if entry.draft.override_reason.strip():
            return []
        problems = []
        seen: set[UUID] = set()
        for row in entry.postings:
            target = self.places_by_id[row.target]
            uses = row.role == checks.INPUT or entry.draft.kind in (FactKind.PACK, FactKind.SHIP)
            if row.lot in seen or not (uses or target.kind is PlaceKind.CUSTOMER):
                continue
            seen.add(row.lot)
            problems.append(self._block_of(self.lots_by_id[row.lot], row.origin, entry.at_us))
        if entry.draft.kind is FactKind.SHIP:
            for container, _origin, _target in entry.carries:
                for lot, place in self._contents(container):
                    problems.append(self._block_of(lot, place, entry.at_us))
        return [problem for problem in problems if problem is not None]

    def _block_of(self, lot: LotState, place: UUID, at_us: int) -> Problem | None:
        here = [place]
        if any(hold.place is not None for hold in lot.holds):
            here += self._ancestors(place)
        return checks.check_block(lot, at_us, here, self.place_by_id(place).code)

    def place_by_id(self, place_id: UUID) -> PlaceState:
        """A place of this book; one that no draft named is asked for."""
        place = self.places_by_id.get(place_id)
        if place is None:
            place = self.places_by_id[place_id] = self.sources.place(place_id)
        return place

    def _ancestors(self, place_id: UUID) -> list[UUID]:
        """What the place lies in, innermost first, with the carries of this batch."""
        found: list[UUID] = []
        parent = self.place_by_id(place_id).parent
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.place_by_id(parent).parent
        return found

    def _contents(self, container: UUID) -> list[tuple[LotState, UUID]]:
        """The lots in a container and in the containers within it. The owner has loaded those that lay there before."""
        nested = [place.id for place in self.places_by_id.values() if place.kind is PlaceKind.CONTAINER and place.parent == container]
        here = [
            (self.lots_by_id[lot], container) for lot in self._lots_at.get(container, ()) if self.lots_by_id[lot].balances.get(container)
        ]
        return here + [found for inner in nested for found in self._contents(inner)]

    # --- applying -------------------------------------------------------------------------------------------------------

    def _apply_postings(self, entry: Entry) -> None:
        """Laws 1 and 2: change the balances, and refuse what would leave less than nothing at an inside place, ever."""
        deltas: dict[UUID, dict[UUID, int]] = {}
        for row in entry.postings:
            lot = deltas.setdefault(row.lot, {})
            lot[row.origin] = lot.get(row.origin, 0) - row.quantity
            lot[row.target] = lot.get(row.target, 0) + row.quantity
        problems = [problem for lot, changes in deltas.items() if (problem := self._apply_to_lot(self.lots_by_id[lot], changes, entry))]
        if problems:
            raise Refused(problems)
        for row in entry.postings:
            self.lots_by_id[row.lot].trail.append(row)

    def _apply_to_lot(self, lot: LotState, changes: Mapping[UUID, int], entry: Entry) -> Problem | None:
        late = entry.at_us < lot.moved_at_us
        history: Sequence[PostingRow] | None = None
        for place_id, delta in changes.items():
            place = self.place_by_id(place_id)
            if not delta or not kinds.keeps_stock(place.kind):
                continue
            before = lot.balances.get(place_id, 0)
            if place.inside and delta < 0:
                if late:
                    history = history if history is not None else [*self.sources.history(lot.id), *lot.trail]
                    if problem := checks.check_past(lot, place, delta, entry.at_us, entry.seq, history):
                        return problem
                elif before + delta < 0:
                    amounts = {"available": format_quantity(before), "wanted": format_quantity(-delta)}
                    names = {"lot": lot.ref.code, "item": lot.ref.item, "place": place.code}
                    return Problem("not_enough", names | amounts)
            lot.balances[place_id] = before + delta
            self._lots_at.setdefault(place_id, set()).add(lot.id)
        if lot.item.serial:
            problem = self._check_serial(lot, entry, late)
            if problem:
                return problem
        lot.moved_at_us = max(lot.moved_at_us, entry.at_us)
        lot.dirty = True
        return None

    def _check_serial(self, lot: LotState, entry: Entry, late: bool) -> Problem | None:
        if sum(lot.balances.values()) > MICRO:
            return Problem("serial_exists", {"lot": lot.ref.code, "item": lot.ref.item})
        if not late:
            return None
        rows = [*self.sources.history(lot.id), *lot.trail, *(row for row in entry.postings if row.lot == lot.id)]
        return checks.check_serial_past(lot, rows, self.keeps_stock)

    def keeps_stock(self, place: UUID) -> bool:
        """Whether the place is one whose contents people count."""
        return kinds.keeps_stock(self.place_by_id(place).kind)

    def _apply_carries(self, entry: Entry) -> None:
        for container_id, origin, target in entry.carries:
            container = self.places_by_id[container_id]
            self._trips.setdefault(container_id, []).append(Trip(entry.at_us, entry.seq, origin, target))
            if container.carried_at_us is None or entry.at_us >= container.carried_at_us:
                container.parent, container.carried_at_us, container.dirty = target, entry.at_us, True

    def _decide(self, entry: Entry) -> None:
        draft = entry.draft
        lots = [self.lots_by_id[lot] for lot in entry.subjects]
        if draft.kind is FactKind.HOLD:
            place = self._place(draft.hold_place).id if draft.hold_place else None
            for lot in lots:
                hold = HoldState(self.sources.new_id(), lot.id, place, entry.id, entry.at_us, draft.reason[:400], new=True)
                lot.holds.append(hold)
        elif draft.kind is FactKind.RELEASE:
            closed = [self._close_holds(lot, entry) for lot in lots]
            if draft.disposition is None and not any(closed):
                raise Refused([Problem("nothing_to_release", {"lot": ", ".join(lot.ref.code for lot in lots)})])
        if draft.disposition is not None:
            for lot in lots:
                if lot.decided_at_us is None or entry.at_us >= lot.decided_at_us:
                    lot.status, lot.decided_at_us, lot.dirty = draft.disposition, entry.at_us, True

    def _close_holds(self, lot: LotState, entry: Entry) -> int:
        place = self._place(entry.draft.hold_place).id if entry.draft.hold_place else None
        closed = 0
        for hold in lot.holds:
            if hold.closed_by is None and hold.opened_at_us <= entry.at_us and (place is None or hold.place == place):
                hold.closed_by, hold.closed_at_us, hold.dirty = entry.id, entry.at_us, True
                closed += 1
        return closed

    # --- law 5: taking back ---------------------------------------------------------------------------------------------

    def _reverse(self, entry: Entry, fact: ReversedFact | None) -> None:
        """The opposite postings, at the moment of the fact they take back: the past is put right, and law 2 still holds."""
        if fact is None:
            raise Refused([Problem("fact_unknown", {"fact": str(entry.draft.reverses)})])
        if fact.already_reversed:
            raise Refused([Problem("already_reversed", {"fact": str(fact.id)})])
        if fact.kind is FactKind.REVERSE:
            raise Refused([Problem("reverse_of_reverse", {"fact": str(fact.id)})])
        entry.reverses, entry.at_us = fact.id, fact.at_us
        for row in fact.postings:
            opposite = PostingRow(row.lot, row.target, row.origin, row.quantity, 0, row.strand, row.certain, fact.at_us, entry.seq)
            entry.postings.append(opposite)
        entry.subjects = list(fact.subjects)
        self._apply_postings(entry)
        for container, origin, target in fact.carries:
            self._reverse_carry(entry, container, origin, target)
        self._reverse_decision(entry, fact)

    def _reverse_carry(self, entry: Entry, container_id: UUID, origin: UUID, target: UUID) -> None:
        container = self.place_by_id(container_id)
        if container.carried_at_us is not None and entry.at_us < container.carried_at_us:
            raise Refused([Problem("container_moved_later", {"place": container.code})])
        container.parent, container.dirty = origin, True
        entry.carries.append((container_id, target, origin))

    def _reverse_decision(self, entry: Entry, fact: ReversedFact) -> None:
        lots = [self.lots_by_id[lot] for lot in fact.subjects]
        for lot in lots:
            for hold in lot.holds:
                if hold.opened_by == fact.id and hold.closed_by is None:
                    hold.closed_by, hold.closed_at_us, hold.dirty = entry.id, hold.opened_at_us, True
                elif hold.closed_by == fact.id:
                    hold.closed_by, hold.closed_at_us, hold.dirty = None, None, True
        if fact.kind in kinds.DECIDING:
            for lot in lots:
                self._redecide(lot, fact.id)

    def _redecide(self, lot: LotState, taken_back: UUID) -> None:
        """The last decision that still stands, or what the item starts with."""
        standing = sorted(decision[:3] for decision in self.sources.decisions(lot.id) if decision[3] != taken_back)
        first = Disposition.PENDING if lot.item.release_required else Disposition.RELEASED
        lot.status = standing[-1][2] if standing else first
        lot.decided_at_us = standing[-1][0] if standing else None
        lot.dirty = True


def balance_changes(lots: Iterable[LotState]) -> list[tuple[LotState, UUID, int]]:
    """Where what is stored differs from what the book says now: (lot, place, new quantity)."""
    changed = []
    for lot in lots:
        for place, quantity in lot.balances.items():
            if quantity != lot.stored.get(place, 0):
                changed.append((lot, place, quantity))
    return changed
