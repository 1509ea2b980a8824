"""Holds, lots, stock, traces and master data."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from lotline.core.quantity import parse_quantity
from lotline.doors.api import traces
from lotline.records.genealogy import spread
from tests.doors.api.conftest import fact, hour, move, receive


def post(api, *facts):
    reply = api.post("/facts/batch", {"facts": list(facts)})
    assert reply.status == 201, reply.data
    return [receipt["id"] for receipt in reply.data["receipts"]]


def cook(source, target, quantity="1", **more):
    return fact(
        "transform", move("BEEF", source, quantity, "BIN-1", "PROCESS"), move("SAUCE", target, quantity, "PROCESS", "BIN-1"), **more
    )


# ---- holds --------------------------------------------------------------------------------------------------------------------------


def hold(key="h1", **more):
    return {"lots": [{"item": "BEEF", "lot": "L1"}], "reason": "smell", "happened_at": hour(9), "key": key, **more}


def test_hold_stops_the_use_of_a_lot_until_it_is_released(api):
    post(api, receive("BEEF", "L1", "2"))
    held = api.post("/holds", hold())
    shipped = fact("ship", move("BEEF", "L1", "1", "BIN-1", "CUS-1"), at=hour(12))

    refused = api.post("/facts", shipped)
    released = api.post(f"/holds/{held.data['id']}/release", {"reason": "tested", "happened_at": hour(11), "key": "r1"})

    assert (held.status, refused.codes, released.status) == (201, ["lot_on_hold"], 201)
    assert api.post("/facts", shipped).status == 201
    assert api.get("/holds").data["holds"] == []
    closed = api.get("/holds?state=closed").data["holds"][0]
    assert (closed["id"], closed["closed_by"], closed["reason"]) == (held.data["id"], released.data["id"], "smell")


def test_hold_and_release_sent_again_are_written_once(api):
    post(api, receive("BEEF", "L1", "2"))
    first, second = api.post("/holds", hold()), api.post("/holds", hold())
    release = {"reason": "tested", "happened_at": hour(11), "key": "r1"}
    path = f"/holds/{first.data['id']}/release"

    assert (second.status, second.data["replayed"]) == (200, True)
    assert [api.post(path, release).status for _time in range(2)] == [201, 200]


def test_hold_at_one_place_is_shown_with_it(api):
    post(api, receive("BEEF", "L1", "2"))
    api.post("/holds", hold(place="BIN-1"))

    lot = api.get("/lots?code=L1").data["lots"][0]

    assert lot["on_hold"] is True
    assert api.get(f"/lots/{lot['id']}").data["holds"] == [
        {"fact": api.get("/holds").data["holds"][0]["id"], "place": "BIN-1", "reason": "smell"}
    ]


def test_fact_that_opened_no_hold_can_not_be_released(api):
    (received,) = post(api, receive("BEEF", "L1", "2"))

    assert api.post(f"/holds/{received}/release", {"reason": "x", "happened_at": hour(11), "key": "r"}).status == 404


# ---- lots and stock -----------------------------------------------------------------------------------------------------------------


def test_lot_is_read_with_what_lies_where_and_the_suppliers_numbers(api):
    births = [{"item": "BEEF", "lot": "L1", "supplier": "SUP-1", "supplier_lot": "88", "batch": "B7", "expires_at": "2027-01-01T00:00:00Z"}]
    (received,) = post(api, receive("BEEF", "L1", "10", births=births))
    post(api, fact("ship", move("BEEF", "L1", "2.5", "BIN-1", "CUS-1")))

    lot = api.get(f"/lots/{api.get('/lots?batch=B7').data['lots'][0]['id']}").data

    assert {(row["place"], row["quantity"], row["inside"]) for row in lot["balances"]} == {("BIN-1", "7.5", True), ("CUS-1", "2.5", False)}
    assert lot["origins"] == [{"supplier": "SUP-1", "supplier_lot": "88", "receipt": received}]
    assert (lot["item"], lot["batch"], lot["expires_at"], lot["unit"]) == ("BEEF", "B7", "2027-01-01T00:00:00Z", "kg")


@pytest.mark.parametrize("path", ["lots", "balances"])
def test_list_is_read_page_by_page_without_gap_or_double(api, path):
    post(api, *(receive("BEEF", f"L{i}", "1") for i in range(7)))

    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"/{path}?limit=3&cursor={cursor}").data
        seen += [row["code" if path == "lots" else "lot"] for row in page[path]]
        cursor = page["next"]

    assert sorted(seen) == [f"L{i}" for i in range(7)]


# ---- traces -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def kitchen(api):
    """L1 → S1 → S2 and L1 → S3, of which one went to a customer."""
    post(
        api,
        receive("BEEF", "L1", "10"),
        cook("L1", "S1", at=hour(1)),
        fact("transform", move("SAUCE", "S1", "1", "BIN-1", "PROCESS"), move("POUCH", "S2", "4", "PROCESS", "BIN-1"), at=hour(2)),
        cook("L1", "S3", at=hour(3)),
        fact("ship", move("POUCH", "S2", "4", "BIN-1", "CUS-1"), at=hour(4)),
    )
    return api


def test_trace_counts_what_was_reached_and_names_partners(kitchen):
    answer = kitchen.get("/traces?code=L1&to=destinations").data

    assert (answer["lots"], answer["complete"], answer["partners"], answer["next"]) == (3, True, ["CUS-1"], None)
    assert [(row["lot"], row["item"], row["certain"]) for row in answer["rows"]] == [
        ("S1", "SAUCE", True), ("S2", "POUCH", True), ("S3", "SAUCE", True),
    ]  # fmt: skip
    assert answer["digest"] == hashlib.sha256(b"S1\nS2\nS3\n").hexdigest()


def test_trace_to_sources_names_suppliers(kitchen):
    answer = kitchen.get("/traces?code=S2&to=sources").data

    assert ([row["lot"] for row in answer["rows"]], answer["partners"]) == (["L1", "S1"], ["SUP-1"])


def test_trace_sees_only_what_had_happened_or_was_known(kitchen):
    assert kitchen.get("/traces?code=L1&to=destinations&as_of=2026-11-17T01:30:00Z").data["lots"] == 1
    assert kitchen.get("/traces?code=L1&to=destinations&known_at=2020-01-01T00:00:00Z").data["lots"] == 0


def test_trace_is_read_page_by_page(kitchen):
    first = kitchen.get("/traces?code=L1&to=destinations&limit=2").data

    second = kitchen.get(f"/traces?code=L1&to=destinations&limit=2&cursor={first['next']}").data

    assert [row["lot"] for row in first["rows"] + second["rows"]] == ["S1", "S2", "S3"]
    assert second["next"] is None


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_all_rows_are_streamed_as_lines_of_json_or_csv(kitchen, monkeypatch, at_once):
    monkeypatch.setattr(traces, "LINES_AT_ONCE", at_once)

    lines = kitchen.get("/traces?code=L1&to=destinations", accept="application/x-ndjson")
    table = kitchen.get("/traces?code=L1&to=destinations", accept="text/csv")

    assert [json.loads(line)["lot"] for line in lines.content.splitlines()] == ["S1", "S2", "S3"]
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row[:2] + row[3:4] for row in rows] == [
        ["lot", "item", "certain"], ["S1", "SAUCE", "1"], ["S2", "POUCH", "1"], ["S3", "SAUCE", "1"],
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_trace_tells_of_each_lot_how_much_of_it_is_where(kitchen, monkeypatch, at_once):
    monkeypatch.setattr(spread, "AT_ONCE", at_once)
    address = "/traces?code=L1&to=destinations"

    page = {row["lot"]: row for row in kitchen.get(address).data["rows"]}
    lines = [json.loads(line) for line in kitchen.get(address, accept="application/x-ndjson").content.splitlines()]
    table = list(csv.DictReader(io.StringIO(kitchen.get(address, accept="text/csv").content.decode("utf-8-sig"))))

    assert {row["lot"]: row for row in lines} == page
    quantities = {lot: (row["quantity"], row["unit"]) for lot, row in page.items()}
    assert quantities == {"S1": ("0", "kg"), "S2": ("4", "pcs"), "S3": ("1", "kg")}
    assert all(parse_quantity(row["quantity"]) == sum(parse_quantity(stay["quantity"]) for stay in row["stays"]) for row in lines)
    assert [(row["lot"], row["item"], row["place"], row["standing"], row["partner"], row["quantity"]) for row in table] == [
        ("S1", "SAUCE", "", "", "", "0"), ("S2", "POUCH", "CUS-1", "shipped", "CUS-1", "4"), ("S3", "SAUCE", "BIN-1", "here", "", "1"),
    ]  # fmt: skip


def test_trace_as_of_a_moment_tells_where_lots_were_then(kitchen):
    now = kitchen.get("/traces?code=L1&to=destinations").data["rows"]
    then = kitchen.get("/traces?code=L1&to=destinations&as_of=2026-11-17T01:30:00Z").data["rows"]

    assert [(row["lot"], [stay["standing"] for stay in row["stays"]]) for row in then] == [("S1", ["here"])]
    assert [row["quantity"] for row in now if row["lot"] == "S1"] != [row["quantity"] for row in then]


def test_lot_code_that_looks_like_a_formula_stays_text_in_csv(api):
    post(api, receive("BEEF", "L1", "1"), cook("L1", "=1+1"))

    table = api.get("/traces?code=L1&to=destinations", accept="text/csv").content.decode("utf-8-sig")

    assert "'=1+1,SAUCE,,1,kg" in table


# ---- master data --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/units", {"code": "drum", "name": "Drum"}),
        ("/items", {"code": "FISH/1 鱼", "unit": "kg", "name": "Fish", "units": [{"unit": "box", "numerator": 25, "denominator": 2}]}),
        ("/places", {"code": "COLD 2", "kind": "bin", "name": "Cold store", "parent": "SITE"}),
        ("/partners", {"code": "CUS-9", "kind": "customer", "name": "Nine"}),
    ],
)
def test_master_data_is_made_once_read_renamed_and_listed(api, path, body):
    first, second = api.post(path, body), api.post(path, body)
    renamed = api("PATCH", f"{path}/{body['code']}", {"name": "Another"})

    assert (first.status, second.status, second.data) == (201, 200, first.data)
    assert (renamed.status, renamed.data) == (200, {**first.data, "name": "Another"})
    assert api.get(f"{path}/{body['code']}").data == renamed.data
    assert renamed.data in api.get(f"{path}?limit=1000").data[path[1:]]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/items", {"code": "BEEF", "unit": "pcs"}, 409, "item_unit_differs"),
        ("/items", {"code": "PUMP", "unit": "pcs"}, 409, "exists_differently"),
        ("/places", {"code": "BIN-1", "kind": "line"}, 409, "place_kind_differs"),
        ("/partners", {"code": "SUP-1", "kind": "customer"}, 409, "place_kind_differs"),
        ("/places", {"code": "NEW", "kind": "bin", "parent": "NOWHERE"}, 422, "invalid"),
        ("/places", {"code": "NEW", "kind": "process"}, 422, "invalid"),
        ("/items", {"code": " NEW"}, 422, "invalid"),
        ("/items", {"code": ""}, 422, "invalid"),
        ("/items", {"code": "NEW", "name": "a\0b"}, 422, "invalid"),
    ],
)
def test_master_data_that_contradicts_or_can_not_be_is_refused(api, path, body, status, code):
    reply = api.post(path, body)

    assert (reply.status, reply.data["code"]) == (status, code)


def test_item_can_be_counted_in_its_other_unit_at_once(api):
    api.post("/items", {"code": "FISH", "unit": "kg", "units": [{"unit": "box", "numerator": 25, "denominator": 2}]})

    api.post("/facts", fact("receive", move("FISH", "F1", 2, "SUP-1", "BIN-1", unit="box")))

    assert api.get("/balances?item=FISH").data["balances"][0]["quantity"] == "25"


def test_unit_has_names_by_language_that_can_be_changed_and_taken_away(api):
    made = api.post("/units", {"code": "tub", "names": {"zh-Hans": "桶"}})
    renamed = api("PATCH", "/units/tub", {"names": {"en": "Tub"}})
    plain = api("PATCH", "/units/tub", {"name": "Vat", "names": {"zh-hans": ""}})
    nameless = api.post("/units", {"code": "vat", "names": {"not a language": "x"}})

    assert (made.status, made.data["names"]) == (201, {"zh-hans": "桶"})
    assert renamed.data["names"] == {"en": "Tub", "zh-hans": "桶"}
    assert (plain.data["name"], plain.data["names"]) == ("Vat", {"en": "Tub"})
    assert nameless.status == 422
    assert {unit["code"]: unit["names"] for unit in api.get("/units").data["units"]}["pcs"] == {"zh-hans": "件"}


# ---- the reference ------------------------------------------------------------------------------------------------------------------


def test_reference_shows_every_operation_and_loads_nothing_from_elsewhere(client, api):
    page = client.get("/api/v1/docs", headers={"accept-language": "en"}).content.decode()
    document = client.get("/api/v1/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert path in page
            assert operation["summary"] in page
    assert "<script" not in page
    assert "style=" not in page
    assert "//" not in page.replace("http://testserver", "").replace("<!--", "")


def test_every_operation_documents_its_errors_as_problem_documents(client, db):
    document = client.get("/api/v1/openapi.json").json()

    for operations in document["paths"].values():
        for operation in operations.values():
            for status in ("401", "403", "422", "default"):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_trace_starts_from_a_bin_a_supplier_and_a_customer_as_of_a_moment_too(kitchen):
    bin_then = kitchen.get("/traces?code=BIN-1&to=destinations&as_of=2026-11-17T00:30:00Z").data
    supplier = kitchen.get("/traces?code=SUP-1&to=destinations").data
    customer = kitchen.get("/traces?code=CUS-1&to=sources").data

    assert [(one["kind"], one["place"]) for one in bin_then["starts"] + supplier["starts"] + customer["starts"]] == [
        ("place", "BIN-1"), ("supplier", "SUP-1"), ("customer", "CUS-1"),
    ]  # fmt: skip
    assert {row["lot"] for row in supplier["rows"]} == {"S1", "S2", "S3"}
    assert "L1" in {row["lot"] for row in customer["rows"]}
    assert kitchen.get("/recall-sets?code=SUP-1").data["closes"]


def test_trace_as_of_a_moment_before_the_lot_says_that_it_was_not_known_yet(kitchen):
    answer = kitchen.get("/traces?code=L1&to=destinations&as_of=2020-01-01T00:00:00Z").data

    assert (answer["complete"], answer["gaps"], answer["lots"]) == (False, ["not_yet"], 0)
    assert [one["complete"] for one in answer["starts"]] == [False]


# ---- recall sets --------------------------------------------------------------------------------------------------------------------


def test_recall_set_before_the_lot_was_there_or_known_says_so_and_later_is_complete(kitchen):
    of_then = kitchen.get("/recall-sets?code=L1&as_of=2020-01-01T00:00:00Z").data
    known_then = kitchen.get("/recall-sets?code=L1&known_at=2020-01-01T00:00:00Z").data
    today = kitchen.get("/recall-sets?code=L1").data

    assert [(one["complete"], one["gaps"]) for one in (of_then, known_then, today)] == [
        (False, ["not_yet"]),
        (False, ["not_yet"]),
        (True, []),
    ]


def test_recall_set_says_what_is_affected_and_where_each_quantity_is(kitchen):
    answer = kitchen.get("/recall-sets?code=L1").data

    assert (answer["lots"], answer["certain"], answer["possible"], answer["closes"]) == (4, 4, 0, True)
    stays = {row["lot"]: [(stay["place"], stay["quantity"], stay["standing"]) for stay in row["stays"]] for row in answer["rows"]}
    assert stays["S2"] == [("CUS-1", "4", "shipped")]
    assert stays["L1"] == [("BIN-1", "8", "here")]
    assert [(place["place"], place["totals"][0]["quantity"]) for place in answer["customers"]] == [("CUS-1", "4")]
    beef = next(line for line in answer["items"] if line["item"] == "BEEF")
    assert (beef["received"], beef["consumed"], beef["on_hand"], beef["residue"]) == ("10", "2", "8", "0")


def test_recall_set_of_a_code_of_two_items_adds_nothing_across_them(api):
    post(api, receive("BEEF", "X1", "30"), receive("POUCH", "X1", "7"))

    answer = api.get("/recall-sets?code=X1").data

    (place,) = answer["places"]
    assert [(one["item"], one["unit"], one["lots"], one["quantity"]) for one in place["totals"]] == [
        ("BEEF", "kg", 1, "30"), ("POUCH", "pcs", 1, "7"),
    ]  # fmt: skip
    assert [(line["item"], line["received"]) for line in answer["items"]] == [("BEEF", "30"), ("POUCH", "7")]


def test_recall_set_is_read_page_by_page_and_streamed_whole(kitchen):
    first = kitchen.get("/recall-sets?code=L1&limit=3").data
    second = kitchen.get(f"/recall-sets?code=L1&limit=3&cursor={first['next']}").data
    streamed = kitchen.get("/recall-sets?code=L1", accept="application/x-ndjson").content.splitlines()
    table = kitchen.get("/recall-sets?code=L1", accept="text/csv").content.decode("utf-8-sig")

    lots = [row["lot"] for row in first["rows"] + second["rows"]]
    assert lots == ["L1", "S1", "S2", "S3"] == [json.loads(line)["lot"] for line in streamed]
    assert second["next"] is None
    assert {"lot": "S2", "place": "CUS-1", "quantity": "4"}.items() <= list(csv.DictReader(io.StringIO(table)))[2].items()


def test_lot_drawn_before_the_material_came_is_excluded_with_the_reason(api):
    tank = [move("BEEF", "L1", "1", "BIN-1", "PROCESS"), move("SAUCE", "TANK", "1", "PROCESS", "BIN-1")]
    draw = [move("SAUCE", "TANK", "1", "BIN-1", "PROCESS"), move("POUCH", "EARLY", "1", "PROCESS", "BIN-1")]
    post(
        api, receive("BEEF", "L0", "5"), receive("BEEF", "L1", "5"), cook("L0", "TANK", "5", at=hour(1)),
        fact("transform", *draw, at=hour(2)), fact("transform", *tank, at=hour(3)),
    )  # fmt: skip

    excluded = api.get("/recall-sets/excluded?code=L1").data["excluded"]

    assert ("EARLY", "earlier_draw") in {(lot["lot"], lot["reason"]) for lot in excluded}


# ---- dossier and coverage -----------------------------------------------------------------------------------------------------------


def test_dossier_tells_the_life_of_a_lot_and_its_quantities_close(kitchen):
    lot = kitchen.get("/lots?code=S1").data["lots"][0]["id"]

    dossier = kitchen.get(f"/lots/{lot}/dossier").data

    assert ([one["lot"] for one in dossier["inputs"]], [one["lot"] for one in dossier["outputs"]]) == (["L1"], ["S2"])
    assert [(event["kind"], event["moves"][0]["role"]) for event in dossier["events"]] == [("transform", "input"), ("transform", "output")]
    assert (dossier["balance"]["produced"], dossier["balance"]["consumed"], dossier["balance"]["residue"]) == ("1", "1", "0")
    assert kitchen.get(f"/lots/{lot}/dossier?as_of=2026-11-17T01:30:00Z").data["outputs"] == []


def test_dossier_of_nobody_is_not_found(api):
    assert api.get("/lots/00000000-0000-0000-0000-000000000000/dossier").status == 404


def test_coverage_counts_finished_lots_and_names_each_gap(api):
    api.post("/items", {"code": "MEAL", "unit": "pcs", "kind": "finished"})
    births = [{"item": "BEEF", "lot": "GOOD", "supplier": "SUP-1", "supplier_lot": "88"}]
    post(api, receive("BEEF", "GOOD", "5", births=births), receive("BEEF", "BAD", "5"))
    for number, lot in enumerate(("GOOD", "BAD"), start=1):
        made = [move("BEEF", lot, "1", "BIN-1", "PROCESS"), move("MEAL", f"M-{lot}", 1, "PROCESS", "BIN-1")]
        post(api, fact("transform", *made, at=hour(number)))

    answer = api.get("/coverage?since=2026-11-17T00:00:00Z&until=2026-11-18T00:00:00Z").data

    assert (answer["total"], answer["complete"], answer["permille"]) == (2, 1, 500)
    assert ("M-BAD", "no_supplier_lot", "BAD") in {(gap["lot"], gap["kind"], gap["at_lot"]) for gap in answer["gaps"]}
