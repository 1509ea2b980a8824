"""What lies where while a document is mapped: loaded from the journal's readings, then kept up with each event.

EPCIS says where things were seen, not where they came from. To write double-entry facts one must know where they were, at
the moment of the event: documents of partners come late, when the journal knows what happened afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from lotline.core.facts import ACCOUNTS, INSIDE, LotRef, PlaceKind
from lotline.core.instant import to_micros
from lotline.records.catalog.models import Lot
from lotline.records.journal.models import Balance, Carriage, Hold, Posting
from lotline.records.places.choices import PlaceKind as PlaceKindChoices
from lotline.records.places.models import Place, Plant
from lotline.records.places.queries import places_with_ancestors

SITE, TRANSIT, VARIANCE, PROCESS, SCRAP = "SITE", "TRANSIT", "VARIANCE", "PROCESS", "SCRAP"
#: How many values one statement names: no engine's limit on parameters is met.
AT_ONCE = 400

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Later:
    """A move or a carry that the journal holds after the moment to which a stock has advanced."""

    at_us: int
    seq: int
    source: str
    target: str
    container: str = ""
    lot: LotRef | None = None
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """Goods that lay here just before the journal saw them arrive from nowhere. ``key``: the event that brought them in."""

    key: str
    at_us: int
    lot: LotRef
    quantity: int
    place: str


class Stock:
    """Quantities of the lots that matter (micro base units), and where containers stand."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.kinds: dict[str, PlaceKind] = {}
        self.parents: dict[str, str] = {}
        self.known: set[LotRef] = set()
        self.born: set[LotRef] = set()  # of these, a fact has said what is known
        self.on_hold: set[LotRef] = set()
        self._balances: dict[LotRef, dict[str, int]] = {}
        self._lots_at: dict[str, set[LotRef]] = {}
        self._standing_in: dict[str, set[str]] = {}
        self._later: list[Later] = []  # the next one last
        self._arrivals: dict[LotRef, list[tuple[str, int]]] = {}

    # --- loading --------------------------------------------------------------------------------------------

    def load(self, lots: Iterable[LotRef], places: Iterable[str], *, since: datetime) -> None:
        """Read what lay where at ``since``, and what the journal moved later; ``advance`` catches up with that.

        Loaded are the named lots and places, and everything that lies in the containers among them.
        """
        self._balances.clear()
        self._lots_at.clear()
        self._later.clear()
        self._arrivals.clear()
        self.on_hold.clear()
        found = self._places({SITE, TRANSIT, VARIANCE, PROCESS, SCRAP, *places})
        boxes = self._nested([place.pk for place in found if place.kind == PlaceKindChoices.CONTAINER], since)
        ids = self._lots(set(lots))
        moved = self._moved(since, list(ids), boxes)
        rows = Balance.objects.for_plant(self.plant).select_related("lot__item", "place")
        named = [*ids, *(row.lot_id for row in moved if row.lot_id not in ids)]
        held = {row.pk: row for part in _parts(boxes) for row in rows.filter(place_id__in=part)}
        held |= {row.pk: row for part in _parts(named) for row in rows.filter(lot_id__in=part)}
        for row in held.values():
            lot = LotRef(row.lot.item.code, row.lot.code)
            ids[row.lot_id] = lot
            self._put(lot, row.place.code, row.quantity)
        self.known |= set(ids.values())
        self.born |= set(ids.values())
        self._learn_places({*(place.pk for place in found), *boxes, *(row.place_id for row in held.values())})
        holds = Hold.objects.for_plant(self.plant).filter(closed_by=None)
        self.on_hold |= {ids[row.lot_id] for part in _parts(list(ids)) for row in holds.filter(lot_id__in=part)}
        self._rewind(moved, boxes, since)

    def _places(self, codes: set[str]) -> list[Place]:
        rows = Place.objects.for_plant(self.plant)
        return [place for part in _parts(sorted(codes)) for place in rows.filter(code__in=part)]

    def _lots(self, wanted: set[LotRef]) -> dict[UUID, LotRef]:
        """The lots of these that exist, by id."""
        rows = Lot.objects.for_plant(self.plant).select_related("item")
        found = (row for part in _parts(sorted({lot.code for lot in wanted})) for row in rows.filter(code__in=part))
        named = ((row.pk, LotRef(row.item.code, row.code)) for row in found)
        return {key: lot for key, lot in named if lot in wanted}

    def _nested(self, boxes: list[UUID], since: datetime) -> list[UUID]:
        """Containers, and those that are in them now or were carried into or out of them later."""
        rows = Place.objects.for_plant(self.plant).filter(kind=PlaceKindChoices.CONTAINER)
        trips = Carriage.objects.for_plant(self.plant).filter(at_us__gt=to_micros(since))
        found = dict.fromkeys(boxes)
        level = boxes
        while level:
            inner: set[UUID] = set()
            for part in _parts(level):
                inner |= set(rows.filter(parent_id__in=part).values_list("id", flat=True))
                inner |= set(trips.filter(Q(origin_id__in=part) | Q(target_id__in=part)).values_list("container_id", flat=True))
            level = sorted(inner - found.keys())
            found |= dict.fromkeys(level)
        return list(found)

    def _moved(self, since: datetime, lots: list[UUID], boxes: list[UUID]) -> list[Posting]:
        """What the journal moved after ``since`` of these lots, and in or out of these containers."""
        rows = Posting.objects.for_plant(self.plant).filter(at_us__gt=to_micros(since))
        rows = rows.select_related("lot__item", "origin", "target")
        found = {row.pk: row for part in _parts(lots) for row in rows.filter(lot_id__in=part)}
        for part in _parts(boxes):
            found |= {row.pk: row for row in rows.filter(Q(origin_id__in=part) | Q(target_id__in=part))}
        others = sorted({row.lot_id for row in found.values()} - set(lots))
        found |= {row.pk: row for part in _parts(others) for row in rows.filter(lot_id__in=part)}
        return sorted(found.values(), key=lambda row: (row.at_us, row.seq))

    def _learn_places(self, ids: set[UUID]) -> None:
        """Note the kinds of places, and where containers stand."""
        tree = places_with_ancestors(plant=self.plant, ids=ids)
        for place in tree.values():
            self.kinds[place.code] = PlaceKind(place.kind)
            if place.kind == PlaceKindChoices.CONTAINER and place.parent_id in tree:
                self.stand(place.code, tree[place.parent_id].code)

    def _rewind(self, moved: Sequence[Posting], boxes: list[UUID], since: datetime) -> None:
        """Take back what happened after ``since`` and remember it."""
        rows = Carriage.objects.for_plant(self.plant).filter(at_us__gt=to_micros(since)).select_related("container", "origin", "target")
        trips = [row for part in _parts(boxes) for row in rows.filter(container_id__in=part)]
        sides = {key for row in moved for key in (row.origin_id, row.target_id)}
        self._learn_places(sides | {key for trip in trips for key in (trip.origin_id, trip.target_id)})
        for row in reversed(moved):
            lot = LotRef(row.lot.item.code, row.lot.code)
            self.known.add(lot)
            self.born.add(lot)
            self.apply(lot, row.quantity, row.target.code, row.origin.code)
            self._later.append(Later(row.at_us, row.seq, row.origin.code, row.target.code, lot=lot, quantity=row.quantity))
        for trip in sorted(trips, key=lambda row: (row.at_us, row.seq), reverse=True):
            self.stand(trip.container.code, trip.origin.code)
            self._later.append(Later(trip.at_us, trip.seq, trip.origin.code, trip.target.code, container=trip.container.code))
        self._later.sort(key=lambda later: (later.at_us, later.seq), reverse=True)

    def advance(self, moment: datetime | None) -> list[Explained]:
        """Catch up with what the journal holds up to a moment, that moment included; None means everything.

        Returns what explains later arrivals of unknown origin: they were what the document had brought in before.
        """
        explained: list[Explained] = []
        while self._later and (moment is None or self._later[-1].at_us <= to_micros(moment)):
            later = self._later.pop()
            if later.lot is not None:
                if later.source == VARIANCE:
                    explained += self._explain(later.lot, later)
                self.apply(later.lot, later.quantity, later.source, later.target)
            else:
                self.stand(later.container, later.target)
        return explained

    def note_arrival(self, key: str, lot: LotRef, quantity: int, source: str) -> None:
        """Remember that the event with this key brought a quantity into the books, if the journal knows of a later time."""
        if self._later and self.kinds[source] in (*ACCOUNTS, PlaceKind.SUPPLIER):
            self._arrivals.setdefault(lot, []).append((key, quantity))

    def _explain(self, lot: LotRef, later: Later) -> list[Explained]:
        """Match an arrival of unknown origin with what the document brought in: the same goods must not be there twice."""
        explained = []
        left = later.quantity
        arrivals = self._arrivals.get(lot, [])
        while arrivals and left:
            key, quantity = arrivals.pop(0)
            for place, held in sorted(self.lies(lot).items()):
                taken = min(left, quantity, held) if self.is_inside(place) else 0
                if taken:
                    self.apply(lot, taken, place, VARIANCE)
                    explained.append(Explained(key, later.at_us - 1, lot, taken, place))
                    left, quantity = left - taken, quantity - taken
        return explained

    def leaves_later_from(self, container: str) -> str | None:
        """The place from which the journal carries a container away later on; None when it stays."""
        trips = (later.source for later in reversed(self._later) if later.container == container)
        return next(trips, None)

    # --- asking ---------------------------------------------------------------------------------------------

    def is_inside(self, place: str) -> bool:
        """Whether it is a place of the plant's own."""
        return self.kinds.get(place) in INSIDE

    def is_at(self, place: str, spot: str) -> bool:
        """Whether a place is the spot, or a container that stands there, however deep."""
        seen: set[str] = set()
        here: str | None = place
        while here is not None and here not in seen:
            if here == spot:
                return True
            seen.add(here)
            here = self.parents.get(here)
        return False

    def lies(self, lot: LotRef) -> dict[str, int]:
        """Where the lot lies and how much of it."""
        return {place: quantity for place, quantity in self._balances.get(lot, {}).items() if quantity > 0}

    def held_at(self, lot: LotRef, spot: str) -> int:
        """How much of the lot is at a spot, containers included."""
        return sum(quantity for place, quantity in self.lies(lot).items() if self.is_at(place, spot))

    def contents(self, container: str) -> Iterator[tuple[LotRef, str, int]]:
        """What lies in a container, and in the containers within it."""
        places = [container]
        for place in places:
            places.extend(inner for inner in self.containers_in(place) if inner not in places)
            for lot in sorted(self._lots_at.get(place, ()), key=lambda lot: (lot.item, lot.code)):
                if (quantity := self._balances[lot].get(place, 0)) > 0:
                    yield lot, place, quantity

    def containers_in(self, container: str) -> list[str]:
        """The containers that stand directly in a container."""
        return sorted(self._standing_in.get(container, ()))

    # --- changing -------------------------------------------------------------------------------------------

    def stand(self, container: str, place: str) -> None:
        """A container stands in a place from now on."""
        if before := self.parents.get(container):
            self._standing_in[before].discard(container)
        self.parents[container] = place
        self._standing_in.setdefault(place, set()).add(container)

    def apply(self, lot: LotRef, quantity: int, source: str, target: str) -> None:
        """Keep up with one move."""
        self.known.add(lot)
        row = self._balances.setdefault(lot, {})
        for place, change in ((source, -quantity), (target, quantity)):
            kind = self.kinds[place]
            if kind not in ACCOUNTS and kind is not PlaceKind.SUPPLIER:
                self._put(lot, place, row.get(place, 0) + change)

    def _put(self, lot: LotRef, place: str, quantity: int) -> None:
        self._balances.setdefault(lot, {})[place] = quantity
        self._lots_at.setdefault(place, set()).add(lot)


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list so that no engine's limit on parameters is met."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
