"""Serving pages and API: granian with WSGI workers, and static files by WhiteNoise. No other program is needed.

Never over ASGI: there every request would open its own database connection (docs/adr, and measured at five times the CPU).
"""

from __future__ import annotations

import logging
import os
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

    # It is meant: most of the threads wait, for the disk or for their turn to write.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in str(record.msg))
    connections.close_all()  # workers are forked: none may inherit an open connection
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
