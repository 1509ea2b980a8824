"""``lotline init``: the first plant and the first account."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import answer_json, ask_password, json_option, note, start_records
from lotline.doors.commands.words import _

if TYPE_CHECKING:
    from lotline.records.places.models import Plant

FIRST_PLANT = "MAIN"
USUAL_ZONE = "Asia/Shanghai"
LANGUAGES = ("zh-hans", "en")


@click.command("init", help=_("Make the database, the first plant and the first account. What exists already stays as it is."))
@click.option("--no-input", is_flag=True, help=_("Ask nothing: take the options, and usual values for the rest."))
@click.option("--plant-code", metavar="CODE", help=_("Short code of the plant."))
@click.option("--plant-name", metavar="NAME", help=_("Name of the plant."))
@click.option("--time-zone", metavar="ZONE", help=_("Time zone of the plant, such as Asia/Shanghai."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("Language of the plant."))
@click.option("--admin", metavar="USERNAME", help=_("User name of the first account, which may do everything."))
@click.option("--password", help=_("Its password; without one, a password is made and shown."))
@json_option
def initialise(
    no_input: bool,  # noqa: FBT001 -- Click passes options so
    plant_code: str | None,
    plant_name: str | None,
    time_zone: str | None,
    language: str | None,
    admin: str | None,
    password: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    start_records()
    wiring().migrate(say=note)
    from lotline.records.people.models import User
    from lotline.records.places.models import Plant

    if not no_input and not Plant.objects.exists():  # an import may have made the first plant by itself
        plant_code = plant_code or click.prompt(_("Short code of the plant"), default=FIRST_PLANT)
        plant_name = plant_name or click.prompt(_("Name of the plant"), default=plant_code)
        time_zone = time_zone or click.prompt(_("Time zone"), default=USUAL_ZONE)
        language = language or click.prompt(_("Language"), default=LANGUAGES[0], type=click.Choice(LANGUAGES))
    nobody = not User.objects.exists()
    if not no_input and not admin and nobody:
        admin = click.prompt(_("User name of the first account"), default="admin")
    if not no_input and admin and not password and nobody:
        password = ask_password()
    plant, made = ensure_first_plant(
        code=plant_code or "", name=plant_name or "", time_zone=time_zone or USUAL_ZONE, language=language or LANGUAGES[0]
    )
    shown = make_owner(username=admin, password=password, plant=plant) if admin else None
    if as_json:
        answer_json({"plant": plant.code, "name": plant.name, "created": made, "admin": admin or "", "password": shown or ""})
        return
    text = _("Plant {code} ({name}) is ready.") if made else _("Plant {code} ({name}) exists already and stays as it is.")
    click.echo(text.format(code=plant.code, name=plant.name))
    if admin and shown:
        click.echo(_("Account {username}, password {password}").format(username=admin, password=shown))
    elif admin:
        click.echo(_("Account {username} may do everything in plant {plant}.").format(username=admin, plant=plant.code))
    elif nobody:
        click.echo(_("Nobody can sign in yet. Make the first account: lotline init --admin USERNAME"))
        return
    elif not made:
        return
    click.echo(_("Next: lotline serve"))


def ensure_first_plant(*, code: str = "", name: str = "", time_zone: str = USUAL_ZONE, language: str = LANGUAGES[0]) -> tuple[Plant, bool]:
    """The plant named ``code`` and whether it was made now; without a code, any plant that exists, else the first one."""
    from django.db import IntegrityError

    from lotline.records.places.actions import create_plant
    from lotline.records.places.models import Plant

    present = Plant.objects.filter(code=code).first() if code else Plant.objects.order_by("created_at", "code").first()
    if present is not None:
        return present, False
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Stopped(_("There is no time zone {zone}.").format(zone=time_zone), _("Give one such as Asia/Shanghai.")) from error
    code = code or FIRST_PLANT
    try:
        return create_plant(code=code, name=name or code, time_zone=time_zone, language=language), True
    except IntegrityError:  # another process made it in the meantime
        return Plant.objects.get(code=code), False


def make_owner(*, username: str, password: str | None, plant: Plant) -> str | None:
    """An account that may do everything in ``plant``. Returns the password if it was made here; an existing account keeps its own."""
    from lotline.records.people.administration import add_person, roles_of, set_roles
    from lotline.records.people.choices import Role
    from lotline.records.people.models import User

    account = User.objects.filter(username=username).first()
    made = None
    if account is None:
        made = None if password else secrets.token_urlsafe(12)
        given = check_password(password or made or "")
        add_person(actor=None, plant=plant, username=username, name=username, role=Role.OWNER, password=given)
        return made
    set_roles(actor=None, plant=plant, user=account, roles={*roles_of(user=account, plant=plant), Role.OWNER})
    return made


def check_password(password: str) -> str:
    """``password``, if it is good enough. Raises ``Stopped``."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password)
    except ValidationError as error:
        raise Stopped(" ".join(error.messages), _("Choose another password.")) from error
    return password
