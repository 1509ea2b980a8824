"""What became of facts that were imported before: which of them were taken back, and what a changed record says that they did not.

A record that was taken back may come again. The journal writes a key once (law 7), so it then comes under the next key: ``KEY~2``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lotline.core.canonical import Json
from lotline.core.quantity import format_quantity
from lotline.records.journal.choices import FactSource
from lotline.records.journal.models import Fact, Reversal
from lotline.records.journal.words import FIELDS
from lotline.records.places.models import Plant

_AT_ONCE = 500
# What a difference is never about: who sends it, and what is only our own bookkeeping.
_UNTOLD = frozenset({"key", "source", "lots", "moves", "subjects", "births", "data"})


class TakenBack:
    """The imported facts of a plant that were taken back. ``again``: what says the same as one of them is wanted anew."""

    def __init__(self, plant: Plant, *, again: bool = False) -> None:
        self.plant = plant
        self.again = again
        self._latest: dict[str, int] = {}
        keys = Reversal.objects.for_plant(plant).filter(fact__source=FactSource.IMPORT.value).values_list("fact__key", flat=True)
        for key in keys.iterator(chunk_size=5000):
            base, _tilde, number = key.rpartition("~")
            first = not base or not number.isdecimal()
            name, turn = (key, 1) if first else (base, int(number))
            self._latest[name] = max(turn, self._latest.get(name, 0))

    def __bool__(self) -> bool:
        return bool(self._latest)

    def keys_for(self, asked: Mapping[str, Callable[[str], bool]]) -> dict[str, str]:
        """For each key whose fact was taken back, the key to use now. ``asked[key]`` says of a fact's body whether it says the same.

        What was changed since comes under a new key; what says the same is left taken back, unless it is wanted ``again``.
        """
        concerned = {key: self._latest[key] for key in asked if key in self._latest}
        names = [_turn(key, turn + more) for key, turn in concerned.items() for more in (0, 1)]
        bodies = bodies_of(self.plant, names)
        chosen = {}
        for key, turn in concerned.items():
            now, following = _turn(key, turn), _turn(key, turn + 1)
            stays = following not in bodies and not self.again and asked[key](bodies[now][1])
            chosen[key] = now if stays else following
        return chosen


def _turn(key: str, turn: int) -> str:
    return key if turn == 1 else f"{key}~{turn}"


def bodies_of(plant: Plant, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """(place in the plant's order, body) of the facts with these keys."""
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        rows = Fact.objects.for_plant(plant).filter(key__in=keys[start : start + _AT_ONCE])
        found |= {key: (seq, body) for key, seq, body in rows.values_list("key", "seq", "body")}
    return found


def quantities_of(content: Mapping[str, Any]) -> dict[str, int]:
    """Lot → how much of it the fact moves (micro units), of the content or body of a fact."""
    amounts: dict[str, int] = {}
    lots = content.get("lots", [])
    for position, quantity, *_rest in content.get("moves", []):
        code = lots[position][1]
        amounts[code] = amounts.get(code, 0) + int(quantity)
    return amounts


def tell_body(body: str) -> str:
    """What an earlier fact says, in short: moment, lots and quantities."""
    content = json.loads(body)
    parts = [f"{code} {format_quantity(amount)}" for code, amount in quantities_of(content).items()]
    return ", ".join([str(content["at"]), *parts[:6], *(["…"] if len(parts) > 6 else [])])


def tell_differences(body: str, content: Mapping[str, Json]) -> Iterator[str]:
    """What ``content`` says differently from an earlier body: ``W1: 100 → 90``."""
    earlier = json.loads(body)
    before, now = quantities_of(earlier), quantities_of(content)
    for code in {**before, **now}:
        if before.get(code) != now.get(code):
            yield f"{code}: {_amount(before.get(code))} → {_amount(now.get(code))}"
    for name in sorted({*content, *earlier} - _UNTOLD):
        if name in content and earlier.get(name) != content[name]:
            yield f"{FIELDS.get('happened_at' if name == 'at' else name, name)}: {earlier.get(name, '–')} → {content[name]}"
    before_births, now_births = _births_of(earlier), _births_of(content)
    for code in {**before_births, **now_births}:
        if before_births.get(code) != now_births.get(code):
            yield f"{code}: {before_births.get(code, '–')} → {now_births.get(code, '–')}"


def _births_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Lot → what the fact declares of it: supplier, supplier's number, batch, expiry, attributes."""
    declared = {}
    for birth in content.get("births", []):
        said = [str(value) for name, value in sorted(birth.items()) if name != "lot"]
        declared[content["lots"][birth["lot"]][1]] = " · ".join(said)
    return declared


def _amount(micro: int | None) -> str:
    return "–" if micro is None else format_quantity(micro)
