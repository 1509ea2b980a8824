"""Holding a lot and lifting a hold from the pages."""

from __future__ import annotations

import json

import pytest

from lotline.records.people.choices import Role
from tests.doors.web.plant_of_pages import last_fact, lot_of, make_user, tell_sauce

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def test_hold_needs_a_reason_and_keeps_what_was_typed(quality, plant):
    tell_sauce(plant)
    address = f"/lots/{lot_of(plant, 'SC-1').pk}/hold"

    answer = quality.post(address, {"reason": "  ", "once": "1"})

    assert answer.status_code == 400
    assert "Say why" in text_of(answer)
    assert last_fact(plant).kind == "hold"
    assert json.loads(last_fact(plant).body)["reason"] == "swollen pouch"


def test_hold_is_written_once_in_the_persons_name_and_can_be_lifted(quality, plant):
    tell_sauce(plant)
    lot = lot_of(plant, "SC-1").pk

    answers = [quality.post(f"/lots/{lot}/hold", {"reason": "smells odd", "once": "a", "next": "/trace/SC-1"}) for _ in range(2)]
    held = last_fact(plant)
    dossier = text_of(quality.get(f"/lots/{lot}"))
    lifted = quality.post(f"/lots/{lot}/release", {"reason": "smells fine"}, follow=True)

    assert [answer["Location"] for answer in answers] == ["/trace/SC-1"] * 2
    assert (held.kind, held.operator, held.source) == ("hold", "Zhou Min", "typed")
    assert held.seq == last_fact(plant).seq - 1
    assert f'href="/lots/{lot}/release"' in dossier
    assert "The hold on SC-1 is lifted." in text_of(lifted)
    assert f"/lots/{lot}/hold" in text_of(lifted)


def test_hold_is_asked_for_in_a_drawer_beside_the_picture(quality, plant):
    tell_sauce(plant)

    page = text_of(quality.get(f"/lots/{lot_of(plant, 'SC-1').pk}/hold", headers={"hx-request": "true", "hx-current-url": "/trace/P-1"}))

    assert "<html" not in page
    assert 'name="next" value="/trace/P-1"' in page


@pytest.mark.parametrize("wanted", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_hold_never_leads_to_another_server(quality, plant, wanted):
    tell_sauce(plant)
    lot = lot_of(plant, "SC-1").pk

    assert quality.post(f"/lots/{lot}/hold", {"reason": "x", "next": wanted})["Location"] == f"/lots/{lot}"


def test_lot_without_a_hold_has_none_to_lift(quality, plant):
    tell_sauce(plant)

    assert quality.get(f"/lots/{lot_of(plant, 'SC-1').pk}/release").status_code == 404
    assert quality.get(f"/lots/{lot_of(plant, 'P-1').pk}/release?place=NOWHERE").status_code == 404


def test_who_may_not_hold_sees_no_button_and_is_refused(plant, sign_in_as):
    tell_sauce(plant)
    auditor = sign_in_as(make_user(plant, Role.AUDITOR))
    lot = lot_of(plant, "SC-1").pk

    assert "/hold" not in text_of(auditor.get(f"/lots/{lot}"))
    assert "/hold" not in text_of(auditor.get("/trace/SC-1"))
    assert auditor.post(f"/lots/{lot}/hold", {"reason": "x"}).status_code == 403
