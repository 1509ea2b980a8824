"""``lotline demo``: a factory to try things on."""

from __future__ import annotations

import click

from lotline.doors.commands.ports import wiring
from lotline.doors.commands.terminal import note, progress_bar, start_records
from lotline.doors.commands.words import _, table


@click.command("demo", help=_("Load the demonstration factory, or complete a load that was broken off."))
def demonstration() -> None:
    start_records()
    wiring().migrate(say=note)
    load()
    for line in sign_ins():
        click.echo(line)
    click.echo(_("Next: lotline serve"))


def load() -> None:
    """Load the factory. It is told in batches, so a load that was killed goes on where it stood."""
    with progress_bar(_("Loading")) as progress:
        told = False

        def show(done: int, total: int) -> None:
            nonlocal told
            if not told:
                note(_("Loading the demonstration factory: six months of a food plant …"))
                told = True
            progress(done, total)

        wiring().load_demonstration(progress=show)


def load_unless_in_use() -> None:
    """Load or complete the factory, unless somebody works here with plants of their own only."""
    from lotline.records.places.models import Plant

    plants = set(Plant.objects.values_list("code", flat=True))
    if not plants or wiring().demonstration_plant() in plants:
        load()


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
