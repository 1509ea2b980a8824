"""A client that goes away in the middle of a recall set: the server lets go of the set, in the thread that made it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lotline.core.facts import Draft, FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.journal.actions import append
from lotline.records.places.models import Plant
from tests.doors.api.conftest import hour
from tests.doors.api.test_processes import free_port, wait_for

MANY = 30_000  # lots: far more than the buffers between two processes take
# The product's server, with a note in a file of each set that is made and dropped, and of the thread that does it.
SERVE = """
import sys, threading, django
django.setup()
from lotline.records.genealogy import lotset
def noted(name, real):
    def call(*args, **more):
        result = real(*args, **more)
        table = result if name == "made" else args[0]
        with open(sys.argv[2], "a", encoding="ascii") as notes:
            notes.write(f"{name} {table} {threading.get_ident()}\\n")
        return result
    return call
lotset.create_set, lotset.drop_set = noted("made", lotset.create_set), noted("dropped", lotset.drop_set)
from lotline.project.server import serve_pages
serve_pages(host="127.0.0.1", port=int(sys.argv[1]), workers=1)
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def port(process_environment: dict[str, str], notes: Path) -> Iterator[int]:
    chosen = free_port()
    command = [sys.executable, "-c", SERVE, str(chosen), str(notes)]
    with subprocess.Popen(command, env={**os.environ, **process_environment}) as server:
        try:
            wait_for(chosen)
            yield chosen
        finally:
            server.terminate()


def make_many(plant: Plant) -> None:
    """L1 became ``MANY`` lots."""
    start = LotRef("BEEF", "L1")
    outputs = tuple(Move(LotRef("POUCH", f"P{n:05d}"), MICRO, "PROCESS", "BIN-1") for n in range(MANY))
    facts = (
        (FactKind.RECEIVE, (Move(start, MANY * MICRO, "VARIANCE", "BIN-1"),)),
        (FactKind.TRANSFORM, (Move(start, MANY * MICRO, "BIN-1", "PROCESS"), *outputs)),
    )
    drafts = [
        Draft(kind=kind, happened_at=datetime.fromisoformat(hour(n)), key=f"many{n}", moves=moves, reason="opening stock")
        for n, (kind, moves) in enumerate(facts)
    ]
    append(plant=plant, drafts=drafts)


def sets_of(notes: Path) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(table, thread) of the sets that were made, and of those that were dropped."""
    lines = [line.split() for line in notes.read_text(encoding="ascii").splitlines()]
    made, dropped = ({(table, thread) for what, table, thread in lines if what == word} for word in ("made", "dropped"))
    return made, dropped


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("media", ["application/x-ndjson", "text/csv"])
def test_a_client_that_goes_away_leaves_no_set_behind(plant, token, port, notes, media):
    make_many(plant)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/v1/recall-sets?code=L1", headers={"Authorization": f"Bearer {token()}", "Accept": media})
    response = connection.getresponse()

    assert response.status == 200
    response.read(1000)
    response.close()
    connection.close()

    until = time.monotonic() + 30
    while (found := sets_of(notes))[0] != found[1] and time.monotonic() < until:
        time.sleep(0.1)
    made, dropped = found
    assert made
    assert made == dropped
