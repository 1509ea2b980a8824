"""``lotline user``: accounts, roles and tokens, for when there is no page to do it on yet, or nobody can sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from lotline.doors.commands import access
from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, nothing_here, open_plant, plant_option
from lotline.doors.commands.words import _, table

if TYPE_CHECKING:
    from lotline.records.people.models import User
    from lotline.records.places.models import Plant

ROLES = ("owner", "quality", "planner", "leader", "operator", "warehouse", "it", "auditor")
SCOPES = ("read", "write_facts", "hold", "import", "master_data")


@click.group("user", help=_("Accounts, roles and tokens."))
def user() -> None:
    """The group of commands about accounts."""


@user.command("add", help=_("Add the account USERNAME, and give it a role."))
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), help=_("What it may do in the plant."))
@click.option("--name", default="", help=_("The person's name."))
@click.option("--password", help=_("Without one, a password is made and shown."))
@plant_option
@json_option
def add(username: str, role: str | None, name: str, password: str | None, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.doors.commands.initialise import check_password
    from lotline.records.people.actions import create_user
    from lotline.records.people.administration import add_person, make_password
    from lotline.records.people.choices import Role
    from lotline.records.people.models import User

    if User.objects.filter(username=username).exists():
        raise Stopped(_("There is an account {username} already.").format(username=username), _("Give it a role with: lotline user grant"))
    made = None if password else make_password()
    given = check_password(password or made or "")
    if role:
        account, _given = add_person(actor=None, plant=plant, username=username, name=name, role=Role(role), password=given)
    else:
        account = create_user(username=username, password=given, name=name)
    if as_json:
        answer_json({"username": username, "id": str(account.pk), "role": role or "", "password": made or ""})
        return
    click.echo(_("Added {username}.").format(username=username))
    if made:
        click.echo(_("Password: {password}").format(password=made))


@user.command("grant", help=_("Give USERNAME a ROLE in the plant."))
@click.argument("username")
@click.argument("role", type=click.Choice(ROLES))
@plant_option
def grant(username: str, role: str, plant_code: str) -> None:
    plant = open_plant(plant_code)
    from lotline.records.people.administration import roles_of, set_roles
    from lotline.records.people.choices import Role

    account = account_named(username)
    set_roles(actor=None, plant=plant, user=account, roles={*roles_of(user=account, plant=plant), Role(role)})
    click.echo(_("{username} is {role} in {plant}.").format(username=username, role=Role(role).label, plant=plant.code))


@user.command("token", help=_("Make a token of USERNAME for the API. It is shown once."))
@click.argument("username")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=["read"],
    show_default=True,
    help=_("What it may do; may be repeated."),
)
@click.option("--name", default="command line", help=_("What the token is for."))
@click.option("--days", type=click.IntRange(1, 3650), help=_("Days that it is valid; default: without end."))
@plant_option
@json_option
def token(username: str, scopes: tuple[str, ...], name: str, days: int | None, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from django.utils import timezone

    from lotline.records.people.administration import make_token
    from lotline.records.people.choices import Scope
    from lotline.records.people.queries import rights_of

    account = account_named(username)
    if not rights_of(user_id=account.pk, plant=plant):
        raise Stopped(
            _("{username} has no role in {plant}, so a token could do nothing.").format(username=username, plant=plant.code),
            _("Give it a role with: lotline user grant"),
        )
    expires_at = timezone.now() + timedelta(days=days) if days else None
    chosen = [Scope(scope) for scope in scopes]
    with told():
        issued, secret = make_token(actor=None, plant=plant, user=account, name=name, scopes=chosen, expires_at=expires_at)
    if as_json:
        answer_json({"token": secret, "id": str(issued.pk), "scopes": issued.scopes, "expires_at": expires_at and expires_at.isoformat()})
        return
    click.echo(secret)


@user.command("withdraw", help=_("Take a ROLE of USERNAME away in the plant."))
@click.argument("username")
@click.argument("role", type=click.Choice(ROLES))
@plant_option
def withdraw(username: str, role: str, plant_code: str) -> None:
    plant = open_plant(plant_code)
    from lotline.records.people.administration import roles_of, set_roles
    from lotline.records.people.choices import Role

    account = account_named(username)
    present = roles_of(user=account, plant=plant)
    if Role(role) not in present:
        raise Stopped(
            _("{username} is not {role} in {plant}.").format(username=username, role=Role(role).label, plant=plant.code),
            _("lotline user list shows the accounts."),
        )
    with told():
        set_roles(actor=None, plant=plant, user=account, roles=present - {Role(role)})
    click.echo(_("{username} is no longer {role} in {plant}.").format(username=username, role=Role(role).label, plant=plant.code))


@user.command("off", help=_("Let USERNAME in no more: neither by password nor by token. What was recorded stays."))
@click.argument("username")
def off(username: str) -> None:
    _switch(username, active=False)
    click.echo(_("{username} is switched off.").format(username=username))


@user.command("on", help=_("Let USERNAME in again."))
@click.argument("username")
def on(username: str) -> None:
    _switch(username, active=True)
    click.echo(_("{username} is switched on.").format(username=username))


def _switch(username: str, *, active: bool) -> None:
    from lotline.doors.commands.terminal import start_records

    start_records()
    from lotline.records.people.administration import switch_account

    account = account_named(username)
    with told():
        switch_account(actor=None, plant=plant_of(account), user=account, on=active)


def plant_of(account: User) -> Plant:
    """A plant in which a change of the account as a whole is noted: its own first one. Raises ``Stopped`` where there is no plant."""
    from lotline.records.people.queries import plants_of
    from lotline.records.places.models import Plant

    found = plants_of(account.pk)[:1] or list(Plant.objects.order_by("code")[:1])
    if not found:
        raise Stopped(_("There are no records here yet."), nothing_here())
    return found[0]


@contextmanager
def told() -> Iterator[None]:
    """A refusal of the records, as one sentence."""
    from lotline.records.people.administration import NotAllowed
    from lotline.records.people.words import describe_refusal

    try:
        yield
    except NotAllowed as refused:
        raise Stopped(describe_refusal(refused.code)) from refused


@user.command("list", help=_("Show the accounts and what they may do."))
@json_option
def list_users(as_json: bool) -> None:  # noqa: FBT001
    from lotline.doors.commands.terminal import start_records

    start_records()
    from lotline.records.people.choices import Role
    from lotline.records.people.models import Membership, User
    from lotline.records.places.models import Plant

    plants = dict(Plant.objects.values_list("pk", "code"))
    roles: dict[object, list[tuple[str, str]]] = {}
    for user_id, plant_id, role in Membership.objects.group_wide().order_by("created_at").values_list("user_id", "plant_id", "role"):
        roles.setdefault(user_id, []).append((plants[plant_id], role))
    accounts = list(User.objects.order_by("username"))
    if as_json:
        answer_json({"users": [{"username": one.username, "name": one.name, "active": one.is_active,
                                "roles": [{"plant": plant, "role": role} for plant, role in roles.get(one.pk, [])]} for one in accounts]})  # fmt: skip
        return
    rows = [
        [one.username, one.name, _("yes") if one.is_active else _("no"),
         ", ".join(f"{plant}: {Role(role).label}" for plant, role in roles.get(one.pk, []))]
        for one in accounts
    ]  # fmt: skip
    for line in table([_("User name"), _("Name"), _("Active"), _("Roles")], rows):
        click.echo(line)


@user.command("password", help=_("Set a new password of USERNAME."))
@click.argument("username")
@click.option("--password", help=_("The new password; without it, it is asked for, or read from standard input."))
def password(username: str, password: str | None) -> None:
    from lotline.doors.commands.initialise import check_password
    from lotline.doors.commands.terminal import ask_password, start_records

    start_records()
    from lotline.records.people.administration import reset_password

    account = account_named(username)
    typed = password or ask_password()
    reset_password(actor=None, plant=plant_of(account), user=account, password=check_password(typed))
    click.echo(_("{username} has a new password.").format(username=username))


def account_named(username: str) -> User:
    """The account. Raises ``Stopped``."""
    from lotline.records.people.models import User

    account = User.objects.filter(username=username).first()
    if account is None:
        raise Stopped(_("There is no account {username}.").format(username=username), _("lotline user list shows the accounts."))
    return account


user.add_command(access.tokens)
user.add_command(access.revoke)
user.add_command(access.log)
