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
    code = load()
    for line in sign_ins():
        click.echo(line)
    click.echo(first_try(code))
    click.echo(_("Next: lotline serve"))


def load() -> str:
    """Load the factory; the code of the lot to try first is returned. It is told in batches, so a load that was killed goes on where it stood."""
    with progress_bar(_("Loading")) as progress:
        told = False

        def show(done: int, total: int) -> None:
            nonlocal told
            if not told:
                note(_("Loading the demonstration factory: six months of a food plant …"))
                told = True
            progress(done, total)

        return str(wiring().load_demonstration(progress=show).complaint.code)


def first_try(code: str) -> str:
    """What to do first: look up the finished lot that a customer complained about."""
    return _("Try first: type {code} into the search. A customer complained about this lot.").format(code=code)


def load_unless_in_use() -> str:
    """Load or complete the factory, unless somebody works here with plants of their own only: then there is no lot to try."""
    from lotline.records.places.models import Plant

    plants = set(Plant.objects.values_list("code", flat=True))
    if not plants or wiring().demonstration_plant() in plants:
        return load()
    return ""


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
