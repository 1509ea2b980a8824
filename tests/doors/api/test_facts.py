"""Writing and reading facts."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lotline.records.journal.models import Fact
from tests.doors.api.conftest import fact, move, receive


def test_fact_is_written_and_answered_with_its_receipt(api, plant):
    reply = api.post("/facts", receive("BEEF", "L1", "12.5"))

    written = Fact.objects.for_plant(plant).get()
    assert reply.status == 201
    assert reply.data == {"id": str(written.pk), "seq": 1, "hash": written.hash, "key": written.key, "replayed": False}


def test_fact_sent_again_is_written_once_and_answered_with_the_first_receipt(api, plant):
    sent = receive("BEEF", "L1", "12.5")
    first = api.post("/facts", sent)

    second = api.post("/facts", sent)

    assert (second.status, second.data) == (200, {**first.data, "replayed": True})
    assert Fact.objects.for_plant(plant).count() == 1


def test_key_of_another_fact_is_a_conflict(api):
    sent = receive("BEEF", "L1", "12.5")
    api.post("/facts", sent)

    reply = api.post("/facts", {**sent, "order": "other"})

    assert (reply.status, reply.data["code"], reply.codes) == (409, "key_reused", ["key_reused"])
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_header_is_the_key_of_a_fact_without_one(api, plant):
    sent = {**receive("BEEF", "L1", "1"), "key": ""}

    assert api.post("/facts", sent, idempotency_key="from-header").status == 201
    assert api.post("/facts", sent, idempotency_key="from-header").status == 200
    assert Fact.objects.for_plant(plant).get().key == "from-header"


def test_header_and_body_with_different_keys_are_refused(api):
    reply = api.post("/facts", receive("BEEF", "L1", "1"), idempotency_key="another")

    assert (reply.status, reply.data["code"]) == (422, "key_differs")


def test_fact_without_any_key_is_refused(api):
    reply = api.post("/facts", {**receive("BEEF", "L1", "1"), "key": ""})

    assert (reply.status, reply.codes) == (422, ["key_missing"])


@pytest.mark.parametrize(("quantity", "stored"), [("12.5", "12.5"), (3, "3"), ("0.000001", "0.000001")])
def test_quantity_is_exact_text_or_a_whole_number(api, quantity, stored):
    assert api.post("/facts", receive("BEEF", "L1", quantity)).status == 201

    assert [row["quantity"] for row in api.get("/balances?lot=L1").data["balances"]] == [stored]


@pytest.mark.parametrize("quantity", [12.5, 3.0, 1e3])
def test_quantity_as_a_json_number_with_a_point_is_refused_and_says_why(api, plant, quantity):
    reply = api.post("/facts", receive("BEEF", "L1", quantity))

    assert (reply.status, reply.codes) == (422, ["quantity_as_float"])
    assert "Write decimals as text" in reply.data["problems"][0]["message"]
    assert reply.data["problems"][0]["field"] == "moves.0.quantity"
    assert not Fact.objects.for_plant(plant).exists()


@pytest.mark.parametrize("quantity", ["", "1,5", "1e3", "NaN", "-1", "+1", " 1", "１２", True, None, [], 10**50])
def test_what_is_no_quantity_is_refused(api, quantity):
    assert api.post("/facts", receive("BEEF", "L1", quantity)).status == 422


@pytest.mark.parametrize("path", ["/facts", "/facts/batch"])
def test_quantity_in_another_unit_is_converted_exactly(api, path):
    sent = receive("BEEF", "L1", 0)
    sent["moves"][0] |= {"quantity": "3", "unit": "bag"}

    assert api.post(path, sent if path == "/facts" else {"facts": [sent]}).status == 201

    assert [(row["quantity"], row["unit"]) for row in api.get("/balances?lot=L1").data["balances"]] == [("75", "kg")]


@pytest.mark.parametrize(
    ("quantity", "unit", "code"),
    [("1", "third", "inexact"), ("1", "box", "unit_unknown"), ("0.0000001", "bag", "too_fine"), ("9999999999999", "bag", "too_large")],
)
def test_quantity_that_does_not_convert_exactly_is_refused(api, quantity, unit, code):
    sent = receive("BEEF", "L1", 0)
    sent["moves"][0] |= {"quantity": quantity, "unit": unit}

    reply = api.post("/facts", sent)

    assert (reply.status, reply.codes) == (422, [code])


def test_refusal_speaks_the_readers_language(api):
    sent = fact("move", move("BEEF", "NONE", "1", "BIN-1", "BIN-2"))

    english, chinese = api.post("/facts", sent), api.post("/facts", sent, accept_language="zh-CN")

    assert english.data["problems"][0]["message"].startswith("There is no lot NONE of item BEEF")
    assert "NONE" in chinese.data["problems"][0]["message"]
    assert not chinese.data["problems"][0]["message"].isascii()
    assert chinese.headers["Content-Language"] == "zh-hans"


def test_every_field_that_is_wrong_is_listed_with_its_place(api):
    sent = {"kind": "cook", "happened_at": "yesterday", "moves": [move("BEEF", "", 1.5, "A", "B")], "colour": "red"}

    reply = api.post("/facts", sent)

    found = {(problem["field"], problem["code"]) for problem in reply.data["problems"]}
    assert found == {
        ("kind", "not_a_choice"), ("happened_at", "moment_not_rfc3339"), ("moves.0.lot", "text_too_short"),
        ("moves.0.quantity", "quantity_as_float"), ("colour", "field_unknown"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "moment", ["2026-11-17T08:00:00", "2026-11-17", "1700000000", "2026-13-01T00:00:00Z", "2026-11-17T24:61:00Z", 5, None]
)
def test_moment_without_zone_or_form_is_refused(api, moment):
    assert api.post("/facts", {**receive("BEEF", "L1", "1"), "happened_at": moment}).codes == ["moment_not_rfc3339"]


def test_leap_second_is_the_second_after(api):
    reply = api.post("/facts", receive("BEEF", "L1", "1", at="2016-12-31T23:59:60Z"))

    assert api.get(f"/facts/{reply.data['id']}").data["happened_at"] == "2017-01-01T00:00:00Z"


# ---- batches ------------------------------------------------------------------------------------------------------------------------


def test_batch_is_written_in_its_order(api):
    reply = api.post("/facts/batch", {"facts": [receive("BEEF", f"L{i}", "1") for i in range(3)]})

    assert (reply.status, [receipt["seq"] for receipt in reply.data["receipts"]]) == (201, [1, 2, 3])


def test_batch_with_one_wrong_fact_stores_nothing_and_names_it(api, plant):
    facts = [receive("BEEF", "L1", "1"), fact("ship", move("BEEF", "L1", "2", "BIN-1", "CUS-1")), receive("BEEF", "L2", "1")]

    reply = api.post("/facts/batch", {"facts": facts})

    assert reply.status == 422
    assert [(problem["index"], problem["code"]) for problem in reply.data["problems"]] == [(1, "not_enough")]
    assert not Fact.objects.for_plant(plant).exists()


def test_fields_that_are_wrong_in_a_batch_name_their_fact(api):
    reply = api.post("/facts/batch", {"facts": [receive("BEEF", "L1", "1"), receive("BEEF", "L2", 0.5)]})

    assert [(p["index"], p["field"], p["code"]) for p in reply.data["problems"]] == [(1, "moves.0.quantity", "quantity_as_float")]


def test_batch_sent_again_under_one_header_is_written_once(api, plant):
    batch = {"facts": [{**receive("BEEF", f"L{i}", "1"), "key": ""} for i in range(3)]}

    first, second = (api.post("/facts/batch", batch, idempotency_key="run-7") for _time in range(2))

    assert (first.status, second.status) == (201, 200)
    assert sorted(Fact.objects.for_plant(plant).values_list("key", flat=True)) == ["run-7/0", "run-7/1", "run-7/2"]


@pytest.mark.parametrize("count", [0, 5001])
def test_batch_has_one_to_five_thousand_facts(api, count):
    assert api.post("/facts/batch", {"facts": [receive("BEEF", "L", "1")] * count}).status == 422


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def test_fact_is_read_with_the_text_whose_hash_stands_in_the_chain(api):
    receipt = api.post("/facts", receive("BEEF", "L1", "12.5")).data

    read = api.get(f"/facts/{receipt['id']}")

    assert hashlib.sha256(read.data["canonical"].encode()).hexdigest() == receipt["hash"] == read.data["hash"]
    assert read.data["body"]["moves"] == [[0, "12500000", "SUP-1", "BIN-1", 0, 1]]
    assert api.get(f"/facts/{receipt['id']}", if_none_match=read.headers["ETag"]).status == 304


def test_fact_that_was_taken_back_says_by_which(api):
    receipt = api.post("/facts", receive("BEEF", "L1", "12.5")).data
    before = api.get(f"/facts/{receipt['id']}").headers["ETag"]

    reversal = api.post("/facts", fact("reverse", reverses=receipt["id"], reason="typed twice")).data

    after = api.get(f"/facts/{receipt['id']}", if_none_match=before)
    assert (after.status, after.data["reversed_by"]) == (200, reversal["id"])


@pytest.mark.parametrize("first", ["oldest", "newest"])
def test_journal_is_read_page_by_page_without_gap_or_double(api, first):
    api.post("/facts/batch", {"facts": [receive("BEEF", f"L{i}", "1") for i in range(7)]})

    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"/facts?limit=3&first={first}&cursor={cursor}").data
        seen += [found["seq"] for found in page["facts"]]
        cursor = page["next"]

    assert seen == sorted(range(1, 8), reverse=first == "newest")


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("kind=ship", [3]), ("lot=L1", [1, 3]), ("item=SAUCE", [2]), ("document=DN-1", [3]), ("lot=nobody", []),
        ("since=2026-11-17T01:00:00Z", [3]), ("until=2026-11-17T01:00:00Z", [1, 2]),
    ],
)  # fmt: skip
def test_journal_is_filtered(api, query, seqs):
    shipped = fact("ship", move("BEEF", "L1", "1", "BIN-1", "CUS-1"), document="DN-1")
    api.post("/facts/batch", {"facts": [receive("BEEF", "L1", "2"), receive("SAUCE", "S1", "2"), shipped]})

    assert [found["seq"] for found in api.get(f"/facts?{query}").data["facts"]] == seqs
