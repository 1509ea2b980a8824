"""What the machine can do without Lotline, measured in the same run: the limits that ratios refer to."""

from __future__ import annotations

import csv
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Graph = Mapping[str, Sequence[str]]


def best_of(runs: int, work: Callable[[], Any]) -> float:
    """The shortest of ``runs`` runs, in seconds: on a shared machine the minimum says most."""
    times = []
    for _run in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def read_graph(folder: Path) -> tuple[Graph, Graph]:
    """Children of each parent and parents of each child, from ``links.csv``."""
    children: dict[str, list[str]] = {}
    parents: dict[str, list[str]] = {}
    with (folder / "links.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        for parent, child, *_rest in rows:
            children.setdefault(parent, []).append(child)
            parents.setdefault(child, []).append(parent)
    return children, parents


def search_breadth_first(start: str, graph: Graph) -> set[str]:
    """Every code reached from ``start``, which is left out: a bare breadth-first search in memory."""
    seen = {start}
    level = [start]
    while level:
        following = []
        for code in level:
            for neighbour in graph.get(code, ()):
                if neighbour not in seen:
                    seen.add(neighbour)
                    following.append(neighbour)
        level = following
    seen.discard(start)
    return seen


def bare_insert(folder: Path, database: Path) -> float:
    """Seconds to put lots and links into two bare SQLite tables that have their indexes, durably, in one transaction."""
    for name in (database, database.with_name(database.name + "-wal"), database.with_name(database.name + "-shm")):
        name.unlink(missing_ok=True)
    began = time.perf_counter()
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE lots (id INTEGER PRIMARY KEY, code TEXT UNIQUE, item TEXT, kind TEXT, qty TEXT, uom TEXT, at TEXT, partner TEXT);"
        "CREATE TABLE links (parent INTEGER, child INTEGER, qty TEXT, event TEXT, at TEXT);"
        "CREATE INDEX forward ON links (parent, child); CREATE INDEX backward ON links (child, parent);"
    )
    connection.execute("BEGIN IMMEDIATE")
    numbers: dict[str, int] = {}
    with (folder / "lots.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        lots = list(rows)
    numbers = {row[0]: number for number, row in enumerate(lots)}
    connection.executemany("INSERT INTO lots VALUES (?,?,?,?,?,?,?,?)", ((numbers[row[0]], *row) for row in lots))
    with (folder / "links.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        links = ((numbers[parent], numbers[child], *rest) for parent, child, *rest in rows)
        connection.executemany("INSERT INTO links VALUES (?,?,?,?,?)", links)
    connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - began


def durable_transactions(database: Path, seconds: float = 3.0) -> float:
    """Durable transactions a second on one SQLite connection (WAL, FULL): one event row and two link rows with two indexes each."""
    database.unlink(missing_ok=True)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, at TEXT, body TEXT);"
        "CREATE TABLE link (event INTEGER, parent INTEGER, child INTEGER, qty INTEGER);"
        "CREATE INDEX forward ON link (parent, child); CREATE INDEX backward ON link (child, parent);"
    )
    count, ends = 0, time.perf_counter() + seconds
    began = time.perf_counter()
    while time.perf_counter() < ends:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO event VALUES (?, 'transform', '2026-01-01', ?)", (count, "x" * 300))
        connection.executemany("INSERT INTO link VALUES (?, ?, ?, 1)", [(count, count * 2, count), (count, count * 2 + 1, count)])
        connection.execute("COMMIT")
        count += 1
    rate = count / (time.perf_counter() - began)
    connection.close()
    database.unlink(missing_ok=True)
    return rate


def resident_megabytes(pid: int | None = None) -> float:
    """Peak resident memory of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
