"""Taking back a whole import: every fact that it wrote, the latest first; all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from lotline.core.facts import Draft, FactKind, FactSource
from lotline.core.ledger import Refused
from lotline.doors.exchange.models import ImportRun
from lotline.records.journal.actions import writing
from lotline.records.journal.models import Fact, Reversal
from lotline.records.journal.words import describe
from lotline.records.places.models import Plant

# Refusals that say nothing about the fact: who asks may not, or it is not the moment.
_OF_THE_CALLER = frozenset({"hold_not_allowed", "override_not_allowed", "try_again", "storage_failed"})


class NoSuchRun(LookupError):
    """No import of this plant has this number."""


class Depends(ValueError):
    """Something later stands on a fact of the import, so nothing was taken back. ``fact``: which one, as its place in the plant's order."""

    def __init__(self, seq: int, document: str, detail: str) -> None:
        super().__init__(f"{seq}: {detail}")
        self.seq = seq
        self.document = document
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TookBack:
    """``facts`` were taken back now; ``before`` of the import's facts had been taken back earlier."""

    run: ImportRun
    facts: int
    before: int


def take_back_import(
    *,
    plant: Plant,
    number: int,
    reason: str,
    actor: UUID | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> TookBack:
    """Reverse all facts of an import. Raises ``NoSuchRun``, ``Depends`` (with nothing stored), ``Refused`` for want of a right or of the
    database, also with nothing stored.

    Master data that the import made stays: names do no harm, and other facts may use them by now.
    """
    run = ImportRun.objects.for_plant(plant).filter(number=number).first()
    if run is None:
        raise NoSuchRun(number)
    own = Fact.objects.for_plant(plant).filter(seq__gte=run.first_seq, seq__lte=run.last_seq).exclude(kind=FactKind.REVERSE.value)
    gone = set(
        Reversal.objects.for_plant(plant)
        .filter(fact__seq__gte=run.first_seq, fact__seq__lte=run.last_seq)
        .values_list("fact_id", flat=True)
    )
    standing = [row for row in own.order_by("-seq").values_list("id", "seq", "document") if row[0] not in gone]
    with transaction.atomic():
        with writing(plant=plant, actor=actor) as write:
            for done, (fact, seq, document) in enumerate(standing):
                try:
                    write([_reversal(fact, run, reason)])
                except Refused as refused:
                    if any(problem.code in _OF_THE_CALLER for problem in refused.problems):
                        raise
                    raise Depends(seq, document, "; ".join(describe(problem) for problem in refused.problems)) from refused
                if progress:
                    progress(done + 1, len(standing))
        if dry_run:
            transaction.set_rollback(True)
    return TookBack(run, len(standing), len(gone))


def _reversal(fact: UUID, run: ImportRun, reason: str) -> Draft:
    return Draft(
        kind=FactKind.REVERSE,
        happened_at=timezone.now(),
        key=f"import-back:{fact}",
        reverses=fact,
        reason=reason,
        source=FactSource.TYPED,
        data={"import": run.number},
    )
