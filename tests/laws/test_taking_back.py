"""What a correction leaves behind: an order within a moment that a trace can follow, and lots that say what the right fact said."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lotline.core.facts import Birth, Disposition, LotRef
from lotline.core.ledger import Book, Refused, draws
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import StartKind, find_starts
from lotline.records.genealogy.trace import trace
from lotline.records.journal.actions import writing
from lotline.records.journal.models import Fact, Hold
from lotline.records.journal.replay import check_replay, rebuild
from lotline.records.journal.verify import verify_chain
from tests.laws.factory import DAY, codes, draft, lot, move, received, stock, write

pytestmark = pytest.mark.django_db

SOON, LATE = DAY + timedelta(days=8), DAY + timedelta(days=9)


def take_back(plant, fact):
    write(plant, draft("reverse", reverses=fact.fact_id))


def sources(plant, code: str) -> list[str]:
    starts = [start for start in find_starts(plant=plant, code=code) if start.kind is StartKind.LOT]
    return sorted(found.code for found in trace(plant=plant, starts=starts, to=To.SOURCES).lots.values())


# ---- law 2 within one moment ------------------------------------------------------------------------------------------------


def test_what_was_used_in_the_same_moment_keeps_its_first_origin_until_the_use_is_taken_back(plant):
    received(plant, "raw", 20)
    (wrong,) = write(plant, draft("transform", move("raw", 10, "A", "PROCESS"), move("mix", 10, "PROCESS", "A")))
    (use,) = write(plant, draft("transform", move("mix", 10, "A", "PROCESS"), move("pouch", 10, "PROCESS", "B")))
    write(plant, draft("transform", move("raw", 10, "A", "PROCESS"), move("mix", 10, "PROCESS", "A")))

    with pytest.raises(Refused) as refused:
        take_back(plant, wrong)

    (problem,) = refused.value.problems
    assert (problem.code, problem.params["fact"]) == ("past_below_zero", str(use.seq))
    assert sources(plant, "pouch") == ["mix", "raw"]
    take_back(plant, use)
    take_back(plant, wrong)
    write(plant, draft("transform", move("mix", 10, "A", "PROCESS"), move("pouch", 10, "PROCESS", "B")))
    assert sources(plant, "pouch") == ["mix", "raw"]
    assert stock(plant) == {("raw", "A"): 10, ("pouch", "B"): 10}


def test_facts_of_a_moment_that_were_taken_back_in_another_batch_leave_no_dent(plant):
    (wrong,) = write(plant, draft("receive", move("1", 10, "S1", "A")))
    (use,) = write(plant, draft("transform", move("1", 10, "A", "PROCESS"), move("9", 10, "PROCESS", "B")))
    write(plant, draft("receive", move("1", 10, "S1", "A")))

    write(plant, draft("reverse", reverses=use.fact_id), draft("reverse", reverses=wrong.fact_id))

    assert stock(plant) == {("1", "A"): 10}


def test_a_late_fact_is_held_against_the_facts_of_a_later_moment_one_by_one(plant):
    received(plant, "1", 10)
    write(plant, draft("move", move("1", 10, "A", "B"), hour=5), draft("receive", move("1", 10, "S1", "A"), hour=5))

    with pytest.raises(Refused, match="past_below_zero"):
        write(plant, draft("move", move("1", 3, "A", "B"), hour=2))


# ---- births -----------------------------------------------------------------------------------------------------------------


def birth(what: LotRef, **said) -> dict:
    return {"births": (Birth(what, **said),)}


def described(plant, code: str, item: str = "BEEF") -> tuple:
    found = Lot.objects.for_plant(plant).get(code=code, item__code=item)
    return found.expires_at, found.batch, found.born_at


@pytest.mark.parametrize("together", [True, False])
def test_a_wrong_expiry_and_batch_are_put_right_by_taking_the_receipt_back(plant, together):
    ref = lot("1")
    (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), hour=1, **birth(ref, expires_at=LATE, batch="b1")))
    key = Lot.objects.for_plant(plant).get().pk
    drafts = [
        draft("reverse", reverses=wrong.fact_id),
        draft("receive", move(ref, 5, "S1", "A"), hour=2, **birth(ref, expires_at=SOON, batch="b2")),
        draft("receive", move(ref, 1, "S1", "A"), hour=3, **birth(ref, expires_at=SOON, batch="b2")),
    ]

    for batch in [drafts] if together else [[one] for one in drafts]:
        write(plant, *batch)

    assert described(plant, "1") == (SOON, "b2", DAY + timedelta(hours=2))
    assert Lot.objects.for_plant(plant).get().pk == key
    bodies = [json.loads(body) for body in Fact.objects.for_plant(plant).order_by("seq").values_list("body", flat=True)]
    assert [[one[2] for one in body.get("born", ())] for body in bodies] == [[str(key)], [], [str(key)], []]


def test_a_lot_is_born_anew_in_the_middle_of_an_import(plant):
    ref = lot("1")
    (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=LATE)))
    with writing(plant=plant) as take:
        take([draft("receive", move("2", 1, "S1", "A"))])
        take([draft("reverse", reverses=wrong.fact_id)])
        take([draft("receive", move(ref, 5, "S1", "A"), hour=1, **birth(ref, expires_at=SOON))])
        take([draft("receive", move(ref, 5, "S1", "A"), hour=2, **birth(ref, expires_at=SOON))])

    assert described(plant, "1") == (SOON, "", DAY + timedelta(hours=1))


def test_shelf_life_runs_from_the_receipt_that_stands(plant):
    (wrong,) = write(plant, draft("receive", move(lot("1", "FRESH"), 5, "S1", "A"), hour=48))
    take_back(plant, wrong)

    write(plant, draft("receive", move(lot("1", "FRESH"), 5, "S1", "A")))

    assert described(plant, "1", "FRESH") == (DAY + timedelta(days=3), "", DAY)
    with pytest.raises(Refused, match="lot_expired"):
        write(plant, draft("ship", move(lot("1", "FRESH"), 5, "A", "K1"), hour=73))


def test_as_long_as_anything_of_the_lot_stands_it_keeps_its_birth(plant):
    ref = lot("1")
    (first,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=LATE)))
    write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=LATE)))
    take_back(plant, first)
    write(plant, draft("transform", move(ref, 5, "A", "PROCESS"), move("9", 5, "PROCESS", "B"), hour=1))

    with pytest.raises(Refused) as refused:
        write(plant, draft("receive", move(ref, 5, "S1", "A"), hour=2, **birth(ref, expires_at=SOON)))

    assert codes(refused.value.problems) == ["expiry_differs"]
    assert stock(plant) == {("9", "B"): 5}


def test_holds_and_decisions_outlive_the_birth_and_the_first_status_is_the_new_one(plant):
    ref = lot("1", "CHECKED")
    (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A")))
    (rejected,) = write(plant, draft("inspect", subjects=(ref,), disposition=Disposition.REJECTED, hour=1))
    write(plant, draft("hold", subjects=(ref,), hour=1))
    take_back(plant, wrong)
    Item.objects.filter(code="CHECKED").update(release_required=False)

    write(plant, draft("receive", move(ref, 5, "S1", "A")))

    assert (Lot.objects.for_plant(plant).get().status, Hold.objects.for_plant(plant).count()) == ("rejected", 1)
    take_back(plant, rejected)
    assert Lot.objects.for_plant(plant).get().status == "released"


def test_a_status_before_the_first_decision_is_that_of_the_last_birth(plant):
    ref = lot("1", "CHECKED")
    (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A")))
    take_back(plant, wrong)
    write(plant, draft("receive", move(ref, 5, "S1", "A")), draft("receive", move(ref, 1, "S1", "A")))
    write(plant, draft("inspect", subjects=(ref,), disposition=Disposition.RELEASED, hour=5))

    with pytest.raises(Refused, match="lot_pending"):
        write(plant, draft("ship", move(ref, 5, "A", "K1"), hour=4))


def test_a_birth_that_is_taken_back_too_makes_way_for_a_third(plant):
    ref = lot("1")
    for expires in (LATE, SOON):
        (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=expires)))
        take_back(plant, wrong)

    write(
        plant, draft("transform", move(received(plant, "2", 5), 5, "A", "PROCESS"), move(ref, 5, "PROCESS", "A"), **birth(ref, batch="b3"))
    )

    assert described(plant, "1") == (None, "b3", DAY)


def test_a_damaged_birth_is_put_right_from_the_facts(plant):
    ref = lot("1")
    (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=LATE, batch="b1")))
    take_back(plant, wrong)
    write(plant, draft("receive", move(ref, 5, "S1", "A"), hour=1, **birth(ref, expires_at=SOON, batch="b2")))
    Lot.objects.for_plant(plant).update(expires_at=LATE, batch="b1", born_at=DAY)

    assert [difference.table for difference in check_replay(plant)] == ["lot"]
    rebuild(plant)

    assert described(plant, "1") == (SOON, "b2", DAY + timedelta(hours=1))


def test_a_journal_of_the_rule_before_is_replayed_as_it_was_written(plant, monkeypatch):
    """Then a lot was never born anew: its expiry stayed, whatever was taken back."""
    ref = lot("1", "CHECKED")
    with monkeypatch.context() as before:
        before.setattr(Book, "_stands", lambda _book, _lot: True)
        (wrong,) = write(plant, draft("receive", move(ref, 5, "S1", "A"), **birth(ref, expires_at=LATE)))
        take_back(plant, wrong)
        write(plant, draft("receive", move(ref, 5, "S1", "A"), hour=1))
    (decided,) = write(plant, draft("inspect", subjects=(ref,), disposition=Disposition.RELEASED, hour=2))

    take_back(plant, decided)

    assert described(plant, "1", "CHECKED") == (LATE, "", DAY)
    assert Lot.objects.for_plant(plant).get().status == "pending"


def test_a_journal_from_before_the_halves_of_a_fact_counted_is_replayed_and_verified(plant, monkeypatch):
    """Then law 2 looked at the whole fact, which could draw what it made itself."""
    received(plant, "1", 4)
    chain = (
        move("1", 4, "A", "PROCESS", 1),
        move("2", 4, "PROCESS", "B", 1),
        move("2", 4, "B", "PROCESS", 2),
        move("3", 4, "PROCESS", "B", 2),
    )
    with monkeypatch.context() as before:
        before.setattr(draws, "drawn_and_made", lambda _rows: {})
        (fact,) = write(plant, draft("transform", *chain))

    assert (check_replay(plant), verify_chain(plant).ok) == ([], True)
    with pytest.raises(Refused, match="draws_own_output"):
        write(plant, draft("receive", move("1", 4, "S1", "A")), draft("transform", *chain))
    take_back(plant, fact)
    assert (check_replay(plant), verify_chain(plant).ok) == ([], True)
    write(plant, draft("transform", *chain[:2]), draft("transform", *chain[2:]))
    assert stock(plant) == {("3", "B"): 4}
    assert sources(plant, "3") == ["1", "2"]


# ---- what the records do not know of ----------------------------------------------------------------------------------------


def test_stock_from_nowhere_says_why(plant):
    with pytest.raises(Refused) as refused:
        write(plant, draft("receive", move("1", 5, "VARIANCE", "A"), reason=None))

    assert codes(refused.value.problems) == ["variance_without_reason"]
    write(plant, draft("receive", move("1", 5, "VARIANCE", "A"), reason="opening stock"))
    assert stock(plant) == {("1", "A"): 5}
