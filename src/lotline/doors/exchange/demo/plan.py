"""The plan of the demonstration: every fact that will be told to the journal, made without a database.

A plan is a pure function of its period. Random draws are seeded by what they are for, so one more draw in one place changes
nothing elsewhere.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from lotline.core.facts import Draft, FactKind, LotRef, Move, PlaceKind
from lotline.core.quantity import MICRO
from lotline.doors.exchange.demo.calendar import Period, stamp
from lotline.doors.exchange.demo.master_data import CARTON, PROCESS
from lotline.doors.exchange.demo.stock import Stock
from lotline.doors.exchange.epcis.identifiers import check_digit
from lotline.records.places.actions import PlaceSpec

# Extension digit and GS1 company prefix of the pallet numbers.
SSCC_PREFIX = "06931234"
# The number painted on the first pallet of the complaint's lot.
STORY_PALLET = 2281
KEY = "demo:pouch"
ONE: int = MICRO
MILLI: int = MICRO // 1000
# A cycle with loading and unloading.
RETORT_TURN = timedelta(minutes=75)


def grams(amount: int) -> int:
    """Micro kilograms."""
    return amount * MILLI


def pieces(amount: int) -> int:
    """Micro pieces."""
    return amount * ONE


@dataclass(frozen=True, slots=True)
class Step:
    """One fact to tell. ``by``: the person whose account signs it; ``reverses``: the key of the fact that it takes back."""

    draft: Draft
    by: str = ""
    reverses: str = ""


@dataclass(slots=True)
class Pallet:
    """A pallet in the finished goods store and what is on it, in pouches."""

    code: str
    bin: str
    ready: datetime
    load: dict[LotRef, int]


@dataclass(slots=True)
class Plan:
    """What has been planned so far."""

    period: Period
    steps: list[Step] = field(default_factory=list)
    stock: Stock = field(default_factory=Stock)
    # What the goods store holds, the oldest pallet first, by product item.
    store: dict[str, list[Pallet]] = field(default_factory=lambda: defaultdict(list))
    # When a retort is free again, and retorts that were promised beforehand, with the earliest start.
    retort_free: dict[int, datetime] = field(default_factory=dict)
    retort_promised: list[tuple[int, datetime]] = field(default_factory=list)
    # What went to customers, for what comes back: loose moves and whole pallets with the moment of arrival.
    delivered_loose: list[tuple[datetime, Move]] = field(default_factory=list)
    delivered_pallets: list[tuple[datetime, str, Pallet]] = field(default_factory=list)
    # Days on which something happens inside an operation (``incidents``).
    blind_reels: dict[str, list[date]] = field(default_factory=dict)
    unscanned_foil: set[tuple[str, date]] = field(default_factory=set)
    weak_seals: set[date] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _keys: set[str] = field(default_factory=set)
    _pallets: list[str] = field(default_factory=list)
    _story_pallet: int = 0

    def rng(self, *purpose: object) -> random.Random:
        """Random numbers for one purpose, the same in every run."""
        return random.Random("|".join(map(str, ("lotline", *purpose))))  # noqa: S311 -- a plant, not a secret

    def reserve(self, *codes: str) -> None:
        """Keep lot codes for the story: daily work does not hand them out."""
        self._taken.update(codes)

    def next_code(self, prefix: str, day: date, group: str = "") -> str:
        """The next free code of the day: ``YZ-261116-04``, with a group ``BZ-261117-A06``."""
        number = 1
        while (code := f"{prefix}-{stamp(day)}-{group}{number:02d}") in self._taken:
            number += 1
        self._taken.add(code)
        return code

    def next_shipment(self, day: date) -> str:
        """The next free shipment number of the day: ``SH-261117-007``."""
        number = 1
        while (code := f"SH-{stamp(day)}-{number:03d}") in self._taken:
            number += 1
        self._taken.add(code)
        return code

    def supplier_number(self, letters: str, day: date, number: int) -> str:
        """How suppliers number, ``HD-20261109-07``: from ``number`` up to the first that this supplier has not given yet."""
        while (code := f"{letters}-{day:%Y%m%d}-{number:02d}") in self._taken:
            number += 1
        self._taken.add(code)
        return code

    def next_cycle(self, day: date, vessel: int) -> str:
        """The next retort cycle: the day's cycles are counted over both retorts, ``SJ-261117-2-03`` is the third, in retort 2."""
        number = 1
        while f"{stamp(day)}/{number}" in self._taken:
            number += 1
        self._taken.add(f"{stamp(day)}/{number}")
        return f"SJ-{stamp(day)}-{vessel}-{number:02d}"

    def next_retort(self, ready: datetime) -> tuple[int, datetime]:
        """The retort that can start first with what is ready at that moment, and when it starts."""
        if self.retort_promised:
            vessel, earliest = self.retort_promised.pop(0)
            return vessel, max(ready, earliest)
        vessel = min((1, 2), key=lambda n: (max(self.retort_free.get(n, ready), ready), n))
        when = max(ready, self.retort_free.get(vessel, ready))
        self.retort_free[vessel] = when + RETORT_TURN
        return vessel, when

    def order(self, day: date, offset: int) -> str:
        """The work order of a product on a day: eighteen numbers are given out a day."""
        return f"WO-26-{11803 + 18 * self.period.distance(day) + offset:05d}"

    def new_pallet(self, *, story: bool = False) -> str:
        """The SSCC of a new pallet. The first one of the story gets number PL-2281; the others count from there."""
        body = f"{SSCC_PREFIX}{len(self._pallets) + 1:09d}"
        code = body + check_digit(body)
        if story and not self._story_pallet:
            self._story_pallet = len(self._pallets) + 1
        self._pallets.append(code)
        return code

    def pallet_places(self) -> list[PlaceSpec]:
        """The pallets as places, named by the number painted on them; they begin where cartons are stacked."""
        first = STORY_PALLET - (self._story_pallet or 1)
        return [
            PlaceSpec(code=code, kind=PlaceKind.CONTAINER, name=f"PL-{first + number:04d}", parent=CARTON)
            for number, code in enumerate(self._pallets, start=1)
        ]

    def add(
        self, kind: FactKind, at: datetime, key: str, *, by: str = "", reverses_key: str = "", moves: Sequence[Move] = (), **fields: Any
    ) -> str:
        """Plan a fact and return its idempotency key, which ``key`` makes unique within the demonstration."""
        full = self.full_key(kind, key)
        if full in self._keys:
            raise ValueError(f"two facts with key {full}")
        self._keys.add(full)
        draft = Draft(kind=kind, happened_at=at, key=full, moves=tuple(moves), **fields)
        self.steps.append(Step(draft, by, reverses_key))
        return full

    @staticmethod
    def full_key(kind: FactKind, key: str) -> str:
        """The idempotency key of a fact of the demonstration."""
        return f"{KEY}:{kind.value}:{key}"

    def finished_steps(self) -> list[Step]:
        """The steps in the order of time, up to the moment at which the story breaks off."""
        end = self.period.end
        kept = [step for step in self.steps if step.draft.happened_at <= end]
        return sorted(kept, key=lambda step: step.draft.happened_at)

    def amend(self, key: str, **changes: Any) -> None:
        """Change the planned fact with this full key: an incident that happens to ordinary work."""
        index = next(i for i, step in enumerate(self.steps) if step.draft.key == key)
        step = self.steps[index]
        self.steps[index] = replace(step, draft=replace(step.draft, **changes))


def consume(lot: LotRef, amount: int, place: str, *, certain: bool = True) -> Move:
    """An input of an operation."""
    return Move(lot, amount, place, PROCESS, certain=certain)


def produce(lot: LotRef, amount: int, place: str) -> Move:
    """An output of an operation."""
    return Move(lot, amount, PROCESS, place)
