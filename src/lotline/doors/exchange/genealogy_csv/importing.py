"""Writing a genealogy: master data first, then its facts, all or none."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from lotline.core.facts import PlaceKind
from lotline.core.ledger import Refused
from lotline.doors.exchange.earlier import TakenBack
from lotline.doors.exchange.genealogy_csv.changed import changed_records, under_new_keys
from lotline.doors.exchange.genealogy_csv.plan import Plan, customer_place
from lotline.doors.exchange.genealogy_csv.reading import read_genealogy
from lotline.doors.exchange.genealogy_csv.rows import ITEM_KINDS, BadGenealogy, Genealogy
from lotline.doors.exchange.runs import GENEALOGY, Span, record_run
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import CHUNK, writing
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Plant

Progress: TypeAlias = Callable[[int, int], None]


@dataclass(slots=True)
class GenealogySummary:
    """What the import did, or in a dry run would do."""

    lots: int = 0
    links: int = 0
    events: int = 0
    facts: int = 0
    replayed: int = 0
    variances: int = 0
    rounded: int = 0
    without_source: int = 0
    import_number: int = 0


def import_genealogy(
    *,
    plant: Plant,
    folder: Path,
    actor: UUID | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
    again: bool = False,
    name: str = "",
) -> GenealogySummary:
    """Read ``folder`` and write its facts, all or none. Importing the same files again changes nothing (law 7).

    ``again``: what was taken back comes anew. ``name``: what the import is called, by default the folder's name.

    Raises ``BadGenealogy`` with every row that can not be taken, ``Refused`` if the journal refuses a fact.
    """
    with _collector_at_rest():
        run = _Import(plant, folder, actor, name or folder.resolve().name)
        return run.execute(progress, dry_run=dry_run, again=again)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of rows live to the end of the import: the collector would walk them again and again for nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Import:
    """One import of one folder."""

    def __init__(self, plant: Plant, folder: Path, actor: UUID | None, name: str) -> None:
        self.plant = plant
        self.folder = folder
        self.actor = actor
        self.name = name

    def execute(self, progress: Progress | None, *, dry_run: bool, again: bool) -> GenealogySummary:
        """Read, then write everything in one transaction."""
        genealogy = read_genealogy(self.folder)
        if genealogy.problems:
            raise BadGenealogy(genealogy.problems)
        plan = Plan(genealogy)
        summary = GenealogySummary(lots=len(genealogy.lots), links=genealogy.links, events=genealogy.events, rounded=genealogy.rounded)
        with transaction.atomic():
            _ensure_master_data(self.plant, genealogy)
            self._write(plan, summary, progress, TakenBack(self.plant, again=again))
            summary.variances, summary.without_source = plan.variances, plan.without_source
            if dry_run:
                transaction.set_rollback(True)
                summary.import_number = 0
        return summary

    def _write(self, plan: Plan, summary: GenealogySummary, progress: Progress | None, taken_back: TakenBack) -> None:
        total, done, span = len(plan.happenings) + len(plan.unborn), 0, Span()
        drafts = plan.drafts()
        # Where something was taken back, the batches are compared with what is stored.
        with writing(plant=self.plant, actor=self.actor, ahead=not taken_back) as write:
            while batch := list(islice(drafts, CHUNK)):
                if plan.problems:
                    raise BadGenealogy(plan.problems)
                batch = under_new_keys(batch, taken_back) if taken_back else batch
                try:
                    receipts = write(batch)
                except Refused as refused:
                    changed = changed_records(self.plant, self.folder, batch) if refused.problems[0].code == "key_reused" else []
                    if changed:
                        raise BadGenealogy(changed) from refused
                    raise
                span.add(receipts)
                summary.facts += len(receipts)
                summary.replayed += sum(receipt.replayed for receipt in receipts)
                done = min(total, done + CHUNK)
                if progress:
                    progress(done, total)
            if plan.problems:
                raise BadGenealogy(plan.problems)
        summary.import_number = record_run(plant=self.plant, form=GENEALOGY, name=self.name, actor=self.actor, span=span)
        if progress:
            progress(total, total)


def _ensure_master_data(plant: Plant, genealogy: Genealogy) -> None:
    items: dict[str, ItemSpec] = {}
    suppliers: set[str] = set()
    customers: set[str] = set()
    for lot in genealogy.lots:
        if lot.ref.item not in items:
            items[lot.ref.item] = ItemSpec(lot.ref.item, unit=lot.unit, kind=ITEM_KINDS[lot.kind])
        if lot.partner and lot.kind == "raw":
            suppliers.add(lot.partner)
        elif lot.partner and lot.kind == "ship":
            customers.add(lot.partner)
    ensure_items(items.values())
    ensure_places(plant=plant, specs=[PlaceSpec(code, PlaceKind.SUPPLIER) for code in sorted(suppliers)])
    specs = [PlaceSpec(customer_place(code, suppliers), PlaceKind.CUSTOMER, name=code) for code in sorted(customers)]
    ensure_places(plant=plant, specs=specs)
