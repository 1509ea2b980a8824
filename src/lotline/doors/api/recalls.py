"""Recall sets: what is affected, for certain or possibly, where each quantity is now, and what is not affected."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import Query, Router, Schema
from pydantic import Field

from lotline.core.instant import from_micros
from lotline.core.quantity import format_quantity
from lotline.doors.api.access import caller
from lotline.doors.api.forms import Moment
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.stays import STAY_COLUMNS, StayOut, flat_rows, stay_of
from lotline.doors.api.traces import CODES, CSV, JSON, STREAMS, MeaningOut, distinct_meanings, meaning, stream, wanted_media
from lotline.records.catalog.models import Item
from lotline.records.genealogy.mass_balance import Line
from lotline.records.genealogy.recall import PlaceTotal, RecallRow, RecallSet, Sort, Total, recall_set
from lotline.records.genealogy.trace import bounds_of
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.people.choices import Right

router = Router(tags=["Recall"])
FIGURES = (
    "opening", "received", "produced", "returned", "found", "on_hand", "at_subcontractor", "in_transit", "consumed", "shipped",
    "scrapped", "sent_back", "missing", "residue",
)  # fmt: skip
COLUMNS = ("lot", "item", "item_name", "certainty", "start", "made", "unit", *STAY_COLUMNS, "id")


class RecallAsked(Schema):
    """From what, and within what was known."""

    code: str = Field(min_length=1, max_length=120, description=CODES)
    item: str = Field("", max_length=120, description="Only meanings of this item")
    as_of: Moment | None = Field(None, description="Only what happened up to this moment")
    known_at: Moment | None = Field(None, description="Only what had been recorded by this moment")


class Sorted(RecallAsked):
    sort: Sort = Field(Sort.CODE, description="Order of the affected lots")


class BalanceLine(Schema):
    """What came in and what became of it. ``residue`` is what the records do not explain: 0, or something is wrong with them."""

    opening: str
    received: str
    produced: str
    returned: str
    found: str
    on_hand: str
    at_subcontractor: str
    in_transit: str
    consumed: str
    shipped: str
    scrapped: str
    sent_back: str
    missing: str
    residue: str


class LineOut(BalanceLine):
    """The balance of one item of the set."""

    item: str
    name: str
    unit: str
    certain: int
    possible: int


class Amount(Schema):
    """How much of one item; of two items there is no sum."""

    item: str
    name: str
    unit: str
    lots: int
    quantity: str


class PlaceOut(Schema):
    place: str
    name: str
    kind: str
    standing: str
    totals: list[Amount]


class RecallRowOut(Schema):
    lot: str
    item: str
    item_name: str
    certainty: str
    start: bool
    made: str = Field(description="Received or produced, in the item's base unit")
    unit: str
    id: UUID
    stays: list[StayOut]


class RecallOut(Schema):
    """The set in figures, and a page of its lots. The starts are in it."""

    starts: list[MeaningOut]
    lots: int
    certain: int
    possible: int
    start_lots: int
    closes: bool = Field(description="Every item's balance comes out to the last unit")
    items: list[LineOut]
    places: list[PlaceOut]
    customers: list[PlaceOut]
    complete: bool
    gaps: list[str] = Field(description="Why `complete` is false; `not_yet`: at that moment the records did not know of it")
    elapsed_ms: float
    rows: list[RecallRowOut]
    next: str | None


class ExcludedOut(Schema):
    """A lot that is not affected although one might think so."""

    lot: str
    item: str
    reason: str
    at: datetime
    via: UUID | None = Field(description="The affected lot that it was drawn from, too early")
    id: UUID


class ExcludedPage(Schema):
    excluded: list[ExcludedOut]
    next: str | None


@router.get("/recall-sets", response=RecallOut, summary="Recall set of a code", openapi_extra=STREAMS)
def get_recall_set(request: HttpRequest, asked: Query[Sorted], page: Query[PageAsked]) -> Any:
    """Figures and a page of lots. With `Accept: text/csv` (a line for each lot and place) or `application/x-ndjson`: all, streamed."""
    media = wanted_media(request)
    if media != JSON:
        return _stream_rows(request, asked, media)
    began = time.perf_counter()
    offset = _offset(page)
    with _found(request, asked) as found:
        shown = found.page(offset, page.limit + 1, asked.sort)
        summary = found.summary()
        gaps = found.gaps
    return {
        "starts": [meaning(start) for start in found.starts],
        "lots": summary.lots,
        "certain": summary.certain,
        "possible": summary.possible,
        "start_lots": summary.starts,
        "closes": summary.balance.closes,
        "items": [
            {"item": total.item, "name": total.name, "unit": total.unit, "certain": total.certain, "possible": total.possible}
            | figures_of(total.line)
            for total in summary.items
        ],
        "places": [_place(total) for total in summary.places],
        "customers": [_place(total) for total in summary.customers],
        "complete": not gaps,
        "gaps": [gap.value for gap in gaps],
        "elapsed_ms": round((time.perf_counter() - began) * 1000, 1),
        "rows": [_row(row) for row in shown[: page.limit]],
        "next": encode_cursor([offset + page.limit]) if len(shown) > page.limit else None,
    }


def _stream_rows(request: HttpRequest, asked: Sorted, media: str) -> HttpResponseBase:
    """All rows; the set stays open until the last has gone out, or until nobody wants more."""
    with ExitStack() as opened:
        found = opened.enter_context(_found(request, asked))
        rows = found.rows(asked.sort)
        return stream(media, COLUMNS, flat_rows(map(_row, rows)) if media == CSV else map(_row, rows), "recall-set", opened.pop_all().close)


@router.get("/recall-sets/excluded", response=ExcludedPage, summary="Lots that are not affected")
def list_excluded(request: HttpRequest, asked: Query[RecallAsked], page: Query[PageAsked]) -> Any:
    """With the reason: drawn before the material got in, emptied in between, or not reached at all."""
    offset = _offset(page)
    with _found(request, asked) as found:
        shown = found.excluded(offset, page.limit + 1)
    items = dict(Item.objects.filter(pk__in={lot.item for lot in shown}).values_list("pk", "code"))
    following = encode_cursor([offset + page.limit]) if len(shown) > page.limit else None
    rows = [
        {
            "lot": lot.code, "item": items.get(lot.item, ""), "reason": lot.reason.value, "at": from_micros(lot.at_us), "via": lot.via,
            "id": lot.id,
        }
        for lot in shown[: page.limit]
    ]  # fmt: skip
    return {"excluded": rows, "next": following}


@contextmanager
def _found(request: HttpRequest, asked: RecallAsked) -> Iterator[RecallSet]:
    plant = caller(request, Right.READ).plant
    with snapshot():
        bounds = bounds_of(plant=plant, as_of=asked.as_of, known_at=asked.known_at)
        starts = distinct_meanings(plant, asked.code, asked.item, bounds)
        with recall_set(plant=plant, starts=starts, as_of=asked.as_of, known_at=asked.known_at) as found:
            yield found


def _offset(page: PageAsked) -> int:
    seen = decode_cursor(page.cursor, int)
    return max(0, seen[0]) if seen is not None else 0


def figures_of(line: Line) -> dict[str, str]:
    """A balance as decimal texts."""
    return {name: format_quantity(getattr(line, name)) for name in FIGURES}


def _place(total: PlaceTotal) -> dict[str, Any]:
    amounts = [amount_of(one) for one in total.totals]
    spot = total.spot
    return {"place": spot.code, "name": spot.name, "kind": str(spot.kind), "standing": str(total.standing.value), "totals": amounts}


def amount_of(total: Total) -> dict[str, Any]:
    """How much of one item."""
    return {"item": total.item, "name": total.name, "unit": total.unit, "lots": total.lots, "quantity": format_quantity(total.quantity)}


def _row(row: RecallRow) -> dict[str, Any]:
    return {
        "lot": row.lot.code,
        "item": row.item.code,
        "item_name": row.item.name,
        "certainty": row.lot.certainty.value,
        "start": row.lot.start,
        "made": format_quantity(row.made),
        "unit": row.item.unit.code,
        "id": row.lot.id,
        "stays": [stay_of(stay) for stay in row.stays],
    }
