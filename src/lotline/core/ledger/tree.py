"""Which place lies in which, at any moment: containers move with what is in them, and a carry may come in late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lotline.core.facts import PlaceKind
from lotline.core.ledger.ids import Id
from lotline.core.ledger.state import LAST, Moment, PlaceState, Sources, Trip

FOR_EVER = Moment(LAST)


class Tree:
    """The places of a book by id, with the carries of the present batch. A place that no draft named is asked for."""

    def __init__(self, places: Iterable[PlaceState], sources: Sources) -> None:
        self.by_id = {place.id: place for place in places}
        self._sources = sources
        self._trips: dict[Id, list[Trip]] = {}
        self._taken_back: set[tuple[Id, int]] = set()
        self._asked: dict[Id, Sequence[Trip]] = {}
        self._inner: dict[Id, set[Id]] | None = None

    def place(self, place_id: Id) -> PlaceState:
        """A place by id; it exists, since rows name it."""
        place = self.by_id.get(place_id)
        return place if place is not None else self.learn(self._sources.place(place_id))

    def learn(self, place: PlaceState) -> PlaceState:
        """Take a place in. One that is known already stays what it has become here."""
        self._inner = None
        return self.by_id.setdefault(place.id, place)

    def trips(self, container: Id) -> list[Trip]:
        """Every trip of a container that stands, in the order of time, the present batch included. What was taken back never was."""
        if container not in self._asked:
            self._asked[container] = self._sources.carries(container)
        all_of_them = sorted([*self._asked[container], *self._trips.get(container, ())])
        return [trip for trip in all_of_them if (container, trip.seq) not in self._taken_back]

    def parent_at(self, place: PlaceState, at_us: int, seq: int = LAST) -> Id | None:
        """What the place lay in at a moment, after the fact ``seq``, or after everything that happened at that moment."""
        last = place.carried_at_us
        if last is None or at_us > last or (at_us == last and seq == LAST):
            return place.parent
        trips = self.trips(place.id)
        before = [trip for trip in trips if trip[:2] <= (at_us, seq)]
        if before:
            return before[-1].target
        return trips[0].origin if trips else place.parent

    def next_trip(self, container: PlaceState, at_us: int) -> Trip | None:
        """The first trip after a moment."""
        if container.carried_at_us is None or at_us >= container.carried_at_us:
            return None
        return next((trip for trip in self.trips(container.id) if trip.at_us > at_us), None)

    def around(self, place_id: Id, at_us: int, seq: int = LAST) -> list[Id]:
        """The place and what it lay in at a moment, innermost first."""
        found = [place_id]
        parent = self.parent_at(self.place(place_id), at_us, seq)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parent_at(self.place(parent), at_us, seq)
        return found

    def standing_place(self, place: PlaceState, at_us: int, seq: int = LAST) -> PlaceState:
        """The first thing around a place that is not a container: what decides whether its contents are here or at a partner's."""
        seen = {place.id}
        while place.kind is PlaceKind.CONTAINER:
            parent = self.parent_at(place, at_us, seq)
            if parent is None or parent in seen:
                break
            seen.add(parent)
            place = self.place(parent)
        return place

    def ends(self, origin: PlaceState, target: PlaceState, at_us: int) -> tuple[PlaceState, PlaceState]:
        """What a way really starts from and ends at: a container at a partner's or on the road is that place, unless both are there."""
        if PlaceKind.CONTAINER not in (origin.kind, target.kind):
            return origin, target
        around, there = self.standing_place(origin, at_us), self.standing_place(target, at_us)
        if around.id == there.id:
            return origin, target
        return (origin if around.inside else around), (target if there.inside else there)

    def turns(self, places: Iterable[Id], since: Moment) -> set[Moment]:
        """When, later than a moment, something around one of ``places`` is carried on. Some may turn out to have nothing to do with it."""
        found: set[Moment] = set()
        todo, seen = [*places], set[Id]()
        while todo:
            place = self.place(todo.pop())
            if place.kind is not PlaceKind.CONTAINER or place.id in seen:
                continue
            seen.add(place.id)
            if (parent := self.parent_at(place, *since)) is not None:
                todo.append(parent)
            if self._carried_after(place, since):
                later = [trip for trip in self.trips(place.id) if trip.moment > since]
                found.update(trip.moment for trip in later)
                todo += [trip.target for trip in later]
        return found

    def _carried_after(self, place: PlaceState, since: Moment) -> bool:
        return place.carried_at_us is not None and Moment(place.carried_at_us) > since

    # --- what lies in a container ---------------------------------------------------------------------------------------

    def within(self, container: Id) -> list[Id]:
        """A container and those that lie in it now, directly or in one another; of the places that are known here."""
        if self._inner is None:
            self._inner = {}
            for place in self.by_id.values():
                if place.kind is PlaceKind.CONTAINER and place.parent is not None:
                    self._inner.setdefault(place.parent, set()).add(place.id)
        found = {container: None}
        level = [container]
        while level:
            level = [inner for box in level for inner in self._inner.get(box, ()) if inner not in found]
            found.update(dict.fromkeys(level))
        return list(found)

    def ever_in(self, container: Id, since: Moment) -> set[Id]:
        """A container and those that lay in it at some time from a moment on. Some may turn out to have come and gone before."""
        found, level = {container}, {container}
        while level:
            asked = {*self._sources.inner(level, since.at_us)}
            for box in level:
                asked.update(self.within(box)[1:])
            asked.update(box for box, trips in self._trips.items() if any(level & {trip.origin, trip.target} for trip in trips))
            level = asked - found
            found |= level
        return found

    def lay_in(self, box: Id, container: Id, moment: Moment) -> bool:
        """Whether ``box`` was ``container`` or lay in it at a moment."""
        seen: set[Id] = set()
        around: Id | None = box
        while around is not None and around != container and around not in seen:
            seen.add(around)
            place = self.place(around)
            around = self.parent_at(place, *moment) if place.kind is PlaceKind.CONTAINER else None
        return around == container

    def ever_within(self, place_id: Id, container: Id, since: Moment, until: Moment = FOR_EVER) -> bool:
        """Whether the place is ``container`` or lies in it at any moment from ``since`` up to ``until``."""
        if place_id == container:
            return True
        stays = self._stays(self.place(place_id), since, until)
        return any(self.ever_within(parent, container, start, end) for parent, start, end in stays)

    def _stays(self, place: PlaceState, since: Moment, until: Moment) -> Iterator[tuple[Id, Moment, Moment]]:
        """What the place lies in over a time, as (parent, from, up to)."""
        trips = self.trips(place.id) if self._carried_after(place, since) else []
        if not trips:
            if (parent := self.parent_at(place, *since)) is not None:
                yield parent, since, until
            return
        ends = [trip.moment for trip in trips]
        stays = [trips[0].origin, *(trip.target for trip in trips)]
        for parent, start, end in zip(stays, [since, *ends], [*ends, until], strict=True):
            if max(start, since) < min(end, until):
                yield parent, max(start, since), min(end, until)

    # --- changing -------------------------------------------------------------------------------------------------------

    def forget_batch(self) -> None:
        """The trips of the present batch are in the journal now."""
        self._trips.clear()
        self._taken_back.clear()
        self._asked.clear()
        for place in self.by_id.values():
            place.dirty = False

    def carry(self, container: PlaceState, trip: Trip) -> None:
        """Note a trip. The container stands where its last trip brought it."""
        last = self.next_trip(container, trip.at_us) is None
        self._trips.setdefault(container.id, []).append(trip)
        if last:
            self._put(container, trip.target)
        container.carried_at_us = max(trip.at_us, container.carried_at_us if container.carried_at_us is not None else trip.at_us)
        for end in (trip.origin, trip.target):
            note_use(self.place(end), trip.at_us)

    def take_back(self, container: PlaceState, trip: Trip) -> bool:
        """Undo a trip, if it is the last one that stands."""
        standing = self.trips(container.id)
        if not standing or standing[-1] != trip:
            return False
        self._taken_back.add((container.id, trip.seq))
        self._put(container, trip.origin)
        return True

    def _put(self, container: PlaceState, parent: Id) -> None:
        if self._inner is not None:
            if container.parent is not None:
                self._inner.get(container.parent, set()).discard(container.id)
            self._inner.setdefault(parent, set()).add(container.id)
        container.parent, container.dirty = parent, True


def note_use(place: PlaceState, at_us: int) -> None:
    """Something went into the place or out of it at a moment."""
    if place.used_at_us is None or at_us > place.used_at_us:
        place.used_at_us = at_us
