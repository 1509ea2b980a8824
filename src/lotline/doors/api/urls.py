"""Addresses of the API, version 1. ``project.urls`` puts them under ``/api/v1/``."""

from __future__ import annotations

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, path, re_path

from lotline.doors.api import chains, facts, holds, master_data, recalls, stock, traces
from lotline.doors.api.application import api
from lotline.doors.api.reference import show_reference

for router in (facts.router, holds.router, stock.router, traces.router, chains.router, recalls.router, master_data.router):
    api.add_router("", router)


def nothing_here(_request: HttpRequest, rest: str) -> NoReturn:
    """Every other address: a problem document, not a page."""
    raise Http404(rest)


urlpatterns: list[URLPattern | URLResolver] = [
    path("docs", show_reference, name="api-docs"),
    path("", api.urls),
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
