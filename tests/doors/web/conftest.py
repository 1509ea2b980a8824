"""A small plant with somebody signed in; and the small site of invented data, served for tests in a browser."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from lotline.records.people.choices import Role
from lotline.records.people.models import User
from lotline.records.places.models import Plant
from tests.doors.web.plant_of_pages import make_plant, make_user

SERVE = Path(__file__).resolve().parent / "site" / "serve.py"
START_SECONDS = 30


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Address of the small site, in a process of its own: it has other settings than the product."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(SERVE), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/data/5", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the small site did not start")


# ---- pages ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def plant(db) -> Plant:
    return make_plant()


@pytest.fixture
def sign_in_as() -> Callable[[User], Client]:
    """A browser without scripts, reading English, in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def quality(plant: Plant, sign_in_as: Callable[[User], Client]) -> Client:
    """The quality manager of the plant."""
    return sign_in_as(make_user(plant, Role.QUALITY))
