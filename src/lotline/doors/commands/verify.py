"""``lotline verify``: is every fact what was written, in its place?"""

from __future__ import annotations

from typing import Any

import click

from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option, progress_bar, start_records
from lotline.doors.commands.words import _


@click.command("verify", help=_("Recompute the chain of facts: every hash, every link. Exit code 1 if a fact is not what was written."))
@plant_option
@json_option
def verify(plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.records.journal.verify import verify_chain

    with progress_bar(_("Verifying")) as progress:
        report = verify_chain(plant, progress)
    if as_json:
        failure = report.failure and {"seq": report.failure.seq, "code": report.failure.code, "detail": report.failure.detail}
        answer_json({"plant": plant.code, "whole": report.ok, "facts": report.seq, "hash": report.hash, "failure": failure})
    elif report.ok:
        text = _("Plant {plant}: {facts} facts, all as written. Head {hash}")
        click.echo(text.format(plant=plant.code, facts=report.seq, hash=report.hash or "–"))
    else:
        click.echo(failure_line(plant.code, report.failure))
    if not report.ok:
        click.get_current_context().exit(1)


def broken_chains() -> list[str]:
    """The first fact that fails in each plant's chain, in words."""
    start_records()
    from lotline.records.journal.verify import verify_chain
    from lotline.records.places.models import Plant

    found = []
    with progress_bar(_("Verifying")) as progress:
        for plant in Plant.objects.order_by("code"):
            report = verify_chain(plant, progress)
            if not report.ok:
                found.append(failure_line(plant.code, report.failure))
    return found


def failure_line(plant: str, failure: Any) -> str:
    """Where a chain fails, and why, in one line."""
    text = _("Plant {plant}: fact {seq} is not what was written: {why} {detail}")
    return text.format(plant=plant, seq=failure.seq, why=failure.code, detail=failure.detail)
