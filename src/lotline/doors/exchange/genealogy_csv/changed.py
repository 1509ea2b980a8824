"""Lots and events that were imported before: told where they were changed since, and imported anew where they were taken back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lotline.core.canonical import trusted_bytes
from lotline.core.facts import Draft, FactKind, draft_content
from lotline.doors.exchange.earlier import TakenBack, bodies_of, tell_differences
from lotline.doors.exchange.genealogy_csv.rows import PROBLEMS_SHOWN, RowProblem
from lotline.doors.exchange.tables.csv_rows import find_encoding
from lotline.records.journal.actions import sender_part
from lotline.records.places.models import Plant


def under_new_keys(batch: Sequence[Draft], taken_back: TakenBack) -> list[Draft]:
    """``batch``, where what was taken back and is wanted anew has another key."""
    chosen = taken_back.keys_for({draft.key: _says_the_same(draft) for draft in batch})
    return [replace(draft, key=chosen[draft.key]) if draft.key in chosen else draft for draft in batch]


def _says_the_same(draft: Draft) -> Callable[[str], bool]:
    def compare(body: str) -> bool:
        content = sender_part(body)
        return content == trusted_bytes({**draft_content(draft), "key": _key_of(body)})

    return compare


def changed_records(plant: Plant, folder: Path, batch: Sequence[Draft]) -> list[RowProblem]:
    """Every record of ``batch`` that was imported before and says something else now, with what differs."""
    bodies = bodies_of(plant, [draft.key for draft in batch])
    problems: list[RowProblem] = []
    for draft in batch:
        if draft.key not in bodies or len(problems) >= PROBLEMS_SHOWN:
            continue
        seq, body = bodies[draft.key]
        differences = "; ".join(tell_differences(body, draft_content(draft)))
        if differences:
            name = _named(draft)
            file = "lots.csv" if draft.kind is FactKind.RECEIVE else "events.csv"
            problems.append(RowProblem(file, _line_of(folder / file, name), "changed_since_import", f"{name}, #{seq}: {differences}"))
    return problems


def _named(draft: Draft) -> str:
    """The lot that was received, or the event."""
    if draft.kind is FactKind.RECEIVE:
        return draft.moves[0].lot.code
    if draft.kind is FactKind.SHIP:  # its document is the shipment; its key ends with the event
        return draft.key.rpartition("@")[0].rpartition("@")[2]
    return draft.document


def _line_of(file: Path, name: str) -> int:
    """The line of the row that begins with this lot or event, 0 if none does."""
    with file.open(encoding=find_encoding(file), newline="") as handle:
        reader = csv.reader(handle)
        column = {"lots.csv": "lot", "events.csv": "event_id"}[file.name]
        header = [cell.strip().lower() for cell in next(reader, [])]
        at = header.index(column)
        return next((reader.line_num for row in reader if len(row) > at and row[at].strip() == name), 0)


def _key_of(body: str) -> str:
    return str(json.loads(body)["key"])
