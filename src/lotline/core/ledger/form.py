"""The form of a draft: what can be said of it alone, before anything is looked up. What passes here fits every engine's columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter

from lotline.core.canonical import Json
from lotline.core.facts import Birth, Draft
from lotline.core.ledger.problems import Problem
from lotline.core.quantity import LARGEST

# The longest text of each field, in characters; the columns of the journal are as wide.
LONGEST = {
    "key": 200, "station": 120, "equipment": 120, "operator": 80, "order": 120, "operation": 120, "document": 120, "reason": 400,
    "override_reason": 400,
}  # fmt: skip
LONGEST_CODE = 120
_texts_of = attrgetter(*LONGEST)
# A device whose clock has no battery starts in 1970, so a limit there would not help; this one keeps every engine's dates in range.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
LARGEST_STRAND = 2**31 - 1


def check_form(draft: Draft) -> list[Problem]:
    """Lengths of texts, moments with a zone and in range, whole quantities and strands."""
    problems = []
    if not draft.key.strip():
        problems.append(Problem("key_missing"))
    for (name, longest), text in zip(LONGEST.items(), _texts_of(draft), strict=True):
        if len(text) > longest:
            problems.append(Problem("text_too_long", {"field": name, "longest": str(longest)}))
    problems += _check_moment("happened_at", draft.happened_at)
    if draft.device_clock is not None:
        problems += _check_moment("device_clock", draft.device_clock)
    for birth in draft.births:
        problems += _check_birth(birth)
    for lot, quantity, _source, _target, strand, _certain in draft.moves:
        if type(quantity) is not int or not 0 < quantity <= LARGEST:
            problems.append(Problem("quantity_not_positive", {"lot": lot.code}))
        if type(strand) is not int or not 0 <= strand <= LARGEST_STRAND:
            problems.append(Problem("strand_out_of_range", {"lot": lot.code, "strand": str(strand)}))
    return problems


def _check_birth(birth: Birth) -> Iterator[Problem]:
    for name in ("supplier_lot", "batch"):
        if len(getattr(birth, name)) > LONGEST_CODE:
            yield Problem("text_too_long", {"field": name, "longest": str(LONGEST_CODE)})
    if birth.expires_at is not None:
        yield from _check_moment("expires_at", birth.expires_at)


def _check_moment(field: str, moment: datetime) -> Iterator[Problem]:
    if moment.tzinfo is None:
        yield Problem("moment_without_zone", {"field": field})
    elif not EARLIEST <= moment <= LATEST:
        yield Problem("moment_out_of_range", {"field": field, "at": moment.isoformat()})


def check_new_code(code: str) -> str:
    """The rule that a code of a new lot breaks, or nothing.

    Codes are compared character by character: ``a1`` and ``A1`` are two lots, as in GS1 and in every paper record. So a code must
    not hold anything that people can not see or tell apart: spaces around it, control and format characters, or letters in another
    Unicode form (NFC is the one that keyboards and scanners send).
    """
    if not code.strip() or len(code) > LONGEST_CODE:
        return "lot_code_length"
    if code != code.strip() or not code.isprintable() or not (code.isascii() or unicodedata.is_normalized("NFC", code)):
        return "lot_code_form"
    return ""


def find_unstorable_text(value: Json, path: str = "") -> str | None:
    """Where a text holds a NUL or half of a surrogate pair, which not every engine can keep; None when all are fine."""
    if isinstance(value, str):
        return path if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value) else None
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found = find_unstorable_text(str(key), path) or find_unstorable_text(inner, f"{path}.{key}" if path else str(key))
            if found is not None:
                return printable(found)
    elif isinstance(value, list | tuple):
        for inner in value:
            found = find_unstorable_text(inner, path)
            if found is not None:
                return found
    return None


def printable(text: str) -> str:
    """A text that can be shown and encoded anywhere."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
