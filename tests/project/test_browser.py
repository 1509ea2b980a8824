"""The suite's own browser: the machine's Chromium, and what happens where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.chromium import pages_of
from tools.environment import ROOT

PAGE = """<!doctype html><meta charset="utf-8"><title>溯线</title><p id="width"></p>
<script>document.querySelector("#width").textContent = innerWidth + " " + navigator.language;
if (location.hash === "#broken") { missing(); }</script>"""


@pytest.fixture
def address():
    """A page served on loopback."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_arguments):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language"), [(390, "en-GB"), (1440, "zh-CN")])
def test_open_page_has_the_width_and_language_that_were_asked_for(open_page, address, width, language):
    page = open_page(width=width, language=language)

    page.goto(address)

    assert (page.title(), page.inner_text("#width")) == ("溯线", f"{width} {language}")


@pytest.mark.browser
def test_pages_remember_what_their_scripts_did_not_catch(chromium, address):
    with pages_of(chromium) as pages:
        pages.open().goto(address + "#broken")

        assert pages.errors == ["missing is not defined"]


WITHOUT_CHROMIUM = [
    ("0", 0, "SKIPPED 3 tests: there is no Chromium on this machine"),
    ("1", 1, "skipped, which is not allowed here"),
]


@pytest.mark.parametrize(("required", "code", "line"), WITHOUT_CHROMIUM)
def test_without_chromium_browser_tests_are_skipped_in_one_line_and_fail_in_ci(tmp_path, required, code, line):
    hidden = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "LOTLINE_CHROMIUM": ""}
    variables = {**os.environ, **hidden, "LOTLINE_REQUIRE_ENGINES": required}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "browser", __file__]

    answer = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout.count(line) >= 1) == (code, True), answer.stdout
    assert answer.stdout.count("SKIPPED") == (1 - code)
