"""Looking for the beginning of a code, in words that an index of either engine answers."""

from __future__ import annotations

from django.db import connections
from django.db.models import Q

LAST_CHARACTER = "\U0010ffff"


def begins(field: str, text: str) -> Q:
    """``field`` begins with ``text``, as typed or in capitals, in words that use the index.

    On SQLite LIKE compares without case and so cannot use an index of ours; a range can. On PostgreSQL it is the other way round
    where the database's collation is not C.
    """
    either = Q()
    for start in {text, text.upper()}:
        if connections["default"].vendor == "sqlite":
            either |= Q(**{f"{field}__gte": start, f"{field}__lt": start + LAST_CHARACTER})
        else:
            either |= Q(**{f"{field}__startswith": start})
    return either
