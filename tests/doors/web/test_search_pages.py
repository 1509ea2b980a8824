"""Finding things: where a code leads, what is proposed, what is said when nobody knows it."""

from __future__ import annotations

import re

import pytest

from lotline.core.facts import LotRef
from lotline.records.journal.actions import append
from tests.doors.web.plant_of_pages import BEEF, SALT, lot_of, receive, tell_fan, tell_sauce

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def test_start_page_is_the_search(quality):
    answer = quality.get("/", follow=True)

    assert answer.redirect_chain == [("/trace", 302)]
    assert 'role="search"' in text_of(answer)
    assert "What you look at appears here" in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("P-1", "/trace/P-1"), ("p-1", "/trace/P-1"), ("M-7", "/trace/M-7"), ("PAL-1", "/trace/PAL-1"), ("WO-1", "/trace/WO-1"),
        ("SH-1", "/trace/SH-1"), ("LL1:LOT:P-1", "/trace/P-1"), ("(01)06931234000015(10)P-1", "/trace/P-1"), ("Pallet one", "/trace/Pallet%20one"),
    ],
)  # fmt: skip
def test_anything_that_carries_a_code_opens_its_trace(quality, plant, typed, address):
    tell_sauce(plant)

    answer = quality.get("/search", {"q": typed})

    assert (answer.status_code, answer["Location"]) == (302, address)
    assert quality.get(address).status_code == 200


def test_search_may_ask_for_destinations_only(quality, plant):
    tell_sauce(plant)

    assert quality.get("/search", {"q": "B-1", "to": "destinations"})["Location"] == "/trace/B-1?to=destinations"


def test_search_for_nothing_leads_back(quality):
    assert quality.get("/search", {"q": "  "})["Location"] == "/trace"


def test_unknown_code_gets_help_and_what_is_like_it(quality, plant):
    tell_sauce(plant)

    answer = quality.get("/search", {"q": "SC-19"})

    assert answer.status_code == 404
    assert "No record carries the code SC-19" in text_of(answer)
    assert "/trace/SC-1" in text_of(answer) or "Similar codes" not in text_of(answer)
    assert 'href="/import"' in text_of(answer)


def test_unknown_code_is_never_markup(quality):
    answer = quality.get("/search", {"q": "<script>alert(1)</script>"})

    assert "<script>alert" not in text_of(answer)


def test_trace_address_of_an_unknown_code_says_so(quality):
    assert quality.get("/trace/NOBODY").status_code == 404


@pytest.mark.parametrize("code", ["A/B C", "100%", "批次-1", "x?y=1", "a#b"])
def test_codes_with_awkward_characters_have_addresses_that_work(quality, plant, code):
    append(plant=plant, drafts=[receive(LotRef(BEEF, code), 5, 0)])

    address = quality.get("/search", {"q": code})["Location"]
    page = quality.get(address)

    assert page.status_code == 200
    source = re.search(r'data-src="([^"]+)"', text_of(page))
    assert source is not None
    assert quality.get(source[1].replace("&amp;", "&")).json()["lots"] == 1


# ---- one code, several meanings --------------------------------------------------------------------------------------------------------


def test_same_code_of_two_items_asks_which_and_tells_them_apart(quality, plant):
    append(plant=plant, drafts=[receive(LotRef(BEEF, "X-1"), 5, 0), receive(LotRef(SALT, "X-1"), 7, 1, supplier="MINE", number="M-1")])

    page = text_of(quality.get("/trace/X-1"))

    assert "X-1 is the number of 2 things" in page
    assert "/trace/X-1?kind=lot&amp;item=BEEF" in page
    assert "/trace/X-1?kind=lot&amp;item=SALT" in page
    assert "5 kg" in quality.get("/trace/X-1?kind=lot&item=BEEF").content.decode()


def test_same_number_of_two_suppliers_asks_which_and_names_them(quality, plant):
    append(
        plant=plant,
        drafts=[receive(LotRef(BEEF, "B-1"), 5, 0, number="N-1"), receive(LotRef(BEEF, "B-2"), 6, 1, supplier="MINE", number="N-1")],
    )

    page = text_of(quality.get("/trace/N-1"))

    assert "North farm" in page
    assert "Salt mine" in page
    assert "partner=FARM" in page


def test_both_can_be_traced_together(quality, plant):
    append(
        plant=plant,
        drafts=[receive(LotRef(BEEF, "B-1"), 5, 0, number="N-1"), receive(LotRef(BEEF, "B-2"), 6, 1, supplier="MINE", number="N-1")],
    )

    page = quality.get("/trace/N-1?together=1")

    assert page.status_code == 200
    assert quality.get("/trace-picture/N-1?together=1").json()["lots"] == 2
    assert "11 kg" in text_of(page).replace("<small>", " ") or ">11<" in text_of(page)


def test_lot_that_bears_its_suppliers_number_is_one_meaning(quality, plant):
    append(plant=plant, drafts=[receive(LotRef(BEEF, "N-1"), 5, 0, number="N-1")])

    assert "data-genealogy" in text_of(quality.get("/trace/N-1"))


# ---- type-ahead ------------------------------------------------------------------------------------------------------------------------


def suggestions(quality, text):
    page = text_of(quality.get("/suggest", {"q": text}))
    return re.findall(r'class="suggestion-head"[^>]*>([^<]+)<', page), re.findall(r'role="option"[^>]* href="([^"]+)"', page), page


def test_type_ahead_groups_by_kind(quality, plant):
    tell_sauce(plant)

    heads, links, page = suggestions(quality, "pa")
    partners, partner_links, _page = suggestions(quality, "north")
    items, item_links, _page = suggestions(quality, "pouch")

    assert heads == ["Containers"]
    assert links == ["/trace/PAL-1"]
    assert "<mark>" in page
    assert (partners, partner_links) == (["Partners"], ["/lots?supplier=FARM"])
    assert (items[0], item_links[0]) == ("Items", "/lots?item=POUCH")


@pytest.mark.parametrize(("text", "head"), [("WO", "Orders"), ("SH", "Documents"), ("M-7", "Supplier"), ("SC-", "Lots and serial numbers")])
def test_type_ahead_knows_orders_documents_numbers_and_lots(quality, plant, text, head):
    tell_sauce(plant)

    assert any(found.startswith(head) for found in suggestions(quality, text)[0])


def test_recent_lots_are_found_by_a_part_of_their_code(quality, plant):
    tell_fan(plant, 3)

    assert "/trace/FAN-P0001" in suggestions(quality, "P0001")[1]


def test_suggestion_offers_destinations_for_shift_enter(quality, plant):
    tell_sauce(plant)

    assert 'data-destinations="/trace/SC-1?to=destinations"' in suggestions(quality, "SC-1")[2]


def test_one_character_is_too_little_to_search(quality, plant):
    tell_sauce(plant)

    assert text_of(quality.get("/suggest", {"q": "P"})).strip() == ""


def test_typed_wildcards_are_plain_characters(quality, plant):
    tell_sauce(plant)

    assert suggestions(quality, "%_")[1] == []


# ---- what an input method makes of a code; names, texts, reasons -------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ＳＣ－１", "ｓｃ—1", "SC –\u30001", "SC 1", "\u200bSC-1\u0000", "SC‑1\u0007"])
def test_code_typed_with_a_chinese_input_method_opens_its_trace(quality, plant, typed):
    tell_sauce(plant)

    answer = quality.get("/search", {"q": typed})

    assert (answer.status_code, answer["Location"]) == (302, "/trace/SC-1")
    assert "/trace/SC-1" in suggestions(quality, typed)[1]


def test_code_that_is_written_with_full_width_characters_is_still_found(quality, plant):
    append(plant=plant, drafts=[receive(LotRef(BEEF, "批次－１"), 5, 0)])

    assert quality.get("/search", {"q": "批次－１"})["Location"] == "/trace/%E6%89%B9%E6%AC%A1%EF%BC%8D%EF%BC%91"


@pytest.mark.parametrize("typed", ["\x00", "\u200b", "\x00\x07 "])
def test_search_for_characters_that_nobody_can_see_leads_back(quality, typed):
    assert quality.get("/search", {"q": typed})["Location"] == "/trace"
    assert text_of(quality.get("/suggest", {"q": typed * 3})).strip() == ""


@pytest.mark.parametrize("address", ["/trace/A%00B", "/lots?code=%00", "/lots?place=A%00", "/trace/SC-1?item=%00"])
def test_address_with_a_nul_is_explained(quality, plant, address):
    tell_sauce(plant)

    answer = quality.get(address)

    assert answer.status_code == 400
    assert "The request could not be read" in text_of(answer)


def test_words_that_name_several_things_are_listed_by_kind_with_the_reason(quality, plant):
    tell_sauce(plant)

    answer = quality.get("/search", {"q": "pou"})
    page = text_of(answer)

    assert answer.status_code == 200
    assert "2 things found for “pou”" in page
    assert re.findall(r"<h2[^>]*>([^<]+)<", page) == ["Items", "Records that say it", "Keys"]
    assert re.findall(r'phone-hide">([^<]+)<', page)[-2:] == ["code begins like this", "written in a record"]


@pytest.mark.parametrize("typed", ["swollen", "SWOLLEN p", "ｓｗｏｌｌｅｎ"])
def test_lot_is_found_by_what_was_written_about_it(quality, plant, typed):
    tell_sauce(plant)

    heads, links, page = suggestions(quality, typed)

    assert (heads, links) == (["Records that say it"], ["/trace/P-1"])
    assert "written in a record" in page


def test_code_is_not_looked_for_in_the_texts_of_records_while_it_is_typed(quality, plant):
    tell_sauce(plant)

    assert "Records that say it" not in suggestions(quality, "P-1")[0]


def test_strongest_reason_comes_first(quality, plant):
    tell_sauce(plant)

    heads, links, _page = suggestions(quality, "salt")

    assert heads[:2] == ["Items", "Partners"]
    assert links[0] == "/lots?item=SALT"


def test_supplier_and_place_are_found_by_name_and_lead_to_their_lots(quality, plant):
    tell_sauce(plant)

    assert suggestions(quality, "corner")[1] == ["/lots?place=SHOP"]
    assert suggestions(quality, "Bin 1")[:2] == (["Places"], ["/lots?place=BIN-1"])


# ---- looked at last --------------------------------------------------------------------------------------------------------------------


def test_codes_looked_at_last_are_shown_newest_first(quality, plant):
    tell_sauce(plant)
    for code in ("B-1", "P-1", "B-1"):
        quality.get(f"/trace/{code}")

    page = text_of(quality.get("/trace"))

    assert re.findall(r'class="code strong" href="/trace/([^"]+)"', page) == ["B-1", "P-1"]
    assert "swollen" not in page


def test_codes_of_another_person_on_the_same_device_are_not_shown(quality, plant, sign_in_as):
    from tests.doors.web.plant_of_pages import make_user

    tell_sauce(plant)
    quality.get("/trace/P-1")
    quality.force_login(make_user(plant), backend="django.contrib.auth.backends.ModelBackend")

    assert "/trace/P-1" not in text_of(quality.get("/trace"))


def test_cookie_that_was_tampered_with_is_nothing(quality, plant):
    quality.cookies["lotline_recent"] = "nonsense:x:y"

    assert quality.get("/trace").status_code == 200


def test_card_of_the_picture_leads_to_a_trace_or_to_the_stock_of_a_place(quality, plant):
    tell_sauce(plant)
    lot = lot_of(plant, "P-1")

    assert quality.get(f"/open/{lot.pk}")["Location"] == "/trace/P-1?kind=lot&item=POUCH"
    assert quality.get("/open/nonsense").status_code == 404
