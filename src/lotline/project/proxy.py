"""What a proxy in front of Lotline changes: whose address a request has, and whether cookies need TLS."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from django.http import HttpRequest


def only_tls(origins: Sequence[str]) -> bool:
    """Whether pages are reached with TLS and in no other way: origins are named, and every one begins with https."""
    return bool(origins) and all(origin.strip().lower().startswith("https://") for origin in origins)


def client_of_connection(request: HttpRequest) -> str | None:
    """The address that is connected to us: of a proxy, if there is one."""
    return request.META.get("REMOTE_ADDR")


def client_behind_proxy(request: HttpRequest) -> str | None:
    """The last address in X-Forwarded-For: the one that our own proxy wrote. Those before it are what the client claims."""
    last = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return client_of_connection(request)
