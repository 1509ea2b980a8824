"""The whole product in a browser: pages, database, static files, as a person meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lotline.core.facts import LotRef
from lotline.records.journal.actions import append
from lotline.records.people.choices import Role
from lotline.records.people.models import User
from lotline.records.places.models import Plant
from tests.chromium import Page
from tests.doors.web.plant_of_pages import BEEF, PASSWORD, SALT, make_plant, make_user, receive, tell_fan, tell_sauce


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    """The sauce plant with its cold cook, a beef lot that went into ninety lots, and two lots of one code."""
    made = make_plant()
    tell_sauce(made)
    tell_fan(made, 45)
    append(plant=made, drafts=[receive(LotRef(item, "TWICE"), 5, 1) for item in (BEEF, SALT)])
    return made


@pytest.fixture
def zhoumin(plant: Plant) -> User:
    return make_user(plant, Role.QUALITY, name="zhoumin")


class Person:
    """Somebody at a browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def goes_to(self, path: str) -> None:
        self.page.goto(self.address + path)

    def signs_in(self, name: str = "zhoumin", password: str = PASSWORD) -> None:
        self.goes_to("/sign-in")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", password)
        self.page.click(".sign-in-form button[type=submit]")

    def scans(self, code: str) -> None:
        """What a keyboard wedge does: keys a few milliseconds apart, then Enter, wherever the focus is."""
        self.page.evaluate(
            """code => {
            const target = document.activeElement || document.body;
            const send = (key, name) => target.dispatchEvent(new KeyboardEvent('keydown', { key, code: name, bubbles: true, cancelable: true }));
            for (const one of code) send(one.toLowerCase(), one === '-' ? 'Minus' : (/[0-9]/.test(one) ? 'Digit' : 'Key') + one.toUpperCase());
            send('Enter', 'Enter');
        }""",
            code,
        )


@pytest.fixture
def person(live_server: Any, open_page: Callable[..., Page], zhoumin: User) -> Callable[..., Person]:
    """Opens a browser for somebody: ``person(width=390, language="en-GB")``."""

    def open_browser(**options: Any) -> Person:
        return Person(open_page(**options), live_server.url)

    return open_browser
