"""A carry that is written late, or taken back: what lay in the container then, and what happened to it since (docs/adr/0032)."""

from __future__ import annotations

import pytest

from lotline.core.facts import Carry
from lotline.core.ledger import Moment, PostingRow, Refused
from tests.core.ledger_of_memory import Ledger, m, ref


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "BOX"), m("2", 10, "S", "A"))
    return ledger


def carry(container: str, source: str, target: str) -> tuple[Carry, ...]:
    return (Carry(container, source, target),)


def refusal_of_reversal(ledger: Ledger, entry) -> list[dict[str, str]]:
    with pytest.raises(Refused) as refused:
        ledger.reverse(entry)
    return [{"code": problem.code} | dict(problem.params) for problem in refused.value.problems]


# --- what lay in it then ------------------------------------------------------------------------------------------------------


def test_what_was_taken_out_since_was_packed_by_a_late_packing(ledger):
    ledger.post("hold", subjects=(ref("1"),), hour=1)
    ledger.post("unload", m("1", 10, "BOX", "A"), hour=5)

    assert ledger.refusal("pack", carries=carry("BOX", "A", "PALLET"), hour=3) == ["lot_on_hold"]


def test_what_was_put_in_since_was_not_handed_out_by_a_late_packing(ledger):
    ledger.post("hold", subjects=(ref("2"),), hour=1)
    ledger.post("load", m("2", 10, "A", "BOX"), hour=5)

    ledger.post("pack", carries=carry("BOX", "A", "PALLET"), hour=3)

    assert ledger.parent("BOX") == "PALLET"


def test_what_lay_in_a_container_within_it_then_counts(ledger):
    ledger.post("hold", subjects=(ref("1"),))
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=2)
    ledger.post("unload", carries=carry("BOX", "PALLET", "A"), hour=5)

    assert ledger.refusal("pack", carries=carry("PALLET", "A", "B"), hour=3) == ["lot_on_hold"]


def test_what_came_in_a_container_into_it_since_does_not_count(ledger):
    ledger.post("hold", subjects=(ref("1"),))
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=5)

    ledger.post("pack", carries=carry("PALLET", "A", "B"), hour=3)

    assert ledger.parent("PALLET") == "B"


def test_what_was_put_in_and_taken_back_never_lay_in_it(ledger):
    ledger.post("hold", subjects=(ref("2"),))
    ledger.reverse(ledger.post("load", m("2", 10, "A", "BOX"), hour=2))

    ledger.post("pack", carries=carry("BOX", "A", "PALLET"), hour=3)

    assert ledger.parent("BOX") == "PALLET"


def test_what_was_put_in_at_the_moment_of_the_carry_and_before_it_rides_along(ledger):
    ledger.post("hold", subjects=(ref("2"),))
    ledger.post("load", m("2", 1, "A", "BOX"), hour=3)

    assert ledger.refusal("ship", carries=carry("BOX", "A", "K"), hour=3) == ["lot_on_hold"]


def test_taking_back_a_return_hands_the_goods_out_again(ledger):
    ledger.post("ship", carries=carry("BOX", "A", "K"), hour=1)
    back = ledger.post("return", carries=carry("BOX", "K", "A"), hour=2)
    ledger.post("hold", subjects=(ref("1"),), hour=3)

    assert [problem["code"] for problem in refusal_of_reversal(ledger, back)] == ["lot_on_hold"]


def test_goods_are_not_handed_out_by_putting_them_late_into_what_was_shipped_since(ledger):
    ledger.post("hold", subjects=(ref("2"),), hour=1)
    ledger.post("ship", carries=carry("BOX", "A", "K"), hour=5)

    assert ledger.refusal("load", m("2", 1, "A", "BOX"), hour=3) == ["lot_on_hold"]


def test_a_container_is_not_handed_out_by_putting_it_late_into_what_was_shipped_since(ledger):
    ledger.post("hold", subjects=(ref("1"),), hour=1)
    ledger.post("ship", carries=carry("PALLET", "A", "K"), hour=5)

    assert ledger.refusal("load", carries=carry("BOX", "A", "PALLET"), hour=3) == ["lot_on_hold"]


def test_goods_are_not_handed_out_by_taking_back_that_they_were_unloaded(ledger):
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=1)
    out = ledger.post("unload", carries=carry("BOX", "PALLET", "A"), hour=2)
    ledger.post("hold", subjects=(ref("1"),), hour=3)
    ledger.post("ship", carries=carry("PALLET", "A", "K"), hour=5)

    assert [problem["code"] for problem in refusal_of_reversal(ledger, out)] == ["lot_on_hold"]


# --- what happened since ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        ("move", m("1", 4, "BOX", "A")),
        ("load", m("2", 4, "A", "BOX")),
    ],
)
def test_a_late_shipment_does_not_pull_away_a_container_that_was_used_here_since(ledger, use):
    kind, move = use
    ledger.post(kind, move, hour=5)

    with pytest.raises(Refused) as refused:
        ledger.post("ship", carries=carry("BOX", "A", "K"), hour=3)

    (problem,) = refused.value.problems
    assert (problem.code, problem.params) == ("container_used_later", {"place": "BOX", "fact": "2", "target": "K"})


def test_a_late_way_within_the_plant_is_written_though_the_container_was_used_since(ledger):
    ledger.post("move", m("1", 4, "BOX", "A"), hour=5)
    ledger.post("move", carries=carry("BOX", "A", "B"), hour=3)

    assert ledger.parent("BOX") == "B"


def test_a_use_that_was_taken_back_does_not_stand_in_the_way_of_a_late_shipment(ledger):
    ledger.reverse(ledger.post("move", m("1", 4, "BOX", "A"), hour=5))
    ledger.post("ship", carries=carry("BOX", "A", "K"), hour=3)

    assert ledger.parent("BOX") == "K"


def test_a_use_before_a_late_shipment_does_not_stand_in_its_way(ledger):
    ledger.post("move", m("1", 4, "BOX", "A"), hour=3)
    ledger.post("move", m("2", 4, "A", "B"), hour=5)
    ledger.post("ship", carries=carry("BOX", "A", "K"), hour=3)

    assert ledger.parent("BOX") == "K"


@pytest.mark.parametrize("hour", [2, 6])
def test_what_was_loaded_or_unloaded_since_is_a_use_of_the_container(ledger, hour):
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=2)
    ledger.post("unload", carries=carry("BOX", "PALLET", "A"), hour=6)

    assert ledger.refusal("ship", carries=carry("PALLET", "A", "K"), hour=hour - 1) == ["container_used_later"]


def test_a_use_of_a_container_within_is_a_use_of_the_one_that_is_carried(ledger):
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=2)
    ledger.post("unload", m("1", 4, "BOX", "A"), hour=6)

    assert ledger.refusal("ship", carries=carry("PALLET", "A", "K"), hour=3) == ["container_used_later"]


def test_a_shipment_is_not_taken_back_after_something_was_returned_out_of_it(ledger):
    shipped = ledger.post("ship", carries=carry("BOX", "A", "K"), hour=1)
    ledger.post("return", m("1", 4, "BOX", "A"), hour=2)

    assert refusal_of_reversal(ledger, shipped) == [{"code": "container_used_later", "place": "BOX", "fact": "3", "target": "A"}]


def test_a_shipment_is_taken_back_after_the_return_was(ledger):
    shipped = ledger.post("ship", carries=carry("BOX", "A", "K"), hour=1)
    ledger.reverse(ledger.post("return", m("1", 4, "BOX", "A"), hour=2))

    ledger.reverse(shipped)

    assert ledger.parent("BOX") == "A"


def test_a_use_of_the_same_moment_that_was_written_before_the_carry_does_not_stand_in_the_way_of_its_reversal(ledger):
    ledger.post("move", m("1", 4, "BOX", "A"), hour=1)
    ledger.reverse(ledger.post("ship", carries=carry("BOX", "A", "K"), hour=1))

    assert ledger.parent("BOX") == "A"


def test_a_use_of_the_same_moment_that_was_written_after_the_carry_does(ledger):
    shipped = ledger.post("ship", carries=carry("BOX", "A", "K"), hour=1)
    ledger.post("return", m("1", 4, "BOX", "A"), hour=1)

    assert [problem["code"] for problem in refusal_of_reversal(ledger, shipped)] == ["container_used_later"]


# --- ways and circles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "source", "target"), [("load", "A", "PALLET"), ("move", "A", "PALLET")])
def test_a_container_is_not_put_into_one_at_a_customers_as_if_that_were_here(ledger, kind, source, target):
    ledger.post("ship", carries=carry("PALLET", "A", "K"), hour=1)

    assert ledger.refusal(kind, carries=carry("BOX", source, target), hour=2) == ["way_not_allowed"]


def test_a_container_that_goes_into_one_at_a_customers_is_shipped_and_comes_out_as_a_return(ledger):
    ledger.post("ship", carries=carry("PALLET", "A", "K"), hour=1)
    ledger.post("ship", carries=carry("BOX", "A", "PALLET"), hour=2)
    ledger.post("return", carries=carry("BOX", "PALLET", "A"), hour=3)

    assert ledger.parent("BOX") == "A"


def test_a_late_load_makes_no_circle_within_a_moment(ledger):
    ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=2)
    ledger.post("unload", carries=carry("BOX", "PALLET", "A"), hour=2)

    assert ledger.refusal("load", carries=carry("PALLET", "A", "BOX"), hour=1) == ["container_in_itself"]


# --- what it costs ------------------------------------------------------------------------------------------------------------


def looks_at_moments(uses: int, monkeypatch) -> int:
    """How often a late carry asks a posting for its moment, where the container was used so often since."""
    ledger = Ledger()
    ledger.post("receive", m("1", 500, "S", "BOX"))
    for number in range(uses):
        ledger.post("unload", m("1", 1, "BOX", "A"), hour=5 + number / 60)
    asked = 0

    def moment(row: PostingRow) -> Moment:
        nonlocal asked
        asked += 1
        return Moment(row.at_us, row.seq)

    with monkeypatch.context() as counting:
        counting.setattr(PostingRow, "moment", property(moment))
        ledger.post("load", carries=carry("BOX", "A", "PALLET"), hour=3)
    return asked


def test_a_late_carry_reads_each_later_use_a_few_times_however_many_there_are(monkeypatch):
    few, many = looks_at_moments(20, monkeypatch), looks_at_moments(80, monkeypatch)

    assert 0 < many <= 5 * few
