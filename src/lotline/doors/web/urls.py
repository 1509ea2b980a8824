"""Addresses of the web door. The shell shows an entry (trace, lots, import, search, suggest) as soon as its name is here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.i18n import set_language

from lotline.doors.web.sign_in import SignIn, SignOut

app_name = "web"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("language", set_language, name="language"),
]
