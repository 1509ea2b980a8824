"""Which rows belong to one fact, and under which key it is written.

The key comes from what the rows say, never from the file's name or from what the database holds at the time: the same rows, from
a CSV or a workbook, today or next month in a longer file, give the same key, and the journal writes a key once (law 7).

- A receipt, a shipment, a line of a stock count is known by its whole content. Two equal rows in one file are two facts.
- A production event and an inspection are known by what identifies them (event number, order, lot and time). If that was imported
  before with other content, the rows are refused: a changed record is corrected by a reversal, not by importing it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from lotline.core.canonical import sha256_hex, trusted_bytes
from lotline.core.instant import format_instant
from lotline.core.quantity import format_quantity
from lotline.doors.exchange.tables.rows import ReadRow
from lotline.doors.exchange.tables.values import Moment, Quantity, Value

# Numbers as short as these are counted anew each day: pot 1, pot 2 …
_SHORT_NUMBER = 3


@dataclass(slots=True)
class Happening:
    """The rows of one fact. ``content`` is the digest of what they say where ``key`` is only what identifies them."""

    kind: str
    rows: list[ReadRow] = field(default_factory=list)
    key: str = ""
    content: str = ""

    @property
    def at(self) -> datetime:
        """The latest moment of the rows: what came out then, had gone in by then."""
        return self.rows[0].at if len(self.rows) == 1 else max(row.at for row in self.rows)

    @property
    def bad(self) -> bool:
        return any(row.bad for row in self.rows)

    def first(self, name: str) -> str:
        """The first text that a row has in this column."""
        return next((text for row in self.rows if (text := row.text(name))), "")


def gather(kind: str, rows: Sequence[ReadRow]) -> list[Happening]:
    """The happenings of one kind of rows, in the order of the file. Keys are set for those without bad rows."""
    if kind in {"production", "production_wide", "inspections"}:
        happenings = list(_grouped(kind, rows).values())
        for identity, happening in _grouped_items(kind, happenings):
            if not happening.bad:
                happening.key = f"table:{kind}:{_digest(identity)}"
                happening.content = _digest([_content(row) for row in happening.rows])
        return happenings
    seen: Counter[str] = Counter()
    happenings = []
    for row in rows:
        happening = Happening(kind, [row])
        if not row.bad:
            digest = _digest(_content(row))
            seen[digest] += 1
            again = f":{seen[digest]}" if seen[digest] > 1 else ""
            happening.key = f"table:{kind}:{digest}{again}"
        happenings.append(happening)
    return happenings


def _grouped(kind: str, rows: Iterable[ReadRow]) -> dict[str, Happening]:
    groups: dict[str, Happening] = {}
    for row in rows:
        identity = repr(_identity(kind, row))
        groups.setdefault(identity, Happening(kind)).rows.append(row)
    return groups


def _grouped_items(kind: str, happenings: Sequence[Happening]) -> list[tuple[list[Any], Happening]]:
    return [(_identity(kind, happening.rows[0]), happening) for happening in happenings]


def _identity(kind: str, row: ReadRow) -> list[Any]:
    """What tells the fact that a row belongs to from others. A bad row without a time belongs to itself."""
    moment = row.values.get("at")
    if not isinstance(moment, Moment):
        return ["row", str(row.table), str(row.number)]
    at = format_instant(moment.at)
    if kind == "inspections":
        return [at, row.text("lot"), row.text("item"), row.text("operator"), row.text("document")]
    event, order = row.text("event"), row.text("order")
    if event:
        day = moment.at.date().isoformat() if len(event) <= _SHORT_NUMBER and event.isdigit() else ""
        return ["event", event, order, day]
    if kind == "production_wide":
        return ["product", row.text("output_lot"), row.text("output_item"), at]
    if order:
        return ["order", order, row.text("operation"), at]
    return ["at", at, row.text("operation"), row.text("equipment")]


def _content(row: ReadRow) -> dict[str, Any]:
    content: dict[str, Any] = {name: _plain(value) for name, value in row.values.items()}
    if row.groups:
        content["groups"] = [{name: _plain(value) for name, value in group.items()} for group in row.groups]
    return content


def _plain(value: Value) -> str:
    """One spelling for every value, so that equal values have equal digests."""
    if isinstance(value, Quantity):
        return f"{format_quantity(value.micro)} {value.unit}".rstrip()
    if isinstance(value, Moment):
        return format_instant(value.at)
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, time) else str(value)


def _digest(content: Any) -> str:
    return sha256_hex(trusted_bytes(content))  # texts in lists and mappings: nothing that would have to be checked
