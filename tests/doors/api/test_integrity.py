"""Cases in which other systems lost or falsified traceability, through the API. The concurrent ones are in ``test_processes``."""

from __future__ import annotations

import pytest

from tests.doors.api.conftest import fact, hour, move, receive


def ship(lot, quantity, *, item="BEEF", to="CUS-1", place="BIN-1", **more):
    return fact("ship", move(item, lot, quantity, place, to), **more)


def stock(api, lot, place):
    return {row["place"]: row["quantity"] for row in api.get(f"/balances?lot={lot}").data["balances"]}.get(place, "0")


def reached(api, code, to="destinations"):
    return {row["lot"] for row in api.get(f"/traces?code={code}&to={to}").data["rows"]}


def accept(api, *facts):
    for sent in facts:
        reply = api.post("/facts", sent)
        assert reply.status == 201, reply.data
    return reply.data["id"]


@pytest.mark.parametrize("across", ["ship", "scrap", "move"])
def test_t1_t2_the_same_five_units_are_not_given_twice(api, across):
    accept(api, receive("BEEF", "L1", "5"), ship("L1", "5"))
    other = {
        "ship": ship("L1", "5", to="CUS-2"),
        "scrap": fact("scrap", move("BEEF", "L1", "5", "BIN-1", "SCRAP"), reason="torn"),
        "move": fact("move", move("BEEF", "L1", "5", "BIN-1", "BIN-2")),
    }[across]

    reply = api.post("/facts", other)

    assert (reply.status, reply.codes) == (422, ["not_enough"])


def test_t7_drawing_too_much_is_refused_and_not_clamped(api):
    accept(api, receive("BEEF", "L1", "5"))

    reply = api.post("/facts", ship("L1", "7"))

    assert (reply.status, reply.codes) == (422, ["not_enough"])
    assert reply.data["problems"][0]["params"]["available"] == "5"
    assert stock(api, "L1", "BIN-1") == "5"


def test_t8_a_lot_is_not_used_before_it_was_received(api):
    accept(api, receive("BEEF", "L1", "5", at=hour(10)))

    reply = api.post("/facts", ship("L1", "1", at=hour(9)))

    assert (reply.status, set(reply.codes) <= {"not_enough", "past_below_zero"}) == (422, True)
    assert stock(api, "L1", "BIN-1") == "5"


def test_t10_a_receipt_whose_goods_were_used_is_not_taken_back_and_nothing_is_stuck(api):
    received = accept(api, receive("BEEF", "L1", "5", at=hour(1)))
    used = accept(api, ship("L1", "3", at=hour(2)))

    refused = api.post("/facts", fact("reverse", reverses=received, reason="wrong"))
    accept(api, fact("reverse", reverses=used, reason="came back"), fact("reverse", reverses=received, reason="wrong"))

    assert refused.status == 422
    assert api.get("/balances?lot=L1").data["balances"] == []


def test_t14_a_delivered_serial_is_not_made_again(api):
    accept(api, receive("PUMP", "P1", 1), ship("P1", 1, item="PUMP"))

    again = receive("PUMP", "P1", 1, at=hour(9))
    reply = api.post("/facts", again)

    assert (reply.status, reply.codes) == (422, ["serial_exists"])
    assert stock(api, "P1", "CUS-1") == "1"


def test_t25_by_products_and_scrap_are_in_the_forward_trace(api):
    cooked = fact(
        "transform",
        move("BEEF", "L1", "5", "BIN-1", "PROCESS"), move("SAUCE", "S1", "3", "PROCESS", "BIN-1"),
        move("BONE", "B1", "1", "PROCESS", "BIN-1"), move("BONE", "WASTE", "1", "PROCESS", "SCRAP"),
    )  # fmt: skip
    accept(api, receive("BEEF", "L1", "5"), cooked)

    assert reached(api, "L1") == {"S1", "B1", "WASTE"}


def test_t26_every_serial_of_a_run_appears(api):
    serials = [move("PUMP", f"P{i}", 1, "PROCESS", "BIN-1") for i in range(40)]
    accept(api, receive("BEEF", "L1", "5"), fact("transform", move("BEEF", "L1", "5", "BIN-1", "PROCESS"), *serials))

    assert reached(api, "L1") == {f"P{i}" for i in range(40)}
    assert reached(api, "P7", "sources") == {"L1"}


def test_t27_a_lot_received_from_two_suppliers_names_both(api):
    def births(supplier, number):
        return [{"item": "BEEF", "lot": "L1", "supplier": supplier, "supplier_lot": number}]

    accept(api, receive("BEEF", "L1", "5", births=births("SUP-1", "A")))
    accept(api, receive("BEEF", "L1", "5", supplier="SUP-2", births=births("SUP-2", "B")))

    lot = api.get(f"/lots/{api.get('/lots?code=L1').data['lots'][0]['id']}").data
    assert [(origin["supplier"], origin["supplier_lot"]) for origin in lot["origins"]] == [("SUP-1", "A"), ("SUP-2", "B")]
    assert api.get("/traces?code=L1&to=sources").data["partners"] == ["SUP-1", "SUP-2"]


def test_t32_tenths_add_up_and_leave_no_residue(api):
    accept(api, receive("BEEF", "L1", "0.3"), ship("L1", "0.1"), ship("L1", "0.2"))

    assert stock(api, "L1", "BIN-1") == "0"
    assert stock(api, "L1", "CUS-1") == "0.3"


def test_t45_the_same_number_for_two_items_or_two_suppliers_is_kept_apart(api):
    for supplier, lot in (("SUP-1", "X1"), ("SUP-2", "X2")):
        births = [{"item": "BEEF", "lot": lot, "supplier": supplier, "supplier_lot": "N-1"}]
        accept(api, receive("BEEF", lot, "5", supplier=supplier, births=births))
    accept(api, receive("BEEF", "SAME", "5"), receive("SAUCE", "SAME", "5"))

    by_supplier, by_item = api.get("/resolve?code=N-1").data["meanings"], api.get("/resolve?code=SAME").data["meanings"]

    assert [(meaning["kind"], meaning["partner"]) for meaning in by_supplier] == [("supplier_lot", "SUP-1"), ("supplier_lot", "SUP-2")]
    assert [(meaning["kind"], meaning["item"]) for meaning in by_item] == [("lot", "BEEF"), ("lot", "SAUCE")]
    assert len(api.get("/traces?code=SAME&to=destinations").data["starts"]) == 2
    assert len(api.get("/traces?code=SAME&to=destinations&item=BEEF").data["starts"]) == 1
