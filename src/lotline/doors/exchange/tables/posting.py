"""Drafts into the journal, all of them tried, so that a person hears of every row that the journal refuses and not only of the first.

The caller holds the transaction, and decides whether what was written stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TypeAlias

from lotline.core.facts import Draft, FactKind, FactSource, LotRef, Move
from lotline.core.ledger import Problem, Refused
from lotline.core.quantity import BadQuantity, parse_quantity
from lotline.doors.exchange.runs import Span
from lotline.doors.exchange.tables.drafts import NOT_RECORDED, Planned, in_plants_words
from lotline.doors.exchange.tables.happenings import Happening
from lotline.doors.exchange.tables.limits import MOST_REFUSALS
from lotline.doors.exchange.tables.master_data import parts
from lotline.records.journal.actions import Receipt
from lotline.records.journal.models import Fact
from lotline.records.places.models import Plant

_LARGEST_CHUNK = 2000
# Where one fact is refused, the next often are too, and each refusal costs the whole portion that it came in.
_AFTER_REFUSAL = 16
# Facts of a table have one strand, so where one works on a lot that nobody recorded and gives it back, no other part of it made the lot.
_SHORT = frozenset({"not_enough", "draws_own_output", "past_below_zero", "lot_unknown"})
# Takes a portion of drafts, all or none. Raises ``Refused``.
Take: TypeAlias = Callable[[Sequence[Draft]], list[Receipt]]


@dataclass(slots=True)
class Posted:
    """What came of it. ``refused``: each fact with its problem; ``gaps``: facts that drew what was never recorded."""

    facts: int = 0
    replayed: int = 0
    refused: list[tuple[Planned, Problem]] = field(default_factory=list)
    gaps: list[tuple[Planned, Problem]] = field(default_factory=list)
    given_up: bool = False
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that is in the journal already: the content that it was written with (blank where the key is the content)."""

    content: str
    seq: int
    body: str


def known_keys(plant: Plant, happenings: Iterable[Happening]) -> dict[str, Known]:
    """Keys that are in the journal already, and what was written under them."""
    known: dict[str, Known] = {}
    by_content = {happening.key: bool(happening.content) for happening in happenings if happening.key}
    facts = Fact.objects.for_plant(plant)
    for part in parts(sorted(by_content)):
        for key, seq, body in facts.filter(key__in=part).values_list("key", "seq", "body"):
            known[key] = Known(content_of(body) if by_content[key] else "", seq, body)
    return known


def content_of(body: str) -> str:
    """The digest of the rows that a fact was made of, for facts that are known by less than their whole content."""
    return str(json.loads(body).get("data", {}).get("table", {}).get("content", ""))


def post(
    *,
    plant: Plant,
    planned: Sequence[Planned],
    take: Take,
    book_gaps: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Posted:
    """Give the journal, or a rehearsal of it, what it takes, in order. With ``book_gaps``, what a fact draws beyond the records comes from the variance account.

    ``progress`` is told how many rows of all are done.
    """
    posted = Posted()
    position, size = 0, _LARGEST_CHUNK
    waiting = list(planned)
    rows = [0, *accumulate(len(one.happening.rows) for one in planned)]
    while position < len(waiting):
        if progress:
            progress(rows[position + len(planned) - len(waiting)], rows[-1])
        chunk = waiting[position : position + size]
        try:
            receipts = take([one.draft for one in chunk])
        except Refused as refused:
            problem = refused.problems[0]
            if problem.code in {"try_again", "storage_failed"}:
                raise
            if problem.draft:  # what stands before it is well: write that first, then look at it alone
                size = problem.draft
                continue
            if not (book_gaps and _bridge(plant, waiting, position, problem, take, posted)):
                posted.refused.append((waiting[position], problem))
                position += 1
            if len(posted.refused) >= MOST_REFUSALS:
                posted.given_up = position < len(waiting)
                break
            size = min(size, _AFTER_REFUSAL)
            continue
        posted.span.add(receipts)
        posted.facts += sum(not receipt.replayed for receipt in receipts)
        posted.replayed += sum(receipt.replayed for receipt in receipts)
        position += len(chunk)
        size = min(_LARGEST_CHUNK, size * 4 if len(chunk) == size else _LARGEST_CHUNK)
    if progress:
        progress(rows[-1], rows[-1])
    return posted


def _bridge(plant: Plant, waiting: list[Planned], position: int, problem: Problem, take: Take, posted: Posted) -> bool:
    """Book what is missing from the variance account, and say so. False where the refusal has another reason."""
    one = waiting[position]
    shortage = _shortage(one.draft, problem)
    if shortage is None:
        return False
    reason = in_plants_words(plant, NOT_RECORDED)
    if one.draft.kind is FactKind.TRANSFORM:
        explained = replace(one.draft, moves=(shortage, *one.draft.moves), reason=one.draft.reason or reason)
        waiting[position] = replace(one, draft=explained)
    else:
        found = Draft(
            kind=FactKind.RECEIVE,
            happened_at=one.draft.happened_at,
            key=f"{one.draft.key}:gap",
            moves=(shortage,),
            reason=reason,
            source=FactSource.IMPORT,
            document=one.draft.document,
        )
        try:
            posted.span.add(take([found, one.draft]))
        except Refused:
            return False
        posted.facts += 2
        del waiting[position]
    posted.gaps.append((one, problem))
    return True


def _shortage(draft: Draft, problem: Problem) -> Move | None:
    if problem.code not in _SHORT or draft.kind not in {FactKind.TRANSFORM, FactKind.SHIP}:
        return None
    drawn = [move for move in draft.moves if move.lot.code == problem.params.get("lot") and move.source not in {"VARIANCE", "PROCESS"}]
    if problem.code == "lot_unknown":
        drawn = [move for move in drawn if move.lot == LotRef(problem.params.get("item", ""), move.lot.code)]
        if any(move.source == "VARIANCE" and drawn and move.lot == drawn[0].lot for move in draft.moves):
            return None
        return drawn[0]._replace(source="VARIANCE", target=drawn[0].source) if drawn else None
    drawn = [move for move in drawn if move.source == problem.params.get("place")]
    if not drawn:
        return None
    try:
        missing = parse_quantity(problem.params["wanted"]) - parse_quantity(problem.params["available"])
    except (KeyError, BadQuantity):
        return None
    # Each try makes it larger, so this ends.
    return drawn[0]._replace(quantity=missing, source="VARIANCE", target=drawn[0].source) if missing > 0 else None
