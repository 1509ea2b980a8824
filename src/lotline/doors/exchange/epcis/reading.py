"""The way in: bytes of an EPCIS document to a typed document and all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from .event_builder import build_event
from .fields import FieldReader
from .identity import same_event
from .json_source import read_json
from .model import Document, Event, Extension, MasterDatum
from .problems import InvalidDocument, Problem
from .raw import Notes, Raw, RawDocument
from .xml_source import read_xml

#: Larger documents are split by their sender: one document is one transaction.
MAX_BYTES = 64 * 1024 * 1024
_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "2.0")


@dataclass(frozen=True)
class Reading:
    """What was read. ``document`` holds the events that could be made out, in order, even when there are problems.

    Only ``require_valid`` and ``require_readable`` hand out a document that may be acted upon.
    """

    document: Document | None
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.document is not None and not self.problems

    def require_valid(self) -> Document:
        """Return the document; raises InvalidDocument with every problem."""
        if self.document is None or self.problems:
            raise InvalidDocument(self.problems)
        return self.document

    def require_readable(self) -> Document:
        """Return the document if all that is wrong leaves only one reading; raises InvalidDocument with the rest."""
        hard = tuple(problem for problem in self.problems if not problem.repairable)
        if self.document is None or hard:
            raise InvalidDocument(hard or self.problems)
        return self.document


def read_document(data: bytes, *, any_order: bool = False, max_bytes: int = MAX_BYTES) -> Reading:
    """Read an EPCIS document, query result or single event, in JSON or XML; the first character tells which.

    ``any_order`` lets XML elements stand in any order. Never raises for bad input: see ``Reading.problems``.
    """
    notes = Notes()
    raw = _read_raw(data, notes, any_order=any_order, max_bytes=max_bytes)
    if raw is None:
        return Reading(None, tuple(notes.problems))
    if raw.version and not raw.version.startswith(_VERSIONS) and raw.version not in ("0", "1", "2"):
        notes.add("unknown_version", "schemaVersion", version=raw.version)
    built: list[tuple[int, Event]] = []
    for place, (item, namespaces) in enumerate(raw.events):
        notes.enter_event(place, _event_id(item))
        reader = FieldReader(notes, namespaces, textual=raw.textual, version=raw.version)
        event = build_event(item, reader)
        if event is not None:
            built.append((place, event))
    notes.enter_event(None)
    built = _drop_repeats(built, notes)
    document = Document(
        type=raw.type,
        version=raw.version,
        events=tuple(event for _, event in built),
        positions=tuple(place for place, _ in built),
        master_data=_master_data(raw),
        creation_date=raw.creation_date,
        query_name=raw.query_name,
        subscription_id=raw.subscription_id,
    )
    return Reading(document, tuple(sorted(notes.problems, key=lambda problem: -1 if problem.event is None else problem.event)))


def _read_raw(data: bytes, notes: Notes, *, any_order: bool, max_bytes: int) -> RawDocument | None:
    """Choose the syntax."""
    if len(data) > max_bytes:
        notes.add("too_large", size=len(data), limit=max_bytes)
        return None
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:4]
    if not start:
        notes.add("empty_document")
        return None
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_xml(data, notes, any_order=any_order)
    return read_json(data, notes)


def _event_id(raw: Raw) -> str:
    found = raw.get("eventID") if isinstance(raw, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _drop_repeats(built: list[tuple[int, Event]], notes: Notes) -> list[tuple[int, Event]]:
    """Keep one of events that are the same twice. An error declaration carries the id of the event that it is about."""
    first: dict[tuple[str, bool], tuple[int, Event]] = {}
    kept = []
    for place, event in built:
        key = (event.event_id, event.error_declaration is not None)
        known = first.setdefault(key, (place, event)) if event.event_id else (place, event)
        if known[0] == place:
            kept.append((place, event))
            continue
        notes.enter_event(place, event.event_id)
        same = same_event(known[1], event)
        notes.add("duplicate_event_id" if same else "conflicting_event_id", "eventID", first=known[0] + 1)
        if not same:
            kept.append((place, event))
    notes.enter_event(None)
    return kept


def _master_data(raw: RawDocument) -> tuple[MasterDatum, ...]:
    """Read the vocabularies of the header. They only give names, so what is odd there is left out, not refused."""
    reader = FieldReader(Notes(), raw.namespaces, textual=raw.textual, version=raw.version)
    found: list[MasterDatum] = []
    for vocabulary in raw.master_data:
        fields = vocabulary if isinstance(vocabulary, dict) else {}
        kind, elements = str(fields.get("type") or ""), fields.get("vocabularyElementList")
        named = (
            element
            for element in (elements if isinstance(elements, list) else [])
            if isinstance(element, dict) and isinstance(element.get("id"), str)
        )
        found.extend(_master_datum(kind, element, reader) for element in named)
    return tuple(found)


def _master_datum(vocabulary: str, element: dict[str, Raw], reader: FieldReader) -> MasterDatum:
    attributes: dict[str, Extension] = {}
    listed = element.get("attributes")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            value = reader.extension(item.get("attribute"))
            if value is not None:
                attributes[str(item["id"])] = value
    children = element.get("children")
    names = tuple(str(child) for child in children if isinstance(child, str)) if isinstance(children, list) else ()
    return MasterDatum(vocabulary, str(element["id"]), attributes, names)
