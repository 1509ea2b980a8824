"""Every page of the product, as somebody with all rights meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lotline.records.people.models import User
from lotline.records.places.models import Plant
from tests.chromium import Page
from tests.doors.web.plant_of_pages import last_fact, lot_of

FIXED = (
    "/trace",
    "/trace/P-1",
    "/trace/P-1?to=sources",
    "/trace/FAN-B",
    "/trace/FAN-B?view=overview",
    "/trace/FAN-B?view=list",
    "/trace/PAL-1",
    "/trace/SHOP",
    "/trace/TWICE",
    "/search?q=FAN-S00",
    "/search?q=NOBODY-1",
    "/trace/P-1?as_of=nonsense",
    "/lots",
    "/lots?code=NOPE",
    "/import",
    "/people",
    "/account",
    "/chain",
    "/nothing-is-here",
)


def addresses_of(plant: Plant, somebody: User) -> Iterator[str]:
    """Addresses of all pages that are reached by an address."""
    yield from FIXED
    lot = lot_of(plant, "P-1").pk
    yield f"/lots/{lot}"
    yield f"/lots/{lot}/hold"
    yield f"/lots/{lot}/release"
    yield f"/facts/{last_fact(plant).pk}"
    yield f"/people/{somebody.pk}"


def wait_until_drawn(page: Page) -> None:
    """The picture of a trace is fetched after the page."""
    if page.locator("[data-genealogy]").count():
        page.wait_for_selector(".genealogy .lot-card, .genealogy canvas, .genealogy .table")


RECEIPTS = "lot,item,quantity,unit,received at,supplier,supplier lot,place\n"
GOOD_ROW, BAD_ROW = "R-1,BEEF,80,kg,2026-03-03 08:00,FARM,F-9,BIN-1\n", "R-2,BEEF,much,kg,2026-03-03 08:00,FARM,F-9,BIN-1\n"


def walk_import(page: Page, address: str, file: Path) -> Iterator[str]:
    """The pages of an import, which have no address of their own: columns, previews of a bad and a good file, what was stored."""
    for name, rows in (("bad", BAD_ROW), ("good", GOOD_ROW)):
        file.write_text(RECEIPTS + rows, encoding="utf-8")
        page.goto(f"{address}/import")
        page.set_input_files("#file", str(file))
        page.locator("main form[data-busy] button[type=submit]").click()
        page.wait_for_selector("main select")
        yield f"columns of a {name} file"
        page.locator("main form button.primary").last.click()
        page.wait_for_selector(".figures")
        yield f"preview of a {name} file"
    page.locator("main form[action$='/store'] button.primary").last.click()
    page.wait_for_selector("main a[href^='/trace/']")
    yield "stored"
