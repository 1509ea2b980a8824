"""The chain of single lots: the dossier of one, and how many finished ones reach their suppliers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lotline.core.quantity import format_quantity
from lotline.doors.api.access import caller
from lotline.doors.api.forms import Moment
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.recalls import BalanceLine, figures_of
from lotline.doors.api.stays import StayOut, stay_of
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.coverage import Gap, trace_coverage
from lotline.records.genealogy.dossier import Event, Relative, lot_dossier

router = Router(tags=["Traces"])


class WhenAsked(Schema):
    """Within what was known."""

    as_of: Moment | None = Field(None, description="Only what happened up to this moment")
    known_at: Moment | None = Field(None, description="Only what had been recorded by this moment")


class NumberOut(Schema):
    supplier_lot: str
    supplier: str
    supplier_name: str
    fact: UUID


class EventMove(Schema):
    source: str
    target: str
    quantity: str
    role: str = Field(description="move, input or output")
    certain: bool


class EventOut(Schema):
    """One fact that moved the lot or spoke of it."""

    fact: UUID
    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    hash: str
    reversed_by: UUID | None
    moves: list[EventMove]
    body: dict[str, Any]


class RelativeOut(Schema):
    """A lot that went into this one, or that this one went into, directly."""

    id: UUID
    lot: str
    item: str
    item_name: str
    unit: str
    quantity: str
    certain: bool


class DossierOut(Schema):
    """All that is known of one lot. ``balance``: what came in and what became of it, to the last unit."""

    id: UUID
    lot: str
    item: str
    item_name: str
    unit: str
    batch: str
    born_at: datetime
    expires_at: datetime | None
    status: str
    state: str
    balance: BalanceLine
    stays: list[StayOut]
    supplier_numbers: list[NumberOut]
    orders: list[str]
    events: list[EventOut]
    inputs: list[RelativeOut]
    outputs: list[RelativeOut]


class CoverageAsked(Schema):
    """Finished lots that came to be in this time."""

    since: Moment
    until: Moment


class GapOut(Schema):
    """What is missing in the chain of ``lot``, and where it arose."""

    lot: str
    kind: str
    at_lot: str
    fact: UUID | None


class CoverageOut(Schema):
    """``permille`` is rounded down: 1000 means every single one; null, that there is no finished lot."""

    total: int
    complete: int
    inspected: int
    permille: int | None
    counts: dict[str, int] = Field(description="Lots with a gap of each kind")
    gaps: list[GapOut]
    next: str | None


@router.get("/lots/{uuid:lot_id}/dossier", response=DossierOut, summary="Dossier of a lot")
def get_dossier(request: HttpRequest, lot_id: UUID, asked: Query[WhenAsked]) -> dict[str, Any]:
    """Where it came from, every fact about it (newest first), where it went, and quantities that close."""
    try:
        dossier = lot_dossier(plant=caller(request).plant, lot=lot_id, as_of=asked.as_of, known_at=asked.known_at)
    except Lot.DoesNotExist:
        raise Http404 from None
    view = dossier.lot
    return {
        "id": view.id,
        "lot": view.code,
        "item": view.item.code,
        "item_name": view.item.name,
        "unit": view.item.unit.code,
        "batch": view.batch,
        "born_at": view.born_at,
        "expires_at": view.expires_at,
        "status": view.status.value,
        "state": view.state.value,
        "balance": figures_of(view.line),
        "stays": [stay_of(stay) for stay in view.stays],
        "supplier_numbers": [
            {"supplier_lot": one.code, "supplier": one.supplier, "supplier_name": one.supplier_name, "fact": one.fact}
            for one in dossier.supplier_numbers
        ],
        "orders": list(dossier.orders),
        "events": [_event(event) for event in dossier.events],
        "inputs": [_relative(one) for one in dossier.inputs],
        "outputs": [_relative(one) for one in dossier.outputs],
    }


@router.get("/coverage", response=CoverageOut, summary="Trace coverage")
def get_coverage(request: HttpRequest, asked: Query[CoverageAsked], page: Query[PageAsked]) -> dict[str, Any]:
    """How many finished lots reach receipts with a supplier and its number, and each gap by name."""
    coverage = trace_coverage(plant=caller(request).plant, since=asked.since, until=asked.until)
    seen = decode_cursor(page.cursor, int)
    offset = max(0, seen[0]) if seen is not None else 0
    gaps = (coverage.gaps + coverage.remarks)[offset : offset + page.limit + 1]
    return {
        "total": coverage.total,
        "complete": coverage.complete,
        "inspected": coverage.inspected,
        "permille": coverage.permille,
        "counts": {kind.value: count for kind, count in coverage.counts().items()},
        "gaps": [_gap(gap) for gap in gaps[: page.limit]],
        "next": encode_cursor([offset + page.limit]) if len(gaps) > page.limit else None,
    }


def _event(event: Event) -> dict[str, Any]:
    moves = [
        {
            "source": move.origin.code,
            "target": move.target.code,
            "quantity": format_quantity(move.quantity),
            "role": move.role.name.lower(),
            "certain": move.certain,
        }
        for move in event.moves
    ]
    return {
        "fact": event.fact.id,
        "seq": event.fact.seq,
        "kind": event.fact.kind.value,
        "at": event.fact.at,
        "recorded_at": event.fact.recorded_at,
        "hash": event.fact.hash,
        "reversed_by": event.fact.taken_back_by,
        "moves": moves,
        "body": dict(event.fact.body),
    }


def _relative(one: Relative) -> dict[str, Any]:
    return {
        "id": one.lot,
        "lot": one.code,
        "item": one.item,
        "item_name": one.item_name,
        "unit": one.unit,
        "quantity": format_quantity(one.quantity),
        "certain": one.certain,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"lot": gap.code, "kind": gap.kind.value, "at_lot": gap.at_code, "fact": gap.fact}
