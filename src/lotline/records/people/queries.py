"""Who may do what, where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections
from django.utils import timezone

from lotline.records.people.choices import RIGHTS_OF_ROLE, Right, Role
from lotline.records.people.models import Membership, User
from lotline.records.places.keys import as_uuid
from lotline.records.places.models import Plant


def rights_of(*, user_id: UUID, plant: Plant) -> frozenset[Right]:
    """Everything this account may do in ``plant``; nothing for an account that is switched off."""
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        return frozenset()
    return _rights(Membership.objects.for_plant(plant).filter(user_id=user_id).values_list("role", flat=True))


def plants_of(user_id: UUID) -> list[Plant]:
    """The plants in which this account has a role, by code."""
    ids = Membership.objects.group_wide().filter(user_id=user_id).values_list("plant_id", flat=True)
    return list(Plant.objects.filter(pk__in=set(ids)).order_by("code"))


class PlantChoice(NamedTuple):
    """Where somebody is at work: ``plant`` is one of ``plants``, which are all in which they have a role."""

    plant: Plant
    plants: tuple[Plant, ...]


# Where a session keeps the plant that somebody chose, by its code.
SESSION_PLANT = "plant"


def choose_plant(*, user_id: UUID, chosen: object = None) -> PlantChoice | None:
    """The plant that this account chose (by code or id), or its first one by code; None for an account without a role anywhere.

    A choice that is not theirs, because it never was or their role there has ended, counts as none.
    """
    plants = tuple(plants_of(user_id))
    if not plants:
        return None
    wanted = str(chosen) if chosen else ""
    return PlantChoice(next((plant for plant in plants if wanted in (plant.code, str(plant.pk))), plants[0]), plants)


class TokenHolder(NamedTuple):
    """Who a token speaks for: its rights are its scopes within its owner's rights in its plant."""

    token_id: UUID
    user_id: UUID
    username: str
    plant: Plant
    rights: frozenset[Right]
    expires_at: datetime | None
    used_at: datetime | None


_HOLDER = (
    "SELECT t.id, t.user_id, u.username, t.scopes, t.expires_at, m.role, p.id, p.code, p.name, p.time_zone, p.language, t.last_used_at"
    " FROM people_token t JOIN people_user u ON u.id = t.user_id JOIN places_plant p ON p.id = t.plant_id"
    " LEFT JOIN people_membership m ON m.plant_id = t.plant_id AND m.user_id = t.user_id"
    " WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active"
)


def authenticate_token(secret: str) -> TokenHolder | None:
    """Whom ``secret`` speaks for, in one query; None for a token that is unknown, revoked, expired or whose owner is switched off."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_HOLDER, [token_digest(secret)])
        rows = cursor.fetchall()
    if not rows:
        return None
    token_id, user_id, username, scopes, expires_at, _role, plant_id, code, name, zone, language, used_at = rows[0]
    expires = _moment(expires_at)
    if expires is not None and expires <= timezone.now():
        return None
    granted = set(json.loads(scopes) if isinstance(scopes, str) else scopes)
    rights = frozenset(right for right in _rights(row[5] for row in rows if row[5]) if right.value in granted)
    plant = Plant(id=as_uuid(plant_id), code=code, name=name, time_zone=zone, language=language)
    return TokenHolder(as_uuid(token_id), as_uuid(user_id), username, plant, rights, expires, _moment(used_at))


def token_digest(secret: str) -> str:
    """What is stored of a token. A plain hash is enough: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _rights(roles: Iterable[str]) -> frozenset[Right]:
    return frozenset().union(*(RIGHTS_OF_ROLE[Role(role)] for role in roles))


def _moment(value: datetime | str | None) -> datetime | None:
    """A moment as raw SQL returned it: SQLite keeps UTC without a zone."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo is not None else timezone.make_aware(moment, timezone.get_default_timezone())
