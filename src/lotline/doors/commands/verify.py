"""``lotline verify``: is every fact what was written, in its place?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option, progress_bar, start_records
from lotline.doors.commands.words import _

if TYPE_CHECKING:
    from lotline.records.journal.verify import ChainFailure


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
    elif report.failure is None:
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

    found: list[str] = []
    with progress_bar(_("Verifying")) as progress:
        for plant in Plant.objects.order_by("code"):
            report = verify_chain(plant, progress)
            if report.failure is not None:
                found.append(failure_line(plant.code, report.failure))
    return found


def failure_line(plant: str, failure: ChainFailure) -> str:
    """Where a chain fails, and why, in one line."""
    from lotline.records.journal.words import describe_failure

    return _("Plant {plant}: {failure}").format(plant=plant, failure=describe_failure(failure))
