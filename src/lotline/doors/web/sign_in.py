"""Signing in and out. Names that fail too often are locked by axes, which shows ``web/locked.html`` with status 429."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from lotline.records.people.models import User

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
        if isinstance(user, User) and user.language and settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            # The language follows the person; one that was chosen on this page just now goes before.
            answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return answer


class SignOut(LogoutView):
    """Ends the session (POST only) and shows the sign-in page."""

    next_page = "web:sign-in"
