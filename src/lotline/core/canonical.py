"""Canonical JSON (RFC 8785) for facts, and their SHA-256.

Facts hold only objects, lists, strings, integers, booleans and null. Without floats, JCS comes down to sorted keys, no
spaces and minimal escapes, which is what orjson writes; the tests compare it with an independent RFC 8785 library.
Floats and integers beyond ±(2⁵³−1) are refused, since other JSON readers would not give them back unchanged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import orjson

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool | None"

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64


# The first bytes of characters beyond the basic plane, in UTF-8.
_ASTRAL = re.compile(rb"[\xf0-\xf4]")


class NotCanonical(ValueError):
    """The value holds something that has no exact JSON form; the message names it."""


def canonical_bytes(value: Json) -> bytes:
    """UTF-8 bytes of ``value`` by RFC 8785. Raises ``NotCanonical``."""
    check_exact(value)
    return trusted_bytes(value)


def trusted_bytes(value: Json) -> bytes:
    """As ``canonical_bytes``, for a value that was checked already (its free part by ``check_exact``)."""
    try:
        data = orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)
        # Keys sort by UTF-16 code units (RFC 8785, 3.2.3). The bytes of UTF-8 give the same order unless a key beyond the
        # basic plane is among them; only then are the keys put in order by hand.
        if not data.isascii() and _ASTRAL.search(data):
            data = orjson.dumps(_sorted_by_utf16(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error
    return data


def check_exact(value: Json, depth: int = 0) -> None:
    """Refuse floats, integers beyond 2⁵³−1, keys that are not strings and nesting deeper than 64. Raises ``NotCanonical``."""
    if value is None or isinstance(value, str | bool):
        return
    if depth > DEEPEST:
        raise NotCanonical("nested too deep")
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"{value}: write integers beyond 2^53-1 as text")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{key!r}: keys are text")
            check_exact(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_exact(inner, depth + 1)
    else:
        raise NotCanonical(f"{value!r}: write numbers with decimals as text")


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: object) -> object:
    """A mapping that is not a dict (a read-only view, say) is written like one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r}: write numbers with decimals as text")


def _sorted_by_utf16(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _sorted_by_utf16(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_sorted_by_utf16(inner) for inner in value]
    return value
