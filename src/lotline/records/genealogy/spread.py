"""Lots with what of each is where: what a trace lists, whoever asks (a file, a terminal, another program)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from lotline.records.catalog.models import Item
from lotline.records.genealogy.closure import Reached
from lotline.records.genealogy.trace import Trace
from lotline.records.genealogy.whereabouts import Map, Stay, where_now

# Lots asked about in one query; as many are in memory with their quantities.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Spread:
    """A lot that was reached and the quantities of it that are anywhere; none where all of it was used up."""

    lot: Reached
    item: Item
    stays: tuple[Stay, ...]

    @property
    def quantity(self) -> int:
        """All that there is of it, in micro units: here, on its way, at customers. Not what was used, scrapped or lost."""
        return sum(stay.quantity for stay in self.stays)


def in_order(whole: Trace) -> list[Reached]:
    """The lots reached, by code."""
    return sorted(whole.lots.values(), key=lambda lot: (lot.code, lot.id))


def spread_lots(*, whole: Trace, lots: Iterable[Reached], places: Map) -> Iterator[Spread]:
    """Each of ``lots`` of a trace as seen within its bounds, in their order, read in portions as they are taken."""
    items: dict[object, Item] = {}
    rest = iter(lots)
    while part := list(islice(rest, AT_ONCE)):
        new = {lot.item for lot in part} - items.keys()
        items.update((item.pk, item) for item in Item.objects.filter(pk__in=new).select_related("unit"))
        where = where_now(plant=places.plant, lots=[lot.id for lot in part], bounds=whole.bounds, places=places)
        for lot in part:
            yield Spread(lot, items[lot.item], tuple(where.get(lot.id, ())))
