"""Who may make items, places and partners by importing: the same people who may make them elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lotline.doors.web.ports import NotTaken
from lotline.records.people.choices import Right
from lotline.records.people.queries import rights_of
from lotline.records.places.made import noting_made
from lotline.records.places.models import Plant

T = TypeVar("T")
# Names of new things that a refusal shows.
NAMED = 10


def may_create(plant: Plant, user: UUID) -> bool:
    """Whether this account may make master data in this plant."""
    return Right.MASTER_DATA in rights_of(user_id=user, plant=plant)


def refuse_creating(names: list[str]) -> NotTaken:
    """The refusal of an import that would make ``names`` on behalf of somebody who may not."""
    shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    return NotTaken(
        _(
            "This file would make items, places or partners, for which you need the right “%(right)s”. "
            "Ask somebody who has it to make them or to import the file. Nothing was stored."
        )
        % {"right": Right.MASTER_DATA.label},
        details=[_("New here: %(names)s") % {"names": shown}],
    )


def run_within_rights(*, plant: Plant, user: UUID, store: bool, run: Callable[[], T]) -> T:
    """Do ``run``, which writes, and keep what it wrote if ``store``. Raises ``NotTaken``, with nothing kept, where it made master data
    that this account may not make. What others make meanwhile is their business.
    """
    with transaction.atomic(), noting_made() as made:
        result = run()
        if made and not may_create(plant, user):
            raise refuse_creating(sorted(set(made)))
        if not store:
            transaction.set_rollback(True)
    return result
