"""``lotline``: the command line. One file per command; a command is loaded when it is named or listed.

To add one: write ``doors/commands/NAME.py`` with a ``click`` command in it and name it in ``COMMANDS``.
"""

from __future__ import annotations

from importlib import import_module

import click

from lotline.doors.commands.terminal import reported
from lotline.doors.commands.words import _, speak

speak()

# Name → module in this folder and its command, in the order in which help lists them: first things first.
COMMANDS = {
    "init": "initialise:initialise",
    "demo": "demonstration:demonstration",
    "serve": "serve:serve",
    "import": "imports:imports",
    "trace": "trace:trace_code",
    "recall": "recall:recall_code",
    "reverse": "reverse:reverse",
    "balance": "balance:balance",
    "coverage": "coverage:coverage",
    "user": "user:user",
    "backup": "backup:backup",
    "restore": "restore:restore",
    "verify": "verify:verify",
    "replay": "replay:replay",
    "migrate": "migrate:migrate",
    "doctor": "doctor:doctor",
}


class Commands(click.Group):
    """A group whose commands are imported on use, and whose foreseen failures are sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(f"lotline.doors.commands.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> object:
        with reported(ctx):
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    help=_("Lotline: where did it come from, where did it go, where is it now, how much."),
    epilog=_(
        "From the environment: LOTLINE_DATABASE_URL (default: an embedded database in the data folder), "
        "LOTLINE_HOME (data folder), LOTLINE_PORT, LOTLINE_LANG (en or zh)."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="lotline", prog_name="lotline")
def cli() -> None:
    """The root of all commands."""
