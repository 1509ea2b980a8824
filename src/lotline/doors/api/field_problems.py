"""What the validators (pydantic) found wrong with a field, as codes and parameters of ours: their own words are English only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Codes that our own validators raise.
OWN_CODES = frozenset({"quantity_as_float", "quantity_negative", "not_a_number", "moment_not_rfc3339"})
_CODES = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_too_short": "text_too_short",
    "string_too_long": "text_too_long",
    "too_short": "list_too_short",
    "too_long": "list_too_long",
    "greater_than_equal": "number_too_small",
    "greater_than": "number_too_small",
    "less_than_equal": "number_too_large",
    "less_than": "number_too_large",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "string_pattern_mismatch": "not_of_the_form",
    "string_type": "not_a_text",
    "string_unicode": "not_a_text",
    "int_type": "not_a_whole_number",
    "int_parsing": "not_a_whole_number",
    "int_from_float": "not_a_whole_number",
    "int_parsing_size": "not_a_whole_number",
    "bool_type": "not_true_or_false",
    "bool_parsing": "not_true_or_false",
    "list_type": "not_a_list",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "uuid_type": "not_an_id",
    "uuid_parsing": "not_an_id",
    "uuid_version": "not_an_id",
}
_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt")


def code_of(error: Mapping[str, Any]) -> str:
    """Our code for one error of pydantic; ``field_invalid`` for a kind that we do not know."""
    kind = error["type"]
    return str(kind) if kind in OWN_CODES else _CODES.get(kind, "field_invalid")


def params_of(error: Mapping[str, Any], field: str) -> dict[str, str]:
    """What the sentence names: the field, the limit or the choices, and pydantic's words for whoever looks for them."""
    context = error.get("ctx") or {}
    params = {"field": field, "detail": str(error["msg"])}
    if limit := next((str(context[name]) for name in _LIMITS if name in context), ""):
        params["limit"] = limit
    if "expected" in context:
        params["choices"] = str(context["expected"]).replace(" or ", ", ").replace("'", "")
    if "pattern" in context:
        params["pattern"] = str(context["pattern"])
    return params


def place_of_json_error(message: str) -> dict[str, str]:
    """Line and column, from 1, of what is no JSON."""
    found = re.search(r"line (\d+) column (\d+)", message)
    return {"detail": message, "line": found[1] if found else "1", "column": found[2] if found else "1"}
