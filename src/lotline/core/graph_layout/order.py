"""In which row each card stands: barycentre sweeps, with a thin lane for a link in every column that it passes.

The lane keeps a link that skips stages from running under a card; links from one card share their lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

SWEEPS = 6


@dataclass(slots=True)
class Row:
    """A card or a lane on its way to a place. ``item`` is the card, or the card that the lane's links start from."""

    column: int
    item: int
    lane: bool
    block: str = ""
    place: float = 0.0
    weight: float = 0.0
    left: list[Row] = field(default_factory=list, repr=False)
    right: list[Row] = field(default_factory=list, repr=False)


def order_rows(columns_of: Sequence[int], blocks: Sequence[str], links: Sequence[tuple[int, int]], columns: int) -> list[list[Row]]:
    """Rows of each column, top to bottom. Links that do not run to the right have no say.

    ``columns_of`` and ``blocks`` speak of the cards; cards of one block (a group that was opened) stay together.
    """
    rows = [Row(column, item, lane=False, block=blocks[item]) for item, column in enumerate(columns_of)]
    lanes: dict[tuple[int, int], Row] = {}
    for a, b in links:
        before = rows[a]
        for column in range(columns_of[a] + 1, columns_of[b]):
            lane = lanes.get((a, column))
            if lane is None:
                lane = lanes[a, column] = Row(column, a, lane=True)
                _join(before, lane)
            before = lane
        if columns_of[a] < columns_of[b]:
            _join(before, rows[b])
    grid: list[list[Row]] = [[] for _ in range(columns)]
    for row in [*rows, *lanes.values()]:
        grid[row.column].append(row)
    for column_rows in grid:
        _settle(column_rows)
    for sweep in range(SWEEPS):
        _sweep(grid, rightwards=sweep % 2 == 0)
    return grid


def _join(a: Row, b: Row) -> None:
    a.right.append(b)
    b.left.append(a)


def _sweep(grid: list[list[Row]], *, rightwards: bool) -> None:
    """Move each row to the mean place of its neighbours in the column before (or after)."""
    for rows in grid if rightwards else reversed(grid):
        for row in rows:
            near = row.left if rightwards else row.right
            row.weight = sum(other.place for other in near) / len(near) if near else row.place
        means = _block_means(rows)
        rows.sort(key=lambda row: (means.get(row.block, row.weight), row.block, row.weight))
        _settle(rows)


def _block_means(rows: list[Row]) -> dict[str, float]:
    """Mean weight of each opened group, so that its lots move as one."""
    weights: dict[str, list[float]] = {}
    for row in rows:
        if row.block:
            weights.setdefault(row.block, []).append(row.weight)
    return {block: sum(values) / len(values) for block, values in weights.items()}


def _settle(rows: list[Row]) -> None:
    for at, row in enumerate(rows):
        row.place = (at + 0.5) / len(rows)
