"""People of the plant for somebody who manages them: roles, switching off and on, passwords, languages, revoking tokens, and who changed what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.sign_in import LANGUAGES
from lotline.records.people import administration as manage
from lotline.records.people.administration import NotAllowed
from lotline.records.people.choices import RIGHTS_OF_ROLE, AccessAct, Right, Role, Scope
from lotline.records.people.models import AccessChange, Membership, Token, User
from lotline.records.people.words import describe_refusal

SHOWN_CHANGES = 50


@for_members(Right.MANAGE)
def people(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Everybody with a role here, all tokens, the latest changes; a POST adds a person."""
    if request.method == "POST":
        return _add(request, visitor)
    return _people_page(request, visitor)


def _people_page(request: HttpRequest, visitor: Visitor, *, error: str = "", typed: dict[str, str] | None = None) -> HttpResponse:
    roles = _roles_here(visitor)
    users = list(User.objects.filter(pk__in=list(roles)).order_by("-is_active", "username"))
    context = {
        "people": [_person(visitor, user, roles[user.pk]) for user in users],
        "tokens": list_tokens(visitor, Token.objects.for_plant(visitor.plant).filter(revoked_at=None).order_by("-id")[:200]),
        "changes": _changes(visitor, AccessChange.objects.for_plant(visitor.plant).order_by("-id")[:SHOWN_CHANGES]),
        "roles": _offered_roles(visitor),
        "error": error,
        "typed": typed or {"role": Role.OPERATOR.value},
    }
    return show(request, visitor, "web/people.html", context, status=400 if error else 200)


def _add(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    typed = {name: request.POST.get(name, "").strip()[:longest] for name, longest in (("username", 60), ("name", 80), ("role", 12))}
    try:
        role = one_of(Role, typed["role"])
        user, password = manage.add_person(
            actor=visitor.user, plant=visitor.plant, username=typed["username"], name=typed["name"], role=role
        )
    except NotAllowed as refused:
        return _people_page(request, visitor, error=describe_refusal(refused.code), typed=typed)
    return _person_page(request, visitor, user, told={"kind": "password", "secret": password})


@for_members(Right.MANAGE)
def person(request: HttpRequest, visitor: Visitor, user_id: UUID) -> HttpResponse:
    """One account: what it may do here, its tokens, what was changed about it."""
    return _person_page(request, visitor, _user_here(visitor, user_id))


def _person_page(
    request: HttpRequest, visitor: Visitor, user: User, *, error: str = "", told: dict[str, str] | None = None
) -> HttpResponse:
    held = manage.roles_of(user=user, plant=visitor.plant)
    context = {
        "one": _person(visitor, user, sorted(held)),
        "roles": [
            {"value": role.value, "label": role.label, "held": role in held, "rights": [right.label for right in Right if right in RIGHTS_OF_ROLE[role]]}
            for role in Role if role in held or role.value in {value for value, _label in _offered_roles(visitor)}
        ],
        "languages": settings.LANGUAGES,
        "oneself": user.pk == visitor.user.pk,
        "tokens": list_tokens(visitor, Token.objects.for_plant(visitor.plant).filter(user_id=user.pk).order_by("-id")[:100]),
        "changes": _changes(visitor, AccessChange.objects.for_plant(visitor.plant).filter(user_id=user.pk).order_by("-id")[:SHOWN_CHANGES]),
        "error": error,
        "told": told,
    }  # fmt: skip
    answer = show(request, visitor, "web/person.html", context, status=400 if error else 200)
    # A secret that is shown once must not lie in a cache or come back with the Back button.
    answer["Cache-Control"] = "no-store"
    return answer


# ---- what can be done to an account ----------------------------------------------------------------------------------------------------


@require_POST
@for_members(Right.MANAGE)
def change(request: HttpRequest, visitor: Visitor, user_id: UUID, what: str) -> HttpResponse:
    """Roles, language, password, switching off and on: what the address names."""
    user = _user_here(visitor, user_id)
    if what not in _CHANGES:
        raise Http404
    try:
        told = _CHANGES[what](request, visitor, user)
    except NotAllowed as refused:
        return _person_page(request, visitor, user, error=describe_refusal(refused.code))
    if told is not None:
        return _person_page(request, visitor, user, told=told)
    messages.success(request, _("Saved."))
    still_here = Membership.objects.for_plant(visitor.plant).filter(user_id=user.pk).exists()
    return HttpResponseRedirect(reverse("web:person", args=[user.pk]) if still_here else reverse("web:people"))


@require_POST
@for_members()
def revoke(request: HttpRequest, visitor: Visitor, token_id: UUID) -> HttpResponse:
    """End a token: one of one's own; anybody's for who manages people."""
    token = Token.objects.for_plant(visitor.plant).filter(pk=token_id).first()
    if token is None or not (token.user_id == visitor.user.pk or visitor.may(Right.MANAGE)):
        raise Http404
    manage.end_token(actor=visitor.user, token=token)
    messages.success(request, _("The token “%(name)s” opens nothing any more.") % {"name": token.name})
    if request.POST.get("back") == "account" or not visitor.may(Right.MANAGE):
        return HttpResponseRedirect(reverse("web:account"))
    back = request.POST.get("back") == "person" and Membership.objects.for_plant(visitor.plant).filter(user_id=token.user_id).exists()
    return HttpResponseRedirect(reverse("web:person", args=[token.user_id]) if back else reverse("web:people"))


def _set_roles(request: HttpRequest, visitor: Visitor, user: User) -> None:
    roles = [one_of(Role, text) for text in request.POST.getlist("role")]
    manage.set_roles(actor=visitor.user, plant=visitor.plant, user=user, roles=roles)


def _set_language(request: HttpRequest, visitor: Visitor, user: User) -> None:
    language = request.POST.get("language", "")
    if language and language not in LANGUAGES:
        raise NotAllowed("bad_form")
    manage.set_language(actor=visitor.user, plant=visitor.plant, user=user, language=language)


def _switch(request: HttpRequest, visitor: Visitor, user: User) -> None:
    manage.switch_account(actor=visitor.user, plant=visitor.plant, user=user, on=request.POST.get("on") == "1")


def _reset_password(_request: HttpRequest, visitor: Visitor, user: User) -> dict[str, str]:
    return {"kind": "password", "secret": manage.reset_password(actor=visitor.user, plant=visitor.plant, user=user)}


_CHANGES: dict[str, Callable[[HttpRequest, Visitor, User], dict[str, str] | None]] = {
    "roles": _set_roles, "language": _set_language, "switch": _switch, "password": _reset_password,
}  # fmt: skip


# ---- as a page shows it ----------------------------------------------------------------------------------------------------------------


def one_of(kind: type[Any], text: str) -> Any:
    """The value of an enum that a form names. Raises ``NotAllowed``."""
    try:
        return kind(text)
    except ValueError:
        raise NotAllowed("bad_form") from None


def _user_here(visitor: Visitor, user_id: UUID) -> User:
    """An account with a role in this plant: others are none of the visitor's business."""
    user = User.objects.filter(pk=user_id).first()
    if user is None or not Membership.objects.for_plant(visitor.plant).filter(user_id=user_id).exists():
        raise Http404
    return user


def _roles_here(visitor: Visitor) -> dict[UUID, list[Role]]:
    found: dict[UUID, list[Role]] = {}
    for user_id, role in Membership.objects.for_plant(visitor.plant).order_by("created_at").values_list("user_id", "role"):
        found.setdefault(user_id, []).append(Role(role))
    return found


def _offered_roles(visitor: Visitor) -> list[tuple[str, str]]:
    """The roles that this visitor may give: an owner is made by owners."""
    owner = Role.OWNER in manage.roles_of(user=visitor.user, plant=visitor.plant)
    return [(role.value, str(role.label)) for role in Role if owner or role is not Role.OWNER]


def _person(visitor: Visitor, user: User, roles: Iterable[Role]) -> dict[str, Any]:
    names = dict(settings.LANGUAGES)
    return {
        "user": user, "name": user.name or user.username, "roles": [role.label for role in roles], "address": reverse("web:person", args=[user.pk]),
        "language": names.get(user.language, ""), "last": visitor.formats.ago(user.last_login) if user.last_login else "",
    }  # fmt: skip


def list_tokens(visitor: Visitor, tokens: Iterable[Token]) -> list[dict[str, Any]]:
    """Tokens as ``components/tokens.html`` shows them."""
    rows, formats, now = list(tokens), visitor.formats, timezone.now()
    owners = {user.pk: user for user in User.objects.filter(pk__in={token.user_id for token in rows})}
    words = {scope.value: scope.label for scope in Scope}
    return [
        {
            "id": token.pk, "name": token.name, "owner": owners.get(token.user_id), "scopes": [words.get(scope, scope) for scope in token.scopes],
            "made": formats.day(token.created_at), "used": formats.ago(token.last_used_at) if token.last_used_at else "",
            "ends": formats.full_day(token.expires_at) if token.expires_at else "", "revoked": formats.day(token.revoked_at) if token.revoked_at else "",
            "expired": token.expires_at is not None and token.expires_at <= now,
        }
        for token in rows
    ]  # fmt: skip


def _changes(visitor: Visitor, changes: Iterable[AccessChange]) -> list[dict[str, Any]]:
    rows = list(changes)
    wanted = {key for row in rows for key in (row.actor_id, row.user_id) if key}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)}
    return [
        {
            "when": visitor.formats.moment(row.at), "iso": row.at.isoformat(), "act": AccessAct(row.act).label, "detail": _detail(row),
            "who": names.get(row.actor_id, "") if row.actor_id else _("at the terminal"), "whom": names.get(row.user_id, ""),
        }
        for row in rows
    ]  # fmt: skip


def _detail(row: AccessChange) -> str:
    if row.act in {AccessAct.ROLE_GIVEN, AccessAct.ROLE_TAKEN} and row.detail in Role.values:
        return str(Role(row.detail).label)
    if row.act == AccessAct.LANGUAGE_SET:
        return str(dict(settings.LANGUAGES).get(row.detail, _("that of the browser")))
    return row.detail
