"""Law 9: what the store keeps up to date is what the facts say. ``check_replay`` compares, ``rebuild`` writes it anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection, transaction

from lotline.core.facts import PlaceKind
from lotline.core.ledger.readings import Body, Readings
from lotline.records.journal.models import Fact, Head
from lotline.records.journal.store.live import Row, live_rows
from lotline.records.journal.store.repair import Difference, repair
from lotline.records.journal.store.sql import select
from lotline.records.places.models import Place, Plant

PAGE = 2000
TABLES = ("lot", "balance", "hold", "origin", "place", "head")
Progress: TypeAlias = Callable[[int, int], None]


def check_replay(plant: Plant, progress: Progress | None = None) -> list[Difference]:
    """Every difference between the stored readings and a replay of all facts; an empty list is the proof of law 9.

    Writers go on while the facts are read and wait only for the comparison at the end. ``progress`` gets (facts read, facts).
    """
    replay = Replay(plant, progress)
    replay.catch_up()
    with transaction.atomic():
        lock_head(plant)
        replay.catch_up()
        return list(differences(plant, replay))


def rebuild(plant: Plant, progress: Progress | None = None) -> list[Difference]:
    """Write the readings anew where they differ, and say what differed.

    A lot that no fact knows of stays, since lots are never deleted; ``check_replay`` goes on naming it.
    """
    replay = Replay(plant, progress)
    replay.catch_up()
    with transaction.atomic():
        lock_head(plant)
        replay.catch_up()
        found = list(differences(plant, replay))
        repair(plant, replay.readings, found)
    return found


class Replay:
    """A plant's facts, read page by page into fresh readings."""

    def __init__(self, plant: Plant, progress: Progress | None = None) -> None:
        self.plant = plant
        self.progress = progress
        kinds = {code: PlaceKind(kind) for code, kind in Place.objects.for_plant(plant).values_list("code", "kind")}
        self.readings = Readings(place_kinds=kinds, fetch=self._body_of)
        self.seq = 0
        self.hash = ""
        self.recorded: str | None = None

    def catch_up(self) -> None:
        """Read what was written since the last call, or everything."""
        total = Fact.objects.for_plant(self.plant).order_by("-seq").values_list("seq", flat=True).first() or 0
        while page := self._page():
            for seq, hash_, body in page:
                content = json.loads(body)
                self.readings.apply(content)
                self.seq, self.hash, self.recorded = seq, hash_, content["recorded"]
            if self.progress is not None:
                self.progress(self.seq, max(total, self.seq))

    def _page(self) -> list[Any]:
        sql = "SELECT seq, hash, body FROM journal_fact WHERE plant_id = %s AND seq > %s ORDER BY seq LIMIT %s"
        return list(select(connection, sql, [self.plant.pk, self.seq, PAGE]))

    def _body_of(self, fact_id: str) -> Body:
        body: Body = json.loads(Fact.objects.for_plant(self.plant).values_list("body", flat=True).get(pk=UUID(fact_id)))
        return body

    def rows(self, table: str) -> Iterator[tuple[Row, tuple[Any, ...]]]:
        """One of the readings, row by row as ``live_rows`` gives the stored ones."""
        if table == "lot":
            for key, lot in self.readings.lots.items():
                yield key, (lot.id, lot.born_at_us, lot.expires_at_us, lot.batch, lot.status, lot.decided_at_us, lot.moved_at_us, lot.fills)
        elif table == "balance":
            for key, lot in self.readings.lots.items():
                yield from (((*key, place), (quantity,)) for place, quantity in lot.balances.items())
        elif table == "hold":
            for key, lot in self.readings.lots.items():
                for hold in lot.holds or ():
                    values = (hold.place, hold.opened_at_us, hold.closed_by, hold.closed_at_us, hold.reason)
                    yield (*key, hold.opened_by), values
        elif table == "origin":
            yield from (((*lot, supplier, number, fact), ()) for lot, supplier, number, fact in self.readings.origins)
        elif table == "place":
            yield from (((code,), (parent,)) for code, parent in self.readings.parents().items())
        elif self.seq:
            yield (self.plant.code,), (self.seq, self.hash, self.recorded)


def differences(plant: Plant, replay: Replay) -> Iterator[Difference]:
    """Stored rows against replayed ones, table by table. A plant without facts may have an empty head or none."""
    for table in TABLES:
        expected = dict(replay.rows(table))
        for row, stored in live_rows(plant, table):
            if table == "place" and row not in expected:
                continue  # a container that was never carried stands where people put it
            if table == "head" and not replay.seq and stored == (0, "", None):
                continue
            replayed = expected.pop(row, None)
            if replayed != stored:
                yield Difference(table, row, stored, replayed)
        for row, replayed in expected.items():
            yield Difference(table, row, None, replayed)


def lock_head(plant: Plant) -> None:
    """Keep writers of this plant waiting until the transaction ends."""
    if connection.vendor == "postgresql":
        list(Head.objects.for_plant(plant).select_for_update())
