"""Lots and stock: the list, one lot's dossier, one fact."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from lotline.core.instant import parse_instant
from lotline.core.quantity import format_quantity
from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.asked import Asked
from lotline.doors.web.dossier import read_dossier
from lotline.doors.web.faces import Face, name_of, own_lots, read_faces
from lotline.doors.web.formats import write_quantity
from lotline.doors.web.picture import PLACE
from lotline.doors.web.steps import data_pairs, title_of, write_reading
from lotline.doors.web.stock import HOLD, IN_STOCK, STATES, LotFilter, known_items, list_lots
from lotline.doors.web.words import place_label
from lotline.records.catalog.choices import LotStatus
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.facts import lots_named, read_names, view_facts
from lotline.records.genealogy.graph import STEP
from lotline.records.journal.choices import FactKind, FactSource
from lotline.records.people.choices import Right
from lotline.records.places.models import Place

FILTERS = ("code", "item", "place", "supplier", "state")


@for_members()
def lots(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The lots of the plant, newest first, fifty a page."""
    wanted = LotFilter(**{name: request.GET.get(name, "").strip()[:120] for name in FILTERS})
    page = list_lots(plant=visitor.plant, wanted=wanted, cursor=request.GET.get("after", ""))
    faces = read_faces(plant=visitor.plant, lots=page.lots)
    query = {name: getattr(wanted, name) for name in FILTERS if getattr(wanted, name)}
    states = {
        IN_STOCK: _("In stock"), HOLD: _("On hold"), LotStatus.PENDING.value: _("Pending"), LotStatus.REJECTED.value: _("Rejected"),
        LotStatus.CONCESSION.value: _("Concession"),
    }  # fmt: skip
    context = {
        "table": _table(visitor, [faces[lot] for lot in page.lots if lot in faces]),
        "wanted": wanted,
        "states": [(code, states[code]) for code in STATES],
        "items": known_items(),
        "named": _named_filters(visitor, wanted),
        "next_address": f"?{urlencode({**query, 'after': page.next})}" if page.next else "",
        "first_address": f"?{urlencode(query)}" if request.GET.get("after") else "",
        "may_import": visitor.may(Right.IMPORT),
    }
    return show(request, visitor, "web/lots.html", context)


def _named_filters(visitor: Visitor, wanted: LotFilter) -> list[dict[str, str]]:
    """Filters that came with a link: the place, the supplier; each with an address that lifts it."""
    found = []
    for name, word in (("place", _("At")), ("supplier", _("From"))):
        code = getattr(wanted, name)
        if not code:
            continue
        place = Place.objects.for_plant(visitor.plant).filter(code=code).first()
        rest = {other: getattr(wanted, other) for other in FILTERS if other != name and getattr(wanted, other)}
        found.append(
            {"name": name, "code": code, "word": word, "label": (place.name if place else "") or code, "lift": f"?{urlencode(rest)}"}
        )
    return found


def _table(visitor: Visitor, faces: list[Face]) -> dict[str, Any]:
    return {
        "caption": _("List of lots"),
        "columns": [
            {"label": _("Lot")},
            {"label": _("Item")},
            {"label": _("Made or received"), "right": True},
            {"label": _("In stock"), "right": True},
            {"label": _("Where it is")},
            {"label": _("State")},
            {"label": _("Since")},
        ],
        "rows": [_row(visitor, face) for face in faces],
    }


def _row(visitor: Visitor, face: Face) -> dict[str, Any]:
    unit = face.item.unit.label
    address = reverse("web:lot", args=[face.id])
    grounds = list(dict.fromkeys(place_label(stay.partner or stay.ground) for stay in face.stays))
    where = grounds[0] if grounds else "–"
    if len(grounds) > 1:
        where = f"{where} +{len(grounds) - 1}"
    return {
        "address": address,
        "cells": [
            {"text": face.code, "address": address, "code": True},
            {"text": name_of(face), "end": True},
            {"text": f"{write_quantity(face.line.inflow)} {unit}", "right": True, "label": _("In all")},
            {"text": f"{write_quantity(face.line.on_hand)} {unit}", "right": True, "end": True, "label": _("In stock")},
            {"text": where},
            {"state": face.state, "end": True},
            {"text": visitor.formats.day(face.born_at), "label": _("Since")},
        ],
    }


@for_members()
def lot(request: HttpRequest, visitor: Visitor, lot_id: UUID) -> HttpResponse:
    """Everything about one lot on one page."""
    if not own_lots(visitor.plant, [lot_id]):
        raise Http404
    context = read_dossier(plant=visitor.plant, lot=lot_id, formats=visitor.formats)
    may_hold = visitor.may(Right.HOLD)
    if may_hold and not any(not hold["until"] for hold in context["holds"]):
        context["lot"]["actions"].append(
            {"label": _("Hold"), "icon": "lock", "kind": "hold", "key": "h", "address": reverse("web:hold", args=[lot_id])}
        )
    return show(
        request, visitor, "web/lot_page.html", context | {"may_hold": may_hold, "release_address": reverse("web:release", args=[lot_id])}
    )


@for_members()
def open_node(_request: HttpRequest, visitor: Visitor, node: str) -> HttpResponse:
    """Where a card of the picture leads: a lot's trace, the stock of a place, or the record of a step."""
    is_place = node.startswith(PLACE)
    try:
        if node.startswith(STEP):
            return HttpResponseRedirect(reverse("web:fact", args=[UUID(node.removeprefix(STEP).partition(":")[0])]))
        key = UUID(node.removeprefix(PLACE).partition("|")[0])
    except ValueError as bad:
        raise Http404 from bad
    if is_place:
        code = Place.objects.for_plant(visitor.plant).filter(pk=key).values_list("code", flat=True).first()
        return HttpResponseRedirect(f"{reverse('web:lots')}?{urlencode({'place': code or ''})}")
    found = Lot.objects.for_plant(visitor.plant).filter(pk=key).select_related("item").first()
    if found is None:
        raise Http404
    return HttpResponseRedirect(Asked(code=found.code, item=found.item.code, kind="lot").address())


@for_members()
def fact(request: HttpRequest, visitor: Visitor, fact_id: UUID) -> HttpResponse:
    """One record as it stands in the journal: who, when, where, what moved, what was measured, and its place in the chain."""
    found = view_facts(plant=visitor.plant, facts=[fact_id])
    if fact_id not in found:
        raise Http404
    one, formats = found[fact_id], visitor.formats
    names = read_names(plant=visitor.plant, facts=[one])
    other = [fact for fact in (one.reverses, one.taken_back_by) if fact is not None]
    related = list(view_facts(plant=visitor.plant, facts=other).values())
    keys = lots_named(plant=visitor.plant, names=[(item, code) for item, code in one.body.get("lots", ())])
    pairs = [
        (_("Kind"), str(FactKind(one.kind).label)), (_("Happened"), formats.exact(one.at)), (_("Recorded"), formats.exact(one.recorded_at)),
        (_("Source"), str(FactSource(one.source).label)), (_("Station"), one.text("station")), (_("Equipment"), one.text("equipment")),
        (_("Operator"), one.text("operator")), (_("Signed in as"), names.people.get(one.actor, "") if one.actor else ""),
        (_("Reason"), one.text("reason")), (_("Reason for the override"), one.text("override_reason")), (_("Decision"), one.text("disposition")),
        (_("Clock of the device"), formats.exact(parse_instant(clock)) if (clock := one.text("device_clock")) else ""),
    ]  # fmt: skip
    context = {
        "one": one,
        "title": title_of(one),
        "pairs": [(term, text) for term, text in pairs if text],
        "papers": [
            {"term": term, "code": code, "address": Asked(code=code).address()}
            for term, code in ((_("Order number"), one.text("order")), (_("Document"), one.text("document")))
            if code
        ],
        "data": data_pairs(one.data),
        "readings": [write_reading(reading) for reading in one.readings],
        "moves": [_move(one.body, move, names, keys) for move in one.body.get("moves", ())],
        "carries": [
            {"box": names.place(carry[0]), "code": carry[0], "source": names.place(carry[1]), "target": names.place(carry[2])}
            for carry in one.body.get("carries", ())
        ],
        "subjects": [
            {"code": code, "item": item, "address": _lot_address(keys.get((item, code)))} for item, code in one.lots(side="about")
        ],
        "related": [{"title": title_of(another), "address": reverse("web:fact", args=[another.id])} for another in related],
        "reverses": one.reverses is not None,
        "chain": [
            (_("Number in the chain"), f"{one.seq:,}"),
            (_("Hash"), one.hash),
            (_("Hash of the record before"), one.text("prev") or "–"),
            (_("Idempotency key"), one.text("key")),
        ],
    }
    return show(request, visitor, "web/fact.html", context)


def _move(body: Any, move: Any, names: Any, keys: dict[tuple[str, str], UUID]) -> dict[str, Any]:
    item, code = body["lots"][move[0]]
    unit = names.units.get(item, "")
    return {
        "code": code, "item": names.items.get(item) or item, "amount": f"{write_quantity(int(move[1]))} {unit}", "exact": format_quantity(int(move[1])),
        "source": names.place(move[2]), "target": names.place(move[3]), "certain": bool(move[5]), "address": _lot_address(keys.get((item, code))),
    }  # fmt: skip


def _lot_address(key: UUID | None) -> str:
    return reverse("web:lot", args=[key]) if key else ""
