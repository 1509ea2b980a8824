"""Codes as people type them at a terminal, and what they may have meant where nothing carries them."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lotline.records.places.models import Plant

# Codes proposed, and how many of the latest lots are compared with what was typed.
PROPOSED = 5
LATEST = 20_000
LIKE = 0.7  # of difflib: about one wrong character in four
LEAST_BEGINNING = 3
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")


def forms_of(code: str) -> list[str]:
    """``code`` as typed, then without blanks around it, then with full-width characters (ＬＯＴ－１) as those of a plain keyboard."""
    stripped = code.strip()
    folded = unicodedata.normalize("NFKC", stripped).translate(_DASHES).strip()
    return list(dict.fromkeys(form for form in (code, stripped, folded, folded.upper()) if form))


def near_codes(plant: Plant, code: str) -> list[str]:
    """Codes of lots, suppliers' lots and containers that look like ``code``, the likest first."""
    from lotline.records.catalog.models import Lot, SupplierLot
    from lotline.records.places.choices import PlaceKind
    from lotline.records.places.models import Place
    from lotline.records.places.prefix import begins

    typed = forms_of(code)[-1]
    latest = Lot.objects.for_plant(plant).order_by("-pk").values_list("code", flat=True)[:LATEST]
    spelled: dict[str, str] = {}
    for one in latest:
        spelled.setdefault(one.upper(), one)
    boxes = Place.objects.for_plant(plant).filter(kind=PlaceKind.CONTAINER)
    rows = ((Lot.objects.for_plant(plant), "code"), (SupplierLot.objects.for_plant(plant), "code"), (boxes, "code"))
    for end in range(len(typed), LEAST_BEGINNING - 1, -1):
        found = [one for query, field in rows for one in query.filter(begins(field, typed[:end])).values_list(field, flat=True)[:PROPOSED]]
        for one in found:
            spelled.setdefault(one.upper(), one)
        if found:
            break
    return [spelled[one] for one in difflib.get_close_matches(typed, spelled, n=PROPOSED, cutoff=LIKE)]
