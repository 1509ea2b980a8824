"""Splits and merges in the journal: what a fact keeps of the lots that it bears is read again by a later batch, a view and the replay."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lotline.core.ledger import Refused, heritage
from lotline.records.catalog.models import Item, Lot
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.states import view_lots
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.models import Fact
from lotline.records.journal.replay import rebuild
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from tests.laws.factory import DAY, Birth, Disposition, codes, draft, lot, move, received, write

pytestmark = pytest.mark.django_db

SOON, LATE = DAY + timedelta(days=8), DAY + timedelta(days=9)


def split(source: str, target: str, item: str = "BEEF", **said):
    kind = said.pop("kind", "split")
    return draft(kind, move(lot(source, item), 1, "A", "PROCESS"), move(lot(target, item), 1, "PROCESS", "A"), **said)


def kept(plant, code: str):
    return Lot.objects.for_plant(plant).values_list("status", "expires_at").get(code=code)


def test_the_fact_says_what_its_lots_were_born_with_and_all_readings_say_so(plant):
    source = received(plant, "1", 5, expires_at=SOON)
    write(plant, draft("inspect", subjects=(source,), disposition=Disposition.CONCESSION, hour=1))
    write(plant, split("1", "2", hour=2), split("2", "3", hour=3))

    for code in ("2", "3"):
        assert kept(plant, code) == ("concession", SOON)
    body = json.loads(Fact.objects.for_plant(plant).order_by("-seq").values_list("body", flat=True)[0])
    assert body["born"][0][3:] == ["concession", "2026-03-10T08:00:00.000000Z"]
    Lot.objects.for_plant(plant).update(status="released", expires_at=LATE)
    rebuild(plant)
    assert kept(plant, "3") == ("concession", SOON)


def test_a_decision_that_is_taken_back_in_a_later_batch_leaves_the_concession_that_came_with_the_goods(plant):
    source = received(plant, "1", 5)
    write(plant, draft("inspect", subjects=(source,), disposition=Disposition.CONCESSION, hour=1))
    write(plant, split("1", "2", hour=2))
    (released,) = write(plant, draft("inspect", subjects=(lot("2"),), disposition=Disposition.RELEASED, hour=4))
    assert kept(plant, "2")[0] == "released"

    then = view_lots(
        lots=[Lot.objects.for_plant(plant).get(code="2").pk], places=Map(plant, Bounds(at_us=int(DAY.timestamp() + 3 * 3600) * 10**6))
    )
    write(plant, draft("reverse", reverses=released.fact_id))

    assert [one.status for one in then.values()] == ["concession"]
    assert kept(plant, "2")[0] == "concession"


def test_a_split_that_is_written_late_goes_by_what_was_decided_by_then(plant):
    source = received(plant, "1", 5)
    write(plant, draft("inspect", subjects=(source,), disposition=Disposition.CONCESSION, hour=1))
    write(plant, draft("inspect", subjects=(source,), disposition=Disposition.RELEASED, hour=5))

    write(plant, split("1", "2", hour=3))
    write(plant, split("1", "3", hour=6))

    assert [kept(plant, code)[0] for code in "23"] == ["concession", "released"]


def test_what_a_lot_was_born_with_stays_when_its_item_asks_for_less(plant):
    source = received(plant, "1", 5, item="CHECKED")
    write(plant, draft("inspect", subjects=(source,), disposition=Disposition.RELEASED, hour=1))
    write(plant, split("1", "2", item="CHECKED", hour=2))
    Item.objects.filter(code="CHECKED").update(release_required=False)

    with pytest.raises(Refused, match="lot_pending"):
        write(plant, draft("ship", move(lot("2", "CHECKED"), 1, "A", "K1"), hour=3))


def test_the_refusal_names_the_draft_of_a_batch_and_nothing_is_written(plant):
    received(plant, "1", 5, expires_at=SOON)
    received(plant, "2", 5)

    with pytest.raises(Refused) as refused:
        write(plant, split("1", "3", hour=1), split("1", "2", hour=2, kind="merge"))

    assert [(problem.code, problem.draft) for problem in refused.value.problems] == [("outlives_source", 1)]
    assert Fact.objects.for_plant(plant).count() == 2


def test_only_who_may_override_puts_goods_into_a_lot_that_lasts_longer(plant):
    received(plant, "1", 5, expires_at=SOON)
    quality = create_user(username="quality", password="long enough to be one")
    operator = create_user(username="operator", password="long enough to be one")
    grant_role(user=quality, plant=plant, role=Role.QUALITY)
    grant_role(user=operator, plant=plant, role=Role.OPERATOR)
    births = (Birth(lot("2"), LATE),)

    with pytest.raises(Refused) as refused:
        write(plant, split("1", "2", births=births, override_reason="tested again"), actor=operator.pk)
    assert codes(refused.value.problems) == ["override_not_allowed"]
    write(plant, split("1", "2", births=births, override_reason="tested again"), actor=quality.pk)

    assert kept(plant, "2") == ("released", LATE)


def test_a_journal_from_before_this_rule_is_replayed_as_it_was_written(plant, monkeypatch):
    received(plant, "1", 5, item="FRESH")
    with monkeypatch.context() as before:
        before.setattr(heritage, "pass_on", lambda *_args: [])
        write(plant, split("1", "2", item="FRESH", hour=24))
    write(plant, split("2", "3", item="FRESH", hour=48))

    assert kept(plant, "3")[1] == DAY + timedelta(days=4)
