"""Finding facts by what people wrote in them: a complaint, the reason of a hold or of a return, a remark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lotline.records.journal.choices import FactKind
from lotline.records.journal.models import Fact, Head
from lotline.records.places.models import Plant

# Kinds of facts in which people write sentences.
TOLD = (FactKind.NOTE, FactKind.HOLD, FactKind.RETURN, FactKind.RELEASE, FactKind.SCRAP, FactKind.ADJUST, FactKind.REVERSE)
# The latest facts of the plant are looked through, not all: no index knows words, and the box must answer while somebody types.
LATEST = 30_000
SHOWN = 5
# Characters of the sentence that are shown around what was found.
AROUND = 40


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text of a fact that holds what was looked for."""

    fact: UUID
    kind: str
    at: datetime
    operation: str
    text: str
    lots: tuple[str, ...]


def is_wordy(text: str) -> bool:
    """Whether ``text`` looks like words and not like a code: codes have digits in them."""
    return len(text) >= 2 and not any(one.isdigit() for one in text) and any(one.isalpha() for one in text)


def find_sentences(*, plant: Plant, text: str) -> list[Sentence]:
    """The latest facts whose texts hold ``text``, newest first; capitals make no difference."""
    head = Head.objects.for_plant(plant).values_list("seq", flat=True).first() or 0
    rows = Fact.objects.for_plant(plant).filter(seq__gt=head - LATEST, kind__in=[kind.value for kind in TOLD])
    wanted = text.casefold()
    found: list[Sentence] = []
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    fields = ("id", "kind", "happened_at", "operation", "body")
    for fact, kind, at, operation, body in rows.filter(body__icontains=escaped).order_by("-seq").values_list(*fields).iterator(50):
        content = json.loads(body)
        said = next((one for one in _texts(content) if wanted in one.casefold()), None)
        if said is None:
            continue
        named = content.get("lots", ())
        codes = tuple(str(named[at][1]) for at in content.get("subjects", ())) or tuple(str(lot[1]) for lot in named)
        found.append(Sentence(fact, kind, at, operation, _around(said, wanted), codes))
        if len(found) == SHOWN:
            break
    return found


def _texts(content: dict[str, Any]) -> Iterator[str]:
    """What people wrote in a fact."""
    yield from (value for name in ("reason", "override_reason") if isinstance(value := content.get(name), str))
    data = content.get("data")
    if isinstance(data, dict):
        yield from (value for value in data.values() if isinstance(value, str))
    if isinstance(operation := content.get("operation"), str):
        yield operation


def _around(text: str, wanted: str) -> str:
    """The part of a long text in which ``wanted`` stands."""
    at = text.casefold().find(wanted)
    begin, end = max(0, at - AROUND), at + len(wanted) + AROUND
    return f"{'…' if begin else ''}{text[begin:end].strip()}{'…' if end < len(text) else ''}"
