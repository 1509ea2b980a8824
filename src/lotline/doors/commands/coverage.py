"""``lotline coverage`` (追溯完整度): how many finished lots can be traced to their suppliers, and what is missing for the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from lotline.doors.commands.terminal import answer_json, json_option, open_plant, plant_option
from lotline.doors.commands.words import _, table

if TYPE_CHECKING:
    from lotline.records.genealogy.coverage import Coverage

# Without --from and --to: everything that was ever finished.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


@click.command("coverage", help=_("Show how many finished lots can be traced to their suppliers, and name every gap."))
@click.option("--from", "since", metavar="TIME", help=_("Finished at or after that moment."))
@click.option("--to", "until", metavar="TIME", help=_("Finished before that moment."))
@plant_option
@json_option
def coverage(since: str | None, until: str | None, plant_code: str, as_json: bool) -> None:  # noqa: FBT001
    plant = open_plant(plant_code)
    from lotline.doors.commands.trace import moment_of
    from lotline.records.genealogy.coverage import trace_coverage

    begin, end = moment_of(since, plant) or EARLIEST, moment_of(until, plant) or LATEST
    found = trace_coverage(plant=plant, since=begin, until=end)
    if as_json:
        answer_json(as_object(found))
        return
    for line in as_text(found):
        click.echo(line)


def as_object(found: Coverage) -> dict[str, Any]:
    """The figures, and each gap. ``permille`` is rounded down: 1000 means every single lot."""
    gaps = [{"lot": gap.code, "kind": gap.kind.value, "at": gap.at_code, "fact": str(gap.fact) if gap.fact else None} for gap in found.gaps]
    return {
        "total": found.total,
        "complete": found.complete,
        "permille": found.permille,
        "inspected": found.inspected,
        "gaps": gaps,
        "not_inspected": [remark.code for remark in found.remarks],
    }


def as_text(found: Coverage) -> Iterator[str]:
    """The figure, the gaps by kind, then every gap."""
    if found.permille is None:
        yield _("No finished lots in this period.")
        return
    share = f"{found.permille // 10}.{found.permille % 10} %"
    text = _("Trace coverage {share}: {complete} of {total} finished lots, {inspected} of them inspected")
    yield text.format(share=share, complete=found.complete, total=found.total, inspected=found.inspected)
    counts = [[str(kind.label), str(count)] for kind, count in found.counts().items() if count]
    if counts:
        yield ""
        yield from table([_("Gap"), _("Lots")], counts, right=(1,))
    if found.gaps:
        yield ""
        yield from table([_("Lot"), _("Gap"), _("Arose at")], [[gap.code, str(gap.kind.label), gap.at_code] for gap in found.gaps])
