"""The API as one object: its routers, how errors leave it, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from pydantic_core import from_json

from lotline import __version__
from lotline.doors.api.access import Session, Token
from lotline.doors.api.entry import stop_for_mistake
from lotline.doors.api.field_problems import place_of_json_error
from lotline.doors.api.problems import MEDIA_TYPE, Stopped, answer, stop_for_fields

DESCRIPTION = """\
Record what happens to material, and ask where it came from, where it went, where it is and how much of it.

Everything is named by code: places, items, lots. Quantities are exact: decimal text such as "12.5", or whole numbers, never JSON
numbers with a point. Moments are RFC 3339 with a zone. A fact carries an idempotency key: sent again, it is written once and
answered with its first receipt. Lists come in pages: pass `next` of one page as `cursor` of the following one.

Every error is a problem document (RFC 9457) with a `code` for machines, sentences in the language of `Accept-Language` (zh, en)
and, where several things are wrong, each of them under `problems`.
"""
PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "params", "problems"],
    "properties": {
        "type": {"type": "string", "description": "urn:lotline:problem: and the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence, in the reader's language"},
        "code": {"type": "string"},
        "params": {"type": "object", "additionalProperties": {"type": "string"}},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "params", "message"],
                "properties": {
                    "code": {"type": "string"},
                    "params": {"type": "object", "additionalProperties": {"type": "string"}},
                    "message": {"type": "string"},
                    "index": {"type": "integer", "description": "Which fact of a batch, from 0"},
                    "field": {"type": "string", "description": "Where in it, such as moves.0.quantity"},
                },
            },
        },
    },
}
_ALWAYS = {
    "401": "No valid token",
    "403": "The token or account lacks a right",
    "406": "The answer does not come in this form",
    "422": "Fields or facts are refused; each is listed",
    "default": "Any other error",
}
_WITH_BODY = {"400": "The body is not JSON", "409": "In conflict with what is recorded", "413": "Too large", "415": "Not JSON"}


class _Parser(Parser):
    """JSON read strictly: UTF-8, no NaN, no half surrogates."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return from_json(request.body, allow_inf_nan=False)
        except ValueError as error:
            raise Stopped(400, "json_malformed", place_of_json_error(str(error))) from None


class LotlineApi(NinjaAPI):
    """Documents every error of every operation, in the media type in which it comes."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                errors = dict(_ALWAYS)
                if "{" in path:
                    errors["404"] = "There is nothing with this name"
                if method in {"post", "patch"}:
                    errors |= _WITH_BODY
                responses = {str(status): answer for status, answer in operation["responses"].items()}
                for status, text in errors.items():
                    responses.setdefault(status, {"description": text, "content": content})
                operation["responses"] = responses
        return schema


api = LotlineApi(
    title="Lotline",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    auth=[Token(), Session()],
    parser=_Parser(),
)


@api.exception_handler(Stopped)
def _stopped(request: HttpRequest, stopped: Stopped) -> HttpResponse:
    return answer(request, stopped)


@api.exception_handler(AuthenticationError)
def _unauthorized(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return answer(request, Stopped(401, "unauthorized"))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return answer(request, stop_for_fields(error.errors))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, _error: Http404) -> HttpResponse:
    return answer(request, Stopped(404, "not_found"))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Stopped):  # ninja wraps what a parser raises
        return answer(request, error.__cause__)
    code = "csrf_failed" if error.status_code == 403 else "bad_request"
    return answer(request, Stopped(error.status_code, code))


@api.exception_handler(Exception)
def _mistake(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(request, stop_for_mistake(request, error))
