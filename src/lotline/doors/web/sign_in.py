"""Signing in and out. Names that fail too often are locked by axes, which shows ``web/locked.html`` with status 429."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lotline.records.people.actions import choose_language
from lotline.records.people.models import User

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
REMEMBER_SECONDS = 7 * 24 * 3600


class SignInForm(AuthenticationForm):
    """Name and password; unticked ``remember`` ends the session with the browser."""

    remember = forms.BooleanField(required=False, label=_("Stay signed in on this device for 7 days"))
    error_messages = {
        "invalid_login": _("This name and password do not match."),
        "inactive": _("This account is closed. A person who manages accounts can open it."),
    }


class SignIn(LoginView):
    """The sign-in page."""

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        self.request.session.set_expiry(REMEMBER_SECONDS if form.cleaned_data.get("remember") else 0)
        user = form.get_user()
        assert isinstance(user, User)
        # Whoever never chose a language reads in that of their browser. A choice follows the person to every device; one that was made
        # on this page just now goes before, and is the person's from now on where they had none.
        chosen = self.request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if user.language and not chosen:
            keep_language(answer, user.language)
        elif chosen in LANGUAGES and not user.language:
            choose_language(user=user, language=chosen)
        return answer


class SignOut(LogoutView):
    """Ends the session (POST only) and shows the sign-in page, in the language of the browser again: the next person is another one."""

    next_page = "web:sign-in"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return answer


def keep_language(answer: HttpResponse, language: str) -> None:
    """Let this browser read in ``language`` from now on."""
    answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, samesite="Lax")
