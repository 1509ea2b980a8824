"""The verbs of `./run`: one line of help each, one function each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import checks
from tools.environment import ROOT, Environment, environment_of, prepare, shown
from tools.ports import free_port
from tools.progress import Failed, say

sys.path.insert(0, str(ROOT / "src"))
from lotline.project.home import HomeNotWritable, data_folder, default_folder

Verb = Callable[[Environment, Sequence[str]], int]
INTERRUPTED = 130  # what a shell reports for a program ended by Ctrl-C


def serve(environment: Environment, arguments: Sequence[str]) -> int:
    """Start Lotline with a demonstration factory on this computer (what ./run alone does)."""
    prepare_here(environment)
    try:
        say(f"data folder {data_folder()}")
    except HomeNotWritable as error:
        raise Failed(str(error)) from error
    variables = dict(os.environ, LOTLINE_PORT=str(free_port(os.environ.get("LOTLINE_PORT", ""))))
    lotline = environment.program("lotline")
    os.execve(lotline, [str(lotline), "serve", "--demo", *arguments], variables)


def setup(environment: Environment, arguments: Sequence[str]) -> int:
    """Make the environment and start nothing; with --dev, also what tests and linters need."""
    prepare_here(environment, "dev" if "--dev" in arguments else "base")
    say(f"ready: {shown(environment)}/bin/lotline")
    return 0


def test(environment: Environment, arguments: Sequence[str]) -> int:
    """Run everything that CI runs. With arguments, only pytest with them; with --postgres first, on PostgreSQL."""
    prepare_here(environment, "dev")
    return checks.test(environment, arguments)


def lint(environment: Environment, arguments: Sequence[str]) -> int:
    """Check style with ruff; with --fix, repair what it can."""
    prepare_here(environment, "dev")
    return checks.lint(environment, fix="--fix" in arguments)


def types(environment: Environment, arguments: Sequence[str]) -> int:
    """Check types with mypy."""
    prepare_here(environment, "dev")
    return checks.types(environment, arguments)


def imports(environment: Environment, arguments: Sequence[str]) -> int:
    """Check that imports follow the tower with import-linter."""
    prepare_here(environment, "dev")
    return checks.imports(environment, arguments)


def docs(environment: Environment, arguments: Sequence[str]) -> int:
    """Check that every link in the documentation leads somewhere; with --write, write the reference from the code first."""
    prepare_here(environment)
    return call(environment, "-m", "tools.check_docs", *arguments)


def bench(environment: Environment, arguments: Sequence[str]) -> int:
    """Measure speed against limits measured in the same run (benchmarks/)."""
    prepare_here(environment, "dev")
    return call(environment, "-m", "benchmarks", *arguments)


def lock(environment: Environment, arguments: Sequence[str]) -> int:
    """Write requirements/*.txt anew from requirements/*.in; with --upgrade, take newer versions."""
    prepare_here(environment, "dev")
    uv = shutil.which("uv") or str(environment.program("uv"))
    options = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet".split()
    for name in ("base", "dev"):
        say(f"locking requirements/{name}.txt …")
        command = [uv, "pip", "compile", *options, *arguments, f"{name}.in", "-o", f"{name}.txt"]
        done = subprocess.run(command, cwd=environment.root / "requirements", check=False)
        if done.returncode:
            return done.returncode
    return 0


def show_help(_environment: Environment, _arguments: Sequence[str]) -> int:
    """Show this list."""
    print("Usage: ./run [verb] [arguments]\n")
    for name, line in VERBS.items():
        print(f"  {name:<9}{line.summary}")
    print(
        "\nFrom the environment: LOTLINE_DATABASE_URL (default: an embedded database), LOTLINE_HOME (data folder), LOTLINE_PORT.\n"
        "All commands of Lotline itself: .venv/bin/lotline --help"
    )
    return 0


@dataclass(frozen=True)
class Line:
    """A verb with its line of help."""

    function: Verb

    @property
    def summary(self) -> str:
        """The first line of the function's documentation."""
        return (self.function.__doc__ or "").strip().splitlines()[0]


VERBS = {
    "serve": Line(serve),
    "setup": Line(setup),
    "test": Line(test),
    "lint": Line(lint),
    "types": Line(types),
    "imports": Line(imports),
    "bench": Line(bench),
    "docs": Line(docs),
    "lock": Line(lock),
    "help": Line(show_help),
}
SPELLINGS = {"-h": "help", "--help": "help"}


def prepare_here(environment: Environment, lock: str = "base") -> None:
    """Prepare the environment; for a read-only checkout, say first where it and the data go."""
    if environment.folder != environment.root / ".venv":
        say(f"this folder is read-only: packages go to {environment.folder}, data to {named_home() or default_folder()}")
    prepare(environment, lock)


def named_home() -> str:
    """The data folder that the user named, if any."""
    return os.environ.get("LOTLINE_HOME", "")


def call(environment: Environment, *arguments: str | Path) -> int:
    """Run the environment's Python in the checkout and return its exit code."""
    return subprocess.run([environment.program("python"), *arguments], cwd=environment.root, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Do what the first word says; without one, serve."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("serve", [])
    name = SPELLINGS.get(name, name)
    if name not in VERBS:
        say(f"no verb {name!r}. There are: {', '.join(VERBS)}. ./run help says what they do.")
        return 2
    try:
        return VERBS[name].function(environment_of(), rest)
    except Failed as failure:
        say(f"stopped: {failure.reason}")
        if failure.advice:
            say(failure.advice)
        return 1
    except KeyboardInterrupt:
        say("stopped; ./run goes on where this left off.")
        return INTERRUPTED
