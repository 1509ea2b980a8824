"""Codes that a person would take for one another: BF-001, bf 001 and BF-OO1. A new code like that is most often a mistyped old one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import chain

from lotline.doors.exchange.tables.master_data import parts
from lotline.records.catalog.models import Item, Lot
from lotline.records.places.models import Place, Plant

_ALIKE = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "|": "1"})
_SIGNS = str.maketrans("", "", " -_./\\:#,·'\"()[]")
# Items and partners of a plant fit into memory. Lots do so only at first; beyond this many, only likely spellings are looked up.
_MOST_NAMES = 50_000
_MOST_LOTS = 200_000


def fold(code: str) -> str:
    """What is left of a code when everything that people mix up is made equal: width, case, spaces and signs, O and 0, I and 1."""
    return unicodedata.normalize("NFKC", code).casefold().translate(_SIGNS).translate(_ALIKE)


def alike(codes: Iterable[str], known: Iterable[str] = ()) -> dict[str, str]:
    """Code → another one that looks the same. Of those in ``codes``, each later one is compared with the first; ``known`` come before."""
    first: dict[str, str] = {}
    for code in known:
        first.setdefault(fold(code), code)
    found = {}
    for code in dict.fromkeys(codes):
        key = fold(code)
        if not key:
            continue
        other = first.setdefault(key, code)
        if other != code:
            found[code] = other
    return found


def lots_alike(plant: Plant, lots: Mapping[str, bool]) -> dict[str, str]:
    """Lot code → another that looks the same, in the file or among the plant's lots. ``lots``: code → whether it exists already."""
    new = [code for code, exists in lots.items() if not exists]
    if not new:
        return {}
    present = Lot.objects.for_plant(plant).values_list("code", flat=True)
    if present.count() <= _MOST_LOTS:
        return alike(new, present.iterator(chunk_size=5000))
    found = alike(new, [code for code, exists in lots.items() if exists])
    spelled = {spelling: code for code in new for spelling in _spellings(code)}
    for part in parts(sorted(spelled)):
        for other in present.filter(code__in=part):
            found.setdefault(spelled[other], other)
    return found


def _spellings(code: str) -> set[str]:
    """How the code is most often written instead."""
    bare = code.translate(_SIGNS)
    ways = {
        code.upper(),
        code.lower(),
        bare,
        bare.upper(),
        code.upper().replace("O", "0"),
        code.upper().replace("0", "O"),
        code.replace(" ", "-"),
    }
    ways.discard(code)
    ways.discard("")
    return ways


def items_alike(new: Iterable[str], coming: Iterable[str] = ()) -> dict[str, str]:
    """New item code → one that exists or is ``coming``, or another new one, that looks the same."""
    wanted = set(new)
    known = Item.objects.values_list("code", flat=True)[:_MOST_NAMES] if wanted else []
    return alike(sorted(wanted), (code for code in chain(known, coming) if code not in wanted))


def places_alike(plant: Plant, new: Iterable[str], coming: Iterable[str] = ()) -> dict[str, str]:
    """New place or partner code → another that looks the same; those that are ``coming`` are among them."""
    wanted = set(new)
    known = Place.objects.for_plant(plant).values_list("code", flat=True)[:_MOST_NAMES] if wanted else []
    return alike(sorted(wanted), (code for code in chain(known, coming) if code not in wanted))
