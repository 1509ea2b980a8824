"""What the machine can do without Lotline, measured in the same run: the limits that ratios refer to."""

from __future__ import annotations

import csv
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction

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
    bare = sqlite3.connect(database, isolation_level=None)
    bare.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE lots (id INTEGER PRIMARY KEY, code TEXT UNIQUE, item TEXT, kind TEXT, qty TEXT, uom TEXT, at TEXT, partner TEXT);"
        "CREATE TABLE links (parent INTEGER, child INTEGER, qty TEXT, event TEXT, at TEXT);"
        "CREATE INDEX forward ON links (parent, child); CREATE INDEX backward ON links (child, parent);"
    )
    bare.execute("BEGIN IMMEDIATE")
    numbers: dict[str, int] = {}
    with (folder / "lots.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        lots = list(rows)
    numbers = {row[0]: number for number, row in enumerate(lots)}
    bare.executemany("INSERT INTO lots VALUES (?,?,?,?,?,?,?,?)", ((numbers[row[0]], *row) for row in lots))
    with (folder / "links.csv").open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        links = ((numbers[parent], numbers[child], *rest) for parent, child, *rest in rows)
        bare.executemany("INSERT INTO links VALUES (?,?,?,?,?)", links)
    bare.execute("COMMIT")
    bare.close()
    return time.perf_counter() - began


def bare_copy(folder: Path) -> float:
    """Seconds to copy lots and links into two bare PostgreSQL tables that have their indexes, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare_lots (id bigint PRIMARY KEY, code text UNIQUE, item text, kind text, qty text, uom text, at text, partner text);"
            "CREATE TABLE bare_links (parent bigint, child bigint, qty text, event text, at text);"
            "CREATE INDEX bare_forward ON bare_links (parent, child); CREATE INDEX bare_backward ON bare_links (child, parent);"
        )
        with (folder / "lots.csv").open(encoding="utf-8", newline="") as handle:
            lots = list(csv.reader(handle))[1:]
        numbers = {row[0]: number for number, row in enumerate(lots)}
        with cursor.copy("COPY bare_lots FROM STDIN") as copy:
            for row in lots:
                copy.write_row((numbers[row[0]], *row))
        with (folder / "links.csv").open(encoding="utf-8", newline="") as handle, cursor.copy("COPY bare_links FROM STDIN") as copy:
            rows = csv.reader(handle)
            next(rows)
            for parent, child, *rest in rows:
                copy.write_row((numbers[parent], numbers[child], *rest))
    took = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bare_lots, bare_links")
    return took


def durable_transactions(database: Path, seconds: float = 3.0) -> float:
    """Durable transactions a second on one SQLite connection (WAL, FULL): one event row and two link rows with two indexes each."""
    database.unlink(missing_ok=True)
    bare = sqlite3.connect(database, isolation_level=None)
    bare.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, at TEXT, body TEXT);"
        "CREATE TABLE link (event INTEGER, parent INTEGER, child INTEGER, qty INTEGER);"
        "CREATE INDEX forward ON link (parent, child); CREATE INDEX backward ON link (child, parent);"
    )
    count, ends = 0, time.perf_counter() + seconds
    began = time.perf_counter()
    while time.perf_counter() < ends:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO event VALUES (?, 'transform', '2026-01-01', ?)", (count, "x" * 300))
        bare.executemany("INSERT INTO link VALUES (?, ?, ?, 1)", [(count, count * 2, count), (count, count * 2 + 1, count)])
        bare.execute("COMMIT")
        count += 1
    rate = count / (time.perf_counter() - began)
    bare.close()
    database.unlink(missing_ok=True)
    return rate


def resident_megabytes(pid: int | None = None) -> float:
    """Peak resident memory of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
