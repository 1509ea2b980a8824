"""``lotline demo``: a factory to try things on."""

from __future__ import annotations

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import note, progress_bar, start_records
from lotline.doors.commands.words import _, table


@click.command("demo", help=_("Load the demonstration factory into an empty database."))
def demonstration() -> None:
    start_records()
    wiring().migrate(say=note)
    if has_records():
        raise Stopped(
            _("There are records here already; the demonstration factory goes into an empty database only."),
            _("Name another data folder with LOTLINE_HOME, or another database with LOTLINE_DATABASE_URL."),
        )
    load()
    for line in sign_ins():
        click.echo(line)
    click.echo(_("Next: lotline serve"))


def has_records() -> bool:
    """Whether anybody has a plant here."""
    from lotline.records.places.models import Plant

    return Plant.objects.exists()


def load() -> None:
    """Load the factory: all of it or nothing, so that a load that was broken off begins anew."""
    from django.db import transaction
    from django.utils import timezone

    note(_("Loading the demonstration factory: six months of a food plant …"))
    with progress_bar(_("Loading")) as progress, transaction.atomic():
        wiring().load_demonstration(today=timezone.now().date(), progress=progress)


def sign_ins() -> list[str]:
    """Accounts to sign in with, where the demonstration factory is loaded."""
    from lotline.records.people.models import User

    people = {person.username: person for person in wiring().demonstration_users()}
    present = User.objects.filter(username__in=people, is_active=True).order_by("date_joined").values_list("username", flat=True)
    rows = [[name, people[name].password, people[name].name, people[name].role] for name in present]
    if not rows:
        return []
    head = [_("User name"), _("Password"), _("Name"), _("Role")]
    return [_("Sign in with:"), *(f"  {line}" for line in table(head, rows))]
