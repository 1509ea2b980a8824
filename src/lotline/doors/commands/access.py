"""``lotline user tokens | revoke | log``: which tokens there are, ending one, and who was let in when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option
from lotline.doors.commands.words import _, table

if TYPE_CHECKING:
    from lotline.records.people.models import Token
    from lotline.records.places.models import Plant

# Characters of a token's id that lists show and that name it.
SHORT = 8


@click.command("tokens", help=_("List the tokens of the plant: whose, what for, what they may do, whether they still open anything."))
@click.option("--user", "username", metavar="USERNAME", default="", help=_("Only the tokens of this account."))
@plant_option
@json_option
def tokens(username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001 -- Click's signature, and so below
    plant = open_plant(plant_code)
    from lotline.records.people.models import Token

    names = _usernames()
    found = [one for one in Token.objects.for_plant(plant).order_by("created_at") if not username or names.get(one.user_id) == username]
    if as_json:
        answer_json({"tokens": [{"id": str(one.pk), "name": one.name, "user": names.get(one.user_id, ""), "scopes": one.scopes,
                                 "created_at": one.created_at.isoformat(), "expires_at": one.expires_at and one.expires_at.isoformat(),
                                 "revoked_at": one.revoked_at and one.revoked_at.isoformat(), "opens": opens(one)} for one in found]})  # fmt: skip
        return
    if not found:
        click.echo(_("There are no tokens."))
        return
    rows = [
        [
            str(one.pk)[-SHORT:],
            names.get(one.user_id, ""),
            one.name,
            ", ".join(one.scopes),
            _when(one.created_at, plant),
            state_of(one, plant),
        ]
        for one in found
    ]
    for line in table([_("Token"), _("User name"), _("What for"), _("May"), _("Made"), _("State")], rows):
        click.echo(line)


def opens(token: Token) -> bool:
    """Whether the token itself is still good; its owner may be switched off all the same."""
    from django.utils import timezone

    return token.revoked_at is None and (token.expires_at is None or token.expires_at > timezone.now())


def state_of(token: Token, plant: Plant) -> str:
    """The state of a token, in words."""
    if token.revoked_at is not None:
        return _("revoked {when}").format(when=_when(token.revoked_at, plant))
    if token.expires_at is None:
        return _("valid without end")
    text = _("valid until {when}") if opens(token) else _("expired {when}")
    return text.format(when=_when(token.expires_at, plant))


@click.command("revoke", help=_("Revoke TOKEN (its id or the end of it, as the list shows it, or its name): from now on it opens nothing."))
@click.argument("token", metavar="TOKEN")
@plant_option
def revoke(token: str, plant_code: str) -> None:
    plant = open_plant(plant_code)
    from lotline.records.people.administration import end_token
    from lotline.records.people.models import Token

    every = list(Token.objects.for_plant(plant))
    found = [one for one in every if str(one.pk) == token or (len(token) >= SHORT and str(one.pk).endswith(token))]
    found = found or [one for one in every if one.name == token and one.revoked_at is None]
    if len(found) != 1:
        reason = _("Several tokens are called {token}.") if found else _("There is no token {token} here.")
        raise Stopped(reason.format(token=token), _("lotline user tokens shows the tokens with their ids."))
    if found[0].revoked_at is not None:
        raise Stopped(_("Token {name} was revoked before.").format(name=found[0].name))
    end_token(actor=None, token=found[0])
    click.echo(_("Token {name} of {username} is revoked.").format(name=found[0].name, username=_usernames().get(found[0].user_id, "")))


@click.command(
    "log", help=_("Show who was given or lost what in the plant, when and by whom: roles, tokens, accounts on and off, passwords.")
)
@click.option("--user", "username", metavar="USERNAME", default="", help=_("Only what concerns this account."))
@plant_option
@json_option
def log(username: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.records.people.choices import AccessAct
    from lotline.records.people.models import AccessChange

    names = _usernames()
    entries = AccessChange.objects.for_plant(plant).order_by("pk")
    found = [one for one in entries if not username or names.get(one.user_id) == username]
    if as_json:
        answer_json({"entries": [{"at": one.at.isoformat(), "user": names.get(one.user_id, ""), "what": one.act, "detail": one.detail,
                                  "by": names.get(one.actor_id, "") if one.actor_id else None} for one in found]})  # fmt: skip
        return
    server = _("a command on the server")
    rows = [
        [_when(one.at, plant), names.get(one.user_id, ""), str(AccessAct(one.act).label), one.detail,
         names.get(one.actor_id, "") if one.actor_id else server]
        for one in found
    ]  # fmt: skip
    for line in table([_("When"), _("User name"), _("Change"), _("Detail"), _("By")], rows):
        click.echo(line)


def _usernames() -> dict[object, str]:
    from lotline.records.people.models import User

    return dict(User.objects.values_list("pk", "username"))


def _when(moment: datetime, plant: Plant) -> str:
    return f"{moment.astimezone(ZoneInfo(plant.time_zone)):%Y-%m-%d %H:%M}"
