"""Waiting to write. SQLite has one writer at a time, and asks again after 1, 2, 5, … 100 ms whether it is gone.

Transactions here take a few milliseconds, so with that patience the file lay idle for most of the time in which several processes
wanted to write, and an unlucky one waited for a quarter of a second. Asking every half millisecond costs next to nothing.
"""

from __future__ import annotations

import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base

ASK_AGAIN_SECONDS = 0.0005


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but for the beginning of a transaction."""

    def _start_transaction_under_autocommit(self) -> None:
        """BEGIN IMMEDIATE, within the time limit of the settings. Raises ``OperationalError`` ("database is locked") after it."""
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        until = time.monotonic() + patience
        self.connection.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
                except OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() >= until:
                        raise
                    time.sleep(ASK_AGAIN_SECONDS)
                else:
                    return
        finally:
            self.connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
