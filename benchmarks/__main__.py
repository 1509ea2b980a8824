"""Speed, as ratios to limits of the same run: ``python -m benchmarks [--lots N] [--only NAME …] [--postgres] [--json FILE]``.

Everything happens in a folder of its own, which is removed afterwards. With ``--postgres`` the same is measured on a PostgreSQL
server that is started for it; with ``LOTLINE_DATABASE_URL``, on that database, which must be empty.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import django

from benchmarks.report import Report
from tools.postgres_for_tests import DURABLE, postgres_server

if TYPE_CHECKING:
    from benchmarks.store import Store

# In this order: the import is measured while it fills the store that the others ask; the last one writes into it.
BENCHES = ("genealogy", "hot-tank", "recall", "pages", "facts")


def main() -> int:
    """Run the benches that were asked for; 0 even if a goal is missed, since speed is shown and not asserted."""
    arguments = _arguments()
    if arguments.postgres:
        return _on_postgres([argument for argument in sys.argv[1:] if argument != "--postgres"])
    folder = Path(tempfile.mkdtemp(prefix="lotline-bench-"))
    os.environ["LOTLINE_HOME"] = str(folder / "home")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")
    report = Report()
    try:
        django.setup()
        from benchmarks.store import Store  # noqa: PLC0415 -- needs Django to be set up

        store = Store(folder, arguments.lots, seconds=arguments.seconds)
        for name in BENCHES:
            if not arguments.only or name in arguments.only:
                print(f"-- {name} on {store.engine}", flush=True)
                _run(name, report, store)
    finally:
        django.db.connections.close_all()
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        Path(arguments.json).write_text(report.as_json(), encoding="utf-8")
    missed = sum(not figure.met for figure in report.figures)
    print(f"-- {len(report.figures)} figures, {missed} beyond their goal", flush=True)
    return 0


def _run(name: str, report: Report, store: Store) -> None:
    from benchmarks import facts, genealogy, pages, recalls, tank  # noqa: PLC0415 -- need Django to be set up

    measure = {
        "genealogy": genealogy.measure,
        "hot-tank": tank.measure,
        "recall": recalls.measure,
        "pages": pages.measure,
        "facts": facts.measure,
    }
    measure[name](report, store)


def _on_postgres(arguments: list[str]) -> int:
    with postgres_server(DURABLE) as url:
        command = [sys.executable, "-m", "benchmarks", *arguments]
        return subprocess.run(command, env=os.environ | {"LOTLINE_DATABASE_URL": url}, check=False).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lots", type=int, default=1_000_000, help="lots of the synthetic factory (default 1,000,000)")
    parser.add_argument("--only", action="append", default=[], choices=BENCHES, help="run this bench only; may be repeated")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each rate is measured (default 5)")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server and measure there")
    parser.add_argument("--json", default="", help="write the figures to this file too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
