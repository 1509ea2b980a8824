"""A trace: from starts to the whole answer, with its digest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from lotline.core.instant import to_micros
from lotline.records.genealogy.choices import TraceGap
from lotline.records.genealogy.closure import EVER, Bounds, Closure, Reached, To, reach
from lotline.records.genealogy.lotset import scope_of_lots, within
from lotline.records.genealogy.partners import partners_of
from lotline.records.genealogy.starts import Start
from lotline.records.journal.models import Fact
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.places.models import Plant

_KNOWN = "SELECT 1 FROM {source}journal_posting t WHERE {seen} AND {scope} LIMIT 1"
_SPOKEN = "SELECT 1 FROM {source}journal_subject t WHERE {seen} AND {scope} LIMIT 1"


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk that was made: where it began, which way, and what it found."""

    to: To
    starts: tuple[UUID, ...]
    closure: Closure


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer to 查来源 or 查去向. ``lots`` leaves the start out; ``complete`` is true, or ``gaps`` says why not (law 11)."""

    to: To
    starts: tuple[Start, ...]
    closure: Closure
    partners: tuple[str, ...]
    bounds: Bounds
    elapsed_ms: float
    gaps: tuple[TraceGap, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether this is the whole answer."""
        return not self.gaps

    @property
    def walk(self) -> Walk:
        """The walk behind it, for whoever draws it."""
        return Walk(self.to, lots_of(self.starts), self.closure)

    @property
    def lots(self) -> dict[UUID, Reached]:
        """The lots reached, by id."""
        return self.closure.lots

    @property
    def facts(self) -> frozenset[UUID]:
        """The facts that connect them."""
        return self.closure.facts

    @property
    def digest(self) -> str:
        """SHA-256 hex of the codes of the lots, sorted by code point, each followed by one newline."""
        return digest_of(self.closure.codes)


def lots_of(starts: Iterable[Start]) -> tuple[UUID, ...]:
    """The lots where a trace of ``starts`` begins, each once."""
    return tuple(dict.fromkeys(lot for start in starts for lot in start.lots))


def digest_of(codes: Iterable[str]) -> str:
    """SHA-256 hex of ``codes``, sorted by code point, each followed by one newline."""
    text = "".join(f"{code}\n" for code in sorted(codes))
    return hashlib.sha256(text.encode()).hexdigest()


def bounds_of(*, plant: Plant, as_of: datetime | None = None, known_at: datetime | None = None) -> Bounds:
    """What may be seen *as of* a moment, *as known at* a moment (law 6). The journal never records backwards in time."""
    at_us = EVER if as_of is None else to_micros(as_of)
    if known_at is None:
        return Bounds(at_us=at_us)
    return Bounds(at_us=at_us, seq=_last_known(plant, known_at))


def _last_known(plant: Plant, moment: datetime) -> int:
    """The number of the last fact recorded by a moment. Numbers rise with time and leave none out, so a few looks find it."""
    facts = Fact.objects.for_plant(plant)
    least, most = 0, facts.aggregate(last=Max("seq"))["last"] or 0
    while least < most:
        middle = (least + most + 1) // 2
        if facts.filter(seq=middle, recorded_at__lte=moment).exists():
            least = middle
        else:
            most = middle - 1
    return least


def gaps_of(*, lots: Collection[UUID], bounds: Bounds) -> tuple[TraceGap, ...]:
    """What keeps a trace of ``lots`` from being an answer: within the bounds nobody knew of any of them."""
    if bounds == Bounds() or not lots:
        return ()
    with scope_of_lots(lots) as scope:
        known = any(any(True for _row in scope.rows(within(sql, bounds))) for sql in (_KNOWN, _SPOKEN))
    return () if known else (TraceGap.NOT_YET,)


@snapshot()
def trace(
    *,
    plant: Plant,
    starts: Sequence[Start],
    to: To,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    bounds: Bounds | None = None,
) -> Trace:
    """Everything that ``starts`` reached, or came from, within what is seen as of ``as_of`` and known at ``known_at``.

    Who has made ``bounds`` of the two moments already hands those over instead.
    """
    began = time.perf_counter()
    within = bounds_of(plant=plant, as_of=as_of, known_at=known_at) if bounds is None else bounds
    first = lots_of(starts)
    closure = reach(starts=first, to=to, bounds=within)
    partners = partners_of(plant=plant, starts=first, closure=closure, to=to, bounds=within)
    gaps = gaps_of(lots=first, bounds=within)
    elapsed = (time.perf_counter() - began) * 1000
    return Trace(to, tuple(starts), closure, partners, within, elapsed, gaps)
