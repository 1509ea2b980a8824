"""The readings as they are stored, row by row and in words of the facts (codes, not keys), for comparing with a replay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from lotline.core.instant import format_instant, to_micros
from lotline.records.catalog.models import Lot, LotOrigin
from lotline.records.journal.models import Balance, Head, Hold
from lotline.records.places.choices import PlaceKind
from lotline.records.places.models import Place, Plant

Row: TypeAlias = tuple[str, ...]
Stored: TypeAlias = Iterator[tuple[Row, tuple[Any, ...]]]
CHUNK = 5000


def live_rows(plant: Plant, table: str) -> Stored:
    """(codes, values) of every stored row of one reading: lot, balance, hold, origin, place (containers) or head."""
    return _READERS[table](plant)


def _lots(plant: Plant) -> Stored:
    fields = ("item__code", "code", "id", "born_at", "expires_at", "batch", "status", "decided_at_us", "moved_at_us", "fills")
    for item, code, key, born, expires, *rest in Lot.objects.for_plant(plant).values_list(*fields).iterator(CHUNK):
        yield (item, code), (str(key), to_micros(born), to_micros(expires) if expires else None, *rest)


def _balances(plant: Plant) -> Stored:
    fields = ("lot__item__code", "lot__code", "place__code", "quantity")
    for item, code, place, quantity in Balance.objects.for_plant(plant).values_list(*fields).iterator(CHUNK):
        yield (item, code, place), (quantity,)


def _holds(plant: Plant) -> Stored:
    fields = (
        "lot__item__code", "lot__code", "opened_by_id", "place__code", "opened_at_us", "closed_by_id", "closed_at_us", "reason",
    )  # fmt: skip
    for item, code, by, place, opened, closed_by, closed, reason in Hold.objects.for_plant(plant).values_list(*fields).iterator(CHUNK):
        yield (item, code, str(by)), (place or "", opened, str(closed_by or ""), closed, reason)


def _origins(plant: Plant) -> Stored:
    fields = ("lot__item__code", "lot__code", "supplier_lot__supplier__code", "supplier_lot__code", "fact_id")
    for item, code, supplier, number, fact in LotOrigin.objects.for_plant(plant).values_list(*fields).iterator(CHUNK):
        yield (item, code, supplier, number, str(fact)), ()


def _containers(plant: Plant) -> Stored:
    containers = Place.objects.for_plant(plant).filter(kind=PlaceKind.CONTAINER)
    yield from (((code,), (parent,)) for code, parent in containers.values_list("code", "parent__code").iterator(CHUNK))


def _head(plant: Plant) -> Stored:
    for seq, hash_, recorded in Head.objects.for_plant(plant).values_list("seq", "hash", "recorded_at"):
        yield (plant.code,), (seq, hash_, format_instant(recorded) if recorded else None)


_READERS = {"lot": _lots, "balance": _balances, "hold": _holds, "origin": _origins, "place": _containers, "head": _head}
