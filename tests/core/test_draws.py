"""Law 2 between the halves of a fact: what it moves and consumes was there before what it produces."""

from __future__ import annotations

import pytest

from lotline.core.ledger import Refused
from tests.core.ledger_of_memory import m

# Lot 1 becomes lot 2, and lot 2 becomes lot 3: two strands of one fact.
CHAIN = (m("1", 4, "A", "PROCESS", 1), m("2", 4, "PROCESS", "B", 1), m("2", 4, "B", "PROCESS", 2), m("3", 4, "PROCESS", "B", 2))


def test_a_strand_draws_nothing_that_another_strand_of_the_fact_makes(ledger):
    with pytest.raises(Refused) as refused:
        ledger.post("transform", *CHAIN)

    (problem,) = refused.value.problems
    assert problem.code == "draws_own_output"
    assert problem.params == {"lot": "2", "item": "KG", "place": "B", "available": "0", "wanted": "4"}


def test_written_as_two_facts_of_one_moment_the_same_is_taken(ledger):
    ledger.post("transform", *CHAIN[:2])
    ledger.post("transform", *CHAIN[2:])

    assert ledger.stock() == {("1", "A"): 6, ("3", "B"): 4}


def test_a_strand_that_makes_what_it_consumes_makes_nothing_of_nothing(ledger):
    moves = (m("2", 10, "PROCESS", "A"), m("2", 10, "A", "PROCESS"))

    assert ledger.refusal("transform", *moves) == ["draws_own_output"]


def test_what_was_made_is_not_moved_on_in_the_same_fact(ledger):
    assert ledger.refusal("pack", m("1", 4, "A", "PROCESS"), m("2", 4, "PROCESS", "A"), m("2", 4, "A", "BOX")) == ["draws_own_output"]


def test_what_a_partner_works_on_was_there_before_too(ledger):
    ledger.post("move", m("1", 10, "A", "SUB"))
    moves = (m("1", 4, "SUB", "PROCESS", 1), m("2", 4, "PROCESS", "SUB", 1), m("2", 4, "SUB", "PROCESS", 2), m("3", 4, "PROCESS", "SUB", 2))

    assert ledger.refusal("transform", *moves) == ["draws_own_output"]


def test_rework_of_what_is_there_is_taken_and_so_is_a_gap_that_is_explained(ledger):
    ledger.post("transform", m("1", 10, "PROCESS", "A"), m("1", 10, "A", "PROCESS"))
    ledger.post("transform", m("2", 5, "PROCESS", "A"), m("2", 5, "A", "PROCESS"), m("2", 5, "VARIANCE", "A"))

    assert ledger.stock() == {("1", "A"): 10, ("2", "A"): 5}


def test_a_late_fact_draws_what_was_there_at_its_moment(ledger):
    ledger.post("receive", m("2", 4, "S", "B"), hour=5)

    assert ledger.refusal("transform", *CHAIN, hour=4) == ["draws_own_output"]


def test_a_late_fact_that_adds_something_in_the_end_is_looked_at_before_it_does(ledger):
    ledger.post("receive", m("2", 4, "S", "B"), hour=5)
    moves = (m("1", 9, "A", "PROCESS", 1), m("2", 9, "PROCESS", "B", 1), m("2", 4, "B", "PROCESS", 2), m("3", 4, "PROCESS", "B", 2))

    assert ledger.refusal("transform", *moves, hour=4) == ["draws_own_output"]


def test_a_late_fact_leaves_what_a_later_one_draws_before_it_gives_it_back(ledger):
    reworked = ledger.post("transform", m("1", 10, "A", "PROCESS"), m("1", 10, "PROCESS", "A"), hour=5)
    ledger.post("receive", m("1", 1, "S", "A"), hour=6)

    with pytest.raises(Refused) as refused:
        ledger.post("move", m("1", 1, "A", "B"), hour=4)

    (problem,) = refused.value.problems
    assert (problem.code, problem.params["fact"], problem.params["available"]) == ("past_below_zero", str(reworked.seq), "0")


def test_a_reversal_leaves_what_a_later_fact_draws_before_it_gives_it_back(ledger):
    receipt = ledger.post("receive", m("2", 5, "S", "A"))
    rework = ledger.post("transform", m("2", 5, "A", "PROCESS"), m("2", 5, "PROCESS", "A"))
    ledger.post("receive", m("2", 5, "S", "A"), hour=1)

    with pytest.raises(Refused, match="past_below_zero"):
        ledger.reverse(receipt)
    ledger.reverse(rework)
    ledger.reverse(receipt)

    assert ledger.stock() == {("1", "A"): 10, ("2", "A"): 5}


def test_a_reversed_rework_leaves_no_dent_between_its_halves(ledger):
    ledger.reverse(ledger.post("transform", m("1", 10, "A", "PROCESS"), m("1", 10, "PROCESS", "A"), hour=5))

    ledger.post("move", m("1", 6, "A", "B"), hour=4)

    assert ledger.stock() == {("1", "A"): 4, ("1", "B"): 6}


def test_lots_that_are_put_back_have_what_late_facts_said_put_back_too(ledger):
    """What a rehearsal refused is as if it had not been tried."""
    ledger.post("receive", m("1", 1, "S", "A"), hour=9)
    ledger.post("move", m("1", 1, "A", "B"), hour=5)
    before = {ref: lot.copy() for ref, lot in ledger.book.lots.items()}
    tried = ledger.post("receive", m("1", 9, "S", "A"), hour=6)
    ledger.book.put_back(before)
    ledger.entries.remove(tried)

    ledger.post("move", m("1", 9, "A", "BOX"), hour=4)

    assert ledger.stock() == {("1", "A"): 1, ("1", "B"): 1, ("1", "BOX"): 9}
