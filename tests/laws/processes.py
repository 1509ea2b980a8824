"""Real processes that write at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def start(environment: Mapping[str, str], plant: str, job: Mapping[str, Any]) -> subprocess.Popen[str]:
    """A writer that is ready and waits for its starting line."""
    command = [sys.executable, "-m", "tests.laws.worker", plant, json.dumps(job)]
    writer = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert json.loads(writer.stdout.readline()) == {"ready": True}
    return writer


def go(writers: Sequence[subprocess.Popen[str]]) -> None:
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()


def answers(writer: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Everything a writer was told, until it ended."""
    output, _ = writer.communicate(timeout=90)
    assert writer.returncode == 0
    return [json.loads(line) for line in output.splitlines()]


def run_together(environment: Mapping[str, str], plant: str, jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All answers of one process a job, started together."""
    writers = [start(environment, plant, job) for job in jobs]
    go(writers)
    return [answer for writer in writers for answer in answers(writer)]


def accepted(said: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [answer for answer in said if "seq" in answer]
