"""From a raw event to the typed one: every rule of the standard about what an event must and may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import vocabulary as cbv
from .fields import FieldReader
from .model import (
    EVENT_CLASSES,
    Action,
    ErrorDeclaration,
    Event,
    Extensions,
    Location,
    PersistentDisposition,
    QuantityElement,
    SensorElement,
    SensorReport,
    TypedReference,
)
from .raw import Raw

_COMMON = """type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep disposition
    persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList sensorElementList""".split()
#: The fields of each type beyond the common ones, with their names in the model.
_OWN: Mapping[str, Mapping[str, str]] = {
    "ObjectEvent": {"action": "action", "epcList": "epcs", "quantityList": "quantities", "ilmd": "ilmd"},
    "AggregationEvent": {
        "action": "action", "parentID": "parent_id", "childEPCs": "child_epcs", "childQuantityList": "child_quantities",
    },
    "AssociationEvent": {
        "action": "action", "parentID": "parent_id", "childEPCs": "child_epcs", "childQuantityList": "child_quantities",
    },
    "TransactionEvent": {
        "action": "action", "parentID": "parent_id", "epcList": "epcs", "quantityList": "quantities",
    },
    "TransformationEvent": {
        "inputEPCList": "input_epcs", "inputQuantityList": "input_quantities", "outputEPCList": "output_epcs",
        "outputQuantityList": "output_quantities", "transformationID": "transformation_id", "ilmd": "ilmd",
    },
}  # fmt: skip
#: Lists that the JSON schema wants without repetition. The XML schema does not ask for it, so there they are merged.
_UNIQUE_LISTS = frozenset({"epcList", "inputEPCList", "outputEPCList"})

_METADATA_TIMES = ("time", "startTime", "endTime")
_METADATA_URIS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_REPORT_URIS = (*_METADATA_URIS, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue")
_REPORT_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_REPORT_TEXTS = ("stringValue", "uom")


def build_event(raw: Raw, reader: FieldReader) -> Event | None:
    """Build the typed event, noting all that is wrong. None when too little is left to make one."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in EVENT_CLASSES:
        reader.notes.add("unknown_event" if isinstance(raw, dict) and kind else "missing", "type", found=kind)
        return None
    parts = reader.split(raw, (*_COMMON, *_OWN[kind]), "")
    if parts is None:
        return None
    fields, extensions = parts
    values = _common_fields(fields, reader)
    for name, field in _OWN[kind].items():
        if name in fields:
            values[field] = _READERS[name](reader, fields[name], name)
    values["extensions"] = extensions
    _require(kind, fields, values, reader)
    kept = {name: value for name, value in values.items() if value is not None}
    needed = {"event_time", "event_time_zone_offset"} | ({"action"} if "action" in _OWN[kind] else set())
    return EVENT_CLASSES[kind](**kept) if needed <= kept.keys() else None


def _common_fields(fields: Mapping[str, Raw], reader: FieldReader) -> dict[str, Any]:
    """Read when, where, why and how."""
    values: dict[str, Any] = {}
    if "eventTimeZoneOffset" in fields:
        values["event_time_zone_offset"] = reader.offset(fields["eventTimeZoneOffset"], "eventTimeZoneOffset")
        reader.default_offset = values["event_time_zone_offset"] or reader.default_offset
    if "eventTime" in fields:
        values["event_time"] = reader.time(fields["eventTime"], "eventTime")
    for name, (field, read) in _COMMON_READERS.items():
        if name in fields:
            values[field] = read(reader, fields[name], name)
    for name in ("eventTime", "eventTimeZoneOffset"):
        if name not in fields:
            reader.notes.add("missing", name)
    return values


def _require(kind: str, fields: Mapping[str, Raw], values: Mapping[str, Any], reader: FieldReader) -> None:
    """Note what the type must say and does not."""
    if "action" in _OWN[kind] and "action" not in fields:
        reader.notes.add("missing", "action")
    action = values.get("action")
    if kind in ("ObjectEvent", "TransactionEvent"):
        sensed = kind == "ObjectEvent" and fields.get("sensorElementList") and fields.get("readPoint")
        deleted = kind == "TransactionEvent" and action is Action.DELETE
        if not ("epcList" in fields or fields.get("quantityList") or sensed or deleted):
            reader.notes.add("nothing_named")
    if kind == "TransactionEvent" and not fields.get("bizTransactionList"):
        reader.notes.add("no_transaction", "bizTransactionList")
    if kind in ("AggregationEvent", "AssociationEvent"):
        if action is not Action.DELETE and not (fields.get("childEPCs") or fields.get("childQuantityList")):
            reader.notes.add("no_children", "childEPCs")
        if "parentID" not in fields and (action is not Action.OBSERVE or kind == "AssociationEvent"):
            reader.notes.add("missing" if kind == "AssociationEvent" else "no_parent", "parentID")
    if kind == "TransformationEvent":
        inputs = bool(fields.get("inputEPCList") or fields.get("inputQuantityList"))
        outputs = bool(fields.get("outputEPCList") or fields.get("outputQuantityList"))
        if not (inputs and outputs) and not (values.get("transformation_id") and (inputs or outputs)):
            reader.notes.add("no_sides")
    if kind == "ObjectEvent" and "ilmd" in fields and action in (Action.OBSERVE, Action.DELETE):
        reader.notes.add("ilmd_not_allowed", "ilmd", action=str(action.value))


# --- parts of events ------------------------------------------------------------------------------------------


def _read_action(reader: FieldReader, raw: Raw, path: str) -> Action | None:
    text = reader.text(raw, path)
    if text is not None and text not in Action.__members__:
        reader.notes.add("bad_action", path, found=text)
        return None
    return None if text is None else Action(text)


def _read_epcs(reader: FieldReader, raw: Raw, path: str) -> tuple[str, ...]:
    return reader.uris(raw, path, unique=path in _UNIQUE_LISTS and not reader.textual)


def _read_quantities(reader: FieldReader, raw: Raw, path: str) -> tuple[QuantityElement, ...]:
    found = []
    for place, item in enumerate(reader.items(raw, path)):
        here = f"{path}[{place}]"
        parts = reader.split(item, ("epcClass", "quantity", "uom"), here)
        if parts is None:
            continue
        fields = parts[0]
        if "epcClass" not in fields:
            reader.notes.add("missing", f"{here}.epcClass")
            continue
        epc_class = reader.uri(fields["epcClass"], f"{here}.epcClass")
        quantity = reader.number(fields["quantity"], f"{here}.quantity") if "quantity" in fields else None
        uom = reader.unit(fields["uom"], f"{here}.uom") if "uom" in fields else ""
        if epc_class:
            found.append(QuantityElement(epc_class, quantity, uom))
    return tuple(found)


def _read_location(reader: FieldReader, raw: Raw, path: str) -> Location | None:
    parts = reader.split(raw, ("id",), path)
    if parts is None:
        return None
    if "id" not in parts[0]:
        reader.notes.add("missing", f"{path}.id")
        return None
    uri = reader.uri(parts[0]["id"], f"{path}.id")
    return Location(uri, parts[1]) if uri else None


def _typed_list(name: str, words: cbv.WordList, *, typed: bool) -> Callable[[FieldReader, Raw, str], Any]:
    """Return a reader of business transactions, sources or destinations. ``typed``: the type is required."""

    def read(reader: FieldReader, raw: Raw, path: str) -> tuple[TypedReference, ...]:
        found = []
        for place, item in enumerate(reader.items(raw, path)):
            here = f"{path}[{place}]"
            parts = reader.split(item, ("type", name), here)
            if parts is None:
                continue
            fields = parts[0]
            for needed in ("type", name) if typed else (name,):
                if needed not in fields:
                    reader.notes.add("missing", f"{here}.{needed}")
            kind = reader.word(fields["type"], words, f"{here}.type") if "type" in fields else ""
            uri = reader.uri(fields[name], f"{here}.{name}") if name in fields else None
            if uri is not None:
                found.append(TypedReference(kind or "", uri))
        return tuple(found)

    return read


def _read_certification(reader: FieldReader, raw: Raw, path: str) -> tuple[str, ...]:
    if isinstance(raw, list):
        return reader.uris(raw, path)
    uri = reader.uri(raw, path)
    return (uri,) if uri else ()


def _read_error(reader: FieldReader, raw: Raw, path: str) -> ErrorDeclaration | None:
    parts = reader.split(raw, ("declarationTime", "reason", "correctiveEventIDs"), path)
    if parts is None:
        return None
    fields, extensions = parts
    if "declarationTime" not in fields:
        reader.notes.add("missing", f"{path}.declarationTime")
        return None
    moment = reader.time(fields["declarationTime"], f"{path}.declarationTime")
    reason = reader.word(fields["reason"], cbv.ERROR_REASON, f"{path}.reason") if "reason" in fields else ""
    ids = fields.get("correctiveEventIDs")
    corrective = reader.uris(ids, f"{path}.correctiveEventIDs") if ids is not None else ()
    return ErrorDeclaration(moment, reason or "", corrective, extensions) if moment else None


def _read_disposition(reader: FieldReader, raw: Raw, path: str) -> str | None:
    words = cbv.DISPOSITION_1 if reader.version.startswith("1") else cbv.DISPOSITION
    return reader.word(raw, words, path)


def _read_persistent(reader: FieldReader, raw: Raw, path: str) -> PersistentDisposition | None:
    if not isinstance(raw, dict) or not raw:
        reader.notes.add("not_object", path, found=raw)
        return None
    found: dict[str, tuple[str, ...]] = {}
    for name, items in raw.items():
        if name not in ("set", "unset"):
            reader.notes.add("unexpected", f"{path}.{name}", field=name)
            continue
        words = [
            _read_disposition(reader, item, f"{path}.{name}[{place}]") for place, item in enumerate(reader.items(items, f"{path}.{name}"))
        ]
        found[name] = tuple(word for word in words if word)
    return PersistentDisposition(found.get("set", ()), found.get("unset", ()))


def _read_sensors(reader: FieldReader, raw: Raw, path: str) -> tuple[SensorElement, ...]:
    found = []
    for place, item in enumerate(reader.items(raw, path)):
        here = f"{path}[{place}]"
        parts = reader.split(item, ("type", "sensorMetadata", "sensorReport"), here)
        if parts is None:
            continue
        fields, extensions = parts
        if not fields.get("sensorReport"):
            reader.notes.add("no_report", f"{here}.sensorReport")
            continue
        reports = [
            _read_report(reader, report, f"{here}.sensorReport[{number}]")
            for number, report in enumerate(reader.items(fields["sensorReport"], f"{here}.sensorReport"))
        ]
        metadata, own = _read_metadata(reader, fields.get("sensorMetadata", {}), f"{here}.sensorMetadata")
        found.append(SensorElement(tuple(report for report in reports if report), metadata, own, extensions))
    return tuple(found)


def _read_metadata(reader: FieldReader, raw: Raw, path: str) -> tuple[Mapping[str, str], Extensions]:
    parts = reader.split(raw, ("type", *_METADATA_TIMES, *_METADATA_URIS), path)
    if parts is None:
        return {}, {}
    fields, extensions = parts
    values = {
        name: (reader.time_text if name in _METADATA_TIMES else reader.uri)(value, f"{path}.{name}")
        for name, value in fields.items()
        if name != "type"
    }
    return {name: value for name, value in values.items() if value}, extensions


def _read_report(reader: FieldReader, raw: Raw, path: str) -> SensorReport | None:
    parts = reader.split(raw, _REPORT_READERS, path)
    if parts is None:
        return None
    fields, extensions = parts
    if "type" not in fields and "exception" not in fields:
        reader.notes.add("no_report_type", path)
    values = {name: _REPORT_READERS[name](reader, value, f"{path}.{name}") for name, value in fields.items()}
    kind = values.pop("type", None) or ""
    return SensorReport(kind, {name: value for name, value in values.items() if value is not None}, extensions)


_REPORT_READERS: Mapping[str, Callable[[FieldReader, Raw, str], str | None]] = {
    "type": lambda reader, raw, path: reader.word(raw, cbv.MEASUREMENT_TYPE, path),
    "exception": lambda reader, raw, path: reader.word(raw, cbv.ALERT_TYPE, path),
    "component": lambda reader, raw, path: reader.word(raw, cbv.COMPONENT, path),
    "time": FieldReader.time_text,
    "booleanValue": FieldReader.boolean,
    "hexBinaryValue": FieldReader.hexadecimal,
    **dict.fromkeys(_REPORT_URIS, FieldReader.uri),
    **dict.fromkeys(_REPORT_NUMBERS, FieldReader.number),
    **dict.fromkeys(_REPORT_TEXTS, FieldReader.text),
}

_COMMON_READERS: Mapping[str, tuple[str, Callable[[FieldReader, Raw, str], Any]]] = {
    "recordTime": ("record_time", FieldReader.time),
    "eventID": ("event_id", FieldReader.uri),
    "certificationInfo": ("certification_info", _read_certification),
    "errorDeclaration": ("error_declaration", _read_error),
    "bizStep": ("biz_step", lambda reader, raw, path: reader.word(raw, cbv.BIZ_STEP, path)),
    "disposition": ("disposition", _read_disposition),
    "persistentDisposition": ("persistent_disposition", _read_persistent),
    "readPoint": ("read_point", _read_location),
    "bizLocation": ("biz_location", _read_location),
    "bizTransactionList": (
        "biz_transactions",
        _typed_list("bizTransaction", cbv.TRANSACTION_TYPE, typed=False),
    ),
    "sourceList": ("sources", _typed_list("source", cbv.PARTY_TYPE, typed=True)),
    "destinationList": ("destinations", _typed_list("destination", cbv.PARTY_TYPE, typed=True)),
    "sensorElementList": ("sensor_elements", _read_sensors),
}

_READERS: Mapping[str, Callable[[FieldReader, Raw, str], Any]] = {
    "action": _read_action,
    "ilmd": FieldReader.own_fields,
    "parentID": FieldReader.uri,
    "transformationID": FieldReader.uri,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _read_epcs),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _read_quantities),
}
