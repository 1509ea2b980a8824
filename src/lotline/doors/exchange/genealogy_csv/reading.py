"""Reading the three files: every row that can not be taken is named, and none of them stops the next."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

from lotline.core.facts import LotRef
from lotline.core.instant import BadInstant, parse_instant, to_micros
from lotline.core.quantity import LARGEST, MICRO
from lotline.doors.exchange.genealogy_csv.rows import (
    EVENT_COLUMNS,
    EVENT_TYPES,
    ITEM_KINDS,
    LINK_COLUMNS,
    LOT_COLUMNS,
    PROBLEMS_SHOWN,
    Genealogy,
    Happening,
    LinkRow,
    LotRow,
    RowProblem,
)
from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.csv_rows import find_encoding

# A link names something that its file does not have.
UNKNOWN = frozenset({"lot_unknown", "event_unknown"})
Happenings: TypeAlias = dict[tuple[str, int], Happening]


def read_genealogy(folder: Path) -> Genealogy:
    """The three files of ``folder``. Problems are gathered in ``problems``, at most ``PROBLEMS_SHOWN``."""
    genealogy = Genealogy()
    positions: dict[str, int] = {}
    events: dict[str, tuple[str, int]] = {}
    for line, row in _rows(folder, "lots.csv", LOT_COLUMNS, genealogy):
        _read_lot(genealogy, positions, line, row)
    for line, row in _rows(folder, "events.csv", EVENT_COLUMNS, genealogy):
        _read_event(genealogy, events, line, row)
    happenings: Happenings = {}
    if any(problem.line <= 1 for problem in genealogy.problems):  # where a whole file is missing, every link would say so again
        next(_rows(folder, "links.csv", LINK_COLUMNS, genealogy), None)
    else:
        _read_links(folder, genealogy, positions, events, happenings)
    genealogy.events = len(events)
    genealogy.happenings = _in_order(list(happenings.values()))
    return genealogy


def _read_links(
    folder: Path, genealogy: Genealogy, positions: dict[str, int], events: dict[str, tuple[str, int]], happenings: Happenings
) -> None:
    """Most rows are a further link of an event, with nothing in them that was not read before; the others are looked at closely."""
    for line, row in _rows(folder, "links.csv", LINK_COLUMNS, genealogy):
        parent, child, quantity, event, at = row
        happening = happenings.get((event, _moments.get(at) or 0))
        parent_position, child_position, micro = positions.get(parent), positions.get(child), _micros.get(quantity)
        if happening is None or parent_position is None or child_position is None or micro is None:
            _read_link(genealogy, positions, events, happenings, line, row)
        else:
            happening.links.append(LinkRow(parent_position, child_position, micro))
    genealogy.links += sum(len(happening.links) for happening in happenings.values())


def _rows(folder: Path, name: str, columns: tuple[str, ...], genealogy: Genealogy) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows of one file with their line numbers, cut to ``columns`` in that order whatever the order in the file."""
    path = folder / name
    if not path.is_file():
        genealogy.problems.append(RowProblem(name, 0, "file_missing", str(path)))
        return
    try:
        yield from _rows_of(path, name, columns, genealogy)
    except UnreadableTable:
        genealogy.problems.append(RowProblem(name, 0, "encoding_unknown", ""))
    except csv.Error as error:
        genealogy.problems.append(RowProblem(name, 0, "not_csv", str(error)))


def _rows_of(path: Path, name: str, columns: tuple[str, ...], genealogy: Genealogy) -> Iterator[tuple[int, tuple[str, ...]]]:
    with path.open(encoding=find_encoding(path), newline="") as handle:
        reader = csv.reader(handle)
        header = [cell.strip().lower() for cell in next(reader, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            genealogy.problems.append(RowProblem(name, 1, "column_missing", ", ".join(missing)))
            return
        pick, width, problems = itemgetter(*(header.index(column) for column in columns)), len(header), genealogy.problems
        for row in reader:
            if len(row) >= width:
                picked = pick(row)
                if picked[0].strip() or any(map(str.strip, row)):  # a spreadsheet may leave rows of nothing but commas
                    yield reader.line_num, picked
            elif any(map(str.strip, row)):
                problems.append(RowProblem(name, reader.line_num, "row_short", ",".join(row)))
            if problems and len(problems) >= PROBLEMS_SHOWN:
                return


def _read_lot(genealogy: Genealogy, positions: dict[str, int], line: int, row: tuple[str, ...]) -> None:
    code, item, kind, quantity, unit, created_at, partner = map(str.strip, row)
    problem = None
    if not code or not item:
        problem = "code_blank"
    elif "\0" in "".join(row):
        problem = "character_bad"
    elif code in positions:
        problem = "lot_twice"
    elif kind not in ITEM_KINDS:
        problem = "kind_unknown"
    at_us, micro = _moment(created_at), _micro(quantity, genealogy)
    if problem or at_us is None or micro is None:
        detail = code if problem else created_at if at_us is None else quantity
        genealogy.problems.append(RowProblem("lots.csv", line, problem or ("time_bad" if at_us is None else "quantity_bad"), detail))
        genealogy.unread.add(code)
        return
    positions[code] = len(genealogy.lots)
    genealogy.lots.append(LotRow(LotRef(item, code), kind, micro, unit or "pcs", at_us, partner))


def _read_event(genealogy: Genealogy, events: dict[str, tuple[str, int]], line: int, row: tuple[str, ...]) -> None:
    event, type_, at = map(str.strip, row)
    at_us = _moment(at)
    problem = None
    if not event:
        problem = "code_blank"
    elif "\0" in event:
        problem = "character_bad"
    elif event in events:
        problem = "event_twice"
    elif type_ not in EVENT_TYPES:
        problem = "type_unknown"
    elif at_us is None:
        problem = "time_bad"
    if problem or at_us is None:
        detail = {"type_unknown": type_, "time_bad": at}.get(problem or "", event)
        genealogy.problems.append(RowProblem("events.csv", line, problem or "time_bad", detail))
        genealogy.unread.add(event)
        return
    events[event] = (type_, at_us)


def _read_link(
    genealogy: Genealogy,
    positions: dict[str, int],
    events: dict[str, tuple[str, int]],
    happenings: Happenings,
    line: int,
    row: tuple[str, ...],
) -> None:
    parent, child, quantity, event, at = row
    known = events.get(event.strip())
    micro = _micro(quantity, genealogy)
    at_us = _moment(at) if at.strip() else known and known[1]
    child_position = positions.get(child.strip(), -1)
    parent_position = positions.get(parent.strip(), -1)
    received = not parent.strip() and known is not None and known[0] == "receive"
    problem = None
    if known is None:
        problem = ("event_unknown", event)
    elif child_position < 0:
        problem = ("lot_unknown", child)
    elif parent_position < 0 and not received:
        problem = ("lot_unknown", parent)
    elif micro is None:
        problem = ("quantity_bad", quantity)
    elif at_us is None:
        problem = ("time_bad", at)
    if problem or known is None or micro is None or at_us is None:
        code, detail = problem or ("row_short", "")
        if not (code in UNKNOWN and detail.strip() in genealogy.unread):  # its own row is named already
            genealogy.problems.append(RowProblem("links.csv", line, code, detail))
        return
    if received:
        genealogy.links += 1
        return  # a raw lot comes from its partner, which lots.csv names
    key = (event.strip(), at_us)
    happening = happenings.get(key)
    if happening is None:
        happening = happenings[key] = Happening(key[0], known[0], at_us)
    happening.links.append(LinkRow(parent_position, child_position, micro))


# Texts that were read lately, and what they mean. Rows share their moments and quantities with many others.
_moments: dict[str, int | None] = {}
_micros: dict[str, int] = {}
_MOST_TEXTS = 100_000


def _moment(text: str) -> int | None:
    """Microseconds, or None."""
    if text in _moments:
        return _moments[text]
    try:
        at_us = to_micros(parse_instant(text))
    except BadInstant:
        at_us = None
    if len(_moments) > _MOST_TEXTS:
        _moments.clear()
    _moments[text] = at_us
    return at_us


def _micro(text: str, genealogy: Genealogy) -> int | None:
    """Micro units above zero, or None. More than six decimals are floats of another system: rounded, and counted."""
    if text in _micros:
        return _micros[text]
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) < 13:
        micro = int(plain) * MICRO
        if micro and len(_micros) < _MOST_TEXTS:
            _micros[text] = micro
        return micro or None
    try:
        exact = Decimal(plain) * MICRO
    except InvalidOperation:
        return None
    if not exact.is_finite():
        return None
    micro = int(exact.to_integral_value(ROUND_HALF_EVEN))
    genealogy.rounded += micro != exact
    return micro if 0 < micro <= LARGEST else None


def _in_order(happenings: list[Happening]) -> list[Happening]:
    """By time; at the same moment, what makes a lot comes before what uses it."""
    happenings.sort(key=lambda happening: happening.at_us)
    ordered: list[Happening] = []
    begin = 0
    while begin < len(happenings):
        end = begin + 1
        while end < len(happenings) and happenings[end].at_us == happenings[begin].at_us:
            end += 1
        same = happenings[begin:end]
        ordered += same if len(same) == 1 else _makers_first(same)
        begin = end
    return ordered


def _makers_first(same: list[Happening]) -> list[Happening]:
    """Happenings of one moment in the order in which material flows; a loop among them keeps the order of the file."""
    makers: dict[int, list[int]] = defaultdict(list)
    for position, happening in enumerate(same):
        for child in {link.child for link in happening.links}:
            makers[child].append(position)
    users: dict[int, set[int]] = defaultdict(set)
    waits = [0] * len(same)
    for position, happening in enumerate(same):
        for parent in {link.parent for link in happening.links}:
            for maker in makers.get(parent, ()):
                if maker != position and position not in users[maker]:
                    users[maker].add(position)
                    waits[position] += 1
    ready = [position for position, count in enumerate(waits) if not count]
    order: list[int] = []
    for position in ready:
        order.append(position)
        for user in sorted(users[position]):
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    placed = set(order)
    return [same[position] for position in [*order, *(p for p in range(len(same)) if p not in placed)]]
