"""What every command shares: opening the records, options, progress, and failures told in one sentence with what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lotline.doors.commands.ports import Progress, Stopped, wiring
from lotline.doors.commands.words import _, language_of_terminal, ngettext

if TYPE_CHECKING:
    from lotline.records.places.models import Plant

F = TypeVar("F", bound=Callable[..., Any])

_FOR_MACHINES = "lotline.json"
INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended
# Problems beyond these are counted, not listed, for people; --json has them all.
LISTED_PROBLEMS = 20


# ---- options ------------------------------------------------------------------------------------------------------------------------


def plant_option(command: F) -> F:
    """``--plant CODE``, passed on as ``plant_code``."""
    return click.option("--plant", "plant_code", metavar="CODE", default="", help=_("The plant, where there are several."))(command)


def json_option(command: F) -> F:
    """``--json``, passed on as ``as_json``: one JSON document on standard output, failures included."""

    def remember(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001 -- Click's signature
        ctx.meta[_FOR_MACHINES] = value
        return value

    option = click.option("--json", "as_json", is_flag=True, callback=remember, is_eager=True, help=_("Answer in JSON, for machines."))
    return option(command)


# ---- the records --------------------------------------------------------------------------------------------------------------------


def start_records() -> None:
    """Load the records, speaking the terminal's language. Raises ``Stopped`` for settings that name nothing usable."""
    wiring().start(language=language_of_terminal())


def open_plant(code: str) -> Plant:
    """The plant that a reading is about. Raises ``Stopped`` where there is none yet, or several and none is named."""
    start_records()
    from lotline.records.places.models import Plant

    codes = list(Plant.objects.order_by("code").values_list("code", flat=True))
    if code and code not in codes:
        raise Stopped(_("There is no plant {code}.").format(code=code), _("Plants here: {codes}").format(codes=", ".join(codes) or "–"))
    if not codes:
        raise Stopped(_("There are no records here yet."), nothing_here())
    if not code and len(codes) > 1:
        raise Stopped(_("There are several plants: {codes}.").format(codes=", ".join(codes)), _("Name one with --plant CODE."))
    return Plant.objects.get(code=code or codes[0])


def open_plant_for_writing(code: str) -> Plant:
    """As ``open_plant``, after bringing the tables up to date; an empty installation gets its first plant by itself."""
    start_records()
    wiring().migrate(say=note)
    from lotline.doors.commands.initialise import ensure_first_plant

    ensure_first_plant()
    return open_plant(code)


def nothing_here() -> str:
    """What to do about an empty database."""
    return _("Begin with: lotline init, lotline demo, or lotline import.")


# ---- saying -------------------------------------------------------------------------------------------------------------------------


def note(text: str) -> None:
    """A remark beside the answer: on standard error, so that output can be piped."""
    click.echo(text, err=True)


def answer_json(value: Mapping[str, Any]) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """A progress bar on standard error from the first progress to the end of the block; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    bar = click.progressbar(length=1, label=label, file=sys.stderr)
    with ExitStack() as until_the_end:

        def show(done: int, total: int) -> None:
            if not bar.entered:
                until_the_end.enter_context(bar)
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


def ask_password() -> str:
    """A password, typed twice and not shown; where nobody is at a terminal, one line of standard input. Raises ``Stopped`` for none."""
    if sys.stdin is not None and sys.stdin.isatty():
        return str(click.prompt(_("Password"), hide_input=True, confirmation_prompt=True))
    said = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not said:
        raise Stopped(_("No password was given."), _("Give it with --password, or as one line of standard input."))
    return said


# ---- failing ------------------------------------------------------------------------------------------------------------------------


@contextmanager
def reported(ctx: click.Context) -> Iterator[None]:
    """Failures that can be foreseen end the program with exit code 1, a sentence, and what to do; never a traceback."""
    try:
        yield
    except Stopped as stopped:
        fail(ctx, [stopped.reason], stopped.advice, stopped.problems, stopped.details)
    except KeyboardInterrupt:
        note(_("Stopped."))
        ctx.exit(INTERRUPTED)
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:  # foreseen by what it is, or raised again
        known = explained(error)
        if known is None:
            raise
        fail(ctx, *known, problems_of(error))


def explained(error: Exception) -> tuple[list[str], str] | None:
    """Reasons and advice for a failure of the records, the database or the disk; ``None`` for one that nobody foresaw."""
    if isinstance(error, OSError):
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return [text], _("Check the name, the rights and the free space of that folder.")
    if "django" not in sys.modules:
        return None
    from django.db import DatabaseError

    from lotline.core.ledger import Refused

    if isinstance(error, Refused):
        failed = [problem.params.get("detail", "") for problem in error.problems if problem.code == "storage_failed"]
        known = wiring().explain_database_error(Exception(failed[0])) if failed else None
        return known or (refusals(error), _("Nothing was stored."))
    if isinstance(error, DatabaseError):
        return wiring().explain_database_error(error)
    return None


def refusals(refused: Exception) -> list[str]:
    """One sentence for each broken rule."""
    from lotline.core.ledger import Refused

    assert isinstance(refused, Refused)
    from lotline.records.journal.words import describe

    return [describe(problem) for problem in refused.problems]


def problems_of(error: Exception) -> list[dict[str, Any]]:
    """The broken rules of a refusal, for machines: ``docs/reference/problems.md`` lists the codes."""
    found = getattr(error, "problems", ())
    return [{"code": one.code, "params": dict(one.params), "fact": one.draft} for one in found if hasattr(one, "draft")]


def fail(
    ctx: click.Context, reasons: list[str], advice: str, problems: Sequence[Mapping[str, Any]] = (), details: Sequence[str] = ()
) -> None:
    """Say it, for people or for machines, and leave with exit code 1. ``details``: the rows behind the reason."""
    told = [*(_("Stopped: {reason}").format(reason=reason) for reason in reasons), *(f"  ✗ {detail}" for detail in details)]
    reasons = [*reasons, *details]
    if ctx.meta.get(_FOR_MACHINES):
        answer_json({"error": reasons[0], "errors": reasons, "advice": advice, **({"problems": list(problems)} if problems else {})})
        ctx.exit(1)
    for line in told[:LISTED_PROBLEMS]:
        note(line)
    left = len(told) - LISTED_PROBLEMS
    if left > 0:
        note(ngettext("… and {count} more; --json lists all.", "… and {count} more; --json lists all.", left).format(count=left))
    if advice:
        note(advice)
    ctx.exit(1)
