"""The pages of the documentation as the tests of this folder read them: blocks of code, by what the reader is to do with them.

``sh`` is run by the tests, in the demonstration, as it stands. ``console`` is looked at only: it needs another machine or goes on for ever.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tools.environment import ROOT

BLOCK = re.compile(r"^ *```([a-z]*)\n(.*?)^ *```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) ", re.M)


def all_pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> list[str]:
    return [match[2] for match in BLOCK.finditer(text) if match[1] in languages]


def prose(text: str) -> str:
    return BLOCK.sub("", text)


def commands(text: str) -> Iterator[list[str]]:
    """Every command of the shell in the page, as words: of blocks, and of inline code that begins with one."""
    lines = "".join(blocks(text, "sh", "console", "ini", "text")).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`((?:[A-Z_]+=\S+ )*(?:\./run|(?:\.venv/bin/)?lotline) [^`]*)`", text)
    for line in lines:
        found = re.search(r"(?:^|[ =(])(\./run|(?:\S*/)?lotline)( [a-z].*|$)", line.strip().removesuffix(")"))
        if found:
            yield shlex.split((found[1] + found[2]).split(" | ")[0], comments=True)
