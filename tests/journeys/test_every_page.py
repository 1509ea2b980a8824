"""Every page, at every width, in both languages: it fits, it is well formed, and axe-core finds that it shuts nobody out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lotline.records.people.choices import Role
from lotline.records.people.models import User
from lotline.records.places.models import Plant
from tests.chromium import Page
from tests.doors.web.plant_of_pages import make_user
from tests.journeys.conftest import Person
from tests.journeys.pages import addresses_of, wait_until_drawn, walk_import
from tests.vendored import AXE

pytestmark = pytest.mark.browser

# A phone, the smallest and the usual office screen, a large one.
WIDTHS = (360, 1024, 1440, 1920)
AXE_WIDTHS = (360, 1024, 1440)
LANGUAGES = {"zh-CN": "zh-hans", "en-GB": "en"}

NAMELESS = """() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, summary')].filter(el => el.offsetParent)
    .filter(el => !(el.textContent.trim() || el.getAttribute('aria-label') || (el.labels && el.labels.length))).map(el => el.outerHTML.slice(0, 120))"""
HEADINGS = "() => [...document.querySelectorAll('h1, h2, h3, h4')].filter(el => el.offsetParent).map(el => Number(el.tagName[1]))"
DOUBLED = (
    "() => { const ids = [...document.querySelectorAll('[id]')].map(el => el.id); return ids.filter((id, at) => ids.indexOf(id) !== at); }"
)
DANGLING = """() => [...document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls], label[for]')].flatMap(el =>
    ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'].flatMap(name => (el.getAttribute(name) || '').split(' ').filter(Boolean)))
    .filter(id => !document.getElementById(id))"""
POSITIVE = '() => document.querySelectorAll(\'[tabindex]:not([tabindex="0"]):not([tabindex="-1"])\').length'
# A control or heading whose words do not fit it; what may be shortened says so with an ellipsis and a title.
CUT = """() => [...document.querySelectorAll('h1, h2, h3, button, .button, .chip, .tag, .segmented > a, dt, dd, label')]
    .filter(el => el.offsetParent && !el.closest('.sr-only, .lot-card, .genealogy-heads') && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline')
    .map(el => el.outerHTML.slice(0, 120))"""
SMALL = """() => [...document.querySelectorAll('button, .button, .segmented > a, summary, .phonebar-item')].filter(el => el.offsetParent && el.getBoundingClientRect().height < 24).map(el => el.outerHTML.slice(0, 100))"""
# Serious and critical, and what axe calls best practice about landmarks and headings.
LOOK = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter(one => ['serious', 'critical'].includes(one.impact) || one.id === 'region' || one.id.startsWith('landmark') || one.id.startsWith('heading'))
    .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])"""


def violations(page: Page) -> list[Any]:
    """What axe-core finds on the page as it is now."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(LOOK))


def faults_of_form(page: Page, width: int) -> dict[str, Any]:
    """What is wrong with how the page is built or laid out."""
    levels = page.evaluate(HEADINGS)
    skipped = any(after - before > 1 for before, after in itertools.pairwise(levels))
    return {
        "sideways": page.evaluate("document.documentElement.scrollWidth") > width,
        "nameless": page.evaluate(NAMELESS),
        "headings": levels.count(1) != 1 or levels[0] != 1 or skipped,
        "doubled ids": page.evaluate(DOUBLED),
        "dangling ids": page.evaluate(DANGLING),
        "tab order": page.evaluate(POSITIVE),
        "small targets": page.evaluate(SMALL),
        "cut": page.evaluate(CUT),
    }


class Inspector:
    """Looks at one page after the other in all widths, and keeps what is wrong by page and width."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.wrong: dict[str, dict[str, Any]] = {}

    def look(self, at: str) -> None:
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            if self.page.locator("[data-genealogy]").count():
                self.page.wait_for_function(
                    "() => [...document.querySelectorAll('[data-genealogy]')].every(one => one.genealogy.width === one.clientWidth)"
                )
            found = faults_of_form(self.page, width)
            found["language"] = self.page.get_attribute("html", "lang") != LANGUAGES[self.language]
            if width in AXE_WIDTHS:
                found["axe"] = violations(self.page)
            if bad := {name: value for name, value in found.items() if value}:
                self.wrong[f"{at} {width}"] = bad


def opened_parts(page: Page) -> Iterator[str]:
    """Parts of a trace that are there only after somebody asked for them."""
    page.locator(".lot-card, .genealogy-phone .lot-card").first.click()
    page.wait_for_selector("[data-drawer], .genealogy .table")
    yield "a card was opened"
    page.keyboard.press("Escape")
    page.locator(".topbar details.menu summary:has(.avatar)").click()
    yield "the account menu"
    page.keyboard.press("Escape")
    page.locator("details.moment summary").click()
    yield "the moment is asked for"


@pytest.fixture
def owner(plant: Plant) -> User:
    return make_user(plant, Role.OWNER, name="dengzhiyuan")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_and_shuts_nobody_out(
    person: Callable[..., Person], plant: Plant, owner: User, tmp_path: Path, language: str
) -> None:
    somebody = person(language=language)
    page = somebody.page
    inspector = Inspector(page, language)

    somebody.goes_to("/sign-in")
    inspector.look("/sign-in")
    somebody.signs_in(name="dengzhiyuan", password="wrong")
    inspector.look("/sign-in refused")
    somebody.signs_in(name="dengzhiyuan")
    page.wait_for_url("**/trace")
    for address in addresses_of(plant, owner):
        somebody.goes_to(address)
        wait_until_drawn(page)
        inspector.look(address)
    for step in walk_import(page, somebody.address, tmp_path / "receipts.csv"):
        inspector.look(step)
    somebody.goes_to("/trace/P-1")
    wait_until_drawn(page)
    for part in opened_parts(page):
        inspector.look(part)

    assert inspector.wrong == {}


def test_axe_would_find_a_page_that_shuts_somebody_out(person: Callable[..., Person], plant: Plant) -> None:
    somebody = person(language="en-GB")
    somebody.goes_to("/sign-in")
    somebody.page.evaluate("document.querySelector('label[for=id_username]').remove()")

    assert [one[0] for one in violations(somebody.page)] == ["label"]
