"""``lotline doctor``: is all well with this installation, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from lotline.doors.commands.ports import wiring
from lotline.doors.commands.terminal import answer_json, json_option, start_records
from lotline.doors.commands.words import _, ngettext


@click.command("doctor", help=_("Examine this installation and say what to do where something is not well."))
@json_option
def doctor(as_json: bool) -> None:  # noqa: FBT001
    start_records()
    findings = wiring().check_installation()
    unwell = [finding for finding in findings if not finding.well]
    if as_json:
        answer_json({"well": not unwell, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{'✓' if finding.well else '✗'} {finding.name}: {finding.detail}")
            if finding.advice and not finding.well:
                click.echo(f"    → {finding.advice}")
        if unwell:
            text = ngettext("{count} thing needs attention.", "{count} things need attention.", len(unwell))
            click.echo(text.format(count=len(unwell)))
        else:
            click.echo(_("All is well."))
    if unwell:
        click.get_current_context().exit(1)
