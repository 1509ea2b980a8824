"""How `./run` speaks: one short line per step, and failures that name the cause and the next step."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failed(Exception):
    """A step could not be done. ``reason`` says what happened, ``advice`` what to do next."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def say(text: str) -> None:
    """One line for the person who started ./run, in order with what other programs print."""
    print(f"lotline: {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done and, if it took a noticeable time, how long."""
    say(f"{text} …")
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took >= 1:
        say(f"  done in {took:.0f} s")
