"""Who is let in, and what happens to the others. Errors of every kind are problem documents."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lotline.doors.api import access, application, entry
from lotline.records.journal.models import Hold
from lotline.records.people.actions import create_user, grant_role, issue_token, revoke_token
from lotline.records.people.choices import Role, Scope
from lotline.records.people.models import Token
from lotline.records.places.actions import create_plant
from tests.doors.api.conftest import Api, fact, move, receive

HOLD = {"lots": [{"item": "BEEF", "lot": "L1"}], "reason": "smell", "happened_at": "2026-11-17T09:00:00Z", "key": "h1"}


def is_problem(reply):
    return reply.headers["Content-Type"] == "application/problem+json" and reply.data["status"] == reply.status


@pytest.mark.parametrize("secret", ["", "lot_unknown", "Bearer", "geheim", "lot_" + "ü" * 20])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/facts"), ("GET", "/lots"), ("POST", "/holds"), ("GET", "/traces?code=x&to=sources")]
)
def test_without_a_valid_token_nobody_gets_in(plant, secret, method, path):
    reply = Api(secret)(method, path, receive("BEEF", "L1", "1") if method == "POST" else None)

    assert (reply.status, reply.data["code"], is_problem(reply)) == (401, "unauthorized", True)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_revoked_token_is_refused_within_a_second(token, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    api = Api(token())
    assert api.get("/lots").status == 200
    revoke_token(Token.objects.group_wide().get())

    clock[0] += access.REMEMBERED_SECONDS

    assert access.REMEMBERED_SECONDS <= 1
    assert api.get("/lots").status == 401


def test_token_that_expires_while_it_is_remembered_is_refused(token, monkeypatch):
    api = Api(token(expires_at=timezone.now() + timedelta(hours=1)))
    assert api.get("/lots").status == 200

    monkeypatch.setattr(timezone, "now", lambda: datetime(2100, 1, 1, tzinfo=UTC))

    assert api.get("/lots").status == 401


def test_token_of_a_closed_account_is_refused(token):
    secret = token()
    from lotline.records.people.models import User

    User.objects.update(is_active=False)

    assert Api(secret).get("/lots").status == 401


@pytest.mark.parametrize(
    ("role", "scopes", "method", "path", "body", "status"),
    [
        (Role.QUALITY, [Scope.READ], "POST", "/facts", receive("BEEF", "L1", "1"), 403),
        (Role.AUDITOR, list(Scope), "POST", "/facts", receive("BEEF", "L1", "1"), 403),
        (Role.OPERATOR, list(Scope), "POST", "/facts", receive("BEEF", "L1", "1"), 201),
        (Role.QUALITY, [Scope.WRITE_FACTS], "GET", "/lots", None, 403),
        (Role.OPERATOR, list(Scope), "POST", "/holds", HOLD, 403),
        (Role.OPERATOR, list(Scope), "POST", "/facts", fact("hold", subjects=[{"item": "BEEF", "lot": "L1"}], reason="x"), 403),
        (Role.OPERATOR, list(Scope), "POST", "/items", {"code": "NEW"}, 403),
        (Role.PLANNER, list(Scope), "POST", "/items", {"code": "NEW"}, 201),
        (Role.OWNER, list(Scope), "POST", "/facts", {**receive("BEEF", "L1", "1"), "override_reason": "I say so"}, 403),
    ],
)
def test_token_may_do_what_both_its_scopes_and_its_owners_role_allow(token, role, scopes, method, path, body, status):
    reply = Api(token(role, scopes))(method, path, body)

    assert reply.status == status
    assert status != 403 or is_problem(reply)


def test_token_of_one_plant_sees_nothing_of_another(api, token):
    api.post("/facts", receive("BEEF", "L1", "1"))
    lot = api.get("/lots").data["lots"][0]
    there = create_plant(code="P2", name="Another")
    user = create_user(username="elsewhere", password="not-used-here")
    grant_role(user=user, plant=there, role=Role.OWNER)
    other = Api(issue_token(user=user, plant=there, name="t", scopes=list(Scope))[1])

    assert other.get("/lots").data["lots"] == other.get("/facts").data["facts"] == other.get("/balances").data["balances"] == []
    assert other.get(f"/lots/{lot['id']}").status == 404
    assert other.get("/traces?code=L1&to=destinations").status == 404


def addresses_with_an_id():
    """(method, address) of everything under the API that takes an id, as the reference lists it."""
    described = application.api.get_openapi_schema()["paths"]
    return [(method.upper(), path.removeprefix("/api/v1")) for path, methods in described.items() if "_id}" in path for method in methods]


def test_every_address_with_an_id_answers_not_found_for_an_id_of_another_plant(api, token):
    receipt = api.post("/facts", receive("BEEF", "L1", "1")).data
    api.post("/holds", HOLD)
    ids = {"fact_id": receipt["id"] if "id" in receipt else receipt["fact_id"], "lot_id": api.get("/lots").data["lots"][0]["id"]}
    ids["hold_id"] = str(Hold.objects.group_wide().get().pk)
    user = create_user(username="elsewhere", password="not-used-here")
    there = create_plant(code="P2", name="Another")
    grant_role(user=user, plant=there, role=Role.OWNER)
    other = Api(issue_token(user=user, plant=there, name="t", scopes=list(Scope))[1])
    addresses = addresses_with_an_id()

    answers = {}
    for method, path in addresses:
        body = {"reason": "x", "happened_at": "2026-11-17T10:00:00Z", "key": "r1"} if method == "POST" else None
        answers[method, path] = other(method, path.format(**ids), body).status

    assert {"/facts/{fact_id}", "/lots/{lot_id}", "/lots/{lot_id}/dossier"} <= {path for _method, path in addresses}
    assert set(answers.values()) == {404}, answers


# ---- the session of the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(plant):
    user = create_user(username="li", password="a-long-password")
    grant_role(user=user, plant=plant, role=Role.QUALITY)

    def make(**more):
        client = Client(**more)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


def test_session_of_a_page_may_read(signed_in):
    response = signed_in().get("/api/v1/lots")

    assert (response.status_code, response.json()) == (200, {"lots": [], "next": None})


def test_session_without_csrf_token_may_not_write(signed_in):
    sent = json.dumps(receive("BEEF", "L1", "1"))

    response = signed_in(enforce_csrf_checks=True).post("/api/v1/facts", sent, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_session_with_csrf_token_writes_and_a_person_may_override(signed_in, api):
    api.post("/facts", receive("BEEF", "L1", "2"))
    api.post("/holds", HOLD)
    client = signed_in(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    shipped = fact("ship", move("BEEF", "L1", "1", "BIN-1", "CUS-1"), at="2026-11-17T10:00:00Z")

    def post(body):
        return client.post("/api/v1/facts", json.dumps(body), content_type="application/json", headers={"x-csrftoken": "a" * 32})

    assert [problem["code"] for problem in post(shipped).json()["problems"]] == ["lot_on_hold"]
    assert post({**shipped, "override_reason": "released by phone"}).status_code == 201


def test_account_without_a_role_is_told_so(db):
    client = Client()
    client.force_login(create_user(username="new", password="a-long-password"), backend="django.contrib.auth.backends.ModelBackend")

    response = client.get("/api/v1/lots")

    assert (response.status_code, response.json()["code"]) == (403, "no_plant")


# ---- requests that are not understood -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("GET", "/nowhere", None, {}, 404, "not_found"),
        ("GET", "/facts/00000000-0000-0000-0000-000000000000", None, {}, 404, "not_found"),
        ("GET", "/items/NONE", None, {}, 404, "not_found"),
        ("DELETE", "/facts", None, {}, 405, "method_not_allowed"),
        ("PUT", "/items", b"{}", {}, 405, "method_not_allowed"),
        ("POST", "/facts", b"kind=receive", {"content-type": "application/x-www-form-urlencoded"}, 415, "media_type_unsupported"),
        ("POST", "/facts", b"", {}, 400, "json_malformed"),
        ("POST", "/facts", b'{"kind": "rec', {}, 400, "json_malformed"),
        ("POST", "/facts", b'{"kind": "\xff\xfe"}', {}, 400, "json_malformed"),
        ("POST", "/facts", b'{"key": "\\ud800"}', {}, 400, "json_malformed"),
        ("POST", "/facts", b"[" * 100_000, {}, 400, "json_malformed"),
        ("POST", "/facts/batch", b'{"facts": NaN}', {}, 400, "json_malformed"),
        ("POST", "/facts", b"[]", {}, 422, "invalid"),
        ("POST", "/holds", b"null", {}, 422, "invalid"),
        ("GET", "/facts?limit=0", None, {}, 422, "invalid"),
        ("GET", "/facts?limit=x", None, {}, 422, "invalid"),
        ("GET", "/facts?since=yesterday", None, {}, 422, "invalid"),
        ("GET", "/facts?cursor=abc", None, {}, 422, "cursor_unknown"),
        ("GET", "/lots?cursor=WzFd", None, {}, 422, "cursor_unknown"),
        ("GET", "/lots?code=%00", None, {}, 422, "invalid"),
        ("GET", "/lots?code=%FF%FE", None, {}, 200, None),
        ("GET", "/items/%00", None, {}, 422, "invalid"),
        ("GET", "/traces?code=x", None, {}, 422, "invalid"),
        ("GET", "/traces?code=NONE&to=sources", None, {}, 404, "code_unknown"),
        ("GET", "/traces?code=x&to=sources", None, {"accept": "image/png"}, 406, "not_acceptable"),
        ("GET", "/lots", None, {"host": "evil.example"}, 400, "bad_request"),
    ],
)
def test_request_that_can_not_be_answered_gets_a_problem_document(api, method, path, body, headers, status, code):
    reply = api(method, path, body, **headers)

    assert (reply.status, (reply.data or {}).get("code")) == (status, code)
    assert status < 400 or is_problem(reply)
    assert status != 405 or reply.headers["Allow"]


def test_nul_in_a_fact_is_refused_and_said_where(api):
    reply = api.post("/facts", {**receive("BEEF", "L1", "1"), "data": {"note": "a\0b"}})

    assert (reply.status, reply.codes) == (422, ["text_not_storable"])


def test_float_in_free_data_is_refused(api):
    assert api.post("/facts", {**receive("BEEF", "L1", "1"), "data": {"ph": 6.5}}).codes == ["not_exact"]


def test_body_beyond_the_limit_is_refused_unread(api, monkeypatch):
    monkeypatch.setattr(entry, "LARGEST_BODY", 1000)

    reply = api.post("/facts", b" " * 1001)

    assert (reply.status, reply.data["code"], is_problem(reply)) == (413, "body_too_large", True)


@pytest.mark.parametrize("path", ["/facts", "/facts/batch"])
def test_failure_that_nobody_foresaw_is_a_problem_document_and_logged(api, monkeypatch, caplog, path):
    from lotline.doors.api import posting
    from lotline.doors.api.committing import committer

    def fail(**_named):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(posting, "append", fail)
    monkeypatch.setattr(committer, "append", fail)
    api.client.raise_request_exception = False
    sent = receive("BEEF", "L1", "1")

    reply = api.post(path, sent if path == "/facts" else {"facts": [sent]})

    assert (reply.status, reply.data["code"], is_problem(reply)) == (500, "server_error", True)
    assert b"secret detail" not in reply.content
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("path", ["/facts", "/lots", "/openapi.json"])
def test_answers_carry_the_headers_that_keep_browsers_careful(api, path):
    headers = api.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in headers["Content-Security-Policy"]


# ---- a token that may only record facts, of somebody who may decide ---------------------------------------------------------------------


@pytest.fixture
def narrow(plant, token):
    """Two programs of the same person of quality: one may do everything, the other only record facts."""
    wide = token()
    from lotline.records.people.models import User

    owner = User.objects.get()
    return Api(wide), Api(issue_token(user=owner, plant=plant, name="scanner", scopes=[Scope.READ, Scope.WRITE_FACTS])[1])


DECISIONS = {
    "hold": fact("hold", subjects=[{"item": "BEEF", "lot": "L1"}], reason="smell"),
    "rejection": fact("inspect", subjects=[{"item": "BEEF", "lot": "L1"}], disposition="rejected"),
}


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("batch", [False, True])
def test_token_without_the_scope_to_hold_takes_no_decision_back(narrow, decision, batch):
    quality, scanner = narrow
    quality.post("/facts", receive("BEEF", "L1", "5"))
    made = quality.post("/facts", DECISIONS[decision]).data["id"]
    back = fact("reverse", reverses=made, reason="a mistake")

    lifted = scanner.post("/facts/batch" if batch else "/facts", {"facts": [back]} if batch else back)
    shipped = scanner.post("/facts", fact("ship", move("BEEF", "L1", "5", "BIN-1", "CUS-1"), at="2026-11-17T09:00:00Z"))

    assert (lifted.status, lifted.codes) == (403, ["hold_not_allowed"])
    assert (shipped.status, shipped.codes) == (422, ["lot_on_hold" if decision == "hold" else "lot_rejected"])
    assert quality.post("/facts", back).status == 201


def test_token_without_the_scope_to_hold_takes_back_what_decided_nothing(narrow):
    quality, scanner = narrow
    received = quality.post("/facts", receive("BEEF", "L1", "5")).data["id"]

    assert scanner.post("/facts", fact("reverse", reverses=received, reason="a mistake")).status == 201
