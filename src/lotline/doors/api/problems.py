"""What went wrong, in the form of RFC 9457 (``application/problem+json``): one shape for every error of the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from lotline.core.ledger import Refused
from lotline.doors.api.field_problems import code_of, params_of, place_of_json_error
from lotline.doors.api.words import sentence_of, title_of

MEDIA_TYPE = "application/problem+json"
# A list of five thousand refused facts would bury its reader.
MOST_LISTED = 200
# Codes of refusals that are not about the content of a fact.
STATUS_OF_CODE = {
    "key_reused": 409,
    "try_again": 503,
    "override_not_allowed": 403,
    "hold_not_allowed": 403,
    "counting_out_not_allowed": 403,
    "storage_failed": 503,
}
REALM = 'Bearer realm="Lotline"'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``index``: which fact of a batch; ``field``: where in it, as ``moves.0.quantity``."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    index: int | None = None
    field: str = ""


class Stopped(Exception):
    """A request ends here with ``status``. ``findings`` say in detail what is wrong, each of them."""

    def __init__(
        self, status: int, code: str, params: Mapping[str, str] | None = None, findings: Sequence[Finding] = (), allow: str = ""
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.params, self.findings, self.allow = status, code, dict(params or {}), tuple(findings), allow


def answer(request: HttpRequest, stopped: Stopped) -> HttpResponse:
    """The problem document, in the reader's language."""
    with translation.override(translation.get_language_from_request(request)):
        document = {
            "type": f"urn:lotline:problem:{stopped.code}",
            "title": title_of(stopped.status),
            "status": stopped.status,
            "detail": sentence_of(stopped.code, stopped.params),
            "code": stopped.code,
            "params": stopped.params,
            "problems": [_listed(finding) for finding in stopped.findings[:MOST_LISTED]],
        }
        language = translation.get_language() or ""
    response = HttpResponse(json.dumps(document, ensure_ascii=False), status=stopped.status, content_type=MEDIA_TYPE)
    response["Content-Language"] = language
    response["Vary"] = "Accept-Language"
    response["Cache-Control"] = "no-store"
    if stopped.status == 401:
        response["WWW-Authenticate"] = REALM
    if stopped.status == 503:
        response["Retry-After"] = "1"
    if stopped.allow:
        response["Allow"] = stopped.allow
    # A refusal is an answer like any other; Django would write a line about each to the log. Mistakes of ours are logged where found.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def _listed(finding: Finding) -> dict[str, Any]:
    listed: dict[str, Any] = {
        "code": finding.code,
        "params": dict(finding.params),
        "message": sentence_of(finding.code, finding.params),
    }
    if finding.index is not None:
        listed["index"] = finding.index
    if finding.field:
        listed["field"] = finding.field
    return listed


def stop_for(refused: Refused) -> Stopped:
    """What the journal refused. A key that was used for something else, and a missing right, have statuses of their own."""
    findings = [Finding(p.code, {name: str(value) for name, value in p.params.items()}, p.draft) for p in refused.problems]
    for finding in findings:
        if status := STATUS_OF_CODE.get(finding.code):
            return Stopped(status, finding.code, finding.params, findings)
    return Stopped(422, "refused", {"count": str(len(findings))}, findings)


def stop_for_fields(errors: Iterable[Mapping[str, Any]]) -> Stopped:
    """What pydantic found, each with its place."""
    findings = []
    for error in errors:
        if error["type"] == "json_invalid":
            return Stopped(400, "json_malformed", place_of_json_error(str(error["msg"])))
        index, where = _place(error["loc"])
        findings.append(Finding(code_of(error), params_of(error, where), index, where))
    return Stopped(422, "invalid", {"count": str(len(findings))}, findings)


def _place(loc: Sequence[str | int]) -> tuple[int | None, str]:
    """The number of the fact in a batch, and the path within it."""
    parts = list(loc)
    if parts and parts[0] in {"body", "query", "path", "header"}:  # from ninja, which also names the parameter of a body
        del parts[: 2 if parts[0] == "body" and len(parts) > 1 else 1]
    index = None
    if len(parts) > 1 and parts[0] == "facts" and isinstance(parts[1], int):
        index = parts[1]
        del parts[:2]
    return index, ".".join(str(part) for part in parts)
