"""``lotline reverse``: take facts back that were recorded wrong, one by one or a whole import. What was written stays to be seen."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from lotline.doors.commands.imports import actor_named
from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import answer_json, json_option, note, open_plant, plant_option, progress_bar
from lotline.doors.commands.words import _, ngettext

if TYPE_CHECKING:
    from lotline.records.journal.models import Fact
    from lotline.records.places.models import Plant


@click.command(
    "reverse",
    help=_("Take back FACTs (by number or id), or all facts of one import: all of them or none. The records keep both, fact and reversal."),
)
@click.argument("facts", metavar="[FACT]…", nargs=-1)
@click.option("--import", "import_number", type=click.IntRange(1), metavar="NUMBER", help=_("Take back this whole import."))
@click.option("--reason", default="", metavar="TEXT", help=_("Why; it is kept with each reversal."))
@click.option("--dry-run", is_flag=True, help=_("Check everything and store nothing."))
@click.option("--as", "username", metavar="USERNAME", default="", help=_("Record it as done by this account."))
@plant_option
@json_option
def reverse(
    facts: tuple[str, ...],
    import_number: int | None,
    reason: str,
    dry_run: bool,  # noqa: FBT001 -- Click's signature, and so below
    username: str,
    plant_code: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    plant = open_plant(plant_code)
    if bool(facts) == bool(import_number):
        raise Stopped(_("Name either facts or one import."), _("lotline reverse 123 --reason … or lotline reverse --import 4 --reason …"))
    if not reason.strip():
        raise Stopped(_("A reversal needs a reason."), _("Say in a few words why: --reason …"))
    actor = actor_named(username)
    if import_number:
        with progress_bar(_("Taking back")) as progress:
            answer = wiring().reverse_import(
                plant=plant, number=import_number, reason=reason, actor=actor, progress=progress, dry_run=dry_run
            )
    else:
        answer = reverse_facts(plant, [fact_named(plant, text) for text in facts], reason, actor, dry_run=dry_run)
    if as_json:
        answer_json(answer)
        return
    for line in answer.get("list", ()):
        click.echo(f"  {line}")
    count = answer["facts"]
    if dry_run:
        text = ngettext("{count} fact would be taken back.", "{count} facts would be taken back.", count)
    else:
        text = ngettext("{count} fact taken back.", "{count} facts taken back.", count)
    click.echo(text.format(count=count))
    if earlier := answer.get("taken_back_before"):
        text = ngettext("{count} had been taken back before.", "{count} had been taken back before.", earlier)
        click.echo(text.format(count=earlier))
    if dry_run:
        note(_("A dry run: nothing was stored."))
    elif import_number:
        note(_("To import the same files anew, corrected or not: lotline import … --again"))


def reverse_facts(plant: Plant, facts: list[Fact], reason: str, actor: UUID | None, *, dry_run: bool) -> dict[str, Any]:
    """Take back these facts, in one go, the latest first."""
    from lotline.core.facts import Draft, FactKind, FactSource
    from lotline.records.journal.actions import append

    facts = sorted(facts, key=lambda fact: -fact.seq)
    drafts = [
        Draft(
            kind=FactKind.REVERSE,
            # That of the fact, so that the same command a second time is the same draft.
            happened_at=fact.happened_at,
            key=f"reverse:{fact.pk}",
            reverses=fact.pk,
            reason=reason,
            source=FactSource.TYPED,
        )
        for fact in facts
    ]
    receipts = append(plant=plant, drafts=drafts, actor=actor, dry_run=dry_run)
    listed = [f"#{fact.seq} {fact.get_kind_display()} {fact.happened_at:%Y-%m-%d %H:%M} {fact.document}".rstrip() for fact in facts]
    return {"facts": len(facts), "list": listed, "by": [receipt.seq for receipt in receipts], "dry_run": dry_run}


def fact_named(plant: Plant, text: str) -> Fact:
    """The fact with this place in the plant's order, or this id. Raises ``Stopped``."""
    from lotline.records.journal.models import Fact

    named = text.lstrip("#")
    facts = Fact.objects.for_plant(plant)
    found = None
    if named.isdecimal() and len(named) < 19:
        found = facts.filter(seq=int(named)).first()
    elif not named.isdecimal():
        with suppress(ValueError):
            found = facts.filter(pk=UUID(named)).first()
    if found is None:
        raise Stopped(
            _("There is no fact {fact} here.").format(fact=text), _("Name it by its number or its id, as the pages and lists show it.")
        )
    return found
