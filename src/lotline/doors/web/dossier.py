"""The dossier of a lot: what ``records.genealogy.dossier`` knows about it, as the values of one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.core.instant import from_micros
from lotline.doors.web.asked import Asked
from lotline.doors.web.faces import Face, name_of, read_faces, with_unit
from lotline.doors.web.formats import Formats, write_count, write_quantity
from lotline.doors.web.lot_page import shorten_places, write_quantities, write_seal, write_stays
from lotline.doors.web.steps import write_reading, write_steps
from lotline.doors.web.words import path_label, what_of
from lotline.records.catalog.queries import unit_labels
from lotline.records.genealogy.dossier import Dossier, Relative, lot_dossier
from lotline.records.genealogy.facts import FactView, read_names
from lotline.records.genealogy.mass_balance import Line
from lotline.records.journal.models import Hold
from lotline.records.places.models import Plant

# What a page shows of a lot that is used every day, such as a silo; the page says how much it leaves out.
MOST_FACTS = 500
MOST_RELATIVES = 200


def read_dossier(*, plant: Plant, lot: UUID, formats: Formats) -> dict[str, Any]:
    """The context of ``web/lot_page.html``. Raises ``Lot.DoesNotExist``."""
    dossier = lot_dossier(plant=plant, lot=lot, now=formats.now)
    face = dossier.lot
    facts = [event.fact for event in dossier.events[:MOST_FACTS]]
    names = read_names(plant=plant, facts=facts)
    steps = write_steps(facts, formats=formats, names=names, own={(face.item.code, face.code)})
    measured = [one for one in facts if one.readings and one.taken_back_by is None]
    return {
        "lot": _head(dossier, facts, formats),
        "search_value": face.code,
        "trace_address": _trace_of(face),
        "balance": _balance(face),
        "stays": [_stay(face, path_label(stay), stay.quantity, str(stay.standing.label)) for stay in face.stays],
        "inputs": _relatives(plant, dossier.inputs),
        "outputs": _relatives(plant, dossier.outputs),
        "suppliers": [_supplier(name, code) for name, code in dict.fromkeys(_numbers(dossier))],
        "holds": _holds(plant, lot, formats),
        "measurements": [_measured(one, formats) for one in measured],
        "steps": steps,
        "steps_left_out": len(dossier.events) - len(facts),
        "abnormal": sum(step["abnormal"] for step in steps),
        "documents": _documents(dossier),
    }


def _trace_of(face: Face) -> str:
    return Asked(code=face.code, item=face.item.code, kind="lot").address()


def _numbers(dossier: Dossier) -> list[tuple[str, str]]:
    return [(number.supplier_name or number.supplier, number.code) for number in dossier.supplier_numbers]


def _stay(face: Face, path: str, quantity: int, standing: str) -> dict[str, str]:
    return {"path": path, "text": with_unit(face, quantity), "standing": standing}


def _supplier(name: str, number: str) -> dict[str, str]:
    return {"name": name, "number": number, "address": Asked(code=number).address()}


def _head(dossier: Dossier, facts: Sequence[FactView], formats: Formats) -> dict[str, Any]:
    face = dossier.lot
    places, more = shorten_places(write_stays(face), "#where")
    item_address = f"{reverse('web:lots')}?{urlencode({'item': face.item.code})}"
    origin: list[dict[str, Any]] = [
        {"term": _("Item"), "text": face.item.code, "code": True, "address": item_address},
        {"term": _("First seen"), "text": formats.moment(face.born_at)},
    ]
    if face.batch:
        origin.append({"term": _("Batch"), "text": face.batch, "code": True, "address": Asked(code=face.batch).address()})
    if face.expires_at:
        origin.append({"term": _("Best before"), "text": formats.full_day(face.expires_at)})
    origin += [
        {"term": _("Order number"), "text": order, "code": True, "address": Asked(code=order).address()} for order in dossier.orders[:2]
    ]
    return {
        "code": face.code,
        "item": name_of(face),
        "state": face.state,
        "overlays": [],
        "seal": write_seal(facts, formats),
        "sub": [{"text": hold.reason, "address": reverse("web:fact", args=[hold.fact])} for hold in face.holds if hold.reason][:1],
        "actions": [{"label": _("Trace"), "icon": "route", "kind": "primary", "address": _trace_of(face)}],
        "quantity": write_quantities([face.line], face.item.unit.label, held=bool(face.holds)),
        "places": places,
        "more_places": more,
        "origin": origin,
        "count": 1,
    }


def _balance(face: Face) -> dict[str, Any]:
    """What came in against what is there and what went out, to the last unit; the difference is printed even when it is 0."""
    line: Line = face.line
    coming = (
        (_("Received"), line.received),
        (_("Made"), line.produced),
        (_("Returned by customers"), line.returned),
        (_("Found at counts"), line.found),
    )
    going = (
        (_("In stock"), line.on_hand),
        (_("At a subcontractor"), line.at_subcontractor),
        (_("In transit"), line.in_transit),
        (_("Consumed"), line.consumed),
        (_("Shipped"), line.shipped),
        (_("Scrapped"), line.scrapped),
        (_("Returned to supplier"), line.sent_back),
        (_("Missing at counts"), line.missing),
    )
    return {
        "unit": face.item.unit.label,
        "coming": [(word, write_quantity(amount)) for word, amount in coming if amount],
        "going": [(word, write_quantity(amount)) for word, amount in going if amount],
        "in": write_quantity(line.inflow),
        "out": write_quantity(line.outflow),
        "difference": write_quantity(line.residue),
        "closes": line.residue == 0,
    }


def _relatives(plant: Plant, relatives: Sequence[Relative]) -> list[dict[str, Any]]:
    """Lots that went straight into this one, or that it went straight into, with their states."""
    shown = relatives[:MOST_RELATIVES]
    faces = read_faces(plant=plant, lots=[one.lot for one in shown])
    units = unit_labels()
    return [
        {
            "code": one.code,
            "item": one.item_name or one.item,
            "amount": f"{write_quantity(one.quantity)} {units[one.unit]}",
            "certain": one.certain,
            "state": faces[one.lot].state,
            "address": reverse("web:lot", args=[one.lot]),
        }
        for one in shown
    ]


def _holds(plant: Plant, lot: UUID, formats: Formats) -> list[dict[str, Any]]:
    rows = Hold.objects.for_plant(plant).filter(lot_id=lot).select_related("place", "opened_by").order_by("-opened_at_us")
    return [
        {
            "reason": hold.reason or "–",
            "since": formats.moment(from_micros(hold.opened_at_us)),
            "who": hold.opened_by.operator,
            "place": (hold.place.name or hold.place.code) if hold.place else _("everywhere"),
            "address": reverse("web:fact", args=[hold.opened_by_id]),
            "place_code": hold.place.code if hold.place else "",
            "until": formats.moment(from_micros(hold.closed_at_us)) if hold.closed_at_us is not None else "",
            "closed_address": reverse("web:fact", args=[hold.closed_by_id]) if hold.closed_by_id else "",
        }
        for hold in rows
    ]


def _measured(one: FactView, formats: Formats) -> dict[str, Any]:
    return {
        "when": formats.moment(one.at),
        "title": what_of(one),
        "address": reverse("web:fact", args=[one.id]),
        "out": one.out,
        "readings": [write_reading(reading) for reading in one.readings],
    }


def _documents(dossier: Dossier) -> list[dict[str, Any]]:
    """Documents and orders that facts about the lot name, with how many facts each."""
    terms = (("document", _("Document")), ("order", _("Order number")))
    counts = Counter((term, text) for event in dossier.events for name, term in terms if (text := event.fact.text(name)))
    return [
        {
            "term": term,
            "code": code,
            "address": Asked(code=code).address(),
            "count": ngettext("%(n)s record", "%(n)s records", count) % {"n": write_count(count)},
        }
        for (term, code), count in sorted(counts.items())
    ]
