"""Single facts over HTTP, each on disk before its answer: authentication, validation, idempotency, laws and chain included."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

from benchmarks.limits import durable_transactions
from benchmarks.report import Figure, Report
from benchmarks.serving import running_server
from benchmarks.store import Store
from lotline.core.facts import Draft, FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.people.actions import create_user, grant_role, issue_token
from lotline.records.people.choices import Role, Scope

# A plant has many stations: with so many clients at once the goal counts. One by itself is shown for its time to answer.
CLIENTS = (8, 32)
ALONE = 1
PLENTY = 10**9 * MICRO


def measure(report: Report, store: Store) -> None:
    """Facts a second with 1, 8 and 32 clients, against bare durable transactions on one SQLite connection."""
    store.load(store.small)
    token = _prepare(store)
    with running_server() as port:
        alone = _send(port, token, ALONE, store.seconds)
        for clients in CLIENTS:
            # Before and after, since the time that a disk takes for a flush may change from one minute to the next.
            before = durable_transactions(store.folder / "durable.sqlite3", store.seconds / 2)
            found = _send(port, token, clients, store.seconds)
            limit = max(before, durable_transactions(store.folder / "durable.sqlite3", store.seconds / 2))
            name = f"durable facts over HTTP, {store.engine}, {clients} clients"
            report.add(Figure(name, f"{found['rate']:.0f} /s", f"{limit:.0f} /s bare", found["rate"] / limit, 0.2, at_most=False))
            report.note(f"p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms")
    report.note(f"for information, one client: {alone['rate']:.0f} /s, p50 {alone['p50']:.1f} ms, p99 {alone['p99']:.1f} ms")


def _send(port: int, token: str, clients: int, seconds: float) -> dict[str, float]:
    """Rate and times of answers of so many clients, which are a process of their own."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), token, str(clients), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _prepare(store: Store) -> str:
    """Two large lots for each client, and somebody who may write. The secret of their token."""
    ensure_items([ItemSpec("BENCH-IN", unit="kg"), ItemSpec("BENCH-OUT", unit="kg")])
    drafts = [
        Draft(
            kind=FactKind.RECEIVE,
            happened_at=datetime(2026, 5, 31, tzinfo=UTC),
            key=f"bench:{side}{client}",
            moves=(Move(LotRef("BENCH-IN", f"BENCH-{side}{client}"), PLENTY, "VARIANCE", "SITE"),),
            reason="opening stock of the bench",
        )
        for client in range(max(CLIENTS))
        for side in "AB"
    ]
    append(plant=store.plant, drafts=drafts)
    user = create_user(username="bench-machine", password="not used to sign in")
    grant_role(user=user, plant=store.plant, role=Role.OPERATOR)
    _token, secret = issue_token(user=user, plant=store.plant, name="bench", scopes=[Scope.READ, Scope.WRITE_FACTS])
    return secret
