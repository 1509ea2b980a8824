"""What the plan has in its raw material stores: first in, first out. The journal checks it again when the facts are told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from lotline.core.facts import LotRef


class OutOfStock(LookupError):
    """The plan drew more than it had bought: a mistake in the plan."""


@dataclass(slots=True)
class Parcel:
    """What is left of a lot at a place, in micro base units."""

    lot: LotRef
    place: str
    left: int


@dataclass(slots=True)
class Stock:
    """Parcels that may be used, by item, the oldest first."""

    _parcels: dict[str, list[Parcel]] = field(default_factory=lambda: defaultdict(list))

    def put(self, lot: LotRef, place: str, amount: int) -> Parcel:
        """Something came in."""
        parcel = Parcel(lot, place, amount)
        self._parcels[lot.item].append(parcel)
        return parcel

    def left(self, item: str) -> int:
        """How much of the item may be used."""
        return sum(parcel.left for parcel in self._parcels[item])

    def draw(self, item: str, amount: int) -> list[Parcel]:
        """Take ``amount``: what it came from, each with the part taken. Raises ``OutOfStock``."""
        if self.left(item) < amount:
            raise OutOfStock(f"{item}: {amount} wanted, {self.left(item)} there")
        taken = []
        parcels = self._parcels[item]
        while amount:
            oldest = parcels[0]
            part = min(oldest.left, amount)
            taken.append(Parcel(oldest.lot, oldest.place, part))
            oldest.left -= part
            amount -= part
            if not oldest.left:
                parcels.pop(0)
        return taken

    def take_lot(self, item: str) -> Parcel:
        """Take the whole oldest lot of an item. Raises ``OutOfStock``."""
        if not self._parcels[item]:
            raise OutOfStock(item)
        return self._parcels[item].pop(0)

    def newest(self, item: str) -> Parcel:
        """The parcel that came in last; it stays where it is. Raises ``OutOfStock``."""
        if not self._parcels[item]:
            raise OutOfStock(item)
        return self._parcels[item][-1]
