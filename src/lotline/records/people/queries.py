"""Who may do what, where."""

from __future__ import annotations

from uuid import UUID

from lotline.records.people.choices import RIGHTS_OF_ROLE, Right, Role
from lotline.records.people.models import Membership, User
from lotline.records.places.models import Plant


def rights_of(*, user_id: UUID, plant: Plant) -> frozenset[Right]:
    """Everything this account may do in ``plant``; nothing for an account that is switched off."""
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        return frozenset()
    roles = Membership.objects.for_plant(plant).filter(user_id=user_id).values_list("role", flat=True)
    return frozenset().union(*(RIGHTS_OF_ROLE[Role(role)] for role in roles))


def plants_of(user_id: UUID) -> list[Plant]:
    """The plants in which this account has a role, by code."""
    ids = Membership.objects.group_wide().filter(user_id=user_id).values_list("plant_id", flat=True)
    return list(Plant.objects.filter(pk__in=set(ids)).order_by("code"))
