"""Which place lies in which, at any moment: containers move with what is in them, and a carry may come in late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lotline.core.facts import PlaceKind
from lotline.core.ledger.ids import Id
from lotline.core.ledger.state import PlaceState, Sources, Trip

FOR_EVER = 2**63


class Tree:
    """The places of a book by id, with the carries of the present batch. A place that no draft named is asked for."""

    def __init__(self, places: Iterable[PlaceState], sources: Sources) -> None:
        self.by_id = {place.id: place for place in places}
        self._sources = sources
        self._trips: dict[Id, list[Trip]] = {}
        self._taken_back: set[tuple[Id, int]] = set()

    def place(self, place_id: Id) -> PlaceState:
        """A place by id; it exists, since rows name it."""
        place = self.by_id.get(place_id)
        if place is None:
            place = self.by_id[place_id] = self._sources.place(place_id)
        return place

    def trips(self, container: Id) -> list[Trip]:
        """Every trip of a container that stands, in the order of time, the present batch included. What was taken back never was."""
        all_of_them = sorted([*self._sources.carries(container), *self._trips.get(container, ())])
        return [trip for trip in all_of_them if (container, trip.seq) not in self._taken_back]

    def parent_at(self, place: PlaceState, at_us: int) -> Id | None:
        """What the place lay in at a moment, after everything that happened at that moment."""
        if place.carried_at_us is None or at_us >= place.carried_at_us:
            return place.parent
        trips = self.trips(place.id)
        before = [trip for trip in trips if trip.at_us <= at_us]
        if before:
            return before[-1].target
        return trips[0].origin if trips else place.parent

    def next_trip(self, container: PlaceState, at_us: int) -> Trip | None:
        """The first trip after a moment."""
        if container.carried_at_us is None or at_us >= container.carried_at_us:
            return None
        return next((trip for trip in self.trips(container.id) if trip.at_us > at_us), None)

    def ancestors(self, place_id: Id, at_us: int) -> list[Id]:
        """What the place lay in at a moment, innermost first."""
        found: list[Id] = []
        parent = self.parent_at(self.place(place_id), at_us)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parent_at(self.place(parent), at_us)
        return found

    def standing_place(self, place: PlaceState, at_us: int) -> PlaceState:
        """The first thing around a place that is not a container: what decides whether its contents are here or at a partner's."""
        seen = {place.id}
        while place.kind is PlaceKind.CONTAINER:
            parent = self.parent_at(place, at_us)
            if parent is None or parent in seen:
                break
            seen.add(parent)
            place = self.place(parent)
        return place

    def ever_within(self, place_id: Id, container: Id, since: int, until: int) -> bool:
        """Whether the place is ``container`` or lies in it at any moment from ``since`` up to ``until``."""
        if place_id == container:
            return True
        stays = self._stays(self.place(place_id), since, until)
        return any(self.ever_within(parent, container, start, end) for parent, start, end in stays)

    def _stays(self, place: PlaceState, since: int, until: int) -> Iterator[tuple[Id, int, int]]:
        """What the place lies in over a time, as (parent, from, up to)."""
        if place.carried_at_us is None or since >= place.carried_at_us:
            if place.parent is not None:
                yield place.parent, since, until
            return
        trips = self.trips(place.id)
        if not trips:
            if place.parent is not None:
                yield place.parent, since, until
            return
        stays = [(trips[0].origin, -FOR_EVER, trips[0].at_us)]
        for trip, following in zip(trips, [*trips[1:], None], strict=True):
            stays.append((trip.target, trip.at_us, following.at_us if following else FOR_EVER))
        for parent, start, end in stays:
            if max(start, since) < min(end, until):
                yield parent, max(start, since), min(end, until)

    def forget_batch(self) -> None:
        """The trips of the present batch are in the journal now."""
        self._trips.clear()
        self._taken_back.clear()
        for place in self.by_id.values():
            place.dirty = False

    def carry(self, container: PlaceState, trip: Trip) -> None:
        """Note a trip. The container stands where its last trip brought it."""
        last = self.next_trip(container, trip.at_us) is None
        self._trips.setdefault(container.id, []).append(trip)
        if last:
            container.parent, container.dirty = trip.target, True
        container.carried_at_us = max(trip.at_us, container.carried_at_us if container.carried_at_us is not None else trip.at_us)

    def take_back(self, container: PlaceState, trip: Trip) -> bool:
        """Undo a trip, if it is the last one that stands."""
        standing = self.trips(container.id)
        if not standing or standing[-1] != trip:
            return False
        self._taken_back.add((container.id, trip.seq))
        container.parent, container.dirty = trip.origin, True
        return True
