"""The codes that somebody looked at last, in a signed cookie: reading must not wait for the one writer of an embedded database."""

from __future__ import annotations

import time
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "lotline_recent"
KEPT = 8
SALT = "lotline.web.recent"
YEAR = 365 * 24 * 3600


def read_recent(request: HttpRequest, user: UUID, plant: UUID) -> list[tuple[str, int]]:
    """(code, seconds since the epoch), newest first; nothing of another person or plant on the same device."""
    try:
        owner, place, rows = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return []
    if (owner, place) != (user.hex, plant.hex):
        return []
    return [(str(code), int(at)) for code, at in rows]


def note_recent(request: HttpRequest, response: HttpResponse, user: UUID, plant: UUID, code: str) -> None:
    """Put ``code`` first."""
    others = [row for row in read_recent(request, user, plant) if row[0] != code]
    rows = [(code, int(time.time())), *others][:KEPT]
    value = signing.dumps((user.hex, plant.hex, rows), salt=SALT, compress=True)
    response.set_cookie(COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
