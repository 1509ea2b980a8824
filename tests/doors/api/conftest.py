"""A small plant, people with tokens, and a client that speaks the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from lotline.core.facts import PlaceKind
from lotline.doors.api.access import forget_tokens
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import Tracking
from lotline.records.people.actions import create_user, grant_role, issue_token
from lotline.records.people.choices import Role, Scope
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Plant

ALL = tuple(Scope)
PLACES = (
    PlaceSpec("BIN-1", PlaceKind.BIN), PlaceSpec("BIN-2", PlaceKind.BIN), PlaceSpec("SUP-1", PlaceKind.SUPPLIER),
    PlaceSpec("SUP-2", PlaceKind.SUPPLIER), PlaceSpec("CUS-1", PlaceKind.CUSTOMER), PlaceSpec("CUS-2", PlaceKind.CUSTOMER),
)  # fmt: skip
ITEMS = (
    ItemSpec("BEEF", "kg", units={"bag": Fraction(25), "third": Fraction(1, 3)}), ItemSpec("SAUCE", "kg"), ItemSpec("BONE", "kg"),
    ItemSpec("POUCH", "pcs"), ItemSpec("PUMP", "pcs", tracking=Tracking.SERIAL),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    data: Any
    headers: Any
    content: bytes

    @property
    def codes(self) -> list[str]:
        """The codes of the problems that are listed."""
        return [problem["code"] for problem in self.data["problems"]]


class Api:
    """A program that calls the API with one token."""

    def __init__(self, secret: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.secret = secret

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        named = {"authorization": f"Bearer {self.secret}", "accept-language": "en"} if self.secret else {}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = named.pop("content-type", "application/json")
        response = self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=named)
        content = response.getvalue()
        is_json = "json" in response.headers.get("Content-Type", "") and "ndjson" not in response.headers["Content-Type"]
        return Reply(response.status_code, json.loads(content) if is_json else None, response.headers, content)

    def get(self, path: str, **headers: str) -> Reply:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        return self("POST", path, body, **headers)


_number = iter(range(1, 10**9))


def move(item: str, lot: str, quantity: Any, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"item": item, "lot": lot, "quantity": quantity, "source": source, "target": target, **more}


def fact(kind: str, *moves: dict[str, Any], at: str = "2026-11-17T08:00:00Z", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "happened_at": at, "key": f"test-{next(_number)}", "moves": list(moves), **more}


def hour(number: int) -> str:
    """The moment ``number`` hours into the day of the tests."""
    return f"2026-11-17T{number:02d}:00:00Z"


def receive(
    item: str, lot: str, quantity: Any, *, at: str = "2026-11-17T00:00:00Z", place: str = "BIN-1", supplier: str = "SUP-1", **more: Any
) -> dict[str, Any]:
    return fact("receive", move(item, lot, quantity, supplier, place), at=at, **more)


@pytest.fixture
def plant(db) -> Plant:
    forget_tokens()
    made = create_plant(code="P1", name="Plant")
    ensure_places(plant=made, specs=PLACES)
    ensure_items(ITEMS)
    return made


@pytest.fixture
def token(plant: Plant) -> Callable[..., str]:
    """Makes the secret of a token of a new account: ``token(Role.QUALITY, scopes)``."""

    def make(role: Role = Role.QUALITY, scopes: Sequence[Scope] = ALL, **more: Any) -> str:
        user = create_user(username=f"user{next(_number)}", password="not-used-here")
        grant_role(user=user, plant=plant, role=role)
        return issue_token(user=user, plant=plant, name="test", scopes=scopes, **more)[1]

    return make


@pytest.fixture
def api(token: Callable[..., str]) -> Api:
    """Somebody of quality with every scope."""
    return Api(token())
