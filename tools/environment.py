"""The Python environment: made once, from the hash-locked lists in requirements/, and then left alone.

A small file inside the environment says what was installed. It is written before the first byte is installed ("installing") and
again when all is done ("ready"), so a run that was killed half-way is recognised and its remains are replaced.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.progress import Failed, say, step

ROOT = Path(__file__).resolve().parent.parent
RECIPE = "2"  # raise when the way an environment is made changes, so that existing ones are completed again
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
# A package without a wheel would be built from source, with build tools that no lock names.
LOCKED = ("--require-hashes", "--only-binary", ":all:")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment in ``folder`` for the checkout ``root``."""

    root: Path
    folder: Path

    def program(self, name: str) -> Path:
        """The path of an installed command."""
        return self.folder / "bin" / name

    @property
    def note(self) -> Path:
        """The file that says what was installed."""
        return self.folder / "lotline-environment.json"


def environment_of(root: Path = ROOT) -> Environment:
    """``.venv`` beside ``run``; for a read-only checkout, a folder in the user's cache that belongs to this checkout's path."""
    beside = root / ".venv"
    if beside.exists() or os.access(root, os.W_OK):
        return Environment(root=root, folder=beside)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    return Environment(root=root, folder=cache / "lotline" / name)


def prepare(environment: Environment, lock: str = "base") -> None:
    """Make sure that everything in ``requirements/{lock}.txt`` and Lotline itself is installed. Does nothing if it is.

    Raises ``Failed`` with the reason and the next step.
    """
    if is_ready(environment, lock):
        return
    with only_one_at_a_time(environment.root):
        if is_ready(environment, lock):
            return
        before = read_note(environment)
        if not is_usable(environment, before):
            create(environment)
        write_note(environment, {"state": "installing"})
        install_locked(environment, lock)
        install_lotline(environment)
        locks = {lock: lock_digest(environment.root, lock)}
        if lock == "dev":  # the development list contains the other one, version for version
            locks["base"] = lock_digest(environment.root, "base")
        write_note(environment, {"state": "ready", "locks": locks})


def is_ready(environment: Environment, lock: str) -> bool:
    """Whether an earlier run installed exactly this list, and its Python still answers."""
    note = read_note(environment)
    wanted = lock_digest(environment.root, lock)
    if note.get("state") != "ready" or note.get("locks", {}).get(lock) != wanted:
        return False
    return environment.program("lotline").exists() and python_answers(environment)


def lock_digest(root: Path, lock: str) -> str:
    """Changes when the locked list, Lotline's version or commands, the place of the checkout or the recipe changes."""
    project = project_table(root)
    parts = [RECIPE, str(root), project["name"], project["version"], project["scripts"]]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    digest.update((root / "requirements" / f"{lock}.txt").read_bytes())
    return digest.hexdigest()


def project_table(root: Path) -> dict[str, Any]:
    """``[project]`` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def read_note(environment: Environment) -> dict[str, Any]:
    """What was installed; empty when nothing is known."""
    try:
        note = json.loads(environment.note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def write_note(environment: Environment, note: dict[str, Any]) -> None:
    """Replace the note in one step: a reader sees the old one or the new one."""
    draft = environment.note.with_suffix(".new")
    draft.write_text(json.dumps(note, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(environment.note)


def is_usable(environment: Environment, note: dict[str, Any]) -> bool:
    """Whether packages can be installed on top of what is there: nobody was killed while making it and its Python answers."""
    return note.get("state") != "installing" and python_answers(environment)


def python_answers(environment: Environment) -> bool:
    """Whether the environment's interpreter starts and is of the version that its packages were installed for.

    It does not after the system's Python was upgraded or removed.
    """
    question = "import sys; print('python%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [environment.program("python"), "-I", "-S", "-c", question], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return (environment.folder / "lib" / answer.stdout.strip() / "site-packages").is_dir()


def create(environment: Environment) -> None:
    """An empty environment, in place of whatever is there."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    with step(f"making a Python {version} environment in {shown(environment)}"):
        try:
            # Renamed first: a half-removed environment must never be taken for a whole one.
            remains = environment.folder.with_name(environment.folder.name + "-old")
            shutil.rmtree(remains, ignore_errors=True)
            if environment.folder.exists():
                environment.folder.rename(remains)
                shutil.rmtree(remains)
            environment.folder.mkdir(parents=True)
        except OSError as error:
            raise Failed(
                f"cannot make {environment.folder}: {error.strerror}.",
                "Make that folder writable, or copy the checkout to a folder of your own and start ./run there.",
            ) from error
        write_note(environment, {"state": "installing"})
        bare = [] if needs_own_pip() else ["--without-pip"]
        made = subprocess.run(
            [sys.executable, "-m", "venv", *bare, environment.folder], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if made.returncode:
            raise Failed(
                (made.stderr or made.stdout).strip() or "python3 -m venv failed.",
                "On Debian and Ubuntu the package python3-venv brings what is missing.",
            )


def needs_own_pip() -> bool:
    """Whether pip has to be put into the environment: not with uv, nor where only the system's own pip exists (Debian without python3-venv)."""
    if shutil.which("uv"):
        return False
    return importlib.util.find_spec("ensurepip") is not None or importlib.util.find_spec("pip") is None


def install_locked(environment: Environment, lock: str) -> None:
    """Install the locked list, each file checked against its hash."""
    listed = environment.root / "requirements" / f"{lock}.txt"
    count = sum(1 for line in listed.read_text(encoding="utf-8").splitlines() if "==" in line and not line.startswith((" ", "#")))
    with step(f"installing {count} locked packages"):
        uv = shutil.which("uv")
        if uv and install_with([uv, "pip", "install", "--quiet", "--python", environment.program("python")], listed):
            return
        if uv:  # it knows neither pip's configuration nor every company's certificates
            say("  uv could not; trying pip")
        if not install_with(pip_of(environment), listed):
            raise Failed(
                "the packages could not be installed; the reason is above.",
                "Is the network there? Behind a proxy or a mirror, set what pip needs (HTTPS_PROXY, PIP_INDEX_URL) and start ./run again.",
            )


def install_with(command: list[str | Path], listed: Path) -> bool:
    """Whether ``command`` could install everything listed. Its own words go to the terminal."""
    variables = {"UV_SYSTEM_CERTS": "1", **os.environ}
    done = subprocess.run([*command, *LOCKED, "-r", listed], check=False, stdin=subprocess.DEVNULL, cwd=listed.parent, env=variables)
    return done.returncode == 0


def pip_of(environment: Environment) -> list[str | Path]:
    """The environment's pip, put there if it is not; on a system that keeps pip out of environments, the system's own."""
    python = environment.program("python")
    if not environment.program("pip").exists() and importlib.util.find_spec("ensurepip"):
        subprocess.run([python, "-m", "ensurepip", "--default-pip"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if environment.program("pip").exists():
        return [python, *PIP, "install"]
    return [sys.executable, "-m", "pip", "--python", python, *PIP[2:], "install"]


def install_lotline(environment: Environment) -> None:
    """Put Lotline itself into the environment: its source folder on the path, its commands into bin/.

    These are the files that an editable install would write. A build back-end is not asked to write them: it would have to be
    downloaded too, and it wants to write into the checkout, which may be read-only.
    """
    project = project_table(environment.root)
    packages = next((environment.folder / "lib").glob("python3*/site-packages"))
    for old in packages.glob(f"{project['name']}-*.dist-info"):
        shutil.rmtree(old)
    (packages / f"{project['name']}.pth").write_text(f"{environment.root / 'src'}\n", encoding="utf-8")
    for name, target in project["scripts"].items():
        write_command(environment, name, target)
    about = packages / f"{project['name']}-{project['version']}.dist-info"
    about.mkdir()
    scripts = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
    contents = {
        "METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        "INSTALLER": "run\n",
        "entry_points.txt": f"[console_scripts]\n{scripts}",
    }
    for name, text in contents.items():
        (about / name).write_text(text, encoding="utf-8")
    owned = [f"{about.name}/{name}" for name in contents] + [f"{project['name']}.pth", f"{about.name}/RECORD"]
    owned += [f"../../../bin/{name}" for name in project["scripts"]]
    (about / "RECORD").write_text("".join(f"{path},,\n" for path in owned), encoding="utf-8")


def write_command(environment: Environment, name: str, target: str) -> None:
    """A command in bin/. The shell finds the interpreter, since a ``#!`` line allows neither blanks nor long paths."""
    module, function = target.split(":")
    text = (
        "#!/bin/sh\n"
        f'\'\'\'exec\' "{environment.program("python")}" "$0" "$@"\n'
        "' '''\n"
        "import signal\n"
        "import sys\n"
        "usual = signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C before anything has begun needs no traceback\n"
        f"from {module} import {function}\n"
        "signal.signal(signal.SIGINT, usual)\n"
        f"sys.exit({function}())\n"
    )
    file = environment.program(name)
    draft = file.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o755)
    draft.replace(file)


@contextmanager
def only_one_at_a_time(root: Path) -> Iterator[None]:
    """Two runs at once must not build one environment. The lock is on the folder itself and vanishes with its holder."""
    handle = os.open(root, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks; then the user must not start two at once
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with step("waiting for another run that prepares this folder"):
                    fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def shown(environment: Environment) -> str:
    """The folder as a person would name it."""
    with suppress(ValueError):
        return str(environment.folder.relative_to(environment.root))
    return str(environment.folder)
