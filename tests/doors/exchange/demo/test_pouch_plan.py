"""The plan alone, without a database: its calendar, that it is the same every time, that it holds what it promises."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest

from lotline.core.canonical import canonical_bytes, sha256_hex
from lotline.core.facts import Disposition, FactKind, FactSource, draft_content
from lotline.doors.exchange.demo.building import build_plan
from lotline.doors.exchange.demo.calendar import ANCHOR, PERIOD, last_day_for, period_of
from lotline.doors.exchange.demo.plan import Plan, Step
from lotline.doors.exchange.epcis.identifiers import check_digit

TODAY = ANCHOR + timedelta(days=6)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(period_of(today=TODAY, weeks=26))


@pytest.fixture(scope="module")
def steps(plan: Plan) -> list[Step]:
    return plan.finished_steps()


def digest(steps: list[Step]) -> str:
    return sha256_hex(canonical_bytes([[draft_content(step.draft), step.by, step.reverses] for step in steps]))


# --- calendar ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 19), date(2026, 11, 18)),
        (date(2027, 2, 10), date(2026, 11, 18)),
        (date(2027, 2, 11), date(2027, 2, 10)),
        (date(2026, 11, 18), date(2026, 8, 26)),
    ],
)
def test_records_end_on_a_day_before_today_that_stays_for_twelve_weeks(today, last):
    assert last_day_for(today) == last


def test_records_always_end_on_the_weekday_of_the_story():
    days = [last_day_for(ANCHOR + timedelta(days=n)) for n in range(-400, 400, 13)]

    assert {day.weekday() for day in days} == {ANCHOR.weekday()}
    assert all(timedelta(0) < ANCHOR + timedelta(days=n) - day <= PERIOD for n, day in zip(range(-400, 400, 13), days, strict=True))


# --- the same every time ----------------------------------------------------------------------------------------------


def test_two_plans_of_one_period_are_equal_to_the_byte(steps):
    again = build_plan(period_of(today=TODAY + timedelta(days=30), weeks=26)).finished_steps()

    assert digest(again) == digest(steps)


def test_another_period_tells_the_same_story_on_other_dates(steps):
    later = build_plan(period_of(today=TODAY + PERIOD, weeks=26)).finished_steps()

    assert digest(later) != digest(steps)
    assert [key(step, PERIOD) for step in steps if is_story(step)] == [key(step) for step in later if is_story(step)]


def is_story(step: Step) -> bool:
    return step.draft.equipment == "2 号杀菌釜" and step.draft.data.get("alarms") == 3


def key(step: Step, later: timedelta = timedelta(0)) -> tuple[object, ...]:
    return step.draft.happened_at + later, [move.quantity for move in step.draft.moves], step.draft.measurements


# --- what it holds ----------------------------------------------------------------------------------------------------


def test_every_kind_of_fact_but_unload_occurs_and_nine_in_ten_are_scanned_or_measured(steps):
    kinds = {step.draft.kind for step in steps}
    captured = sum(step.draft.source in (FactSource.SCAN, FactSource.DEVICE) for step in steps)

    assert kinds == set(FactKind) - {FactKind.UNLOAD}
    assert captured > 0.9 * len(steps)


def test_keys_are_unique_and_time_never_runs_back(steps):
    keys = [step.draft.key for step in steps]
    moments = [step.draft.happened_at for step in steps]

    assert len(set(keys)) == len(keys)
    assert moments == sorted(moments)


def test_pallets_carry_valid_sscc_and_the_complaint_lot_is_on_the_painted_numbers_of_the_story(plan, steps):
    names = {spec.code: spec.name for spec in plan.pallet_places()}
    packed = [step.draft for step in steps if step.draft.kind is FactKind.PACK and step.draft.moves[0].lot.code == "FG-261117-A03"]

    assert all(len(code) == 18 and check_digit(code[:-1]) == code[-1] for code in names)
    assert [names[draft.moves[0].target] for draft in packed] == ["PL-2281", "PL-2282", "PL-2283", "PL-2284"]
    assert sum(draft.moves[0].quantity for draft in packed) == 4_740_000_000


def test_an_unrecorded_reel_change_leaves_both_reels_possible(steps):
    uncertain = [[m for m in step.draft.moves if not m.certain] for step in steps]
    changes = [moves for moves in uncertain if moves]

    assert len(changes) == 3
    assert all(len({move.lot.code for move in moves}) == 2 and len({move.lot.item for move in moves}) == 1 for moves in changes)


def test_blocked_lots_are_used_only_under_a_signed_override_or_concession(steps):
    overrides = [step for step in steps if step.draft.override_reason]
    concessions = [step for step in steps if step.draft.disposition is Disposition.CONCESSION]

    assert len(overrides) == len(concessions) == 2
    assert all(step.by and step.draft.reason for step in (*overrides, *concessions))


def test_one_code_for_two_items_and_one_suppliers_number_from_two_suppliers_or_in_two_receipts_occur_once_each(steps):
    items, suppliers, lots = defaultdict(set), defaultdict(set), defaultdict(set)
    for step in steps:
        for birth in step.draft.births:
            items[birth.lot.code].add(birth.lot.item)
            suppliers[birth.supplier_lot].add(birth.supplier)
            lots[birth.supplier_lot].add(birth.lot)

    assert [len(found) for found in items.values() if len(found) > 1] == [2]
    assert [code for code, found in suppliers.items() if len(found) > 1] == ["20261103-A"]
    assert sorted(code for code, found in lots.items() if len(found) > 1) == ["20261103-A", "HD-20261109-07"]


def test_short_periods_can_be_planned_too():
    for weeks in (1, 2, 5):
        assert build_plan(period_of(today=TODAY, weeks=weeks)).finished_steps()
