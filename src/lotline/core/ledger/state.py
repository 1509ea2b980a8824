"""What a book knows about places, items and lots while it checks a batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lotline.core.facts import Disposition, FactKind, LotRef, PlaceKind
from lotline.core.ledger.ids import Id
from lotline.core.ledger.kinds import keeps_stock
from lotline.core.quantity import DECIMALS

LAST = 2**63 - 1


class Moment(NamedTuple):
    """A place in the order of facts: by time, and within one moment by the plant's order. Without ``seq``: after all of that moment."""

    at_us: int
    seq: int = LAST


@dataclass(slots=True)
class PlaceState:
    """A place. What follows ``inside`` changes for containers only.

    ``carried_at_us`` is the moment of its last carry. ``used_at_us`` is that of the last posting that put something into it or took
    something out, or of the last carry of another container into or out of it; it may lie later, where such a fact was taken back.
    """

    id: Id
    code: str
    kind: PlaceKind
    inside: bool
    parent: Id | None = None
    carried_at_us: int | None = None
    used_at_us: int | None = None
    dirty: bool = False
    stocked: bool = field(init=False)

    def __post_init__(self) -> None:
        """``stocked``: whether what lies here is counted (kinds.keeps_stock); asked for every posting, so worked out once."""
        self.stocked = keeps_stock(self.kind)


@dataclass(frozen=True, slots=True)
class ItemState:
    """What the laws ask of an item. ``decimals``: how finely its base unit may be divided."""

    id: Id
    code: str
    decimals: int = 6
    serial: bool = False
    release_required: bool = False
    shelf_life_days: int | None = None
    grain: int = field(init=False)

    def __post_init__(self) -> None:
        """``grain``: the smallest quantity, of which every other is a multiple; asked for every posting, so worked out once."""
        object.__setattr__(self, "grain", 10 ** (DECIMALS - self.decimals))


class PostingRow(NamedTuple):
    """One move as the journal keeps it; quantities in micro base units, ``at_us`` in microseconds since the epoch."""

    lot: Id
    origin: Id
    target: Id
    quantity: int
    role: int
    strand: int
    certain: int
    at_us: int
    seq: int

    @property
    def moment(self) -> Moment:
        """When it moved."""
        return Moment(self.at_us, self.seq)


class Trip(NamedTuple):
    """One carry of a container that the journal holds."""

    at_us: int
    seq: int
    origin: Id
    target: Id

    @property
    def moment(self) -> Moment:
        """When the container was carried."""
        return Moment(self.at_us, self.seq)


class Decision(NamedTuple):
    """One decision about a lot that stands, and the fact that made it."""

    at_us: int
    seq: int
    disposition: Disposition
    fact: Id


@dataclass(frozen=True, slots=True)
class Sources:
    """What a book asks its owner for when a draft needs more than was loaded; answers speak of the journal before the batch.

    The last three are asked for carries that come in late or are taken back. ``inner``: the containers that lie in one of these places,
    or were carried into or out of one since a moment in microseconds. ``touching``: the postings that stand, later than a moment,
    with an end in one of these places. ``lots_in``: the lots that lie in one of these places, and those of these keys.
    """

    new_id: Callable[[], Id]
    place: Callable[[Id], PlaceState]
    history: Callable[[Id], Sequence[PostingRow]]  # of a lot: what stands, neither what was taken back nor what took it back
    between: Callable[[Id, int, int], Sequence[PostingRow]]  # the part of it from a moment to before another, in microseconds
    stands: Callable[[Id], bool]  # whether there is anything in that history
    carries: Callable[[Id], Sequence[Trip]]
    decisions: Callable[[Id], Sequence[Decision]]
    first_status: Callable[[Id], Disposition]
    inner: Callable[[Collection[Id], int], Collection[Id]]
    touching: Callable[[Collection[Id], Moment], Sequence[PostingRow]]
    lots_in: Callable[[Collection[Id], Collection[Id]], Mapping[LotRef, LotState]]


@dataclass(slots=True)
class HoldState:
    """A hold on a lot, everywhere (``place`` None) or at one place and what lies in it."""

    id: Id
    lot: Id
    place: Id | None
    opened_by: Id
    opened_at_us: int
    reason: str = ""
    closed_by: Id | None = None
    closed_at_us: int | None = None
    new: bool = False
    dirty: bool = False

    def blocks(self, at_us: int) -> bool:
        """Open now, or at the moment the fact speaks of: writing a fact late does not get around a hold."""
        return self.closed_by is None or self.opened_at_us <= at_us < (self.closed_at_us or 0)


@dataclass(slots=True)
class LotState:
    """A lot with what lies where now.

    ``trail`` and ``decisions`` are those of the present batch, for facts that come in late; ``born_now`` says that the lot was born
    in it, so that the journal has nothing else. ``first`` is the status the lot was born with, where this book has seen its birth.
    ``new``: the table of lots does not have it yet. ``used``: the batch of this book that last touched it. ``stands``: a posting of it
    is known to stand; if not, it has to be asked. ``taken_back``: facts that the present batch took back. ``reborn``: its birth changed.
    """

    id: Id
    ref: LotRef
    item: ItemState
    born_at_us: int
    status: Disposition = Disposition.RELEASED
    decided_at_us: int | None = None
    expires_at_us: int | None = None
    batch: str = ""
    first: Disposition | None = None
    moved_at_us: int = -(2**63)
    fills: int = 0
    used: int = 0
    balances: dict[Id, int] = field(default_factory=dict)
    stored: dict[Id, int] = field(default_factory=dict)
    holds: list[HoldState] = field(default_factory=list)
    trail: list[PostingRow] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    taken_back: set[int] = field(default_factory=set)
    stands: bool = False
    reborn: bool = False
    born_now: bool = False
    new: bool = False
    dirty: bool = False

    def copy(self) -> LotState:
        """The lot as it is now, whatever becomes of this one."""
        return replace(
            self,
            balances={**self.balances},
            stored={**self.stored},
            holds=[replace(hold) for hold in self.holds],
            trail=[*self.trail],
            decisions=[*self.decisions],
            taken_back={*self.taken_back},
        )

    def usable(self, at_us: int) -> bool:
        """Whether nothing at all stands in the way of using the lot at a moment: what the laws then ask in detail is answered."""
        return (
            not self.holds
            and (self.status is Disposition.RELEASED or self.status is Disposition.CONCESSION)
            and (self.expires_at_us is None or self.expires_at_us > at_us)
            and (self.decided_at_us is None or self.decided_at_us <= at_us)
        )


def balance_changes(lots: Iterable[LotState]) -> list[tuple[LotState, Id, int]]:
    """Where what is stored differs from what the book says now: (lot, place, new quantity)."""
    changed = []
    for lot in lots:
        for place, quantity in lot.balances.items():
            if quantity != lot.stored.get(place, 0):
                changed.append((lot, place, quantity))
    return changed


@dataclass(frozen=True, slots=True)
class ReversedFact:
    """A fact that a draft asks to take back, as the journal holds it."""

    id: Id
    kind: FactKind
    at_us: int
    postings: tuple[PostingRow, ...] = ()
    carries: tuple[tuple[Id, Id, Id], ...] = ()
    subjects: tuple[Id, ...] = ()
    seq: int = 0
    already_reversed: bool = False
    decides: bool = False
