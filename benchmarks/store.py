"""The synthetic factory in the database: two parts, of which the second makes the store ten times as large."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks.limits import Graph, read_graph
from benchmarks.synthetic import write_factory
from lotline.doors.exchange.genealogy_csv import import_genealogy
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant


class Store:
    """A fresh database with one plant. Its parts are loaded when a bench first needs them."""

    def __init__(self, folder: Path, lots: int, *, seconds: float) -> None:
        self.folder = folder
        self.lots = lots
        self.seconds = seconds
        self.engine = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
        self._loaded: set[str] = set()

    @cached_property
    def plant(self) -> Plant:
        """The plant, in tables that are made now."""
        call_command("migrate", verbosity=0)
        return create_plant(code="BENCH", name="Bench")

    @cached_property
    def small(self) -> Path:
        """The files of a tenth of the factory."""
        write_factory(self.folder / "small", self.lots // 10, prefix="A")
        return self.folder / "small"

    @cached_property
    def large(self) -> Path:
        """The files of the rest."""
        write_factory(self.folder / "large", self.lots - self.lots // 10, prefix="B", seed=11)
        return self.folder / "large"

    @cached_property
    def graphs(self) -> tuple[Graph, Graph]:
        """Children and parents in the large part."""
        return read_graph(self.large)

    def load(self, folder: Path) -> float:
        """Import one part, unless it is there. Seconds that it took; PostgreSQL then gets the statistics that autovacuum would bring."""
        if folder.name in self._loaded:
            return 0.0
        plant = self.plant
        began = time.perf_counter()
        import_genealogy(plant=plant, folder=folder)
        took = time.perf_counter() - began
        self._loaded.add(folder.name)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        return took

    def load_all(self) -> None:
        """Both parts."""
        self.load(self.small)
        self.load(self.large)
