"""A machine's log of one operation as a fact: what was done to which lot, on which machine, with what.

The fact carries the summary and the digest of the log. The log itself is telemetry and stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lotline.core.canonical import Json
from lotline.core.facts import Draft, FactKind, FactSource, LotRef, Measurement, Move
from lotline.core.quantity import MICRO
from lotline.doors.exchange.mtconnect.summary import ItemNames, OperationSummary

_PROCESS: Final = "PROCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the log does not say: which lot was worked on, where it lies, and how the log is called."""

    lot: LotRef
    place: str
    equipment: str
    operation: str
    document: str
    log_digest: str  # SHA-256 of the log's bytes
    key: str
    quantity: int = MICRO


class SilentLog(ValueError):
    """The log has no observation, so it does not say when anything was done. It carries the name of the log."""


def draft_of_operation(summary: OperationSummary, operation: Operation, *, names: ItemNames | None = None) -> Draft:
    """Give the operation as a transform in which the lot goes in and comes out as itself. Raises ``SilentLog``."""
    if summary.end is None:
        raise SilentLog(operation.document)
    return Draft(
        kind=FactKind.TRANSFORM,
        # Where a log goes back in time, its latest line is still the end: what is written last happened last.
        happened_at=summary.end,
        device_clock=summary.end,
        key=operation.key,
        moves=(
            Move(operation.lot, operation.quantity, operation.place, _PROCESS),
            Move(operation.lot, operation.quantity, _PROCESS, operation.place),
        ),
        measurements=_measurements(summary, names or ItemNames()),
        equipment=operation.equipment,
        operation=operation.operation,
        document=operation.document,
        source=FactSource.IMPORT,
        data={"machine": machine_data(summary), "log_sha256": operation.log_digest},
    )


def machine_data(summary: OperationSummary) -> dict[str, Json]:
    """Give the summary as JSON. null stands for "not recorded"; a count of 0 for "did not happen"."""
    return {
        "first_timestamp": summary.first_timestamp,
        "last_timestamp": summary.last_timestamp,
        "lines": summary.lines,
        "irregular_lines": summary.irregular_lines,
        "feed_holds": summary.feed_holds,
        "stops": summary.stops,
        "program_stops": summary.program_stops,
        "last_program_status": summary.last_program_status,
        "last_part_count": summary.last_part_count,
        "programs": list(summary.programs) or None,
        "tools": list(summary.tools) or None,
        "telemetry": {
            extent.item: {
                "lowest": extent.lowest,
                "highest": extent.highest,
                "values": extent.values,
                "unreadable": extent.unreadable,
            }
            for extent in summary.telemetry
        },
    }


def _measurements(summary: OperationSummary, names: ItemNames) -> tuple[Measurement, ...]:
    """Give what a person asks of an operation, under the names that the machine uses. None is shown as not recorded."""
    said: tuple[tuple[str, str | None], ...] = (
        (names.program, " ".join(summary.programs) or None),
        (names.tool, " ".join(summary.tools) or None),
        (names.status, summary.last_program_status),
        (names.part_count, summary.last_part_count),
        (f"{names.status}: FEED_HOLD", str(summary.feed_holds)),
        (f"{names.status}: STOPPED", str(summary.stops)),
    )
    return tuple(Measurement(characteristic=name, value=value) for name, value in said)
