"""What one operation on one part amounts to, from the observations of its machine.

A fact freezes this summary and the digest of the log, not the log itself (``docs/architecture``: telemetry is not put
into the journal row by row).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from lotline.doors.exchange.decimals import parse_decimal, plain
from lotline.doors.exchange.mtconnect.observation import Observation, ObservationLog

FEED_HOLD: Final = "FEED_HOLD"
STOPPED: Final = "STOPPED"
PROGRAM_STOPPED: Final = "PROGRAM_STOPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNames:
    """How this machine's adapter calls the items that a summary needs. Defaults: the Hurco adapters of NIST."""

    status: str = "Program_Status"
    tool: str = "Current_Tool"
    program: str = "Program_Name_Running"
    part_count: str = "Part_Count"
    telemetry: tuple[str, ...] = ("Feed_Rate", "Spindle_Speed", "Feed_Override", "Rapid_Override", "Spindle_Override")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Lowest and highest value of a telemetry item, as decimals in the item's own unit, and how many values there were."""

    item: str
    lowest: str
    highest: str
    values: int
    unreadable: int  # values that are no number


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSummary:
    """None and an empty tuple mean that the log does not say; a counter of 0 means that it happened no time."""

    start: datetime | None
    end: datetime | None
    first_timestamp: str | None
    last_timestamp: str | None
    lines: int
    irregular_lines: int
    feed_holds: int
    stops: int  # STOPPED; a programmed stop (PROGRAM_STOPPED) is counted apart
    program_stops: int
    last_program_status: str | None
    last_part_count: str | None
    programs: tuple[str, ...]
    tools: tuple[str, ...]
    telemetry: tuple[Extent, ...] = ()


def summarize_operation(log: ObservationLog, *, names: ItemNames | None = None) -> OperationSummary:
    """Sum up one log. First and last are those of the file: controls do not always write in the order of time."""
    names = names or ItemNames()
    first = log.observations[0] if log.observations else None
    last = log.observations[-1] if log.observations else None
    statuses = [value for value in _values(log, names.status) if value is not None]
    return OperationSummary(
        start=first.at if first else None,
        end=last.at if last else None,
        first_timestamp=first.timestamp if first else None,
        last_timestamp=last.timestamp if last else None,
        lines=log.lines,
        irregular_lines=len(log.bad_lines),
        feed_holds=statuses.count(FEED_HOLD),
        stops=statuses.count(STOPPED),
        program_stops=statuses.count(PROGRAM_STOPPED),
        last_program_status=_last(_values(log, names.status)),
        last_part_count=_last(_values(log, names.part_count)),
        programs=_in_order(value for value in _values(log, names.program) if value is not None),
        tools=_in_order(_tool(value) for value in _values(log, names.tool)),
        telemetry=tuple(extent for item in names.telemetry if (extent := _extent(item, log.of(item))) is not None),
    )


def _values(log: ObservationLog, item: str) -> list[str | None]:
    return [observation.value for observation in log.of(item)]


def _last(values: list[str | None]) -> str | None:
    return values[-1] if values else None


def _in_order(values: Iterable[str]) -> tuple[str, ...]:
    """Drop what is empty and what repeats its predecessor: a change is what counts."""
    order: list[str] = []
    for value in values:
        if value and (not order or order[-1] != value):
            order.append(value)
    return tuple(order)


def _tool(value: str | None) -> str:
    """Give a tool as it is called: ``15.000000`` is tool 15; 0 is the empty spindle between two tools."""
    number = parse_decimal(value)
    if number is None:
        return value or ""
    return "" if number == 0 else plain(number.normalize())


def _extent(item: str, observations: Iterable[Observation]) -> Extent | None:
    numbers: list[Decimal] = []
    unreadable = 0
    for observation in observations:
        if observation.value is not None:
            number = parse_decimal(observation.value)
            if number is None:
                unreadable += 1
            else:
                numbers.append(number)
    if not numbers:
        return None
    return Extent(
        item=item,
        lowest=plain(min(numbers)),
        highest=plain(max(numbers)),
        values=len(numbers),
        unreadable=unreadable,
    )
