"""Addresses. Each door keeps its own; this is where they meet."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("lotline.doors.api.urls")),
    path("", include("lotline.doors.web.urls")),
]
