"""What a fact is, before the store has taken it: a ``Draft``, with its moves named by codes.

A draft says which quantities of which lots left which place for which. The store resolves the codes, checks the laws,
gives it a place in the plant's order and freezes it (``records.journal``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from lotline.core.canonical import Json
from lotline.core.instant import format_instant


class FactKind(StrEnum):
    """The kinds of the first floor. Each maps to one EPCIS 2.0 event (docs/reference/facts.md)."""

    RECEIVE = "receive"
    MOVE = "move"
    LOAD = "load"
    UNLOAD = "unload"
    TRANSFORM = "transform"
    SPLIT = "split"
    MERGE = "merge"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    RETURN = "return"
    SCRAP = "scrap"
    ADJUST = "adjust"
    INSPECT = "inspect"
    HOLD = "hold"
    RELEASE = "release"
    SIGN = "sign"
    NOTE = "note"
    REVERSE = "reverse"

    # As the text that it equals, and in C: every move of an import is looked up by its kind.
    __hash__ = str.__hash__


class FactSource(StrEnum):
    """How the fact reached us."""

    SCAN = "scan"
    DEVICE = "device"
    TYPED = "typed"
    IMPORT = "import"
    API = "api"


class Disposition(StrEnum):
    """What a decision makes of a lot. A hold is not one of them: it lies on top and is lifted by its own fact."""

    PENDING = "pending"
    RELEASED = "released"
    CONCESSION = "concession"
    REJECTED = "rejected"


class PlaceKind(StrEnum):
    """Where a quantity can be. Inside places never hold less than nothing; outside places and accounts may."""

    __hash__ = str.__hash__

    SITE = "site"
    WAREHOUSE = "warehouse"
    BIN = "bin"
    LINE = "line"
    STATION = "station"
    VESSEL = "vessel"
    CONTAINER = "container"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SUBCONTRACTOR = "subcontractor"
    TRANSIT = "transit"
    PROCESS = "process"
    SCRAP = "scrap"
    VARIANCE = "variance"


INSIDE = frozenset(
    {
        PlaceKind.SITE,
        PlaceKind.WAREHOUSE,
        PlaceKind.BIN,
        PlaceKind.LINE,
        PlaceKind.STATION,
        PlaceKind.VESSEL,
        PlaceKind.CONTAINER,
    }
)
ACCOUNTS = frozenset({PlaceKind.PROCESS, PlaceKind.SCRAP, PlaceKind.VARIANCE})


class Role(StrEnum):
    """What a move means to genealogy (law 3)."""

    MOVE = "move"
    INPUT = "input"
    OUTPUT = "output"


class LotRef(NamedTuple):
    """A lot is its item and its code, nothing else: the same number for two items is two lots."""

    item: str
    code: str


class Move(NamedTuple):
    """One posting: ``quantity`` (micro base units, above zero) of ``lot`` leaves place ``source`` and enters ``target``.

    One row with two sides, so the postings of a lot add up to zero by construction (law 1). Moves into the process account
    are inputs, moves out of it outputs; those of one ``strand`` belong together, which is how known pairs are told.
    ``certain`` is false for one of several alternatives: which of two reels went in is not known.
    """

    lot: LotRef
    quantity: int
    source: str
    target: str
    strand: int = 0
    certain: bool = True


class Carry(NamedTuple):
    """A container moves with all that is in it."""

    container: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Birth:
    """What is known of a lot when a fact first names it, or receives it again under another supplier's number."""

    lot: LotRef
    expires_at: datetime | None = None
    supplier: str = ""
    supplier_lot: str = ""
    batch: str = ""
    attributes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured characteristic. Numbers are decimal texts; ``value`` None means "not recorded" and is shown as such."""

    characteristic: str
    value: str | None
    unit: str = ""
    low: str | None = None
    high: str | None = None
    target: str | None = None
    verdict: str = ""
    instrument: str = ""
    source: str = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A fact that asks to be written. ``key`` is its idempotency key: sent twice, it is written once (law 7)."""

    kind: FactKind
    happened_at: datetime
    key: str
    moves: tuple[Move, ...] = ()
    carries: tuple[Carry, ...] = ()
    births: tuple[Birth, ...] = ()
    subjects: tuple[LotRef, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    station: str = ""
    equipment: str = ""
    operator: str = ""
    order: str = ""
    operation: str = ""
    document: str = ""
    reason: str = ""
    source: FactSource = FactSource.API
    device_clock: datetime | None = None
    disposition: Disposition | None = None
    hold_place: str = ""
    override_reason: str = ""
    reverses: UUID | None = None
    data: Mapping[str, Json] = field(default_factory=dict)


_TEXTS = (
    "station", "equipment", "operator", "order", "operation", "document", "reason", "hold_place", "override_reason",
)  # fmt: skip
_texts_of = attrgetter(*_TEXTS)


def draft_content(draft: Draft) -> dict[str, Json]:
    """What the sender said, ready for canonical JSON; empty fields are left out. Lots are listed once and named by position.

    Each move is ``[lot, quantity in micro units as text, source, target, strand, certain 1 or 0]``. The quantity is text
    because JSON numbers end at 2⁵³.
    """
    positions: dict[LotRef, int] = {}
    moves: list[Json] = [
        [positions.setdefault(lot, len(positions)), str(quantity), source, target, strand, int(certain)]
        for lot, quantity, source, target, strand, certain in draft.moves
    ]
    subjects = [positions.setdefault(lot, len(positions)) for lot in draft.subjects]
    births = [_birth_content(birth, positions.setdefault(birth.lot, len(positions))) for birth in draft.births]
    content: dict[str, Json] = {
        "kind": draft.kind._value_,
        "at": format_instant(draft.happened_at),
        "key": draft.key,
        "source": draft.source._value_,
    }
    if positions:
        content["lots"] = [[lot.item, lot.code] for lot in positions]
    if moves:
        content["moves"] = moves
    if subjects:
        content["subjects"] = subjects
    if births:
        content["births"] = births
    if draft.carries:
        content["carries"] = [[c.container, c.source, c.target] for c in draft.carries]
    if draft.measurements:
        content["measurements"] = [_measurement_content(m) for m in draft.measurements]
    content.update({name: text for name, text in zip(_TEXTS, _texts_of(draft), strict=True) if text})
    if draft.disposition is not None:
        content["disposition"] = draft.disposition.value
    if draft.device_clock is not None:
        content["device_clock"] = format_instant(draft.device_clock)
    if draft.reverses is not None:
        content["reverses"] = str(draft.reverses)
    if draft.data:
        content["data"] = draft.data
    return content


def _birth_content(birth: Birth, position: int) -> dict[str, Json]:
    content: dict[str, Json] = {"lot": position}
    if birth.expires_at is not None:
        content["expires_at"] = format_instant(birth.expires_at)
    for name in ("supplier", "supplier_lot", "batch"):
        if text := getattr(birth, name):
            content[name] = text
    if birth.attributes:
        content["attributes"] = birth.attributes
    return content


def _measurement_content(measurement: Measurement) -> dict[str, Json]:
    content: dict[str, Json] = {"characteristic": measurement.characteristic, "value": measurement.value}
    for name in ("unit", "low", "high", "target", "verdict", "instrument", "source"):
        if text := getattr(measurement, name):
            content[name] = text
    return content
