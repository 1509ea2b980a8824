"""Random small histories, backdated facts and equal moments included: the set-based walk finds what a naive replay finds."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lotline.core.facts import FactKind, Move
from lotline.core.quantity import MICRO
from lotline.records.genealogy.closure import To, reach
from lotline.records.genealogy.recall import recall_set
from lotline.records.genealogy.trace import bounds_of
from lotline.records.journal.actions import Receipt
from lotline.records.places.actions import create_plant, ensure_places
from tests.records.genealogy.conftest import PLACES, Factory, minute, ref

LOTS = [f"WIP-{number}" for number in range(6)]
names = itertools.count()
EXAMPLES = int(os.environ.get("LOTLINE_EXAMPLES", "25"))


@dataclass(frozen=True)
class Operation:
    """``sides``: (lot, strand, certain) of the inputs and of the outputs."""

    at: int
    inputs: tuple[tuple[str, int, bool], ...]
    outputs: tuple[tuple[str, int, bool], ...]
    taken_back: bool = False


@dataclass
class History:
    """What was written: operations in journal order, the moment at which each was recorded, and when it was taken back."""

    operations: list[Operation]
    taken_back: dict[int, int] = field(default_factory=dict)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    sides = []
    for strand in range(draw(st.sampled_from([1, 1, 1, 2]))):
        ends = st.lists(st.tuples(st.sampled_from(LOTS), st.sampled_from([True, True, True, False])), min_size=1, max_size=2)
        sides.append([[(lot, strand, certain) for lot, certain in draw(ends)] for _ in range(2)])
    inputs = tuple(end for side in sides for end in side[0])
    outputs = tuple(end for side in sides for end in side[1])
    return Operation(draw(st.integers(1, 6)), inputs, outputs, draw(st.sampled_from([False, False, False, True])))


def write(factory: Factory, wanted: list[Operation]) -> History:
    for lot in LOTS:
        factory.receive(lot, 1000, at=0, now=minute(100))
    receipts: list[Receipt] = []
    for number, operation in enumerate(wanted):
        moves = [Move(ref(lot), MICRO, "A-1", "PROCESS", strand, certain) for lot, strand, certain in operation.inputs]
        moves += [Move(ref(lot), MICRO, "PROCESS", "A-1", strand, certain) for lot, strand, certain in operation.outputs]
        receipts.append(factory.write(FactKind.TRANSFORM, moves, at=operation.at, now=minute(101 + number)))
    history = History(wanted)
    for number, operation in enumerate(wanted):
        if operation.taken_back:
            recorded = 101 + len(wanted) + number
            factory.reverse(receipts[number], now=minute(recorded))
            history.taken_back[number] = recorded
    return history


def naive_reach(history: History, start: str, to: To, as_of: int, known_at: int) -> dict[str, bool]:
    """Replay what was known: forwards, each lot remembers how surely it holds something of the start by now; backwards likewise."""
    standing = [
        (operation.at, number, operation)
        for number, operation in enumerate(history.operations)
        if operation.at <= as_of and 101 + number <= known_at and history.taken_back.get(number, 10**6) > known_at
    ]
    surety: dict[str, int] = {start: 2}
    for _at, _number, operation in sorted(standing, key=lambda entry: entry[:2], reverse=to is To.SOURCES):
        near, far = (operation.inputs, operation.outputs) if to is To.DESTINATIONS else (operation.outputs, operation.inputs)
        strands: dict[int, int] = {}
        for lot, strand, certain in near:
            if lot in surety:
                strands[strand] = max(strands.get(strand, 0), 2 if certain and surety[lot] == 2 else 1)
        if to is To.DESTINATIONS:  # whichever of several alternatives it was, it held something of the start
            for strand in strands:
                alternatives = [lot for lot, its, certain in near if its == strand and not certain]
                if len(alternatives) > 1 and all(surety.get(lot) == 2 for lot in alternatives):
                    strands[strand] = 2
        for lot, strand, certain in far:
            if strand in strands and lot != start:
                surety[lot] = max(surety.get(lot, 0), 2 if certain and strands[strand] == 2 else 1)
    return {lot: sure == 2 for lot, sure in surety.items() if lot != start}


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(operations(), min_size=1, max_size=9), st.sampled_from(LOTS), st.integers(1, 7), st.integers(100, 125))
def test_a_trace_finds_what_a_naive_replay_finds(db: None, wanted: list[Operation], start: str, as_of: int, known_at: int):
    factory = Factory(create_plant(code=f"N{next(names)}", name="Naive"))
    ensure_places(plant=factory.plant, specs=PLACES)
    history = write(factory, wanted)
    lot = factory.lot(start)

    for moment, known in ((as_of, known_at), (None, None)):
        bounds = bounds_of(
            plant=factory.plant,
            as_of=None if moment is None else minute(moment),
            known_at=None if known is None else minute(known),
        )
        for to in To:
            found = {reached.code: reached.certain for reached in reach(starts=[lot], to=to, bounds=bounds).lots.values()}
            assert found == naive_reach(history, start, to, moment or 10**5, known or 10**5), (to, moment, known)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(operations(), min_size=1, max_size=9), st.sampled_from(LOTS), st.integers(1, 7))
def test_shares_are_conserved_lie_within_their_bounds_and_the_set_closes(db: None, wanted: list[Operation], start: str, as_of: int):
    factory = Factory(create_plant(code=f"N{next(names)}", name="Naive"))
    ensure_places(plant=factory.plant, specs=PLACES)
    write(factory, wanted)

    for moment in (None, minute(as_of)):
        with recall_set(plant=factory.plant, starts=factory.start(start), as_of=moment) as recall:
            (shares,) = recall.shares().values()
            reached, closes = recall.closure.lots, recall.mass_balance().closes
        assert sum(amount.expected for amount in shares.left.values()) + shares.overdrawn + shares.lost == shares.total
        assert all(amount.minimum <= amount.expected <= amount.maximum <= shares.total for amount in shares.entered.values())
        assert {lot for lot, amount in shares.entered.items() if amount.maximum} == reached.keys()
        assert all(reached[lot].certain for lot, amount in shares.entered.items() if amount.minimum)
        assert closes
