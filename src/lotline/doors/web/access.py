"""Who looks at a page, in which plant, and what they may do there. Every view of the office goes through ``for_members``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from lotline.doors.web.formats import Formats
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.people.choices import Right
from lotline.records.people.models import User
from lotline.records.people.queries import SESSION_PLANT, choose_plant, rights_of
from lotline.records.places.models import Plant

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in, in the plant that they chose (their first one where they did not)."""

    user: User
    plant: Plant
    plants: tuple[Plant, ...]
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        """Whether they have ``right`` in this plant."""
        return right in self.rights

    @property
    def formats(self) -> Formats:
        """How dates and numbers are written for them: their language, the plant's clock."""
        return Formats(ZoneInfo(self.plant.time_zone), chinese=(get_language() or "").startswith("zh"))


def find_visitor(request: HttpRequest) -> Visitor | None:
    """The visitor behind a request whose user is signed in; None for somebody who has no role in any plant."""
    user = request.user
    assert isinstance(user, User)
    choice = choose_plant(user_id=user.pk, chosen=request.session.get(SESSION_PLANT))
    if choice is None:
        return None
    return Visitor(user, choice.plant, choice.plants, rights_of(user_id=user.pk, plant=choice.plant))


def for_members(
    right: Right = Right.READ, *, any_text: bool = False, any_password: bool = False, one_moment: bool = True
) -> Callable[[Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view for people with ``right`` in the plant they are in: it gets the visitor as its second argument.

    Who is not signed in goes to the sign-in page and comes back; who lacks the right gets 403. Who came with a password that somebody else
    made for them changes it first, unless the view takes ``any_password``. A text with a NUL in it, which no
    database takes, is 400, unless the view takes ``any_text`` and cleans it itself.

    A page that is only looked at (GET) shows one moment (``snapshot``), and its view begins no transaction, unless it is not ``one_moment``.
    """

    def wrap(view: Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            visitor = find_visitor(request)
            if visitor is None:
                return render(request, "web/no_plant.html", status=403)
            if visitor.user.must_change_password and not any_password:
                return redirect("web:password")
            request.visitor = visitor  # type: ignore[attr-defined]  # the shell's tags read it
            if not visitor.may(right):
                raise PermissionDenied(right.value)
            if not any_text and _holds_nul(request):
                raise BadRequest
            if request.method not in ("GET", "HEAD") or not one_moment:
                return view(request, visitor, *args, **kwargs)
            with snapshot():
                return view(request, visitor, *args, **kwargs)

        return guarded

    return wrap


def _holds_nul(request: HttpRequest) -> bool:
    """Whether the address or the form carries a NUL."""
    forms = (request.GET, request.POST) if request.method == "POST" else (request.GET,)
    return "\0" in request.path or any("\0" in text for form in forms for _name, texts in form.lists() for text in map(str, texts))


def show(request: HttpRequest, visitor: Visitor, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page in the shell, with what the shell itself needs."""
    shell = {
        "plant_name": visitor.plant.name,
        "plant": visitor.plant,
        "plants": visitor.plants,
        "may_manage": visitor.may(Right.MANAGE),
        "printed": visitor.formats.exact(visitor.formats.now),
    }
    return render(request, template, shell | context, status=status)
