"""Finding: the search page, what stands under the search box, and where a code leads."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.asked import Asked, trace_path
from lotline.doors.web.faces import Face, name_of, read_faces, total_of
from lotline.doors.web.lookup import Hit, Why, find_hits
from lotline.doors.web.recent import read_recent
from lotline.doors.web.scanned import clean_typed, codes_of, fold_width
from lotline.doors.web.words import KIND_ICONS, KINDS, WHY
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.starts import Start, distinct_starts, find_starts
from lotline.records.genealogy.trace import bounds_of
from lotline.records.journal.choices import FactKind
from lotline.records.journal.texts import find_sentences, is_wordy
from lotline.records.people.choices import Right
from lotline.records.places.models import Plant

# Longer than any code; a scanner that went wild is not looked up.
LONGEST = 300
# One letter is the beginning of everything.
LEAST_TYPED = 2
# Kinds that people know by name: their names are not written as codes.
NAMED_KINDS = frozenset({"container", "partner", "item", "place", "text"})


@for_members()
def home(_request: HttpRequest, _visitor: Visitor) -> HttpResponse:
    """The first page after sign-in: for now, the search."""
    return redirect("web:trace")


@for_members()
def search_page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The big search, and what this person looked at last."""
    return show(request, visitor, "web/search_page.html", {"recent": _recent(request, visitor), "may_import": visitor.may(Right.IMPORT)})


@for_members(any_text=True)
def search(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Open what the code names: its trace, or the page that asks which of several it is. Else what was found; else help, with 404."""
    text = clean_typed(request.GET.get("q", "")[:LONGEST])
    if not text:
        return redirect("web:trace")
    way = request.GET.get("to", "")
    for code in codes_of(text):
        if find_starts(plant=visitor.plant, code=code):
            return HttpResponseRedirect(Asked(code=code).address(**({"way": way} if way in ("sources", "destinations") else {})))
    hits = find_hits(plant=visitor.plant, text=text)
    if len(hits) == 1 and fold_width(text).casefold() in (hits[0].code.casefold(), hits[0].text.casefold(), hits[0].trace.casefold()):
        return HttpResponseRedirect(hits[0].opens)
    found = [*hits, *_told(visitor, text)]
    if not found:
        return unknown_code(request, visitor, text)
    context = {"code": text, "groups": _groups(visitor, found, text), "search_value": text, "count": len(found)}
    return show(request, visitor, "web/found.html", context)


def unknown_code(request: HttpRequest, visitor: Visitor, text: str) -> HttpResponse:
    """Nobody knows the code: what is like it, and what may be wrong."""
    similar = find_hits(plant=visitor.plant, text=text) or list(
        dict.fromkeys(hit for end in range(len(text) - 1, 3, -1) for hit in find_hits(plant=visitor.plant, text=text[:end]))
    )
    context = {"code": text, "groups": _groups(visitor, similar[:8], text), "search_value": text, "may_import": visitor.may(Right.IMPORT)}
    return show(request, visitor, "web/unknown_code.html", context, status=404)


@for_members(any_text=True)
def suggest(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The list under the search box."""
    began = time.perf_counter()
    text = clean_typed(request.GET.get("q", "")[:LONGEST])
    asked = len(text) >= LEAST_TYPED
    hits = find_hits(plant=visitor.plant, text=codes_of(text)[0]) if asked else []
    if asked and is_wordy(text):
        hits += _told(visitor, text)
    groups = _groups(visitor, hits, text)
    seconds = f"{time.perf_counter() - began:.2f}"
    return render(request, "web/suggestions.html", {"groups": groups, "count": len(hits), "seconds": seconds, "text": text, "asked": asked})


def _told(visitor: Visitor, text: str) -> list[Hit]:
    """What people wrote about lots: it leads to the lot, or to the record where it is about several."""
    found = []
    sentences = find_sentences(plant=visitor.plant, text=text) or find_sentences(plant=visitor.plant, text=fold_width(text))
    for one in sentences:
        about = [one.operation or str(FactKind(one.kind).label), ", ".join(one.lots[:2]) + ("…" if len(one.lots) > 2 else "")]
        address = trace_path("web:trace-of", one.lots[0]) if len(one.lots) == 1 else reverse("web:fact", args=[one.fact])
        details = " · ".join(part for part in (*about, visitor.formats.moment(one.at)) if part)
        found.append(Hit("text", one.text, details, address=address, why=Why.TEXT))
    return found


def _groups(visitor: Visitor, hits: list[Hit], text: str) -> list[dict[str, Any]]:
    faces = read_faces(plant=visitor.plant, lots=[hit.lot for hit in hits if hit.lot])
    groups: dict[str, list[dict[str, Any]]] = {}
    for hit in hits:
        groups.setdefault(hit.kind, []).append(_row(visitor, hit, faces.get(hit.lot) if hit.lot else None, text))
    return [{"title": KINDS[kind], "icon": KIND_ICONS[kind], "rows": rows, "named": kind in NAMED_KINDS} for kind, rows in groups.items()]


def _row(visitor: Visitor, hit: Hit, face: Face | None, text: str) -> dict[str, Any]:
    details = [_marked(hit.text, text)] if hit.text else []
    if face and hit.kind == "lot":
        details.append(("", "", total_of(face)))
    opens = hit.opens
    if not hit.address and face and hit.kind == "lot":
        opens = Asked(code=hit.code, item=face.item.code).address() if _shared(visitor.plant, hit.code) else opens
    return {
        "parts": _marked(hit.code, text), "details": details, "why": WHY[hit.why],
        "when": visitor.formats.day(face.born_at) if face else "", "state": face.state if face else "", "address": opens,
        "destinations": "" if hit.address else opens + ("&" if "?" in opens else "?") + urlencode({"to": "destinations"}),
    }  # fmt: skip


def _marked(shown: str, text: str) -> tuple[str, str, str]:
    """A text in three parts, of which the middle one is what was looked for, as it was typed or folded."""
    for form in (text, fold_width(text), fold_width(text).replace(" ", ""), fold_width(text).replace(" ", "-")):
        at = shown.casefold().find(form.casefold()) if form else -1
        if at >= 0:
            return shown[:at], shown[at : at + len(form)], shown[at + len(form) :]
    return shown, "", ""


def _shared(plant: Plant, code: str) -> bool:
    return Lot.objects.for_plant(plant).filter(code=code)[:2].count() > 1


def _recent(request: HttpRequest, visitor: Visitor) -> list[dict[str, Any]]:
    """The codes looked at last; where one is that of exactly one lot, with its item and state."""
    seen = read_recent(request, visitor.user.pk, visitor.plant.pk)
    rows = Lot.objects.for_plant(visitor.plant).filter(code__in=[code for code, _at in seen]).values_list("code", "id")
    by_code: dict[str, list[Any]] = {}
    for code, lot in rows:
        by_code.setdefault(code, []).append(lot)
    faces = read_faces(plant=visitor.plant, lots=[lots[0] for lots in by_code.values() if len(lots) == 1])
    found = []
    for code, at in seen:
        lots = by_code.get(code, [])
        face = faces.get(lots[0]) if len(lots) == 1 else None
        when = visitor.formats.ago(datetime.fromtimestamp(at, UTC))
        found.append({"code": code, "address": trace_path("web:trace-of", code), "item": name_of(face) if face else "",
                      "state": face.state if face else "", "when": when})  # fmt: skip
    return found


def starts_or_none(plant: Plant, asked: Asked) -> tuple[list[Start], bool]:
    """The meanings that an address chooses, and whether somebody has to choose first. No meaning at all: nobody knows the code.

    Raises ``BadInstant`` for a moment that nobody can read.
    """
    as_of, known_at = asked.moments(ZoneInfo(plant.time_zone))
    bounds = bounds_of(plant=plant, as_of=as_of, known_at=known_at)
    starts = [
        start for start in distinct_starts(plant=plant, code=asked.code, bounds=bounds)
        if (not asked.kind or start.kind == asked.kind)
        and (not asked.item or start.item == asked.item)
        and (not asked.partner or start.partner == asked.partner)
    ]  # fmt: skip
    chosen = len(starts) == 1 or asked.together
    return starts, bool(starts) and not chosen
