"""What the journal would say to drafts, without writing any and without keeping a writer waiting (docs/adr/0037)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from lotline.core.canonical import Json, trusted_bytes
from lotline.core.facts import Draft, FactKind, LotRef, draft_content
from lotline.core.ledger import Book, ItemState, LotState, PlaceState, Problem, Refused, ReversedFact
from lotline.core.ledger.ids import Id
from lotline.records.catalog.actions import ItemSpec, new_unit
from lotline.records.catalog.choices import Tracking
from lotline.records.catalog.models import Unit
from lotline.records.journal.actions import Take, translating
from lotline.records.journal.store.load import Loader
from lotline.records.journal.store.save import Sealed
from lotline.records.journal.store.snapshot import reading_only as reading_only
from lotline.records.journal.writer import End, Receipt, Writer, read_head
from lotline.records.people.choices import Right
from lotline.records.places.actions import PlaceSpec
from lotline.records.places.choices import INSIDE_KINDS
from lotline.records.places.keys import native_ids
from lotline.records.places.models import Plant


@contextmanager
def rehearsing(
    *, plant: Plant, actor: UUID | None = None, items: Iterable[ItemSpec] = (), places: Iterable[PlaceSpec] = ()
) -> Iterator[Take]:
    """As ``append`` again and again in one transaction, with nothing stored: gives a function that takes drafts, or refuses them.

    What was taken counts for the drafts that follow; of a refused batch nothing does. ``items`` and ``places`` are there as if they had
    been made. Call it within ``reading_only``. For facts that carry nothing and take nothing back. Memory: the lots that were named,
    and their postings of this rehearsal: 2 kB a receipt of a new lot, as measured.
    """
    rehearsal = _Rehearsal(plant, {item.code: item for item in items}, {place.code: place for place in places})

    def take(drafts: Sequence[Draft], by: UUID | None = actor, within: frozenset[Right] | None = None) -> list[Receipt]:
        with translating(drafts):
            return rehearsal.append(drafts, by, within)

    yield take


class _Rehearsal(Writer):
    """A writer whose book is never stored and so never forgets: what a lot did in it stays in the lot's trail."""

    def __init__(self, plant: Plant, items: Mapping[str, ItemSpec], places: Mapping[str, PlaceSpec]) -> None:
        super().__init__(plant)
        self._loader = _Imagining(self._connection, plant.pk, items, places)
        self._said: dict[str, tuple[Draft, Receipt]] = {}
        self._before: dict[LotRef, LotState | None] = {}

    def append(self, drafts: Sequence[Draft], actor: UUID | None, within: frozenset[Right] | None = None) -> list[Receipt]:
        self._before, end = {}, replace(self._head)
        try:
            receipts = super().append(drafts, actor, within)
        except Refused:
            if self._book is not None:
                self._book.put_back(self._before)
            self._head = end
            raise
        for draft, receipt in zip(drafts, receipts, strict=True):
            self._said.setdefault(draft.key, (draft, receipt))
        return receipts

    def _take_head(self) -> End:
        return read_head(self.plant)

    def _known_keys(self, drafts: Sequence[Draft], contents: Sequence[dict[str, Json]]) -> dict[str, Receipt]:
        known = super()._known_keys(drafts, contents)
        for position, draft in enumerate(drafts):
            if draft.key in known or draft.key not in self._said:
                continue
            earlier, receipt = self._said[draft.key]
            if trusted_bytes(draft_content(earlier)) != trusted_bytes(contents[position]):
                raise Refused([Problem("key_reused", {"key": draft.key}, position)])
            known[draft.key] = replace(receipt, replayed=True)
        return known

    def _open_book(self, drafts: Sequence[Draft], taken: ReversedFact | None) -> Book:
        if any(draft.carries or draft.kind is FactKind.REVERSE for draft in drafts):
            raise ValueError("a rehearsal neither carries containers nor takes facts back")
        if self._book is None:
            self._book = self._loader.book(drafts, latest_us=self._latest_us)
        else:
            self._loader.extend(self._book, drafts)
        for draft in drafts:
            for ref in (*(move.lot for move in draft.moves), *draft.subjects):
                if ref not in self._before:
                    lot = self._book.lots.get(ref)
                    self._before[ref] = lot.copy() if lot is not None else None
        return self._book

    def _save(self, sealed: Sequence[Sealed], book: Book) -> None:
        """Nothing is stored but what the book knows."""


class _Imagining(Loader):
    """Knows items and places beyond those of the tables."""

    def __init__(
        self, connection: BaseDatabaseWrapper, plant_id: UUID, items: Mapping[str, ItemSpec], places: Mapping[str, PlaceSpec]
    ) -> None:
        super().__init__(connection, plant_id)
        self._new_id = native_ids(connection)
        units = {item.unit for item in items.values()}
        decimals = {unit: new_unit(unit).decimals for unit in units} | dict(
            Unit.objects.filter(code__in=units).values_list("code", "decimals")
        )
        self._items = {
            code: ItemState(
                self._new_id(), code, decimals[item.unit], item.tracking is Tracking.SERIAL, item.release_required, item.shelf_life_days
            )
            for code, item in items.items()
        }
        self._places = self._imagine(places)
        self._places_by_id = {place.id: place for place in self._places.values()}

    def _imagine(self, specs: Mapping[str, PlaceSpec]) -> dict[str, PlaceState]:
        """Those that others lie in come first, as where places are made."""
        parents = {code: place.id for code, place in super().places_by_code({spec.parent for spec in specs.values()} - {""}).items()}
        made: dict[str, PlaceState] = {}
        for code, spec in specs.items():
            parents[code] = self._new_id()
            parent = parents[spec.parent] if spec.parent else None
            made[code] = PlaceState(parents[code], code, spec.kind, spec.kind.value in INSIDE_KINDS, parent)
        return made

    def items(self, codes: Iterable[str]) -> dict[str, ItemState]:
        wanted = set(codes)
        return {code: self._items[code] for code in wanted & self._items.keys()} | super().items(wanted)

    def places_by_code(self, codes: Iterable[str]) -> dict[str, PlaceState]:
        wanted = set(codes)
        return {code: self._places[code] for code in wanted & self._places.keys()} | super().places_by_code(wanted)

    def place(self, place_id: Id) -> PlaceState:
        return self._places_by_id.get(place_id) or super().place(place_id)
