"""Lots that one might suspect and need not: a recall that can not say why a lot is *not* in it is not believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import connections

from lotline.core.instant import from_micros, to_micros
from lotline.records.catalog.choices import ItemKind
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.births import born_otherwise
from lotline.records.genealogy.choices import Exclusion
from lotline.records.genealogy.closure import EVER, Bounds, Closure, Key
from lotline.records.genealogy.lotset import Row, rows_of, scope_of_lots, seen, temporary_set, within
from lotline.records.genealogy.shares import shares_of_trace
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import adapt
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant


@dataclass(frozen=True, slots=True)
class Excluded:
    """A lot that is not affected. ``via``: the affected lot that it was drawn from, too early. ``at_us``: when that was, or when it
    was made.
    """

    id: UUID
    code: str
    item: UUID
    reason: Exclusion
    at_us: int
    via: UUID | None = None


_USED = "SELECT MIN(t.certain) FROM {source}journal_posting t WHERE t.role = 1 AND {seen} AND {stands} AND {scope} GROUP BY t.lot_id"
# Each strand once, with one of the affected lots that it drew from: a thousand inputs and a thousand outputs are no million rows.
_EARLIER = (
    "SELECT f.lot_id, l.code, l.item_id, d.at_us, d.number FROM ("
    "SELECT n.fact_id, n.strand, n.at_us, MIN(a.n) AS number FROM {affected} a CROSS JOIN journal_posting n"
    " WHERE n.lot_id = a.id AND n.role = 1 AND (n.at_us, n.seq) <= (a.at_us, a.seq) AND {seen} AND {stands}"
    " GROUP BY n.fact_id, n.strand, n.at_us) d CROSS JOIN journal_posting f CROSS JOIN catalog_lot l"
    " WHERE f.fact_id = d.fact_id AND f.role = 2 AND f.strand = d.strand AND l.id = f.lot_id AND f.lot_id NOT IN (SELECT id FROM {affected})"
    " ORDER BY d.at_us DESC, d.number"
)
_OTHERS = (
    " FROM catalog_lot l WHERE l.plant_id = %s AND l.item_id = %s AND l.born_at BETWEEN %s AND %s AND l.id NOT IN (SELECT id FROM {told})"
)


def emptied_lots(*, plant: Plant, starts: Collection[UUID], closure: Closure, refilled: Collection[UUID], bounds: Bounds) -> set[UUID]:
    """The lots of a trace that nothing of the start can have come to, since a lot on the way had been emptied in between.

    ``refilled`` are those, starts included, that more than one posting produced: only such a lot can have been emptied in between.
    (One that was also received is left in.) Where it is not certain what was drawn from it, it is not certain that it was empty
    either: then nothing is excluded.
    """
    if not refilled:
        return set()
    with scope_of_lots(refilled) as narrow:
        used = list(narrow.rows(within(_USED, bounds)))
    if not used or not min(row[0] for row in used):
        return set()
    shares = shares_of_trace(plant=plant, starts=starts, lots=closure.lots, bounds=bounds)
    return {lot for lot in closure.lots if shares.of(lot).maximum == 0}


class Exclusions:
    """The lots that are not affected, by reason. Lots of the same products and days are counted and read by the database."""

    def __init__(
        self,
        *,
        plant: Plant,
        lots: Sequence[Row],
        starts: Collection[Key],
        emptied: Sequence[Row],
        items: Mapping[Key, Item],
        bounds: Bounds,
    ) -> None:
        """``lots`` and ``emptied`` are rows of a closure; ``starts`` are among the lots."""
        self._plant = plant
        self._lots = lots
        self._starts = frozenset(starts)
        self._emptied = emptied
        self._items = items
        self._bounds = bounds

    @cached_property
    def told(self) -> list[Excluded]:
        """Lots drawn too early, and lots behind one that had been emptied; by code."""
        found = {read_id(row[0]): Excluded(read_id(row[0]), row[1], read_id(row[2]), Exclusion.EMPTIED, row[4]) for row in self._emptied}
        # All that a start ever gave is affected: nothing was drawn from it too early.
        moments = [(row[0], -EVER, 0) if row[0] in self._starts else (row[0], row[4], row[5]) for row in self._lots]
        with temporary_set(moments, ("at_us", "seq")) as affected:
            sql = _EARLIER.replace("{affected}", affected)
            sql = within(sql, self._bounds, "n")
            for lot_id, code, item, at_us, number in rows_of(sql):
                lot, via = read_id(lot_id), read_id(self._lots[number][0])
                found.setdefault(lot, Excluded(lot, code, read_id(item), Exclusion.EARLIER_DRAW, at_us, via))
        return sorted(found.values(), key=lambda lot: (lot.code, lot.id))

    @cached_property
    def periods(self) -> list[tuple[UUID, int, int]]:
        """For each finished item that is affected (or each item, where none is finished): first and last production, by code."""
        made = [row for row in self._lots if row[0] not in self._starts]
        finished = [row for row in made if self._items[row[2]].kind == ItemKind.FINISHED]
        periods: dict[Key, tuple[int, int]] = {}
        for row in finished or made:
            first, last = periods.get(row[2], (row[4], row[4]))
            periods[row[2]] = (min(first, row[4]), max(last, row[4]))
        ordered = sorted(periods, key=lambda item: self._items[item].code)
        return [(read_id(item), *periods[item]) for item in ordered]

    def counts(self) -> dict[Exclusion, int]:
        """How many lots are excluded, by reason."""
        counts = dict.fromkeys(Exclusion, 0)
        for lot in self.told:
            counts[lot.reason] += 1
        with self._told_set() as told:
            counts[Exclusion.NOT_REACHED] = sum(self._count_others(told))
        return counts

    def page(self, offset: int, limit: int) -> list[Excluded]:
        """Lots ``offset`` to ``offset + limit``: the ones with a story first."""
        page = self.told[offset : offset + limit]
        offset = max(0, offset - len(self.told))
        if len(page) == limit or not self.periods:
            return page
        with self._told_set() as told:
            for period, count in zip(self.periods, self._count_others(told), strict=True):
                if offset < count and len(page) < limit:
                    page += self._others(told, period, offset, limit - len(page))
                offset = max(0, offset - count)
        return page

    def rows(self) -> Iterator[Excluded]:
        """All of them, in the order of ``page``."""
        yield from self.told
        with self._told_set() as told:
            for period in self.periods:
                yield from self._others(told, period, 0, None)

    @cached_property
    def _born_otherwise(self) -> dict[UUID, list[Excluded]]:
        """Lots that have been born anew since, by item: the catalog does not know when they came to be within the bounds."""
        then = born_otherwise(self._plant, self._bounds)
        for lot in (*(read_id(row[0]) for row in self._lots), *(lot.id for lot in self.told)):
            then.pop(lot, None)
        found: dict[UUID, list[Excluded]] = {}
        for pk, code, item in Lot.objects.for_plant(self._plant).filter(pk__in=list(then)).values_list("pk", "code", "item_id"):
            found.setdefault(item, []).append(Excluded(pk, code, item, Exclusion.NOT_REACHED, to_micros(then[pk])))
        return found

    def _others_born_otherwise(self, period: tuple[UUID, int, int]) -> list[Excluded]:
        item, first, last = period
        lots = (lot for lot in self._born_otherwise.get(item, ()) if first <= lot.at_us <= last)
        return sorted(lots, key=lambda lot: (lot.at_us, lot.code))

    def _told_set(self) -> AbstractContextManager[str]:
        """What ``_OTHERS`` leaves out, since it was told or is told apart."""
        connection = connections["default"]
        apart = (lot for lots in self._born_otherwise.values() for lot in lots)
        return temporary_set([(row[0],) for row in self._lots] + [(adapt(lot.id, connection),) for lot in (*self.told, *apart)])

    def _count_others(self, told: str) -> list[int]:
        sql = "SELECT COUNT(*)" + self._known(_OTHERS.replace("{told}", told))
        return [next(rows_of(sql, *self._params(period)))[0] + len(self._others_born_otherwise(period)) for period in self.periods]

    def _others(self, told: str, period: tuple[UUID, int, int], offset: int, limit: int | None) -> Iterator[Excluded]:
        """Lots ``offset`` to ``offset + limit`` of a period: those that are as the catalog tells, then those that have been born anew."""
        rest = self._others_born_otherwise(period)
        for lot in self._others_of_catalog(told, period, offset, limit):
            limit = None if limit is None else limit - 1
            yield lot
        if rest and limit != 0:
            if offset:
                sql = "SELECT COUNT(*)" + self._known(_OTHERS.replace("{told}", told))
                offset = max(0, offset - next(rows_of(sql, *self._params(period)))[0])
            yield from rest[offset:] if limit is None else rest[offset : offset + limit]

    def _others_of_catalog(self, told: str, period: tuple[UUID, int, int], offset: int, limit: int | None) -> Iterator[Excluded]:
        sql = "SELECT l.id, l.code, l.born_at" + self._known(_OTHERS.replace("{told}", told)) + " ORDER BY l.born_at, l.code"
        if limit is not None:
            sql += f" LIMIT {int(limit)} OFFSET {int(offset)}"
        for lot, code, born in rows_of(sql, *self._params(period)):
            yield Excluded(read_id(lot), code, period[0], Exclusion.NOT_REACHED, to_micros(as_moment(born)))

    def _known(self, sql: str) -> str:
        """Leaves out lots that only facts beyond the bounds speak of."""
        if self._bounds.seq >= EVER:
            return sql
        return sql + f" AND EXISTS (SELECT 1 FROM journal_posting k WHERE k.lot_id = l.id AND {seen('k', self._bounds)})"  # noqa: S608 (a number)

    def _params(self, period: tuple[UUID, int, int]) -> tuple[object, ...]:
        item, first, last = period
        return self._plant.pk, item, from_micros(first), from_micros(last)
