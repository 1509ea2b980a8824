"""Which column of a file says what: found by its header, changed by a person, kept as JSON.

A ``Mapping`` is all that a page needs to remember between upload and import: which sheet, which kind, where the header stands, what
each column means, and what is said once for the whole file (``defaults``: the unit, the place, the date of a stock count).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

from lotline.doors.exchange.tables.cells import Cell, Row, UnreadableTable, is_blank, show
from lotline.doors.exchange.tables.kinds import KINDS, OURS_TO_IGNORE, Column, ColumnType, TableKind
from lotline.doors.exchange.tables.limits import HEADER_WITHIN, MOST_COLUMNS

# What a column can be besides the name of a target: kept with the lot or fact under its header, or left out on purpose.
ATTRIBUTE, IGNORE = "+", "-"
DATE_ORDERS = ("ymd", "dmy", "mdy")
_BRACKETS = re.compile(r"[(\[（【<《{][^)\]）】>》}]*[)\]）】>》}]")
_NOISE = re.compile(r"[\s_\-./\\:：*#,，;；'\"“”‘’·|]+")
_DIGITS = re.compile(r"\d+|[一二三四五六七八九十]+$")


class BadMapping(ValueError):
    """The mapping can not be used. ``code`` is in ``tables.words``."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What is done with one column of the file: ``use`` is the name of a target column, ``ATTRIBUTE`` or ``IGNORE``."""

    index: int
    header: str
    use: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one sheet. ``header_row`` counts as Excel does. ``known``: remembered from an earlier import."""

    kind: str
    columns: tuple[ColumnUse, ...]
    sheet: str = ""
    header_row: int = 1
    defaults: Mapped[str, str] = field(default_factory=dict)
    date_order: str = "ymd"
    known: bool = False

    @property
    def table_kind(self) -> TableKind:
        return KINDS[self.kind]

    @property
    def signature(self) -> str:
        """What identifies files of the same form: their headers, in order."""
        return signature_of([column.header for column in self.columns])

    def indexes(self, target: str) -> list[int]:
        """Where in a row the target stands; several times for a column that repeats."""
        return [column.index for column in self.columns if column.use == target]

    def missing(self) -> list[Column]:
        """Required columns that neither the file nor the defaults give."""
        given = {column.use for column in self.columns} | {name for name, value in self.defaults.items() if value.strip()}
        return [column for column in self.table_kind.columns if column.required and column.name not in given]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a page or a file."""
        return {**asdict(self), "columns": [asdict(column) for column in self.columns], "defaults": dict(self.defaults)}


def mapping_from_json(value: Mapped[str, Any]) -> Mapping:
    """The mapping that ``to_json`` wrote, or a page sent. Raises ``BadMapping``."""
    try:
        columns = tuple(ColumnUse(int(one["index"]), str(one["header"]), str(one["use"])) for one in value["columns"])
        defaults = {str(name): str(text) for name, text in (value.get("defaults") or {}).items()}
        mapping = Mapping(
            kind=str(value["kind"]),
            columns=columns,
            sheet=str(value.get("sheet") or ""),
            header_row=int(value.get("header_row") or 1),
            defaults=defaults,
            date_order=str(value.get("date_order") or "ymd"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMapping("mapping_form", detail=str(error)) from error
    return check_mapping(mapping)


def check_mapping(mapping: Mapping) -> Mapping:
    """The mapping itself. Raises ``BadMapping`` for an unknown kind or target, or a target named twice that does not repeat."""
    if mapping.kind not in KINDS:
        raise BadMapping("kind_unknown", kind=mapping.kind)
    targets = {column.name: column for column in mapping.table_kind.columns}
    seen: set[str] = set()
    indexes: set[int] = set()
    for column in mapping.columns:
        if column.use not in targets and column.use not in {ATTRIBUTE, IGNORE}:
            raise BadMapping("target_unknown", target=column.use)
        if column.use in seen and column.use in targets and not targets[column.use].repeats:
            raise BadMapping("target_twice", target=str(targets[column.use].label))
        if not 0 <= column.index < MOST_COLUMNS or column.index in indexes:
            raise BadMapping("mapping_form", detail=str(column.index))
        seen.add(column.use)
        indexes.add(column.index)
    if unknown := set(mapping.defaults) - targets.keys():
        raise BadMapping("target_unknown", target=min(unknown))
    if mapping.date_order not in DATE_ORDERS or mapping.header_row < 1:
        raise BadMapping("mapping_form", detail=mapping.date_order)
    return mapping


# --- headers --------------------------------------------------------------------------------------------------------------


def plain_header(text: str) -> str:
    """A header for comparison: half-width, without case, spaces, signs, and brackets with what stands in them."""
    half = unicodedata.normalize("NFKC", text).casefold()
    shown = "".join(character for character in half if unicodedata.category(character) not in {"Cf", "Cc"} or character in "\n\t")
    return _NOISE.sub("", _BRACKETS.sub("", shown)) or _NOISE.sub("", shown)


def signature_of(headers: Sequence[str]) -> str:
    """SHA-256 of the headers for comparison, in order, without empty ones at the end."""
    plain = [plain_header(header) for header in headers]
    while plain and not plain[-1]:
        plain.pop()
    return hashlib.sha256("\n".join(plain).encode("utf-8", "backslashreplace")).hexdigest()


@cache
def _known_headers(kind: str) -> dict[str, tuple[str, ...]]:
    """Plain header → the targets that it may mean, in the order of the columns. The words of the templates are among them."""
    known: dict[str, list[str]] = {}
    for column in KINDS[kind].columns:
        for header in (*column.headers, column.name, *_labels(column)):
            targets = known.setdefault(plain_header(header), [])
            if column.name not in targets:
                targets.append(column.name)
    return {header: tuple(targets) for header, targets in known.items()}


def _labels(column: Column) -> list[str]:
    from django.conf import settings  # noqa: PLC0415 -- read when used, as Django asks for
    from django.utils import translation  # noqa: PLC0415 -- likewise

    labels = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            labels.append(str(column.label))
    return labels


def header_targets(kind: str, header: str) -> tuple[str, ...]:
    """The targets that a header may mean, the likeliest first; those of a repeated column also with a number ("原料批号2")."""
    known = _known_headers(kind)
    plain = plain_header(header)
    if plain in known:
        return known[plain]
    repeating = {column.name for column in KINDS[kind].columns if column.repeats}
    return tuple(target for target in known.get(_DIGITS.sub("", plain), ()) if target in repeating)


def propose_columns(kind: str, headers: Sequence[str]) -> tuple[ColumnUse, ...]:
    """What each column most likely means. A header that may mean two things means what no other header means.

    Columns that nobody knows are kept as attributes; columns without a header, and those that we wrote ourselves, are left out.
    """
    columns = {column.name: column for column in KINDS[kind].columns}
    wanted = {index: list(header_targets(kind, header)) for index, header in enumerate(headers) if plain_header(header)}
    uses: dict[int, str] = {}
    taken: set[str] = set()
    pending = [index for index, targets in wanted.items() if targets]
    while pending:
        free = {index: [t for t in wanted[index] if t not in taken or columns[t].repeats] for index in pending}
        pending = [index for index in pending if free[index]]
        if not pending:
            break
        index = min(pending, key=lambda one: (len(free[one]), one))
        uses[index] = free[index][0]
        taken.add(uses[index])
        pending.remove(index)
    if "at" in columns and "at" not in taken and "time" in taken:  # one column for both
        uses = {index: "at" if use == "time" else use for index, use in uses.items()}
    ours = {plain_header(header) for header in OURS_TO_IGNORE}
    proposed = []
    for index, header in enumerate(headers):
        plain = plain_header(header)
        proposed.append(ColumnUse(index, header.strip(), uses.get(index, IGNORE if not plain or plain in ours else ATTRIBUTE)))
    return tuple(proposed)


def unit_in_header(header: str) -> str:
    """The unit in "数量（kg）", or nothing."""
    found = _BRACKETS.search(unicodedata.normalize("NFKC", header))
    return found.group()[1:-1].strip() if found else ""


def propose_mapping(kind: str, sheet: str, header: Row) -> Mapping:
    """The mapping for a sheet whose header row is ``header``. A unit in the header of a quantity counts for the whole column."""
    from lotline.doors.exchange.tables.units import unit_named  # noqa: PLC0415 -- units reads tables

    headers = [show(cell) for cell in header.cells]
    columns = propose_columns(kind, headers)
    defaults = {}
    quantities = {column.name for column in KINDS[kind].columns if column.type is ColumnType.QUANTITY}
    used = {column.use for column in columns}
    for column in columns:
        unit = unit_in_header(column.header)
        target = column.use.replace("quantity", "unit")
        if column.use in quantities and target not in used and unit and (code := unit_named(unit)):
            defaults[target] = code
    return Mapping(kind=kind, sheet=sheet, header_row=header.number, columns=columns, defaults=defaults)


def find_header(kind: str, rows: Iterable[Row], *, surely: bool = False) -> Row:
    """The first row, among the first thirty, that names the most columns of the kind. Raises ``UnreadableTable``.

    ``surely``: a person says that it is this kind. Where no row names a column, the first one with the most texts is the header then.
    """
    best, best_score = None, (0, 0)
    for row in rows:
        if row.number > HEADER_WITHIN:
            break
        texts = sum(isinstance(cell, str) and not is_blank(cell) for cell in row.cells)
        score = (header_score(kind, row.cells), texts if surely else 0)
        if score > best_score:
            best, best_score = row, score
    if best is None:
        raise UnreadableTable("header_missing", kind=str(KINDS[kind].label))
    return best


def header_score(kind: str, cells: Sequence[Cell]) -> int:
    """How many columns of the kind the row names; required ones count three times. Rows of numbers and dates name none."""
    headers = [show(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell)]
    required = {column.name for column in KINDS[kind].columns if column.required}
    named = {column.use for column in propose_columns(kind, headers)} - {ATTRIBUTE, IGNORE}
    return sum(3 if name in required else 1 for name in named)


def with_known(mapping: Mapping, remembered: Mapped[str, Any] | None) -> Mapping:
    """The proposal, or what a person decided for files of this form before."""
    if remembered is None:
        return mapping
    kept = mapping_from_json({**remembered, "kind": mapping.kind})
    uses = {column.index: column.use for column in kept.columns}
    columns = tuple(replace(column, use=uses.get(column.index, column.use)) for column in mapping.columns)
    return check_mapping(replace(mapping, columns=columns, defaults=kept.defaults, date_order=kept.date_order, known=True))
