"""Primary keys: time-ordered UUIDs (version 7), made in Python, sixteen bytes on every engine.

No sequence and no identity column: rows made in different plants never clash, and rows of one day lie side by side.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import uuid_utils
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from uuid_utils.compat import uuid7

from lotline.core.ledger.ids import Id

_blank, _fill = object.__new__, object.__setattr__


_UNKNOWN = uuid.SafeUUID.unknown  # looked up once: an attribute of an enum is slow


def new_id() -> uuid.UUID:
    """A fresh version-7 UUID (RFC 9562)."""
    return uuid7()


class UuidField(models.UUIDField):  # type: ignore[type-arg]  # the stubs make UUIDField generic, Django does not
    """A UUID, kept as ``uuid`` on PostgreSQL and as a 16-byte BLOB elsewhere.

    Django would store 32 hexadecimal characters on SQLite; in the covering indexes of the journal that doubles every entry.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "uuid" if connection.vendor == "postgresql" else "blob"

    def get_internal_type(self) -> str:
        # Not "UUIDField": SQLite's backend would decode hexadecimal text for that name.
        return "LotlineUuidField"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 -- Django's signature
        if value is None:
            return None
        return to_db(self.to_python(value), connection)

    def from_db_value(self, value: Any, _expression: object, _connection: BaseDatabaseWrapper) -> uuid.UUID | None:
        return from_db(value)


def to_db(value: uuid.UUID, connection: BaseDatabaseWrapper) -> uuid.UUID | bytes:
    """``value`` as this engine's drivers take it in raw SQL."""
    return value if connection.vendor == "postgresql" else value.bytes


def native_ids(connection: BaseDatabaseWrapper) -> Callable[[], Id]:
    """A maker of fresh keys in the form in which raw SQL of this engine takes and compares them."""
    if connection.vendor == "postgresql":
        return lambda: str(uuid_utils.uuid7())
    return lambda: uuid_utils.uuid7().bytes


def native_id(value: uuid.UUID | bytes | str, connection: BaseDatabaseWrapper) -> Id:
    """A key, however it came, in that form."""
    if connection.vendor == "postgresql":
        return value if isinstance(value, str) else str(value)
    return value.bytes if isinstance(value, uuid.UUID) else value


def as_uuid(value: Id) -> uuid.UUID:
    """A key in that form as a UUID."""
    if isinstance(value, bytes):
        return read_id(value)
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def id_text(value: Id) -> str:
    """The text form (8-4-4-4-12 hexadecimal digits) of a key in that form."""
    if isinstance(value, bytes):
        digits = value.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return str(value)


def read_id(value: uuid.UUID | bytes) -> uuid.UUID:
    """A key as raw SQL returned it, as a UUID. A trace reads a hundred thousand of them: this is ``UUID(bytes=value)`` without
    the checks of its constructor, in half the time.
    """
    if not isinstance(value, bytes):
        return value
    result = _blank(uuid.UUID)
    _fill(result, "int", int.from_bytes(value, "big"))
    _fill(result, "is_safe", _UNKNOWN)
    return result


def from_db(value: uuid.UUID | bytes | None) -> uuid.UUID | None:
    """A key as raw SQL returned it."""
    if value is None or isinstance(value, uuid.UUID):
        return value
    return uuid.UUID(bytes=bytes(value))
