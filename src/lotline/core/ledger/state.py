"""What a book knows about places, items and lots while it checks a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from lotline.core.facts import Disposition, FactKind, LotRef, PlaceKind


@dataclass(slots=True)
class PlaceState:
    """A place. ``parent`` and ``carried_at_us`` (moment of its last carry) change for containers only."""

    id: UUID
    code: str
    kind: PlaceKind
    inside: bool
    parent: UUID | None = None
    carried_at_us: int | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class ItemState:
    """What the laws ask of an item. ``decimals``: how finely its base unit may be divided."""

    id: UUID
    code: str
    decimals: int = 6
    serial: bool = False
    release_required: bool = False
    shelf_life_days: int | None = None


class PostingRow(NamedTuple):
    """One move as the journal keeps it; quantities in micro base units, ``at_us`` in microseconds since the epoch."""

    lot: UUID
    origin: UUID
    target: UUID
    quantity: int
    role: int
    strand: int
    certain: int
    at_us: int
    seq: int


@dataclass(slots=True)
class HoldState:
    """A hold on a lot, everywhere (``place`` None) or at one place and what lies in it."""

    id: UUID
    lot: UUID
    place: UUID | None
    opened_by: UUID
    opened_at_us: int
    reason: str = ""
    closed_by: UUID | None = None
    closed_at_us: int | None = None
    new: bool = False
    dirty: bool = False

    def blocks(self, at_us: int) -> bool:
        """Open now, or at the moment the fact speaks of: writing a fact late does not get around a hold."""
        return self.closed_by is None or self.opened_at_us <= at_us < (self.closed_at_us or 0)


@dataclass(slots=True)
class LotState:
    """A lot with what lies where now. ``trail`` are the postings of the present batch, for facts that come in late."""

    id: UUID
    ref: LotRef
    item: ItemState
    born_at_us: int
    status: Disposition = Disposition.RELEASED
    decided_at_us: int | None = None
    expires_at_us: int | None = None
    batch: str = ""
    moved_at_us: int = -(2**63)
    balances: dict[UUID, int] = field(default_factory=dict)
    stored: dict[UUID, int] = field(default_factory=dict)
    holds: list[HoldState] = field(default_factory=list)
    trail: list[PostingRow] = field(default_factory=list)
    new: bool = False
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class ReversedFact:
    """A fact that a draft asks to take back, as the journal holds it."""

    id: UUID
    kind: FactKind
    at_us: int
    postings: tuple[PostingRow, ...] = ()
    carries: tuple[tuple[UUID, UUID, UUID], ...] = ()
    subjects: tuple[UUID, ...] = ()
    already_reversed: bool = False
