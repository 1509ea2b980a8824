"""What belongs to the person who is signed in: their password and their tokens. Nobody else makes either for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.views.people import list_tokens, one_of
from lotline.records.people import administration as manage
from lotline.records.people.administration import NotAllowed
from lotline.records.people.choices import Scope
from lotline.records.people.models import Token
from lotline.records.people.words import describe_refusal

LONGEST_DAYS = 3650


@for_members()
def account(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """One's own account: the way to a new password, and one's tokens in this plant."""
    return _account_page(request, visitor)


def _account_page(request: HttpRequest, visitor: Visitor, *, error: str = "", secret: str = "") -> HttpResponse:
    tokens = Token.objects.for_plant(visitor.plant).filter(user_id=visitor.user.pk).order_by("-id")[:100]
    context: dict[str, Any] = {
        "roles": [role.label for role in sorted(manage.roles_of(user=visitor.user, plant=visitor.plant))],
        "tokens": list_tokens(visitor, tokens),
        "scopes": [(scope.value, scope.label) for scope in Scope if scope.value in visitor.rights],
        "error": error,
        "secret": secret,
    }
    answer = show(request, visitor, "web/account.html", context, status=400 if error else 200)
    # A secret that is shown once must not lie in a cache or come back with the Back button.
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@for_members()
def token(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Make a token of one's own, and show its secret this once."""
    try:
        return _account_page(request, visitor, secret=_make_token(request, visitor))
    except NotAllowed as refused:
        return _account_page(request, visitor, error=describe_refusal(refused.code))


def _make_token(request: HttpRequest, visitor: Visitor) -> str:
    name, days = request.POST.get("name", "").strip()[:80], request.POST.get("days", "").strip()
    scopes = [one_of(Scope, text) for text in request.POST.getlist("scope")]
    if not name or (days and not (days.isascii() and days.isdecimal() and 1 <= int(days[:6]) <= LONGEST_DAYS)):
        raise NotAllowed("bad_form")
    ends = timezone.now() + timedelta(days=int(days)) if days else None
    who = visitor.user
    _token, secret = manage.make_token(actor=who, plant=visitor.plant, user=who, name=name, scopes=scopes, expires_at=ends)
    return secret


@sensitive_post_parameters()
@for_members(any_password=True)
def password(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Choose a new password, with the old one. Whoever came with one that somebody else made comes here before anything else."""
    form = PasswordChangeForm(visitor.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if form.cleaned_data["new_password1"] != form.cleaned_data["old_password"]:
            manage.change_password(user=visitor.user, plant=visitor.plant, password=form.cleaned_data["new_password1"])
            update_session_auth_hash(request, visitor.user)
            messages.success(request, _("Your password was changed."))
            return HttpResponseRedirect(reverse("web:home"))
        form.add_error("new_password1", _("The new password is the old one. Choose another."))
    errors = [error for found in form.errors.values() for error in found]
    context = {"errors": errors, "forced": visitor.user.must_change_password}
    return show(request, visitor, "web/password.html", context, status=400 if errors else 200)
