"""EPCIS 2.0 and 1.x XML: bytes to raw events in the shape of EPCIS JSON.

The schema of the standard may not be redistributed, so its order of elements is a table here (``_ORDER``). Elements of
EPCIS may be written without a namespace, as the schema wants, or with the EPCIS one, as some senders do: both are read,
because neither can be misunderstood. Elements in a wrong order are refused, as the schema does.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from .model import EVENT_CLASSES
from .raw import MAX_DEPTH, STANDARD_PREFIXES, Namespaces, Notes, Raw, RawDocument

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_START = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo", "baseExtension")
_WHERE = ("bizStep", "disposition", "readPoint", "bizLocation")
_PARTIES = ("sourceList", "destinationList")
#: The last three are compared as one place: released versions of the schema differ in their order.
_TAIL = ("sensorElementList", "persistentDisposition", "ilmd")
_ORDER: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": (*_START, "epcList", "action", *_WHERE, "bizTransactionList", "quantityList", *_PARTIES, *_TAIL),
    "AggregationEvent": (
        *_START, "parentID", "childEPCs", "action", *_WHERE, "bizTransactionList", "childQuantityList", *_PARTIES, *_TAIL,
    ),
    "AssociationEvent": (
        *_START, "parentID", "childEPCs", "childQuantityList", "action", *_WHERE, "bizTransactionList", *_PARTIES, *_TAIL,
    ),
    "TransactionEvent": (
        *_START, "bizTransactionList", "parentID", "epcList", "action", *_WHERE, "quantityList", *_PARTIES, *_TAIL,
    ),
    "TransformationEvent": (
        *_START, "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", *_WHERE,
        "bizTransactionList", *_PARTIES, *_TAIL,
    ),
}  # fmt: skip
_TEXTS = frozenset(
    """eventTime recordTime eventTimeZoneOffset eventID action bizStep disposition parentID transformationID
    declarationTime reason epcClass quantity uom id""".split()
)
_EPC_LISTS = frozenset("epcList childEPCs inputEPCList outputEPCList".split())
_QUANTITY_LISTS = frozenset("quantityList childQuantityList inputQuantityList outputQuantityList".split())
_TYPED_LISTS = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}


class _Builder(TreeBuilder):
    """Builds the tree, stops at the depth limit and remembers which prefixes are declared at each event."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.declared: list[tuple[str, str]] = []
        self.scopes: dict[Element, dict[str, str]] = {}

    def start_ns(self, prefix: str, uri: str) -> None:
        """A prefix comes into force with the next element."""
        self.declared.append((prefix or "", uri))

    def end_ns(self, prefix: str) -> None:
        """The latest declaration of the prefix ends."""
        for place in range(len(self.declared) - 1, -1, -1):
            if self.declared[place][0] == (prefix or ""):
                del self.declared[place]
                return

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Open an element."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep
        element: Element = super().start(tag, attrs)
        if _local(tag) in EVENT_CLASSES:
            self.scopes[element] = {prefix: uri for prefix, uri in self.declared if prefix}
        return element

    def end(self, tag: str) -> Element:
        """Close an element."""
        self.depth -= 1
        return super().end(tag)


class _TooDeep(Exception):
    """More levels than any EPCIS document has."""


def read_xml(data: bytes, notes: Notes, *, any_order: bool = False) -> RawDocument | None:
    """Read an XML document. None when there is nothing to judge; the notes tell why.

    ``any_order`` lets elements stand in any order, for senders who are known to jumble them.
    """
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        parser.feed(data.removeprefix(b"\xef\xbb\xbf"))
        root: Element = parser.close()
    except _TooDeep:
        notes.add("too_deep", limit=MAX_DEPTH)
        return None
    except DefusedXmlException:
        notes.add("forbidden_xml")
        return None
    except (ParseError, LookupError, ValueError) as error:
        notes.add("broken_xml", detail=str(error))
        return None
    return _Translator(builder.scopes, notes, any_order=any_order).translate(root)


class _Translator:
    """Turns an element tree into raw events."""

    def __init__(self, scopes: Mapping[Element, Mapping[str, str]], notes: Notes, *, any_order: bool) -> None:
        self.scopes = scopes
        self.notes = notes
        self.any_order = any_order
        self.version_1 = False

    def translate(self, root: Element) -> RawDocument | None:
        """Read the envelope."""
        name = _local(root.tag)
        document = RawDocument(name, root.get("schemaVersion", "").strip(), root.get("creationDate", ""), textual=True)
        if name in EVENT_CLASSES:
            document.version = document.version or "2.0"
            document.events = [self._event(0, root)]
            return document
        if name not in ("EPCISDocument", "EPCISQueryDocument") or not _is_epcis(root.tag):
            self.notes.add("not_epcis", found=name)
            return None
        if root.tag.startswith("{") and root.tag.partition("}")[0].endswith(":1"):
            document.version = document.version if document.version.startswith("1") else "1.2"
        self.version_1 = document.version.startswith("1")
        for attribute in ("schemaVersion", "creationDate"):
            if name == "EPCISDocument" and not root.get(attribute):
                self.notes.add("missing", attribute)
        document.master_data = [self._vocabulary(item) for item in root.iter() if _local(item.tag) == "Vocabulary"]
        for item in root.iter():
            if _local(item.tag) in ("queryName", "subscriptionID"):
                text = (item.text or "").strip()
                if _local(item.tag) == "queryName":
                    document.query_name = text
                else:
                    document.subscription_id = text
        event_list = next((item for item in root.iter() if _local(item.tag) == "EventList"), None)
        if event_list is None:
            self.notes.add("no_events", "EPCISBody/EventList")
            return document
        document.events = [self._event(place, item) for place, item in enumerate(_flatten(event_list))]
        return document

    def _event(self, place: int, element: Element) -> tuple[Raw, Namespaces]:
        """Read one event; what is wrong with its form is noted under its place in the list."""
        self.notes.enter_event(place, self._event_id(element))
        name = _local(element.tag)
        raw: dict[str, Raw] = {"type": name}
        if name in EVENT_CLASSES:
            self._check_order(name, element)
            for child in _flatten(element):
                self._field(child, raw)
        self.notes.enter_event(None)
        return raw, Namespaces({**STANDARD_PREFIXES, **self.scopes.get(element, {})})

    @staticmethod
    def _event_id(element: Element) -> str:
        found = next((item for item in element.iter() if _local(item.tag) == "eventID"), None)
        return (found.text or "").strip() if found is not None else ""

    def _check_order(self, name: str, element: Element) -> None:
        """Note the first element that stands after one which must follow it."""
        if self.any_order:
            return
        places = {field: min(place, len(_ORDER[name]) - len(_TAIL)) for place, field in enumerate(_ORDER[name])}
        places["extension"] = len(_ORDER[name])
        latest, latest_name = -1, ""
        for child in element:
            place = places.get(_local(child.tag)) if _is_epcis(child.tag) else None
            if place is None or (self.version_1 and _local(child.tag) == "certificationInfo"):
                continue  # certificationInfo has no place in EPCIS 1.x, where senders put it last
            if place < latest:
                self.notes.add("wrong_order", _local(child.tag), field=_local(child.tag), before=latest_name)
                return
            latest, latest_name = place, _local(child.tag)

    def _field(self, element: Element, into: dict[str, Raw]) -> None:
        """Read one field of an event into the shape that it has in JSON."""
        name = _local(element.tag)
        if not _is_epcis(element.tag):
            _add_extension(into, element)
        elif name == "certificationInfo":
            found = into.setdefault(name, [])
            assert isinstance(found, list)
            found.append(_text(element))
        elif name in into:
            self.notes.add("repeated", name, field=name)
        else:
            into[name] = self._value(name, element)

    def _value(self, name: str, element: Element) -> Raw:
        """Read the content of one standard field."""
        if name in _EPC_LISTS:
            return self._items(element, "epc", name)
        if name in _QUANTITY_LISTS:
            return [self._object(item) for item in self._only(element, "quantityElement", name)]
        if name in _TYPED_LISTS:
            inner = _TYPED_LISTS[name]
            return [self._typed(item, inner) for item in self._only(element, inner, name)]
        if name == "sensorElementList":
            return [self._sensor(item) for item in self._only(element, "sensorElement", name)]
        if name == "persistentDisposition":
            sets: dict[str, Raw] = {}
            for child in element:
                found = sets.setdefault(_local(child.tag), [])
                assert isinstance(found, list)
                found.append(_text(child))
            return sets
        if name in ("readPoint", "bizLocation", "errorDeclaration"):
            return self._object(element)
        return _extension_object(element) if name == "ilmd" else _text(element)

    def _only(self, element: Element, name: str, path: str) -> list[Element]:
        """Return the children of a list; a child of another name is noted."""
        wanted = []
        for child in _flatten(element):
            if _local(child.tag) == name and _is_epcis(child.tag):
                wanted.append(child)
            else:
                self.notes.add("unexpected", path, field=_local(child.tag))
        return wanted

    def _items(self, element: Element, name: str, path: str) -> list[Raw]:
        return [_text(item) for item in self._only(element, name, path)]

    def _object(self, element: Element) -> dict[str, Raw]:
        """Read an element whose children are named texts and own fields."""
        found: dict[str, Raw] = {}
        for child in _flatten(element):
            name = _local(child.tag)
            if not _is_epcis(child.tag):
                _add_extension(found, child)
            elif name == "correctiveEventIDs":
                found[name] = self._items(child, "correctiveEventID", name)
            elif name in found:
                self.notes.add("repeated", name, field=name)
            elif child.get(f"{_XSI}nil") not in ("true", "1"):
                found[name] = _text(child)
        return found

    @staticmethod
    def _typed(element: Element, name: str) -> Raw:
        """Read a business transaction, source or destination."""
        found: dict[str, Raw] = {name: _text(element)}
        if element.get("type") is not None:
            found["type"] = element.get("type", "").strip()
        return found

    def _sensor(self, element: Element) -> Raw:
        """Read one sensor element: metadata and reports are attributes in XML."""
        found: dict[str, Raw] = {}
        reports: list[Raw] = []
        for child in _flatten(element):
            if not _is_epcis(child.tag):
                _add_extension(found, child)
            elif _local(child.tag) == "sensorReport":
                reports.append(_attributes(child))
            elif _local(child.tag) == "sensorMetadata":
                found["sensorMetadata"] = _attributes(child)
            else:
                self.notes.add("unexpected", "sensorElement", field=_local(child.tag))
        found["sensorReport"] = reports
        return found

    @staticmethod
    def _vocabulary(element: Element) -> Raw:
        """Read one vocabulary of the header."""
        items: list[Raw] = []
        for item in element.iter():
            if _local(item.tag) == "VocabularyElement":
                attributes: list[Raw] = [
                    {"id": child.get("id", ""), "attribute": _extension_value(child)} for child in item if _local(child.tag) == "attribute"
                ]
                children: list[Raw] = [_text(child) for group in item if _local(group.tag) == "children" for child in group]
                items.append({"id": item.get("id", ""), "attributes": attributes, "children": children})
        return {"type": element.get("type", ""), "vocabularyElementList": items}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _is_epcis(tag: str) -> bool:
    """Whether an element belongs to EPCIS: it has no namespace, or one of EPCIS itself."""
    return not tag.startswith("{") or tag.startswith(("{urn:epcglobal:epcis:xsd:", "{urn:epcglobal:epcis-query:xsd:"))


def _flatten(element: Element) -> list[Element]:
    """Return the children, with those inside the extension wrappers of EPCIS 1.x in place of the wrapper."""
    found: list[Element] = []
    for child in element:
        if _is_epcis(child.tag) and _local(child.tag) in ("extension", "baseExtension"):
            found.extend(_flatten(child))
        else:
            found.append(child)
    return found


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _attributes(element: Element) -> dict[str, Raw]:
    """Return the attributes, and own child elements, as fields."""
    found: dict[str, Raw] = {name: value.strip() for name, value in element.attrib.items() if not name.startswith(_XSI)}
    for child in element:
        _add_extension(found, child)
    return found


def _extension_object(element: Element) -> dict[str, Raw]:
    """Return the children of an element as own fields; repeated ones become a list."""
    found: dict[str, Raw] = {}
    for child in _flatten(element):
        _add_extension(found, child)
    return found


def _add_extension(into: dict[str, Raw], element: Element) -> None:
    """Add an own field; the second of the same name makes it a list."""
    value = _extension_value(element)
    if element.tag not in into:
        into[element.tag] = value
        return
    present = into[element.tag]
    if isinstance(present, list):
        present.append(value)
    else:
        into[element.tag] = [present, value]


def _extension_value(element: Element) -> Raw:
    """Return an own element as text, or as an object when it has children or attributes."""
    attributes: dict[str, Raw] = {
        name if name.startswith("{") else f"@{name}": value
        for name, value in element.attrib.items()
        if not name.startswith(_XSI) and name != "id"
    }
    if not len(element):
        return {**attributes, "#text": _text(element)} if attributes else _text(element)
    return {**attributes, **_extension_object(element)}
