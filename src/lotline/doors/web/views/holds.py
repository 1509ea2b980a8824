"""Putting one lot on hold and lifting a hold, each with its reason. A page of its own; beside the genealogy the same form is a drawer."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from lotline.core.facts import Draft, FactKind, FactSource, LotRef
from lotline.core.ledger import Refused
from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.faces import Face, name_of, own_lots, read_faces, total_of
from lotline.doors.web.lot_page import write_places
from lotline.records.journal.actions import append
from lotline.records.journal.models import Hold
from lotline.records.journal.words import describe
from lotline.records.people.choices import Right
from lotline.records.places.models import Place

LONGEST_REASON = 400


@for_members(Right.HOLD)
def hold(request: HttpRequest, visitor: Visitor, lot_id: UUID) -> HttpResponse:
    """Stop the use of a lot everywhere."""
    return _decide(request, visitor, _face(visitor, lot_id), FactKind.HOLD, place="")


@for_members(Right.HOLD)
def release(request: HttpRequest, visitor: Visitor, lot_id: UUID) -> HttpResponse:
    """Let a lot be used again: ends its holds everywhere, or, with ``place``, those at one place."""
    face = _face(visitor, lot_id)
    place = (request.POST if request.method == "POST" else request.GET).get("place", "")
    where = Place.objects.for_plant(visitor.plant).filter(code=place).first() if place else None
    if (place and where is None) or not Hold.objects.for_plant(visitor.plant).filter(lot_id=lot_id, closed_by=None, place=where).exists():
        raise Http404
    return _decide(request, visitor, face, FactKind.RELEASE, place=place)


def _face(visitor: Visitor, lot_id: UUID) -> Face:
    faces = read_faces(plant=visitor.plant, lots=own_lots(visitor.plant, [lot_id]))
    if lot_id not in faces:
        raise Http404
    return faces[lot_id]


def _decide(request: HttpRequest, visitor: Visitor, face: Face, kind: FactKind, *, place: str) -> HttpResponse:
    if request.method != "POST":
        return _form(request, visitor, face, kind, place=place)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return _form(request, visitor, face, kind, place=place, error=_("Say why: it stands in the record for good."))
    draft = Draft(
        kind=kind, happened_at=timezone.now(), key=f"web-{request.POST.get('once') or uuid4()}"[:200], subjects=(LotRef(face.item.code, face.code),),
        reason=reason, hold_place=place, operator=str(visitor.user), source=FactSource.TYPED,
    )  # fmt: skip
    try:
        append(plant=visitor.plant, drafts=[draft], actor=visitor.user.pk)
    except Refused as refused:
        # The form carries its own key: sent twice by a nervous finger, it is one decision, though of two moments.
        if {problem.code for problem in refused.problems} == {"key_reused"}:
            return HttpResponseRedirect(_next(request, face))
        return _form(request, visitor, face, kind, place=place, error=" ".join(describe(problem) for problem in refused.problems))
    said = _("%(lot)s is on hold.") if kind is FactKind.HOLD else _("The hold on %(lot)s is lifted.")
    messages.success(request, said % {"lot": face.code})
    return HttpResponseRedirect(_next(request, face))


def _form(request: HttpRequest, visitor: Visitor, face: Face, kind: FactKind, *, place: str, error: str = "") -> HttpResponse:
    holding = kind is FactKind.HOLD
    context: dict[str, Any] = {
        "face": face, "item": name_of(face), "total": total_of(face), "places": write_places([face]), "holding": holding, "place": place,
        "drawer": {"title": _("Put on hold") if holding else _("Lift the hold"), "code": False}, "error": error,
        "reason": request.POST.get("reason", ""), "once": request.POST.get("once") or str(uuid4()), "next": _next(request, face),
        "address": reverse("web:hold" if holding else "web:release", args=[face.id]), "search_value": face.code,
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true" and not error:
        return render(request, "web/hold_drawer.html", context)
    return show(request, visitor, "web/hold.html", context, status=400 if error else 200)


def _next(request: HttpRequest, face: Face) -> str:
    """Back to where the decision was asked for, on this site only."""
    wanted = request.POST.get("next") or request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    here = reverse("web:lot", args=[face.id])
    return wanted if safe and f"{here}/" not in wanted else here
