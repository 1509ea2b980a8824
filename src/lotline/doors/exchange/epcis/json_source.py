"""EPCIS 2.0 JSON and JSON-LD: bytes to raw events. Nothing is fetched: contexts that are only named stay unseen."""

from __future__ import annotations

import json
import re
from typing import Any

from .model import EVENT_CLASSES
from .raw import MAX_DEPTH, STANDARD_PREFIXES, Namespaces, Notes, Number, Raw, RawDocument, measure_depth

_EPCIS_CONTEXT = re.compile(r"epcis-context\.jsonld$|^https?://(ref|ns)\.gs1\.org/standards/epcis", re.IGNORECASE)


class _DuplicateKey(ValueError):
    """An object that gives one key twice: JSON readers disagree about which one counts."""


def read_json(data: bytes, notes: Notes) -> RawDocument | None:
    """Read a JSON document. None when it is so broken that there is nothing to judge; the notes tell why."""
    before = len(notes.problems)
    tree = _load(data, notes)
    if len(notes.problems) > before:
        return None
    if not measure_depth(tree):
        notes.add("too_deep", limit=MAX_DEPTH)
        return None
    if not isinstance(tree, dict):
        notes.add("not_epcis", found=tree)
        return None
    kind = tree.get("type")
    if kind in ("EPCISDocument", "EPCISQueryDocument"):
        return _read_envelope(tree, str(kind), notes)
    if isinstance(kind, str) and kind in EVENT_CLASSES:
        return _read_bare_event(tree, kind, notes)
    notes.add("not_epcis", "type", found=kind)
    return None


def _load(data: bytes, notes: Notes) -> Raw:
    """Parse the text with numbers as they are written; None with a note when it is not JSON."""
    try:
        text = data.decode("utf-8-sig")
        return json.loads(  # type: ignore[no-any-return]
            text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
    except UnicodeDecodeError as error:
        notes.add("bad_encoding", byte=error.start)
    except json.JSONDecodeError as error:
        notes.add("broken_json", detail=error.msg, line=error.lineno, column=error.colno)
    except _DuplicateKey as error:
        notes.add("duplicate_key", key=str(error))
    except ValueError as error:
        notes.add("broken_json", detail=str(error), line=1, column=1)
    except RecursionError:
        notes.add("too_deep", limit=MAX_DEPTH)
    return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKey(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _read_envelope(tree: dict[str, Raw], kind: str, notes: Notes) -> RawDocument:
    """Read the outer form of a document or a query result."""
    document = RawDocument(kind, _text(tree.get("schemaVersion")), _text(tree.get("creationDate")))
    if "@context" not in tree:
        notes.add("no_context", "@context")
    document.namespaces = _extend(Namespaces(STANDARD_PREFIXES), tree.get("@context"))
    if kind == "EPCISDocument":
        for name in ("schemaVersion", "creationDate"):
            if not tree.get(name):
                notes.add("missing", name)
    header = tree.get("epcisHeader")
    master = header.get("epcisMasterData") if isinstance(header, dict) else None
    vocabularies = master.get("vocabularyList") if isinstance(master, dict) else None
    document.master_data = vocabularies if isinstance(vocabularies, list) else []
    body = tree.get("epcisBody")
    found = body if isinstance(body, dict) else {}
    path = "epcisBody.eventList"
    if kind == "EPCISQueryDocument":
        results = found.get("queryResults")
        results = results if isinstance(results, dict) else {}
        document.query_name = _text(results.get("queryName"))
        document.subscription_id = _text(results.get("subscriptionID"))
        inner = results.get("resultsBody")
        found, path = inner if isinstance(inner, dict) else {}, "epcisBody.queryResults.resultsBody.eventList"
    events = found.get("eventList")
    if not isinstance(events, list):
        notes.add("no_events", path)
        return document
    document.events = [(event, _event_namespaces(document.namespaces, event)) for event in events]
    return document


def _read_bare_event(tree: dict[str, Raw], kind: str, notes: Notes) -> RawDocument:
    """Read a document that is one event."""
    if "@context" not in tree:
        notes.add("no_context", "@context")
    document = RawDocument(kind, "2.0")
    document.namespaces = _extend(Namespaces(STANDARD_PREFIXES), tree.get("@context"))
    document.events = [(tree, document.namespaces)]
    return document


def _event_namespaces(outer: Namespaces, event: Raw) -> Namespaces:
    """Return the prefixes inside an event, which may declare more."""
    return _extend(outer, event["@context"]) if isinstance(event, dict) and "@context" in event else outer


def _extend(outer: Namespaces, context: Raw) -> Namespaces:
    """Add what a JSON-LD context declares: prefixes, own terms, a default vocabulary, contexts that are only named."""
    prefixes, terms = dict(outer.prefixes), dict(outer.terms)
    vocab, opaque = outer.vocab, outer.opaque
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, str):
            opaque = opaque or not _EPCIS_CONTEXT.search(part)
        elif isinstance(part, dict):
            for name, meaning in part.items():
                uri = meaning.get("@id") if isinstance(meaning, dict) else meaning
                if name == "@vocab" and isinstance(uri, str):
                    vocab = uri
                elif isinstance(uri, str) and not name.startswith("@"):
                    prefixes[name] = STANDARD_PREFIXES["cbvmda"] if name == "cbvmda" else uri
                    terms[name] = uri
    return Namespaces(prefixes, terms, vocab, opaque)


def _text(value: Raw) -> str:
    return value if isinstance(value, str) else ""
