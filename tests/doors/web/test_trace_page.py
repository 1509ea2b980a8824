"""The trace explorer: its answer, its numbers, its picture, and what it costs."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.journal.actions import append
from lotline.records.journal.models import Fact
from tests.doors.web.plant_of_pages import (
    BEEF,
    BY_HAND,
    POUCH,
    SAUCE,
    WARM,
    cook,
    fact,
    fill,
    lot_of,
    receive,
    reverse,
    tell_fan,
    tell_sauce,
)

pytestmark = pytest.mark.django_db


def page_of(quality, address):
    answer = quality.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# ---- the answer and the head -----------------------------------------------------------------------------------------------------------


def test_answer_names_the_step_that_was_out_of_limits_and_what_it_touches(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/P-1")
    strip = plain(html[html.index('class="answer red"') : html.index("data-genealogy-count")])

    assert "Problem at Cooking: Core temperature 91.0 °C, below limit 95" in strip
    assert "SC-1 · Kettle 1" in strip
    assert "2 alarms" in strip
    assert re.search(r"finished lot affected 1 .*pcs in them 50 .*pcs have left the plant 20 .*customer 1", strip)


def test_answer_of_a_clean_lot_says_that_all_was_within_limits(quality, plant):
    tell_sauce(plant, measured=WARM)
    append(plant=plant, drafts=[fact(FactKind.RELEASE, 9, subjects=(LotRef(POUCH, "P-1"),), reason="fine")])

    html = page_of(quality, "/trace/P-1")

    assert 'class="answer ok"' in html
    assert "2 measurements on the way here, all within limits" in html
    assert "Came from 3 lots, went into no other lot" in html


def test_answer_of_a_held_lot_without_a_fault_says_why_it_is_held(quality, plant):
    tell_sauce(plant, measured=WARM)

    assert "On hold: swollen pouch" in page_of(quality, "/trace/P-1")


def test_measurement_of_a_step_that_was_taken_back_is_no_fault(quality, plant):
    sauce = LotRef(SAUCE, "SC-2")
    from tests.doors.web.plant_of_pages import COLD

    append(plant=plant, drafts=[receive(LotRef(BEEF, "B-1"), 50, 0), cook([LotRef(BEEF, "B-1")], sauce, 1, measurements=(COLD,))])
    reverse(plant, Fact.objects.for_plant(plant).order_by("-seq")[0])
    append(plant=plant, drafts=[cook([LotRef(BEEF, "B-1")], sauce, 2, measurements=(WARM,))])

    html = page_of(quality, "/trace/SC-2")

    assert "Problem at" not in html
    assert "Taken back" in html


def test_quantity_closes_to_the_last_unit_and_prints_the_difference(quality, plant):
    tell_sauce(plant)

    head = plain(page_of(quality, "/trace/P-1").split('class="answer')[0])

    assert "balanced, difference 0" in head
    assert "50 pcs made" in head
    for part in ("Shipped 20", "In stock 25", "Scrapped 5"):
        assert part in head


def test_where_it_is_now_names_bin_and_customer_with_state(quality, plant):
    tell_sauce(plant)

    head = plain(page_of(quality, "/trace/P-1").split('class="answer')[0])

    assert "Bin 1 25 pcs On hold" in head
    assert "Corner shop 20 pcs Shipped" in head


def test_seal_counts_records_that_were_just_hashed(quality, plant):
    tell_sauce(plant)

    assert re.search(r"\d+ records unaltered", page_of(quality, "/trace/P-1"))


def test_seal_breaks_when_a_record_was_altered(quality, plant):
    from tests.guards import guards_off

    tell_sauce(plant)
    with guards_off(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_fact SET body = replace(body, '91.0', '96.0') WHERE seq = 3")

    html = page_of(quality, "/trace/P-1")

    assert 'class="seal broken"' in html
    assert "Record 3 was altered" in html


# ---- steps -----------------------------------------------------------------------------------------------------------------------------


def test_steps_are_newest_first_with_limits_tags_and_people(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/P-1")
    steps = html[html.index('<ol class="timeline">') :]
    titles = re.findall(r"<h3><a [^>]*>([^<]+)</a>", steps)

    assert titles[0] == "Hold"
    assert titles.index("Shipping") < titles.index("Filling · P-1") < titles.index("Cooking · SC-1") < titles.index("Receiving")
    assert "Below limit 95" in steps
    assert "by hand" in steps
    assert "typed by hand" in steps
    assert "Liu Qiang" in steps


def test_like_steps_are_folded_and_unusual_ones_stay(quality, plant):
    tell_fan(plant, 12)

    html = page_of(quality, "/trace/FAN-B")

    assert "11 more of this step" in html


def test_unusual_steps_are_marked_for_the_filter(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/P-1")

    assert html.count("data-abnormal") == 2  # the cold cook and the hold
    assert re.search(r'Unusual only <span class="number">2<', html)


def test_measurement_that_was_not_recorded_is_shown_as_such(quality, plant):
    from lotline.core.facts import Measurement

    missing = Measurement("Drum speed", None, "rpm", "5", "9")
    append(
        plant=plant,
        drafts=[
            receive(LotRef(BEEF, "B-1"), 50, 0),
            cook([LotRef(BEEF, "B-1")], LotRef(SAUCE, "SC-1"), 1, measurements=(missing, BY_HAND)),
        ],
    )

    html = page_of(quality, "/trace/SC-1")

    assert "Not recorded" in html
    assert "Problem at" not in html


# ---- direction and moment ----------------------------------------------------------------------------------------------------------------


def test_direction_in_the_address_walks_one_way(quality, plant):
    tell_sauce(plant)

    sources = quality.get("/trace-picture/SC-1?to=sources").json()
    destinations = quality.get("/trace-picture/B-1?to=destinations").json()
    codes = {card["code"] for card in sources["cards"]}

    assert {"B-1", "S-1", "SC-1"} <= codes
    assert {card["code"] for card in destinations["cards"]} == {"B-1", "SC-1", "P-1", "Bin 1", "Corner shop"}
    assert 'data-direction="sources" aria-current="true"' in page_of(quality, "/trace/SC-1?to=sources")


def test_as_of_leaves_out_what_happened_later(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/P-1?as_of=2026-03-02T12:30")  # 04:30 UTC: filled, not yet packed

    assert "As of 2026-03-02T12:30" in html
    head = plain(html.split('class="answer')[0])
    assert "In stock 50" in head
    assert "Shipped" not in head.split("Origin")[0].split("Where it is now")[0]
    assert "On hold" not in head


def test_known_at_leaves_out_what_was_recorded_later(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/B-1?known_at=2000-01-01")

    assert "As known at 2000-01-01" in html
    assert quality.get("/trace-picture/B-1?known_at=2000-01-01").json()["lots"] == 1


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "9999-12-31T23:59"])
def test_moment_that_is_none_is_refused_and_kept_for_mending(quality, plant, moment):
    tell_sauce(plant)

    answer = quality.get("/trace/P-1", {"as_of": moment})

    assert answer.status_code == 400
    assert f'value="{moment}"' in answer.content.decode()
    assert "is not a moment" in answer.content.decode()
    assert quality.get("/trace-picture/P-1", {"as_of": moment}).status_code == 400


def two_items_of_one_code(plant):
    """The code X-1: 30 kg of beef and 7 pouches, both in bin 1."""
    append(plant=plant, drafts=[receive(LotRef(BEEF, "X-1"), 30, 0), receive(LotRef(POUCH, "X-1"), 7, 1, number="F-2")])


def test_page_of_a_code_of_two_items_adds_nothing_across_them(quality, plant):
    two_items_of_one_code(plant)

    text = plain(page_of(quality, "/trace/X-1?together=1"))

    assert "Beef 30 kg" in text
    assert "Pouch 180 g 7 pcs" in text
    assert "Bin 1 · Beef 30 kg" in text
    assert "Bin 1 · Pouch 180 g 7 pcs" in text
    assert not re.search(r"\b37 (kg|pcs)\b", text)  # the clock on the page may well say 37


def test_picture_of_a_code_of_two_items_has_a_place_card_for_each(quality, plant):
    two_items_of_one_code(plant)

    cards = quality.get("/trace-picture/X-1?together=1").json()["cards"]

    assert sorted((card["item"], card["quantity"]) for card in cards if card["code"] == "Bin 1") == [
        ("Beef", "30 kg"),
        ("Pouch 180 g", "7"),
    ]


# ---- places, partners, and moments before there was anything ---------------------------------------------------------------------------


def test_page_of_a_bin_tells_what_lies_in_it(quality, plant):
    tell_sauce(plant, measured=WARM)

    text = plain(page_of(quality, "/trace/BIN-1"))

    assert "Place Bin 1" in text
    assert "Several items: each lot closes in its own dossier." in text
    assert "Beef 100 kg" in text


@pytest.mark.parametrize(("code", "subject", "lots"), [("SHOP", "Customer Corner shop", {"P-1"}), ("FARM", "Supplier North farm", {"B-1"})])
def test_page_of_a_partner_starts_from_all_it_got_or_gave(quality, plant, code, subject, lots):
    tell_sauce(plant, measured=WARM)

    text = plain(page_of(quality, f"/trace/{code}"))
    cards = quality.get(f"/trace-picture/{code}").json()["cards"]

    assert subject in text
    assert {card["code"] for card in cards if card.get("start")} == lots


def test_one_held_lot_among_several_does_not_speak_for_all(quality, plant):
    tell_sauce(plant, measured=WARM)
    append(plant=plant, drafts=[fact(FactKind.SHIP, 8.5, Move(LotRef(BEEF, "B-1"), 5 * MICRO, "BIN-1", "SHOP"))])

    text = plain(page_of(quality, "/trace/SHOP"))

    assert "1 of 2 lots on hold" in text
    assert "On hold: swollen pouch" not in text


def test_search_for_a_partner_or_a_place_opens_its_trace(quality, plant):
    tell_sauce(plant)

    assert [quality.get("/search", {"q": code}).headers["Location"] for code in ("SHOP", "BIN-1")] == ["/trace/SHOP", "/trace/BIN-1"]


def test_page_of_an_empty_place_says_that_nothing_lies_there(quality, plant):
    assert "Nothing lies here" in plain(page_of(quality, "/trace/KETTLE"))


def test_page_as_of_a_moment_before_the_lot_says_that_there_was_nothing_to_trace(quality, plant):
    tell_sauce(plant)

    html = page_of(quality, "/trace/P-1?as_of=2020-01-01")
    strip = plain(html[html.index('class="answer amber"') : html.index("data-genealogy-count")])

    assert "At that moment the records did not know of it yet" in strip
    assert "It first appears at 2 Mar 2026" in strip


def test_page_as_known_before_the_lot_was_recorded_says_so(quality, plant):
    tell_sauce(plant)

    assert "It was recorded later." in plain(page_of(quality, "/trace/P-1?known_at=2026-03-03"))


# ---- the picture -----------------------------------------------------------------------------------------------------------------------


def test_picture_marks_start_source_and_what_is_exposed(quality, plant):
    tell_sauce(plant)

    cards = {card["code"]: card for card in quality.get("/trace-picture/P-1").json()["cards"]}

    assert cards["P-1"]["start"] == 1
    assert cards["SC-1"]["source"] == 1
    assert cards["P-1"]["suspect"] == 1
    assert cards["Corner shop"]["suspect"] == 1
    assert "suspect" not in cards["B-1"]
    assert cards["SC-1"]["quantity"] == "10 kg"
    assert cards["P-1"]["quantity"] == "50"


def test_picture_shows_siblings_of_the_fault(quality, plant):
    tell_sauce(plant)
    append(plant=plant, drafts=[cook([LotRef(BEEF, "B-1")], LotRef(SAUCE, "SC-9"), 9)])
    append(plant=plant, drafts=[fill(LotRef(SAUCE, "SC-9"), LotRef(POUCH, "P-9"), 10)])

    codes = {card["code"] for card in quality.get("/trace-picture/P-1").json()["cards"]}

    assert "P-9" not in codes  # it came of another cook


def test_only_possible_lots_are_marked_so(quality, plant):
    beef, other, sauce = LotRef(BEEF, "B-1"), LotRef(BEEF, "B-2"), LotRef(SAUCE, "SC-1")
    append(plant=plant, drafts=[receive(beef, 50, 0), receive(other, 50, 0.1, number="F-2"), cook([beef, other], sauce, 1, certain=False)])

    picture = quality.get("/trace-picture/SC-1").json()
    cards = {card["code"]: card for card in picture["cards"]}

    assert cards["B-1"]["possible"] == 1
    assert all(line[3] == 0 for line in picture["lines"] if "possible" in picture["cards"][line[0]])
    assert "one of several possible" in page_of(quality, "/trace/SC-1")


def test_many_lots_are_folded_into_a_small_answer_and_counted_without_places(quality, plant):
    tell_fan(plant, 150)

    answer = quality.get("/trace-picture/FAN-B")
    data = answer.json()

    assert (data["grouped"], data["lots"]) == (1, 301)
    assert len(answer.content) < 8000
    group = next(card for card in data["cards"] if card.get("kind"))
    rows = quality.get("/trace-picture/FAN-B", {"view": "list", "group": group["id"]}).json()
    assert rows["total"] == group["lots"]


def test_group_that_is_small_enough_opens_in_place(quality, plant):
    tell_fan(plant, 70)
    tell_sauce(plant)
    data = quality.get("/trace-picture/FAN-B").json()
    small = [card for card in data["cards"] if card.get("opens")]

    opened = quality.get("/trace-picture/FAN-B", {"open": small[0]["id"]}).json() if small else {"opened": []}

    assert len(opened["opened"]) == min(1, len(small))


def test_drawer_tells_a_card_in_short(quality, plant):
    tell_sauce(plant)

    html = quality.get(f"/card/{lot_of(plant, 'SC-1').pk}").content.decode()

    assert 'role="dialog"' in html
    assert "Below limit 95" in html
    assert re.search(r'<b class="number">2</b><span>lots before it', html)
    assert "/trace/P-1" in html


def test_drawer_of_a_place_names_the_lots_there(quality, plant):
    tell_sauce(plant)
    place = next(card["id"] for card in quality.get("/trace-picture/P-1").json()["cards"] if card["code"] == "Corner shop")

    html = quality.get(f"/card/{place}").content.decode()

    assert "Corner shop" in html
    assert "20 pcs" in html
    assert "/lots?place=SHOP" in html
    assert quality.get(f"/open/{place}")["Location"] == "/lots?place=SHOP"


def test_names_in_records_are_never_markup(quality, plant):
    append(plant=plant, drafts=[receive(LotRef(BEEF, "<b>x</b>"), 5, 0, number="<i>y</i>")])

    html = page_of(quality, "/trace/%3Cb%3Ex%3C%2Fb%3E")

    assert "<b>x</b>" not in html
    assert "<i>y</i>" not in html


# ---- what it costs ---------------------------------------------------------------------------------------------------------------------


def queries(quality, address):
    quality.get(address)  # what a process looks up once
    with CaptureQueriesContext(connection) as captured:
        assert quality.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("page", ["/trace/{}", "/trace-picture/{}"])
def test_queries_do_not_grow_with_the_lots(quality, plant, page):
    tell_fan(plant, 3, prefix="FEW")
    tell_fan(plant, 30, prefix="MANY")

    assert queries(quality, page.format("MANY-B")) == queries(quality, page.format("FEW-B"))


def test_queries_of_a_faulty_trace_do_not_grow_with_the_lots(quality, plant):
    tell_sauce(plant)
    small = queries(quality, "/trace/P-1")
    sauces = [
        cook([LotRef(BEEF, "B-1"), LotRef(SAUCE, "SC-2")][:1], LotRef(SAUCE, "SC-1"), 3 + number / 1000, amount=1) for number in range(20)
    ]
    append(plant=plant, drafts=sauces)

    assert queries(quality, "/trace/P-1") == small


def test_pages_carry_no_inline_script_or_style(quality, plant):
    tell_sauce(plant)
    for address in ("/trace", "/trace/P-1", f"/lots/{lot_of(plant, 'P-1').pk}", "/lots", "/import", "/chain"):
        answer = quality.get(address)
        html = answer.content.decode()
        assert re.findall(r'\sstyle="|\son\w+="|<script(?![^>]*(?:src=|type="application/json"))', html) == [], address
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_picture_is_plain_json(quality, plant):
    tell_sauce(plant)

    answer = quality.get("/trace-picture/P-1")

    assert answer["Content-Type"].startswith("application/json")
    assert json.loads(answer.content)["view"] == "cards"


# ---- lots that somebody marks as suspect -----------------------------------------------------------------------------------------------


def suspects_of(answer):
    return sorted(card["code"] for card in answer.json()["cards"] if card.get("suspect"))


def test_lot_that_is_marked_and_all_that_came_of_it_are_suspect(quality, plant):
    tell_sauce(plant, measured=WARM)
    marked = lot_of(plant, "S-1").pk

    before = quality.get("/trace-picture/SC-1")
    after = quality.get(f"/trace-picture/SC-1?suspect={marked}")

    assert suspects_of(before) == []
    assert suspects_of(after) == ["Bin 1", "Corner shop", "P-1", "S-1", "SC-1"]


@pytest.mark.parametrize("mark", ["nonsense", "00000000-0000-0000-0000-000000000000", "%00"])
def test_mark_of_something_else_changes_nothing(quality, plant, mark):
    tell_sauce(plant, measured=WARM)

    answer = quality.get(f"/trace-picture/SC-1?suspect={mark}")

    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or suspects_of(answer) == []
