from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from lotline.core.canonical import canonical_bytes
from lotline.core.facts import (
    ACCOUNTS,
    INSIDE,
    Birth,
    Carry,
    Disposition,
    Draft,
    FactKind,
    FactSource,
    LotRef,
    Measurement,
    Move,
    PlaceKind,
    draft_content,
)

AT = datetime(2026, 11, 17, 1, 42, tzinfo=UTC)
BEEF, SALT = LotRef("BEEF", "1"), LotRef("SALT", "1")


def full_draft() -> Draft:
    return Draft(
        kind=FactKind.TRANSFORM,
        happened_at=AT,
        key="k1",
        moves=(Move(BEEF, 2**60, "A", "PROCESS", 1, certain=False), Move(SALT, 5, "A", "PROCESS"), Move(BEEF, 1, "PROCESS", "B")),
        carries=(Carry("BOX", "A", "B"),),
        births=(Birth(SALT, expires_at=AT, supplier="S", supplier_lot="x", batch="b", attributes={"origin": "海"}),),
        subjects=(SALT, LotRef("SALT", "2")),
        measurements=(Measurement("temperature", "72.5", unit="Cel", low="70"), Measurement("ph", None)),
        station="st", equipment="eq", operator="op", order="or", operation="on", document="do", reason="re",
        source=FactSource.SCAN, device_clock=AT, disposition=Disposition.CONCESSION, hold_place="A", override_reason="ov",
        reverses=UUID(int=7), data={"n": 1, "t": None},
    )  # fmt: skip


def test_content_lists_each_lot_once_and_names_it_by_position():
    content = draft_content(full_draft())

    assert content["lots"] == [["BEEF", "1"], ["SALT", "1"], ["SALT", "2"]]
    assert content["moves"] == [
        [0, str(2**60), "A", "PROCESS", 1, 0],
        [1, "5", "A", "PROCESS", 0, 1],
        [0, "1", "PROCESS", "B", 0, 1],
    ]
    assert content["subjects"] == [1, 2]


def test_content_holds_everything_the_sender_said():
    content = draft_content(full_draft())

    assert set(content) == {
        "kind", "at", "key", "source", "lots", "moves", "subjects", "births", "carries", "measurements", "station", "equipment",
        "operator", "order", "operation", "document", "reason", "hold_place", "override_reason", "disposition", "device_clock",
        "reverses", "data",
    }  # fmt: skip
    assert content["births"] == [
        {
            "lot": 1, "expires_at": "2026-11-17T01:42:00.000000Z", "supplier": "S", "supplier_lot": "x", "batch": "b",
            "attributes": {"origin": "海"},
        }
    ]  # fmt: skip
    assert json.loads(canonical_bytes(content))["measurements"][1] == {"characteristic": "ph", "value": None, "source": "device"}


def test_an_empty_draft_says_no_more_than_what_when_and_how():
    content = draft_content(Draft(kind=FactKind.NOTE, happened_at=AT, key="k"))

    assert set(content) == {"kind", "at", "key", "source"}


def test_content_has_canonical_bytes_whatever_the_quantity():
    assert b'"1152921504606846976"' in canonical_bytes(draft_content(full_draft()))


def test_every_field_of_a_draft_changes_its_content():
    """A field that were left out of the bytes could be altered without anybody noticing."""
    base = Draft(kind=FactKind.NOTE, happened_at=AT, key="k")
    full = full_draft()
    for name in Draft.__dataclass_fields__:
        changed = Draft(**{field: getattr(base, field) for field in Draft.__dataclass_fields__} | {name: getattr(full, name)})
        if getattr(full, name) != getattr(base, name):
            assert draft_content(changed) != draft_content(base), name
        else:
            assert name == "happened_at"


def test_every_kind_of_place_is_inside_outside_or_an_account():
    outside = {PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SUBCONTRACTOR, PlaceKind.TRANSIT}

    assert set(PlaceKind) == INSIDE | ACCOUNTS | outside
    assert not INSIDE & ACCOUNTS
