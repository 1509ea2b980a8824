"""Tell the plan to the journal, through the same doors as everybody else: places, items, people, and ``append``.

Every fact has a key that says what it is, so a load that was killed is simply started again: what is already written is
replayed, the rest follows. The first fact notes the period; a load that goes on next month keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lotline.core.facts import Draft, LotRef
from lotline.doors.exchange.demo.building import build_plan
from lotline.doors.exchange.demo.calendar import ZONE, Period, period_of, period_until
from lotline.doors.exchange.demo.master_data import PLANT_CODE, PLANT_NAME, plant_items, plant_places
from lotline.doors.exchange.demo.people import DEMO_PASSWORD, DemoUser, demo_users, username_of
from lotline.doors.exchange.demo.plan import KEY, Plan, Step
from lotline.doors.exchange.demo.story import Codes
from lotline.records.catalog.actions import ensure_items
from lotline.records.journal.actions import append
from lotline.records.journal.models import Fact
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.models import Membership, User
from lotline.records.places.actions import create_plant, ensure_places
from lotline.records.places.models import Plant

# Facts in one transaction: a kill loses at most so many, and they are told again.
BATCH = 1000
SIX_MONTHS = 26
START_KEY, END_KEY = f"{KEY}:note:start", f"{KEY}:note:end"


class DemoRefused(Exception):
    """The demonstration can not be loaded here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What stands in the database now. ``new_facts`` is zero when everything had been there before."""

    plant: Plant
    period: Period
    facts: int
    new_facts: int
    complaint: LotRef
    defect: LotRef
    affected: tuple[LotRef, ...]
    users: tuple[DemoUser, ...]


def load_pouch_plant(
    *, today: date | None = None, progress: Callable[[int, int], None] | None = None, weeks: int = SIX_MONTHS
) -> DemoSummary:
    """Make the braised-beef pouch plant, or complete it. A complete one is left as it is.

    ``today`` (default: the date in the plant's zone) decides where on the calendar the records end (``calendar``); it counts
    only for the first load. ``progress(done, total)`` hears how many facts stand. Raises ``DemoRefused``.
    """
    report = progress or (lambda _done, _total: None)
    plant = Plant.objects.filter(code=PLANT_CODE).first()
    period = _period_of_plant(plant) or period_of(today=today or datetime.now(ZONE).date(), weeks=weeks)
    before = Fact.objects.for_plant(plant).count() if plant else 0
    if plant and Fact.objects.for_plant(plant).filter(key=END_KEY).exists():
        return _summary(plant, period, before, before)
    plan = build_plan(period)
    steps = plan.finished_steps()
    done = 0
    report(done, len(steps))
    plant, users = _prepare(plan)
    for by, batch in _batches(steps):
        drafts = [_resolved(plant, step) for step in batch]
        append(plant=plant, drafts=drafts, actor=users[username_of(by)] if by else None)
        done += len(batch)
        report(done, len(steps))
    return _summary(plant, period, before, Fact.objects.for_plant(plant).count())


def _period_of_plant(plant: Plant | None) -> Period | None:
    """The period that a load before this one has begun with. Refuses a plant of the same code that is not the demonstration."""
    if plant is None:
        return None
    start = Fact.objects.for_plant(plant).filter(key=START_KEY).first()
    if start is not None:
        data = json.loads(start.body)["data"]
        return period_until(last=date.fromisoformat(data["last"]), weeks=data["weeks"])
    if Fact.objects.for_plant(plant).exists():
        raise DemoRefused(
            _("Plant %(code)s exists and holds records of its own. Load the demonstration into another database.") % {"code": PLANT_CODE}
        )
    return None


@transaction.atomic
def _prepare(plan: Plan) -> tuple[Plant, dict[str, UUID]]:
    """Plant, places, items and people: all of them or none."""
    plant = Plant.objects.filter(code=PLANT_CODE).first() or create_plant(code=PLANT_CODE, name=PLANT_NAME, time_zone=ZONE.key)
    ensure_items(plant_items())
    ensure_places(plant=plant, specs=[*plant_places(), *plan.pallet_places()])
    return plant, {demo.username: _ensure_user(plant, demo) for demo in demo_users()}


def _ensure_user(plant: Plant, demo: DemoUser) -> UUID:
    user = User.objects.filter(username=demo.username).first()
    if user is None:
        user = create_user(username=demo.username, password=DEMO_PASSWORD, name=demo.name)
    elif not Membership.objects.for_plant(plant).filter(user_id=user.pk).exists():
        raise DemoRefused(
            _("An account named %(name)s exists already. Load the demonstration into another database.") % {"name": demo.username}
        )
    grant_role(user=user, plant=plant, role=demo.role)
    key: UUID = user.pk
    return key


def _batches(steps: Sequence[Step]) -> Iterator[tuple[str, list[Step]]]:
    """Steps to write together: signed by the same person, and none that takes back a fact of its own batch."""
    batch: list[Step] = []
    for step in steps:
        if batch and (step.by != batch[0].by or len(batch) == BATCH or step.reverses):
            yield batch[0].by, batch
            batch = []
        batch.append(step)
    if batch:
        yield batch[0].by, batch


def _resolved(plant: Plant, step: Step) -> Draft:
    """The draft, with the fact that it takes back named by the id that the journal gave it."""
    if not step.reverses:
        return step.draft
    return replace(step.draft, reverses=Fact.objects.for_plant(plant).get(key=step.reverses).pk)


def _summary(plant: Plant, period: Period, before: int, after: int) -> DemoSummary:
    codes = Codes(period.story)
    return DemoSummary(plant, period, after, after - before, codes.complaint, codes.defect, codes.affected, demo_users())
