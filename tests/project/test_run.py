"""./run on a small checkout of its own: real environments, no network (its locked list is empty)."""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import debian, verbs
from tools.environment import ROOT, environment_of, is_ready, lock_digest
from tools.ports import free_port
from tools.postgres_for_tests import unused_port
from tools.progress import Failed

PYPROJECT = """
[project]
name = "lotline"
version = "7.1"
scripts = { lotline = "lotline.commands:main" }
"""
COMMAND = """
import os, sys
def main():
    print(sys.argv[1:], os.environ.get("LOTLINE_PORT"))
    return 3
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout in a folder with a blank in its name, whose ``lotline`` prints how it was called."""
    root = tmp_path / "a checkout"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run", root / "run")
    (root / "src/lotline/project").mkdir(parents=True)
    shutil.copy(ROOT / "src/lotline/project/home.py", root / "src/lotline/project/home.py")
    (root / "src/lotline/commands.py").write_text(COMMAND)
    (root / "requirements").mkdir()
    (root / "requirements/base.txt").write_text("")
    (root / "requirements/dev.txt").write_text("")
    (root / "pyproject.toml").write_text(PYPROJECT)
    return root


def variables_with_uv() -> dict[str, str]:
    """What is set for ./run here, with the locked uv on PATH: environments are then made in a tenth of the time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOTLINE_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}"}


def run(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "run"), *arguments]
    return subprocess.run(command, env=variables_with_uv() | variables, cwd="/", capture_output=True, text=True, check=False)


def test_setup_makes_the_environment_and_installs_the_command(checkout):
    answer = run(checkout, "setup")

    called = subprocess.run([checkout / ".venv/bin/lotline", "a b", "c"], capture_output=True, text=True, check=False)
    assert (answer.returncode, called.returncode, called.stdout) == (0, 3, "['a b', 'c'] None\n"), answer.stderr + called.stderr
    question = "from importlib.metadata import version; print(version('lotline'))"
    told = subprocess.run([checkout / ".venv/bin/python", "-c", question], capture_output=True, text=True, check=True)
    assert told.stdout == "7.1\n"


def test_setup_without_uv_uses_pip(checkout):
    answer = run(checkout, "setup", PATH="/usr/bin:/bin")

    assert (answer.returncode, is_ready(environment_of(checkout), "base")) == (0, True), answer.stderr
    assert (checkout / ".venv/bin/pip").exists()


def test_second_setup_touches_nothing(checkout):
    run(checkout, "setup")
    before = (checkout / ".venv/lotline-environment.json").stat().st_mtime_ns

    answer = run(checkout, "setup")

    assert answer.stderr == "lotline: ready: .venv/bin/lotline\n"
    assert (checkout / ".venv/lotline-environment.json").stat().st_mtime_ns == before


def test_setup_replaces_what_a_killed_run_left(checkout):
    run(checkout, "setup")
    half_made = checkout / ".venv/lib/half-made"
    half_made.write_text("")
    (checkout / ".venv/lotline-environment.json").write_text(json.dumps({"state": "installing"}))

    answer = run(checkout, "setup")

    assert (answer.returncode, half_made.exists()) == (0, False)
    assert is_ready(environment_of(checkout), "base")


def test_setup_replaces_an_environment_whose_python_is_gone(checkout):
    run(checkout, "setup")
    for name in ("python", "python3"):
        (checkout / ".venv/bin" / name).unlink()
        (checkout / ".venv/bin" / name).symlink_to("/nonexistent/python3")

    answer = run(checkout, "setup")

    assert answer.returncode == 0, answer.stderr
    assert is_ready(environment_of(checkout), "base")


def test_setup_installs_again_when_the_locked_list_changes(checkout):
    run(checkout, "setup")
    kept = checkout / ".venv/kept"
    kept.write_text("")
    (checkout / "requirements/base.txt").write_text("# another list\n")

    assert not is_ready(environment_of(checkout), "base")
    answer = run(checkout, "setup")

    assert (answer.returncode, kept.exists()) == (0, True), answer.stderr
    assert is_ready(environment_of(checkout), "base")


def test_setup_says_why_packages_cannot_be_installed(checkout):
    (checkout / "requirements/base.txt").write_text("no-hash-was-given==1\n")

    answer = run(checkout, "setup")

    assert answer.returncode == 1
    assert "stopped: the packages could not be installed" in answer.stderr
    assert not is_ready(environment_of(checkout), "base")


def test_environment_for_development_serves_ordinary_runs_too(checkout):
    run(checkout, "setup", "--dev")

    assert is_ready(environment_of(checkout), "base")
    assert is_ready(environment_of(checkout), "dev")


def test_two_setups_at_once_make_one_environment(checkout):
    command = [sys.executable, str(checkout / "run"), "setup"]
    both = [subprocess.Popen(command, env=variables_with_uv(), stderr=subprocess.PIPE, text=True) for _ in range(2)]

    said = [process.communicate()[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert sum("making a Python" in text for text in said) == 1


def test_run_alone_serves_the_demonstration_on_a_free_port(checkout, tmp_path):
    answer = run(checkout, LOTLINE_HOME=str(tmp_path / "home"), LOTLINE_PORT=(port := str(unused_port())))

    assert (answer.returncode, answer.stdout) == (3, f"['serve', '--demo'] {port}\n"), answer.stderr
    assert (tmp_path / "home").is_dir()


def test_run_refuses_a_port_that_was_asked_for_and_is_busy(checkout, tmp_path):
    run(checkout, "setup")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]

        answer = run(checkout, LOTLINE_HOME=str(tmp_path / "home"), LOTLINE_PORT=str(port))

    assert answer.returncode == 1
    assert f"stopped: port {port} is used by another program." in answer.stderr


def test_run_names_the_data_folder_that_it_cannot_make(checkout, tmp_path):
    run(checkout, "setup")
    (tmp_path / "a file").write_text("")

    answer = run(checkout, LOTLINE_HOME=str(tmp_path / "a file" / "home"))

    assert answer.returncode == 1
    assert "Set LOTLINE_HOME to a folder that you may write to." in answer.stderr


def test_free_port_takes_the_next_one_when_the_usual_is_busy(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        usual = busy.getsockname()[1]
        monkeypatch.setattr("tools.ports.USUAL_PORT", usual)

        port = free_port()

    assert usual < port < usual + 20
    assert f"port {usual} is used by another program" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["0", "65536", "-1", "eighty"])
def test_free_port_refuses_what_is_no_port(asked):
    with pytest.raises(Failed, match="which is not a port"):
        free_port(asked)


def test_environment_of_read_only_checkout_is_in_the_cache(checkout, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda path, mode: path != checkout)  # root may write anywhere, so no real folder would do

    assert environment_of(checkout).folder.parent == tmp_path / "cache/lotline"


def test_run_can_be_read_by_an_old_python():
    ast.parse((ROOT / "run").read_text(encoding="utf-8"), feature_version=(3, 5))


def test_run_under_an_old_python_says_what_it_needs(tmp_path):
    script = (
        "import runpy, shutil, sys\n"
        "sys.version_info = (3, 9, 2)\n"
        "shutil.which = lambda name: None\n"
        f"sys.argv = [{str(ROOT / 'run')!r}]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert answer.stderr.startswith("Lotline needs Python 3.11 or newer; this one is 3.9")


def test_help_has_a_line_for_every_verb(checkout):
    answer = run(checkout, "help")

    listed = [line.split()[0] for line in answer.stdout.splitlines() if line.startswith("  ")]
    assert (answer.returncode, listed) == (0, list(verbs.VERBS))


def test_unknown_verb_is_refused_with_those_there_are(checkout):
    answer = run(checkout, "sevre")

    assert answer.returncode == 2
    assert "no verb 'sevre'. There are: serve, setup, test" in answer.stderr


def test_locks_agree_in_every_version():
    pins = {
        name: {line.split(" \\")[0] for line in (ROOT / f"requirements/{name}.txt").read_text().splitlines() if "==" in line}
        for name in ("base", "dev")
    }

    assert len(pins["base"]) > 10
    assert pins["base"] - pins["dev"] == set()


def test_locks_name_no_address():
    for file in sorted((ROOT / "requirements").iterdir()):
        assert "://" not in file.read_text(encoding="utf-8"), file.name


def test_lock_digest_differs_between_lists():
    assert lock_digest(ROOT, "base") != lock_digest(ROOT, "dev")


def test_missing_packages_names_what_this_machine_lacks(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(debian, "debian_programs", lambda: None)

    assert {"chromium", "postgresql"} <= set(debian.missing_packages())
