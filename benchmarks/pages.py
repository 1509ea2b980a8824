"""The page of a small trace, by somebody who has signed in."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

from benchmarks.limits import Graph, search_breadth_first
from benchmarks.report import Figure, Report
from benchmarks.serving import running_server
from benchmarks.store import Store
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role

NAME, PASSWORD = "bench-reader", "read a trace 100 times"
LARGEST = 500
CODES = 6
ASKED = 60


def measure(report: Report, store: Store) -> None:
    """Milliseconds to the whole page and to the picture in it: session, rights and the note of who looked included."""
    store.load_all()
    grant_role(user=create_user(username=NAME, password=PASSWORD), plant=store.plant, role=Role.QUALITY)
    children, parents = store.graphs
    addresses = [f"/trace/{quote(code)}?to=destinations" for code in choose_small(children)]
    addresses += [f"/trace/{quote(code)}?to=sources" for code in choose_small(parents)]
    with running_server() as port:
        visitor = Visitor(port)
        visitor.sign_in()
        for kind, prefix in (("page", "/trace/"), ("picture", "/trace-picture/")):
            times = [
                visitor.get(address.replace("/trace/", prefix, 1)) for _round in range(ASKED // len(addresses) + 1) for address in addresses
            ]
            middle, late = statistics.median(times) * 1e3, sorted(times)[len(times) * 95 // 100] * 1e3
            name = f"{kind} of a trace of up to {LARGEST} lots, p50"
            report.add(Figure(name, f"{middle:.0f} ms", "100 ms", middle, 100))
            report.note(f"p95 {late:.0f} ms, {len(times)} answers to {len(addresses)} addresses")


def choose_small(graph: Graph) -> list[str]:
    """Codes whose answers are small, the largest of those first."""
    names = sorted(graph)
    sizes = {code: len(search_breadth_first(code, graph)) for code in names[:: max(1, len(names) // 300)]}
    fitting = sorted((code for code, size in sizes.items() if size <= LARGEST), key=lambda code: -sizes[code])
    return fitting[:CODES]


class Visitor:
    """A browser, as far as a server can tell: one connection, cookies, a sign-in form."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """By the form, as people do."""
        self.ask("GET", "/sign-in", 200)
        body = urlencode({"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": self._form_token()})
        self.ask("POST", "/sign-in", 302, body)

    def get(self, address: str) -> float:
        """Seconds to the last byte of a page, which must be one."""
        began = time.perf_counter()
        self.ask("GET", address, 200)
        return time.perf_counter() - began

    def ask(self, method: str, address: str, status: int, body: str = "") -> None:
        """One request. Raises ``AssertionError`` where the answer is another than expected."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body or None, headers)
        answer = self.connection.getresponse()
        self.text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies.update((name, morsel.value) for name, morsel in SimpleCookie(line).items())
        if answer.status != status:
            raise AssertionError(f"{method} {address}: {answer.status} instead of {status}: {self.text[:500]}")

    def _form_token(self) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.text)
        if found is None:
            raise AssertionError("the sign-in form has no token")
        return found[1]
