"""What goods keep that only change their lot: no split, merge or packing renews an expiry or washes off a concession."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lotline.core.facts import Birth, Disposition
from lotline.core.instant import from_micros
from lotline.core.ledger import Refused
from tests.core.ledger_of_memory import DAY, Ledger, m, ref

REPACKING = ("split", "merge", "pack", "unpack")


def days(number: float):
    return DAY + timedelta(days=number)


def receive(ledger: Ledger, code: str, until: float | None = None, item: str = "KG", hour: float = 0) -> None:
    births = (Birth(ref(code, item), days(until)),) if until is not None else ()
    ledger.post("receive", m(code, 10, "S", "A", item=item), births=births, hour=hour)


def goes(source: str, target: str, strand: int = 0, item: str = "KG"):
    """One unit of a lot becomes one of another."""
    return m(source, 1, "A", "PROCESS", strand, item), m(target, 1, "PROCESS", "A", strand, item)


def expiry(ledger: Ledger, code: str, item: str = "KG"):
    until = ledger.book.lots[ref(code, item)].expires_at_us
    return None if until is None else from_micros(until)


def status(ledger: Ledger, code: str, item: str = "KG") -> Disposition:
    return ledger.book.lots[ref(code, item)].status


def decide(ledger: Ledger, code: str, disposition: Disposition, item: str = "KG", hour: float = 0) -> None:
    ledger.post("inspect", subjects=(ref(code, item),), disposition=disposition, hour=hour)


# ---- how long ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REPACKING)
def test_a_lot_lasts_no_longer_than_the_goods_that_come_into_it(kind):
    ledger = Ledger()
    receive(ledger, "1", 9)
    receive(ledger, "2", 5)
    receive(ledger, "3")

    ledger.post(kind, *(m(code, 1, "A", "PROCESS") for code in "123"), m("4", 3, "PROCESS", "A"))

    assert expiry(ledger, "4") == days(5)


def test_splitting_again_and_again_does_not_renew_the_shelf_life():
    ledger = Ledger()
    receive(ledger, "1", item="FRESH")
    ledger.post("split", *goes("1", "2", item="FRESH"), hour=24)
    ledger.post("split", *goes("2", "3", item="FRESH"), hour=48)

    assert expiry(ledger, "3", "FRESH") == days(3)
    assert ledger.refusal("ship", m("3", 1, "A", "K", item="FRESH"), hour=72) == ["lot_expired"]


def test_each_strand_has_its_own_goods():
    ledger = Ledger()
    receive(ledger, "1", 9)
    receive(ledger, "2", 5)

    ledger.post("split", *goes("1", "3", 1), *goes("2", "4", 2))

    assert (expiry(ledger, "3"), expiry(ledger, "4")) == (days(9), days(5))


def test_the_shelf_life_of_the_item_counts_where_nothing_that_goes_in_expires():
    ledger = Ledger()
    receive(ledger, "1", item="FRESH")
    ledger.book.lots[ref("1", "FRESH")].expires_at_us = None  # made before its item had a shelf life

    ledger.post("split", *goes("1", "2", item="FRESH"), hour=24)

    assert expiry(ledger, "2", "FRESH") == days(4)


def test_goods_of_another_item_and_a_transformation_have_a_life_of_their_own():
    ledger = Ledger()
    receive(ledger, "1", 2)
    receive(ledger, "1", 2, item="FRESH")

    ledger.post("pack", m("1", 1, "A", "PROCESS"), m("2", 1, "PROCESS", "A", item="FRESH"))
    ledger.post("transform", *goes("1", "3", item="FRESH"))

    assert (expiry(ledger, "2", "FRESH"), expiry(ledger, "3", "FRESH")) == (days(3), days(3))


def test_an_expiry_may_be_stated_that_is_not_later():
    ledger = Ledger()
    receive(ledger, "1", 5)

    ledger.post("split", *goes("1", "2"), births=(Birth(ref("2"), days(4)),))
    ledger.post("split", *goes("1", "3"), births=(Birth(ref("3"), days(5)),))

    assert (expiry(ledger, "2"), expiry(ledger, "3")) == (days(4), days(5))


def test_an_expiry_that_is_stated_later_is_refused_with_both_of_them():
    ledger = Ledger()
    receive(ledger, "1", 5)

    with pytest.raises(Refused) as refused:
        ledger.post("split", *goes("1", "2"), births=(Birth(ref("2"), days(6)),))

    (problem,) = refused.value.problems
    assert problem.code == "outlives_source"
    expected = {"lot": "2", "item": "KG", "source": "1", "known": "2026-03-07T08:00:00.000000Z", "said": "2026-03-08T08:00:00.000000Z"}
    assert problem.params == expected


@pytest.mark.parametrize("until", [9, None])
def test_goods_do_not_come_into_a_lot_that_lasts_longer_than_they_do(until):
    ledger = Ledger()
    receive(ledger, "1", 5)
    receive(ledger, "2", until)

    assert ledger.refusal("merge", *goes("1", "2")) == ["outlives_source"]


def test_goods_come_into_a_lot_that_expires_before_them():
    ledger = Ledger()
    receive(ledger, "1", 5)
    receive(ledger, "2", 4)
    receive(ledger, "3")

    ledger.post("merge", *goes("1", "2"))
    ledger.post("merge", *goes("3", "2"))
    ledger.post("split", m("2", 2, "A", "PROCESS"), m("2", 2, "PROCESS", "B"))

    assert expiry(ledger, "2") == days(4)


def test_who_signs_may_state_a_later_expiry_and_put_goods_into_a_lot_that_lasts_longer():
    ledger = Ledger()
    receive(ledger, "1", 5)
    receive(ledger, "2", 9)

    ledger.post("merge", *goes("1", "2"), override_reason="tested again")
    ledger.post("split", *goes("1", "3"), births=(Birth(ref("3"), days(7)),), override_reason="tested again")
    ledger.post("split", *goes("1", "4"), override_reason="tested again")

    assert [expiry(ledger, code) for code in "234"] == [days(9), days(7), days(5)]


def test_lots_that_are_born_of_each_other_in_one_fact_last_as_long_as_the_shortest():
    ledger = Ledger()
    receive(ledger, "1", 5)
    gap = [m(code, 1, "VARIANCE", "A") for code in "234"]

    ledger.post("merge", *gap, *goes("2", "3", 1), *goes("3", "4", 2), *goes("4", "2", 3), *goes("1", "2", 4))

    assert [expiry(ledger, code) for code in "234"] == [days(5)] * 3


def test_a_lot_that_begins_its_shelf_life_in_the_fact_hands_it_on():
    """Lot 1 never expires, so lot 3 is new; lot 4 is made of it and of lot 2, which lasts longer than that."""
    ledger = Ledger()
    receive(ledger, "1", item="FRESH")
    ledger.book.lots[ref("1", "FRESH")].expires_at_us = None
    receive(ledger, "2", 9, item="FRESH")

    ledger.post(
        "merge", m("3", 1, "VARIANCE", "A", item="FRESH"), *goes("3", "4", 1, "FRESH"), *goes("2", "4", 1, "FRESH"), *goes("1", "3", 2, "FRESH")
    )  # fmt: skip

    assert (expiry(ledger, "3", "FRESH"), expiry(ledger, "4", "FRESH")) == (days(3), days(3))


# ---- how free ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REPACKING)
def test_a_concession_goes_with_the_goods(kind):
    ledger = Ledger()
    receive(ledger, "1")
    receive(ledger, "2")
    decide(ledger, "1", Disposition.CONCESSION)

    ledger.post(kind, *(m(code, 1, "A", "PROCESS") for code in "12"), m("3", 2, "PROCESS", "A"))

    assert (status(ledger, "3"), ledger.book.lots[ref("3")].first) == (Disposition.CONCESSION, Disposition.CONCESSION)


def test_what_has_to_be_released_is_still_pending_after_it_was_split():
    ledger = Ledger()
    receive(ledger, "1", item="QA")
    decide(ledger, "1", Disposition.CONCESSION, item="QA")

    ledger.post("split", *goes("1", "2", item="QA"))

    assert status(ledger, "2", "QA") is Disposition.PENDING


@pytest.mark.parametrize("disposition", [Disposition.REJECTED, Disposition.PENDING])
def test_what_is_split_under_a_signature_stays_what_it_was(disposition):
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", disposition)

    ledger.post("split", *goes("1", "2"), override_reason="sorted")

    assert status(ledger, "2") is disposition


@pytest.mark.parametrize(("place", "expected"), [("", Disposition.PENDING), ("SITE", Disposition.PENDING), ("B", Disposition.RELEASED)])
def test_what_is_on_hold_where_it_is_taken_waits_for_a_decision_in_its_new_lot(place, expected):
    ledger = Ledger()
    receive(ledger, "1")
    ledger.post("hold", subjects=(ref("1"),), hold_place=place)

    ledger.post("split", *goes("1", "2"), override_reason="sorted")

    assert status(ledger, "2") is expected


def test_a_concession_that_was_lifted_since_counts_for_a_split_of_its_time():
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", Disposition.CONCESSION, hour=1)
    decide(ledger, "1", Disposition.RELEASED, hour=3)

    ledger.post("split", *goes("1", "2"), hour=2)
    ledger.post("split", *goes("1", "3"), hour=4)

    assert (status(ledger, "2"), status(ledger, "3")) == (Disposition.CONCESSION, Disposition.RELEASED)


def test_of_two_blocks_the_worse_goes_with_the_goods_whichever_counts_now():
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", Disposition.REJECTED, hour=6)
    decide(ledger, "1", Disposition.RELEASED, hour=12)
    decide(ledger, "1", Disposition.PENDING, hour=5)

    ledger.post("split", *goes("1", "2"), hour=7, override_reason="sorted")

    assert (status(ledger, "1"), status(ledger, "2")) == (Disposition.PENDING, Disposition.REJECTED)


def test_goods_under_a_concession_do_not_come_into_a_released_lot():
    ledger = Ledger()
    receive(ledger, "1")
    receive(ledger, "2")
    decide(ledger, "1", Disposition.CONCESSION)

    with pytest.raises(Refused) as refused:
        ledger.post("merge", *goes("1", "2"))

    (problem,) = refused.value.problems
    assert (problem.code, problem.params) == ("freer_than_source", {"lot": "2", "item": "KG", "source": "1"})


def test_they_come_into_one_that_is_under_a_concession_too_or_waits_or_under_a_signature():
    ledger = Ledger()
    for code in "1234":
        receive(ledger, code)
    decide(ledger, "1", Disposition.CONCESSION)
    decide(ledger, "2", Disposition.CONCESSION)
    decide(ledger, "3", Disposition.PENDING)

    ledger.post("merge", *goes("1", "2"))
    ledger.post("merge", *goes("1", "3"))
    ledger.post("merge", *goes("1", "4"), override_reason="agreed")

    assert [status(ledger, code) for code in "234"] == [Disposition.CONCESSION, Disposition.PENDING, Disposition.RELEASED]


def test_a_release_that_outlived_the_birth_of_a_lot_does_not_free_what_comes_into_it_now():
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", Disposition.CONCESSION)
    first = ledger.post("receive", m("2", 1, "S", "A"))
    decide(ledger, "2", Disposition.RELEASED)
    ledger.reverse(first)

    assert ledger.refusal("split", *goes("1", "2")) == ["freer_than_source"]


def test_when_a_decision_is_taken_back_the_lot_is_as_it_was_born():
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", Disposition.CONCESSION)
    ledger.post("split", *goes("1", "2"))
    released = ledger.post("inspect", subjects=(ref("2"),), disposition=Disposition.RELEASED)
    assert status(ledger, "2") is Disposition.RELEASED

    ledger.reverse(released)

    assert status(ledger, "2") is Disposition.CONCESSION


def test_lots_that_are_born_of_each_other_in_one_fact_are_as_bad_as_the_worst():
    ledger = Ledger()
    receive(ledger, "1")
    decide(ledger, "1", Disposition.CONCESSION)
    gap = [m(code, 1, "VARIANCE", "A") for code in "234"]

    ledger.post("merge", *gap, *goes("2", "3", 1), *goes("3", "4", 2), *goes("4", "2", 3), *goes("1", "2", 4))

    assert [status(ledger, code) for code in "234"] == [Disposition.CONCESSION] * 3
