"""Carries that come in late or are taken back, as the journal keeps them: each fact in a batch of its own, so that the tables are asked."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import Carry, PlaceKind
from lotline.core.ledger import Refused
from lotline.core.ledger.state import Moment
from lotline.records.journal.models import Fact
from lotline.records.journal.store import load
from lotline.records.journal.store.driver import run_in
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Place
from tests.laws.factory import codes, draft, lot, move, received, stock, write

pytestmark = pytest.mark.django_db


def carry(container: str, source: str, target: str) -> tuple[Carry, ...]:
    return (Carry(container, source, target),)


def refusal(plant, *drafts) -> list[str]:
    """The codes with which drafts are refused; nothing of them may be stored."""
    before = Fact.objects.for_plant(plant).count(), stock(plant)
    with pytest.raises(Refused) as refused:
        write(plant, *drafts)
    assert (Fact.objects.for_plant(plant).count(), stock(plant)) == before
    return codes(refused.value.problems)


def parent(plant, container: str) -> str:
    return str(Place.objects.for_plant(plant).values_list("parent__code", flat=True).get(code=container))


def test_a_late_shipment_hands_out_what_lay_in_the_container_then(plant):
    received(plant, "1", 5, place="BOX")
    write(plant, draft("hold", subjects=(lot("1"),), hour=1), draft("unload", move("1", 5, "BOX", "A"), hour=5))
    write(plant, draft("load", carries=carry("PALLET", "A", "B"), hour=6))

    assert refusal(plant, draft("pack", carries=carry("BOX", "A", "B"), hour=3)) == ["lot_on_hold"]


def test_a_late_packing_does_not_ask_what_came_into_the_container_since(plant):
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"),), hour=1))
    write(plant, draft("load", move("1", 5, "A", "BOX"), hour=5))

    write(plant, draft("pack", carries=carry("BOX", "A", "B"), hour=3))

    assert parent(plant, "BOX") == "B"


def test_a_late_packing_asks_what_left_the_container_in_another_one(plant):
    received(plant, "1", 5, place="BOX")
    write(plant, draft("hold", subjects=(lot("1"),), hour=1))
    write(plant, draft("load", carries=carry("BOX", "A", "PALLET"), hour=2))
    write(plant, draft("unload", carries=carry("BOX", "PALLET", "A"), hour=5))

    assert refusal(plant, draft("pack", carries=carry("PALLET", "A", "B"), hour=3)) == ["lot_on_hold"]
    write(plant, draft("pack", carries=carry("PALLET", "A", "B"), hour=6))


def test_a_late_packing_asks_of_the_batch_that_it_is_written_in(plant):
    received(plant, "1", 5, place="BOX")
    out = draft("unload", move("1", 5, "BOX", "A"), hour=5)
    held = draft("hold", subjects=(lot("1"),), hour=1)

    assert refusal(plant, held, out, draft("pack", carries=carry("BOX", "A", "B"), hour=3)) == ["lot_on_hold"]


def test_taking_back_a_return_asks_what_lay_in_the_container(plant):
    received(plant, "1", 5, place="BOX")
    write(plant, draft("ship", carries=carry("BOX", "A", "K1"), hour=1))
    (back,) = write(plant, draft("return", carries=carry("BOX", "K1", "A"), hour=2))
    write(plant, draft("hold", subjects=(lot("1"),), hour=3))

    assert refusal(plant, draft("reverse", reverses=back.fact_id)) == ["lot_on_hold"]
    write(plant, draft("release", subjects=(lot("1"),), hour=4))
    # It was on hold while it would have been at the customer's; what counts is the moment at which it came there again.
    write(plant, draft("reverse", reverses=back.fact_id))
    assert parent(plant, "BOX") == "K1"


def test_a_shipment_is_not_written_before_uses_here_and_is_after_those_were_taken_back(plant):
    received(plant, "1", 5, place="BOX")
    (used,) = write(plant, draft("unload", move("1", 1, "BOX", "A"), hour=5))
    late = draft("ship", carries=carry("BOX", "A", "K1"), hour=3)

    assert refusal(plant, late) == ["container_used_later"]
    write(plant, draft("reverse", reverses=used.fact_id))
    write(plant, late)

    assert parent(plant, "BOX") == "K1"


def test_a_carry_of_another_container_into_it_is_a_use_until_it_is_taken_back(plant):
    received(plant, "1", 5, place="BOX")
    (loaded,) = write(plant, draft("load", carries=carry("BOX", "A", "PALLET"), hour=5))
    late = draft("ship", carries=carry("PALLET", "A", "K1"), hour=3)

    assert refusal(plant, late) == ["container_used_later"]
    write(plant, draft("reverse", reverses=loaded.fact_id))
    write(plant, late)

    assert (parent(plant, "BOX"), parent(plant, "PALLET")) == ("A", "K1")


def test_a_shipment_is_not_taken_back_under_a_return_out_of_the_container(plant):
    received(plant, "1", 5, place="BOX")
    (shipped,) = write(plant, draft("ship", carries=carry("BOX", "A", "K1"), hour=1))
    (returned,) = write(plant, draft("return", move("1", 2, "BOX", "A"), hour=2))

    assert refusal(plant, draft("reverse", reverses=shipped.fact_id)) == ["container_used_later"]
    write(plant, draft("reverse", reverses=returned.fact_id), draft("reverse", reverses=shipped.fact_id))
    assert parent(plant, "BOX") == "A"


def test_a_way_within_a_pallet_that_was_shipped_with_an_override_is_written_late(plant):
    """What would have happened without the late fact is not judged again."""
    ensure_places(plant=plant, specs=[PlaceSpec("CRATE", PlaceKind.CONTAINER, parent="PALLET")])
    user = create_user(username="quality", password="long enough")
    grant_role(user=user, plant=plant, role=Role.QUALITY)
    received(plant, "1", 5, place="BOX")
    write(plant, draft("hold", subjects=(lot("1"),)))
    write(plant, draft("load", carries=carry("BOX", "A", "PALLET"), hour=1))
    write(plant, draft("ship", carries=carry("PALLET", "A", "K1"), hour=5, override_reason="agreed"), actor=user.pk)

    write(plant, draft("load", carries=carry("BOX", "PALLET", "CRATE"), hour=3))

    assert parent(plant, "BOX") == "CRATE"


def test_goods_that_a_hold_keeps_leave_neither_by_hand_nor_in_a_container_nor_by_a_reversal(plant):
    received(plant, "1", 5, place="B")
    (moved,) = write(plant, draft("move", move("1", 5, "B", "BOX"), hour=1))
    write(plant, draft("hold", subjects=(lot("1"),), hold_place="A", hour=2))

    assert refusal(plant, draft("unload", move("1", 1, "BOX", "B"), hour=3)) == ["hold_keeps_lot_here"]
    assert refusal(plant, draft("move", carries=carry("BOX", "A", "B"), hour=3)) == ["hold_keeps_lot_here"]
    assert refusal(plant, draft("reverse", reverses=moved.fact_id)) == ["hold_keeps_lot_here"]

    write(plant, draft("hold", subjects=(lot("1"),), hold_place="B", hour=3))
    write(plant, draft("move", carries=carry("BOX", "A", "B"), hour=4), draft("unload", move("1", 1, "BOX", "B"), hour=5))
    assert stock(plant) == {("1", "BOX"): 4, ("1", "B"): 1}


def test_a_hold_at_a_warehouse_keeps_what_stands_in_it_and_lets_it_move_about(plant):
    received(plant, "1", 5, place="BOX")
    write(plant, draft("hold", subjects=(lot("1"),), hold_place="W", hour=2))
    write(plant, draft("unload", move("1", 2, "BOX", "A"), hour=3), draft("move", carries=carry("BOX", "A", "W"), hour=3))

    assert refusal(plant, draft("move", carries=carry("BOX", "W", "B"), hour=4)) == ["hold_keeps_lot_here"]


def test_somebody_with_the_right_signs_that_kept_goods_leave(plant):
    people = {role: create_user(username=role, password="long enough") for role in (Role.QUALITY, Role.OPERATOR)}
    for role, user in people.items():
        grant_role(user=user, plant=plant, role=role)
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"),), hold_place="A", hour=1))
    away = draft("move", move("1", 5, "A", "B"), hour=2, override_reason="the cold store failed")

    with pytest.raises(Refused) as refused:
        write(plant, away, actor=people[Role.OPERATOR].pk)
    assert codes(refused.value.problems) == ["override_not_allowed"]
    write(plant, away, actor=people[Role.QUALITY].pk)
    assert stock(plant) == {("1", "B"): 5}


# --- what it costs --------------------------------------------------------------------------------------------------------------


def statements(plant, *drafts) -> int:
    with CaptureQueriesContext(connection) as captured:
        write(plant, *drafts)
    return len(captured)


def test_a_carry_in_its_time_asks_no_more_of_a_container_with_a_long_history(plant):
    received(plant, "1", 200, place="BOX")
    first = statements(plant, draft("move", carries=carry("BOX", "A", "B"), hour=1))
    for hour in range(2, 20, 2):
        write(plant, draft("unload", move("1", 1, "BOX", "A"), hour=hour), draft("move", carries=carry("BOX", "B", "A"), hour=hour))
        write(plant, draft("load", move("1", 1, "A", "BOX"), hour=hour + 1), draft("move", carries=carry("BOX", "A", "B"), hour=hour + 1))

    write(plant, draft("move", carries=carry("BOX", "B", "A"), hour=29))

    again = statements(plant, draft("move", carries=carry("BOX", "A", "B"), hour=30))

    assert again == first


def plan_of(sql: str, values: Iterable[object], params: list[object]) -> str:
    """How the engine would find these rows in large tables."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
            return "\n".join(str(row[0]) for row in run_in(connection, "EXPLAIN " + sql, [*values], params))
        return "\n".join(str(row[3]) for row in run_in(connection, "EXPLAIN QUERY PLAN " + sql, [*values], params))


def fill_boxes(plant, count: int) -> None:
    """Boxes with a history, and the engine told of it: of nearly empty tables, any plan is as good as another."""
    boxes = [f"BOX-{number}" for number in range(count)]
    ensure_places(plant=plant, specs=[PlaceSpec(box, PlaceKind.CONTAINER, parent="A") for box in boxes])
    drafts = []
    for number, box in enumerate(boxes):
        drafts.append(draft("receive", move(f"L{number}", 9, "S1", box), hour=0))
        for hour in range(1, 7, 2):
            drafts += [
                draft("unload", move(f"L{number}", 1, box, "A"), hour=hour),
                draft("move", carries=carry(box, "A", "B"), hour=hour),
                draft("move", carries=carry(box, "B", "A"), hour=hour + 1),
            ]
    write(plant, *drafts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_indexes_serve_what_is_asked_of_the_ends_of_a_container(plant):
    fill_boxes(plant, 60)
    loader = load.Loader(connection, plant.pk)
    box = loader.places_by_code(["BOX-7"])["BOX-7"].id

    plans = {
        "posting_into_box": plan_of(load._TOUCHING + "t.target_id {in}", [box], [loader.plant_id, 0]),
        "posting_out_of_box": plan_of(load._TOUCHING + "t.origin_id {in}", [box], [loader.plant_id, 0]),
        "carriage_into": plan_of(load._INNER[1], [box], [loader.plant_id, 0]),
        "carriage_out_of": plan_of(load._INNER[2], [box], [loader.plant_id, 0]),
    }
    last_use = plan_of(load._LAST_USE, [box], [loader.plant_id])

    for index, plan in plans.items():
        assert index in plan, plan
    for index in (*plans, "carriage_by_container"):
        assert index in last_use, last_use


def test_what_the_tables_say_of_a_container_since_a_moment_leaves_out_what_was_taken_back(plant):
    received(plant, "1", 5, place="BOX", hour=0)
    (taken,) = write(plant, draft("unload", move("1", 1, "BOX", "A"), hour=2))
    write(plant, draft("unload", move("1", 2, "BOX", "A"), hour=3), draft("reverse", reverses=taken.fact_id))
    loader = load.Loader(connection, plant.pk)
    box = loader.place(loader.places_by_code(["BOX"])["BOX"].id)

    rows = sorted(loader.touching([box.id], Moment(0)), key=lambda row: row.moment)

    assert [row.quantity // 1_000_000 for row in rows] == [5, 2]
    assert [row.quantity // 1_000_000 for row in loader.touching([box.id], Moment(rows[0].at_us))] == [2]
    assert box.used_at_us == max(row.at_us for row in rows)
