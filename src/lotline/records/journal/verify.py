"""Laws 5 and 10 from the inside: is every fact what was written, in its place, and do the rows beside it say what it says?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import connection

from lotline.core.canonical import NotCanonical, sha256_hex, trusted_bytes
from lotline.records.journal.models import Head
from lotline.records.journal.store.beside import Beside
from lotline.records.journal.store.sql import select
from lotline.records.places.models import Plant

PAGE = 900
Progress: TypeAlias = Callable[[int, int], None]

_FACTS = (
    "SELECT id, seq, kind, happened_at, recorded_at, key, source, actor_id, station, equipment, operator,"
    ' "order", operation, document, body, hash FROM journal_fact WHERE plant_id = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s'
)
BODY, HASH = 14, 15


@dataclass(frozen=True, slots=True)
class ChainFailure:
    """The first fact that fails, by its place in the plant's order. ``code`` says how (``journal.words`` has the sentence)."""

    seq: int
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """``seq`` facts were found good, the last of them with ``hash``. ``failure`` is None when those were all."""

    seq: int
    hash: str
    failure: ChainFailure | None = None

    @property
    def ok(self) -> bool:
        """Whether the whole chain holds."""
        return self.failure is None


def verify_chain(plant: Plant, progress: Progress | None = None) -> ChainReport:
    """Recompute every hash and link of a plant, and compare columns and rows with the bodies. ``progress`` gets (facts, all facts).

    Facts that are written meanwhile are left for the next time: the chain is verified up to its end at the start.
    """
    head = Head.objects.for_plant(plant).first()
    last, last_hash = (head.seq, head.hash) if head is not None else (0, "")
    walk = _Walk(plant)
    while walk.seq < last:
        page = select(connection, _FACTS, [plant.pk, walk.seq, last, PAGE])
        if failure := walk.take(page):
            return ChainReport(failure.seq - 1, walk.hash, failure)
        if progress is not None:
            progress(walk.seq, last)
    return ChainReport(walk.seq, walk.hash, walk.failure_at_end(last_hash))


class _Walk:
    """The last fact that was found good, and how many rows beside the facts were seen."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.seq, self.hash, self.recorded = 0, "", ""
        self.beside = Beside(plant)
        self.seen: Counter[str] = Counter()

    def take(self, page: Sequence[Any]) -> ChainFailure | None:
        """Check one page: each fact in the chain, then columns and rows. What fails first in the plant's order is reported."""
        if not page:
            return ChainFailure(self.seq + 1, "fact_missing")
        good: list[tuple[Any, dict[str, Any]]] = []
        in_chain: ChainFailure | None = None
        for row in page:
            body, in_chain = self._in_chain(row)
            if in_chain is not None:
                break
            good.append((row, body))
        if found := self.beside.first_difference(good, self.seen):
            seq, code, detail = found
            self.hash = next((row[HASH] for row, _body in good if row[1] == seq - 1), "" if seq == 1 else self.hash)
            return ChainFailure(seq, code, detail)
        return in_chain

    def _in_chain(self, row: Any) -> tuple[dict[str, Any], ChainFailure | None]:
        seq, text, expected = row[1], row[BODY], self.seq + 1
        if seq != expected:
            return {}, ChainFailure(expected, "fact_missing")
        if sha256_hex(text.encode()) != row[HASH]:
            return {}, ChainFailure(seq, "body_altered")
        try:
            body: dict[str, Any] = json.loads(text)
            canonical = trusted_bytes(body) == text.encode()
        except (ValueError, NotCanonical):
            canonical = False
        if not canonical:
            return {}, ChainFailure(seq, "not_canonical")
        if body.get("prev") != self.hash:
            return {}, ChainFailure(seq, "link_broken")
        if body.get("plant") != self.plant.code or body.get("seq") != seq:
            return {}, ChainFailure(seq, "out_of_place")
        if body["recorded"] < self.recorded:
            return {}, ChainFailure(seq, "clock_went_back")
        self.seq, self.hash, self.recorded = seq, row[HASH], body["recorded"]
        return body, None

    def failure_at_end(self, last_hash: str) -> ChainFailure | None:
        """What no single fact shows: an end that does not fit, facts after it, rows that no fact knows of."""
        if self.hash != last_hash:
            return ChainFailure(self.seq, "end_differs")
        sql = (
            "SELECT (SELECT COALESCE(MAX(seq), 0) FROM journal_fact WHERE plant_id = %s),"
            " (SELECT COALESCE(MAX(seq), 0) FROM journal_head WHERE plant_id = %s)"
        )
        ((newest, end),) = select(connection, sql, [self.plant.pk, self.plant.pk])
        if newest > end:
            return ChainFailure(end + 1, "after_the_end")
        if table := self.beside.table_with_strangers(self.seen, self.seq):
            return ChainFailure(self.seq, "row_without_fact", table)
        return None
