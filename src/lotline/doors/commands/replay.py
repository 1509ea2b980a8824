"""``lotline replay``: are stock, states and holds what the facts say?"""

from __future__ import annotations

from typing import Any

import click

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.terminal import answer_json, json_option, nothing_here, open_plant, plant_option, progress_bar, start_records
from lotline.doors.commands.words import _


@click.command("replay", help=_("Compute stock, lot states and holds anew from all facts, and store them; with --check, only compare."))
@click.option("--check", is_flag=True, help=_("Change nothing; name every difference. Exit code 1 if there is one."))
@plant_option
@json_option
def replay(check: bool, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.records.journal.replay import check_replay, rebuild

    with progress_bar(_("Replaying")) as progress:
        found = check_replay(plant, progress) if check else rebuild(plant, progress)
    wrong = [difference_line(one) for one in found]
    if as_json:
        answer_json({"plant": plant.code, "equal": not wrong, "differences": wrong, "repaired": bool(wrong) and not check})
    else:
        for line in wrong:
            click.echo(line)
        equal = _("Plant {plant}: all readings are what the facts say.")
        different = _("Plant {plant}: {count} differences.") if check else _("Plant {plant}: {count} differences, all repaired.")
        click.echo((different if wrong else equal).format(plant=plant.code, count=len(wrong)))
    if wrong and check:
        click.get_current_context().exit(1)


def differences() -> list[str]:
    """Every difference in every plant, in words."""
    start_records()
    from lotline.records.journal.replay import check_replay
    from lotline.records.places.models import Plant

    plants = list(Plant.objects.order_by("code"))
    if not plants:
        raise Stopped(_("There are no records here yet."), nothing_here())
    found: list[str] = []
    with progress_bar(_("Replaying")) as progress:
        for plant in plants:
            found.extend(difference_line(one) for one in check_replay(plant, progress))
    return found


def difference_line(one: Any) -> str:
    """One difference in one line."""
    shown = [_("nothing") if side is None else " ".join(map(str, side)) for side in (one.stored, one.replayed)]
    return _("{table} {row}: stored {stored}, by the facts {replayed}").format(
        table=one.table, row=one.row, stored=shown[0], replayed=shown[1]
    )
