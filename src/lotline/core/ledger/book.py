"""A book: what a batch of drafts touches, the laws applied draft by draft, and what has to be stored in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lotline.core.facts import Birth, Draft, FactKind, LotRef, PlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger import births, checks, heritage, kinds
from lotline.core.ledger.balances import Balances
from lotline.core.ledger.blocking import Blocking, Change
from lotline.core.ledger.carriage import Cargo, Watch
from lotline.core.ledger.decisions import counting
from lotline.core.ledger.entry import Entry
from lotline.core.ledger.ids import Id
from lotline.core.ledger.past import Past
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import (
    Decision,
    HoldState,
    ItemState,
    LotState,
    Moment,
    PlaceState,
    PostingRow,
    ReversedFact,
    Sources,
    Trip,
)
from lotline.core.ledger.tree import Tree, note_use
from lotline.core.quantity import LARGEST, MICRO


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
        self.tree = Tree(places.values(), sources)
        self.items = dict(items)
        self.lots = dict(lots)
        self.lots_by_id = {lot.id: lot for lot in lots.values()}
        self.sources = sources
        self.latest_us = latest_us
        self._routes: dict[tuple[FactKind, str, str], tuple[PlaceState, PlaceState, int]] = {}
        self._touched: dict[Id, LotState] = {}
        self._batches = 0
        self._cargo = Cargo(self.tree, sources, self.lots, self.lots_by_id, self._touched)
        self._blocking = Blocking(self.tree, sources)
        self._past = Past(sources)
        self._balances = Balances(self.tree, self._past, self._cargo, self.lots_by_id, self._touched)

    @property
    def places_by_id(self) -> dict[Id, PlaceState]:
        """Every place that the book has come to know."""
        return self.tree.by_id

    def place_by_id(self, place_id: Id) -> PlaceState:
        """A place of this book; one that no draft named is asked for."""
        return self.tree.place(place_id)

    def learn(self, *, places: Mapping[str, PlaceState], items: Mapping[str, ItemState], lots: Mapping[LotRef, LotState]) -> None:
        """Take in more of what drafts name. What the book knows already stays what it has become here."""
        for code, place in places.items():
            self.places.setdefault(code, self.tree.learn(place))
        self.items.update(items)
        self.lots.update(lots)
        self.lots_by_id.update((lot.id, lot) for lot in lots.values())
        self._cargo.forget_places()

    @property
    def touched(self) -> Iterable[LotState]:
        """The lots that the present batch moved or spoke of."""
        return self._touched.values()

    def forget_batch(self) -> None:
        """The batch has been written: what the sources answer speaks of it from now on. Stock and lots are still to be stored."""
        self._batches += 1
        for lot in self._touched.values():
            lot.born_now = False
            lot.used = self._batches
            lot.trail.clear()
            lot.taken_back.clear()
            if lot.decisions:
                lot.decisions.clear()
            for hold in lot.holds:
                hold.new = hold.dirty = False
        self._past.forget_batch(self._touched)
        self._touched.clear()
        self._cargo.forget_batch()
        self.tree.forget_batch()

    def idle_lots(self) -> list[LotState]:
        """That half of the lots whose last use lies furthest back."""
        return sorted(self.lots_by_id.values(), key=lambda lot: lot.used)[: len(self.lots) // 2]

    def forget_lots(self, lots: Iterable[LotState]) -> None:
        """Lots that were stored and are not needed for the moment. A later draft may name them again."""
        for lot in lots:
            del self.lots[lot.ref], self.lots_by_id[lot.id]
        self._cargo.forget_places()

    def put_back(self, lots: Mapping[LotRef, LotState | None]) -> None:
        """Let these lots be as they were before facts that were refused; None where there was no such lot. Those facts carried nothing."""
        for ref, before in lots.items():
            if (now := self.lots.pop(ref, None)) is not None:
                del self.lots_by_id[now.id]
                self._touched.pop(now.id, None)
            if before is not None:
                self.lots[ref] = self.lots_by_id[before.id] = before
        self._cargo.forget_places()

    def post(self, draft: Draft, *, id: Id, seq: int, reversed_fact: ReversedFact | None = None) -> Entry:  # noqa: A002 -- what it is called everywhere
        """Apply ``draft`` as fact ``seq``. Raises ``Refused`` with every broken rule; the book is then spent."""
        problems = checks.check_shape(draft)
        at_us = to_micros(draft.happened_at)
        if at_us > self.latest_us:
            problems.append(Problem("in_the_future", {"at": draft.happened_at.isoformat()}))
        if problems:
            raise Refused(problems)
        entry = Entry(draft, id, seq, at_us, rank=seq)
        if draft.kind is FactKind.REVERSE:
            self._reverse(entry, reversed_fact)
            return entry
        if draft.births:
            self._take_births(entry)
        self._resolve_moves(entry)
        if draft.kind in kinds.REPACKING:
            problems += heritage.pass_on(draft, entry.postings, entry.born, self.lots_by_id, self._blocking)
        if draft.carries:
            entry.carries += self._cargo.resolve(draft.carries, draft.kind, at_us, self._place)
        if draft.subjects:
            entry.subjects += [self._known_lot(ref).id for ref in dict.fromkeys(draft.subjects)]
        if draft.kind in kinds.OPERATIONS:
            problems += checks.check_strands(draft, entry.postings, lambda lot: self.lots_by_id[lot].item.id)
        if not entry.carries:
            problems += self._blocking.judge(self._changes(entry, Moment(at_us)))
        if problems:
            raise Refused(problems)
        if draft.kind in kinds.COUNTING_OUT:
            entry.counted_out = self._held_and_counted_out(entry)
        self._balances.apply(entry)
        if entry.carries:
            self._carry(entry, Moment(at_us), self._apply_carries)
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

    def _bear(self, lot: LotState | None, ref: LotRef, entry: Entry, birth: Birth | None) -> LotState:
        """A lot that no standing fact has moved is born in this one."""
        if lot is None:
            lot = births.bear(self.sources.new_id(), ref, self.items.get(ref.item), entry.at_us, birth)
            self.lots[ref] = self.lots_by_id[lot.id] = lot
        else:
            births.bear_anew(lot, entry.at_us, birth)
        entry.born.append(lot)
        return lot

    def _stands(self, lot: LotState) -> bool:
        """Whether anything that moved the lot was not taken back."""
        if not lot.stands:
            lot.stands = any(lot.balances.values()) or bool(self._past.whole(lot) if lot.taken_back else self.sources.stands(lot.id))
        return lot.stands

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
        draft, at_us, seq = entry.draft, entry.at_us, entry.seq
        declared: dict[LotRef, Birth] = {}
        for birth in draft.births:
            declared.setdefault(birth.lot, birth)
        for ref, quantity, source, end, strand, certain in draft.moves:
            origin, target, role = self._routes.get((draft.kind, source, end)) or self._route(draft, source, end, at_us)
            lot = self.lots.get(ref)
            if lot is None and origin.inside:
                raise Refused([Problem("lot_unknown", {"lot": ref.code, "item": ref.item})])
            if lot is None or not (lot.stands or origin.inside or self._stands(lot)):
                lot = self._bear(lot, ref, entry, declared.get(ref))
            item = lot.item
            # What check_move would find; nearly every move passes, and there are millions.
            if item.serial or not 0 < quantity <= LARGEST or quantity % item.grain or origin is target:
                problem = checks.check_move(lot, quantity, origin, target, serial=self._is_serial(lot, quantity))
                if problem is not None:
                    raise Refused([problem])
            row = (lot.id, origin.id, target.id, quantity, role, strand, int(certain), at_us, seq)
            entry.postings.append(PostingRow._make(row))
        for birth in draft.births:
            lot = self.lots[birth.lot]
            if problem := births.check_same_birth(lot, birth):
                raise Refused([problem])
            if birth.supplier:
                entry.origins.append((lot.id, birth))

    def _route(self, draft: Draft, source: str, target: str, at_us: int) -> tuple[PlaceState, PlaceState, int]:
        """Both ends of a move and its role. Facts of a batch go the same ways again and again, so ways are looked up once; only
        containers have to be asked every time, since they stand elsewhere at another moment, and the variance account, for a reason.
        """
        kind, origin, end = draft.kind, self._place(source), self._place(target)
        if origin.id != end.id and (problem := self._check_way(kind, origin, end, at_us)):
            raise Refused([problem])
        route = origin, end, checks.role_of(origin, end)
        ends = {origin.kind, end.kind}
        if PlaceKind.VARIANCE in ends and not draft.reason.strip():
            raise Refused([Problem("variance_without_reason", {"kind": kind, "origin": source, "target": target})])
        if PlaceKind.CONTAINER in ends:
            note_use(origin, at_us)
            note_use(end, at_us)
        elif PlaceKind.VARIANCE not in ends:
            self._routes[kind, source, target] = route
        return route

    def _check_way(self, kind: FactKind, origin: PlaceState, target: PlaceState, at_us: int) -> Problem | None:
        """A container at a partner's or on the road is that place: nothing goes in or out of it as if it were here."""
        start, end = self.tree.ends(origin, target, at_us)
        if kinds.way(start.kind, end.kind) in kinds.WAYS[kind]:
            return None
        return Problem("way_not_allowed", {"kind": kind, "origin": start.code, "target": end.code})

    def _is_serial(self, lot: LotState, quantity: int) -> bool:
        """Whether the lot is one piece with a number. A lot made before its item went over to serials stays a lot."""
        if not lot.item.serial or quantity == MICRO:
            return lot.item.serial
        return all(row.quantity == MICRO for row in self._past.whole(lot))

    # --- law 8 ----------------------------------------------------------------------------------------------------------

    def _changes(self, entry: Entry, moment: Moment, watch: Watch | None = None) -> list[Change]:
        """The lots of a fact, in its postings and in the containers that it carries, which some rule may have a word on."""
        if entry.draft.override_reason.strip():
            return []
        at_us, lots, places = entry.at_us, self.lots_by_id, self.tree.by_id
        handing_out = entry.draft.kind is FactKind.PACK or entry.draft.kind is FactKind.SHIP
        carried = self.tree.turns([target for _container, _origin, target in entry.carries], moment)
        changes: dict[tuple[Id, Id, Id, bool], Change] = {}
        for lot_id, origin, target, _quantity, role, *_rest in entry.postings:
            later = carried
            if places[target].kind is PlaceKind.CONTAINER:
                later = carried | self.tree.turns([target], moment)
            if not later and lots[lot_id].usable(at_us):
                continue
            uses = role == checks.INPUT or (handing_out and role != checks.OUTPUT)
            if (lot_id, origin, target, uses) not in changes:
                moments = [moment, *sorted(later)]
                look = self._blocking.look(lots[lot_id], origin, target, moments, used=uses, restores=entry.reverses is not None)
                changes[lot_id, origin, target, uses] = look
        found = [*changes.values()]
        if watch is not None:
            moments = [moment, *sorted(carried | watch.used_at)]
            for (lot_id, box), stays in watch.riders([container for container, *_ends in entry.carries], moments).items():
                if not all(lots[lot_id].usable(stay.at_us) for stay in stays):
                    uses = handing_out and stays[0] == moment
                    found.append(self._blocking.look(lots[lot_id], box, box, stays, used=uses, restores=entry.reverses is not None))
        return found

    def _held_and_counted_out(self, entry: Entry) -> list[LotState]:
        found: dict[Id, LotState] = {}
        for row in entry.postings:
            lot = self.lots_by_id[row.lot]
            if (
                lot.holds
                and self.tree.place(row.target).kind is PlaceKind.VARIANCE
                and self._blocking.on_hold(lot, row.origin, Moment(entry.at_us))
            ):
                found[lot.id] = lot
        return list(found.values())

    # --- applying -------------------------------------------------------------------------------------------------------

    def _carry(self, entry: Entry, moment: Moment, carry: Callable[[Entry], None], *, loaded: bool = True) -> None:
        """Let ``carry`` change where containers stand, and refuse what can not have been so."""
        watch = self._cargo.watch(entry.carries, moment, loaded=loaded)
        changes = self._changes(entry, moment, watch)
        carry(entry)
        if misplaced := watch.misplaced():
            raise Refused([misplaced])
        if problems := self._blocking.judge(changes):
            raise Refused(problems)

    def _apply_carries(self, entry: Entry) -> None:
        for container_id, origin, target in entry.carries:
            self.tree.carry(self.place_by_id(container_id), Trip(entry.at_us, entry.seq, origin, target))

    def _decide(self, entry: Entry) -> None:
        draft = entry.draft
        lots = [self.lots_by_id[lot] for lot in entry.subjects]
        self._touched.update((lot.id, lot) for lot in lots)
        if draft.kind is FactKind.HOLD:
            place = self._place(draft.hold_place).id if draft.hold_place else None
            for lot in lots:
                hold = HoldState(self.sources.new_id(), lot.id, place, entry.id, entry.at_us, draft.reason, new=True)
                lot.holds.append(hold)
        elif draft.kind is FactKind.RELEASE:
            closed = [self._close_holds(lot, entry) for lot in lots]
            if draft.disposition is None and not any(closed):
                raise Refused([Problem("nothing_to_release", {"lot": ", ".join(lot.ref.code for lot in lots)})])
        if draft.disposition is not None:
            for lot in lots:
                lot.decisions.append(Decision(entry.at_us, entry.seq, draft.disposition, entry.id))
                self._settle(lot, self._blocking.decisions(lot))

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
            raise Refused([Problem("already_reversed", {"fact": str(entry.draft.reverses)})])
        if fact.kind is FactKind.REVERSE:
            raise Refused([Problem("reverse_of_reverse", {"fact": str(entry.draft.reverses)})])
        entry.reverses, entry.at_us, entry.rank = fact.id, fact.at_us, fact.seq
        for row in fact.postings:
            opposite = PostingRow(row.lot, row.target, row.origin, row.quantity, 0, row.strand, row.certain, fact.at_us, entry.seq)
            entry.postings.append(opposite)
        entry.subjects = list(fact.subjects)
        entry.carries = [(container, target, origin) for container, origin, target in fact.carries]
        self._cargo.void(fact.seq, entry.seq)
        self._balances.apply(entry)

        def take_back(entry: Entry) -> None:
            for container, target, origin in entry.carries:
                self._reverse_carry(container, Trip(fact.at_us, fact.seq, origin, target))

        # Taking back a return hands the goods out again, and taking back a move may carry them out of where they are kept.
        self._carry(entry, Moment(fact.at_us, fact.seq), take_back, loaded=False)
        self._reverse_decision(entry, fact)

    def _reverse_carry(self, container_id: Id, trip: Trip) -> None:
        container = self.place_by_id(container_id)
        if self.tree.ever_within(trip.origin, container_id, trip.moment):
            raise Refused([Problem("container_in_itself", {"place": container.code, "target": self.place_by_id(trip.origin).code})])
        if not self.tree.take_back(container, trip):
            raise Refused([Problem("container_moved_later", {"place": container.code})])

    def _reverse_decision(self, entry: Entry, fact: ReversedFact) -> None:
        lots = [self.lots_by_id[lot] for lot in fact.subjects]
        self._touched.update((lot.id, lot) for lot in lots)
        for lot in lots:
            for hold in lot.holds:
                if hold.opened_by == fact.id:
                    # Also where it was closed before: a hold that was taken back does not open again with its release.
                    hold.closed_by, hold.closed_at_us, hold.dirty = entry.id, hold.opened_at_us, True
                elif hold.closed_by == fact.id:
                    hold.closed_by, hold.closed_at_us, hold.dirty = None, None, True
        if fact.kind in kinds.DECIDING:
            for lot in lots:
                self._settle(lot, [decision for decision in self.sources.decisions(lot.id) if decision.fact != fact.id])

    def _settle(self, lot: LotState, standing: Iterable[Decision]) -> None:
        """The status of the decision that counts among those that stand, or what the lot was born with."""
        decision = counting(standing)
        if decision is None:
            lot.status, lot.decided_at_us = self._blocking.first_status(lot), None
        else:
            lot.status, lot.decided_at_us = decision.disposition, decision.at_us
        lot.dirty = True
