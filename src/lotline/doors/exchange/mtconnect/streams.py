"""Read MTConnectStreams documents (``/current`` and ``/sample`` of an agent) and the device model behind them.

Elements are found by their local name: agents extend the namespace (``urn:nist.gov:NistStreams:1.3`` adds
``ProgramEditName``) and raise its version, the places of the elements stay. The documents come from outside, so they
are parsed without entities and without a document type.
"""

from __future__ import annotations

from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from lotline.doors.exchange.mtconnect.observation import (
    BadLine,
    Condition,
    Observation,
    ObservationLog,
    parse_timestamp,
)
from lotline.doors.exchange.mtconnect.shdr import recorded

SECTIONS = frozenset({"Samples", "Events", "Condition"})
NAMESPACES = ("urn:mtconnect.org:MTConnectStreams:", "urn:mtconnect.org:MTConnectDevices:")


class UnreadableDocument(ValueError):
    """The bytes are no MTConnect document. ``code`` is a key of ``words.UNREADABLE``, ``line`` is 0 where none is known."""

    def __init__(self, code: str, detail: str = "", line: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.line = code, detail, line


def read_streams(source: IO[bytes]) -> tuple[ObservationLog, ...]:
    """Read a document: one log per device, observations in the order of their sequence numbers.

    Raises ``UnreadableDocument`` when it is no MTConnectStreams document. An observation that can not be read is named
    with its place among all observations of the document (from 1).
    """
    root = _parse(source, "MTConnectStreams")
    place = 0
    logs: list[ObservationLog] = []
    for device in _all(root, "DeviceStream"):
        entries: list[_Entry] = []
        for section in device.iter():
            if _local(section) in SECTIONS:
                for element in section:
                    place += 1
                    entries.append(_observation(element, place, condition=_local(section) == "Condition"))
        logs.append(_log(entries, device=device.get("name", "")))
    return tuple(logs)


def read_condition_items(source: IO[bytes], *, device: str) -> frozenset[str]:
    """Give the names (or ids, where an item has no name) of a device's conditions, as its adapter writes them."""
    root = _parse(source, "MTConnectDevices")
    names: set[str] = set()
    for found in _all(root, "Device"):
        if found.get("name") == device:
            items = [item for item in _all(found, "DataItem") if item.get("category") == "CONDITION"]
            names.update(item.get("name") or item.get("id") or "" for item in items)
    return frozenset(names)


class _Entry(NamedTuple):
    good: Observation | None
    bad: BadLine | None


def _log(entries: list[_Entry], *, device: str) -> ObservationLog:
    good = [entry.good for entry in entries if entry.good is not None]
    return ObservationLog(
        observations=tuple(sorted(good, key=lambda observation: observation.position)),
        bad_lines=tuple(entry.bad for entry in entries if entry.bad is not None),
        lines=len(entries),
        device=device,
    )


def _observation(element: Element, place: int, *, condition: bool) -> _Entry:
    timestamp, sequence = element.get("timestamp", ""), element.get("sequence", "")
    item = element.get("name") or element.get("dataItemId", "")
    at = parse_timestamp(timestamp)
    shown = f"{_local(element)} {item} {timestamp} {element.text or ''}".strip()[:120]
    if at is None:
        return _Entry(None, BadLine(place, "no_timestamp", shown))
    if not item:
        return _Entry(None, BadLine(place, "no_item", shown))
    if not (sequence.isascii() and sequence.isdigit()):
        return _Entry(None, BadLine(place, "no_sequence", shown))
    level = _local(element).upper() if condition else ""
    value = recorded(level if condition else element.text)
    details = None
    if condition and value is not None:
        details = Condition(
            level=level,
            native_code=element.get("nativeCode", ""),
            native_severity=element.get("nativeSeverity", ""),
            qualifier=element.get("qualifier", ""),
            text=(element.text or "").strip(),
        )
    observation = Observation(at=at, timestamp=timestamp, item=item, value=value, position=int(sequence), condition=details)
    return _Entry(observation, None)


def _parse(source: IO[bytes], expected: str) -> Element:
    try:
        root = ElementTree.parse(source, forbid_dtd=True).getroot()
    except ParseError as problem:
        raise UnreadableDocument("not_xml", str(problem), problem.position[0]) from problem
    except (DefusedXmlException, UnicodeError, LookupError) as problem:
        raise UnreadableDocument("forbidden_xml", type(problem).__name__) from problem
    if root is None or _local(root) != expected or not root.tag[1:].startswith(NAMESPACES):
        raise UnreadableDocument("other_document", "" if root is None else root.tag)
    return root


def _all(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if _local(element) == name]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
