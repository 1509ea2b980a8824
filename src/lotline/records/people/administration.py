"""What somebody who manages people may do to whom. Every change is noted (``models.AccessChange``).

``actor`` None is somebody at the server's terminal, who may do everything: they could write the database anyway. Anybody else needs the
right to manage people in the plant; and, because an account is the same in all plants, the right to manage people in every plant in which
that account has a role, for what concerns the account as a whole. Owners are managed by owners, nobody changes their own roles or switches
themselves off, and a plant never loses its last owner. Who manages people does not sign for them: a token is made by its owner, and a
password that somebody else made opens only the page on which its owner changes it. Refusals are ``NotAllowed``; their sentences are in
``words``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from lotline.records.people import actions
from lotline.records.people.choices import AccessAct, Right, Role, Scope
from lotline.records.people.models import AccessChange, Membership, Token, User
from lotline.records.people.queries import plants_of, rights_of
from lotline.records.places.models import Plant


class NotAllowed(Exception):
    """``code`` names the sentence in ``words.REFUSALS``. Nothing was changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def add_person(
    *, actor: User | None, plant: Plant, username: str, name: str, role: Role, password: str = "", language: str = ""
) -> tuple[User, str]:
    """A new account with a role, and its password: made here where none is given, to be told once and stored nowhere."""
    _need_manager(actor, plant)
    _need_owner_for(actor, plant, {role})
    if not username:
        raise NotAllowed("name_missing")
    if User.objects.filter(username=username).exists():
        raise NotAllowed("name_taken")
    given = password or make_password()
    user = actions.create_user(username=username, password=given, name=name, language=language)
    _make_one_time(actor, user)
    _note(actor, plant, user, AccessAct.ADDED, username)
    actions.grant_role(user=user, plant=plant, role=role)
    _note(actor, plant, user, AccessAct.ROLE_GIVEN, role.value)
    return user, given


@transaction.atomic
def set_roles(*, actor: User | None, plant: Plant, user: User, roles: Iterable[Role]) -> None:
    """Exactly these roles in ``plant``; what changes is noted."""
    wanted, present = set(roles), roles_of(user=user, plant=plant)
    changed = wanted ^ present
    if not changed:
        return
    _need_manager(actor, plant)
    _need_other(actor, user)
    _need_owner_for(actor, plant, changed)
    if Role.OWNER in present - wanted:
        _need_another_owner(plant, user)
    for role in sorted(wanted - present):
        actions.grant_role(user=user, plant=plant, role=role)
        _note(actor, plant, user, AccessAct.ROLE_GIVEN, role.value)
    for role in sorted(present - wanted):
        Membership.objects.for_plant(plant).filter(user_id=user.pk, role=role).delete()
        _note(actor, plant, user, AccessAct.ROLE_TAKEN, role.value)


@transaction.atomic
def switch_account(*, actor: User | None, plant: Plant, user: User, on: bool) -> None:
    """Let somebody in, or keep them out from now on: their sessions and tokens end with it."""
    if user.is_active == on:
        return
    _need_account_manager(actor, plant, user)
    _need_other(actor, user)
    if not on:
        for one in plants_of(user.pk):
            if Role.OWNER in roles_of(user=user, plant=one):
                _need_another_owner(one, user)
    user.is_active = on
    user.save(update_fields=["is_active"])
    _note(actor, plant, user, AccessAct.SWITCHED_ON if on else AccessAct.SWITCHED_OFF)


@transaction.atomic
def reset_password(*, actor: User | None, plant: Plant, user: User, password: str = "") -> str:
    """A new password, made here where none is given, to be told once. Whoever is signed in with the old one is signed out.

    Its owner has to change it at the next sign-in, unless it was set at the terminal.
    """
    _need_account_manager(actor, plant, user)
    given = password or make_password()
    user.set_password(given)
    user.save(update_fields=["password"])
    _make_one_time(actor, user)
    _note(actor, plant, user, AccessAct.PASSWORD_SET)
    return given


@transaction.atomic
def change_password(*, user: User, plant: Plant, password: str) -> None:
    """One's own password, which the door has checked. A one-time password ends with it."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    _note(user, plant, user, AccessAct.PASSWORD_SET)


@transaction.atomic
def set_language(*, actor: User | None, plant: Plant, user: User, language: str) -> None:
    """What somebody reads; "" = what their browser asks for."""
    if user.language == language:
        return
    _need_account_manager(actor, plant, user)
    actions.choose_language(user=user, language=language)
    _note(actor, plant, user, AccessAct.LANGUAGE_SET, language)


@transaction.atomic
def make_token(
    *, actor: User | None, plant: Plant, user: User, name: str, scopes: Iterable[Scope], expires_at: datetime | None = None
) -> tuple[Token, str]:
    """A token of ``user`` in ``plant`` and its secret, which is shown once. Only they make it: who has it writes facts in their name."""
    if actor is not None and actor.pk != user.pk:
        raise NotAllowed("not_own_token")
    chosen = list(scopes)
    if not roles_of(user=user, plant=plant) or not user.is_active:
        raise NotAllowed("no_role")
    if not chosen:
        raise NotAllowed("no_scope")
    token, secret = actions.issue_token(user=user, plant=plant, name=name, scopes=chosen, expires_at=expires_at)
    _note(actor, plant, user, AccessAct.TOKEN_MADE, f"{name} · {', '.join(sorted(scope.value for scope in chosen))}")
    return token, secret


@transaction.atomic
def end_token(*, actor: User | None, token: Token) -> None:
    """Revoke a token of one's own, or anybody's. Ending one is always safe, so owners' tokens are no exception."""
    if actor is None or actor.pk != token.user_id:
        _need_manager(actor, token.plant)
    if token.revoked_at is None:
        actions.revoke_token(token)
        _note(actor, token.plant, User.objects.get(pk=token.user_id), AccessAct.TOKEN_REVOKED, token.name)


def make_password() -> str:
    """A password that nobody guesses and everybody can read out: 16 letters and digits in groups, none that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def roles_of(*, user: User, plant: Plant) -> set[Role]:
    """What somebody is in ``plant``."""
    return {Role(role) for role in Membership.objects.for_plant(plant).filter(user_id=user.pk).values_list("role", flat=True)}


def _note(actor: User | None, plant: Plant, user: User, act: AccessAct, detail: str = "") -> None:
    AccessChange.objects.create(plant=plant, actor_id=actor.pk if actor else None, user_id=user.pk, act=act, detail=detail[:200])


def _make_one_time(actor: User | None, user: User) -> None:
    user.must_change_password = actor is not None
    user.save(update_fields=["must_change_password"])


def _need_manager(actor: User | None, plant: Plant) -> None:
    if actor is not None and Right.MANAGE not in rights_of(user_id=actor.pk, plant=plant):
        raise NotAllowed("not_a_manager")


def _need_account_manager(actor: User | None, plant: Plant, user: User) -> None:
    """Managing people here, in all plants where ``user`` works; and being an owner wherever they are one."""
    _need_manager(actor, plant)
    if actor is None:
        return
    for one in plants_of(user.pk):
        if Right.MANAGE not in rights_of(user_id=actor.pk, plant=one):
            raise NotAllowed("works_elsewhere")
        if actor.pk != user.pk:
            _need_owner_for(actor, one, roles_of(user=user, plant=one))


def _need_owner_for(actor: User | None, plant: Plant, roles: Iterable[Role]) -> None:
    if actor is not None and Role.OWNER in set(roles) and Role.OWNER not in roles_of(user=actor, plant=plant):
        raise NotAllowed("owners_only")


def _need_other(actor: User | None, user: User) -> None:
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed("not_oneself")


def _need_another_owner(plant: Plant, user: User) -> None:
    """Owners stay locked until the transaction ends: of two owners who leave at the same moment, the second sees that the first has left."""
    owners = Membership.objects.for_plant(plant).filter(role=Role.OWNER).order_by("id").select_for_update()
    others = [owner.user_id for owner in owners if owner.user_id != user.pk]
    if not User.objects.filter(pk__in=others, is_active=True).exists():
        raise NotAllowed("last_owner")
