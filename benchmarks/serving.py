"""A real server for the benches: the product's own, in a process of its own, on a free port."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

START = (
    "import sys, django; django.setup();"
    "from lotline.project.server import serve_pages; serve_pages(host='127.0.0.1', port=int(sys.argv[1]), workers=int(sys.argv[2]))"
)
STARTED_WITHIN = 60


@contextmanager
def running_server(workers: int | None = None) -> Iterator[int]:
    """The port of a server over the bench's database; ``workers`` as ``lotline serve`` would choose them."""
    connections.close_all()
    port = unused_port()
    command = [sys.executable, "-c", START, str(port), str(workers or min(os.cpu_count() or 1, 4))]
    process = subprocess.Popen(command, env=dict(os.environ), start_new_session=True)
    try:
        _await(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def unused_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while True:
        try:
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asking.request("GET", "/sign-in")
            asking.getresponse().read()
            asking.close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.1)
        else:
            return
