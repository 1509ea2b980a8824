"""An installation with the demonstration, made once; each page gets a copy to try its commands on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = Path(sys.executable).parent.parent
LOAD = """
import datetime, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from lotline.doors.exchange.demo import load_pouch_plant
load_pouch_plant(today=datetime.date(2026, 11, 24))
"""
# What the pages use of curl, by the standard library: answers are printed, errors end the script.
CURL = """#!{python}
import argparse, sys, urllib.request, urllib.error
parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("-s", action="store_true")
parser.add_argument("-H", action="append", default=[])
parser.add_argument("-d")
asked = parser.parse_args()
headers = dict(line.split(": ", 1) for line in asked.H)
request = urllib.request.Request(asked.url, asked.d and asked.d.encode(), headers)
try:
    sys.stdout.buffer.write(urllib.request.urlopen(request, timeout=30).read())
except urllib.error.HTTPError as error:
    sys.exit(f"{{asked.url}}: {{error}} {{error.read().decode()}}")
print()
"""


class Installation:
    """A data folder, and a folder beside it in which a reader would type."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = folder / "desk"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOTLINE_")}
        self.environment = kept | {
            "LOTLINE_HOME": str(folder / "home"),
            "LOTLINE_LANG": "en",
            "DJANGO_SETTINGS_MODULE": "lotline.project.settings",
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        }

    def make(self) -> None:
        subprocess.run([sys.executable, "-c", LOAD], env=self.environment, check=True)
        self.desk.mkdir()
        (self.desk / ".venv").symlink_to(ENVIRONMENT)
        program = self.folder / "bin" / "curl"
        program.parent.mkdir()
        program.write_text(CURL.format(python=sys.executable))
        program.chmod(0o755)

    def copy(self, folder: Path) -> Installation:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Installation(folder)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """What ``script`` answers in the shell of a reader; it ends at the first command that fails."""
        command = ["sh", "-e", "-u", "-c", script]
        return subprocess.run(command, env=self.environment, cwd=self.desk, capture_output=True, text=True, timeout=300, check=False)

    def json(self, *arguments: str) -> Any:
        done = subprocess.run(
            [ENVIRONMENT / "bin/lotline", *arguments, "--json"], env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    @contextmanager
    def served(self) -> Iterator[int]:
        """The port of a server that runs while the block does."""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [str(ENVIRONMENT / "bin/lotline"), "serve", "--port", str(port), "--workers", "1"]
        server = subprocess.Popen(command, env=self.environment, cwd=self.desk, start_new_session=True, stdout=subprocess.DEVNULL)
        try:
            ends = time.monotonic() + 60
            while not answers(port):
                assert server.poll() is None, "the server ended"
                assert time.monotonic() < ends, "the server does not answer"
                time.sleep(0.1)
            yield port
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demonstration as the guides know it; not to be changed."""
    installation = Installation(tmp_path_factory.mktemp("demonstration"))
    installation.make()
    return installation


@pytest.fixture
def installation(demonstration: Installation, tmp_path: Path) -> Installation:
    """A copy that a test may change."""
    return demonstration.copy(tmp_path / "installation")
