"""Pages of long lists: a cursor names the last row that was seen, so that nothing is skipped or doubled while others write."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from lotline.doors.api.problems import Stopped

MOST = 1000
USUAL = 100
_Cursor = Annotated[str, Field(max_length=600, pattern=r"^[A-Za-z0-9_-]*$")]


class PageAsked(Schema):
    """Which part of a list."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="Rows of this page")
    cursor: _Cursor = Field("", description="`next` of the page before; empty for the first")


def encode_cursor(values: Sequence[Any]) -> str:
    """Values of the last row as one word for an address."""
    text = json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, *kinds: type) -> list[Any] | None:
    """The values behind a cursor, None without one. Raises ``Stopped`` (422) for one that does not come from this kind of list."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        fits = isinstance(values, list) and [type(value) for value in values] == list(kinds)
    except (ValueError, RecursionError):
        fits = False
    if not fits or any("\0" in value for value in values if isinstance(value, str)):
        raise Stopped(422, "cursor_unknown")
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise Stopped(422, "cursor_unknown")
    return list(values)
