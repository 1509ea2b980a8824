"""Where a lot lies, for rows that do not say where it was taken from."""

from __future__ import annotations

from collections.abc import Iterable

from lotline.core.facts import LotRef
from lotline.doors.exchange.tables.master_data import parts
from lotline.doors.exchange.tables.values import BadCell
from lotline.records.journal.models import Balance
from lotline.records.places.models import Plant

# The plant as a whole: where things are when nobody said where.
SITE = "SITE"


class Whereabouts:
    """What the plant holds of some lots at each place, kept up to date while the happenings of a file are gone through in time."""

    def __init__(self, plant: Plant, lots: Iterable[LotRef]) -> None:
        self.held: dict[LotRef, dict[str, int]] = {}
        wanted = set(lots)
        for part in parts(sorted({lot.code for lot in wanted})):
            rows = Balance.objects.for_plant(plant).filter(lot__code__in=part, inside=True, quantity__gt=0)
            for item, code, place, quantity in rows.values_list("lot__item__code", "lot__code", "place__code", "quantity"):
                self.put(LotRef(item, code), place, quantity)

    def put(self, lot: LotRef, place: str, quantity: int) -> None:
        """``quantity`` of the lot came to ``place``."""
        places = self.held.setdefault(lot, {})
        places[place] = places.get(place, 0) + quantity

    def take(self, lot: LotRef, quantity: int, place: str) -> str:
        """Take it from ``place``, or from where it lies if no place is said. Raises ``BadCell`` where that could be several places.

        Taking more than is there is not decided on here: the journal says so, with what there was at that time.
        """
        places = self.held.setdefault(lot, {})
        if not place:
            holding = [code for code, held in places.items() if held > 0]
            if len(holding) > 1:
                raise BadCell("place_ambiguous", lot=lot.code, places=", ".join(sorted(holding)[:5]))
            place = holding[0] if holding else next(reversed(places), SITE)
        places[place] = places.get(place, 0) - quantity
        return place
