"""Taking facts: from bytes to receipts. The shortest way through the building, shared by every address that writes facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError

from lotline.core.facts import Draft, FactKind
from lotline.core.ledger import Problem, Refused
from lotline.doors.api.access import Caller
from lotline.doors.api.committing import committer
from lotline.doors.api.forms import FactIn, drafts_of
from lotline.doors.api.problems import Stopped, stop_for, stop_for_fields
from lotline.records.journal.actions import Receipt, append
from lotline.records.people.choices import Right

JSON = "application/json"
_HOLDING = frozenset({FactKind.HOLD, FactKind.RELEASE})


def take_fact(request: HttpRequest, caller: Caller, body: bytes) -> HttpResponse:
    """One fact out of the bytes of a request: the way of scanners and machines."""
    try:
        fact = FactIn.model_validate_json(body)
    except ValidationError as error:
        raise stop_for_fields(error.errors(include_url=False, include_input=False)) from None
    return write_fact(request, caller, fact)


def write_fact(request: HttpRequest, caller: Caller, fact: FactIn) -> HttpResponse:
    """Write one fact and answer with its receipt: 201, or 200 where the key was known."""
    draft = drafts_of([fact], [key_of(request, fact.key)], batch=False)[0]
    return write_draft(caller, draft)


def write_draft(caller: Caller, draft: Draft) -> HttpResponse:
    """Write one draft, in one transaction with whatever else waits in this process."""
    _check_rights(caller, [draft])
    try:
        receipt = committer.append(plant=caller.plant, draft=draft, actor=caller.actor, rights=caller.rights)
    except Refused as refused:
        raise stop_for(refused) from None
    status = 200 if receipt.replayed else 201
    return HttpResponse(json.dumps(receipt_of(receipt, draft.key), ensure_ascii=False), status=status, content_type=JSON)


def write_facts(request: HttpRequest, caller: Caller, facts: Sequence[FactIn]) -> HttpResponse:
    """Write many facts, all or none: 201, or 200 where every key was known.

    A fact without a key takes the header's, with its number: sent again, the batch is known as a whole.
    """
    header = _header_key(request)
    keys = [fact.key or (f"{header}/{number}" if header else "") for number, fact in enumerate(facts)]
    drafts = drafts_of(facts, keys, batch=True)
    _check_rights(caller, drafts)
    try:
        receipts = append(plant=caller.plant, drafts=drafts, actor=caller.actor, within=caller.rights)
    except Refused as refused:
        raise stop_for(refused) from None
    status = 200 if all(receipt.replayed for receipt in receipts) else 201
    listed = [receipt_of(receipt, key) for receipt, key in zip(receipts, keys, strict=True)]
    return HttpResponse(json.dumps({"receipts": listed}, ensure_ascii=False), status=status, content_type=JSON)


def receipt_of(receipt: Receipt, key: str) -> dict[str, Any]:
    """A receipt as JSON."""
    return {"id": str(receipt.fact_id), "seq": receipt.seq, "hash": receipt.hash, "key": key, "replayed": receipt.replayed}


def _header_key(request: HttpRequest) -> str:
    """The header ``Idempotency-Key``. Bytes beyond ASCII are taken as UTF-8, which is what senders mean."""
    raw: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    return raw if raw.isascii() else raw.encode("latin-1", "replace").decode("utf-8", "replace")


def key_of(request: HttpRequest, key: str) -> str:
    """The idempotency key of the body or of the header. Raises ``Stopped`` (422) where they differ."""
    header = _header_key(request)
    if header and key and header != key:
        raise Stopped(422, "key_differs")
    return key or header


def _check_rights(caller: Caller, drafts: Sequence[Draft]) -> None:
    """Holding, releasing and deciding need the right to hold; overriding a block needs a person, since no token has that scope."""
    needed = {Right.HOLD if draft.kind in _HOLDING or draft.disposition is not None else Right.WRITE_FACTS for draft in drafts}
    for right in sorted(needed):
        caller.need(right)
    if Right.OVERRIDE not in caller.rights:
        overriding = [i for i, draft in enumerate(drafts) if draft.override_reason.strip()]
        if overriding:
            raise stop_for(Refused([Problem("override_not_allowed", {}, i) for i in overriding]))
