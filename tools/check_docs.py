"""Every link in the documentation leads somewhere, and every page of docs/ is led to. `./run docs` runs it.

With ``--write``, what the reference repeats from the code is written anew first (``tools.write_reference``).

Links to other hosts are not followed: whether they answer is not a property of this repository.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tools import write_reference
from tools.environment import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)
NAMED = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
INLINE_CODE = re.compile(r"`[^`\n]*`")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//")


def pages(root: Path) -> list[Path]:
    """The Markdown pages: those at the top, and all under docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def anchors(page: Path) -> set[str]:
    """What ``#…`` may name in a page: its headings as GitHub spells them (repeated ones are numbered), and named anchors."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found: set[str] = set(NAMED.findall(text))
    for heading in HEADING.findall(text):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        numbered, count = words, 0
        while numbered in found:
            count += 1
            numbered = f"{words}-{count}"
        found.add(numbered)
    return found


def links(page: Path) -> Iterator[str]:
    """The targets in a page that lie in this repository. What stands in code is an example, not a link."""
    text = INLINE_CODE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    for match in LINK.finditer(text):
        target = match[1] or match[2]
        if not ELSEWHERE.match(target):
            yield target


def problems(root: Path) -> list[str]:
    """One line for each broken link and each page that nothing leads to; empty if all is well."""
    found: list[str] = []
    led_to = {root / "README.md", root / "README.zh-CN.md", root / "docs" / "README.md"}
    for page in pages(root):
        for target in links(page):
            path, _, anchor = target.partition("#")
            aim = (page.parent / unquote(path)).resolve() if path else page
            where = f"{page.relative_to(root)}: {target}"
            if not aim.exists():
                found.append(f"{where} does not exist")
                continue
            led_to.add(aim)
            if anchor and aim.suffix == ".md" and unquote(anchor) not in anchors(aim):
                found.append(f"{where}: there is no such heading")
    unreached = [page for page in pages(root) if page.is_relative_to(root / "docs") and page not in led_to]
    return found + [f"{page.relative_to(root)}: no page leads here" for page in unreached]


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    if "--write" in sys.argv[1:]:
        write_reference.main([])
    found = problems(ROOT)
    for line in found:
        print(line)
    print(f"{len(pages(ROOT))} pages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
