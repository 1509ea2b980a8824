"""What master data a piece of work makes, for whoever has to judge it: not what else appears meanwhile, such as items that another plant made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_noted: ContextVar[list[str] | None] = ContextVar("master data that was made", default=None)


@contextmanager
def noting_made() -> Iterator[list[str]]:
    """The codes of all items and places that this thread makes in the block, in their order; also of those that are taken back with it."""
    codes: list[str] = []
    before = _noted.set(codes)
    try:
        yield codes
    finally:
        _noted.reset(before)


def note_made(code: str) -> None:
    """Tell who listens that an item or a place was made; called by the actions that make them."""
    codes = _noted.get()
    if codes is not None:
        codes.append(code)
