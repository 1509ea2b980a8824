"""Inspection results as facts: one ``inspect`` fact per part with all its measurements.

Two inspectors of one part give two facts. Nothing is overwritten and neither verdict decides over the lot: an import
reports what was found, a person decides (``release``, ``hold``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lotline.core.canonical import Json
from lotline.core.facts import Draft, FactKind, FactSource, LotRef, Measurement
from lotline.core.instant import BadInstant, parse_instant
from lotline.doors.exchange.qif.document import CharacteristicResult, Doubt, PartResult, QifDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the document does not say or says in its own words: given by whoever imports it.

    ``lot_of`` tells which lot a serial number is, None where it is not known. ``happened_at`` is where the facts stand in
    time; ``recorded_at`` repeats what the document says about that, None when it says nothing.
    """

    document: str
    happened_at: datetime
    recorded_at: str | None
    lot_of: Callable[[str], LotRef | None]
    key: str
    inspector: str = ""


class TimeNotRecorded(ValueError):
    """The document does not say when was inspected, so whoever imports it has to."""


def written_moment(document: QifDocument) -> datetime:
    """Give the moment that the document says; without a zone it is read as UTC. Raises ``TimeNotRecorded``."""
    try:
        return parse_instant(document.traceability.created_at)
    except BadInstant as problem:
        raise TimeNotRecorded(document.identifier) from problem


def drafts_of_results(document: QifDocument, inspection: Inspection) -> list[Draft]:
    """Give one fact per part. A part whose lot is not known becomes a note without a lot: kept, and joined to nothing."""
    return [_draft(document, part, inspection) for part in document.parts]


def measurement_of(result: CharacteristicResult) -> Measurement:
    """Give a characteristic as a measurement, with the verdict that the inspector wrote."""
    return Measurement(
        characteristic=" · ".join((result.characteristic, *result.features)) or result.kind,
        value=result.value,
        unit=result.unit,
        low=result.low,
        high=result.high,
        target=result.nominal,
        verdict=result.verdict,
        instrument=result.instrument,
        source=FactSource.IMPORT.value,
    )


def _draft(document: QifDocument, part: PartResult, inspection: Inspection) -> Draft:
    lot = inspection.lot_of(part.serial) if part.serial is not None else None
    return Draft(
        kind=FactKind.NOTE if lot is None else FactKind.INSPECT,
        happened_at=inspection.happened_at,
        key=f"{inspection.key}:{part.number}",
        subjects=() if lot is None else (lot,),
        measurements=tuple(measurement_of(result) for result in part.results),
        document=inspection.document,
        source=FactSource.IMPORT,
        data={"inspection": _data(document, part, inspection)},
    )


def _data(document: QifDocument, part: PartResult, inspection: Inspection) -> dict[str, Json]:
    """What is no measurement. null stands for "not recorded"."""
    traceability = document.traceability
    return {
        "result": part.number,
        "serial": part.serial,
        "status": part.status or None,
        "inspector": inspection.inspector or None,
        "organization": traceability.organization or None,
        "preparer": traceability.preparer or None,
        "recorded_at": inspection.recorded_at,
        "application": traceability.application or None,
        "part_model": traceability.part_model or None,
        "qif": document.identifier or None,
        # Ours beside the inspector's, only where they differ or where there can be none.
        "disputed": [result.element for result in part.disputed],
        "not_judged": {result.element: result.doubt.value for result in part.results if result.doubt is not Doubt.NONE},
        "unnamed_components": list(part.unnamed_components),
    }
