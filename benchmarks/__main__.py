"""Speed, as ratios to limits of the same run: ``python -m benchmarks [--lots N] [--only NAME …] [--json FILE]``.

Everything happens in a folder of its own, which is removed afterwards. With ``LOTLINE_DATABASE_URL`` the same is measured on that
database, which must be empty.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

from benchmarks.limits import bare_insert
from benchmarks.report import Figure, Report
from benchmarks.synthetic import write_factory


def main() -> int:
    """Run the benches that were asked for; 0 even if a goal is missed, since speed is shown and not asserted."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="lotline-bench-"))
    os.environ["LOTLINE_HOME"] = str(folder / "home")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")
    report = Report()
    try:
        for name, bench in BENCHES.items():
            if not arguments.only or name in arguments.only:
                print(f"-- {name}", flush=True)
                bench(report, folder, arguments.lots)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        Path(arguments.json).write_text(report.as_json(), encoding="utf-8")
    missed = sum(not figure.met for figure in report.figures)
    print(f"-- {len(report.figures)} figures, {missed} beyond their goal", flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lots", type=int, default=1_000_000, help="lots of the synthetic factory (default 1,000,000)")
    parser.add_argument("--only", action="append", default=[], choices=sorted(BENCHES), help="run this bench only; may be repeated")
    parser.add_argument("--json", default="", help="write the figures to this file too")
    return parser.parse_args()


def bench_genealogy(report: Report, folder: Path, lots: int) -> None:
    """Import, then closures in a tenth of the store and in the whole one, where the same questions have the same answers."""
    django.setup()
    from benchmarks.scaling import load_factory, measure_growth, prepare_plant  # noqa: PLC0415 -- needs Django to be set up
    from benchmarks.traces import measure_traces  # noqa: PLC0415 -- the same

    plant = prepare_plant()
    small, large = folder / "small", folder / "large"
    write_factory(small, lots // 10, prefix="A")
    write_factory(large, lots - lots // 10, prefix="B", seed=11)
    load_factory(plant, small)
    growth = measure_growth(plant, small)
    limit = bare_insert(large, folder / "bare.sqlite3")
    began = time.perf_counter()
    load_factory(plant, large)
    took = time.perf_counter() - began
    report.add(Figure(f"import of {lots - lots // 10:,} lots, validated", f"{took:.1f} s", f"{limit:.1f} s bare", took / limit, 6))
    for name, before, after in growth():
        report.add(Figure(f"same answer in a 10 times larger store: {name}", f"{after:.2f} ms", f"{before:.2f} ms", after / before, 1.2))
    measure_traces(report, plant, large)


BENCHES: dict[str, Callable[[Report, Path, int], None]] = {"genealogy": bench_genealogy}

if __name__ == "__main__":
    sys.exit(main())
