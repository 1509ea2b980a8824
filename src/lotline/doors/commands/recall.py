"""``lotline recall``: what is affected for certain, what possibly, what is not and why, and where each quantity is now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from lotline.doors.commands.places import label, place_of
from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option
from lotline.doors.commands.words import _, ngettext, table

if TYPE_CHECKING:
    from lotline.records.genealogy.recall import PlaceTotal, RecallRow, RecallSet, RecallSummary

# Excluded lots are read in pages of this size, to the last.
PAGE = 500


@click.command("recall", help=_("Show what CODE may have got into: how many lots, how much, where it is now, and which customers have it."))
@click.argument("code")
@click.option("--item", default="", metavar="ITEM", help=_("Only the lot of this item, where several carry the code."))
@click.option("--as-of", metavar="TIME", help=_("As it was at that moment, such as 2026-11-17T08:43."))
@click.option("--lots", "listed", is_flag=True, help=_("List every lot, affected and excluded."))
@plant_option
@json_option
def recall_code(code: str, item: str, as_of: str | None, listed: bool, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.doors.commands.trace import meanings_of, moment_of
    from lotline.records.genealogy.recall import recall_set
    from lotline.records.journal.store.snapshot import snapshot

    began = time.perf_counter()
    moment = moment_of(as_of, plant)
    with snapshot(), recall_set(plant=plant, starts=meanings_of(plant=plant, code=code, item=item, as_of=moment), as_of=moment) as found:
        summary = found.summary()
        elapsed_ms = round((time.perf_counter() - began) * 1000, 1)
        if as_json:
            answer = {"code": code, **as_object(found, summary), "elapsed_ms": elapsed_ms}
            if listed:
                answer["affected"] = [row_as_object(row) for row in found.rows()]
                answer["excluded"] = list(excluded_lots(found))
            answer_json(answer)
            return
        for line in as_text(found, summary, listed=listed):
            click.echo(line)


# ---- for machines -------------------------------------------------------------------------------------------------------------------


def as_object(found: RecallSet, summary: RecallSummary) -> dict[str, Any]:
    """The set in figures. Starts are in the counts, and counted apart."""
    from lotline.doors.commands.balance import as_object as line_as_object
    from lotline.doors.commands.trace import described_start

    return {
        "starts": [described_start(start) for start in found.starts],
        "lots": summary.lots,
        "certain": summary.certain,
        "possible": summary.possible,
        "start_lots": summary.starts,
        "items": [{"item": one.item, "name": one.name, "unit": one.unit, "certain": one.certain, "possible": one.possible} for one in summary.items],
        "places": [place_as_object(total) for total in summary.places],
        "customers": [place_as_object(total) for total in summary.customers],
        "balance": [line_as_object(line) for line in summary.balance.lines],
        "closes": summary.balance.closes,
        "complete": found.complete,
        **({"gaps": [gap.value for gap in found.gaps]} if found.gaps else {}),
    }  # fmt: skip


def place_as_object(total: PlaceTotal) -> dict[str, Any]:
    """What lies at one place, by item."""
    from lotline.core.quantity import format_quantity

    totals = [
        {"item": one.item, "name": one.name, "unit": one.unit, "lots": one.lots, "quantity": format_quantity(one.quantity)}
        for one in total.totals
    ]
    return {"place": total.spot.code, "name": total.spot.name, "standing": total.standing.value, "totals": totals}


def row_as_object(row: RecallRow) -> dict[str, Any]:
    """One affected lot, with where it is."""
    from lotline.core.quantity import format_quantity

    where = [{"place": stay.ground.code, "standing": stay.standing.value, "quantity": format_quantity(stay.quantity)} for stay in row.stays]
    return {
        "lot": row.lot.code,
        "item": row.item.code,
        "certainty": row.lot.certainty.value,
        "start": row.lot.start,
        "made": format_quantity(row.made),
        "unit": row.item.unit.code,
        "where": where,
    }


def excluded_lots(found: RecallSet) -> Iterator[dict[str, Any]]:
    """Every lot that one might suspect and need not, with the reason."""
    from lotline.records.catalog.models import Item

    codes = dict(Item.objects.values_list("pk", "code"))
    offset = 0
    while page := found.excluded(offset, PAGE):
        for one in page:
            yield {"lot": one.code, "item": codes[one.item], "reason": one.reason.value, "why": str(one.reason.label)}
        offset += len(page)


# ---- for people ---------------------------------------------------------------------------------------------------------------------


def as_text(found: RecallSet, summary: RecallSummary, *, listed: bool) -> Iterator[str]:
    """Figures first, then items, places and customers, then every lot if asked for."""
    if found.gaps:
        yield _("Not complete: {gaps}").format(gaps="; ".join(str(gap.label) for gap in found.gaps))
    text = ngettext(
        "{lots} lot affected: {certain} certain, {possible} possible",
        "{lots} lots affected: {certain} certain, {possible} possible",
        summary.lots,
    )
    yield text.format(lots=summary.lots, certain=summary.certain, possible=summary.possible)
    yield ""
    head = [_("Item"), _("Name"), _("certain"), _("possible")]
    yield from table(head, [[one.item, one.name, str(one.certain), str(one.possible)] for one in summary.items], right=(2, 3))
    for title, totals in ((_("Place"), summary.places), (_("Customer"), summary.customers)):
        if totals:
            yield ""
            yield from table([title, _("State"), _("Item"), _("Lots"), _("Quantity"), _("Unit")], _total_rows(totals), right=(3, 4))
    if listed:
        yield ""
        yield from table(
            [_("Lot"), _("Item"), _("Certainty"), _("Quantity"), _("Unit"), _("State"), _("Where now")], _lot_rows(found), right=(3,)
        )
        yield ""
        rows = [[one["lot"], one["item"], one["why"]] for one in excluded_lots(found)]
        if rows:
            yield from table([_("Excluded lot"), _("Item"), _("Why not")], rows)
        else:
            yield _("No lot had to be excluded: none looks affected and is not.")
    yield ""
    yield _("Every quantity is accounted for.") if summary.balance.closes else _("The records do not explain every quantity.")


def _total_rows(totals: tuple[PlaceTotal, ...]) -> Iterator[list[str]]:
    from lotline.core.quantity import format_quantity
    from lotline.records.catalog.queries import unit_labels

    units = unit_labels()
    for total in totals:
        for one in total.totals:
            place = label(total.spot.code, total.spot.name)
            yield [place, str(total.standing.label), one.item, str(one.lots), format_quantity(one.quantity), units[one.unit]]


def _lot_rows(found: RecallSet) -> Iterator[list[str]]:
    from lotline.core.quantity import format_quantity

    for row in found.rows():
        certainty = _("certain") if row.lot.certainty.value == "certain" else _("possible")
        about, unit = [row.lot.code, label(row.item.code, row.item.name), certainty], row.item.unit.label
        for stay in row.stays:
            yield [*about, format_quantity(stay.quantity), unit, str(stay.standing.label), place_of(stay)]
            about = ["", "", ""]
        if not row.stays:
            yield [*about, "0", unit, _("nothing left"), "–"]
