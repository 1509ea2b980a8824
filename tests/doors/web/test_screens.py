"""The genealogy, the scanner and the shell in a real browser, on invented data."""

from __future__ import annotations

import json
import time

import pytest

pytestmark = pytest.mark.browser


def open_trace(page, site, size="50", query=""):
    page.goto(f"{site}/trace/{size}{query}")
    page.wait_for_selector(".lot-card, .genealogy-scroll, .genealogy .table, .genealogy-phone")
    return page


def eventually(page, expression):
    """Wait until the expression is true. (Playwright's own wait evaluates text in the page, which the content policy refuses.)"""
    end = time.monotonic() + 10
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(30)


def scan(page, code, *, end="Enter"):
    """What a keyboard wedge does: keys with 5 ms between them."""
    page.evaluate(
        """([code, end]) => {
        const target = document.activeElement || document.body, names = { '-': 'Minus', ']': 'BracketRight', ':': 'Semicolon', '(': 'Digit9', ')': 'Digit0', '/': 'Slash' };
        let at = 10;
        const send = (key, code, shift) => {
          const event = new KeyboardEvent('keydown', { key, code, shiftKey: !!shift, bubbles: true, cancelable: true });
          target.dispatchEvent(event);
          if (!event.defaultPrevented && key.length === 1 && 'value' in target) target.value += key;
        };
        for (const one of code) { if (one === '\\u001d') send('F8', 'F8'); else send(one.toLowerCase(), names[one] || (/[0-9]/.test(one) ? 'Digit' : 'Key') + one.toUpperCase(), ':()'.includes(one)); }
        if (end) send(end, end);
    }""",
        [code, end],
    )


@pytest.mark.parametrize("size", ["5", "50", "5000"])
@pytest.mark.parametrize(("width", "language"), [(360, "zh-CN"), (1440, "en-GB"), (1920, "zh-CN")])
def test_trace_needs_no_sideways_scroll_and_shows_all_stages(open_page, site, size, width, language):
    page = open_trace(open_page(width=width, language=language), site, size)

    heads = page.locator(".genealogy-heads > div, .genealogy-phone h3")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert heads.count() == {"5": 5}.get(size, 7)


@pytest.mark.parametrize("size", ["5", "50"])
def test_codes_are_shown_whole_on_a_small_office_screen(open_page, site, size):
    page = open_trace(open_page(width=1024, height=768), site, size)

    cut = page.evaluate(
        "[...document.querySelectorAll('.lot-card b')].filter(code => code.scrollWidth > code.clientWidth).map(code => code.textContent)"
    )

    assert cut == []


def test_five_thousand_lots_fold_and_their_groups_count_them_all(page, site):
    open_trace(page, site, "5000")

    counted = page.evaluate("document.querySelector('.genealogy').genealogy.data.cards.reduce((sum, card) => sum + (card.lots || 1), 0)")

    assert counted == 5000
    assert page.locator(".lot-card").count() < 40
    assert "5,000 个批次" in page.inner_text("[data-genealogy-count]")


def test_hover_lights_the_lineage_and_dims_the_rest(page, site):
    open_trace(page, site)

    page.hover('[data-id="RM-261112-01"]')

    dim = set(page.locator(".lot-card.dim").evaluate_all("cards => cards.map(card => card.dataset.id)"))
    assert "RM-261109-02" in dim
    assert not dim & {"RM-261112-01", "LZ-261117-01", "LU-261117-01", "SJ-261117-2-03", "FG-261117-A03"}


def test_arrow_keys_walk_along_the_links(page, site):
    open_trace(page, site)
    start = page.locator(".lot-card.start")

    start.focus()
    page.keyboard.press("ArrowLeft")
    source = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")

    assert source == "SJ-261117-2-03"
    assert page.locator('.lot-card[tabindex="0"]').count() == 1


def test_enter_on_a_lot_opens_it_in_the_drawer_and_escape_returns(page, site):
    open_trace(page, site, query="?drawer=1")

    page.locator(".lot-card.start").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-drawer]")
    title = page.inner_text("#drawer-title")
    page.keyboard.press("Escape")

    assert title == "FG-261117-A03"
    assert page.locator("[data-drawer]").count() == 0
    assert page.evaluate("document.activeElement.dataset.id") == "FG-261117-A03"


def test_lot_opens_its_page_where_there_is_no_drawer(page, site):
    open_trace(page, site)

    page.click('[data-id="FG-261117-A02"]')

    page.wait_for_url("**/lot/FG-261117-A02")


def test_small_group_opens_in_place_and_folds_again(page, site):
    open_trace(page, site, "300")
    group = page.locator(".lot-card.group", has_text="×8").first

    group.click()
    page.wait_for_selector(".lot-card.opened")
    opened = page.locator(".lot-card.opened").count()
    page.click(".genealogy-opened button")
    page.wait_for_selector(".lot-card.opened", state="detached")

    assert opened == 8


def test_large_group_opens_as_a_list_of_its_lots_page_by_page(page, site):
    open_trace(page, site, "5000")

    page.locator(".lot-card.group", has_text="×346").first.click()
    page.wait_for_selector(".genealogy .table")
    first = page.locator(".genealogy tbody tr").count()
    page.get_by_role("button", name="再显示一些").click()
    eventually(page, "document.querySelectorAll('.genealogy tbody tr').length > 200")

    assert first == 200
    assert page.locator(".genealogy tbody tr").count() == 346


def test_view_stays_in_the_address(page, site):
    open_trace(page, site, "5000")

    page.click('[data-view="overview"]')
    page.wait_for_selector(".genealogy.overview")
    address = page.url
    page.reload()
    page.wait_for_selector(".genealogy.overview")

    assert "view=overview" in address
    assert page.get_attribute('[data-view="overview"]', "aria-pressed") == "true"


def test_overview_names_the_lot_under_the_pointer_and_draws_its_lineage(page, site):
    open_trace(page, site, "5000", "?view=overview")
    box = page.locator(".genealogy-scroll").bounding_box()

    page.mouse.move(box["x"] + box["width"] * 3 / 7 + 30, box["y"] + 40)
    page.wait_for_selector(".genealogy-tip:not([hidden])")

    assert page.inner_text(".genealogy-tip").startswith("BZ-2611")
    assert page.evaluate("(v => v.lineageOf(v.hover).size)(document.querySelector('.genealogy').genealogy.overview)") > 3


def test_overview_is_walked_with_the_keyboard(page, site):
    open_trace(page, site, "5000", "?view=overview")

    page.locator(".genealogy-scroll").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    assert page.inner_text(".genealogy-tip b").startswith("LZ-")


def test_zoom_with_the_wheel_keeps_the_cards_and_lines_together(page, site):
    open_trace(page, site)
    box = page.locator(".genealogy-scroll").bounding_box()

    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    eventually(page, "document.querySelector('.genealogy').genealogy.cards.zoom > 1")

    assert page.evaluate("document.querySelector('.genealogy-scroll').scrollWidth") > box["width"]


def test_phone_shows_three_lots_of_each_stage_the_important_first(open_page, site):
    page = open_trace(open_page(width=360, height=800), site)

    finished = page.locator(".genealogy-phone h3", has_text="成品批")
    following = finished.evaluate(
        "head => [1, 2, 3].reduce((list, _) => { list.at = list.at.nextElementSibling; list.push(list.at.dataset.id); return list; }, Object.assign([], { at: head }))"
    )
    page.locator(".genealogy-phone .button", has_text="还有 3 个").first.click()

    assert following[0] == "FG-261117-A03"
    assert page.locator(".genealogy-phone .lot-card").count() > 21


def test_failed_answer_says_so_and_can_be_tried_again(open_page, site):
    page = open_page()
    page.route("**/data/50*", lambda route: route.fulfill(status=503, body="busy"))
    page.goto(f"{site}/trace/50")
    page.get_by_role("button", name="重试").wait_for()

    page.unroute("**/data/50*")
    page.get_by_role("button", name="重试").click()

    page.wait_for_selector(".lot-card.start")


def test_texts_in_the_answer_are_never_markup(page, site):
    def poison(route):
        answer = route.fetch()
        data = json.loads(answer.text())
        data["cards"][0]["code"] = "<img src=x onerror=alert(1)>"
        data["stages"][0]["labels"] = ["<b>bold</b>"]
        route.fulfill(status=200, content_type="application/json", body=json.dumps(data))

    page.route("**/data/50*", poison)
    open_trace(page, site)

    assert page.locator(".lot-card img").count() == 0
    assert "<img" in page.locator(".lot-card b").first.inner_text()


# ---- scanner and keys ----------------------------------------------------------------------------------------------------------------


def test_scan_anywhere_opens_the_code(page, site):
    open_trace(page, site)

    scan(page, "RM-261021-14")

    page.wait_for_url("**/search?q=RM-261021-14")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("]C1RM-261021-14", "RM-261021-14"),
        ("]d201069012345678", "01069012345678"),
        ("LL1:LOT:42AB", "LL1:LOT:42AB"),
        ("10AB12\u001d3712", "10AB12\u001d3712"),
    ],
)
def test_scan_loses_its_symbology_prefix_and_keeps_group_separators(page, site, typed, code):
    page.goto(f"{site}/lots")
    page.evaluate("document.addEventListener('lotline:scan', event => { event.preventDefault(); window.scanned = event.detail.code; })")

    scan(page, typed)

    eventually(page, "window.scanned")
    assert page.evaluate("window.scanned") == code


def test_scan_does_not_stay_in_a_box_that_did_not_ask_for_it(page, site):
    page.goto(f"{site}/lots")
    page.evaluate("document.addEventListener('lotline:scan', event => { event.preventDefault(); window.scanned = event.detail.code; })")
    page.fill("#f1", "typed")

    scan(page, "RM-261021-14", end="")
    eventually(page, "window.scanned")

    assert page.input_value("#f1") == "typed"


def test_slow_typing_is_no_scan(page, site):
    page.goto(f"{site}/lots")
    page.evaluate("document.addEventListener('lotline:scan', () => { window.scanned = true; })")
    page.fill("#f1", "")

    page.locator("#f1").press_sequentially("FG2611", delay=70)
    page.wait_for_timeout(150)

    assert page.evaluate("window.scanned") is None
    assert page.input_value("#f1") == "FG2611"


def test_same_code_at_once_is_taken_for_one_scan(page, site):
    page.goto(f"{site}/lots")
    page.evaluate("window.times = 0; document.addEventListener('lotline:scan', event => { event.preventDefault(); window.times += 1; })")

    scan(page, "RM-261021-14")
    scan(page, "RM-261021-14")
    scan(page, "RM-261021-15")

    assert page.evaluate("window.times") == 2


def test_keys_search_help_and_go(page, site):
    page.goto(f"{site}/lots")

    page.keyboard.press("/")
    eventually(page, "document.activeElement.id === 'search'")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.wait_for_timeout(120)
    page.keyboard.press("t")

    page.wait_for_url("**/trace")


def test_bracket_keys_turn_the_direction(page, site):
    open_trace(page, site)

    page.keyboard.press("]")

    page.wait_for_url("**to=destinations")


def test_suggestions_are_chosen_with_the_keyboard(page, site):
    page.goto(f"{site}/lots")
    page.keyboard.press("/")
    eventually(page, "document.activeElement.id === 'search'")

    page.keyboard.type("117-A0", delay=80)
    page.wait_for_selector(".suggestion")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/trace/5")


# ---- shell, sign-in, errors ------------------------------------------------------------------------------------------------------------


def test_language_is_switched_and_kept(page, site):
    page.goto(f"{site}/sign-in")

    page.get_by_role("button", name="English").click()
    page.wait_for_selector("text=With the name and password")
    page.goto(f"{site}/error/404")

    assert "Nothing is at this address" in page.inner_text("h1")
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/lots",
        "/trace/50",
        "/trace/5000",
        "/error/404",
        "/error/403",
        "/error/403001",
        "/error/400",
        "/error/429",
        "/error/500",
    ],
)
def test_page_fits_a_phone_and_names_its_controls(open_page, site, path, language):
    page = open_page(width=360, height=740, language=language)
    page.goto(site + path)
    if path.startswith("/trace"):
        page.wait_for_selector(".genealogy-phone")

    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input:not([type=hidden]), select, summary')].filter(el => el.offsetParent)
        .filter(el => !(el.textContent.trim() || el.getAttribute('aria-label') || el.labels && el.labels.length)).map(el => el.outerHTML)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert nameless == []


def test_touch_targets_on_a_phone_are_large_enough(open_page, site):
    page = open_page(width=360, height=740)
    open_trace(page, site)

    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .segmented > a, .button, .phonebar-item')].filter(el => el.offsetParent && el.getBoundingClientRect().height < 44)
        .map(el => el.outerHTML.slice(0, 80))"""
    )
    assert small == []
