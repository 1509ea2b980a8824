"""What a scanner read or somebody typed, as the codes that it may stand for: our labels, GS1 element strings, GS1 Digital Links, then
plain text, as it is and without what a Chinese input method makes of it.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

GS = "\u001d"
OWN = re.compile(r"LL1:[A-Z]+:(.+)", re.IGNORECASE | re.DOTALL)
BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")
# Length of the values of application identifiers that have a fixed one (GS1 General Specifications, table of AIs); others end at GS.
FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
# Identifiers that name something we can open, the most exact first: serial, lot, logistic unit, customer's order, consignment.
NAMING = ("21", "10", "00", "400", "401", "402")
LONG = {"400": 3, "401": 3, "402": 3, "240": 3, "241": 3, "250": 3, "251": 3, "310": 4, "392": 4}
# Full-width ASCII lies this far above plain ASCII (Unicode block "Halfwidth and Fullwidth Forms").
_TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "‐‑‒–—―−﹣﹘ー"), "-") | {ord("。"): "."}


def clean_typed(text: str) -> str:
    """``text`` without what nobody can see: control characters (GS stays, it is part of a scan), zero-width and direction marks."""
    seen = (one for one in text if one == GS or unicodedata.category(one) not in {"Cc", "Cf", "Cs"} or one in "\t\n\r")
    return "".join(seen).strip()


def fold_width(text: str) -> str:
    """``ＬＯＴ－１２`` as ``LOT-12``: full-width characters, dashes of all kinds and all blanks become those of a plain keyboard."""
    return re.sub(r"[^\S\u001d]+", " ", text.translate(_TO_ASCII)).strip()


def codes_of(text: str) -> list[str]:
    """The codes that ``text`` may stand for, the likeliest first and without repetition; never empty for a text with something in it.

    What was typed stands before what it becomes when it is folded: a plant may have codes with full-width characters in them.
    """
    typed = clean_typed(text)
    folded = fold_width(typed)
    closed = re.sub(r"\s*-\s*", "-", folded)
    forms = (typed, folded, closed, closed.replace(" ", ""), closed.replace(" ", "-"))
    found = [code for form in dict.fromkeys(forms) for code in _candidates(re.sub(r"^\][A-Za-z]\d", "", form).strip(GS))]
    return list(dict.fromkeys(code for code in found if code))


def _candidates(plain: str) -> Iterator[str]:
    if own := OWN.fullmatch(plain):
        yield own[1].strip()
    for elements in (_bracketed(plain), _digital_link(plain), _element_string(plain)):
        for identifier in NAMING:
            if value := elements.get(identifier):
                yield value
                if identifier == "00":
                    yield f"00{value}"
    yield plain
    yield plain.upper()


def _bracketed(text: str) -> dict[str, str]:
    """``(01)06931234000015(10)FG-1``."""
    if not re.fullmatch(r"(\(\d{2,4}\)[^(]+)+", text):
        return {}
    return {identifier: value.strip(GS) for identifier, value in BRACKETED.findall(text)}


def _digital_link(text: str) -> dict[str, str]:
    """``https://id.gs1.org/01/06931234000015/10/FG-1``."""
    if not re.match(r"https?://", text, re.IGNORECASE):
        return {}
    parts = [unquote(part) for part in urlsplit(text).path.split("/") if part]
    return {one: other for one, other in itertools.pairwise(parts) if one.isdigit() and 2 <= len(one) <= 4}


def _element_string(text: str) -> dict[str, str]:
    """A raw element string. Only one that begins with an identifier of fixed length or holds a separator is taken for one."""
    if GS not in text and not re.match(r"(01|02)\d{14}(10|11|13|15|17|21|37|$)|00\d{18}($|\d\d)", text):
        return {}
    found: dict[str, str] = {}
    rest = text
    while len(rest) > 2:
        identifier = next((rest[:size] for head, size in LONG.items() if rest.startswith(head)), rest[:2])
        if not identifier.isdigit():
            return found
        rest = rest[len(identifier) :]
        length = FIXED.get(identifier)
        value, rest = (rest[:length], rest[length:].lstrip(GS)) if length else (rest.partition(GS)[0], rest.partition(GS)[2])
        found[identifier] = value
    return found
