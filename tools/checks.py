"""What `./run test` runs: style, types, imports, then all tests on SQLite and those of the engines again on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import debian
from tools.environment import Environment
from tools.progress import say, step


def test(environment: Environment, arguments: Sequence[str]) -> int:
    """Run all checks, or pytest alone when given arguments. 0 only if nothing failed."""
    in_ci = os.environ.get("CI", "").lower() == "true"
    if in_ci:
        debian.install_missing()
        # From here on, a test that is skipped for want of a database engine or a browser is a failure.
        os.environ["LOTLINE_REQUIRE_ENGINES"] = "1"
    if arguments:
        on_postgres = arguments[0] == "--postgres"
        return pytest(environment, arguments[1:] if on_postgres else arguments, on_postgres=on_postgres)
    results = {
        "lint": lint(environment),
        "types": types(environment),
        "imports": imports(environment),
        "tests": pytest(environment),
        "tests on PostgreSQL": pytest(environment, on_postgres=True),
    }
    failed = [name for name, code in results.items() if code]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def lint(environment: Environment, *, fix: bool = False) -> int:
    """Style and layout."""
    with step("style (ruff)"):
        checked = call(environment, "ruff", "check", "--quiet", *(["--fix"] if fix else []), ".")
        laid_out = call(environment, "ruff", "format", "--quiet", *([] if fix else ["--check", "--diff"]), ".")
    return checked or laid_out


def types(environment: Environment, arguments: Sequence[str] = ()) -> int:
    """Types. The Django plugin reads the settings, which want a data folder: a passing one."""
    with step("types (mypy)"), tempfile.TemporaryDirectory(prefix="lotline-types-") as home:
        return call(environment, "mypy", *arguments, variables={"LOTLINE_HOME": home})


def imports(environment: Environment, arguments: Sequence[str] = ()) -> int:
    """The floors and rooms of the tower."""
    with step("imports (import-linter)"):
        return call(environment, "lint-imports", *arguments)


def pytest(environment: Environment, arguments: Sequence[str] = (), *, on_postgres: bool = False) -> int:
    """The tests. On PostgreSQL only those marked ``engines``; its server is started for them and stopped after them."""
    say(f"tests ({'PostgreSQL' if on_postgres else 'SQLite'}) …")  # the last line is pytest's own
    options = ["-q", "--continue-on-collection-errors", *arguments]
    if not on_postgres:
        return call(environment, "pytest", *options, variables={"LOTLINE_DATABASE_URL": ""})
    script = ["-m", "tools.postgres_for_tests", str(environment.program("pytest")), "-m", "engines", *options]
    return call(environment, "python", *script)


def call(environment: Environment, program: str, *arguments: str | Path, variables: Mapping[str, str] | None = None) -> int:
    """Run an installed program in the checkout and return its exit code."""
    command = [environment.program(program), *arguments]
    return subprocess.run(command, cwd=environment.root, env={**os.environ, **(variables or {})}, check=False).returncode
