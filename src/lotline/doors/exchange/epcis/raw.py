"""What both syntaxes become before they are judged: plain dictionaries with the field names of EPCIS JSON.

Texts are ``str``, numbers ``Number`` (their digits as written), lists ``list``, objects ``dict``. Own fields of XML are
already ``{namespace}name``; those of JSON still carry their prefix, which ``Namespaces`` resolves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .problems import Problem

Raw: TypeAlias = "str | Number | bool | None | list[Raw] | dict[str, Raw]"

#: Deeper than any real document; keeps recursion over extensions bounded.
MAX_DEPTH = 64


class Number(str):
    """The digits of a JSON number as they were written; a text that is known not to have been quoted."""

    __slots__ = ()


@dataclass(frozen=True)
class Namespaces:
    """Prefixes that are known where a field stands. ``opaque`` means that a context was named that we can not see."""

    prefixes: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    vocab: str = ""
    opaque: bool = False

    def expand_field(self, name: str) -> str | None:
        """Return ``{namespace}name`` for an own field, None when the name belongs to nobody."""
        if name.startswith("{"):
            return name.replace("{urn:epcglobal:cbv:mda:}", "{urn:epcglobal:cbv:mda}", 1)  # both are in use
        prefix, colon, local = name.partition(":")
        if colon:
            namespace = self.prefixes.get(prefix)
            return f"{{{namespace}}}{local}" if namespace else name
        if name in self.terms:
            return self.terms[name]
        if self.vocab:
            return f"{{{self.vocab}}}{name}"
        return name if self.opaque else None

    def expand_value(self, text: str) -> str:
        """Return the full URI of a CURIE whose prefix was declared in the document, other texts as they are."""
        prefix, colon, local = text.partition(":")
        namespace = self.prefixes.get(prefix) if colon and not local.startswith("//") else None
        return f"{namespace}{local}" if namespace and prefix not in STANDARD_PREFIXES else text


#: Prefixes that the EPCIS context declares itself. Namespaces are spelled as XML documents spell them.
STANDARD_PREFIXES: Mapping[str, str] = {
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
    "epcis": "https://ref.gs1.org/epcis/",
}


@dataclass
class RawDocument:
    """A document in either syntax, not yet judged beyond its outer form."""

    type: str
    version: str = ""
    creation_date: str = ""
    query_name: str = ""
    subscription_id: str = ""
    textual: bool = False  # XML: numbers and booleans arrive as text
    events: list[tuple[Raw, Namespaces]] = field(default_factory=list)
    master_data: list[Raw] = field(default_factory=list)
    namespaces: Namespaces = field(default_factory=Namespaces)


class Notes:
    """Collects problems while a document is read, so that one bad field does not hide the next."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.event: int | None = None
        self.event_id = ""

    def add(self, code: str, path: str = "", **params: object) -> None:
        """Note a problem at the current event. Long values are shortened for the message."""
        words = {name: _short(value) for name, value in params.items()}
        self.problems.append(Problem(code, path, self.event, self.event_id, words))

    def enter_event(self, event: int | None, event_id: str = "") -> None:
        """Everything that is noted from here on belongs to this event."""
        self.event, self.event_id = event, event_id


def _short(value: object) -> str:
    """Return a value as it can stand in a message."""
    if isinstance(value, str):
        text: str = value
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, dict | list):
        text = "{…}" if isinstance(value, dict) else "[…]"
    else:
        text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def measure_depth(value: object, limit: int = MAX_DEPTH) -> bool:
    """Whether a tree stays within the depth limit. Walks with a stack of its own: no recursion to exhaust."""
    stack: list[tuple[object, int]] = [(value, 1)]
    while stack:
        node, depth = stack.pop()
        children = _children(node)
        if children is None:
            continue
        if depth > limit:
            return False
        stack.extend((child, depth + 1) for child in children)
    return True


def _children(node: object) -> Iterator[object] | None:
    if isinstance(node, dict):
        return iter(node.values())
    return iter(node) if isinstance(node, list) else None
