"""A synthetic factory as genealogy files: ten stages, hot raw lots, rework, units, cases, pallets, shipments.

Deterministic for a number of lots. The shape follows what real plants show: three parents a link on average, a few raw lots
that go into thousands of children, one lot in sixty reworked.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

STAGES = 5
WINDOW = 24
BASE = datetime(2026, 1, 1, tzinfo=UTC)


def write_factory(folder: Path, lots: int, *, seed: int = 7, prefix: str = "") -> None:
    """Write ``lots.csv``, ``links.csv`` and ``events.csv`` with about ``lots`` lots into ``folder``.

    ``prefix`` stands before every lot and event, so that several factories fit into one store.
    """
    folder.mkdir(parents=True, exist_ok=True)
    factory = _Factory(random.Random(f"{seed}/{lots}"), lots, prefix)
    factory.build()
    for name, header, rows in (
        ("lots.csv", "lot,item,kind,qty,uom,created_at,partner", factory.lots),
        ("links.csv", "parent,child,qty,event_id,at", factory.links),
        ("events.csv", "event_id,type,at", factory.events),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(header.split(","))
            writer.writerows(rows)


class _Factory:
    def __init__(self, chance: random.Random, lots: int, prefix: str) -> None:
        self.chance = chance
        self.prefix = prefix
        self.wanted = lots
        self.lots: list[tuple[str, ...]] = []
        self.links: list[tuple[str, ...]] = []
        self.events: list[tuple[str, ...]] = []
        self.second = 0

    def build(self) -> None:
        raw = [self._raw(i) for i in range(self.wanted * 9 // 100)]
        hot = raw[:: max(1, len(raw) // 6)][:6]
        stage = raw
        for number in range(1, STAGES + 1):
            stage = self._process(number, stage, hot if number == 2 else [], self.wanted * 47 // 100 // STAGES)
        units = self._serialize(stage, self.wanted * 40 // 100)
        cases = self._group("pack", "case", "CASE", units, 10)
        pallets = self._group("palletize", "pallet", "PAL", cases, 20)
        for number in range(0, len(pallets), 3):
            at = self._now()
            shipment = self._lot(f"SH{number:07d}", "SHIPMENT", "ship", 1, at, f"CUS{number % 40:02d}")
            self._event("ship", at, [(pallet, 1) for pallet in pallets[number : number + 3]], [shipment])

    def _now(self) -> str:
        self.second += 7
        return (BASE + timedelta(seconds=self.second)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _lot(self, code: str, item: str, kind: str, quantity: int, at: str, partner: str = "") -> str:
        code = self.prefix + code
        self.lots.append((code, item, kind, str(quantity), "kg" if kind in ("raw", "wip") else "pcs", at, partner))
        return code

    def _event(self, type_: str, at: str, parents: list[tuple[str, int]], children: list[str]) -> None:
        event = f"{self.prefix}E{len(self.events):08d}"
        self.events.append((event, type_, at))
        self.links += [(parent, child, str(quantity), event, at) for child in children for parent, quantity in parents]

    def _raw(self, number: int) -> str:
        return self._lot(f"RM{number:07d}", f"RAW{number % 30:02d}", "raw", 1000, self._now(), f"SUP{number % 60:02d}")

    def _process(self, number: int, before: list[str], hot: list[str], wanted: int) -> list[str]:
        made: list[str] = []
        while len(made) < wanted:
            middle = len(before) * len(made) // wanted
            window = before[max(0, middle - WINDOW) : middle + WINDOW]
            parents = self.chance.sample(window, min(len(window), self.chance.randint(1, 4)))
            if hot and self.chance.random() < 0.5:
                parents = [*parents, hot[len(hot) * len(made) // wanted]]
            at = self._now()
            children = [
                self._lot(f"W{number}{len(made) + k:07d}", f"WIP{number}", "wip", 100, at) for k in range(self.chance.randint(1, 3))
            ]
            self._event("process", at, [(parent, 1) for parent in dict.fromkeys(parents)], children)
            if self.chance.random() < 0.03:
                again = self._now()
                bad = children[0]
                children[0] = self._lot(f"R{number}{len(made):07d}", f"WIP{number}", "wip", 90, again)
                self._event("rework", again, [(bad, 50)], [children[0]])
            made += children
        return made

    def _serialize(self, batches: list[str], wanted: int) -> list[str]:
        units: list[str] = []
        size = max(1, wanted // len(batches))
        for batch in batches:
            at = self._now()
            made = [self._lot(f"U{len(units) + k:08d}", "PRODUCT", "unit", 1, at) for k in range(size)]
            self._event("serialize", at, [(batch, 1)], made)
            units += made
        return units

    def _group(self, type_: str, kind: str, prefix: str, before: list[str], size: int) -> list[str]:
        groups: list[str] = []
        for begin in range(0, len(before), size):
            at = self._now()
            group = self._lot(f"{prefix}{len(groups):07d}", prefix, kind, 1, at)
            self._event(type_, at, [(inner, 1) for inner in before[begin : begin + size]], [group])
            groups.append(group)
        return groups
