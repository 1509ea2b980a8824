"""Real server processes and real clients at once: the same key is one fact, the last five units go to one of two."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from lotline.records.journal.models import Balance, Fact
from tests.doors.api.conftest import fact, move, receive

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SERVE = """
import sys
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
Granian("lotline.project.wsgi:application", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI,
        workers=2, blocking_threads=4, websockets=False, log_level=LogLevels.error).serve()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(process_environment: dict[str, str]) -> Iterator[int]:
    """Two server processes with four threads each, on the database of the test."""
    chosen = free_port()
    with subprocess.Popen([sys.executable, "-c", SERVE, str(chosen)], env={**os.environ, **process_environment}) as server:
        try:
            wait_for(chosen)
            yield chosen
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    """Until the server answers; on a busy machine that takes its time."""
    last = time.monotonic() + 120
    while True:
        try:
            assert call(port, "", "GET", "/openapi.json")[0] == 200
        except (OSError, http.client.HTTPException):
            if time.monotonic() > last:
                raise
            time.sleep(0.1)
        else:
            return


def call(port: int, secret: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def at_once(calls: Sequence[Callable[[], tuple[int, Any]]]) -> list[tuple[int, Any]]:
    """The answers to calls that all begin at one moment."""
    together = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        together.wait()
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return answers


def test_one_key_from_eight_clients_is_one_fact(plant, token, port):
    secret, sent = token(), receive("BEEF", "L1", "5")

    answers = at_once([lambda: call(port, secret, "POST", "/facts", sent)] * 8)

    assert sorted(status for status, _answer in answers) == [200] * 7 + [201]
    assert len({answer["id"] for _status, answer in answers}) == 1
    assert Fact.objects.for_plant(plant).count() == 1


@pytest.mark.parametrize("same_person", [True, False])
def test_the_last_five_units_go_to_one_of_two(plant, token, port, same_person):
    first = token()
    second = first if same_person else token()
    for number in range(5):
        lot = f"L{number}"
        assert call(port, first, "POST", "/facts", receive("BEEF", lot, "5"))[0] == 201
        shipped = fact("ship", move("BEEF", lot, "5", "BIN-1", "CUS-1"))
        scrapped = fact("scrap", move("BEEF", lot, "5", "BIN-1", "SCRAP"), reason="torn")

        answers = at_once([partial(call, port, first, "POST", "/facts", shipped), partial(call, port, second, "POST", "/facts", scrapped)])

        assert sorted(status for status, _answer in answers) == [201, 422]
        refused = next(answer for status, answer in answers if status == 422)
        assert [problem["code"] for problem in refused["problems"]] == ["not_enough"]
    assert not Balance.objects.for_plant(plant).filter(inside=True).exists()


def test_twenty_clients_with_one_wrong_fact_among_good_ones_each_get_their_own_answer(plant, token, port):
    """Facts that wait together share a transaction; the refused one must not take the others with it."""
    secrets = [token(), token()]
    for number in range(4):
        call(port, secrets[0], "POST", "/facts", receive("BEEF", f"L{number}", "100"))
    bodies = [fact("ship", move("BEEF", f"L{i % 4}", "1000" if i % 5 == 0 else "1", "BIN-1", "CUS-1")) for i in range(20)]

    answers = at_once([partial(call, port, secrets[i % 2], "POST", "/facts", bodies[i]) for i in range(20)])

    assert [status for status, _answer in answers] == [422 if i % 5 == 0 else 201 for i in range(20)]
    assert len({answer["seq"] for status, answer in answers if status == 201}) == 16
    written = {answer["id"]: answer["hash"] for status, answer in answers if status == 201}
    stored = {str(fact.pk): fact.hash for fact in Fact.objects.for_plant(plant)}
    assert written.items() <= stored.items()
