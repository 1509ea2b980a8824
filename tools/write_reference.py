"""The tables of docs/reference that repeat what the code says, written from the code: ``./run docs --write``.

A page keeps its prose and holds blocks between ``<!-- from the code: NAME -->`` and ``<!-- end -->``. What stands between the two
marks is written anew; a test fails while it is not what the code says. Everything is in English, whatever the terminal speaks.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.environment import ROOT

BLOCK = re.compile(r"(<!-- from the code: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.S)
# A word in capitals with its translation says more than the code alone, and a pipe ends a cell.
CELL = {"|": "\\|", "\n": " "}


def rows_as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(text) for text in line) + " |\n" for line in lines)


def _cell(text: object) -> str:
    shown = str(text)
    for character, instead in CELL.items():
        shown = shown.replace(character, instead)
    return shown


def code(text: object) -> str:
    """As code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


# ---- commands -----------------------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its arguments and options, in the order of the help."""
    import click  # noqa: PLC0415 -- needs the environment

    from lotline.doors.commands.main import cli  # noqa: PLC0415 -- likewise

    context = click.Context(cli, info_name="lotline")
    return "\n".join(_command(cli.get_command(context, name), f"lotline {name}") for name in cli.list_commands(context))


def _command(command: Any, path: str) -> str:
    import click  # noqa: PLC0415 -- needs the environment

    context = click.Context(command, info_name=path)
    text = f"### {path}\n\n{command.help}\n"
    if isinstance(command, click.Group):
        return text + "".join(
            "\n" + _command(command.get_command(context, name), f"{path} {name}") for name in command.list_commands(context)
        )
    usage = " ".join([path, *(piece for piece in command.collect_usage_pieces(context))])
    text += f"\n```text\n{usage}\n```\n"
    options = [parameter.get_help_record(context) for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [[code(record[0].replace("  ", " ")), record[1]] for record in options if record]
    return text + ("\n" + rows_as_table(["option", "what it does"], rows) if rows else "")


# ---- facts --------------------------------------------------------------------------------------------------------------------------

LETTERS = {
    "I": "inside",
    "P": "process",
    "S": "scrap",
    "V": "variance",
    "U": "supplier",
    "C": "customer",
    "T": "in transit",
    "B": "subcontractor",
}
# The event that tells the same to a partner (GS1 EPCIS 2.0). Reading goes the other way and needs to know more (ADR 20).
EPCIS = {
    "receive": "ObjectEvent OBSERVE, receiving", "move": "ObjectEvent OBSERVE, storing or departing", "load": "AssociationEvent ADD",
    "unload": "AssociationEvent DELETE", "transform": "TransformationEvent", "split": "TransformationEvent", "merge": "TransformationEvent",
    "pack": "AggregationEvent ADD", "unpack": "AggregationEvent DELETE", "ship": "ObjectEvent OBSERVE, shipping",
    "return": "ObjectEvent OBSERVE, receiving, disposition returned", "scrap": "ObjectEvent DELETE",
    "adjust": "ObjectEvent OBSERVE, cycle_counting", "inspect": "ObjectEvent OBSERVE, inspecting, with sensorElementList",
    "hold": "ObjectEvent OBSERVE, holding, disposition non_sellable_other", "release": "ObjectEvent OBSERVE, disposition conformant",
    "sign": "none; kept in the journal", "note": "ObjectEvent OBSERVE, other steps", "reverse": "errorDeclaration on the event's id",
}  # fmt: skip


def facts() -> str:
    """Every kind of fact: ways, what else it may do, what it needs, its event."""
    from lotline.core.facts import FactKind  # noqa: PLC0415 -- needs the environment
    from lotline.core.ledger import kinds  # noqa: PLC0415 -- likewise

    rows = []
    for kind in FactKind:
        ways = sorted(kinds.WAYS.get(kind, ()), key=lambda way: [list(LETTERS).index(letter) for letter in way])
        shown = "; ".join(f"{LETTERS[way[0]]} → {LETTERS[way[1]]}" for way in ways)
        more = [
            text
            for members, text in (
                (kinds.OPERATIONS, "what goes in and what comes out must meet"), (kinds.CONSERVING, "keeps item and amount"),
                (kinds.CARRYING, "may carry containers"), (kinds.SPEAKING, "speaks of lots"), (kinds.DECIDING, "may decide the status"),
                (kinds.NEEDS_REASON, "needs a reason"),
            )
            if kind in members
        ]  # fmt: skip
        rows.append([code(kind), shown or "moves nothing by itself", ", ".join(more), EPCIS[kind.value]])
    return rows_as_table(["kind", "from → to", "rules", "EPCIS 2.0"], rows)


# ---- problems -----------------------------------------------------------------------------------------------------------------------


def _sentences(words: Mapping[str, object]) -> str:
    return rows_as_table(["code", "sentence"], [[code(name), str(text)] for name, text in words.items()])


def problems() -> str:
    """What the journal refuses."""
    from lotline.records.journal.words import PROBLEMS  # noqa: PLC0415 -- needs the environment

    return _sentences(PROBLEMS)


def failures() -> str:
    """What a verification finds."""
    from lotline.records.journal.words import FAILURES  # noqa: PLC0415 -- needs the environment

    return _sentences(FAILURES)


def api_problems() -> str:
    """What the API adds to those of the journal."""
    from lotline.doors.api.words import SENTENCES  # noqa: PLC0415 -- needs the environment

    return _sentences(SENTENCES)


def epcis_problems() -> str:
    """What is wrong with an EPCIS document."""
    from lotline.doors.exchange.epcis.problems import MESSAGES  # noqa: PLC0415 -- needs the environment

    return _sentences(MESSAGES)


def table_problems() -> str:
    """What is wrong with a table, its mapping or a row of it."""
    from lotline.doors.exchange.tables import words  # noqa: PLC0415 -- needs the environment

    return _sentences({**words.FILES, **words.MAPPINGS, **words.ROWS})


# ---- people -------------------------------------------------------------------------------------------------------------------------


def roles() -> str:
    """Roles against rights."""
    from lotline.records.people.choices import RIGHTS_OF_ROLE, Right, Role  # noqa: PLC0415 -- needs the environment

    head = ["role", *(code(right) for right in Right)]
    return rows_as_table(
        head, [[f"{role.label} ({code(role)})", *("✓" if right in RIGHTS_OF_ROLE[role] else "" for right in Right)] for role in Role]
    )


def rights() -> str:
    """What the rights mean, and which of them a token can have."""
    from lotline.records.people.choices import Right, Scope  # noqa: PLC0415 -- needs the environment

    return rows_as_table(
        ["right", "meaning", "scope of a token"],
        [[code(right), str(right.label), "✓" if right.value in Scope.values else ""] for right in Right],
    )


# ---- the database -------------------------------------------------------------------------------------------------------------------


def tables() -> str:
    """Every table with its columns, in the order of the rooms."""
    from django.apps import apps  # noqa: PLC0415 -- needs the environment

    from lotline.project.backup.columns import OURS  # noqa: PLC0415 -- likewise

    labels = [label for label in OURS if apps.is_installed(f"lotline.records.{label}") or apps.is_installed(f"lotline.doors.{label}")]
    return "\n".join(_table(model) for label in labels for model in apps.get_app_config(label).get_models())


def _table(model: Any) -> str:
    meaning = " ".join((model.__doc__ or "").split())
    rows = [[code(field.column), _type(field), "yes" if field.null else ""] for field in model._meta.concrete_fields]
    return f"### {model._meta.db_table}\n\n{meaning}\n\n{rows_as_table(['column', 'type', 'may be empty'], rows)}"


TYPES = {
    "LotlineUuidField": "uuid", "DateTimeField": "moment", "JSONField": "JSON", "BooleanField": "yes or no", "TextField": "text",
}  # fmt: skip


def _type(field: Any) -> str:
    if field.is_relation:
        return f"uuid → {field.related_model._meta.db_table}"
    named = TYPES.get(field.get_internal_type())
    return named or (f"text, at most {field.max_length}" if field.max_length else "whole number")


# ---- addresses ----------------------------------------------------------------------------------------------------------------------


def endpoints() -> str:
    """Every address of the API with its method and one line."""
    from lotline.doors.api.application import api  # noqa: PLC0415 -- needs the environment

    import_module("lotline.doors.api.urls")  # adds the routers
    paths = api.get_openapi_schema()["paths"]
    rows = [
        [code(f"{method.upper()} {path}"), operation["summary"]]
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return rows_as_table(["address", "what it does"], rows)


# ---- the pages ----------------------------------------------------------------------------------------------------------------------

BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "facts": facts,
    "problems": problems,
    "failures": failures,
    "api-problems": api_problems,
    "epcis-problems": epcis_problems,
    "table-problems": table_problems,
    "roles": roles,
    "rights": rights,
    "tables": tables,
    "endpoints": endpoints,
}


def pages(root: Path) -> Iterator[Path]:
    """The pages that have blocks."""
    for page in sorted((root / "docs" / "reference").glob("*.md")):
        if BLOCK.search(page.read_text(encoding="utf-8")):
            yield page


def filled(text: str) -> str:
    """The page with every block as the code has it now. Raises ``KeyError`` for a block that nobody writes."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]().rstrip()}\n\n{block[4]}", text)


def main(arguments: Sequence[str]) -> int:
    """Write the blocks, or with ``--check`` only name the pages whose blocks are not what the code says."""
    home = tempfile.TemporaryDirectory(prefix="lotline-docs-")
    os.environ.update(LOTLINE_HOME=home.name, LOTLINE_LANG="en", LOTLINE_DATABASE_URL="", DJANGO_SETTINGS_MODULE="lotline.project.settings")
    import django  # noqa: PLC0415 -- needs the environment
    from django.utils import translation  # noqa: PLC0415 -- likewise

    django.setup()
    wrong = []
    with home, translation.override("en"):
        for page in pages(ROOT):
            before = page.read_text(encoding="utf-8")
            after = filled(before)
            if after != before:
                wrong.append(str(page.relative_to(ROOT)))
                if "--check" not in arguments:
                    page.write_text(after, encoding="utf-8")
    for name in wrong:
        print(f"{name}: {'not what the code says; ./run docs --write' if '--check' in arguments else 'written'}")
    return 1 if wrong and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
