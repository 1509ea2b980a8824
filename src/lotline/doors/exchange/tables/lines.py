"""What went in and what came out in each happening, with items, lots and quantities that are known: the step between rows and facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from lotline.core.facts import LotRef
from lotline.doors.exchange.tables.happenings import Happening
from lotline.doors.exchange.tables.master_data import MasterData
from lotline.doors.exchange.tables.rows import ReadRow
from lotline.doors.exchange.tables.values import BadCell, Quantity, Value

# Told which row is bad, why, and which target column it concerns.
Bad = Callable[..., None]


class Line(NamedTuple):
    """A quantity of a lot, in micro base units, and the row that says so."""

    lot: LotRef
    quantity: int
    row: ReadRow


@dataclass(slots=True)
class Worked:
    """A happening with its lines: ``inputs`` leave a place, ``outputs`` enter one; ``subjects`` are only spoken of."""

    happening: Happening
    inputs: list[Line] = field(default_factory=list)
    outputs: list[Line] = field(default_factory=list)
    subjects: list[LotRef] = field(default_factory=list)


class Named(NamedTuple):
    """What a row says of one lot, before anything is looked up. ``target`` begins the names of the columns that say it."""

    row: ReadRow
    said: dict[str, Value]
    side: str
    target: str = ""


def names_of(happening: Happening) -> Iterable[Named]:
    """The lots that the rows name, each with its side: ``in``, ``out`` or ``about``."""
    for row in happening.rows:
        if happening.kind == "production_wide":
            yield Named(row, row.values, "out", "output_")
            for group in row.groups:
                yield Named(row, group, "in", "input_")
        elif happening.kind == "production":
            yield Named(row, row.values, row.text("direction"))
        elif happening.kind == "shipments":
            yield Named(row, row.values, "in")
        elif happening.kind == "inspections":
            yield Named(row, row.values, "about")
        else:
            yield Named(row, row.values, "out")


def text_of(named: Named, column: str) -> str:
    """The text of a column on this side of the row."""
    value = named.said.get(named.target + column)
    return value if isinstance(value, str) else ""


def work_out(happenings: Sequence[Happening], master: MasterData, bad: Bad) -> list[Worked]:
    """The lines of all happenings. Rows that can not be resolved are told to ``bad``, and their happening is left out."""
    _learn_items_of_lots(happenings, master, bad)
    worked = []
    for happening in happenings:
        if happening.bad:
            continue
        one = Worked(happening)
        for named in names_of(happening):
            try:
                _add(one, named, master)
            except BadCell as error:
                bad(named.row, error.code, error.params, named.target + _column_of(error.code))
        if not happening.bad:
            worked.append(one)
    return worked


def _column_of(code: str) -> str:
    if code.startswith(("unit", "output_differs")):
        return "quantity"
    return "lot" if code in {"lot_missing", "item_of_lot_unknown", "item_ambiguous"} else "item"


def _learn_items_of_lots(happenings: Sequence[Happening], master: MasterData, bad: Bad) -> None:
    """Rows that name an item teach which item a lot code is of, for rows that do not."""
    for happening in happenings:
        for named in names_of(happening):
            item, lot = text_of(named, "item"), text_of(named, "lot")
            if not item or named.row.bad:
                continue
            unit = text_of(named, "unit") or unit_beside(named)
            try:
                known = master.item(item, name=text_of(named, "item_name"), unit=unit, may_be_new=named.side != "about")
            except BadCell as error:
                bad(named.row, error.code, error.params, named.target + "item")
                continue
            known.produced |= named.side == "out" and happening.kind in {"production", "production_wide"}
            known.consumed |= named.side == "in" and happening.kind in {"production", "production_wide"}
            if lot:
                master.items_of_lot[lot].add(known.code)


def unit_beside(named: Named) -> str:
    """The unit that stands in the same cell as the quantity ("25 kg")."""
    quantity = named.said.get(named.target + "quantity")
    return quantity.unit if isinstance(quantity, Quantity) else ""


def _add(worked: Worked, named: Named, master: MasterData) -> None:
    code = text_of(named, "lot")
    if not code:
        raise BadCell("lot_missing")
    item = text_of(named, "item")
    known = master.item(item) if item else master.items[master.item_of_lot(code)]
    lot = LotRef(known.code, code)
    if named.side == "about":
        worked.subjects.append(lot)
        return
    quantity = named.said.get(named.target + "quantity")
    if not isinstance(quantity, Quantity):
        raise BadCell("quantity_missing", lot=code)
    micro = master.in_base_units(quantity, known, text_of(named, "unit"))
    lines = worked.inputs if named.side == "in" else worked.outputs
    if worked.happening.kind == "production_wide" and named.side == "out":
        before = next((line for line in lines if line.lot == lot), None)
        if before is not None:  # the product is named beside each of its materials, and made once
            if before.quantity != micro:
                raise BadCell("output_differs", lot=code)
            return
    lines.append(Line(lot, micro, named.row))


def in_order(worked: list[Worked], position_of_kind: dict[str, int]) -> list[Worked]:
    """By time; at the same moment by kind, and among events of production what makes a lot comes before what uses it."""
    worked.sort(key=lambda one: (one.happening.at, position_of_kind[one.happening.kind]))
    ordered: list[Worked] = []
    for _at, at_once in groupby(worked, key=lambda one: one.happening.at):
        same = list(at_once)
        ordered += _makers_first(same) if len(same) > 1 else same
    return ordered


def _makers_first(same: list[Worked]) -> list[Worked]:
    makers: dict[LotRef, list[int]] = defaultdict(list)
    for position, one in enumerate(same):
        for line in one.outputs:
            makers[line.lot].append(position)
    users: dict[int, set[int]] = defaultdict(set)
    waits = [0] * len(same)
    for position, one in enumerate(same):
        used = [*(line.lot for line in one.inputs), *one.subjects]
        for maker in {maker for lot in used for maker in makers.get(lot, ()) if maker != position}:
            users[maker].add(position)
            waits[position] += 1
    ready = [position for position, count in enumerate(waits) if not count]
    for position in ready:  # grows while it is walked
        for user in sorted(users[position]):
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    placed = set(ready)
    # What is left is a loop: it keeps the order of the file.
    return [same[position] for position in [*ready, *(p for p in range(len(same)) if p not in placed)]]
