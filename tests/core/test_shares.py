"""Quantity-true shares: exact where nothing is uncertain, honest bounds where something is, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from lotline.core.layers import LAYERS_LIMIT, Amount, Content, filled
from lotline.core.shares import CONSUMED, PRODUCED, Flow, Shares, group_facts, share_out

SUPPLIER, STORE, PROCESS, CUSTOMER, SCRAP = "supplier", "store", "process", "customer", "scrap"


def receive(lot: str, quantity: int) -> list[Flow]:
    return [Flow(lot, SUPPLIER, STORE, quantity)]


def ship(lot: str, quantity: int) -> list[Flow]:
    return [Flow(lot, STORE, CUSTOMER, quantity)]


def make(
    inputs: dict[str, int], outputs: dict[str, int], *, possible: Sequence[str] = (), units: dict[str, str] | None = None
) -> list[Flow]:
    flows = [Flow(lot, STORE, PROCESS, quantity, CONSUMED, 0, lot not in possible) for lot, quantity in inputs.items()]
    units = units or {}
    return flows + [
        Flow(lot, PROCESS, STORE, quantity, PRODUCED, 0, lot not in possible, unit=units.get(lot, "")) for lot, quantity in outputs.items()
    ]


def shares_of(*facts: list[Flow], start: str = "S") -> Shares:
    return share_out(facts, starts={start}, sources={SUPPLIER})


def exactly(quantity: int) -> Amount:
    return Amount(quantity, quantity, quantity)


def everything(shares: Shares) -> int:
    return sum(amount.expected for amount in shares.left.values()) + shares.overdrawn + shares.lost


def test_one_operation_divides_the_start_among_its_outputs_by_quantity_and_exactly():
    shares = shares_of(receive("S", 100), make({"S": 90, "X": 30}, {"A": 40, "B": 80}))

    assert shares.total == 100
    assert shares.entered == {"A": exactly(30), "B": exactly(60)}
    assert shares.left == {("S", STORE): exactly(10), ("A", STORE): exactly(30), ("B", STORE): exactly(60)}


def test_thirds_of_an_indivisible_amount_still_add_up():
    shares = shares_of(receive("S", 100), make({"S": 100}, {"A": 1, "B": 1, "C": 1}))

    assert sorted(amount.expected for amount in shares.entered.values()) == [33, 33, 34]
    assert all(amount.exact for amount in shares.entered.values())


def test_a_homogeneous_lot_stays_exact_however_often_it_is_drawn():
    draws = [make({"MIX": 7}, {f"P{n}": 7}) for n in range(10)]

    shares = shares_of(receive("S", 30), make({"S": 30, "X": 70}, {"MIX": 100}), *draws)

    assert shares.entered["MIX"] == exactly(30)
    assert all(amount.exact for amount in shares.entered.values())
    assert everything(shares) == 30


def test_a_topped_up_tank_opens_an_interval_between_the_least_and_the_most_concentrated_layer():
    shares = shares_of(
        receive("T", 60),
        receive("S", 40),
        make({"S": 40}, {"T": 40}),
        make({"T": 50}, {"A": 50}),
        make({"T": 50}, {"B": 50}),
    )

    assert shares.entered["A"] == Amount(20, 0, 40)
    assert shares.entered["B"] == Amount(20, 0, 40)


def test_a_draw_larger_than_the_clean_part_has_a_minimum_above_zero():
    shares = shares_of(receive("T", 60), receive("S", 40), make({"S": 40}, {"T": 40}), make({"T": 75}, {"A": 75}))

    assert shares.entered["A"] == Amount(30, 15, 40)
    assert shares.left["T", STORE] == Amount(10, 0, 25)


def test_topping_up_with_the_same_concentration_keeps_a_tank_exact():
    half = [make({"S": 10, "X": 10}, {"T": 20}) for _ in range(2)]

    shares = shares_of(receive("S", 20), *half, make({"T": 10}, {"A": 10}))

    assert shares.entered["A"] == exactly(5)


def test_an_emptied_tank_that_is_refilled_starts_clean():
    shares = shares_of(
        receive("S", 40),
        make({"S": 40}, {"T": 40}),
        make({"T": 40}, {"A": 40}),
        make({"X": 50}, {"T": 50}),
        make({"T": 50}, {"B": 50}),
    )

    assert shares.entered["A"] == exactly(40)
    assert "B" not in shares.entered


def test_what_was_drawn_before_the_material_came_holds_none_of_it():
    shares = shares_of(receive("T", 60), make({"T": 20}, {"EARLY": 20}), receive("S", 40), make({"S": 40}, {"T": 40}))

    assert "EARLY" not in shares.entered


def test_either_of_two_reels_may_have_given_nothing_or_everything():
    shares = shares_of(receive("S", 100), receive("R", 100), make({"S": 30, "R": 30}, {"A": 60}, possible=["S", "R"]))

    assert shares.entered["A"] == Amount(30, 0, 60)


def test_a_reel_of_which_the_other_is_not_recorded_may_have_given_nothing():
    shares = shares_of(receive("S", 100), make({"S": 30, "X": 30}, {"A": 60}, possible=["S"]))

    assert shares.entered["A"] == Amount(30, 0, 30)


def test_two_alternatives_that_are_both_start_material_are_certain_together():
    flows = [Flow("S", STORE, PROCESS, 30, CONSUMED, 0, certain=False), Flow("S2", STORE, PROCESS, 30, CONSUMED, 0, certain=False)]
    facts = [receive("S", 30), receive("S2", 30), [*flows, Flow("A", PROCESS, STORE, 60, PRODUCED)]]

    shares = share_out(facts, starts={"S", "S2"}, sources={SUPPLIER})

    assert shares.entered["A"] == exactly(60)


def test_uncertain_outputs_may_hold_all_or_nothing_of_their_alternatives():
    shares = shares_of(receive("S", 40), make({"S": 40}, {"A": 10, "B": 10, "C": 20}, possible=["A", "B"]))

    assert shares.entered == {"A": Amount(10, 0, 20), "B": Amount(10, 0, 20), "C": exactly(20)}


def test_products_counted_in_unlike_units_get_bounds_instead_of_a_pretended_share():
    shares = shares_of(receive("S", 40), make({"S": 40}, {"A": 30, "W": 10}, units={"A": "pcs", "W": "kg"}))

    assert shares.entered["A"] == Amount(30, 0, 40)


def test_strands_of_one_fact_keep_their_material_apart():
    fact = [
        Flow("S", STORE, PROCESS, 1, CONSUMED, 0), Flow("A", PROCESS, STORE, 1, PRODUCED, 0),
        Flow("X", STORE, PROCESS, 1, CONSUMED, 1), Flow("B", PROCESS, STORE, 1, PRODUCED, 1),
    ]  # fmt: skip

    shares = shares_of(receive("S", 1), fact)

    assert shares.entered == {"A": exactly(1)}


def test_rework_that_goes_in_a_circle_counts_once_and_nothing_is_lost():
    shares = shares_of(
        receive("S", 10),
        make({"S": 10}, {"A": 10}),
        make({"A": 10}, {"REWORK": 10}),
        make({"REWORK": 10}, {"A": 10}),
        ship("A", 4),
    )

    assert shares.entered["A"] == exactly(10)
    assert shares.left == {("A", STORE): exactly(6), ("A", CUSTOMER): exactly(4)}


def test_a_batch_that_goes_in_and_comes_out_of_an_operation_gains_only_what_was_added():
    shares = shares_of(
        receive("S", 10), receive("BATCH", 90), make({"S": 10, "BATCH": 90}, {"BATCH": 100}), make({"BATCH": 100}, {"BATCH": 98})
    )

    assert shares.entered["BATCH"] == exactly(10)
    assert shares.left["BATCH", STORE].expected == 10


def test_material_that_comes_back_to_the_start_lot_is_not_counted_twice():
    shares = shares_of(receive("S", 10), make({"S": 5, "X": 5}, {"A": 10}), make({"A": 10}, {"S": 10}))

    assert shares.total == 15
    assert shares.left == {("S", STORE): exactly(15)}


def test_scrap_of_an_operation_takes_its_share():
    fact = [Flow("S", STORE, PROCESS, 10, CONSUMED), Flow("A", PROCESS, STORE, 9, PRODUCED), Flow("A", PROCESS, SCRAP, 1, PRODUCED)]

    shares = shares_of(receive("S", 10), fact)

    assert shares.left == {("A", STORE): exactly(9), ("A", SCRAP): exactly(1)}


def test_a_return_brings_back_what_the_customer_had():
    shares = shares_of(
        receive("S", 10), make({"S": 10}, {"A": 10}), ship("A", 6), [Flow("A", CUSTOMER, STORE, 2)], make({"A": 6}, {"B": 6})
    )

    assert shares.left == {("A", CUSTOMER): exactly(4), ("B", STORE): exactly(6)}


def test_postings_of_one_fact_are_taken_in_the_order_that_works():
    fact = [Flow("A", STORE, "pallet", 10), *make({"S": 10}, {"A": 10})]

    shares = shares_of(receive("S", 10), fact)

    assert shares.left == {("A", "pallet"): exactly(10)}


def test_what_left_before_it_came_in_by_the_books_is_named_as_overdrawn():
    shares = shares_of(receive("S", 10), ship("A", 4), make({"S": 10}, {"A": 10}))

    assert (shares.overdrawn, shares.left["A", STORE]) == (4, exactly(6))
    assert everything(shares) == shares.total


def test_a_trace_of_the_start_too_small_for_a_micro_unit_is_still_there():
    shares = shares_of(receive("S", 1), make({"S": 1, "X": 10**6}, {"A": 5 * 10**6}), make({"A": 3}, {"B": 3}))

    assert shares.entered["B"] == Amount(0, 0, 1)


def test_a_tank_that_is_never_emptied_keeps_a_bounded_number_of_layers():
    tank = Content()
    for fill in range(1, 500):
        tank.pour(filled(1000, Amount(fill, fill, fill)))
        tank.draw(900)

    assert len(tank.layers) <= LAYERS_LIMIT
    amount = tank.amount()
    assert amount.minimum <= amount.expected <= amount.maximum <= 500 * 100


def test_facts_are_told_apart_by_moment_and_order():
    flow = Flow("S", SUPPLIER, STORE, 1)

    assert [len(fact) for fact in group_facts([(1, 1, flow), (1, 1, flow), (1, 2, flow), (2, 3, flow)])] == [2, 1, 1]


# ---- against particles ------------------------------------------------------------------------------------------------------------

LOTS = ["S", "X", "T", "A", "B"]


@st.composite
def histories(draw: st.DrawFn) -> list[list[Flow]]:
    """Facts that keep law 2, with whole units."""
    stock = dict.fromkeys(LOTS, 0)
    facts = []
    for _ in range(draw(st.integers(1, 14))):
        there = [lot for lot in LOTS if stock[lot]]
        kind = draw(st.sampled_from(["receive", "make", "make", "ship"])) if there else "receive"
        if kind == "receive":
            lot = draw(st.sampled_from(LOTS))
            quantity = draw(st.integers(1, 12))
            stock[lot] += quantity
            facts.append(receive(lot, quantity))
        elif kind == "ship":
            lot = draw(st.sampled_from(there))
            quantity = draw(st.integers(1, stock[lot]))
            stock[lot] -= quantity
            facts.append(ship(lot, quantity))
        else:
            inputs = {
                lot: draw(st.integers(1, stock[lot])) for lot in draw(st.lists(st.sampled_from(there), min_size=1, max_size=2, unique=True))
            }
            target = draw(st.sampled_from(LOTS[2:]))
            for lot, quantity in inputs.items():
                stock[lot] -= quantity
            stock[target] += sum(inputs.values())
            facts.append(make(inputs, {target: sum(inputs.values())}))
    return facts


@settings(max_examples=300, deadline=None)
@given(histories())
def test_expected_amounts_are_conserved_and_lie_between_their_bounds(facts: list[list[Flow]]):
    shares = shares_of(*facts)

    assert everything(shares) == shares.total
    for amount in [*shares.left.values(), *shares.entered.values()]:
        assert 0 <= amount.minimum <= amount.expected <= amount.maximum
        assert amount.maximum <= shares.total or amount in shares.left.values()


@settings(max_examples=300, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_whatever_particles_a_draw_really_takes_is_within_the_bounds(facts: list[list[Flow]], random):
    """Material as single units, 1 for start and 0 for other, drawn at random; an operation mixes perfectly (law of the model)."""
    scale = 60
    heaps: dict[str, list[list[float]]] = {lot: [] for lot in LOTS}  # unequal parts: [quantity, amount]
    for fact in facts:
        taken: list[list[float]] = []
        for flow in fact:
            if flow.role == PRODUCED:
                quantity, amount = sum(part[0] for part in taken), sum(part[1] for part in taken)
                heaps[str(flow.lot)].append([quantity, amount])
            elif flow.origin == STORE:
                left = float(flow.quantity)
                heap = heaps[str(flow.lot)]
                random.shuffle(heap)
                while left > 1e-9:
                    part = heap[-1]
                    used = min(left, part[0], max(random.random() * part[0], 1e-3))
                    share = part[1] * used / part[0]
                    part[0] -= used
                    part[1] -= share
                    left -= used
                    taken.append([used, share])
                    if part[0] < 1e-9:
                        heap.pop()
                    random.shuffle(heap)
            else:
                heaps[str(flow.lot)].append([float(flow.quantity), float(flow.quantity) if flow.lot == "S" else 0.0])

    scaled = [[flow._replace(quantity=flow.quantity * scale) for flow in fact] for fact in facts]
    shares = shares_of(*scaled)
    for lot in LOTS[1:]:
        bounds = shares.left.get((lot, STORE), Amount())
        truth = sum(part[1] for part in heaps[lot]) * scale
        slack = 2 * len(facts) + 1  # amounts are rounded to whole units at every step
        assert bounds.minimum - slack <= truth <= bounds.maximum + slack, lot


def test_a_tank_that_is_drawn_from_and_filled_in_one_fact_gives_what_was_in_it_before():
    """Two strands: one fills the tank with the start, the other draws from it. In whatever order the postings stand."""
    fact = [
        Flow("S", STORE, PROCESS, 50, CONSUMED, 1),
        Flow("tank", PROCESS, STORE, 50, PRODUCED, 1),
        Flow("tank", STORE, PROCESS, 40, CONSUMED, 2),
        Flow("batch", PROCESS, STORE, 40, PRODUCED, 2),
    ]
    for flows in (fact, fact[::-1]):
        shares = shares_of(receive("S", 50), receive("tank", 100), flows, make({"tank": 110}, {"rest": 110}))

        assert shares.entered == {"tank": exactly(50), "rest": exactly(50)}
        assert shares.overdrawn == 0
