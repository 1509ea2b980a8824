"""What goods keep where they only change their lot: how long they last, and what quality said of them (docs/adr/0036)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from lotline.core.facts import Disposition, Draft, LotRef
from lotline.core.instant import format_instant, from_micros, to_micros
from lotline.core.ledger import checks
from lotline.core.ledger.births import end_of_life
from lotline.core.ledger.blocking import Blocking
from lotline.core.ledger.decisions import worst
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem
from lotline.core.ledger.state import LotState, Moment, PostingRow

# By the key of a lot that comes out: the lots of its item that went into the same strand, each with the place it was taken from.
Sources: TypeAlias = Mapping[Id, Sequence[tuple[LotState, Id]]]
# What stands against goods of a lot that are taken from a place.
Judge: TypeAlias = Callable[[LotState, Id], Disposition]


def pass_on(
    draft: Draft, rows: Sequence[PostingRow], born: Iterable[LotState], lots: Mapping[Id, LotState], blocking: Blocking
) -> list[Problem]:
    """Let the lots that are born in a repacking fact take over what holds for their sources, and say what would get better by it.

    That much, somebody may sign for.
    """
    sources, moment = sources_of(rows, lots), Moment(to_micros(draft.happened_at))
    if not sources:
        return []

    def judge(lot: LotState, place: Id) -> Disposition:
        return blocking.verdict(lot, place, moment)

    stated = {birth.lot for birth in draft.births if birth.expires_at is not None}
    inherit(born, sources, at_us=moment.at_us, stated=stated, judge=judge)
    return [] if draft.override_reason.strip() else check_heritage(sources, lots, judge)


def sources_of(rows: Sequence[PostingRow], lots: Mapping[Id, LotState]) -> Sources:
    """What each lot that comes out was made of. A lot is no source of itself, nor one of another item."""
    taken: dict[tuple[int, Id], dict[tuple[Id, Id], None]] = {}
    for row in rows:
        if row.role == checks.INPUT:
            taken.setdefault((row.strand, lots[row.lot].item.id), {})[row.lot, row.origin] = None
    found: dict[Id, list[tuple[LotState, Id]]] = {}
    for strand, lot in dict.fromkeys((row.strand, row.lot) for row in rows if row.role == checks.OUTPUT):
        parts = [(lots[source], place) for source, place in taken.get((strand, lots[lot].item.id), ()) if source != lot]
        if parts:
            found.setdefault(lot, []).extend(parts)
    return found


def inherit(born: Iterable[LotState], sources: Sources, *, at_us: int, stated: Collection[LotRef], judge: Judge) -> None:
    """Let lots that are born of others last no longer than those, unless an expiry was ``stated``, and begin with no better a status.

    One that is born here may be a source too, where some of it came out of the variance account: so until nothing changes.
    """
    heirs = [lot for lot in born if lot.id in sources]
    silent = [lot for lot in heirs if lot.ref not in stated]
    for lot in silent:
        lot.expires_at_us = None
    _shorten(silent, sources)
    for lot in silent:
        if lot.expires_at_us is None:
            lot.expires_at_us = end_of_life(lot.item, at_us)
    _shorten(silent, sources)
    _worsen(heirs, sources, judge)


def check_heritage(sources: Sources, lots: Mapping[Id, LotState], judge: Judge) -> list[Problem]:
    """Goods that would last longer, or be freer, in the lot that they come into."""
    problems = []
    for key, parts in sources.items():
        lot = lots[key]
        names = {"lot": lot.ref.code, "item": lot.ref.item}
        ends = [(part.expires_at_us, part.ref.code) for part, _place in parts if part.expires_at_us is not None]
        if ends and (lot.expires_at_us is None or min(ends)[0] < lot.expires_at_us):
            end, code = min(ends)
            problems.append(
                Problem("outlives_source", names | {"source": code, "known": _written(end), "said": _written(lot.expires_at_us)})
            )
        if lot.status is Disposition.RELEASED:
            # What is worse than a concession can not be used at all, or by an override, which is not asked here.
            codes = [part.ref.code for part, place in parts if judge(part, place) is Disposition.CONCESSION]
            problems += [Problem("freer_than_source", names | {"source": code}) for code in codes[:1]]
    return problems


def _shorten(lots: Iterable[LotState], sources: Sources) -> None:
    changed = True
    while changed:
        changed = False
        for lot in lots:
            ends = [part.expires_at_us for part, _place in sources[lot.id] if part.expires_at_us is not None]
            if ends and (lot.expires_at_us is None or min(ends) < lot.expires_at_us):
                lot.expires_at_us, changed = min(ends), True


def _worsen(lots: Iterable[LotState], sources: Sources, judge: Judge) -> None:
    changed = True
    while changed:
        changed = False
        for lot in lots:
            own = lot.first or lot.status
            first = worst([own, *(judge(part, place) for part, place in sources[lot.id])])
            if first is not own:
                lot.first, changed = first, True
                if lot.decided_at_us is None:
                    lot.status = first


def _written(at_us: int | None) -> str:
    return "–" if at_us is None else format_instant(from_micros(at_us))
