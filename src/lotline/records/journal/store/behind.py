"""Storing one batch while the next is checked: the database and Python each have a processor to themselves.

A connection serves one thread at a time. So whoever runs ahead asks it nothing while a batch is being stored, or settles first.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

from lotline.records.journal.store.save import Order


class Behind:
    """Carries out orders in a thread of their own, one list of them at a time and in the order in which they came."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    def start(self, orders: Sequence[Order]) -> None:
        """Begin with ``orders``, once what was begun before is done. Raises what went wrong with that."""
        self.settle()
        self._thread = Thread(target=self._carry_out, args=(orders,), name="journal-store")
        self._thread.start()

    def settle(self) -> None:
        """Wait until the connection is free. Raises what went wrong; the transaction can then only be given up."""
        self.rest()
        if self._error is not None:
            raise self._error

    def rest(self) -> None:
        """Wait until the connection is free, whatever became of the orders: for whoever gives the transaction up."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _carry_out(self, orders: Sequence[Order]) -> None:
        try:
            for order in orders:
                order()
        except BaseException as error:
            self._error = error
