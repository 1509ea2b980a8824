"""Writing accounts, roles and tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from lotline.records.people.choices import Role, Scope
from lotline.records.people.models import Membership, Token, User
from lotline.records.places.models import Plant

# Recognised by people and by secret scanners; 32 random bytes follow.
TOKEN_PREFIX = "lot_"  # noqa: S105 -- the public prefix, not a secret


def create_user(*, username: str, password: str, name: str = "", language: str = "") -> User:
    """An account without any role. Django's validators are the door's business; the password is stored hashed."""
    return User.objects.create_user(username=username, password=password, name=name, language=language)


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


def token_digest(secret: str) -> str:
    """What is stored of a token. A plain hash is enough: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
