"""Writing accounts, roles and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from lotline.records.people.choices import Role, Scope
from lotline.records.people.models import Membership, Token, User
from lotline.records.people.queries import token_digest
from lotline.records.places.models import Plant

# Recognised by people and by secret scanners; 32 random bytes follow.
TOKEN_PREFIX = "lot_"  # noqa: S105 -- the public prefix, not a secret


def create_user(*, username: str, password: str, name: str = "", language: str = "") -> User:
    """An account without any role. Django's validators are the door's business; the password is stored hashed."""
    return User.objects.create_user(username=username, password=password, name=name, language=language)


def choose_language(*, user: User, language: str) -> None:
    """What a person reads, on every device; "" = what their browser asks for."""
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])


@transaction.atomic
def grant_role(*, user: User, plant: Plant, role: Role) -> Membership:
    """Give ``user`` a role in ``plant``; granting it again changes nothing."""
    present = Membership.objects.for_plant(plant).filter(user_id=user.pk, role=role).first()
    return present or Membership.objects.create(plant=plant, user_id=user.pk, role=role)


def issue_token(*, user: User, plant: Plant, name: str, scopes: Iterable[Scope], expires_at: datetime | None = None) -> tuple[Token, str]:
    """A new token and its secret. The secret is shown once: only its digest is stored."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        plant=plant,
        user_id=user.pk,
        name=name,
        digest=token_digest(secret),
        scopes=sorted(scope.value for scope in scopes),
        expires_at=expires_at,
    )
    return token, secret


def note_token_use(*, plant: Plant, token_id: UUID) -> None:
    """That the token was used now. Doors call it at most once an hour for a token; where the database is busy, it is left out."""
    with suppress(OperationalError):
        Token.objects.for_plant(plant).filter(pk=token_id).update(last_used_at=timezone.now())


def revoke_token(token: Token) -> None:
    """From now on the token opens nothing. Doors may remember a token for at most a second."""
    Token.objects.for_plant(token.plant).filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
