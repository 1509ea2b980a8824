"""One model of EPCIS events, whatever the document was written in.

Times are instants in UTC; the offset that the sender saw is kept beside them. Numbers are plain decimal texts in
their shortest form ("26", not "26.0"), never floats. Words of the CBV are bare ("shipping"). Fields of other
namespaces are kept under ``{namespace}name``, their values as text, list or mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

Extension: TypeAlias = "str | tuple[Extension, ...] | Mapping[str, Extension]"
Extensions: TypeAlias = Mapping[str, Extension]


class Action(StrEnum):
    """How an event relates to the life of what it names."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


@dataclass(frozen=True)
class QuantityElement:
    """So much of a class. ``quantity`` None means that it is not told; without ``uom`` it counts pieces."""

    epc_class: str
    quantity: str | None = None
    uom: str = ""


@dataclass(frozen=True)
class TypedReference:
    """A business transaction, a source or a destination: what it is to the event, and its identifier."""

    type: str
    id: str


@dataclass(frozen=True)
class Location:
    """A read point or business location."""

    id: str
    extensions: Extensions = field(default_factory=dict)


@dataclass(frozen=True)
class PersistentDisposition:
    """Conditions that begin to hold and cease to hold."""

    set: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErrorDeclaration:
    """The event with the same id was wrong."""

    declaration_time: datetime
    reason: str = ""
    corrective_event_ids: tuple[str, ...] = ()
    extensions: Extensions = field(default_factory=dict)


@dataclass(frozen=True)
class SensorReport:
    """One reading or its summary. ``values`` holds the fields of the standard by name: numbers as decimal texts."""

    type: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    extensions: Extensions = field(default_factory=dict)


@dataclass(frozen=True)
class SensorElement:
    """Readings of one device or one window of time."""

    reports: tuple[SensorReport, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    metadata_extensions: Extensions = field(default_factory=dict)
    extensions: Extensions = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What all events tell: when, where, why."""

    type: ClassVar[str] = ""

    event_time: datetime
    event_time_zone_offset: str
    record_time: datetime | None = None
    event_id: str = ""
    biz_step: str = ""
    disposition: str = ""
    persistent_disposition: PersistentDisposition | None = None
    read_point: Location | None = None
    biz_location: Location | None = None
    biz_transactions: tuple[TypedReference, ...] = ()
    sources: tuple[TypedReference, ...] = ()
    destinations: tuple[TypedReference, ...] = ()
    sensor_elements: tuple[SensorElement, ...] = ()
    certification_info: tuple[str, ...] = ()
    error_declaration: ErrorDeclaration | None = None
    extensions: Extensions = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ObjectEvent(Event):
    """Objects were made, seen or destroyed."""

    type: ClassVar[str] = "ObjectEvent"

    action: Action
    epcs: tuple[str, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()
    ilmd: Extensions = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AggregationEvent(Event):
    """Children were put into, seen in or taken out of a parent."""

    type: ClassVar[str] = "AggregationEvent"

    action: Action
    parent_id: str = ""
    child_epcs: tuple[str, ...] = ()
    child_quantities: tuple[QuantityElement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AssociationEvent(AggregationEvent):
    """Children were fixed to, seen on or taken off an asset or place."""

    type: ClassVar[str] = "AssociationEvent"


@dataclass(frozen=True, kw_only=True)
class TransactionEvent(Event):
    """Objects were tied to, or freed from, business transactions."""

    type: ClassVar[str] = "TransactionEvent"

    action: Action
    parent_id: str = ""
    epcs: tuple[str, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TransformationEvent(Event):
    """Inputs became outputs. Events of one ``transformation_id`` are one transformation; empty means that there is none."""

    type: ClassVar[str] = "TransformationEvent"

    input_epcs: tuple[str, ...] = ()
    input_quantities: tuple[QuantityElement, ...] = ()
    output_epcs: tuple[str, ...] = ()
    output_quantities: tuple[QuantityElement, ...] = ()
    transformation_id: str = ""
    ilmd: Extensions = field(default_factory=dict)


EVENT_CLASSES: Mapping[str, type[Event]] = {
    kind.type: kind for kind in (ObjectEvent, AggregationEvent, AssociationEvent, TransactionEvent, TransformationEvent)
}


@dataclass(frozen=True)
class MasterDatum:
    """One element of the vocabularies in a document header."""

    vocabulary: str
    id: str
    attributes: Mapping[str, Extension] = field(default_factory=dict)
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document as it was read. ``type`` is EPCISDocument, EPCISQueryDocument or the type of a bare event."""

    type: str
    version: str
    events: tuple[Event, ...]
    positions: tuple[int, ...]  # place of each event in the sender's list, from 0
    master_data: tuple[MasterDatum, ...] = ()
    creation_date: str = ""
    query_name: str = ""
    subscription_id: str = ""
