"""The head of a lot: code and state, a quantity bar that closes to the last unit, where it is now, where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.doors.web.faces import Face, name_of
from lotline.doors.web.formats import Formats, write_count, write_quantity
from lotline.doors.web.words import path_label, place_label
from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.facts import FactView
from lotline.records.genealogy.mass_balance import Line, total_of
from lotline.records.genealogy.whereabouts import Spot
from lotline.records.places.choices import PlaceKind

SHOWN_PLACES = 5


def write_quantities(lines: Sequence[Line], unit: str, *, held: bool = False) -> dict[str, Any]:
    """The quantity block of ``components/lot_head.html`` for lots of one item, together."""
    line = total_of(lines)
    verb = _("received") if line.received and not line.produced else _("made")
    total = line.inflow
    parts = [
        _part(line.shipped, _("Shipped"), "gone"),
        _part(line.in_transit, _("In transit"), "transit"),
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


def write_items(faces: Iterable[Face]) -> list[dict[str, str]]:
    """How much there was of each item, for lots of several: sums are never made across items."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for face in faces:
        totals[name_of(face), face.item.unit.label] += face.line.inflow
    return [{"name": name, "text": f"{write_quantity(amount)} {unit}"} for (name, unit), amount in sorted(totals.items())]


def _part(amount: int, label: str, tone: str) -> dict[str, Any]:
    return {"amount": amount, "text": write_quantity(amount), "label": label, "tone": tone}


def write_places(faces: Iterable[Face]) -> list[dict[str, Any]]:
    """Where it is now, one row for each place that is no container, the plant's own places first."""
    shown = list(faces)
    several = len({face.item.pk for face in shown}) > 1
    rows: dict[_Row, int] = defaultdict(int)
    boxes: dict[_Row, set[str]] = defaultdict(set)
    for face in shown:
        for stay in face.stays:
            key = _Row(stay.partner or stay.ground, stay.standing, face.state, name_of(face) if several else "", face.item.unit.label)
            rows[key] += stay.quantity
            if stay.place.kind == PlaceKind.CONTAINER:
                boxes[key].add(stay.place.label)
    order = list(Standing)
    ranked = sorted(rows, key=lambda key: (order.index(key.standing), -rows[key], key.spot.code, key.item))
    return [_place_row(key, rows[key], sorted(boxes[key])) for key in ranked]


class _Row(NamedTuple):
    """What is added up: what is of one item and unit, in one state, at one place. ``item`` is named where there are several."""

    spot: Spot
    standing: Standing
    state: str
    item: str
    unit: str


def _place_row(key: _Row, amount: int, boxes: list[str]) -> dict[str, Any]:
    name = " · ".join(text for text in (place_label(key.spot), key.item) if text)
    if key.standing is Standing.TRANSIT and boxes:
        name = f"{name} · {', '.join(boxes[:2])}"
    return {
        "name": name, "text": f"{write_quantity(amount)} {key.unit}", "state": _chip(key.standing, key.state),
        "address": _stock_address(key.spot, key.standing), "boxes": boxes,
    }  # fmt: skip


def write_stays(face: Face) -> list[dict[str, Any]]:
    """Where one lot is now, place by place with all that it lies in: a pallet is told apart from the bin that it stands in."""
    order = list(Standing)
    stays = sorted(face.stays, key=lambda stay: (order.index(stay.standing), -stay.quantity, stay.place.code))
    return [
        {
            "name": path_label(stay), "text": f"{write_quantity(stay.quantity)} {face.item.unit.label}", "state": _chip(stay.standing, face.state),
            "address": _stock_address(stay.partner or stay.ground, stay.standing),
        }
        for stay in stays
    ]  # fmt: skip


def _chip(standing: Standing, state: str) -> str:
    """Gone or on its way; here, only what keeps it from being used."""
    away = {Standing.SHIPPED: "shipped", Standing.TRANSIT: "transit"}.get(standing)
    return away or (state if state in {"hold", "pending", "rejected", "expired"} else "")


def _stock_address(spot: Spot, standing: Standing) -> str:
    """The lots at a place; none for what is on the road."""
    return f"{reverse('web:lots')}?{urlencode({'place': spot.code})}" if standing in (Standing.HERE, Standing.SHIPPED) else ""


def shorten_places(places: list[dict[str, Any]], address: str) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
    """The first few, and a link to the rest."""
    if len(places) <= SHOWN_PLACES:
        return places, None
    left = len(places) - SHOWN_PLACES + 1
    text = ngettext("and %(n)s more place", "and %(n)s more places", left) % {"n": write_count(left)}
    return places[: SHOWN_PLACES - 1], {"text": text, "address": address}


def write_seal(facts: Iterable[FactView], formats: Formats) -> dict[str, Any]:
    """How many of the records behind the page were just found to be what was written. Broken: it names the first that is not."""
    records = list(facts)
    altered = min((one.seq for one in records if not one.intact), default=None)
    address = reverse("web:chain")
    if altered is not None:
        return {"text": _("Record %(seq)s was altered") % {"seq": write_count(altered)}, "address": address, "broken": True}
    text = ngettext("%(n)s record unaltered", "%(n)s records unaltered", len(records)) % {"n": write_count(len(records))}
    return {"text": f"{text} · {formats.clock(formats.now)}", "address": address}
