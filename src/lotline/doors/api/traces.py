"""Questions to the genealogy: what a code means, where it came from, where it went."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from lotline.core.csv_text import LINES_AT_ONCE, csv_text
from lotline.core.quantity import format_quantity
from lotline.doors.api.access import caller
from lotline.doors.api.forms import Moment
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.problems import Stopped
from lotline.doors.api.stays import STAY_COLUMNS, StayOut, flat_rows, stay_of
from lotline.records.genealogy.closure import Bounds, Reached, To
from lotline.records.genealogy.spread import Spread, in_order, spread_lots
from lotline.records.genealogy.starts import Start, distinct_starts, find_starts
from lotline.records.genealogy.trace import Trace, bounds_of, trace
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.places.models import Plant

router = Router(tags=["Traces"])
CSV, NDJSON, JSON = "text/csv", "application/x-ndjson", "application/json"
COLUMNS = ("lot", "item", "item_name", "certain", "unit", *STAY_COLUMNS, "id")
STREAMS = {
    "responses": {
        200: {
            "content": {
                CSV: {"schema": {"type": "string", "description": "All rows, under a line of column names"}},
                NDJSON: {"schema": {"type": "string", "description": "All rows, one JSON object a line"}},
            }
        }
    }
}


CODES = "Lot, serial, batch, supplier's number, container, place, supplier, customer, order or document"


class MeaningOut(Schema):
    """One meaning of a code. ``item`` and ``partner`` tell equal codes apart."""

    kind: str
    code: str
    item: str
    item_name: str
    partner: str = ""
    place: str = Field("", description="Code of the container, place or partner that the code names")
    start_lots: int


class Meanings(Schema):
    code: str
    meanings: list[MeaningOut]


class Figures(Schema):
    complete: bool
    lots: int = Field(description="Lots reached, the start excluded")
    facts: int
    partners: list[str] = Field(description="Suppliers (to sources) or customers (to destinations)")
    digest: str = Field(description="SHA-256 of the codes, sorted by code point, each followed by a newline")


class MeaningTraced(MeaningOut, Figures):
    """The trace of one meaning by itself."""


class ReachedOut(Schema):
    """A lot that was reached, with what of it is where: now, or as the question bounds it."""

    lot: str
    item: str
    item_name: str
    certain: bool = Field(description="False: only possibly, by a step with alternatives")
    unit: str
    quantity: str = Field(description="Sum of `stays`, in the item's base unit: here, on its way and at customers")
    stays: list[StayOut]
    id: UUID


class TraceOut(Figures):
    """``starts`` has more than one entry where the code has several meanings; the figures above are those of all together."""

    to: str
    elapsed_ms: float
    gaps: list[str] = Field(description="Why `complete` is false; `not_yet`: at that moment the records did not know of it")
    starts: list[MeaningTraced]
    rows: list[ReachedOut]
    next: str | None


class Direction(StrEnum):
    """To where it came from, or to where it went."""

    SOURCES = "sources"
    DESTINATIONS = "destinations"


class CodeAsked(Schema):
    """What somebody scanned or typed."""

    code: str = Field(min_length=1, max_length=120, description=CODES)
    item: str = Field("", max_length=120, description="Only meanings of this item")


class TraceAsked(CodeAsked):
    """From what, which way, and within what was known."""

    to: Direction
    as_of: Moment | None = Field(None, description="Only what happened up to this moment")
    known_at: Moment | None = Field(None, description="Only what had been recorded by this moment")


@router.get("/resolve", response=Meanings, summary="What a code means")
def resolve_code(request: HttpRequest, asked: Query[CodeAsked]) -> Any:
    """Every meaning: the same number may be that of two items or of two suppliers. An empty list: nobody knows it."""
    starts = find_starts(plant=caller(request).plant, code=asked.code, item=asked.item)
    return {"code": asked.code, "meanings": [meaning(start) for start in starts]}


@router.get("/traces", response=TraceOut, summary="Trace a code", openapi_extra=STREAMS)
def get_trace(request: HttpRequest, asked: Query[TraceAsked], page: Query[PageAsked]) -> Any:
    """Figures and a page of the lots reached. With `Accept: text/csv` (a line for each lot and place) or `application/x-ndjson`: all, streamed."""
    plant = caller(request).plant
    media = wanted_media(request)
    with ExitStack() as opened:
        opened.enter_context(snapshot())
        answer = _answer(plant, asked, page, media)
        if media == JSON:
            return answer
        # The rows are read as they go out, of the moment of the trace.
        rows = flat_rows(answer) if media == CSV else answer
        return stream(media, COLUMNS, rows, f"trace-{asked.to.value}", opened.pop_all().close)


def _answer(plant: Plant, asked: TraceAsked, page: PageAsked, media: str) -> Any:
    """The answer as one object, or its rows where all are streamed."""
    began = time.perf_counter()
    bounds = bounds_of(plant=plant, as_of=asked.as_of, known_at=asked.known_at)
    starts = distinct_meanings(plant, asked.code, asked.item, bounds)
    way = To(asked.to.value)
    whole = trace(plant=plant, starts=starts, to=way, bounds=bounds)
    ordered, places = in_order(whole), Map(plant, bounds)
    if media != JSON:
        return map(_row, spread_lots(whole=whole, lots=ordered, places=places))
    single = [whole]
    if len(starts) > 1:
        single = [trace(plant=plant, starts=[start], to=way, bounds=bounds) for start in starts]
    shown, following = cut(ordered, page)
    return {
        **figures(whole),
        "to": asked.to,
        "elapsed_ms": round((time.perf_counter() - began) * 1000, 1),
        "gaps": [gap.value for gap in whole.gaps],
        "starts": [{**meaning(one.starts[0]), **figures(one)} for one in single],
        "rows": [_row(one) for one in spread_lots(whole=whole, lots=shown, places=places)],
        "next": following,
    }


def wanted_media(request: HttpRequest) -> str:
    """How the answer is to come. Raises ``Stopped`` (406) for a form in which it does not come."""
    found = request.get_preferred_type([JSON, NDJSON, CSV]) if request.META.get("HTTP_ACCEPT") else JSON
    if found is None:
        raise Stopped(406, "not_acceptable", {"types": f"{JSON}, {NDJSON}, {CSV}"})
    return found


def distinct_meanings(plant: Plant, code: str, item: str, bounds: Bounds) -> list[Start]:
    """What a code means, each set of lots once. Raises ``Stopped`` (404)."""
    found = distinct_starts(plant=plant, code=code, item=item, bounds=bounds)
    if not found:
        raise Stopped(404, "code_unknown", {"code": code})
    return found


def figures(answer: Trace) -> dict[str, Any]:
    """The figures of a trace."""
    return {
        "complete": answer.complete,
        "lots": len(answer.lots),
        "facts": len(answer.facts),
        "partners": list(answer.partners),
        "digest": answer.digest,
    }


def cut(ordered: Sequence[Reached], page: PageAsked) -> tuple[Sequence[Reached], str | None]:
    """One page of lots in order of code, and the cursor of the next."""
    begin = 0
    if (seen := decode_cursor(page.cursor, str, str)) is not None:
        last = (seen[0], seen[1])
        begin = next((i for i, lot in enumerate(ordered) if (lot.code, str(lot.id)) > last), len(ordered))
    shown = ordered[begin : begin + page.limit]
    more = begin + page.limit < len(ordered)
    return shown, encode_cursor([shown[-1].code, str(shown[-1].id)]) if more else None


class RowsResponse(StreamingHttpResponse):
    """Rows on their way out. ``finish`` is called when the server lets go of them: after the last, or when the client has gone."""

    def __init__(self, lines: Iterable[str], *, media: str, finish: Callable[[], None]) -> None:
        super().__init__(lines, content_type=f"{media}; charset=utf-8")
        self._finish = finish

    def close(self) -> None:
        """Lines first, since they may be in the midst of reading from what ``finish`` takes away."""
        try:
            super().close()
        finally:
            self._finish()


def stream(
    media: str, columns: Sequence[str], rows: Iterable[dict[str, Any]], name: str, finish: Callable[[], None] = lambda: None
) -> HttpResponseBase:
    """All rows as CSV or NDJSON, never all in memory as text. CSV begins with a byte order mark, so that Excel reads it as UTF-8."""
    if media == CSV:
        lines = csv_text(chain([columns], ([row[column] for column in columns] for row in rows)))
    else:
        lines = _ndjson(rows)
    response = RowsResponse(lines, media=media, finish=finish)
    if media == CSV:
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _ndjson(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    lines: list[str] = []
    for row in rows:
        lines.append(json.dumps(row, ensure_ascii=False, default=str))
        if len(lines) == LINES_AT_ONCE:
            yield "\n".join(lines) + "\n"
            lines.clear()
    if lines:
        yield "\n".join(lines) + "\n"


def meaning(start: Start) -> dict[str, Any]:
    """One meaning of a code as JSON."""
    return {
        "kind": start.kind.value,
        "code": start.code,
        "item": start.item,
        "item_name": start.item_name,
        "partner": start.partner,
        "place": start.detail.get("place", ""),
        "start_lots": len(start.lots),
    }


def _row(one: Spread) -> dict[str, Any]:
    return {
        "lot": one.lot.code,
        "item": one.item.code,
        "item_name": one.item.name,
        "certain": one.lot.certain,
        "unit": one.item.unit.code,
        "quantity": format_quantity(one.quantity),
        "stays": [stay_of(stay) for stay in one.stays],
        "id": one.lot.id,
    }
