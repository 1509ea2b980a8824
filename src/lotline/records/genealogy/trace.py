"""A trace: from starts to the whole answer, with its digest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lotline.core.instant import to_micros
from lotline.records.genealogy.closure import EVER, Bounds, Closure, Reached, To, reach
from lotline.records.genealogy.partners import partners_of
from lotline.records.genealogy.starts import Start
from lotline.records.journal.models import Fact
from lotline.records.places.models import Plant


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer to 查来源 or 查去向. ``lots`` leaves the start out; ``complete`` is true, or ``gaps`` says why not (law 11)."""

    to: To
    starts: tuple[Start, ...]
    closure: Closure
    partners: tuple[str, ...]
    bounds: Bounds
    elapsed_ms: float
    complete: bool = True
    gaps: tuple[str, ...] = field(default=())

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


def digest_of(codes: Iterable[str]) -> str:
    """SHA-256 hex of ``codes``, sorted by code point, each followed by one newline."""
    text = "".join(f"{code}\n" for code in sorted(codes))
    return hashlib.sha256(text.encode()).hexdigest()


def bounds_of(*, plant: Plant, as_of: datetime | None = None, known_at: datetime | None = None) -> Bounds:
    """What may be seen *as of* a moment, *as known at* a moment (law 6). The journal never records backwards in time."""
    at_us = EVER if as_of is None else to_micros(as_of)
    if known_at is None:
        return Bounds(at_us=at_us)
    facts = Fact.objects.for_plant(plant).filter(recorded_at__lte=known_at).order_by("-seq")
    return Bounds(at_us=at_us, seq=facts.values_list("seq", flat=True).first() or 0)


def trace(*, plant: Plant, starts: Sequence[Start], to: To, as_of: datetime | None = None, known_at: datetime | None = None) -> Trace:
    """Everything that ``starts`` reached, or came from, within what is seen as of ``as_of`` and known at ``known_at``."""
    began = time.perf_counter()
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    first = tuple(dict.fromkeys(lot for start in starts for lot in start.lots))
    closure = reach(starts=first, to=to, bounds=bounds)
    partners = partners_of(plant=plant, starts=first, closure=closure, to=to, bounds=bounds)
    elapsed = (time.perf_counter() - began) * 1000
    return Trace(to, tuple(starts), closure, partners, bounds, elapsed)
