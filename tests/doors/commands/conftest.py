"""Commands as a person runs them: the real program, in a process of its own, on the test's database."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

LOTLINE = Path(sys.executable).with_name("lotline")

LOTS = """lot,item,kind,qty,uom,created_at,partner
R1,FLOUR,raw,100,kg,2026-01-01T00:00:00Z,MILL
R2,WATER,raw,50,kg,2026-01-01T00:00:00Z,SPRING
W1,DOUGH,wip,150,kg,2026-01-02T00:00:00Z,
U1,BREAD,unit,1,pcs,2026-01-03T00:00:00Z,
S1,SHIP,ship,1,pcs,2026-01-04T00:00:00Z,SHOP
"""
EVENTS = """event_id,type,at
E1,process,2026-01-02T00:00:00Z
E2,serialize,2026-01-03T00:00:00Z
E3,ship,2026-01-04T00:00:00Z
"""
LINKS = """parent,child,qty,event_id,at
R1,W1,100,E1,2026-01-02T00:00:00Z
R2,W1,50,E1,2026-01-02T00:00:00Z
W1,U1,150,E2,2026-01-03T00:00:00Z
U1,S1,1,E3,2026-01-04T00:00:00Z
"""


@pytest.fixture
def genealogy_folder(tmp_path):
    folder = tmp_path / "genealogy"
    folder.mkdir()
    for name, text in (("lots.csv", LOTS), ("events.csv", EVENTS), ("links.csv", LINKS)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class Terminal:
    """Runs ``lotline`` with an environment of its own."""

    def __init__(self, environment):
        self.environment = {**environment, "LOTLINE_LANG": "en"}

    def run(self, *arguments, said="", **variables):
        """``said``: what comes in by standard input, which is no terminal."""
        environment = {**self.environment, **variables}
        command = [str(LOTLINE), *map(str, arguments)]
        return subprocess.run(command, env=environment, input=said, capture_output=True, text=True, timeout=120, check=False)

    def json(self, *arguments, code=0):
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def run_limited(self, *arguments, file_bytes):
        """As ``run``, where no file may grow beyond ``file_bytes``."""

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        command = [str(LOTLINE), *map(str, arguments)]
        return subprocess.run(command, env=self.environment, preexec_fn=limit, capture_output=True, text=True, timeout=120, check=False)

    def start(self, *arguments, **variables):
        """A process that goes on; whoever starts it ends it."""
        environment = {**self.environment, **variables}
        command = [str(LOTLINE), *map(str, arguments)]
        return subprocess.Popen(
            command, env=environment, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


@pytest.fixture
def terminal(process_environment):
    """On the test's database, which has its tables and nothing in them."""
    return Terminal(process_environment)


@pytest.fixture
def fresh_terminal(tmp_path):
    """On an embedded database that does not exist yet, in a folder that does not exist yet."""
    environment = {**os.environ, "LOTLINE_HOME": str(tmp_path / "fresh" / "home")}
    environment.pop("LOTLINE_DATABASE_URL", None)
    return Terminal(environment)
