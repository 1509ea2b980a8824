"""``lotline balance``: what came in is what is there plus what went out, to the last unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lotline.doors.commands.codes import forms_of
from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option
from lotline.doors.commands.words import _, table

if TYPE_CHECKING:
    from lotline.records.genealogy.mass_balance import Line, MassBalance
    from lotline.records.places.models import Plant


@click.command(
    "balance",
    help=_("Balance the quantities of CODE: a lot, batch, supplier lot, container, place, supplier, customer, order, document or item."),
)
@click.argument("code")
@click.option("--item", default="", metavar="ITEM", help=_("Only the lot of this item, where several carry the code."))
@plant_option
@json_option
def balance(code: str, item: str, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    found = balance_named(plant, code, item)
    if as_json:
        lines, used = [as_object(line) for line in found.lines], [as_object(line) for line in found.used]
        answer_json({"code": code, "closes": found.closes, "lines": lines, "used": used})
    else:
        from lotline.records.catalog.queries import unit_labels

        units = unit_labels()
        for line in found.lines:
            click.echo(f"{line.item} {line.name} ({units[line.unit]})".replace("  ", " "))
            for row in table(["", ""], rows_of(line), right=(1,))[1:]:
                click.echo(f"  {row}")
        click.echo(_("Every quantity is accounted for.") if found.closes else _("The records do not explain every quantity."))
    if not found.closes:
        click.get_current_context().exit(1)


def balance_named(plant: Plant, code: str, item: str) -> MassBalance:
    """The balance of everything that ``code`` means: of an order what it made and used, of an item all its lots. Raises ``Stopped``."""
    from lotline.doors.commands.trace import meanings_of
    from lotline.records.catalog.models import Item
    from lotline.records.genealogy.mass_balance import balance_of_item, balance_of_lots, balance_of_order
    from lotline.records.genealogy.starts import StartKind

    try:
        starts = meanings_of(plant=plant, code=code, item=item)
    except Stopped:
        found = Item.objects.filter(code__in=forms_of(code)).first()
        if found is None or item:
            raise
        return balance_of_item(plant=plant, item=found.pk)
    if [start.kind for start in starts] == [StartKind.ORDER]:
        return balance_of_order(plant=plant, order=starts[0].code)
    return balance_of_lots(plant=plant, lots={lot for start in starts for lot in start.lots})


def words_of_quantities() -> dict[str, str]:
    """The lines of a balance, in words: what there was, then what became of it."""
    return {
        "opening": _("opening stock"),
        "received": _("received"),
        "produced": _("produced"),
        "returned": _("returned by customers"),
        "found": _("found in counts"),
        "inflow": _("in all"),
        "on_hand": _("on hand"),
        "at_subcontractor": _("at subcontractors"),
        "in_transit": _("in transit"),
        "consumed": _("consumed"),
        "shipped": _("shipped"),
        "scrapped": _("scrapped"),
        "sent_back": _("sent back to suppliers"),
        "missing": _("missing in counts"),
        "outflow": _("accounted for"),
        "residue": _("not explained"),
    }


ALWAYS = ("inflow", "outflow", "residue")


def rows_of(line: Line) -> list[list[str]]:
    """The quantities that are not nothing, and the sums."""
    from lotline.core.quantity import format_quantity

    words = words_of_quantities()
    return [[words[name], format_quantity(getattr(line, name))] for name in words if name in ALWAYS or getattr(line, name)]


def as_object(line: Line) -> dict[str, Any]:
    """A line with exact decimals as text."""
    from lotline.core.quantity import format_quantity

    quantities = {name: format_quantity(getattr(line, name)) for name in words_of_quantities()}
    return {"item": line.item, "name": line.name, "unit": line.unit, **quantities}
