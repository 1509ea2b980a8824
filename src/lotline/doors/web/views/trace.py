"""The trace explorer: page, picture, drawer, and all rows as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.gzip import gzip_page

from lotline.core.csv_text import csv_text
from lotline.core.graph_layout import build_graph
from lotline.core.instant import BadInstant
from lotline.core.quantity import format_quantity
from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.answer import write_answer
from lotline.doors.web.asked import BOTH, Asked, read_asked
from lotline.doors.web.faces import Face, name_of, own_lots, read_faces, total_of, with_unit
from lotline.doors.web.formats import Formats, write_count
from lotline.doors.web.genealogy import answer_genealogy
from lotline.doors.web.lot_page import shorten_places, write_items, write_places, write_quantities, write_seal
from lotline.doors.web.marks import mark_suspects, read_marks
from lotline.doors.web.picture import KEYS, MOST_LOTS, PLACE, amount_of, caption, draw_picture
from lotline.doors.web.recent import note_recent
from lotline.doors.web.steps import fold_steps, write_reading, write_steps
from lotline.doors.web.views.search import starts_or_none, unknown_code
from lotline.doors.web.words import lots_counted, meaning_title, path_label, place_label
from lotline.records.genealogy.choices import operation_label
from lotline.records.genealogy.closure import To, reach
from lotline.records.genealogy.facts import Names, makers_of, read_names, view_facts
from lotline.records.genealogy.graph import STEP
from lotline.records.genealogy.spread import spread_lots
from lotline.records.genealogy.starts import Start, StartKind
from lotline.records.genealogy.story import Story, tell_story
from lotline.records.genealogy.whereabouts import NOW, Spot
from lotline.records.journal.choices import FactKind
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.people.choices import Right
from lotline.records.places.choices import PlaceKind
from lotline.records.places.models import Place

# Steps told one by one; a longer trace tells those of the start and what was unusual.
TOLD_STEPS = 400
# A complaint about one of a few serials is about all of them; one of hundreds of deliveries is not.
MOST_REASONED = 5
# Where a script puts the id of a card, and an id that no lot has, to write an address that only takes ids.
ID_IN_ADDRESS = "__id__"
NO_LOT = UUID(int=0)


@for_members()
def trace_page(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """The whole answer to a code, in both directions or one, at any moment."""
    asked = read_asked(code, request.GET)
    try:
        starts, ambiguous = starts_or_none(visitor.plant, asked)
    except BadInstant as bad:
        return show(
            request,
            visitor,
            "web/bad_moment.html",
            {"asked": asked, "text": str(bad), "search_value": code, "address": asked.address(), "fields": _hidden(asked)},
            status=400,
        )
    if not starts:
        return unknown_code(request, visitor, code)
    if ambiguous:
        return _choice(request, visitor, asked, starts)
    story = _tell(visitor, asked, starts)
    response = show(request, visitor, "web/trace_page.html", _page(story, asked, visitor))
    note_recent(request, response, visitor.user.pk, visitor.plant.pk, code)
    return response


@gzip_page
@for_members()
def picture(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """The JSON behind the genealogy (README, "The genealogy")."""
    asked = read_asked(code, request.GET)
    try:
        starts, ambiguous = starts_or_none(visitor.plant, asked)
    except BadInstant as bad:
        return JsonResponse({"error": str(bad)}, status=400)
    if not starts or ambiguous:
        raise Http404
    story = _tell(visitor, asked, starts)
    count = len({*story.start_lots, *story.reached})
    if count > MOST_LOTS:
        text = _("%(lots)s are too many for a picture. All of them are in the file: Export.") % {"lots": lots_counted(count)}
        return JsonResponse({"too_many": count, "text": text})
    drawn = mark_suspects(draw_picture(story, visitor.formats), read_marks(request.GET.getlist("suspect")), story.bounds)
    answer = answer_genealogy(build_graph(drawn.nodes, drawn.links), request.GET, keys=KEYS, caption=caption)
    answer["lots"] -= drawn.places
    answer["links"] -= drawn.place_links
    return JsonResponse(answer)


@for_members()
def trace_rows(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse | StreamingHttpResponse:
    """All lots of the trace as CSV, with a line for each quantity of them, streamed."""
    asked = read_asked(code, request.GET)
    try:
        starts, ambiguous = starts_or_none(visitor.plant, asked)
    except BadInstant as bad:
        raise Http404 from bad
    if not starts or ambiguous:
        raise Http404
    response = StreamingHttpResponse(csv_text(_file_rows(visitor, asked, starts)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="trace.csv"'
    return response


@for_members()
def drawer(request: HttpRequest, visitor: Visitor, node: str) -> HttpResponse:
    """What the picture shows of one card: a lot, or a place where lots are."""
    if node.startswith(PLACE):
        return _place_drawer(request, visitor, node)
    try:
        if node.startswith(STEP):
            return _step_drawer(request, visitor, UUID(node.removeprefix(STEP).partition(":")[0]))
        key = UUID(node)
    except ValueError as bad:
        raise Http404 from bad
    faces = read_faces(plant=visitor.plant, lots=own_lots(visitor.plant, [key]))
    if key not in faces:
        raise Http404
    return render(request, "web/lot_drawer.html", _drawer(visitor, faces[key]))


# ---- the page ------------------------------------------------------------------------------------------------------------------------


def _tell(visitor: Visitor, asked: Asked, starts: list[Start]) -> Story:
    """What the address asks for. Raises ``BadInstant`` for a moment that nobody can read."""
    as_of, known_at = asked.moments(ZoneInfo(visitor.plant.time_zone))
    return tell_story(plant=visitor.plant, starts=starts, ways=asked.directions, as_of=as_of, known_at=known_at)


def _page(story: Story, asked: Asked, visitor: Visitor) -> dict[str, Any]:
    formats, may_hold = visitor.formats, visitor.may(Right.HOLD)
    names = read_names(plant=story.plant, facts=story.steps.values())
    return {
        "lot": _head(story, asked, formats, may_hold=may_hold),
        "answer": write_answer(story, formats, at_another_time=asked.at_another_time),
        "genealogy": {
            "src": asked.picture_address(),
            "lot_address": reverse("web:open", args=[ID_IN_ADDRESS]),
            "drawer_address": reverse("web:drawer", args=[ID_IN_ADDRESS]),
            "hold_address": ID_IN_ADDRESS.join(reverse("web:hold", args=[NO_LOT]).split(str(NO_LOT))) if may_hold else "",
        },
        "asked": asked,
        "now_address": asked.address(as_of="", known_at=""),
        "search_value": asked.code,
        **_steps(story, formats, names),
    }


def _steps(story: Story, formats: Formats, names: Names) -> dict[str, Any]:
    own = {(face.item.code, face.code) for face in story.start_views.values()}
    told = list(story.steps.values())
    left_out = 0
    if len(told) > TOLD_STEPS:
        kept = [one for one in told if one.out or own & {*one.lots(side="moved"), *one.lots(side="about")}][:TOLD_STEPS]
        left_out, told = len(told) - len(kept), kept
    fault = {story.fault.fact.id} if story.fault else set()
    steps = write_steps(told, formats=formats, names=names, own=own, around=fault)
    readings = sum(len(one.readings) for one in told)
    checks = sum(one.kind == "inspect" for one in told)
    summary = " · ".join([
        ngettext("%(n)s step", "%(n)s steps", len(steps)) % {"n": write_count(len(steps))},
        ngettext("%(n)s measurement", "%(n)s measurements", readings) % {"n": write_count(readings)},
        ngettext("%(n)s inspection", "%(n)s inspections", checks) % {"n": write_count(checks)},
    ])  # fmt: skip
    abnormal = [step for step in steps if step["abnormal"]]
    return {"steps": fold_steps(steps), "abnormal": len(abnormal), "steps_summary": summary, "steps_left_out": left_out}


def _head(story: Story, asked: Asked, formats: Formats, *, may_hold: bool) -> dict[str, Any]:
    faces = list(story.start_views.values())
    single = faces[0] if len(faces) == 1 else None
    places, more = shorten_places(write_places(faces), reverse("web:lot", args=[single.id]) + "#where" if single else "")
    items = {face.item.pk: face.item for face in faces}
    item = next(iter(items.values())) if len(items) == 1 else None
    held = bool(faces) and all(face.holds for face in faces)
    there = not story.gaps
    overlays = ["suspect"] if set(story.start_lots) & set(story.exposed) else []
    return {
        "code": asked.code,
        "item": _subject(story, faces),
        "state": single.state if single and there else "",
        "overlays": overlays,
        "seal": write_seal(story.steps.values(), formats) if story.steps else None,
        "sub": _reasons(story, formats),
        "directions": [
            {"code": way, "label": label, "address": asked.address(way=way), "current": asked.way == way}
            for way, label in ((To.SOURCES.value, _("Sources")), (BOTH, _("Both ways")), (To.DESTINATIONS.value, _("Destinations")))
        ],
        "moment": {"asked": asked, "address": asked.address(as_of="", known_at=""), "fields": _hidden(asked)},
        "actions": _head_actions(asked, single, may_hold=may_hold),
        "quantity": write_quantities([face.line for face in faces], item.unit.label, held=held) if item and there else None,
        "items": write_items(faces) if len(items) > 1 else [],
        "places": places,
        "more_places": more,
        "origin": _origin(story, faces, formats),
        "count": len(faces),
    }


def _hidden(asked: Asked) -> list[tuple[str, str]]:
    pairs = [(name, getattr(asked, name)) for name in ("kind", "item", "partner") if getattr(asked, name)]
    return [*pairs, *([("together", "1")] if asked.together else []), *([("to", asked.way)] if asked.way != BOTH else [])]


def _head_actions(asked: Asked, single: Face | None, *, may_hold: bool) -> list[dict[str, str]]:
    query = asked.query()
    actions = [
        {
            "label": _("Export"),
            "icon": "download",
            "key": "e",
            "address": reverse("web:trace-rows", args=[asked.code]) + (f"?{query}" if query else ""),
        }
    ]
    if single is not None:
        actions.insert(0, {"label": _("Dossier"), "icon": "list", "address": reverse("web:lot", args=[single.id])})
        if may_hold and not single.holds:
            actions.append(
                {"label": _("Hold"), "icon": "lock", "kind": "hold", "key": "h", "address": reverse("web:hold", args=[single.id])}
            )
    return actions


def _subject(story: Story, faces: list[Face]) -> str:
    """What the code names, in words."""
    if len(faces) == 1 and story.starts[0].kind is StartKind.LOT:
        return name_of(faces[0])
    kinds = list(dict.fromkeys(" ".join(text for text in (meaning_title(start), _named(start)) if text) for start in story.starts))
    items = list(dict.fromkeys(name_of(face) for face in faces))
    shown = ", ".join(items[:3]) + ("…" if len(items) > 3 else "")
    return " · ".join(text for text in (", ".join(kinds), lots_counted(len(faces)), shown) if text)


def _named(start: Start) -> str:
    """What people call a place, where that is not the code that stands above it."""
    name = start.detail.get("name", "")
    return name if name != start.code else start.detail.get("place", "")


def _reasons(story: Story, formats: Formats) -> list[dict[str, str]]:
    """Why people look at this lot: the latest complaint or note about it, else the latest hold. Of many lots, none speaks for all."""
    if len(story.start_views) > MOST_REASONED:
        return []
    holds = [(hold.since, hold.reason, hold.fact) for face in story.start_views.values() for hold in face.holds]
    names = {(face.item.code, face.code) for face in story.start_views.values()}
    notes = [(one.at, one.text("reason"), one.id) for one in story.steps.values()
             if one.kind == "note" and one.taken_back_by is None and names & set(one.lots(side="about"))]  # fmt: skip
    found = sorted(notes or holds, reverse=True, key=lambda row: row[0])
    return [
        {"text": f"{reason} {formats.moment(at)}", "address": reverse("web:fact", args=[fact])} for at, reason, fact in found[:1] if reason
    ]


def _origin(story: Story, faces: list[Face], formats: Formats) -> list[dict[str, Any]]:
    own = {(face.item.code, face.code) for face in faces}
    made = sorted(
        (one for one in story.steps.values() if one.taken_back_by is None and own & set(one.lots(side="out"))), key=lambda one: one.at
    )
    pairs: list[dict[str, Any]] = []
    if made:
        first = made[0]
        when = formats.moment(first.at) + (f" … {formats.moment(made[-1].at)}" if len(made) > 1 else "")
        where = first.text("equipment") or first.text("station")
        pairs.append(
            {"term": _("Made"), "text": " · ".join(text for text in (when, where) if text), "address": reverse("web:fact", args=[first.id])}
        )
        orders = list(dict.fromkeys(one.text("order") for one in made if one.text("order")))
        pairs += [{"term": _("Order number"), "text": order, "code": True, "address": Asked(code=order).address()} for order in orders[:2]]
    for number in story.supplier_numbers[:3]:
        term = number.supplier_name or number.supplier
        pairs.append({"term": term, "text": number.code, "code": True, "address": Asked(code=number.code).address()})
    if not made and faces:
        pairs.insert(0, {"term": _("First seen"), "text": formats.moment(min(face.born_at for face in faces))})
    expiries = {formats.full_day(face.expires_at) for face in faces if face.expires_at}
    if len(expiries) == 1:
        pairs.append({"term": _("Best before"), "text": next(iter(expiries))})
    recipes = list(dict.fromkeys(value for one in made if isinstance(value := one.data.get("recipe"), str)))
    if recipes:
        pairs.append({"term": _("Recipe version"), "text": recipes[0], "code": True})
    return pairs


def _choice(request: HttpRequest, visitor: Visitor, asked: Asked, starts: list[Start]) -> HttpResponse:
    """One code, several meanings: what tells them apart, and all of them together."""
    faces = read_faces(plant=visitor.plant, lots=[lot for start in starts for lot in start.lots[:200]])
    partners = dict(
        Place.objects.for_plant(visitor.plant)
        .filter(code__in=[start.partner for start in starts if start.partner])
        .values_list("code", "name")
    )
    rows = []
    for start in starts:
        shown = [faces[lot] for lot in start.lots if lot in faces]
        # Two pallets may bear one name: their codes tell them apart.
        own_code = start.detail.get("place") or asked.code
        address = replace(asked, code=own_code, kind=start.kind.value, item=start.item, partner=start.partner, together=False).address()
        rows.append({
            "kind": meaning_title(start), "item": start.item_name or start.item or start.detail.get("name", ""),
            "item_code": start.item or start.detail.get("place", ""),
            "partner": partners.get(start.partner) or start.partner, "address": address,
            "lots": [{"code": face.code, "amount": total_of(face), "state": face.state,
                      "when": visitor.formats.day(face.born_at)} for face in shown[:4]],
            "more": len(start.lots) - min(len(start.lots), 4),
        })  # fmt: skip
    context = {"code": asked.code, "meanings": rows, "together": replace(asked, together=True).address(), "search_value": asked.code}
    return show(request, visitor, "web/choice.html", context)


# ---- drawer --------------------------------------------------------------------------------------------------------------------------


def _drawer(visitor: Visitor, face: Face) -> dict[str, Any]:
    made = makers_of(lots=[face.id], bounds=NOW).get(face.id, set())
    facts = sorted(view_facts(plant=visitor.plant, facts=made).values(), key=lambda one: one.at)
    before = reach(starts=[face.id], to=To.SOURCES, bounds=NOW)
    after = reach(starts=[face.id], to=To.DESTINATIONS, bounds=NOW)
    first = facts[0] if facts else None
    formats = visitor.formats
    pairs = []
    if first is not None:
        pairs = [(_("Step"), operation_label(first.text("operation"))), (_("Time"), formats.moment(first.at)), (_("Equipment"), first.text("equipment") or first.text("station")),
                 (_("Operator"), first.text("operator"))]  # fmt: skip
    next_lots = sorted((lot for lot in after.lots.values()), key=lambda lot: (lot.at_us, lot.code))[:6]
    next_faces = read_faces(plant=visitor.plant, lots=[lot.id for lot in next_lots])
    return {
        "drawer": {"title": face.code, "code": True, "state": face.state},
        "face": face,
        "item_name": name_of(face),
        "amount": total_of(face),
        "pairs": [(term, text) for term, text in pairs if text],
        "readings": [write_reading(reading) for one in facts for reading in one.readings][:9],
        "out": any(one.out for one in facts),
        "before": write_count(len(before)),
        "before_count": len(before),
        "after_count": len(after),
        "after": write_count(len(after)),
        "places": [{"name": path_label(stay), "text": with_unit(face, stay.quantity)} for stay in face.stays[:6]],
        "next": [{"code": lot.code, "item": name_of(next_faces[lot.id]), "amount": amount_of(next_faces[lot.id]), "address": _trace_of(next_faces[lot.id])}
                 for lot in next_lots if lot.id in next_faces],
        "trace_address": _trace_of(face),
        "lot_address": reverse("web:lot", args=[face.id]),
    }  # fmt: skip


def _trace_of(face: Face) -> str:
    return Asked(code=face.code, item=face.item.code, kind="lot").address()


def _step_drawer(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """A step of so many lots that it has a card of its own."""
    one = view_facts(plant=visitor.plant, facts=[key]).get(key)
    if one is None:
        raise Http404
    pairs = [
        (_("Time"), visitor.formats.moment(one.at)),
        (_("Equipment"), one.text("equipment") or one.text("station")),
        (_("Operator"), one.text("operator")),
        (_("Went in"), lots_counted(len(one.lots(side="in")))),
        (_("Came out"), lots_counted(len(one.lots(side="out")))),
    ]
    context = {
        "drawer": {"title": operation_label(one.text("operation")) or str(FactKind(one.kind).label)},
        "pairs": [(term, text) for term, text in pairs if text],
        "readings": [write_reading(reading) for reading in one.readings][:9],
        "out": one.out,
        "fact_address": reverse("web:fact", args=[key]),
    }
    return render(request, "web/step_drawer.html", context)


def _place_drawer(request: HttpRequest, visitor: Visitor, node: str) -> HttpResponse:
    """A place of the picture, with the lots of the trace that are there."""
    key, _bar, keys = node.removeprefix(PLACE).partition("|")
    try:
        lots = own_lots(visitor.plant, [UUID(text) for text in keys.split(",") if text])
        place = Place.objects.for_plant(visitor.plant).filter(pk=UUID(key)).first()
    except ValueError as bad:
        raise Http404 from bad
    if place is None:
        raise Http404
    rows = [
        {"code": face.code, "address": _trace_of(face), "path": path_label(stay), "text": with_unit(face, stay.quantity)}
        for face in read_faces(plant=visitor.plant, lots=lots).values()
        for stay in face.stays
        if place.pk in {spot.id for spot in stay.path}
    ]
    context = {
        "drawer": {"title": place_label(Spot(place.pk, place.code, place.name, PlaceKind(place.kind), None))},
        "rows": rows,
        "stock_address": f"{reverse('web:lots')}?{urlencode({'place': place.code})}",
    }
    return render(request, "web/place_drawer.html", context)


# ---- the file ------------------------------------------------------------------------------------------------------------------------


def _file_rows(visitor: Visitor, asked: Asked, starts: list[Start]) -> Iterator[list[str]]:
    """The trace and its quantities are of one moment, which lasts until the last line has gone out."""
    with snapshot():
        story, formats = _tell(visitor, asked, starts), visitor.formats
        yield [_("Direction"), _("Lot"), _("Item"), _("Certain"), _("Time"), _("Quantity"), _("Unit"), _("State"), _("Place")]
        words = {To.SOURCES: _("source"), To.DESTINATIONS: _("destination")}
        for trace in story.traces:
            ordered = sorted(trace.lots.values(), key=lambda lot: (lot.at_us, lot.code))
            for one in spread_lots(whole=trace, lots=ordered, places=story.places):
                lot, item = one.lot, one.item
                certainty = _("certain") if lot.certain else _("possible")
                about = [words[trace.to], lot.code, item.name or item.code, certainty, formats.micros(lot.at_us)]
                for stay in one.stays:
                    yield [*about, format_quantity(stay.quantity), item.unit.label, str(stay.standing.label), path_label(stay)]
                if not one.stays:
                    yield [*about, "0", item.unit.label, "", ""]
