"""The head of a lot: code and state, a quantity bar that closes to the last unit, where it is now, where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.doors.web.faces import Face
from lotline.doors.web.formats import Formats, write_count, write_quantity
from lotline.doors.web.happenings import Happening
from lotline.doors.web.words import place_label
from lotline.records.catalog.models import LotOrigin
from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.mass_balance import Line
from lotline.records.genealogy.whereabouts import Spot
from lotline.records.journal.models import Reversal
from lotline.records.places.choices import PlaceKind
from lotline.records.places.models import Plant

SHOWN_PLACES = 5


def write_quantities(lines: Sequence[Line], unit: str, *, held: bool = False) -> dict[str, Any]:
    """The quantity block of ``components/lot_head.html`` for lots of one unit, together."""
    line = _sum(lines)
    verb = _("received") if line.received and not line.produced else _("made")
    total = line.inflow
    parts = [
        _part(line.shipped, _("Shipped"), "gone"),
        _part(line.in_transit, _("In transit"), "gone"),
        _part(line.consumed, _("Consumed"), "gone"),
        _part(line.on_hand, _("In stock"), "hold" if held else "here"),
        _part(line.at_subcontractor, _("At a subcontractor"), "here"),
        _part(line.scrapped, _("Scrapped"), ""),
        _part(line.sent_back, _("Returned to supplier"), ""),
        _part(line.missing, _("Missing at counts"), "amber"),
    ]
    shown = [part for part in parts if part["amount"]]
    summary = _("%(total)s %(unit)s in all: %(parts)s") % {
        "total": write_quantity(total), "unit": unit, "parts": ", ".join(f"{part['label']} {part['text']}" for part in shown),
    }  # fmt: skip
    notes = [f"{label} {write_quantity(amount)}" for amount, label in (
        (line.returned, _("of it came back from customers")), (line.found, _("of it found at counts")),
    ) if amount]  # fmt: skip
    return {
        "text": write_quantity(total), "unit": unit, "verb": verb if not line.returned else _("taken in"), "closes": line.residue == 0,
        "difference": write_quantity(line.residue), "parts": shown, "summary": summary, "notes": notes,
    }  # fmt: skip


def _sum(lines: Sequence[Line]) -> Line:
    total = Line()
    for line in lines:
        for name in ("opening", "received", "produced", "returned", "found", "on_hand", "at_subcontractor", "in_transit", "consumed",
                     "shipped", "scrapped", "sent_back", "missing"):  # fmt: skip
            setattr(total, name, getattr(total, name) + getattr(line, name))
    return total


def _part(amount: int, label: str, tone: str) -> dict[str, Any]:
    return {"amount": amount, "text": write_quantity(amount), "label": label, "tone": tone}


def write_places(faces: Iterable[Face]) -> list[dict[str, Any]]:
    """Where it is now, one row for each place that is no container, the plant's own places first."""
    rows: dict[tuple[Spot, Standing, str, str], int] = defaultdict(int)
    boxes: dict[tuple[Spot, Standing, str, str], set[str]] = defaultdict(set)
    for face in faces:
        for stay in face.stays:
            key = (stay.partner or stay.ground, stay.standing, face.state, face.item.unit.code)
            rows[key] += stay.quantity
            if stay.place.kind == PlaceKind.CONTAINER:
                boxes[key].add(stay.place.label)
    order = list(Standing)
    ranked = sorted(rows, key=lambda key: (order.index(key[1]), -rows[key], key[0].code))
    return [_place_row(key, rows[key], sorted(boxes[key])) for key in ranked]


def _place_row(key: tuple[Spot, Standing, str, str], amount: int, boxes: list[str]) -> dict[str, Any]:
    spot, standing, state, unit = key
    name = place_label(spot)
    if standing is Standing.TRANSIT and boxes:
        name = f"{name} · {', '.join(boxes[:2])}"
    here = standing is Standing.HERE
    chip = (
        "shipped"
        if standing in (Standing.SHIPPED, Standing.TRANSIT)
        else state
        if state in {"hold", "pending", "rejected", "expired"}
        else ""
    )
    return {
        "name": name, "text": f"{write_quantity(amount)} {unit}", "state": chip,
        "address": f"{reverse('web:lots')}?{urlencode({'place': spot.code})}" if here or standing is Standing.SHIPPED else "",
        "boxes": boxes,
    }  # fmt: skip


def shorten_places(places: list[dict[str, Any]], address: str) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
    """The first few, and a link to the rest."""
    if len(places) <= SHOWN_PLACES:
        return places, None
    left = len(places) - SHOWN_PLACES + 1
    text = ngettext("and %(n)s more place", "and %(n)s more places", left) % {"n": write_count(left)}
    return places[: SHOWN_PLACES - 1], {"text": text, "address": address}


def write_seal(happenings: Iterable[Happening], formats: Formats) -> dict[str, Any]:
    """How many of the records behind the page were just found to be what was written. Broken: it names the first that is not."""
    records = list(happenings)
    altered = min((one.seq for one in records if not one.intact), default=None)
    address = reverse("web:chain")
    if altered is not None:
        return {"text": _("Record %(seq)s was altered") % {"seq": write_count(altered)}, "address": address, "broken": True}
    text = ngettext("%(n)s record unaltered", "%(n)s records unaltered", len(records)) % {"n": write_count(len(records))}
    return {"text": f"{text} · {formats.clock(formats.now)}", "address": address}


def supplier_rows(plant: Plant, lots: Sequence[Any]) -> list[tuple[str, str, str]]:
    """(supplier, supplier's code, supplier's lot number) of the receipts that stand, each once."""
    taken_back = Reversal.objects.for_plant(plant).values("fact_id")
    rows = LotOrigin.objects.for_plant(plant).filter(lot_id__in=list(lots)[:500]).exclude(fact_id__in=taken_back).order_by("id")
    fields = ("supplier_lot__supplier__name", "supplier_lot__supplier__code", "supplier_lot__code")
    return list(dict.fromkeys((name or code, code, number) for name, code, number in rows.values_list(*fields)))
