"""Import the box assembly: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction

from lotline.core.facts import Draft, FactKind
from lotline.doors.exchange.box_assembly.facts import drafts_of_material, item_code
from lotline.doors.exchange.box_assembly.material import FileProblem, read_material
from lotline.doors.exchange.runs import BOX_ASSEMBLY, Span, record_run
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.journal.actions import append
from lotline.records.places.models import Plant


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxAssemblyImport:
    """What came of an import. ``replayed`` facts had been written before, by an earlier import of the same files."""

    lots: int
    operations: int
    inspections: int
    notes: int
    facts: int
    replayed: int
    problems: tuple[FileProblem, ...]
    import_number: int = 0


def import_box_assembly(
    *,
    plant: Plant,
    folder: Path,
    actor: UUID | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BoxAssemblyImport:
    """Write logs and results of ``folder`` (with ``shdr/`` and ``qif/`` in it) into the journal.

    A file or line that can not be read is named in ``problems`` and the rest is written. Raises ``NoMaterial`` when nothing
    can be read, ``BadItem`` and ``Refused`` when the plant's records contradict it; then, and in a dry run, nothing is stored.
    """
    material = read_material(folder, progress=progress)
    drafts = drafts_of_material(material)
    with transaction.atomic():
        ensure_items(_item(code) for code in sorted(_items(drafts)))
        receipts = append(plant=plant, drafts=drafts, actor=actor)
        span = Span()
        span.add(receipts)
        number = record_run(plant=plant, form=BOX_ASSEMBLY, name=folder.resolve().name, actor=actor, span=span)
        if dry_run:
            transaction.set_rollback(True)
    kinds = [draft.kind for draft in drafts]
    return BoxAssemblyImport(
        lots=kinds.count(FactKind.ADJUST),
        operations=kinds.count(FactKind.TRANSFORM),
        inspections=kinds.count(FactKind.INSPECT),
        notes=kinds.count(FactKind.NOTE),
        facts=len(drafts),
        replayed=sum(receipt.replayed for receipt in receipts),
        import_number=0 if dry_run else number,
        problems=material.problems,
    )


def _items(drafts: list[Draft]) -> set[str]:
    return {move.lot.item for draft in drafts for move in draft.moves}


def _item(code: str) -> ItemSpec:
    name = code.removeprefix(item_code("")).capitalize()
    return ItemSpec(code=code, unit="pcs", name=name, kind=ItemKind.WIP, tracking=Tracking.SERIAL)
