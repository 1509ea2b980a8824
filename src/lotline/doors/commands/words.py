"""Words of the command line, in the language of the person at the terminal.

They come from the same catalogue as those of the pages, through the standard library: ``lotline --help`` answers in the reader's
language without loading Django. Click's own words ("Usage", "Show this message and exit.") are found in it too.
"""

from __future__ import annotations

import gettext
import os
import unicodedata
from collections.abc import Iterable, Sequence

from lotline.doors.commands.ports import wiring

# Names of a language in the order in which gettext itself would look at them, ours first.
VARIABLES = ("LOTLINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
CATALOGUE = "django"


def language_of_terminal() -> str:
    """``zh-hans`` or ``en``: what LOTLINE_LANG says, else what the system's language is."""
    for variable in VARIABLES:
        value = os.environ.get(variable, "")
        if value:
            return "zh-hans" if value.lower().startswith("zh") else "en"
    return "en"


def speak() -> None:
    """From here on gettext, and with it Click, answers in the terminal's language."""
    if language_of_terminal() == "en":
        os.environ["LANGUAGE"] = "en"
        return
    os.environ["LANGUAGE"] = "zh_Hans"
    gettext.bindtextdomain(CATALOGUE, str(wiring().locale_folder()))
    gettext.textdomain(CATALOGUE)


def _(text: str) -> str:
    """``text`` in the terminal's language."""
    return gettext.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """``one`` or ``many`` by ``count``, in the terminal's language."""
    return gettext.ngettext(one, many, count)


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: Chinese characters are two wide."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Lines of a table whose columns stand under one another; columns numbered in ``right`` are flush right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(head))]
    return ["  ".join(_cell(text, widths[i], flush_right=i in right) for i, text in enumerate(line)).rstrip() for line in lines]


def _cell(text: str, columns: int, *, flush_right: bool) -> str:
    padding = " " * (columns - width(text))
    return padding + text if flush_right else text + padding
