"""Which facts came with which import, so that a whole import can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lotline.doors.exchange.models import ImportRun
from lotline.records.journal.actions import Receipt
from lotline.records.journal.models import Reversal
from lotline.records.people.models import User
from lotline.records.places.models import Plant

GENEALOGY, TABLE, EPCIS, BOX_ASSEMBLY = "genealogy", "table", "epcis", "box-assembly"
LONGEST_NAME = 200


class Span:
    """The places in the plant's order of what an import wrote, gathered from its receipts."""

    def __init__(self) -> None:
        self.first = 0
        self.last = 0

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Take in what was written now; what had been written before belongs to an earlier import."""
        for receipt in receipts:
            if not receipt.replayed:
                self.first = self.first or receipt.seq
                self.last = receipt.seq


def record_run(*, plant: Plant, form: str, name: str, actor: UUID | None, span: Span) -> int:
    """Note an import, in its own transaction, while it still holds the plant's order. Returns its number; 0 if it wrote nothing."""
    if not span.first:
        return 0
    latest = ImportRun.objects.for_plant(plant).order_by("-number").values_list("number", flat=True).first() or 0
    run = ImportRun(
        plant=plant, number=latest + 1, form=form, name=name[-LONGEST_NAME:], by=actor, first_seq=span.first, last_seq=span.last
    )
    run.save(force_insert=True)
    return run.number


class RunLine(NamedTuple):
    """An import as a list shows it. ``standing`` of its ``facts`` have not been taken back."""

    number: int
    form: str
    name: str
    at: datetime
    by: str
    facts: int
    standing: int


def list_runs(plant: Plant) -> list[RunLine]:
    """The imports of a plant that wrote something, the latest first."""
    runs = list(ImportRun.objects.for_plant(plant).order_by("-number"))
    people = dict(User.objects.filter(pk__in={run.by for run in runs if run.by}).values_list("pk", "username"))
    lines = []
    for run in runs:
        between = {"fact__seq__gte": run.first_seq, "fact__seq__lte": run.last_seq}
        gone = Reversal.objects.for_plant(plant).filter(**between).count()
        facts = run.last_seq - run.first_seq + 1
        lines.append(RunLine(run.number, run.form, run.name, run.at, people.get(run.by, ""), facts, facts - gone))
    return lines
