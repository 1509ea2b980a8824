"""Read an SHDR adapter log: one line per moment, ``time|item|value`` with as many pairs as the adapter sent.

Source of the rules: MTConnect Part 1 (adapter data flow) and what adapters of the NIST test bed really wrote. A line is
taken whole or not at all: half of a broken line would be a value that nobody sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from lotline.doors.exchange.mtconnect.observation import (
    UNAVAILABLE,
    BadLine,
    Condition,
    Observation,
    ObservationLog,
    parse_timestamp,
)

# `key|level|native code|native severity|qualifier|text`
CONDITION_FIELDS = 6
CONDITION_LEVELS = frozenset({"NORMAL", "WARNING", "FAULT", UNAVAILABLE})
# The width at which a terminal breaks a line. A capture of a terminal is not a log, see `unwrap_capture`.
TERMINAL_COLUMNS = 80
_SHOWN = 120


def read_shdr(lines: Iterable[str], *, conditions: Collection[str] | None = None) -> ObservationLog:
    """Read the lines of a log. Nothing raises: what can not be read is named with its number in ``bad_lines``.

    ``conditions`` are the names of the items that the device model declares as conditions. Without it a line is taken as
    a condition when it has exactly its six fields and one of its levels, which no log of ours contradicts.
    Empty lines and adapter commands (``* PONG 10000``) are no observations and no errors; they count as lines.
    """
    observations: list[Observation] = []
    bad: list[BadLine] = []
    total, wide_from, wide_line = 0, None, ""
    for number, line in enumerate(lines, start=1):
        total = number
        text = line.rstrip("\r\n")
        width, stripped = len(text), text.strip()
        if not stripped or stripped.startswith("*"):
            wide_from = None
            continue
        found = _read_line(stripped, number, conditions)
        if isinstance(found, BadLine):
            if wide_from is not None and found.code == "no_timestamp":
                # The line before was broken by a terminal: its last value may be cut in two and look whole.
                del observations[wide_from:]
                bad.append(BadLine(number - 1, "cut", wide_line[:_SHOWN]))
            bad.append(found)
            wide_from = None
        else:
            wide_from = len(observations) if width == TERMINAL_COLUMNS else None
            wide_line = stripped
            observations.extend(found)
    return ObservationLog(observations=tuple(observations), bad_lines=tuple(bad), lines=total)


def unwrap_capture(lines: Iterable[str], *, columns: int = TERMINAL_COLUMNS) -> Iterator[str]:
    """Undo the line breaks of a terminal: a piece that fills its last column goes on in the next line.

    For logs that were copied from a terminal (``raw/1-31-2017-Hurco04.txt`` of NIST). The capture says which lines these
    are only by their width, so this is a decision of whoever imports, never taken by ``read_shdr``.
    """
    held, full = "", False
    for line in lines:
        text = line.rstrip("\r\n")
        # A piece may fill the last column by chance: what begins with a time of its own is no rest of a line.
        if held and not (full and parse_timestamp(text.partition("|")[0]) is None):
            yield held
            held = ""
        held += text
        full = len(text) == columns
    if held:
        yield held


def _read_line(text: str, number: int, conditions: Collection[str] | None) -> list[Observation] | BadLine:
    written, *fields = text.split("|")
    # A sample may carry its duration: `time@seconds`.
    timestamp = written.partition("@")[0].strip()
    at = parse_timestamp(timestamp)
    if at is None:
        return BadLine(number, "no_timestamp", text[:_SHOWN])
    if not fields:
        return BadLine(number, "no_item", text[:_SHOWN])
    if fields[0].startswith("@"):
        return BadLine(number, "asset", text[:_SHOWN])
    if _is_condition(fields, conditions):
        return [_condition(fields, at, timestamp, number)]
    if len(fields) % 2:
        return BadLine(number, "no_value", text[:_SHOWN])
    names = [name.strip() for name in fields[::2]]
    if not all(names):
        return BadLine(number, "no_item", text[:_SHOWN])
    return [
        Observation(at=at, timestamp=timestamp, item=name, value=recorded(value), position=number)
        for name, value in zip(names, fields[1::2], strict=True)
    ]


def recorded(value: str | None) -> str | None:
    """Give a value as written, or None where the machine says, or shows by an empty field, that there was none."""
    text = (value or "").strip()
    return None if not text or text.upper() == UNAVAILABLE else text


def _is_condition(fields: Sequence[str], conditions: Collection[str] | None) -> bool:
    if len(fields) != CONDITION_FIELDS:
        return False
    if conditions is not None:
        return fields[0].strip() in conditions
    return fields[1].strip().upper() in CONDITION_LEVELS


def _condition(fields: Sequence[str], at: datetime, timestamp: str, number: int) -> Observation:
    item, level, code, severity, qualifier, message = (field.strip() for field in fields)
    condition = Condition(level=level.upper(), native_code=code, native_severity=severity, qualifier=qualifier, text=message)
    value = recorded(level)
    return Observation(
        at=at,
        timestamp=timestamp,
        item=item,
        value=None if value is None else condition.level,
        position=number,
        condition=None if value is None else condition,
    )
