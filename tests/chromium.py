"""The machine's Chromium, driven by Playwright. No browser is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright

__all__ = ["Browser", "Page", "find_chromium", "pages_of", "started_chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root Chromium needs --no-sandbox. The rest keeps it from talking to anything but the page under test.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
SLOWEST = 15_000  # milliseconds that a page may take to do what a test waits for, on two busy cores


def find_chromium() -> str | None:
    """The browser's program: the one that LOTLINE_CHROMIUM names, one on PATH, or one that Playwright has fetched earlier."""
    named = os.environ.get("LOTLINE_CHROMIUM", "")
    if named:
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    with suppress(StopIteration, OSError):
        return str(next(cache.glob("chromium-*/chrome-*/chrome")))
    return None


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """A running browser. Playwright keeps an event loop, which Django takes for asynchronous code: it is told not to mind."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            try:
                yield browser
            finally:
                browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Pages:
    """The pages that one test has open, and what went wrong in them."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(
        self,
        *,
        width: int = 1440,
        height: int = 900,
        language: str = "zh-CN",
        dark: bool = False,
        touch: bool = False,
        scripts: bool = True,
    ) -> Page:
        """A page in a fresh session. ``language`` is what the browser asks for; sizes are in CSS pixels."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(SLOWEST)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self.note_console)
        page.on("pageerror", self.note_exception)
        return page

    def note_console(self, message: ConsoleMessage) -> None:
        """Remember errors, such as a style that the content security policy refuses.

        An answer of 4xx that a test provokes is reported there too; the test itself looks at the answer.
        """
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def note_exception(self, error: Error) -> None:
        """Remember what a script did not catch."""
        self.errors.append(str(error))


@contextmanager
def pages_of(browser: Browser) -> Iterator[Pages]:
    """Pages that are closed at the end."""
    pages = Pages(browser)
    try:
        yield pages
    finally:
        for context in pages.contexts:
            context.close()
