"""Serving pages and API: granian with WSGI workers, and static files by WhiteNoise. No other program is needed.

Never over ASGI: there every request would open its own database connection (docs/adr, and measured at five times the CPU).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Any

# A request that waits for the database or streams a large trace holds one of these. Facts that arrive together are written together,
# so more of them under way mean fewer transactions, not only longer queues.
THREADS_A_WORKER = 16
# How long requests under way may take to finish after Ctrl-C, in seconds.
GRACE = 10
SUPERVISOR = "LOTLINE_SUPERVISOR"


def serve_pages(*, host: str, port: int, workers: int) -> None:
    """Serve until interrupted. The port was found free by the caller; connections of this process are closed first."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    logging.getLogger("_granian").addFilter(is_news)
    connections.close_all()  # workers are forked: none may inherit an open connection
    let_workers_be_stopped_from_birth()
    os.environ[SUPERVISOR] = str(os.getpid())
    Granian(
        "lotline.project.server:worker_application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS_A_WORKER,
        websockets=False,
        log_level=LogLevels.warning,
        factory=True,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
    ).serve()


def is_news(record: logging.LogRecord) -> bool:
    """Whether what the server says is worth a line on the terminal. Meant so: most threads wait, for the disk or for their turn to
    write; and a request that takes longer than ``GRACE`` is given up when the server stops.
    """
    text = str(record.msg)
    return "Python threads" not in text and "refused to gracefully stop" not in text


def let_workers_be_stopped_from_birth() -> None:
    """A worker that is told to end ends at once while it still loads, and lets requests under way finish after that.

    It is forked with the supervisor's handlers, which would only note the signal, and the supervisor would wait ``GRACE`` for
    nothing. So signals wait while a process forks; the child puts the usual meaning in place before it hears them, until the server
    sets handlers of its own. Ctrl-C reaches all processes of a terminal at once. There the supervisor decides, and workers never hear
    it: the server's handler can not bear a second signal while it is at work on the first.
    """
    told = {signal.SIGINT, signal.SIGTERM}

    def begin() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, told),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, told),
        after_in_child=begin,
    )


def worker_application() -> Any:
    """The application of one worker, which ends when its supervisor has been killed, so that the port comes free."""
    from lotline.project.wsgi import application

    threading.Thread(target=end_with, args=[int(os.environ[SUPERVISOR])], name="supervisor-watch", daemon=True).start()
    return application


def end_with(supervisor: int) -> None:
    """End this process soon after ``supervisor`` is no longer its parent. What was acknowledged is on disk already."""
    while os.getppid() == supervisor:
        time.sleep(0.5)
    os._exit(0)
