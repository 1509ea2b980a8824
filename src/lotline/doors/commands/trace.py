"""``lotline trace``: where from (来源), where to (去向). Its JSON form is used by other programs; ``docs/reference`` describes it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option
from lotline.doors.commands.words import _, ngettext, table

if TYPE_CHECKING:
    from lotline.records.genealogy.starts import Start
    from lotline.records.genealogy.trace import Trace
    from lotline.records.places.models import Plant

# Lots asked about in one query.
AT_ONCE = 500


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
@plant_option
@json_option
def trace_code(code: str, to: str, item: str, as_of: str | None, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.records.genealogy.closure import To
    from lotline.records.genealogy.trace import trace

    began = time.perf_counter()
    moment = moment_of(as_of, plant)
    starts = meanings_of(plant=plant, code=code, item=item, as_of=moment)
    whole = trace(plant=plant, starts=starts, to=To(to), as_of=moment)
    single = [trace(plant=plant, starts=[start], to=To(to), as_of=moment) for start in starts] if len(starts) > 1 else []
    elapsed_ms = round((time.perf_counter() - began) * 1000, 1)
    if as_json:
        answer_json(as_object(whole, single, elapsed_ms))
        return
    for line in as_text(plant, whole, single):
        click.echo(line)


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

    found = distinct_starts(plant=plant, code=code, item=item, bounds=bounds_of(plant=plant, as_of=as_of))
    if not found:
        named = _("Nothing here carries the code {code} and is of item {item}.") if item else _("Nothing here carries the code {code}.")
        raise Stopped(named.format(code=code, item=item), _("Check the code; capital and small letters differ."))
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
        parts = [kind_words()[start.kind.value], start.item, start.item_name, start.partner or start.detail.get("place", "")]
        lots = ngettext("{count} lot reached", "{count} lots reached", len(one.lots)).format(count=len(one.lots))
        yield "  " + " · ".join([part for part in parts if part] + [lots])
    if whole.lots:
        yield ""
        head = [_("Lot"), _("Item"), _("Certainty"), _("Quantity"), _("Unit"), _("Where now")]
        yield from table(head, _rows(plant, whole), right=(3,))
    yield ""
    yield _("Lots {lots} · facts {facts} · partners: {partners}").format(
        lots=len(whole.lots), facts=len(whole.facts), partners=", ".join(whole.partners) or "–"
    )
    yield (
        _("Complete: nothing was left out.")
        if whole.complete
        else _("Not complete: {gaps}").format(gaps="; ".join(str(gap.label) for gap in whole.gaps))
    )


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


def _rows(plant: Plant, whole: Trace) -> Iterator[list[str]]:
    from lotline.records.catalog.models import Item

    items = {item.pk: item for item in Item.objects.select_related("unit")}
    where = where_now(plant, whole.lots)
    for lot in sorted(whole.lots.values(), key=lambda lot: (lot.code, str(lot.id))):
        item = items[lot.item]
        certainty = _("certain") if lot.certain else _("possible")
        first, *others = where.get(lot.id) or [("–", "–")]
        yield [lot.code, item.code, certainty, first[1], item.unit.label, first[0]]
        for place, quantity in others:
            yield ["", "", "", quantity, item.unit.label, place]


def where_now(plant: Plant, lots: Iterable[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Place and quantity of what is left of each lot, wherever it lies; lots that are used up have none."""
    from lotline.core.quantity import format_quantity
    from lotline.records.journal.models import Balance

    where: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    ids = iter(lots)
    while part := list(islice(ids, AT_ONCE)):
        rows = Balance.objects.for_plant(plant).filter(lot_id__in=part, quantity__gt=0)
        for lot_id, place, quantity in rows.order_by("place__code").values_list("lot_id", "place__code", "quantity"):
            where[lot_id].append((place, format_quantity(quantity)))
    return where
