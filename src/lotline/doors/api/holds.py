"""Holds: what may not be used, and why. A hold has the id of the fact that opened it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field, StrictStr

from lotline.core.facts import Draft, FactKind, LotRef
from lotline.core.instant import from_micros
from lotline.doors.api.access import caller
from lotline.doors.api.facts import KeyHeader, Receipt
from lotline.doors.api.forms import Code, Form, LotName, Moment, Text
from lotline.doors.api.paging import PageAsked, decode_cursor, encode_cursor
from lotline.doors.api.posting import key_of, write_draft
from lotline.doors.api.problems import Stopped
from lotline.records.journal.models import Hold
from lotline.records.people.choices import Right

router = Router(tags=["Holds"])
Reason = Annotated[StrictStr, Field(min_length=1, max_length=400)]


class HoldIn(Form):
    """Stop the use of these lots, everywhere or at one place and in what lies there."""

    lots: list[LotName] = Field(min_length=1, max_length=5000)
    reason: Reason
    happened_at: Moment
    key: Annotated[StrictStr, Field(max_length=200)] = ""
    place: Text = ""
    document: Text = ""


class ReleaseIn(Form):
    """Let the lots of a hold be used again."""

    reason: Reason
    happened_at: Moment
    key: Annotated[StrictStr, Field(max_length=200)] = ""
    document: Text = ""


class HoldOut(Schema):
    """One lot on hold. ``id`` names the fact that opened it and all its lots."""

    id: UUID
    item: str
    lot: str
    place: Code | None
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None


class HoldPage(Schema):
    holds: list[HoldOut]
    next: str | None


class HoldFilter(Schema):
    """Only holds that fit all of these."""

    item: str = Field("", max_length=120)
    lot: str = Field("", max_length=120)
    state: Annotated[str, Field(pattern="^(open|closed|all)$")] = "open"


@router.get("/holds", response=HoldPage, summary="List holds")
def list_holds(request: HttpRequest, filters: Query[HoldFilter], page: Query[PageAsked]) -> dict[str, Any]:
    """The longest open ones first."""
    plant = caller(request).plant
    rows = Hold.objects.for_plant(plant).select_related("lot__item", "place")
    if filters.state != "all":
        rows = rows.filter(closed_by__isnull=filters.state == "open")
    for name, value in (("lot__item__code", filters.item), ("lot__code", filters.lot)):
        if value:
            rows = rows.filter(**{name: value})
    if (seen := decode_cursor(page.cursor, int, str)) is not None:
        try:
            last = UUID(seen[1])
        except ValueError:
            raise Stopped(422, "cursor_unknown") from None
        rows = rows.filter(Q(opened_at_us__gt=seen[0]) | Q(opened_at_us=seen[0], id__gt=last))
    found = list(rows.order_by("opened_at_us", "id")[: page.limit + 1])
    shown = found[: page.limit]
    following = encode_cursor([shown[-1].opened_at_us, str(shown[-1].pk)]) if len(found) > page.limit else None
    return {"holds": [_hold(hold) for hold in shown], "next": following}


@router.post("/holds", response={201: Receipt, 200: Receipt}, summary="Hold lots")
def post_hold(request: HttpRequest, hold: HoldIn, idempotency_key: KeyHeader = None) -> HttpResponse:  # noqa: ARG001
    """A fact of kind hold; its id is the hold's."""
    draft = Draft(
        kind=FactKind.HOLD,
        happened_at=hold.happened_at,
        key=key_of(request, hold.key),
        subjects=tuple(LotRef(lot.item, lot.lot) for lot in hold.lots),
        reason=hold.reason,
        hold_place=hold.place,
        document=hold.document,
    )
    return write_draft(caller(request, Right.HOLD), draft)


@router.post("/holds/{uuid:hold_id}/release", response={201: Receipt, 200: Receipt}, summary="Release a hold")
def release_hold(request: HttpRequest, hold_id: UUID, release: ReleaseIn, idempotency_key: KeyHeader = None) -> HttpResponse:  # noqa: ARG001
    """A fact of kind release for the lots of this hold, at its place. Other open holds on the same lots at that place end with it."""
    asking = caller(request, Right.HOLD)
    rows = Hold.objects.for_plant(asking.plant).filter(opened_by_id=hold_id).select_related("lot__item", "place").order_by("id")
    holds = list(rows)
    if not holds:
        raise Http404
    place = holds[0].place
    draft = Draft(
        kind=FactKind.RELEASE,
        happened_at=release.happened_at,
        key=key_of(request, release.key),
        subjects=tuple(LotRef(hold.lot.item.code, hold.lot.code) for hold in holds),
        reason=release.reason,
        hold_place=place.code if place else "",
        document=release.document,
    )
    return write_draft(asking, draft)


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.opened_by_id,
        "item": hold.lot.item.code,
        "lot": hold.lot.code,
        "place": hold.place.code if hold.place else None,
        "reason": hold.reason,
        "opened_at": from_micros(hold.opened_at_us),
        "closed_at": from_micros(hold.closed_at_us) if hold.closed_at_us is not None else None,
        "closed_by": hold.closed_by_id,
    }
