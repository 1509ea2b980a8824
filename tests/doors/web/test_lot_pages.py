"""The list of lots, the dossier of one, a single record, the chain."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import FactKind, LotRef
from lotline.core.quantity import MICRO
from lotline.doors.web.stock import LotFilter, list_lots
from lotline.doors.web.views import plant as plant_views
from lotline.records.catalog.models import Lot
from lotline.records.journal.actions import append
from lotline.records.journal.models import Fact
from tests.doors.web.plant_of_pages import (
    BEEF,
    POUCH,
    WARM,
    fact,
    kilograms,
    last_fact,
    lot_of,
    make_plant,
    receive,
    reject,
    reverse,
    tell_fan,
    tell_sauce,
)
from tests.guards import guards_off

pytestmark = pytest.mark.django_db


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def all_pages(plant, **filters):
    """Codes of every page, and how many pages there were."""
    cursor, codes, pages = "", [], 0
    while True:
        page = list_lots(plant=plant, wanted=LotFilter(**filters), cursor=cursor)
        names = dict(Lot.objects.for_plant(plant).filter(pk__in=page.lots).values_list("pk", "code"))
        codes += [names[lot] for lot in page.lots]
        pages += 1
        cursor = page.next
        if not cursor:
            return codes, pages


# ---- the list ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filters", [{}, {"code": "FAN"}, {"item": "POUCH"}, {"item": "POUCH", "state": "stock"}, {"place": "WH"}])
def test_pages_hold_every_lot_once(plant, filters):
    tell_fan(plant, 60)
    other = make_plant("P2", "Other")
    tell_fan(other, 2)

    codes, pages = all_pages(plant, **filters)

    wanted = {f"FAN-P{number:04d}" for number in range(60)}
    if not filters or "code" in filters:
        wanted |= {"FAN-B"} | {f"FAN-S{number:04d}" for number in range(60)}
    assert sorted(codes) == sorted(wanted)
    assert pages == -(-len(wanted) // 50)


def test_list_is_newest_first_and_by_code_where_a_code_is_asked_for(plant):
    tell_fan(plant, 3)

    newest, _pages = all_pages(plant)
    by_code, _pages = all_pages(plant, code="FAN")

    assert newest[-1] == "FAN-B"
    assert by_code == sorted(by_code)


def test_state_filters_find_held_and_rejected_lots(plant):
    tell_sauce(plant)
    append(plant=plant, drafts=[receive(LotRef(BEEF, "B-2"), 5, 1, number="F-2"), reject(LotRef(BEEF, "B-2"), 2)])

    assert all_pages(plant, state="hold")[0] == ["P-1"]
    assert all_pages(plant, state="rejected")[0] == ["B-2"]
    assert set(all_pages(plant, state="stock")[0]) == {"B-1", "S-1", "P-1", "B-2"}


def test_place_filter_counts_what_lies_in_places_within(plant):
    tell_sauce(plant)

    assert all_pages(plant, place="PAL-1")[0] == ["P-1"]
    assert "P-1" in all_pages(plant, place="WH")[0]
    assert all_pages(plant, place="SHOP")[0] == ["P-1"]
    assert all_pages(plant, place="NOWHERE")[0] == []


def test_supplier_filter_finds_what_they_delivered(plant):
    tell_sauce(plant)

    assert all_pages(plant, supplier="MINE")[0] == ["S-1"]


def test_cursor_of_another_order_or_hand_is_taken_for_none(plant):
    tell_fan(plant, 60)
    cursor = list_lots(plant=plant, wanted=LotFilter(code="FAN")).next

    first = list_lots(plant=plant, wanted=LotFilter()).lots

    assert list_lots(plant=plant, wanted=LotFilter(), cursor=cursor).lots == first
    assert list_lots(plant=plant, wanted=LotFilter(), cursor="nonsense").lots == first


def test_list_shows_quantity_place_and_state(quality, plant):
    tell_sauce(plant)

    html = quality.get("/lots").content.decode()
    row = plain(html[html.index(">P-1<") :].split("</tr>")[0])

    assert "Pouch 180 g 50 pcs 25 pcs Bin 1 +1 On hold" in row


def test_list_without_lots_says_how_they_come(quality):
    page = quality.get("/lots").content.decode()

    assert "No lots yet" in page
    assert 'href="/import"' in page


def test_filter_that_finds_nothing_offers_the_way_out(quality, plant):
    tell_sauce(plant)

    assert "No lot fits this filter" in quality.get("/lots?code=NOPE").content.decode()


def test_queries_of_the_list_do_not_grow_with_its_rows(quality, plant):
    tell_fan(plant, 1)
    quality.get("/lots")
    with CaptureQueriesContext(connection) as few:
        quality.get("/lots")
    tell_fan(plant, 24, prefix="MORE")
    with CaptureQueriesContext(connection) as many:
        quality.get("/lots")

    assert len(many) == len(few)


# ---- the dossier -------------------------------------------------------------------------------------------------------------------------


def dossier(quality, plant, code):
    return quality.get(f"/lots/{lot_of(plant, code).pk}").content.decode()


def test_dossier_balances_to_the_last_unit(quality, plant):
    tell_sauce(plant)

    text = plain(dossier(quality, plant, "P-1"))

    assert "Made 50 To account for 50 pcs In stock 25 Shipped 20 Scrapped 5 Accounted for 50 pcs Difference 0 pcs" in text


def test_dossier_shows_where_it_is_with_the_whole_path(quality, plant):
    tell_sauce(plant)

    text = plain(dossier(quality, plant, "P-1"))

    assert "Store › Bin 1 › Pallet one" in text.replace("&gt;", "›")
    assert "Corner shop 20 pcs" in text


def test_dossier_lists_what_it_was_made_from_and_went_into(quality, plant):
    tell_sauce(plant)

    html = dossier(quality, plant, "SC-1")
    made_from, went_into = html.split('id="t-in"')[1].split('id="t-out"')

    assert "B-1" in made_from
    assert "S-1" in made_from
    assert "P-1" in went_into.split('id="t-holds"')[0]


def test_dossier_of_a_received_lot_names_supplier_and_number(quality, plant):
    tell_sauce(plant)

    html = dossier(quality, plant, "S-1")

    assert "Salt mine" in html
    assert 'href="/trace/M-7"' in html


def test_dossier_shows_a_fact_that_was_taken_back_struck_through_with_a_link(quality, plant):
    tell_sauce(plant)
    scrap = Fact.objects.for_plant(plant).get(kind=FactKind.SCRAP)
    reverse(plant, scrap)

    html = dossier(quality, plant, "P-1")
    text = plain(html)

    assert re.search(r'<li class="[^"]*struck', html)
    assert f"/facts/{scrap.pk}" in html
    assert "Scrapped" not in text.split("Quantities that close")[1].split("Accounted for")[0]
    assert "In stock 30" in text


def test_dossier_lists_holds_open_and_lifted(quality, plant):
    tell_sauce(plant)
    append(plant=plant, drafts=[fact(FactKind.RELEASE, 9, subjects=(LotRef(POUCH, "P-1"),), reason="fine")])

    html = dossier(quality, plant, "P-1")

    assert "swollen pouch" in html
    assert re.search(r"lifted 2 Mar( 2026)? 17:00", html)


def test_dossier_of_a_lot_without_a_source_says_so(quality, plant):
    append(plant=plant, drafts=[fact(FactKind.ADJUST, 0, kilograms(LotRef(BEEF, "B-9"), 5, "VARIANCE", "BIN-1"), reason="count")])

    text = plain(dossier(quality, plant, "B-9"))

    assert "No source is recorded" in text
    assert "Found at counts 5" in text


def test_dossier_that_does_not_exist_is_not_found(quality, plant):
    assert quality.get("/lots/00000000-0000-0000-0000-000000000000").status_code == 404


def test_fractions_are_shown_exactly(quality, plant):
    move = kilograms(LotRef(BEEF, "B-1"), 1, "FARM", "BIN-1")._replace(quantity=MICRO // 4 + 1)
    append(plant=plant, drafts=[fact(FactKind.RECEIVE, 0, move)])

    assert "0.250001" in dossier(quality, plant, "B-1")


# ---- one record, and all of them ---------------------------------------------------------------------------------------------------------


def test_record_shows_who_when_where_and_its_place_in_the_chain(quality, plant):
    tell_sauce(plant)
    cooked = Fact.objects.for_plant(plant).get(operation="Cooking")

    text = plain(quality.get(f"/facts/{cooked.pk}").content.decode())

    assert "2026-03-02 10:00:00 +08:00" in text
    assert "Liu Qiang" in text
    assert cooked.hash in text
    assert "unaltered" in text
    assert "B-1 Beef 10 kg Bin 1" in text


def test_record_and_its_correction_name_each_other(quality, plant):
    tell_sauce(plant)
    scrap = Fact.objects.for_plant(plant).get(kind=FactKind.SCRAP)
    reverse(plant, scrap)
    correction = last_fact(plant)

    taken_back = quality.get(f"/facts/{scrap.pk}").content.decode()
    taking = quality.get(f"/facts/{correction.pk}").content.decode()

    assert "This record was taken back" in taken_back
    assert f"/facts/{correction.pk}" in taken_back
    assert "This record takes back another" in taking
    assert f"/facts/{scrap.pk}" in taking


def test_chain_is_checked_on_demand(quality, plant):
    tell_sauce(plant)

    before = quality.get("/chain").content.decode()
    after = quality.post("/chain").content.decode()

    assert "Check every record now" in before
    assert "All 8 records are what was written" in after


def test_chain_is_checked_for_one_person_at_a_time(quality, plant):
    with plant_views._verifying:
        meanwhile = quality.post("/chain").content.decode()
    afterwards = quality.post("/chain").content.decode()

    assert "A chain is being checked right now" in meanwhile
    assert "records are what was written" not in meanwhile
    assert "records are what was written" in afterwards


def test_chain_too_long_for_a_page_names_the_command(quality, plant, monkeypatch):
    monkeypatch.setattr(plant_views, "VERIFIED_HERE", 0)
    tell_sauce(plant)

    page = quality.post("/chain").content.decode()

    assert "lotline verify" in page
    assert "records are what was written" not in page


def test_chain_that_was_tampered_with_names_the_first_bad_record(quality, plant):
    tell_sauce(plant)
    with guards_off(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_fact SET body = replace(body, '91.0', '96.0') WHERE seq = 3")

    page = quality.post("/chain").content.decode()

    assert 'role="alert"' in page
    assert "2 records before it are good" in page


# ---- units ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/lots", "/lots/{lot}", "/trace/P-1", "/trace/SHOP", "/facts/{fact}"])
def test_a_chinese_reader_reads_units_by_their_chinese_names(quality, plant, page):
    tell_sauce(plant, measured=WARM)
    made = Fact.objects.for_plant(plant).filter(kind="ship")[0]
    address = page.format(lot=lot_of(plant, "P-1").pk, fact=made.pk)

    chinese = plain(quality.get(address, headers={"accept-language": "zh-hans"}).content.decode())
    english = plain(quality.get(address, headers={"accept-language": "en"}).content.decode())

    assert "件" in chinese
    assert "pcs" not in chinese
    assert "pcs" in english


def test_numbers_of_the_answer_carry_the_name_of_the_unit(quality, plant):
    tell_sauce(plant)

    text = plain(quality.get("/trace/P-1", headers={"accept-language": "zh-hans"}).content.decode())

    assert "pcs" not in text
    assert "件" in text
