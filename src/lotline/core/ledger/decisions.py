"""Which of the decisions about a lot counts (docs/adr/0035), and which of two statuses is worse."""

from __future__ import annotations

from collections.abc import Iterable

from lotline.core.facts import Disposition
from lotline.core.ledger.state import Decision

BLOCKING = frozenset({Disposition.REJECTED, Disposition.PENDING})
_FROM_GOOD_TO_BAD = (Disposition.RELEASED, Disposition.CONCESSION, Disposition.PENDING, Disposition.REJECTED)


def worst(statuses: Iterable[Disposition]) -> Disposition:
    """The worst of some statuses, at least one: released, concession, pending, rejected."""
    return max(statuses, key=_FROM_GOOD_TO_BAD.index)


def counting(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that makes the status of a lot, of those that stand by the moment in question; None when there is none.

    The last one by moment, and within a moment by the plant's order. But one that blocks goes before it as long as nobody freed the lot
    who knew of it: with a decision of the same moment or a later one that was also written later.
    """
    made = sorted(decisions)
    knew = 0
    for decision in reversed(made):
        if decision.disposition not in BLOCKING:
            knew = max(knew, decision.seq)
        elif decision.seq > knew:
            return decision
    return made[-1] if made else None
