"""Words of the API's own problems. Those of the journal are in ``records.journal.words``."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from lotline.records.journal.words import sentence

SENTENCES = {
    "unauthorized": _("No valid token: send the header “Authorization: Bearer lot_…”."),
    "right_missing": _("This token or account does not have the right “{right}” in this plant."),
    "password_to_change": _("Somebody else made this password. Sign in on the pages and choose one of your own first."),
    "no_plant": _("This account has no role in any plant."),
    "csrf_failed": _("A request from a page needs its CSRF token."),
    "forbidden": _("This is not allowed."),
    "not_found": _("There is nothing here."),
    "method_not_allowed": _("This address does not know this method."),
    "body_too_large": _("The body is larger than {limit} bytes."),
    "media_type_unsupported": _("Send the body as application/json."),
    "not_acceptable": _("This answer comes as {types}."),
    "json_malformed": _("The body is not JSON in UTF-8. Reading stopped at line {line}, column {column}."),
    "bad_request": _("The request can not be understood."),
    "text_not_storable": _("“{field}” holds a character that can not be stored (NUL)."),
    "refused": _("The journal refused this; nothing was stored. Problems: {count}."),
    "invalid": _("The request does not have the form that the documentation gives. Problems: {count}."),
    "field_missing": _("“{field}” is missing."),
    "field_unknown": _("“{field}” is not a field of this request."),
    "field_invalid": _("“{field}” does not have the form that the documentation gives."),
    "text_too_short": _("“{field}” is too short: at least {limit} characters."),
    "text_too_long": _("“{field}” is too long: at most {limit} characters."),
    "list_too_short": _("“{field}” has too few entries: at least {limit}."),
    "list_too_long": _("“{field}” has too many entries: at most {limit}."),
    "number_too_small": _("“{field}” is too small: the limit is {limit}."),
    "number_too_large": _("“{field}” is too large: the limit is {limit}."),
    "not_a_choice": _("“{field}” is none of these: {choices}."),
    "not_of_the_form": _("“{field}” does not have the form {pattern}."),
    "not_a_text": _("“{field}” is not a text."),
    "not_a_whole_number": _("“{field}” is not a whole number."),
    "not_true_or_false": _("“{field}” is neither true nor false."),
    "not_a_list": _("“{field}” is not a list."),
    "not_an_object": _("“{field}” is not an object with fields."),
    "not_an_id": _("“{field}” is not an id such as 0190f3c2-7d1e-7b52-9f6a-3c8e5b1d2a47."),
    "quantity_negative": _("“{field}” is below zero. To move it the other way, swap source and target."),
    "quantity_as_float": _('“{field}” is a number with a point. Write decimals as text, such as "12.5", so that they stay exact.'),
    "not_a_number": _('“{field}” is not a plain decimal number such as "12.5".'),
    "too_fine": _("“{field}” is {quantity}, which has more than six decimals."),
    "too_large": _("“{field}” is {quantity}, which is larger than can be counted."),
    "inexact": _("“{field}”: {quantity} {unit} of {item} is not an exact amount in its base unit. Give the base unit."),
    "unit_unknown": _("“{field}”: {item} is not counted in “{unit}”."),
    "moment_not_rfc3339": _("“{field}” is not a moment such as 2026-11-17T08:43:00+08:00."),
    "key_differs": _("The header Idempotency-Key and the field “key” say different things."),
    "cursor_unknown": _("This cursor does not come from this list."),
    "code_unknown": _("Nobody here knows the code “{code}”."),
    "code_ambiguous": _("The code “{code}” has several meanings. Say which with item, kind or partner."),
    "exists_differently": _("“{code}” exists already, and differently: {detail}."),
    "item_unit_differs": _("The item “{code}” exists already and is counted in another base unit."),
    "place_kind_differs": _("The place “{code}” exists already and is of another kind."),
    "place_parent_unknown": _("There is no place “{code}” to put it in."),
    "hold_unknown": _("No fact of this plant that opened a hold has this id."),
    "hold_closed": _("This hold is closed already."),
    "server_error": _("A mistake of ours. It has been logged."),
    "unavailable": _("The database is busy. Try again."),
}
TITLES = {
    400: _("Malformed request"),
    401: _("Not signed in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    409: _("In conflict with what is recorded"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Refused"),
    500: _("Internal error"),
    503: _("Try again"),
}


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence_of(code: str, params: Mapping[str, str]) -> str:
    """One sentence for a problem, in the active language."""
    words = SENTENCES.get(code)
    return sentence(code, params) if words is None else str(words).format_map(_Shown(params))


def title_of(status: int) -> str:
    """A few words for a status, in the active language."""
    return str(TITLES[status]) if status in TITLES else HTTPStatus(status).phrase
