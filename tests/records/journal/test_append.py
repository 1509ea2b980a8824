"""The one way in: keys, dry runs, overrides, clocks, and everything that a database would choke on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError
from django.utils import timezone

from lotline.core.facts import Birth, Carry, LotRef, Move
from lotline.core.ledger import Refused
from lotline.core.quantity import LARGEST
from lotline.records.catalog.models import Lot
from lotline.records.journal import writer
from lotline.records.journal.models import Fact, Head, Posting
from lotline.records.journal.verify import verify_chain
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from tests.laws.factory import DAY, codes, draft, lot, make_plant, move, received, stock, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant():
    return make_plant()


def refused(plant, *drafts, **said):
    with pytest.raises(Refused) as raised:
        write(plant, *drafts, **said)
    assert not Fact.objects.for_plant(plant).filter(key__in=[d.key for d in drafts if "\0" not in d.key and d.key.isprintable()]).exists()
    return codes(raised.value.problems)


# ---- law 7 ------------------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_receipt_and_no_second_fact(plant):
    once = draft("receive", move("1", 5, "S1", "A"))
    (first,) = write(plant, once)
    (second,) = write(plant, once)

    assert (second.fact_id, second.seq, second.hash) == (first.fact_id, first.seq, first.hash)
    assert (first.replayed, second.replayed) == (False, True)
    assert stock(plant) == {("1", "A"): 5}


def test_the_same_key_twice_in_one_batch_is_written_once(plant):
    once = draft("receive", move("1", 5, "S1", "A"))
    first, second = write(plant, once, once)

    assert (first.fact_id, first.replayed, second.replayed) == (second.fact_id, False, True)
    assert stock(plant) == {("1", "A"): 5}


@pytest.mark.parametrize("together", [True, False])
def test_the_same_key_with_other_content_is_refused(plant, together):
    one = draft("receive", move("1", 5, "S1", "A"), key="k")
    other = draft("receive", move("1", 6, "S1", "A"), key="k")
    if not together:
        write(plant, one)

    with pytest.raises(Refused, match="key_reused"):
        write(plant, *([one, other] if together else [other]))


def test_true_and_one_are_other_content(plant):
    with pytest.raises(Refused, match="key_reused"):
        write(plant, draft("note", key="k", data={"x": True}), draft("note", key="k", data={"x": 1}))


def test_one_key_in_two_plants_is_two_facts(plant):
    other = make_plant("P2")
    once = draft("receive", move("1", 5, "S1", "A"))
    (here,), (there,) = write(plant, once), write(other, once)

    assert here.fact_id != there.fact_id
    assert not there.replayed


def test_a_resend_writes_nothing_not_even_the_head(plant):
    once = draft("receive", move("1", 5, "S1", "A"))
    write(plant, once)
    before = Head.objects.for_plant(plant).values().get()

    write(plant, once)

    assert Head.objects.for_plant(plant).values().get() == before


def test_a_dry_run_says_what_would_be_and_stores_nothing(plant):
    (receipt,) = write(plant, draft("receive", move("1", 5, "S1", "A")), dry_run=True)

    assert receipt.seq == 1
    assert stock(plant) == {}
    assert not Lot.objects.for_plant(plant).exists()
    with pytest.raises(Refused, match="lot_unknown"):
        write(plant, draft("ship", move("1", 5, "A", "K1")), dry_run=True)


def test_no_drafts_are_no_facts(plant):
    assert write(plant) == []


def test_the_fact_of_another_plant_can_not_be_taken_back(plant):
    other = make_plant("P2")
    (receipt,) = write(other, draft("receive", move("1", 5, "S1", "A")))

    assert refused(plant, draft("reverse", reverses=receipt.fact_id)) == ["fact_unknown"]


# ---- overrides --------------------------------------------------------------------------------------------------------------


def test_an_override_is_signed_by_a_person_who_may(plant):
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"),)))
    people = {role: create_user(username=role, password="long enough", name=role) for role in (Role.QUALITY, Role.OPERATOR)}
    for role, user in people.items():
        grant_role(user=user, plant=plant, role=role)
    use = draft("ship", move("1", 1, "A", "K1"), hour=1, override_reason="customer agreed")

    assert refused(plant, use) == ["override_not_allowed"]
    assert refused(plant, use, actor=people[Role.OPERATOR].pk) == ["override_not_allowed"]
    (receipt,) = write(plant, use, actor=people[Role.QUALITY].pk)

    body = json.loads(Fact.objects.for_plant(plant).get(pk=receipt.fact_id).body)
    assert (body["by"], body["override_reason"]) == (str(people[Role.QUALITY].pk), "customer agreed")


def test_the_right_to_override_counts_in_its_own_plant_only(plant):
    other = make_plant("P2")
    received(plant, "1", 5)
    user = create_user(username="q", password="long enough", name="q")
    grant_role(user=user, plant=other, role=Role.QUALITY)

    assert refused(plant, draft("ship", move("1", 1, "A", "K1"), override_reason="x"), actor=user.pk) == ["override_not_allowed"]


# ---- clocks -----------------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_put_back_does_not_put_the_journal_back(plant):
    noon = DAY + timedelta(days=1)
    write(plant, draft("note"), now=noon)
    write(plant, draft("note"), now=noon - timedelta(hours=3))
    write(plant, draft("note"), now=noon + timedelta(seconds=1))

    recorded = list(Fact.objects.for_plant(plant).order_by("seq").values_list("recorded_at", flat=True))
    assert recorded == [noon, noon, noon + timedelta(seconds=1)]
    assert verify_chain(plant).ok


def test_the_moment_of_writing_is_taken_when_the_plants_order_is_held(plant, monkeypatch):
    lock, held = writer._lock_head, []

    def wait_for_it(of):
        head = lock(of)
        held.append(timezone.now())
        return head

    monkeypatch.setattr(writer, "_lock_head", wait_for_it)
    write(plant, draft("note"))

    assert Fact.objects.for_plant(plant).get().recorded_at >= held[0]


def test_a_fact_from_more_than_ten_minutes_ahead_is_refused(plant):
    late, early = draft("note", hour=0.2), draft("note", hour=0.15)

    assert refused(plant, late, now=DAY) == ["in_the_future"]
    write(plant, early, now=DAY)


def test_a_clock_that_ran_ahead_once_does_not_open_the_future(plant):
    write(plant, draft("note"), now=DAY + timedelta(days=400))

    assert refused(plant, draft("note", hour=24 * 30), now=DAY) == ["in_the_future"]


# ---- what a database would choke on -------------------------------------------------------------------------------------------

TEXT_FIELDS = ("station", "equipment", "operator", "order", "operation", "document", "reason", "key", "hold_place", "override_reason")
BAD_TEXTS = ("a\0b", "half \ud83d pair", "\udc00")


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
def test_a_text_that_can_not_be_stored_is_refused_by_name(plant, field, text):
    received(plant, "1", 5)
    with pytest.raises(Refused) as raised:
        write(plant, draft("hold", subjects=(lot("1"),), **{field: text}))

    assert codes(raised.value.problems) == ["text_not_storable"]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
@pytest.mark.parametrize(
    "where", ["lot", "new lot", "item", "place", "supplier lot", "batch", "data", "data key", "attribute", "container"]
)
def test_nor_is_it_anywhere_else(plant, where, text):
    received(plant, "1", 5)
    bad = {
        "lot": lambda: draft("move", move(text, 1, "A", "B")),
        "new lot": lambda: draft("receive", move(text, 1, "S1", "A")),
        "item": lambda: draft("receive", move(LotRef(text, "2"), 1, "S1", "A")),
        "place": lambda: draft("move", move("1", 1, "A", text)),
        "supplier lot": lambda: draft("receive", move("2", 1, "S1", "A"), births=(Birth(lot("2"), supplier="S1", supplier_lot=text),)),
        "batch": lambda: draft("receive", move("2", 1, "S1", "A"), births=(Birth(lot("2"), batch=text),)),
        "data": lambda: draft("note", data={"deep": [text]}),
        "data key": lambda: draft("note", data={text: 1}),
        "attribute": lambda: draft("receive", move("2", 1, "S1", "A"), births=(Birth(lot("2"), attributes={"x": text}),)),
        "container": lambda: draft("move", carries=(Carry(text, "A", "B"),)),
    }[where]()

    with pytest.raises(Refused) as raised:
        write(plant, draft("note"), bad)

    (problem,) = raised.value.problems
    assert (problem.code, problem.draft) == ("text_not_storable", 1)
    assert Fact.objects.for_plant(plant).count() == 1


def test_a_backslash_and_letters_are_no_nul(plant):
    write(plant, draft("note", document="C:\\u0000"))

    assert Fact.objects.for_plant(plant).get().document == "C:\\u0000"


def test_texts_of_every_script_are_kept_as_they_are(plant):
    texts = ["红烧牛肉 🙂 \u2028 \x7f é", "e\u0301 ﷽ \U0010ffff"]
    write(plant, *(draft("note", document=text, data={text: text}) for text in texts))

    assert list(Fact.objects.for_plant(plant).order_by("seq").values_list("document", flat=True)) == texts
    assert verify_chain(plant).ok


@pytest.mark.parametrize(
    ("field", "longest"),
    [("key", 200), ("station", 120), ("equipment", 120), ("operator", 80), ("order", 120), ("operation", 120), ("document", 120),
     ("reason", 400)],
)  # fmt: skip
def test_a_text_may_be_as_long_as_its_column_and_not_longer(plant, field, longest):
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"),), **{field: "字" * longest}))

    assert refused(plant, draft("hold", subjects=(lot("1"),), **{field: "字" * (longest + 1)})) == ["text_too_long"]


def test_codes_may_be_as_long_as_their_columns(plant):
    code = "字" * 120
    received(plant, code, 5, supplier="S1", supplier_lot=code, batch=code)

    assert refused(plant, draft("receive", move(code + "字", 1, "S1", "A"))) == ["lot_code_length"]
    long_birth = Birth(lot("2"), supplier="S1", supplier_lot=code + "字")
    assert refused(plant, draft("receive", move("2", 1, "S1", "A"), births=(long_birth,))) == ["text_too_long"]


def test_the_largest_quantity_is_kept_and_one_more_is_refused(plant):
    write(plant, draft("receive", Move(lot("1"), LARGEST, "S1", "A")))

    assert refused(plant, draft("receive", Move(lot("1"), 1, "S1", "A"))) == ["quantity_too_large"]
    assert refused(plant, draft("receive", Move(lot("2"), LARGEST + 1, "S1", "A"))) == ["quantity_not_positive"]
    assert Posting.objects.for_plant(plant).get().quantity == LARGEST


def test_a_partners_balance_has_a_floor(plant):
    write(plant, draft("return", Move(lot("1"), LARGEST, "K1", "A")))

    assert refused(plant, draft("return", Move(lot("1"), LARGEST, "K1", "B"))) == ["quantity_too_large"]


def test_an_operation_of_many_large_lots_is_added_up_without_overflow(plant):
    names = [f"{n}" for n in range(4)]
    write(plant, draft("receive", *(Move(lot(name), LARGEST, "S1", "A") for name in names)))
    moves = [Move(lot(name), LARGEST, "A", "PROCESS") for name in names]

    assert refused(plant, draft("merge", *moves, Move(lot("all"), LARGEST, "PROCESS", "A"))) == ["amount_not_kept"]


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(1899, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_moments_out_of_range_are_refused(plant, moment):
    said = draft("receive", move("1", 1, "S1", "A"), births=(Birth(lot("1"), expires_at=moment),))

    assert refused(plant, said) == ["moment_out_of_range"]


def test_data_that_has_no_exact_form_is_refused(plant):
    assert refused(plant, draft("note", data={"x": 1.5})) == ["not_exact"]
    assert refused(plant, draft("note", data={"x": 2**53})) == ["not_exact"]


def test_all_drafts_of_a_batch_that_have_a_bad_form_are_named(plant):
    with pytest.raises(Refused) as raised:
        write(plant, draft("note", station="x" * 121), draft("note"), draft("note", data={"x": 0.5}))

    assert [(problem.draft, problem.code) for problem in raised.value.problems] == [(0, "text_too_long"), (2, "not_exact")]


def test_a_lot_named_twice_as_subject_is_one_subject(plant):
    received(plant, "1", 5)
    write(plant, draft("hold", subjects=(lot("1"), lot("1"))))

    assert verify_chain(plant).ok


# ---- what the database says ------------------------------------------------------------------------------------------------------


class WithState(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def raised_by(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("database is locked"), "try_again"),
        (raised_by(OperationalError("deadlock detected"), WithState("40P01")), "try_again"),
        (raised_by(OperationalError("could not serialize access"), WithState("40001")), "try_again"),
        (raised_by(IntegrityError("duplicate key"), WithState("23505")), "try_again"),
        (IntegrityError("UNIQUE constraint failed: journal_fact.key"), "try_again"),
        (IntegrityError("CHECK constraint failed: balance_not_negative"), "storage_failed"),
        (OperationalError("database or disk is full"), "storage_failed"),
        (DataError("value too long"), "storage_failed"),
    ],
)
def test_an_error_of_the_database_is_a_refusal(plant, monkeypatch, error, code):
    def fail(*_args):
        raise error

    monkeypatch.setattr(writer, "orders_for_facts", fail)

    assert refused(plant, draft("note")) == [code]


@pytest.mark.parametrize("error", [OperationalError("no such column: x"), ProgrammingError("relation does not exist")])
def test_a_mistake_of_ours_stays_an_error(plant, monkeypatch, error):
    def fail(*_args):
        raise error

    monkeypatch.setattr(writer, "orders_for_facts", fail)

    with pytest.raises(type(error)):
        write(plant, draft("note"))
