"""``lotline trace``: where from (来源), where to (去向). Its JSON form is used by other programs; ``docs/reference`` describes it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from lotline.core.csv_text import csv_text
from lotline.doors.commands.codes import forms_of, near_codes
from lotline.doors.commands.places import customer_of, label, place_of
from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, note, open_plant, plant_option
from lotline.doors.commands.words import _, ngettext, table

if TYPE_CHECKING:
    from lotline.records.genealogy.starts import Start
    from lotline.records.genealogy.trace import Trace
    from lotline.records.places.models import Plant

CSV_COLUMNS = ("lot", "item", "item_name", "certainty", "quantity", "unit", "state", "place", "customer")
# Lots of a start whose own whereabouts are told; more than these are an order or a document.
STARTS_SHOWN = 5


@click.command(
    "trace",
    help=_(
        "Trace CODE (a lot, serial, supplier lot, container, place, supplier, customer, order or document) to its sources or destinations."
    ),
)
@click.argument("code")
@click.option("--to", type=click.Choice(["destinations", "sources"]), required=True, help=_("Where it went, or where it came from."))
@click.option("--item", default="", metavar="ITEM", help=_("Only the lot of this item, where several carry the code."))
@click.option("--as-of", metavar="TIME", help=_("As it was at that moment, such as 2026-11-17T08:43."))
@click.option("--csv", "as_csv_lines", is_flag=True, help=_("Answer in CSV: every quantity of every lot reached, and who has it."))
@plant_option
@json_option
def trace_code(
    code: str,
    to: str,
    item: str,
    as_of: str | None,
    as_csv_lines: bool,  # noqa: FBT001 -- Click's signature, and so below
    plant_code: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    plant = open_plant(plant_code)
    from lotline.records.genealogy.closure import To
    from lotline.records.genealogy.trace import trace
    from lotline.records.journal.store.snapshot import snapshot

    began = time.perf_counter()
    moment = moment_of(as_of, plant)
    with snapshot():
        starts = meanings_of(plant=plant, code=code, item=item, as_of=moment)
        whole = trace(plant=plant, starts=starts, to=To(to), as_of=moment)
        single = [trace(plant=plant, starts=[start], to=To(to), as_of=moment) for start in starts] if len(starts) > 1 else []
        elapsed_ms = round((time.perf_counter() - began) * 1000, 1)
        if as_json:
            answer_json(as_object(whole, single, elapsed_ms))
            return
        for text in as_csv(plant, whole) if as_csv_lines else (f"{line}\n" for line in as_text(plant, whole, single)):
            click.echo(text, nl=False)


def moment_of(text: str | None, plant: Plant) -> datetime | None:
    """A moment that was typed, in the plant's own time where it names no zone."""
    from lotline.core.instant import BadInstant, parse_instant

    if not text:
        return None
    try:
        return parse_instant(text, ZoneInfo(plant.time_zone))
    except BadInstant as error:
        raise Stopped(_("{text} is not a moment.").format(text=text), _("Write it as 2026-11-17 or 2026-11-17T08:43.")) from error


def meanings_of(*, plant: Plant, code: str, item: str, as_of: datetime | None = None) -> list[Start]:
    """What ``code`` means, or meant at a moment; each set of lots once. Raises ``Stopped``."""
    from lotline.records.genealogy.starts import distinct_starts
    from lotline.records.genealogy.trace import bounds_of

    bounds = bounds_of(plant=plant, as_of=as_of)
    found: list[Start] = []
    for form in forms_of(code):
        found = distinct_starts(plant=plant, code=form, item=item.strip(), bounds=bounds)
        if found:
            if form != code.strip():
                note(_("Taken as {code}.").format(code=form))
            break
    if not found:
        if near := near_codes(plant, code):
            advice = _("Did you mean {codes}?").format(codes=", ".join(near))
        else:
            advice = _("Check the code; capital and small letters differ.")
        named = _("Nothing here carries the code {code} and is of item {item}.") if item else _("Nothing here carries the code {code}.")
        raise Stopped(named.format(code=code, item=item), advice)
    return found


# ---- for machines -------------------------------------------------------------------------------------------------------------------


def as_object(whole: Trace, single: Sequence[Trace], elapsed_ms: float) -> dict[str, Any]:
    """The answer as one object. With several meanings, ``start`` is a list and ``starts`` answers for each by itself."""
    described = [described_start(start) for start in whole.starts]
    answer: dict[str, Any] = {"start": described[0] if len(described) == 1 else described, "to": whole.to.value, **counted(whole)}
    answer["elapsed_ms"] = elapsed_ms
    if whole.gaps:
        answer["gaps"] = [gap.value for gap in whole.gaps]
    if single:
        answer["starts"] = [{**described_start(one.starts[0]), **counted(one)} for one in single]
    return answer


def counted(trace: Trace) -> dict[str, Any]:
    """The figures of one trace; ``lots`` leaves the start out."""
    return {
        "complete": trace.complete,
        "lots": len(trace.lots),
        "facts": len(trace.facts),
        "partners": list(trace.partners),
        "digest": trace.digest,
    }


def described_start(start: Start) -> dict[str, Any]:
    """One meaning of a code."""
    described: dict[str, Any] = {"kind": start.kind.value, "code": start.code, "item": start.item, "item_name": start.item_name}
    if start.partner:
        described["partner"] = start.partner
    if place := start.detail.get("place"):
        described["place"] = place
    described["start_lots"] = len(start.lots)
    return described


# ---- for people ---------------------------------------------------------------------------------------------------------------------


def as_text(plant: Plant, whole: Trace, single: Sequence[Trace]) -> Iterator[str]:
    """A headline, the meanings of the code where there are several, every lot, and a sum line."""
    words = {"destinations": _("{code} → destinations"), "sources": _("{code} ← sources")}
    yield words[whole.to.value].format(code=whole.starts[0].code)
    for one in single or [whole]:
        start = one.starts[0]
        parts = [kind_words()[start.kind.value], label(start.item, start.item_name), start.partner or start.detail.get("place", "")]
        lots = ngettext("{count} lot reached", "{count} lots reached", len(one.lots)).format(count=len(one.lots))
        yield "  " + " · ".join([part for part in parts if part] + [lots])
        yield from _left_of(plant, one)
    if whole.lots:
        yield ""
        head = [_("Lot"), _("Item"), _("Certainty"), _("Quantity"), _("Unit"), _("State"), _("Where now")]
        yield from table(head, _rows(plant, whole), right=(3,))
    yield ""
    yield _("Lots {lots} · facts {facts} · partners: {partners}").format(
        lots=len(whole.lots), facts=len(whole.facts), partners=", ".join(_partner_labels(plant, whole.partners)) or "–"
    )
    yield (
        _("Complete: nothing was left out.")
        if whole.complete
        else _("Not complete: {gaps}").format(gaps="; ".join(str(gap.label) for gap in whole.gaps))
    )


def _left_of(plant: Plant, one: Trace) -> Iterator[str]:
    """Where what is left of the start itself lies."""
    from lotline.core.quantity import format_quantity
    from lotline.records.catalog.models import Lot
    from lotline.records.genealogy.whereabouts import where_now

    lots = list(one.walk.starts)[:STARTS_SHOWN]
    codes = dict(Lot.objects.for_plant(plant).filter(pk__in=lots).values_list("pk", "code"))
    where = where_now(plant=plant, lots=lots, bounds=one.bounds)
    for lot in lots:
        for stay in where.get(lot, ()):
            text = _("{lot} itself: {quantity} {state}: {place}")
            about = {"lot": codes[lot], "quantity": format_quantity(stay.quantity), "state": stay.standing.label, "place": place_of(stay)}
            yield "    " + text.format(**about)


def _partner_labels(plant: Plant, codes: Sequence[str]) -> list[str]:
    from lotline.records.places.models import Place

    names = dict(Place.objects.for_plant(plant).filter(code__in=codes).values_list("code", "name"))
    return [label(code, names.get(code, "")) for code in codes]


def kind_words() -> dict[str, str]:
    """The kinds of starts, in words."""
    return {
        "lot": _("lot"),
        "batch": _("batch"),
        "supplier_lot": _("supplier lot"),
        "container": _("container"),
        "place": _("place"),
        "supplier": _("supplier"),
        "customer": _("customer"),
        "order": _("order"),
        "document": _("document"),
    }


class Line(NamedTuple):
    """One quantity of a lot that was reached: where it is now, and who has it. A lot of which nothing is left has one line without."""

    lot: str
    item: str
    item_name: str
    certain: bool
    quantity: str
    unit: str
    state: str
    place: str
    customer: str


def lines_of(plant: Plant, whole: Trace) -> Iterator[Line]:
    """Every lot reached, by code, with each quantity of it as seen within the bounds of the trace."""
    from lotline.core.quantity import format_quantity
    from lotline.records.genealogy.spread import in_order, spread_lots
    from lotline.records.genealogy.whereabouts import Map

    for one in spread_lots(whole=whole, lots=in_order(whole), places=Map(plant, whole.bounds)):
        item = one.item
        about = (one.lot.code, item.code, item.name, one.lot.certain)
        for stay in one.stays:
            state, quantity = str(stay.standing.label), format_quantity(stay.quantity)
            yield Line(*about, quantity, item.unit.code, state, place_of(stay), customer_of(stay))
        if not one.stays:
            yield Line(*about, "0", item.unit.code, _("nothing left"), "", "")


def _rows(plant: Plant, whole: Trace) -> Iterator[list[str]]:
    from lotline.records.catalog.queries import unit_labels

    units = unit_labels()
    before = None
    for line in lines_of(plant, whole):
        certainty = _("certain") if line.certain else _("possible")
        about = [line.lot, label(line.item, line.item_name), certainty]
        shown = ["", "", ""] if before == (line.lot, line.item) else about
        before = (line.lot, line.item)
        yield [*shown, line.quantity, units[line.unit], line.state, line.place or "–"]


def as_csv(plant: Plant, whole: Trace) -> Iterator[str]:
    """All lines as CSV, under a line of column names."""
    rows = ([*line[:3], "certain" if line.certain else "possible", *line[4:]] for line in lines_of(plant, whole))
    return csv_text(chain([CSV_COLUMNS], rows), mark=False, end="\n")
