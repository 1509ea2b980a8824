"""How a column's values are spelled in a backup, and read from and written to each engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.db.models import Field, ForeignKey, Model

FORMAT = "lotline-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
# Sessions, locks against guessing, content types and permissions are not records: they are made anew.
OURS = ("places", "people", "catalog", "journal", "genealogy", "web", "api", "exchange")

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and which kind of values it holds: ``uuid``, ``time``, ``bool``, ``json`` or ``plain``."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a backup."""

    name: str
    columns: tuple[Column, ...]

    @property
    def member(self) -> str:
        """Its name in the zip."""
        return f"tables/{self.name}.ndjson"


class UnknownColumn(TypeError):
    """A model has a field that a backup does not know how to spell: add its kind here."""


# Django's names for types of fields → kind. Decimal and float are not in it: quantities are integers, measurements text.
KINDS = {
    "LotlineUuidField": "uuid", "UUIDField": "uuid", "DateTimeField": "time", "BooleanField": "bool", "JSONField": "json",
    "CharField": "plain", "TextField": "plain", "EmailField": "plain", "SlugField": "plain", "IntegerField": "plain",
    "BigIntegerField": "plain", "SmallIntegerField": "plain", "PositiveIntegerField": "plain",
    "PositiveSmallIntegerField": "plain", "PositiveBigIntegerField": "plain",
}  # fmt: skip


def tables_of(apps: Apps) -> list[Table]:
    """Every table of ours, of the models as ``apps`` has them (today's, or those of an older state of migrations)."""
    models = [model for model in apps.get_models() if model._meta.app_label in OURS and model._meta.managed and not model._meta.proxy]
    return sorted((_table_of(model) for model in models), key=lambda table: table.name)


def _table_of(model: type[Model]) -> Table:
    fields = [field for field in model._meta.concrete_fields if field.column]
    return Table(model._meta.db_table, tuple(Column(str(field.column), _kind(field)) for field in fields))


def _kind(field: Field[Any, Any]) -> str:
    if isinstance(field, ForeignKey):
        return _kind(field.target_field)
    kind = KINDS.get(field.get_internal_type())
    if kind is None:
        raise UnknownColumn(f"{field.model._meta.label}.{field.name} is a {field.get_internal_type()}")
    return kind


# ---- spelling -----------------------------------------------------------------------------------------------------------------------


def spelling(columns: Sequence[Column], vendor: str) -> list[Convert | None]:
    """For each column, how a value of this engine's driver is written into a backup; ``None`` where it is as it is."""
    to_text: dict[str, Convert] = {"uuid": _spell_uuid, "time": _spell_time, "bool": bool, "json": _spell_json}
    del vendor  # drivers differ in types, and each function takes all of them
    return [_unless_null(to_text.get(column.kind)) for column in columns]


def reading(columns: Sequence[Column], vendor: str) -> list[Convert | None]:
    """For each column, how a value of a backup is given to this engine's driver."""
    sqlite: dict[str, Convert] = {"uuid": lambda text: UUID(text).bytes, "time": _sqlite_time, "bool": int, "json": json.dumps}
    postgresql: dict[str, Convert] = {"uuid": UUID, "time": datetime.fromisoformat, "json": json.dumps}
    kinds = postgresql if vendor == "postgresql" else sqlite
    return [_unless_null(kinds.get(column.kind)) for column in columns]


def converted(row: Sequence[Any], converts: Sequence[Convert | None]) -> list[Any]:
    """A row with each value converted."""
    return [value if convert is None else convert(value) for value, convert in zip(row, converts, strict=True)]


def _unless_null(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _spell_uuid(value: UUID | bytes) -> str:
    return str(value if isinstance(value, UUID) else UUID(bytes=bytes(value)))


def _spell_time(value: datetime | str) -> str:
    """ISO 8601 in UTC with microseconds. SQLite keeps UTC without saying so."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def _spell_json(value: Any) -> Any:
    """SQLite keeps text; psycopg parses."""
    return json.loads(value) if isinstance(value, str) else value


def _sqlite_time(text: str) -> str:
    """As Django writes it: without a zone, and without a fraction where there is none."""
    return str(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None))
