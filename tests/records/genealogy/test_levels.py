"""The walk by levels gives what the recursive query gives, on factories that nobody would draw: loops, top-ups, doubts, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from lotline.core.facts import Draft, FactKind, LotRef, Move
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.models import HOT_FILLS, Lot
from lotline.records.genealogy import closure
from lotline.records.genealogy.closure import Bounds, To, reach
from lotline.records.genealogy.levels import has_hot_lots
from lotline.records.journal.actions import Receipt, append
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
UNIT = 1_000_000


@pytest.fixture
def plant(db: None) -> Plant:
    ensure_items([ItemSpec("A", unit="kg")])
    return create_plant(code="P", name="Plant")


def lot(number: int) -> LotRef:
    return LotRef("A", f"L{number}")


def fill(number: int, at: int, key: str) -> Draft:
    moment = BEGIN + timedelta(minutes=at)
    move = Move(lot(number), 1000 * UNIT, "VARIANCE", "SITE")
    return Draft(kind=FactKind.RECEIVE, happened_at=moment, key=key, moves=(move,), reason="opening stock")


def random_operations(chance: Random, lots: int, count: int) -> list[Draft]:
    """Every lot has plenty of stock, so that anything may go into anything, later, earlier or at the same moment."""
    drafts = [fill(number, 0, f"fill {number}") for number in range(lots)]
    for number in range(count):
        moves = []
        for strand in range(chance.randint(1, 2)):
            sure = chance.random() < 0.8
            ins, outs = chance.sample(range(lots), chance.randint(1, 3)), chance.sample(range(lots), chance.randint(1, 2))
            moves += [Move(lot(i), UNIT, "SITE", "PROCESS", strand, sure) for i in ins]
            moves += [Move(lot(i), UNIT, "PROCESS", "SITE", strand) for i in outs]
        at = BEGIN + timedelta(minutes=chance.randint(1, count // 2))
        drafts.append(Draft(kind=FactKind.TRANSFORM, happened_at=at, key=f"operation {number}", moves=tuple(moves)))
    return drafts


def take_back(receipts: Sequence[Receipt], chance: Random) -> list[Draft]:
    chosen = chance.sample(receipts, 4)
    return [
        Draft(kind=FactKind.REVERSE, happened_at=BEGIN, key=f"reverse {i}", reverses=receipt.fact_id, reason="typed wrong")
        for i, receipt in enumerate(chosen)
    ]


def as_tuples(start: UUID, to: To, bounds: Bounds) -> set[tuple[str, bool, int, int]]:
    lots = reach(starts=[start], to=to, bounds=bounds).lots.values()
    return {(found.code, found.certain, found.at_us, found.seq) for found in lots}


@pytest.mark.parametrize("seed", range(6))
def test_levels_and_recursion_give_the_same_answer(plant: Plant, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = Random(seed)
    receipts = append(plant=plant, drafts=random_operations(chance, lots=14, count=50))
    append(plant=plant, drafts=take_back(receipts[14:], chance))
    starts = list(Lot.objects.for_plant(plant).values_list("id", flat=True))
    late = int((BEGIN + timedelta(minutes=15)).timestamp() * 1e6)
    questions = [(s, to, bounds) for s in starts for to in To for bounds in (Bounds(), Bounds(at_us=late), Bounds(seq=40))]

    recursive = [as_tuples(*question) for question in questions]
    monkeypatch.setattr(closure, "has_hot_lots", lambda _starts: True)
    by_levels = [as_tuples(*question) for question in questions]

    assert by_levels == recursive
    assert any(recursive)


def test_a_lot_that_is_topped_up_very_often_is_hot(plant: Plant) -> None:
    append(plant=plant, drafts=[fill(1, 0, "fill")])
    start = Lot.objects.for_plant(plant).values_list("id", flat=True).get()
    before = has_hot_lots([start])

    append(plant=plant, drafts=[top_up(number) for number in range(HOT_FILLS + 1)])

    assert before is False
    assert has_hot_lots([start]) is True


def test_the_last_draw_of_a_hot_tank_comes_from_all_fillings_and_the_first_from_one(plant: Plant) -> None:
    append(plant=plant, drafts=[fill(1, 0, "fill")])
    for number in range(HOT_FILLS + 1):
        append(plant=plant, drafts=[fill(1000 + number, 2 * number, f"raw {number}"), top_up(number, raw=1000 + number), draw(number)])
    ids = dict(Lot.objects.for_plant(plant).values_list("code", "id"))

    first = reach(starts=[ids["D0"]], to=To.SOURCES, bounds=Bounds())
    last = reach(starts=[ids[f"D{HOT_FILLS}"]], to=To.SOURCES, bounds=Bounds())

    assert sorted(first.codes) == ["L1000", "TANK"]
    assert len(last) == HOT_FILLS + 2


def top_up(number: int, raw: int = 1) -> Draft:
    at = BEGIN + timedelta(minutes=2 * number + 1)
    moves = (Move(lot(raw), UNIT, "SITE", "PROCESS"), Move(LotRef("A", "TANK"), UNIT, "PROCESS", "SITE"))
    return Draft(kind=FactKind.TRANSFORM, happened_at=at, key=f"top up {number}", moves=moves)


def draw(number: int) -> Draft:
    at = BEGIN + timedelta(minutes=2 * number + 2)
    moves = (Move(LotRef("A", "TANK"), UNIT, "SITE", "PROCESS"), Move(LotRef("A", f"D{number}"), UNIT, "PROCESS", "SITE"))
    return Draft(kind=FactKind.TRANSFORM, happened_at=at, key=f"draw {number}", moves=moves)
