"""The door's own middleware: what every request to the API meets first.

A request with a token needs no session, cookie, CSRF token, message or lock-out, so it goes straight to the API, and one fact by the
shortest way of all. Others, from the pages, go through all of Django. Whatever comes back as an error leaves as a problem document.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import resolve

from lotline.doors.api.access import Caller, bearer_secret, caller_of_token
from lotline.doors.api.posting import take_fact
from lotline.doors.api.problems import MEDIA_TYPE, Finding, Stopped, answer

PREFIX = "/api/"
FACTS = "/api/v1/facts"
# One fact is small; five thousand with measurements are not.
LARGEST_BODY = 32 * 1024 * 1024
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-cache",
}
_CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
log = logging.getLogger("lotline.api")


class ApiEntry:
    """Stands before the middlewares that only pages need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            _take_body(request)
            response = answer_token(request) if "HTTP_AUTHORIZATION" in request.META else self.get_response(request)
        except Stopped as stopped:
            response = answer(request, stopped)
        if response.status_code >= 400 and response.headers.get("Content-Type") != MEDIA_TYPE:
            response = _as_problem(request, response)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def answer_token(request: HttpRequest) -> HttpResponseBase:
    """A request with a token. Raises ``Stopped``."""
    try:
        request.get_host()
        if request.path_info == FACTS and request.method == "POST" and not request.META.get("QUERY_STRING"):
            return take_fact(request, _caller(request), request.body)
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    except Http404:
        raise Stopped(404, "not_found") from None
    except (DisallowedHost, SuspiciousOperation):
        raise Stopped(400, "bad_request") from None
    except Stopped:
        raise
    except Exception as error:
        raise stop_for_mistake(request, error) from error
    return response


def _caller(request: HttpRequest) -> Caller:
    secret = bearer_secret(request)
    caller = caller_of_token(secret) if secret else None
    if caller is None:
        raise Stopped(401, "unauthorized")
    return caller


def stop_for_mistake(request: HttpRequest, error: Exception) -> Stopped:
    """What a failure that nobody foresaw looks like from outside. It is logged with its traceback."""
    if isinstance(error, DatabaseError) and any(word in str(error) for word in ("locked", "busy")):
        return Stopped(503, "unavailable")
    got_request_exception.send(sender=ApiEntry, request=request)
    log.error("%s %s failed", request.method, request.path_info, exc_info=error)
    return Stopped(500, "server_error")


def _take_body(request: HttpRequest) -> None:
    """Read the body, within the API's own limit. Raises ``Stopped``: 413, 415, 422 for a NUL in the address."""
    meta = request.META
    if "\0" in request.path_info or "%00" in meta.get("QUERY_STRING", ""):
        raise Stopped(422, "invalid", {"count": "1"}, [Finding("text_not_storable", {"field": "URL"})])
    if request.method not in WITH_BODY:
        return
    length = meta.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > LARGEST_BODY:
        raise Stopped(413, "body_too_large", {"limit": str(LARGEST_BODY)})
    # Django's own limit is for forms, and too small for a batch of facts.
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise Stopped(413, "body_too_large", {"limit": str(LARGEST_BODY)})
    request._body = body  # noqa: SLF001 -- where ``request.body`` looks first
    kind = (request.content_type or "").lower()
    if body and kind != "application/json":
        raise Stopped(415, "media_type_unsupported")


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An error that Django or ninja answered with a page or a text of their own."""
    params: dict[str, Any] = {"limit": str(LARGEST_BODY)} if response.status_code == 413 else {}
    code = _CODES.get(response.status_code, "server_error" if response.status_code >= 500 else "bad_request")
    return answer(request, Stopped(response.status_code, code, params, allow=response.headers.get("Allow", "")))
