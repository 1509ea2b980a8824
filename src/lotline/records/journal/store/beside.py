"""The rows that repeat a fact so that the database can find it, held against the fact's body."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection

from lotline.core.facts import FactKind, PlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger.readings import micros
from lotline.records.journal.choices import LotRole
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.sql import select, select_in
from lotline.records.places.models import Place, Plant

Body: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = dict[str, Counter[tuple[Any, ...]]]
Found: TypeAlias = tuple[int, str, str]

TEXTS = ("station", "equipment", "operator", "order", "operation", "document")
_BY_FACT = {
    "posting": "SELECT fact_id, plant_id, lot_id, origin_id, target_id, quantity, role, strand, certain, at_us, seq FROM journal_posting",
    "carriage": "SELECT fact_id, plant_id, container_id, origin_id, target_id, at_us, seq FROM journal_carriage",
    "subject": "SELECT fact_id, plant_id, lot_id, at_us, seq FROM journal_subject",
}


class Beside:
    """Compares pages of facts with their columns and rows. Memory: the plant's places, and one page."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        rows = Place.objects.for_plant(plant).values_list("code", "id", "kind")
        self.places = {code: (str(key), PlaceKind(kind)) for code, key, kind in rows.iterator()}

    def first_difference(self, facts: Sequence[tuple[Any, Body]], seen: Counter[str]) -> Found | None:
        """(seq, code, detail) of the first of ``facts`` (row, body) that differs; counts the rows of the good ones in ``seen``."""
        if not facts:
            return None
        taken = self._taken_back([body for _row, body in facts])
        lots = self._lots([body for _row, body in facts] + list(taken.values()))
        stored = self._stored(facts)
        for row, body in facts:
            original = taken.get(body.get("reverses", ""), body)
            if column := _column_that_differs(row, body, original):
                return body["seq"], "column_differs", column
            try:
                expected = self._expected(body, original, lots)
            except KeyError as missing:
                return body["seq"], "name_unknown", str(missing.args[0])
            for table, rows in expected.items():
                if rows != stored.get((table, body["id"]), Counter()):
                    return body["seq"], "rows_differ", f"journal_{table}"
                seen[table] += rows.total()
        return None

    def table_with_strangers(self, seen: Counter[str], last: int) -> str:
        """A table that holds rows which belong to none of the facts up to ``last``, or to none at all; nothing if all is well."""
        for table in ("posting", "carriage", "subject", "reversal"):
            sql = (
                f"SELECT COUNT(*) FROM journal_{table} WHERE plant_id = %s AND (seq <= %s OR seq >"  # noqa: S608 -- a name of ours
                " (SELECT COALESCE(MAX(seq), 0) FROM journal_fact WHERE plant_id = %s))"
            )
            ((count,),) = select(connection, sql, [self.plant.pk, last, self.plant.pk])
            if count != seen[table]:
                return f"journal_{table}"
        return ""

    # --- what the bodies say ----------------------------------------------------------------------------------------------

    def _expected(self, body: Body, original: Body, lots: Mapping[tuple[str, str], str]) -> Rows:
        names = [lots[item, code] for item, code in original.get("lots", ())]
        for item, code, key, _status, _expires in body.get("born", ()):
            if lots[item, code] != key:
                raise KeyError(code)
        at_us, seq, plant = micros(original["at"]), body["seq"], str(self.plant.pk)
        reversing = body["kind"] == FactKind.REVERSE
        postings: Counter[tuple[Any, ...]] = Counter()
        for position, quantity, source, target, strand, certain in original.get("moves", ()):
            role = LotRole.MOVE if reversing else self._role(source, target)
            ends = (self._place(target), self._place(source)) if reversing else (self._place(source), self._place(target))
            postings[plant, names[position], *ends, int(quantity), int(role), strand, certain, at_us, seq] += 1
        carriages: Counter[tuple[Any, ...]] = Counter()
        for container, source, target in original.get("carries", ()):
            ends = (self._place(target), self._place(source)) if reversing else (self._place(source), self._place(target))
            carriages[plant, self._place(container), *ends, at_us, seq] += 1
        subjects = Counter((plant, names[position], at_us, seq) for position in set(original.get("subjects", ())))
        reversals = Counter([(plant, original["id"], seq)] if reversing else [])
        return {"posting": postings, "carriage": carriages, "subject": subjects, "reversal": reversals}

    def _place(self, code: str) -> str:
        return self.places[code][0]

    def _role(self, source: str, target: str) -> LotRole:
        if self.places[target][1] is PlaceKind.PROCESS:
            return LotRole.INPUT
        return LotRole.OUTPUT if self.places[source][1] is PlaceKind.PROCESS else LotRole.MOVE

    def _taken_back(self, bodies: Iterable[Body]) -> dict[str, Body]:
        """The bodies of the facts that ``bodies`` take back, by id."""
        wanted = [UUID(body["reverses"]) for body in bodies if body["kind"] == FactKind.REVERSE]
        sql = "SELECT body FROM journal_fact WHERE plant_id = %s AND id {in}"
        found = (json.loads(row[0]) for row in select_in(connection, sql, wanted, [self.plant.pk]))
        return {body["id"]: body for body in found}

    def _lots(self, bodies: Iterable[Body]) -> dict[tuple[str, str], str]:
        """Keys of the lots that ``bodies`` name, by item and code."""
        codes = sorted({code for body in bodies for _item, code in body.get("lots", ())})
        sql = "SELECT i.code, l.code, l.id FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id WHERE l.plant_id = %s AND l.code {in}"
        return {(item, code): _text(key) for item, code, key in select_in(connection, sql, codes, [self.plant.pk])}

    # --- what is stored ---------------------------------------------------------------------------------------------------

    def _stored(self, facts: Sequence[tuple[Any, Body]]) -> dict[tuple[str, str], Counter[tuple[Any, ...]]]:
        """Rows by table and fact."""
        ids = [UUID(body["id"]) for _row, body in facts]
        stored: dict[tuple[str, str], Counter[tuple[Any, ...]]] = {}
        for table, sql in _BY_FACT.items():
            for fact, *values in select_in(connection, sql + " WHERE fact_id {in}", ids):
                row = tuple(_text(value) if isinstance(value, UUID | bytes) else value for value in values)
                stored.setdefault((table, _text(fact)), Counter())[row] += 1
        taken = [UUID(body["reverses"]) for _row, body in facts if body["kind"] == FactKind.REVERSE]
        sql = "SELECT by_id, plant_id, fact_id, seq FROM journal_reversal WHERE fact_id {in}"
        for by, plant, fact, seq in select_in(connection, sql, taken):
            stored.setdefault(("reversal", _text(by)), Counter())[_text(plant), _text(fact), seq] += 1
        return stored


def _column_that_differs(row: Any, body: Body, original: Body) -> str:
    """The first column of a fact that does not say what its body says. A reversal stands at the moment of what it takes back."""
    by = body.get("by")
    expected = {
        "id": (body["id"], _text(row[0])),
        "kind": (body["kind"], row[2]),
        "happened_at": (micros(original["at"]), to_micros(as_moment(row[3]))),
        "recorded_at": (micros(body["recorded"]), to_micros(as_moment(row[4]))),
        "key": (body["key"], row[5]),
        "source": (body["source"], row[6]),
        "actor_id": (by, _text(row[7]) if row[7] is not None else None),
    }
    for name, value in zip(TEXTS, row[8:14], strict=True):
        expected[name] = (body.get(name, ""), value)
    return next((name for name, (said, stored) in expected.items() if said != stored), "")


def _text(key: UUID | bytes) -> str:
    return str(key if isinstance(key, UUID) else UUID(bytes=bytes(key)))
