"""The material as facts, in the order of time. What it does not record is said to be so, never made up.

- The lots are the parts that a log or an inspector names: ``PLATE-01`` …, serial numbers of one piece each. The material
  names no box, no assembly, no raw material and no supplier; there are no lots for these.
- Where a part came from is not recorded. It enters the books from the variance account with that reason, at the first
  moment at which something is recorded of it, and lies at the site: nothing more of its place is recorded either.
- Each log is a ``transform`` of the part into itself, with the machine, program, tools and feed holds.
- Each inspector's result is an ``inspect`` fact of its own. A result without a serial number is a note without a lot.
- NIST did not write when it inspected. Those facts stand at the latest moment of the material and say so.
- One note per assembly lists which of its parts are recorded, so that a reader of a lot sees what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Final

from lotline.core.canonical import Json
from lotline.core.facts import Birth, Draft, FactKind, FactSource, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.doors.exchange.box_assembly.material import MachineLog, Material, NoMaterial, Results, instance_of
from lotline.doors.exchange.mtconnect.facts import Operation, draft_of_operation
from lotline.doors.exchange.qif.facts import Inspection, TimeNotRecorded, drafts_of_results, written_moment

PARTS: Final = ("Plate", "Cover", "Box")
KEY: Final = "nist-box-assembly"
SITE: Final = "SITE"
_VARIANCE: Final = "VARIANCE"
# Kept as data: the journal's words are those of the record, not of the reader's language.
_NO_ORIGIN: Final = "origin not recorded in the material"


def item_code(part: str) -> str:
    """Give the item of a part, after the programs that made it (``NIST_MTC_CRADA_PLATE.NC``)."""
    return f"NIST-MTC-CRADA-{part.upper()}"


def lot_of(part: str, instance: int) -> LotRef:
    """Give the lot of an instance of a part."""
    return LotRef(item_code(part), f"{part.upper()}-{instance:02d}")


def drafts_of_material(material: Material) -> list[Draft]:
    """Give all facts, each lot before what was done to it. Raises ``NoMaterial`` when nothing in it has a time."""
    worked = [_operation(log) for log in material.logs]
    latest = _latest(material)
    inspected = [draft for results in material.results for draft in _inspections(results, latest)]
    known = sorted([*worked, *inspected], key=lambda draft: (draft.happened_at, draft.key))
    return [*_with_entries(known, _starts(material)), *_assemblies(material, known, latest)]


def _operation(log: MachineLog) -> Draft:
    return draft_of_operation(
        log.summary,
        Operation(
            lot=lot_of(log.part, log.instance),
            place=SITE,
            equipment=log.machine,
            operation=log.operation,
            document=log.file,
            log_digest=log.digest,
            key=f"{KEY}:{log.file}",
        ),
    )


def _inspections(results: Results, latest: datetime) -> list[Draft]:
    try:
        moment = written_moment(results.document)
    except TimeNotRecorded:
        moment = latest
    return drafts_of_results(
        results.document,
        Inspection(
            document=results.file,
            happened_at=moment,
            recorded_at=results.document.traceability.created_at or None,
            lot_of=_finder(results.part),
            key=f"{KEY}:{results.file}",
            inspector=results.inspector,
        ),
    )


def _finder(part: str) -> Callable[[str], LotRef | None]:
    def find(serial: str) -> LotRef | None:
        instance = instance_of(serial)
        return None if instance is None else lot_of(part, instance)

    return find


def _latest(material: Material) -> datetime:
    """Give the last moment that the material records at all."""
    moments = [log.summary.end for log in material.logs if log.summary.end is not None]
    for results in material.results:
        try:
            moments.append(written_moment(results.document))
        except TimeNotRecorded:
            continue
    if not moments:
        raise NoMaterial(material.problems)
    return max(moments)


def _starts(material: Material) -> dict[LotRef, datetime]:
    """Give the first moment at which a machine says something about each part."""
    starts: dict[LotRef, datetime] = {}
    for log in material.logs:
        lot = lot_of(log.part, log.instance)
        if log.summary.start is not None:
            starts[lot] = min(log.summary.start, starts.get(lot, log.summary.start))
    return starts


def _with_entries(drafts: list[Draft], starts: dict[LotRef, datetime]) -> list[Draft]:
    """Put before all else the entry of every lot into the books, at the first moment recorded of it."""
    firsts = dict(starts)
    for draft in drafts:
        for lot in draft.subjects:
            firsts.setdefault(lot, draft.happened_at)
    return [*(_entry(lot, firsts[lot]) for lot in sorted(firsts, key=lambda lot: (firsts[lot], lot.code))), *drafts]


def _entry(lot: LotRef, moment: datetime) -> Draft:
    return Draft(
        kind=FactKind.ADJUST,
        happened_at=moment,
        key=f"{KEY}:entry:{lot.code}",
        moves=(Move(lot, MICRO, _VARIANCE, SITE),),
        births=(Birth(lot),),
        reason=_NO_ORIGIN,
        source=FactSource.IMPORT,
        data={"not_recorded": ["supplier", "raw_material", "received_at", "place"]},
    )


def _assemblies(material: Material, drafts: list[Draft], latest: datetime) -> list[Draft]:
    """Give one note per assembly, about all of its parts that are recorded.

    The instance number is all that joins a plate to a cover. Which parts were put together is not recorded, so there is
    no fact that joins them.
    """
    found: dict[int, list[LotRef]] = defaultdict(list)
    size = max([log.of for log in material.logs], default=0)
    named = {lot for draft in drafts for lot in draft.subjects} | {move.lot for draft in drafts for move in draft.moves}
    for part in PARTS:
        for instance in range(1, 100):
            if lot_of(part, instance) in named:
                found[instance].append(lot_of(part, instance))
    return [_assembly(instance, size, found[instance], latest) for instance in sorted({*range(1, size + 1), *found})]


def _assembly(instance: int, size: int, lots: list[LotRef], latest: datetime) -> Draft:
    codes = {lot.item: lot.code for lot in lots}
    parts: dict[str, Json] = {part.lower(): codes.get(item_code(part)) for part in PARTS}
    missing: list[Json] = [name for name, code in parts.items() if code is None]
    return Draft(
        kind=FactKind.NOTE,
        happened_at=latest,
        key=f"{KEY}:assembly:{instance:02d}",
        subjects=tuple(lots),
        source=FactSource.IMPORT,
        data={
            "assembly": {
                "instance": instance,
                "of": size or None,
                "parts": parts,
                "not_recorded": [*missing, "assembled_at", "which_parts_were_joined"],
            }
        },
    )
