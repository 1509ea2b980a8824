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
from lotline.doors.exchange.genealogy_csv.plan import Plan, customer_place
from lotline.doors.exchange.genealogy_csv.reading import read_genealogy
from lotline.doors.exchange.genealogy_csv.rows import ITEM_KINDS, BadGenealogy, Genealogy
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


def import_genealogy(
    *,
    plant: Plant,
    folder: Path,
    actor: UUID | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> GenealogySummary:
    """Read ``folder`` and write its facts, all or none. Importing the same files again changes nothing (law 7).

    Raises ``BadGenealogy`` with every row that can not be taken, ``Refused`` if the journal refuses a fact.
    """
    with _collector_at_rest():
        return _import(plant, folder, actor, progress, dry_run=dry_run)


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


def _import(plant: Plant, folder: Path, actor: UUID | None, progress: Progress | None, *, dry_run: bool) -> GenealogySummary:
    genealogy = read_genealogy(folder)
    if genealogy.problems:
        raise BadGenealogy(genealogy.problems)
    plan = Plan(genealogy)
    summary = GenealogySummary(lots=len(genealogy.lots), links=genealogy.links, events=genealogy.events, rounded=genealogy.rounded)
    total = len(genealogy.happenings) + len(plan.unborn)
    with transaction.atomic():
        _ensure_master_data(plant, genealogy)
        drafts, done = plan.drafts(), 0
        with writing(plant=plant, actor=actor) as write:
            while batch := list(islice(drafts, CHUNK)):
                if plan.problems:
                    raise BadGenealogy(plan.problems)
                receipts = write(batch)
                summary.facts += len(receipts)
                summary.replayed += sum(receipt.replayed for receipt in receipts)
                done = min(total, done + CHUNK)
                if progress:
                    progress(done, total)
            if plan.problems:
                raise BadGenealogy(plan.problems)
        summary.variances, summary.without_source = plan.variances, plan.without_source
        if progress:
            progress(total, total)
        if dry_run:
            transaction.set_rollback(True)
    return summary


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
