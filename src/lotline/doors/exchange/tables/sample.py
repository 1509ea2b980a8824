"""Rows as they were understood, as text for a preview."""

from __future__ import annotations

from datetime import datetime

from lotline.core.quantity import format_quantity
from lotline.doors.exchange.tables.rows import ReadRow
from lotline.doors.exchange.tables.values import Moment, Quantity, Value


def sample_of(row: ReadRow) -> dict[str, str]:
    """Target column → text; the k-th of a repeated column as ``input_lot 2``. ``row`` is its number in the file."""
    shown = {"row": str(row.number), **{name: shown_value(value) for name, value in row.values.items()}}
    for position, group in enumerate(row.groups, 1):
        shown.update({name if position == 1 else f"{name} {position}": shown_value(value) for name, value in group.items()})
    return {**shown, **row.attributes}


def shown_value(value: Value) -> str:
    """A value as text, times in the plant's zone."""
    if isinstance(value, Quantity):
        return f"{format_quantity(value.micro)} {value.unit}".rstrip()
    if isinstance(value, Moment):
        return value.at.strftime("%Y-%m-%d %H:%M" if value.timed else "%Y-%m-%d")
    if isinstance(value, bool):
        return "✓" if value else "–"
    return value.isoformat(" ", "minutes").partition("+")[0] if isinstance(value, datetime) else str(value)
