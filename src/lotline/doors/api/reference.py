"""The API's reference as a page: rendered here from the OpenAPI document, so that it loads nothing from anywhere and needs no script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lotline.doors.api.application import api

METHODS = ("get", "post", "patch")
Schema = Mapping[str, Any]
EXAMPLE_FACT = {
    "kind": "receive",
    "happened_at": "2026-11-17T08:43:00+08:00",
    "key": "wms-4711-1",
    "moves": [{"item": "BEEF", "lot": "B-1117", "quantity": "12.5", "unit": "kg", "source": "SUP-01", "target": "COLD-1"}],
    "births": [{"item": "BEEF", "lot": "B-1117", "supplier": "SUP-01", "supplier_lot": "88-2041"}],
}


def show_reference(request: HttpRequest) -> HttpResponse:
    """Open to everybody, as the OpenAPI document is: neither holds anything of the plant."""
    return render(request, "api/reference.html", {"reference": reference(), "example": json.dumps(EXAMPLE_FACT, indent=2)})


@lru_cache(maxsize=1)
def reference() -> dict[str, Any]:
    """The OpenAPI document in the order in which a person reads it."""
    document = api.get_openapi_schema()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                groups.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    paragraphs = [_plain(text) for text in document["info"]["description"].split("\n\n")]
    return {
        "version": document["info"]["version"],
        "paragraphs": paragraphs,
        "groups": [{"name": name, "operations": found} for name, found in groups.items()],
    }


def _operation(document: Schema, path: str, method: str, operation: Schema) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "id": operation["operationId"].rsplit("_api_", 1)[-1],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": _plain(operation.get("description", "")),
        "parameters": [_parameter(parameter) for parameter in operation["parameters"]],
        "fields": list(_fields(document, body)) if body else [],
        "answers": [_answer(document, status, answer) for status, answer in operation["responses"].items()],
    }


def _plain(text: str) -> str:
    """A paragraph in one line, without the marks of Markdown."""
    return " ".join(text.split()).replace("`", "")


def _parameter(parameter: Schema) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "kind": _kind(parameter["schema"]),
        "required": parameter.get("required", False),
        "text": parameter.get("description", ""),
    }


def _answer(document: Schema, status: str, answer: Schema) -> dict[str, Any]:
    content = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return {
        "status": status,
        "text": answer["description"],
        "media": ", ".join(content),
        "fields": list(_fields(document, schema)) if schema else [],
    }


def _fields(document: Schema, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[dict[str, Any]]:
    """One row a field; those of objects and lists of objects follow with a dotted name."""
    schema = _resolved(document, schema)
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        inner = _inner(document, field)
        yield {
            "name": prefix + name,
            "kind": _kind(field),
            "required": name in required,
            "text": field.get("description", "") or (inner.get("description", "") if inner else ""),
        }
        if inner and depth < 3:
            yield from _fields(document, inner, f"{prefix}{name}{'[]' if field.get('type') == 'array' else ''}.", depth + 1)


def _inner(document: Schema, field: Schema) -> Schema | None:
    """The object that a field holds, alone or in a list."""
    candidates = [field.get("items", field), *field.get("anyOf", ())]
    for candidate in candidates:
        resolved = _resolved(document, candidate)
        if "properties" in resolved:
            return resolved
    return None


def _resolved(document: Schema, schema: Schema) -> Schema:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: Schema = document["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Schema) -> str:
    """A type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_kind(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", "any"))
