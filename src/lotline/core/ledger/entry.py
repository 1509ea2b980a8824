"""An accepted draft as rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from lotline.core.facts import Birth, Draft
from lotline.core.ledger.carriage import CarryRow
from lotline.core.ledger.ids import Id
from lotline.core.ledger.state import LotState, PostingRow


@dataclass(slots=True)
class Entry:
    """An accepted draft as rows: what the journal stores beside the fact itself.

    ``rank``: its place among the facts of its moment; a reversal stands where the fact stands that it takes back. ``counted_out``: the
    lots that it writes off where they are on hold.
    """

    draft: Draft
    id: Id
    seq: int
    at_us: int
    rank: int
    postings: list[PostingRow] = field(default_factory=list)
    carries: list[CarryRow] = field(default_factory=list)
    subjects: list[Id] = field(default_factory=list)
    born: list[LotState] = field(default_factory=list)
    origins: list[tuple[Id, Birth]] = field(default_factory=list)
    counted_out: list[LotState] = field(default_factory=list)
    reverses: Id | None = None
