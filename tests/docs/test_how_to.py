"""What the how-tos say about proxies is so."""

from __future__ import annotations

import http.client
import re

import pytest

from tests.docs.pages import blocks, read

PAGE = read("docs/how-to/behind-a-proxy.md")
NAME = "lotline.plant.example"
SETTINGS = dict(line.split("=", 1) for block in blocks(PAGE, "text") for line in block.splitlines() if line.startswith("LOTLINE_"))


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"Host": NAME, "Accept-Language": "en", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers.get("Set-Cookie", "")


def sign_in(port):
    """The status of signing in through a proxy that ends TLS."""
    _status, page, cookie = ask(port, "GET", "/sign-in")
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = f"username=zhoumin&password=lotline-demo&csrfmiddlewaretoken={token[1]}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie.split(";")[0], "Origin": f"https://{NAME}"}
    return ask(port, "POST", "/sign-in", form, **headers)[0]


@pytest.mark.slow
def test_with_the_settings_of_the_page_a_proxy_gets_people_signed_in(installation):
    installation.environment |= SETTINGS

    with installation.served() as port:
        assert sign_in(port) == 302


@pytest.mark.slow
def test_without_the_settings_a_proxy_gets_what_the_page_says(installation):
    with installation.served() as port:
        assert ask(port, "GET", "/sign-in")[0] == 400
    installation.environment["LOTLINE_HOSTS"] = SETTINGS["LOTLINE_HOSTS"]
    with installation.served() as port:
        assert sign_in(port) == 403
    assert "every page answers 400" in PAGE
    assert "signing in answers 403" in PAGE
