"""The first line of a trace page: one sentence with the answer and its numbers (design guide, principle 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.core.instant import to_micros
from lotline.doors.web.faces import Face, read_faces
from lotline.doors.web.formats import Formats, write_count, write_quantity
from lotline.doors.web.words import lots_counted
from lotline.records.catalog.choices import ItemKind
from lotline.records.genealogy.choices import Standing, operation_label
from lotline.records.genealogy.facts import Reading
from lotline.records.genealogy.mass_balance import Line
from lotline.records.genealogy.story import Fault, Story

# Beyond this many touched lots, the answer counts lots and customers and leaves the quantities to the recall set.
WEIGHED_LOTS = 2000


@dataclass(slots=True)
class Touched:
    """What a problem touches, of the products that leave the plant: lots, those of which some has left, how many items they are of, who has some.

    ``made`` and ``left`` (micro ``unit``) are those of one item, and 0 where there are several: these are not added.
    """

    lots: int
    gone: int
    items: int
    unit: str
    made: int
    left: int
    customers: tuple[str, ...]


def write_answer(story: Story, formats: Formats, *, at_another_time: bool = False) -> dict[str, Any]:
    """The context of ``components/answer.html``."""
    if not story.start_lots:
        return {
            "tone": "",
            "icon": "package",
            "sentence": _("Nothing lay here at that moment") if at_another_time else _("Nothing lies here"),
        }
    if story.gaps:
        return _unknown_yet_answer(story, formats)
    if story.fault is not None:
        return _fault_answer(story, story.fault, formats)
    faces = list(story.start_views.values())
    held = [face for face in faces if face.holds]
    if held and len(held) == len(faces):
        return _hold_answer(story, held[0], formats)
    return _calm_answer(story)


def _unknown_yet_answer(story: Story, formats: Formats) -> dict[str, Any]:
    """An empty trace must not look like an answer: there was nothing to trace."""
    first = min(view.born_at for view in story.start_views.values())
    when = f"{formats.full_day(first)} {formats.clock(first)}"
    later = to_micros(first) > story.bounds.at_us
    told = _("It first appears at %(moment)s.") % {"moment": when} if later else _("It was recorded later.")
    return {
        "tone": "amber",
        "icon": "clock",
        "sentence": " ".join(str(gap.label) for gap in story.gaps),
        "detail": f"{told} {_('What stands below is not a trace.')}",
    }


def _fault_answer(story: Story, fault: Fault, formats: Formats) -> dict[str, Any]:
    one = fault.fact
    bad = sorted((reading for reading in one.readings if reading.out), key=lambda reading: reading.excess, reverse=True)
    first = next((reading for reading in one.readings if reading.out), bad[0])
    operation = operation_label(one.text("operation")) or _("one step")
    made = ", ".join(code for _item, code in (one.lots(side="out") or one.lots(side="about"))[:2])
    who = [made, one.text("equipment") or one.text("station"), formats.moment(one.at), one.text("operator")]
    others = [_reading_text(reading) for reading in one.readings if reading.out and reading is not first]
    alarms = one.data.get("alarms")
    if isinstance(alarms, int) and alarms > 0:
        others.append(ngettext("%(n)s alarm", "%(n)s alarms", alarms) % {"n": alarms})
    touched = _touched(story, {*fault.lots, *story.exposed})
    return {
        "tone": "red",
        "icon": "alert-triangle",
        "sentence": _("Problem at %(operation)s: %(reading)s") % {"operation": operation, "reading": _reading_text(first)},
        "detail": " · ".join(text for text in [*who, *others] if text),
        "numbers": _numbers(touched, len({*fault.lots, *story.exposed})),
        "actions": [{"label": _("Evidence"), "icon": "list", "address": "#fault"}],
    }


def _reading_text(reading: Reading) -> str:
    value = f"{reading.value} {reading.unit}".strip() if reading.value is not None else _("not recorded")
    if reading.verdict == "below" and reading.low is not None:
        return _("%(name)s %(value)s, below limit %(limit)s") % {"name": reading.name, "value": value, "limit": reading.low}
    if reading.verdict == "above" and reading.high is not None:
        return _("%(name)s %(value)s, above limit %(limit)s") % {"name": reading.name, "value": value, "limit": reading.high}
    return _("%(name)s %(value)s, out of limits") % {"name": reading.name, "value": value}


def _hold_answer(story: Story, face: Face, formats: Formats) -> dict[str, Any]:
    hold = face.holds[0]
    touched = _touched(story, {*story.start_lots, *(story.destinations.lots if story.destinations else ())})
    reached = len(story.destinations.closure) if story.destinations else 0
    details = [formats.moment(hold.since)]
    if reached:
        details.append(ngettext("it went into %(n)s lot", "it went into %(n)s lots", reached) % {"n": write_count(reached)})
    return {
        "tone": "violet",
        "icon": "lock",
        "sentence": _("On hold: %(reason)s") % {"reason": hold.reason or _("no reason given")},
        "detail": " · ".join([*details, *_not_measured(story)]),
        "numbers": _numbers(touched, reached),
    }


def _calm_answer(story: Story) -> dict[str, Any]:
    before = len(story.sources.closure) if story.sources else 0
    after = len(story.destinations.closure) if story.destinations else 0
    standing = {fact: one for fact, one in story.steps.items() if one.taken_back_by is None}
    on_the_way = [
        reading for fact, one in standing.items() if fact in story.upstream for reading in one.readings if reading.value is not None
    ]
    inside = bool(on_the_way) and story.measured
    details = []
    if held := sum(bool(view.holds) for view in story.start_views.values()):
        text = ngettext("%(n)s of %(all)s lots on hold", "%(n)s of %(all)s lots on hold", held)
        details.append(text % {"n": write_count(held), "all": write_count(len(story.start_views))})
    if inside:
        text = ngettext(
            "%(n)s measurement on the way here, all within limits", "%(n)s measurements on the way here, all within limits", len(on_the_way)
        )
        details.append(text % {"n": write_count(len(on_the_way))})
    if later := sum(one.out for fact, one in standing.items() if fact not in story.upstream):
        details.append(ngettext("%(n)s later step out of limits", "%(n)s later steps out of limits", later) % {"n": write_count(later)})
    details += _partner_details(story)
    if possible := sum(not reached.certain for reached in story.reached.values()):
        details.append(ngettext("%(n)s lot only possibly", "%(n)s lots only possibly", possible) % {"n": write_count(possible)})
    touched = _touched(story, {*story.start_lots, *(story.destinations.lots if story.destinations else ())})
    return {
        "tone": "ok" if inside else "",
        "icon": "circle-check" if inside else "route",
        "sentence": _calm_sentence(story, before, after),
        "detail": " · ".join([*details, *_not_measured(story)]),
        "numbers": _numbers(touched, after, alarming=False),
    }


def _calm_sentence(story: Story, before: int, after: int) -> str:
    if story.sources is None:
        return _("Went into %(lots)s") % {"lots": lots_counted(after)} if after else _("Went into no other lot")
    if story.destinations is None:
        return _("Came from %(lots)s") % {"lots": lots_counted(before)} if before else _("Came from no other lot")
    if not before and not after:
        return _("Came from no other lot, went into none")
    if not before:
        return _("Went into %(lots)s") % {"lots": lots_counted(after)}
    if not after:
        return _("Came from %(before)s, went into no other lot") % {"before": lots_counted(before)}
    return _("Came from %(before)s, went into %(after)s") % {"before": lots_counted(before), "after": lots_counted(after)}


def _partner_details(story: Story) -> list[str]:
    details = []
    if story.sources is not None and (count := len(story.sources.partners)):
        details.append(ngettext("%(n)s supplier", "%(n)s suppliers", count) % {"n": write_count(count)})
    if story.destinations is not None and (count := len(story.destinations.partners)):
        details.append(ngettext("%(n)s customer", "%(n)s customers", count) % {"n": write_count(count)})
    return details


def _not_measured(story: Story) -> list[str]:
    return [] if story.measured else [_("too many steps to look at every measurement here")]


def _numbers(touched: Touched | None, lots: int, *, alarming: bool = True) -> list[dict[str, Any]]:
    """Finished lots, what is in them, what of that has left. Red only where it should not have."""
    if touched is None:
        return [{"text": write_count(lots), "label": ngettext("lot reached", "lots reached", lots)}]
    affected = ngettext("finished lot affected", "finished lots affected", touched.lots)
    label = affected if alarming else ngettext("finished lot", "finished lots", touched.lots)
    numbers = [{"text": write_count(touched.lots), "label": label}]
    if touched.items > 1:
        numbers.append({"text": write_count(touched.items), "label": ngettext("product", "products", touched.items)})
        label = ngettext("lot has left the plant", "lots have left the plant", touched.gone)
        numbers += [{"text": write_count(touched.gone), "label": label, "tone": "is-red" if alarming else ""}] if touched.gone else []
    else:
        numbers.append({"text": write_quantity(touched.made), "label": _("%(unit)s in them") % {"unit": touched.unit}})
    if touched.left:
        label = _("%(unit)s have left the plant") % {"unit": touched.unit}
        numbers.append({"text": write_quantity(touched.left), "label": label, "tone": "is-red" if alarming else ""})
    if touched.customers:
        numbers.append({"text": write_count(len(touched.customers)), "label": ngettext("customer", "customers", len(touched.customers))})
    return numbers


def _touched(story: Story, lots: Iterable[UUID]) -> Touched | None:
    """None when there are too many lots to weigh here, or none of them is a finished product."""
    wanted = set(lots)
    if len(wanted) > WEIGHED_LOTS:
        return None
    faces = read_faces(plant=story.plant, lots=wanted, bounds=story.bounds, places=story.places)
    finished = [face for face in faces.values() if face.item.kind == ItemKind.FINISHED]
    if not finished:
        return None
    items = {face.item.pk for face in finished}
    single = len(items) == 1
    made = sum(face.made or face.line.inflow for face in finished) if single else 0
    left = sum(_gone(face.line) for face in finished) if single else 0
    customers = {stay.partner.code for face in finished for stay in face.stays if stay.partner and stay.standing is Standing.SHIPPED}
    gone = sum(_gone(face.line) > 0 for face in finished)
    return Touched(len(finished), gone, len(items), finished[0].item.unit.label, made, left, tuple(sorted(customers)))


def _gone(line: Line) -> int:
    return line.shipped + line.in_transit
