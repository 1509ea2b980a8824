"""Every command that a page names exists, and those that can be run are run."""

from __future__ import annotations

import re

import click
import pytest

from lotline.doors.commands.main import cli
from tests.docs.pages import all_pages, blocks, commands, read
from tools.environment import ROOT
from tools.verbs import VERBS

RUN = [
    "README.md",
    "docs/tutorial/first-trace.md",
    "docs/how-to/back-up-and-restore.md",
    "docs/how-to/import-a-genealogy.md",
    "docs/how-to/people-and-tokens.md",
    "docs/how-to/use-the-api.md",
]
ADDRESS = "http://127.0.0.1:8080"


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_commands_of_a_page_do_what_it_says_in_the_demonstration(name, installation):
    text = read(name)
    for file, content in re.findall(r"^`(\S+\.csv)`\n\n```csv\n(.*?)^```$", text, re.M | re.S):
        (installation.desk / file).parent.mkdir(exist_ok=True)
        (installation.desk / file).write_text(content, encoding="utf-8")
    script = "\n".join(blocks(text, "sh"))

    if ADDRESS in script:
        with installation.served() as port:
            done = installation.run(script.replace(ADDRESS, f"http://127.0.0.1:{port}"))
    else:
        done = installation.run(script)

    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"


def test_every_page_with_commands_to_run_is_run():
    with_some = [str(page.relative_to(ROOT)) for page in all_pages() if blocks(page.read_text(encoding="utf-8"), "sh")]
    translated = {name for name in with_some if name.endswith(".zh-CN.md")}

    # Of a translation it is shown elsewhere that its commands are those of the original; a digest is made of the reader's own codes.
    assert sorted({*with_some} - translated - {"docs/reference/trace-json.md"}) == sorted(RUN)


def named_commands():
    for page in all_pages():
        for words in commands(page.read_text(encoding="utf-8")):
            yield pytest.param(words, id=f"{page.name}: {' '.join(words)[:60]}")


@pytest.mark.parametrize("words", list(named_commands()))
def test_every_command_that_a_page_names_exists_with_its_options(words):
    if words[0].endswith("run"):
        verb = next((word for word in words[1:] if not word.startswith("-")), "serve")
        assert verb in VERBS
        return
    command: click.Command = cli
    context = click.Context(cli)
    rest = words[1:]
    while rest and isinstance(command, click.Group) and not rest[0].startswith("-"):
        found = command.get_command(context, rest.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h", "--version"}
    assert {word.split("=")[0].strip("[]") for word in rest if word.lstrip("[").startswith("--")} <= known
