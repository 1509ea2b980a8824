"""The rows of a sheet as values, by its mapping. Bad cells are gathered, not raised: a person wants all of them at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import TypeVar

from lotline.doors.exchange.tables.cells import Cell, Row, UnreadableTable, is_blank, show
from lotline.doors.exchange.tables.kinds import Column, ColumnType
from lotline.doors.exchange.tables.limits import MOST_ROWS
from lotline.doors.exchange.tables.mapping import ATTRIBUTE, BadMapping, Mapping, plain_header
from lotline.doors.exchange.tables.problems import RowProblem, Weight
from lotline.doors.exchange.tables.values import BadCell, Moment, Value, check_storable, read_cell

V = TypeVar("V")
_LONGEST_SHOWN = 60
_LONGEST_ATTRIBUTE = 1000
# Different cells of a column that are remembered; one with more of them (lot numbers) does not repeat itself.
_MOST_REMEMBERED = 4096
# A row that begins with one of these and has no code is a sum under the table.
_SUMS = frozenset({"合计", "总计", "小计", "合 计", "total", "sum", "subtotal", "grand total"})


@dataclass(slots=True)
class ReadRow:
    """One row as values by target; of a repeated target, the k-th column that has it is in ``groups[k]``."""

    table: int
    number: int
    values: dict[str, Value] = field(default_factory=dict)
    groups: list[dict[str, Value]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    bad: bool = False

    def text(self, name: str) -> str:
        """The text of a column, or nothing."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def want(self, name: str, type_: type[V]) -> V | None:
        """The value of a column where it has this type."""
        value = self.values.get(name)
        return value if isinstance(value, type_) else None

    @property
    def at(self) -> datetime:
        """When it happened. Only for rows that are not bad."""
        value = self.values["at"]
        assert isinstance(value, Moment)
        return value.at


@dataclass(slots=True)
class ReadTable:
    """A sheet, read. ``raw`` keeps the cells of all rows with a problem, for the export of what has to be mended."""

    mapping: Mapping
    rows: list[ReadRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    blank: int = 0


class RowReader:
    """Reads the rows of one sheet. ``index`` is the place of the sheet in the import."""

    def __init__(self, mapping: Mapping, *, zone: tzinfo, index: int = 0) -> None:
        self.mapping = mapping
        self.zone = zone
        self.index = index
        kind = mapping.table_kind
        self.single = [(column, at) for column in kind.columns if not column.repeats for at in mapping.indexes(column.name)]
        self.repeated = [(column, mapping.indexes(column.name)) for column in kind.columns if column.repeats]
        self.attributes = [(use.header or f"#{use.index + 1}", use.index) for use in mapping.columns if use.use == ATTRIBUTE]
        self.headers = {use.index: use.header for use in mapping.columns}
        # Whether a row names all that a repeated column asks for is seen when its lines are worked out.
        self.required = [column for column in kind.columns if column.required and not column.repeats]
        self.plain_headers = {at: plain_header(header) for at, header in self.headers.items()}
        self.problems: list[RowProblem] = []
        self.read_before: dict[str, dict[Cell, Value | None]] = {column.name: {} for column in kind.columns}
        self.defaults = self._defaults()
        self.above: dict[str, Value] = {}

    def _defaults(self) -> dict[str, Value]:
        """What is said once for the whole file. Raises ``BadMapping``."""
        defaults: dict[str, Value] = {}
        for name, text in self.mapping.defaults.items():
            column = self.mapping.table_kind.column(name)
            try:
                value = self._value(column, text, 0)
            except BadCell as bad:
                raise BadMapping("default_bad", column=str(column.label), text=text[:_LONGEST_SHOWN]) from bad
            if value is not None:
                defaults[name] = value
        self.problems.clear()
        return defaults

    def _value(self, column: Column, cell: Cell, row: int, header: str = "") -> Value | None:
        """The value of a cell. A column repeats itself (items, units, partners), so what was read without a remark is not read again."""
        before = self.read_before[column.name]
        repeats = isinstance(cell, str | Decimal)
        if repeats and cell in before:
            return before[cell]
        remarks = len(self.problems)

        def remark(code: str, **params: str) -> None:
            self.problems.append(RowProblem(self.index, row, code, params, header, show(cell)[:_LONGEST_SHOWN], Weight.WARNING))

        value = read_cell(column, cell, zone=self.zone, date_order=self.mapping.date_order, remark=remark)
        if repeats and len(before) < _MOST_REMEMBERED and len(self.problems) == remarks:
            before[cell] = value
        return value

    def read(self, row: Row) -> ReadRow | None:
        """The row as values, or None for one that says nothing: blank, a sum, or the header again. Problems go to ``problems``."""
        cells = row.cells
        if all(is_blank(cell) for cell in cells) or self._is_sum(cells) or self._is_header(cells):
            return None
        read = ReadRow(self.index, row.number)
        for column, at in self.single:
            self._take(read, read.values, column, row, at)
        for column, indexes in self.repeated:
            for position, at in enumerate(indexes):
                while len(read.groups) <= position:
                    read.groups.append({})
                self._take(read, read.groups[position], column, row, at)
        read.groups = [group for group in read.groups if group]
        self._carry_down(read)
        for name, value in self.defaults.items():
            read.values.setdefault(name, value)
        for header, at in self.attributes:
            if at < len(cells) and not is_blank(cells[at]):
                self._keep(read, header, cells[at])
        self._join_time(read)
        for column in self.required:
            if column.name not in read.values and not read.bad:
                self._bad(read, "missing", {"column": str(column.label)}, self._header_of(column))
        return read

    def _take(self, read: ReadRow, into: dict[str, Value], column: Column, row: Row, at: int) -> None:
        cell, header = row.cells[at] if at < len(row.cells) else None, self.headers[at]
        if cell is None:
            return
        if at in row.merged and column.type is ColumnType.QUANTITY and column.name not in self.mapping.table_kind.carried:
            # One number for several rows: whose it is, or how it is shared, is not known.
            self._bad(read, "merged_quantity", {}, header, show(cell))
            return
        try:
            value = self._value(column, cell, read.number, header)
        except BadCell as bad:
            self._bad(read, bad.code, bad.params, header, show(cell))
            return
        if value is not None:
            into[column.name] = value

    def _carry_down(self, read: ReadRow) -> None:
        """A row without a product of its own goes on with the one above."""
        carried = self.mapping.table_kind.carried
        if not carried:
            return
        if "output_lot" not in read.values and read.groups:
            read.values = {**self.above, **read.values}
        self.above = {name: value for name, value in read.values.items() if name in carried}

    def _keep(self, read: ReadRow, header: str, cell: Cell) -> None:
        text = show(cell).strip()
        try:
            check_storable(text + header)
        except BadCell as bad:
            self._bad(read, bad.code, bad.params, header, text)
            return
        if len(text) > _LONGEST_ATTRIBUTE:
            self._bad(read, "cell_too_long", {"longest": str(_LONGEST_ATTRIBUTE)}, header, text)
            return
        name, count = header, 2
        while name in read.attributes:  # two columns with the same header
            name, count = f"{header} ({count})", count + 1
        read.attributes[name] = text

    def _join_time(self, read: ReadRow) -> None:
        """The day of one column with the time of another."""
        clock, moment = read.values.pop("time", None), read.values.get("at")
        if clock is not None and isinstance(moment, Moment) and not moment.timed:
            at = moment.at.replace(hour=clock.hour, minute=clock.minute, second=clock.second)  # type: ignore[union-attr]  # a time
            read.values["at"] = Moment(at, timed=True)

    def _bad(self, read: ReadRow, code: str, params: dict[str, str], header: str, value: str = "") -> None:
        read.bad = True
        self.problems.append(RowProblem(self.index, read.number, code, params, header, value[:_LONGEST_SHOWN]))

    def _header_of(self, column: Column) -> str:
        return next((use.header for use in self.mapping.columns if use.use == column.name), "")

    def _is_header(self, cells: Iterable[Cell]) -> bool:
        """Whether the header stands here again, as on each printed page."""
        count = 0
        for at, cell in enumerate(cells):
            if isinstance(cell, str) and cell.strip():
                if plain_header(cell) != self.plain_headers.get(at, ""):
                    return False
                count += 1
        return count > 1

    def _is_sum(self, cells: Iterable[Cell]) -> bool:
        first = next((cell for cell in cells if not is_blank(cell)), None)
        return isinstance(first, str) and unicodedata.normalize("NFKC", first).strip(" :：").casefold() in _SUMS


def read_table(rows: Iterable[Row], mapping: Mapping, *, zone: tzinfo, index: int = 0) -> ReadTable:
    """All rows below the header. Raises ``UnreadableTable``, ``BadMapping``."""
    if missing := [column for column in mapping.missing() if column.name != "at" or "time" not in {u.use for u in mapping.columns}]:
        labels, targets = (", ".join(texts) for texts in zip(*((str(column.label), column.name) for column in missing), strict=True))
        raise BadMapping("columns_missing", columns=labels, targets=targets)
    reader = RowReader(mapping, zone=zone, index=index)
    table = ReadTable(mapping, problems=reader.problems)
    for row in below_header(rows, mapping.header_row):
        read = reader.read(row)
        if read is None:
            table.blank += 1
            continue
        table.rows.append(read)
        if len(table.rows) > MOST_ROWS:
            raise UnreadableTable("too_many_rows", longest=str(MOST_ROWS))
    return table


def below_header(rows: Iterable[Row], header_row: int) -> Iterator[Row]:
    """The rows after the header."""
    return (row for row in rows if row.number > header_row)
