"""The one form that both readers give: a value of a data item at a moment, or the fact that it was not recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# MTConnect Part 1, "UNAVAILABLE": the agent knows the item and not its value.
UNAVAILABLE = "UNAVAILABLE"

# xs:dateTime as adapters write it. Real controls write seven digits of a second, more than a datetime can hold.
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """The further fields of a condition: what a control reports as normal, warning or fault."""

    level: str  # NORMAL, WARNING, FAULT; upper case whatever the adapter wrote
    native_code: str = ""
    native_severity: str = ""
    qualifier: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one data item. ``value`` is as written, never converted; None means that it was not recorded."""

    at: datetime  # UTC, to the microsecond
    timestamp: str  # as written
    item: str
    value: str | None
    position: int  # line of a log (from 1), sequence number of a document
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line (of a log) or an element (of a document, by its sequence or place in the file) that could not be read."""

    number: int
    code: str  # a key of ``words.BAD_LINE``
    text: str  # what stood there, cut to a length that a person can read


@dataclass(frozen=True, slots=True)
class ObservationLog:
    """All observations of one source in the order of the source, and every line that is not one."""

    observations: tuple[Observation, ...]
    bad_lines: tuple[BadLine, ...]
    lines: int  # lines of the log or observations of the document, good and bad together
    device: str = ""  # only a document says which device it is about

    def of(self, item: str) -> Iterator[Observation]:
        """Give the observations of one data item, in order."""
        return (observation for observation in self.observations if observation.item == item)


def parse_timestamp(text: str) -> datetime | None:
    """Read an MTConnect timestamp, or give None where it is none. Without a zone it is UTC, as MTConnect demands."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # a month 13, an hour 25
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
