"""Facts: writing them, and reading the journal in its order."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import HeaderEx, P, Query, Router, Schema
from pydantic import Field

from lotline.core.facts import FactKind
from lotline.doors.api.access import caller
from lotline.doors.api.forms import FactIn, FactsIn, Moment
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.posting import write_fact, write_facts
from lotline.records.journal.models import Fact, Posting, Reversal, Subject
from lotline.records.places.models import Plant

router = Router(tags=["Facts"])
# Documented here, read by ``posting``, which also serves requests that never come by ninja.
KeyHeader: TypeAlias = HeaderEx[
    str | None, P(alias="Idempotency-Key", max_length=200, description="Sent again with the same key, a fact is written once")
]


class Receipt(Schema):
    """Where a fact stands in the plant's order."""

    id: UUID
    seq: int
    hash: str
    key: str
    replayed: bool = Field(description="It had been written before, under the same key")


class Receipts(Schema):
    receipts: list[Receipt]


class FactOut(Schema):
    """A fact as the journal holds it. ``body`` is the object whose canonical bytes were hashed."""

    id: UUID
    seq: int
    hash: str
    kind: str
    happened_at: datetime
    recorded_at: datetime
    key: str
    reversed_by: UUID | None
    body: dict[str, Any]


class FactWhole(FactOut):
    canonical: str = Field(description="The exact text (RFC 8785) whose SHA-256 in UTF-8 is `hash`")


class FactPage(Schema):
    facts: list[FactOut]
    next: str | None


class Order(StrEnum):
    """Along the chain, or from its end."""

    OLDEST = "oldest"
    NEWEST = "newest"


class FactFilter(Schema):
    """Only facts that fit all of these."""

    kind: FactKind | None = None
    item: str = Field("", max_length=120)
    lot: str = Field("", max_length=120, description="Code of a lot that the fact moves or speaks of")
    document: str = Field("", max_length=120)
    order_code: str = Field("", max_length=120, alias="order")
    equipment: str = Field("", max_length=120)
    since: Moment | None = Field(None, description="Happened at or after")
    until: Moment | None = Field(None, description="Happened before")
    first: Order = Field(Order.OLDEST, description="Which end of the chain to begin at")


@router.post("/facts", response={201: Receipt, 200: Receipt}, summary="Write a fact")
def post_fact(request: HttpRequest, fact: FactIn, idempotency_key: KeyHeader = None) -> HttpResponse:  # noqa: ARG001
    """Answers 201 once the fact is on disk, 200 with the first receipt when its key was known."""
    return write_fact(request, request.auth, fact)  # type: ignore[attr-defined]


@router.post("/facts/batch", response={201: Receipts, 200: Receipts}, summary="Write many facts, all or none")
def post_facts(request: HttpRequest, batch: FactsIn, idempotency_key: KeyHeader = None) -> HttpResponse:  # noqa: ARG001
    """Up to 5,000 facts in this order. Facts without a key take the header's, with their number."""
    return write_facts(request, request.auth, batch.facts)  # type: ignore[attr-defined]


@router.get("/facts", response=FactPage, summary="Read the journal")
def list_facts(request: HttpRequest, filters: Query[FactFilter], page: Query[PageAsked]) -> dict[str, Any]:
    """Facts in the order of the chain. Following `next` to the end reads every fact once, also while others write."""
    plant = caller(request).plant
    rows = Fact.objects.for_plant(plant)
    for name, value in (
        ("kind", filters.kind), ("document", filters.document), ("order", filters.order_code), ("equipment", filters.equipment),
        ("happened_at__gte", filters.since), ("happened_at__lt", filters.until),
    ):  # fmt: skip
        if value:
            rows = rows.filter(**{name: value})
    if filters.lot or filters.item:
        rows = rows.filter(_speaks_of(plant, filters))
    forward = filters.first is Order.OLDEST
    if (seen := decode_cursor(page.cursor, int)) is not None:
        rows = rows.filter(**{"seq__gt" if forward else "seq__lt": seen[0]})
    found = list(rows.order_by("seq" if forward else "-seq")[: page.limit + 1])
    shown = found[: page.limit]
    taken_back = _taken_back(plant, [fact.pk for fact in shown])
    following = encode_cursor([shown[-1].seq]) if len(found) > page.limit else None
    return {"facts": [_fact(fact, taken_back) for fact in shown], "next": following}


@router.get("/facts/{uuid:fact_id}", response=FactWhole, summary="Read a fact")
def get_fact(request: HttpRequest, fact_id: UUID) -> Any:
    """With its canonical text. A fact never changes, but it may be taken back: both are in the ETag."""
    plant = caller(request).plant
    fact = Fact.objects.for_plant(plant).filter(pk=fact_id).first()
    if fact is None:
        raise Http404
    taken_back = _taken_back(plant, [fact.pk])
    etag = f'"{fact.hash}{"-reversed" if taken_back else ""}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        document = FactWhole(**_fact(fact, taken_back), canonical=fact.body)
        response = HttpResponse(document.model_dump_json(), content_type="application/json")
    response["ETag"] = etag
    return response


def _speaks_of(plant: Plant, filters: FactFilter) -> Q:
    """Facts with postings or words about the lots that the filter names."""
    named: dict[str, str] = {}
    if filters.lot:
        named["lot__code"] = filters.lot
    if filters.item:
        named["lot__item__code"] = filters.item
    moved = Posting.objects.for_plant(plant).filter(**named).values("fact_id")
    said = Subject.objects.for_plant(plant).filter(**named).values("fact_id")
    return Q(id__in=moved) | Q(id__in=said)


def _taken_back(plant: Plant, facts: list[UUID]) -> dict[UUID, UUID]:
    return dict(Reversal.objects.for_plant(plant).filter(fact_id__in=facts).values_list("fact_id", "by_id"))


def _fact(fact: Fact, taken_back: dict[UUID, UUID]) -> dict[str, Any]:
    return {
        "id": fact.pk,
        "seq": fact.seq,
        "hash": fact.hash,
        "kind": fact.kind,
        "happened_at": fact.happened_at,
        "recorded_at": fact.recorded_at,
        "key": fact.key,
        "reversed_by": taken_back.get(fact.pk),
        "body": json.loads(fact.body),
    }
