"""Who asks: a personal token, or the session of somebody who is signed in to the pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from lotline.doors.api.problems import Stopped
from lotline.records.people.actions import TOKEN_PREFIX, note_token_use
from lotline.records.people.choices import Right
from lotline.records.people.queries import SESSION_PLANT, TokenHolder, authenticate_token, choose_plant, rights_of
from lotline.records.places.models import Plant

# How long a process may remember who a token speaks for. A revoked token, a lost role and a closed account are seen after that.
REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 4096
# People want to know whether a token is still in use; to the hour is enough, and using one must not cost a write.
NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which plant, and what they may do there."""

    plant: Plant
    actor: UUID
    rights: frozenset[Right]

    def need(self, right: Right) -> None:
        """Raises ``Stopped`` (403) where the caller lacks ``right``."""
        if right not in self.rights:
            raise Stopped(403, "right_missing", {"right": right.value})


class _Known(NamedTuple):
    holder: TokenHolder
    caller: Caller
    until: float


_known: dict[str, _Known] = {}


def caller_of_token(secret: str) -> Caller | None:
    """Whom a token speaks for. Looked up at most once a second and process; what is not valid is never remembered."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    now = time.monotonic()
    known = _known.get(secret)
    if known is None or known.until <= now:
        _known.pop(secret, None)
        holder = authenticate_token(secret)
        if holder is None:
            return None
        if holder.used_at is None or timezone.now() - holder.used_at > NOTED_EVERY:
            note_token_use(plant=holder.plant, token_id=holder.token_id)
        if len(_known) >= MOST_REMEMBERED:
            _known.clear()
        known = _Known(holder, Caller(holder.plant, holder.user_id, holder.rights), now + REMEMBERED_SECONDS)
        _known[secret] = known
    expires = known.holder.expires_at
    return known.caller if expires is None or expires > timezone.now() else None


def forget_tokens() -> None:
    """Ask the database again for every token: for tests, whose databases are emptied."""
    _known.clear()


def bearer_secret(request: HttpRequest) -> str | None:
    """The token of the ``Authorization`` header, if it has one."""
    scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


class Token(HttpBearer):
    """``Authorization: Bearer lot_…``."""

    def __call__(self, request: HttpRequest) -> Caller | None:
        secret = bearer_secret(request)
        return self.authenticate(request, secret) if secret else None

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        return caller_of_token(token)


class Session(APIKeyCookie):
    """The cookie of the pages. Requests that change something also need the CSRF token, as the pages do."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        # Without a cookie nobody is signed in: 401, not a failed CSRF check.
        if self.param_name not in request.COOKIES or not hasattr(request, "user"):
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        user = request.user
        if not user.is_authenticated:
            return None
        if user.must_change_password:
            raise Stopped(403, "password_to_change")
        choice = choose_plant(user_id=user.pk, chosen=request.session.get(SESSION_PLANT))
        if choice is None:
            raise Stopped(403, "no_plant")
        return Caller(choice.plant, user.pk, rights_of(user_id=user.pk, plant=choice.plant))


def caller(request: HttpRequest, right: Right = Right.READ) -> Caller:
    """Who asks; raises ``Stopped`` (403) where they lack ``right``."""
    found: Caller = request.auth  # type: ignore[attr-defined]
    found.need(right)
    return found
