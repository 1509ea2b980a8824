"""What lies where while a document is mapped: loaded from the journal's readings, then kept up with each event.

EPCIS says where things were seen, not where they came from. To write double-entry facts one must know where they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from lotline.core.facts import ACCOUNTS, INSIDE, LotRef, PlaceKind
from lotline.records.catalog.models import Lot
from lotline.records.journal.models import Balance, Hold
from lotline.records.places.choices import PlaceKind as PlaceKindChoices
from lotline.records.places.models import Place, Plant
from lotline.records.places.queries import places_with_ancestors

SITE, TRANSIT, VARIANCE, PROCESS, SCRAP = "SITE", "TRANSIT", "VARIANCE", "PROCESS", "SCRAP"
#: How many values one statement names: no engine's limit on parameters is met.
AT_ONCE = 400

T = TypeVar("T")


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

    # --- loading --------------------------------------------------------------------------------------------

    def load(self, lots: Iterable[LotRef], places: Iterable[str]) -> None:
        """Read what the journal says about lots and places, and about what lies in the containers among them."""
        self._balances.clear()
        self.on_hold.clear()
        codes = {SITE, TRANSIT, VARIANCE, PROCESS, SCRAP, *places}
        rows = Place.objects.for_plant(self.plant)
        found = [place for part in _parts(sorted(codes)) for place in rows.filter(code__in=part)]
        boxes = {place.pk: place for place in found if place.kind == PlaceKindChoices.CONTAINER}
        level = list(boxes)
        while level:
            inner = [
                place
                for part in _parts(level)
                for place in rows.filter(parent_id__in=part, kind=PlaceKindChoices.CONTAINER)
                if place.pk not in boxes
            ]
            boxes.update({place.pk: place for place in inner})
            level = [place.pk for place in inner]
        wanted = set(lots)
        ids = {
            row.pk: LotRef(row.item.code, row.code)
            for part in _parts(sorted({lot.code for lot in wanted}))
            for row in Lot.objects.for_plant(self.plant).filter(code__in=part).select_related("item")
            if LotRef(row.item.code, row.code) in wanted
        }
        balances = Balance.objects.for_plant(self.plant).filter(quantity__gt=0).select_related("lot__item", "place")
        held = [
            *(row for part in _parts(list(ids)) for row in balances.filter(lot_id__in=part)),
            *(row for part in _parts(list(boxes)) for row in balances.filter(place_id__in=part)),
        ]
        for row in held:
            lot = LotRef(row.lot.item.code, row.lot.code)
            ids[row.lot_id] = lot
            self._balances.setdefault(lot, {})[row.place.code] = row.quantity
        self.known |= set(ids.values())
        self.born |= set(ids.values())
        everywhere = {place.pk for place in found} | boxes.keys() | {row.place_id for row in held}
        for place in (tree := places_with_ancestors(plant=self.plant, ids=everywhere)).values():
            self.kinds[place.code] = PlaceKind(place.kind)
            if place.kind == PlaceKindChoices.CONTAINER and place.parent_id in tree:
                self.parents[place.code] = tree[place.parent_id].code
        holds = Hold.objects.for_plant(self.plant).filter(closed_by=None)
        self.on_hold |= {ids[row.lot_id] for part in _parts(list(ids)) for row in holds.filter(lot_id__in=part)}

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
        for lot in sorted(self._balances, key=lambda lot: (lot.item, lot.code)):
            for place, quantity in sorted(self.lies(lot).items()):
                if self.is_at(place, container):
                    yield lot, place, quantity

    def containers_in(self, container: str) -> list[str]:
        """The containers that stand directly in a container."""
        return sorted(inner for inner, parent in self.parents.items() if parent == container)

    # --- changing -------------------------------------------------------------------------------------------

    def apply(self, lot: LotRef, quantity: int, source: str, target: str) -> None:
        """Keep up with one move."""
        self.known.add(lot)
        row = self._balances.setdefault(lot, {})
        for place, change in ((source, -quantity), (target, quantity)):
            kind = self.kinds[place]
            if kind not in ACCOUNTS and kind is not PlaceKind.SUPPLIER:
                row[place] = row.get(place, 0) + change


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list so that no engine's limit on parameters is met."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
