"""What people do from beginning to end, in a real browser on real records."""

from __future__ import annotations

import re

import pytest

from tests.doors.web.plant_of_pages import lot_of

pytestmark = pytest.mark.browser


def test_quality_manager_signs_in_scans_traces_opens_a_group_and_reads_the_dossier(person):
    somebody = person(language="en-GB")
    page = somebody.page

    somebody.signs_in()
    page.wait_for_url("**/trace")
    somebody.scans("FAN-B-X")
    page.wait_for_selector("text=No record carries the code FAN-B-X")
    somebody.scans("FAN-S0007")
    page.wait_for_url("**/trace/FAN-S0007")
    somebody.goes_to("/trace/FAN-B")
    group = page.locator(".lot-card.group").first
    group.wait_for()
    group.click()
    page.wait_for_selector(".genealogy .table tbody tr, .lot-card.opened")
    page.locator(".genealogy tbody tr a, .lot-card.opened").first.click()
    page.wait_for_url(re.compile(r".*/trace/FAN-[SP]\d+.*"))
    page.get_by_role("link", name="Dossier").click()

    page.wait_for_url("**/lots/*")
    assert "balanced, difference 0" in page.inner_text(".lot-head")
    assert page.locator("#steps .timeline > li").count() == 2


def test_complaint_leads_to_the_cold_cook_and_its_evidence(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()

    somebody.goes_to("/trace/P-1")
    page.wait_for_selector(".lot-card.source")
    answer = page.inner_text(".answer h2")
    page.get_by_role("link", name="Evidence").click()
    page.wait_for_selector("#fault:target")
    page.get_by_role("button", name="Unusual only").click()
    unusual = page.locator("#steps .timeline > li:visible").count()
    page.locator(".lot-card.source").click()
    page.wait_for_selector("[data-drawer]")

    assert answer == "Problem at Cooking: Core temperature 91.0 °C, below limit 95"
    assert unusual == 2
    assert page.inner_text("#drawer-title") == "SC-1"


def test_type_ahead_with_shift_enter_shows_destinations_only(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    page.wait_for_url("**/trace")

    page.locator("#search").press_sequentially("SC-1", delay=60)
    page.wait_for_selector(".suggestion")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Enter")

    page.wait_for_url("**/trace/SC-1?to=destinations")


def test_language_is_switched_on_the_page_and_back(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/lots")

    page.locator("details.menu summary", has=page.locator(".avatar")).click()
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("text=批次与库存")
    chinese = page.inner_text("h1")
    page.locator("details.menu summary", has=page.locator(".avatar")).click()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("h1:has-text('Lots & stock')")

    assert chinese == "批次与库存"


def test_warehouse_imports_a_file_with_a_bad_row_mends_it_and_imports_it(person, tmp_path):
    somebody = person(language="en-GB")
    page = somebody.page
    file = tmp_path / "receipts.csv"
    head = "lot,item,quantity,unit,received at,supplier,supplier lot,place\n"
    file.write_text(head + "R-1,BEEF,much,kg,2026-03-03 08:00,FARM,F-9,BIN-1\n", encoding="utf-8")
    somebody.signs_in()

    def bring():
        somebody.goes_to("/import")
        page.set_input_files("#file", str(file))
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Preview").click()
        page.wait_for_selector(".figures")

    bring()
    refusal = page.inner_text("main")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download bad rows").click()
    file.write_text(head + "R-1,BEEF,80,kg,2026-03-03 08:00,FARM,F-9,BIN-1\n", encoding="utf-8")
    bring()
    page.get_by_role("button", name="Import 1 record").click()
    page.wait_for_selector("text=1 record was stored")
    page.get_by_role("link", name="R-1", exact=True).click()

    page.wait_for_url("**/trace/R-1")
    assert "1 row can not be taken" in refusal
    assert "“much” is not a number" in refusal
    assert waiting.value.suggested_filename == "bad-rows.xlsx"
    assert "80" in page.inner_text(".big-number")


def test_wrong_password_five_times_locks_the_name(person):
    somebody = person(language="en-GB")
    page = somebody.page

    for _attempt in range(5):
        somebody.signs_in(password="wrong")
    page.wait_for_selector("text=Sign-in is locked for a while")
    somebody.signs_in()

    assert "Sign-in is locked for a while" in page.inner_text("h1")


def test_phone_shows_the_answer_first_and_the_stages_stacked(person):
    somebody = person(width=360, height=780, language="zh-CN", touch=True)
    page = somebody.page
    somebody.signs_in()
    page.wait_for_url("**/trace")

    somebody.goes_to("/trace/P-1")
    page.wait_for_selector(".genealogy-phone")
    tops = page.evaluate(
        "['.lot-head-top', '.answer', '.lot-head-facts', '.genealogy-card', '#steps'].map(name => document.querySelector(name).getBoundingClientRect().top)"
    )
    page.locator(".genealogy-phone .lot-card.source").tap()
    page.wait_for_selector("[data-drawer]")

    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert "SC-1" in page.inner_text("#drawer-title")


def test_tab_reaches_the_content_first_then_goes_down_the_page(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/trace/P-1")
    page.wait_for_selector(".lot-card")

    order = []
    for _press in range(40):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                "(el => el.className + ' ' + (el.id || el.dataset.direction || el.textContent.trim().slice(0, 20)))(document.activeElement)"
            )
        )

    assert "skip-link" in order[0]
    names = " | ".join(order)
    assert names.index("search") < names.index("sources") < names.index("lot-card")
    assert sum("lot-card" in one for one in order) == 1  # the picture is one stop; arrows move inside


# ---- the keys that `?` lists -----------------------------------------------------------------------------------------------------------


def presses(page, key):
    """One key, and the silence after which it is known not to be the head of a scan."""
    page.keyboard.press(key)
    page.wait_for_timeout(150)


def test_question_mark_lists_the_keys_of_this_page_only(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/chain")

    presses(page, "?")
    on_chain = page.locator("#keys dd:visible").all_inner_texts()
    page.keyboard.press("Escape")
    somebody.goes_to("/trace/SC-1")
    page.wait_for_selector(".lot-card")
    presses(page, "?")
    on_trace = page.locator("#keys dd:visible").all_inner_texts()

    assert on_chain == ["Search", "Go to trace", "Go to lots and stock", "Go to import", "All keys", "Close"]
    assert {"Export", "Put the lot on hold", "To sources, to destinations", "From card to card, along the links"} <= set(on_trace)


def test_s_marks_the_lot_under_the_focus_and_lifts_the_mark(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/trace/FAN-S0001")
    page.locator('.lot-card:has-text("FAN-B")').focus()

    presses(page, "s")
    page.wait_for_selector('.lot-card.suspect:has-text("FAN-P0001")')
    marked = page.url
    page.reload()
    page.wait_for_selector('.lot-card.suspect:has-text("FAN-B")')
    page.get_by_role("button", name="Lift 1 suspect mark").click()
    page.wait_for_function("() => !document.querySelector('.lot-card.suspect') && document.querySelector('.lot-card')")

    assert "suspect=" in marked
    assert "suspect=" not in page.url


def test_h_asks_for_a_reason_and_holds_the_lot_under_the_focus(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/trace/FAN-S0001")
    page.locator('.lot-card:has-text("FAN-P0001")').focus()

    presses(page, "h")
    page.fill("[data-drawer] textarea", "lid is loose")
    page.locator("[data-drawer] button[type=submit]").click()
    page.wait_for_selector("[data-toast]")

    assert "FAN-P0001 is on hold." in page.inner_text("[data-toast]")
    assert page.url.endswith("/trace/FAN-S0001")
    page.wait_for_selector('.lot-card.hold:has-text("FAN-P0001")')


def test_keys_write_into_a_field_and_do_nothing_else(person):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/trace/FAN-S0001")
    page.wait_for_selector(".lot-card")
    page.focus("#search")
    page.fill("#search", "")

    page.keyboard.type("she", delay=200)

    assert page.input_value("#search") == "she"
    assert page.locator("[data-drawer]").count() == 0
    assert "suspect" not in page.url


# ---- on paper --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/trace/P-1", "/trace/FAN-B"])
def test_trace_on_paper_has_no_shell_and_shows_the_whole_picture_within_the_sheet(person, address):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to(address)
    page.wait_for_selector(".lot-card")

    page.set_viewport_size({"width": 703, "height": 1000})  # A4 between its margins
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    shown = page.evaluate("""() => ({
        shell: [...document.querySelectorAll('.sidebar, .topbar, .phonebar, .genealogy-foot')].filter(one => one.offsetParent).length,
        head: document.querySelector('.print-head').offsetHeight > 0,
        wide: Math.max(...[...document.querySelectorAll('.lot-card, .card, .timeline > li')].map(one => one.getBoundingClientRect().right)),
        cards: document.querySelectorAll('.lot-card').length,
        behind: [...document.querySelectorAll('.genealogy-scroll')].filter(one => one.scrollHeight > one.clientHeight + 1).length,
        folded: document.querySelectorAll('.timeline-more:not([open])').length,
    })""")
    page.evaluate("dispatchEvent(new Event('afterprint'))")

    assert (shown["shell"], shown["head"], shown["behind"], shown["folded"]) == (0, True, 0, 0)
    assert shown["wide"] <= 703
    assert shown["cards"] > 3
    assert page.evaluate("document.querySelector('[data-genealogy]').style.zoom") == ""


def test_dossier_on_paper_leaves_no_row_behind_a_scroll_bar(person, plant):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to(f"/lots/{lot_of(plant, 'FAN-B').pk}")
    behind = """() => [...document.querySelectorAll('.rows')].filter(one => one.scrollHeight > one.clientHeight + 1).length"""

    on_screen = page.evaluate(behind)
    page.emulate_media(media="print")

    assert on_screen > 0
    assert page.evaluate(behind) == 0


def test_form_that_takes_long_says_for_how_long_it_has_worked(person, tmp_path):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/import")
    file = tmp_path / "a.csv"
    file.write_text("lot\nA\n", encoding="utf-8")
    page.set_input_files("#file", file)
    page.evaluate("document.querySelector('form[data-busy]').addEventListener('submit', event => event.preventDefault())")

    page.get_by_role("button", name="Look at it").click()
    page.wait_for_selector(".toast:has-text('Still working')")

    assert page.get_by_role("button", name="Look at it").is_disabled()


def test_import_whose_server_stops_says_so_and_goes_on_and_back_finds_what_was_chosen(person, tmp_path):
    somebody = person(language="en-GB")
    page = somebody.page
    somebody.signs_in()
    somebody.goes_to("/import")
    file = tmp_path / "a.csv"
    row = "B-9,BEEF,500,kg,2026-03-02 08:00,FARM,F-9,BIN-1,early"
    file.write_text(f"lot,item,quantity,unit,received at,supplier,supplier lot,place,remark\n{row}\n", encoding="utf-8")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Look at it").click()
    page.locator("select[name=use-0-8]").select_option("-")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import 1 record").wait_for()

    page.go_back()
    kept = page.locator("select[name=use-0-8]").input_value()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import 1 record").wait_for()
    page.route("**/store", lambda route: route.abort())
    page.get_by_role("button", name="Import 1 record").click()
    page.get_by_text("The server stopped answering").wait_for()
    page.unroute("**/store")
    page.get_by_role("button", name="Import 1 record").click()
    page.get_by_text("1 record was stored").wait_for()
    page.reload()

    assert kept == "-"
    assert page.get_by_text("1 record was stored").is_visible()
