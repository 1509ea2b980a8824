"""What an event says, in one form for all its spellings, and the digest of it.

Two events are the same when they say the same: the order in which lists name things, the spelling of an identifier, the
time zone and the syntax do not matter. ``recordTime`` is left out, because it tells of the sender's store, not of the event.
The digest is our own and is not the event hash of the CBV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

from lotline.core.canonical import Json, canonical_bytes, sha256_hex

from .identifiers import parse_identifier
from .model import Event

_LEFT_OUT = frozenset({"record_time"})
#: Fields that hold an identifier, or a list of them.
_IDENTIFIERS = frozenset({"epcs", "child_epcs", "input_epcs", "output_epcs", "parent_id", "epc_class", "id", "transformation_id"})
#: Mappings by name: their texts are identifiers where the standard wants a URI, and numbers are plain already.
_NAMED_IDENTIFIERS = frozenset(
    "deviceID deviceMetadata rawData dataProcessingMethod bizRules uriValue microorganism chemicalSubstance".split()
)


def event_content(event: Event) -> Mapping[str, Json]:
    """Return all that the event says; equal for events that say the same."""
    content = _content(event, "")
    assert isinstance(content, Mapping)
    return {"type": event.type, **content}


def event_digest(event: Event) -> str:
    """Return the SHA-256 of what the event says, 64 hexadecimal digits."""
    return sha256_hex(canonical_bytes(event_content(event)))


def event_record(event: Event) -> Mapping[str, Json]:
    """Return all that the event says with the identifiers and the order of the sender, for keeping."""
    found = {field.name: _as_sent(getattr(event, field.name)) for field in fields(event) if getattr(event, field.name) not in _NOTHING}
    return {"type": event.type, **found}


_NOTHING: tuple[object, ...] = (None, "", (), {})


def _as_sent(value: object) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _as_sent(getattr(value, field.name)) for field in fields(value) if getattr(value, field.name) not in _NOTHING}
    if isinstance(value, Mapping):
        return {str(key): _as_sent(inner) for key, inner in value.items()}
    return [_as_sent(inner) for inner in value] if isinstance(value, tuple) else str(value)


def same_event(one: Event, other: Event) -> bool:
    """Whether two events say the same."""
    return event_content(one) == event_content(other)


def _content(value: object, name: str) -> Json:
    """Return a value in canonical form. Lists are sets in EPCIS, except within fields of the sender's own."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return parse_identifier(value).canonical if name in _IDENTIFIERS or name in _NAMED_IDENTIFIERS else value
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _content(getattr(value, field.name), field.name) for field in fields(value) if field.name not in _LEFT_OUT}
        return {key: inner for key, inner in found.items() if inner not in (None, "", [], {})}
    if isinstance(value, Mapping):
        return {str(key): _content(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, tuple):
        listed = [_content(inner, name) for inner in value]
        return listed if name.startswith("{") else _sorted_unique(listed)
    return None


def _sorted_unique(items: list[Json]) -> list[Json]:
    """Return the items of a set in one order, each once unless it is a quantity that adds up."""
    keyed = sorted((canonical_bytes(item), place) for place, item in enumerate(items))
    found: list[Json] = []
    latest = b""
    for key, place in keyed:
        if key != latest or isinstance(items[place], Mapping):
            found.append(items[place])
        latest = key
    return found
