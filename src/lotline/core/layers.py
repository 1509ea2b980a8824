"""What a lot holds of the material that is being followed: layers of equal concentration, with what may be left of each.

Filled once, a lot is homogeneous and everything about it is exact. Filled again from elsewhere it holds layers, and which of them a
draw takes is not known: the expected amount follows quantities, the minimum takes the least concentrated layers first, the maximum
the most concentrated. All numbers are whole micro units; amounts count in the base unit of the start, quantities in that of the lot.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

# A tank that is topped up for years: beyond this, the two layers nearest in concentration become one with a wider interval.
LAYERS_LIMIT = 32


class Amount(NamedTuple):
    """How much of the start: pro rata, and between which bounds the truth lies."""

    expected: int = 0
    minimum: int = 0
    maximum: int = 0

    @property
    def exact(self) -> bool:
        """Nothing about it is uncertain."""
        return self.minimum == self.maximum


NOTHING = Amount()


def add_amounts(amounts: Iterable[Amount]) -> Amount:
    """The sum, bound by bound."""
    expected = minimum = maximum = 0
    for amount in amounts:
        expected += amount[0]
        minimum += amount[1]
        maximum += amount[2]
    return Amount(expected, minimum, maximum)


@dataclass(slots=True)
class Layer:
    """Between ``low`` and ``high`` of this layer is left; ``size`` of it would hold ``least`` to ``most`` of the start."""

    low: int
    high: int
    size: int
    least: int
    most: int

    def floor(self, quantity: int) -> int:
        """The least that ``quantity`` of the layer holds."""
        return quantity * self.least // self.size

    def ceiling(self, quantity: int) -> int:
        """The most that ``quantity`` of the layer holds."""
        return -(-quantity * self.most // self.size)


@dataclass(slots=True)
class Content:
    """Some quantity of a lot with what it holds. No layers: nothing of the start is in it. ``debt`` was drawn before it came in."""

    quantity: int = 0
    expected: int = 0
    layers: list[Layer] = field(default_factory=list)
    debt: int = 0

    def amount(self) -> Amount:
        """How much of the start is in it."""
        if not self.layers:
            return NOTHING
        least, most = _least(self.layers, self.quantity), _most(self.layers, self.quantity)
        return Amount(self.expected, min(least, self.expected), max(most, self.expected))

    def draw(self, quantity: int) -> Content:
        """Take ``quantity`` (at most what is there) out. Who takes everything leaves nothing behind, of any layer."""
        whole = self.quantity
        if quantity >= whole:
            taken = Content(whole, self.expected, self.layers)
            self.quantity, self.expected, self.layers = 0, 0, []
            return taken
        taken = Content(quantity)
        self.quantity = whole - quantity
        if self.layers:
            taken.expected = (2 * self.expected * quantity + whole) // (2 * whole)
            self.expected -= taken.expected
            taken.layers, self.layers = _cut(self, taken, whole)
        return taken

    def pour(self, other: Content) -> None:
        """Add ``other``. Layers of equal concentration become one."""
        clean = not self.layers and not other.layers
        before = self.quantity
        self.quantity += other.quantity
        if clean:
            return
        if before == 0:
            self.expected, self.layers = other.expected, other.layers
            return
        self.expected += other.expected
        layers = self.layers or [_clean_layer(before)]
        for layer in other.layers or [_clean_layer(other.quantity)]:
            _merge(layers, layer)
        if len(layers) > LAYERS_LIMIT:
            _widen(layers)
        self.layers = layers
        _settle(self)


def filled(quantity: int, amount: Amount) -> Content:
    """A homogeneous ``quantity`` that holds ``amount``."""
    if amount.maximum == 0:
        return Content(quantity)
    return Content(quantity, amount.expected, [Layer(quantity, quantity, quantity, amount.minimum, amount.maximum)])


def bounds_of_alternatives(contents: Sequence[Content], total: int) -> tuple[int, int]:
    """The least and the most that ``total`` holds, if each of ``contents`` may have given any part of it, or nothing.

    Where a content is smaller than ``total``, the books do not settle the matter: more of its extreme layer is then assumed.
    """
    return _fill(contents, total, most=False), _fill(contents, total, most=True)


def _fill(contents: Sequence[Content], total: int, *, most: bool) -> int:
    choices: list[tuple[Fraction, int, Layer, int]] = []
    for at, content in enumerate(contents):
        layers = content.layers or [_clean_layer(content.quantity)]
        ranked = sorted(((Fraction(layer.most if most else layer.least, layer.size), layer) for layer in layers), key=_first, reverse=most)
        extra = max(0, total - content.quantity)
        choices += [(worth, at, layer, layer.high + (0 if rank else extra)) for rank, (worth, layer) in enumerate(ranked)]
    choices.sort(key=_first, reverse=most)
    room = [total] * len(contents)
    amount = 0
    for _worth, at, layer, high in choices:
        taken = min(high, room[at], total)
        room[at] -= taken
        total -= taken
        amount += layer.ceiling(taken) if most else layer.floor(taken)
    return amount


def _first(choice: tuple[Fraction, Any] | tuple[Fraction, int, Layer, int]) -> Fraction:
    return choice[0]


def _clean_layer(quantity: int) -> Layer:
    return Layer(quantity, quantity, max(quantity, 1), 0, 0)


def _cut(rest: Content, taken: Content, whole: int) -> tuple[list[Layer], list[Layer]]:
    """The layers of both parts of what was ``whole``. Their quantities and expected amounts are set already."""
    quantity = taken.quantity
    if len(rest.layers) == 1:
        layer = rest.layers[0]
        parts = [Layer(q, q, layer.size, layer.least, layer.most) for q in (quantity, rest.quantity)]
        if layer.least == layer.most:
            for part, content in zip(parts, (taken, rest), strict=True):
                # Exact stays exact; a share too small to count still is one.
                part.size, part.least, part.most = part.low, content.expected, max(content.expected, 1)
        return [parts[0]], [parts[1]]
    gone, left = [], []
    for layer in rest.layers:
        if high := min(layer.high, quantity):
            gone.append(Layer(max(0, quantity - whole + layer.low), high, layer.size, layer.least, layer.most))
        if high := min(layer.high, rest.quantity):
            left.append(Layer(max(0, layer.low - quantity), high, layer.size, layer.least, layer.most))
    return gone, left


def _merge(layers: list[Layer], new: Layer) -> None:
    for layer in layers:
        if _alike(layer, new):
            layer.low += new.low
            layer.high += new.high
            layer.size += new.size
            layer.least += new.least
            layer.most += new.most
            return
    layers.append(new)


def _alike(one: Layer, other: Layer) -> bool:
    """Equal concentrations, but for the rounding of an amount to a whole micro unit. Clean is like nothing but clean."""
    if (one.most == 0) != (other.most == 0):
        return False
    slack = one.size + other.size
    return abs(one.least * other.size - other.least * one.size) <= slack and abs(one.most * other.size - other.most * one.size) <= slack


def _settle(content: Content) -> None:
    """One layer is all there is; where it was exact, it holds what is expected."""
    if len(content.layers) == 1:
        layer = content.layers[0]
        if layer.least == layer.most:
            layer.size, layer.least, layer.most = content.quantity, content.expected, max(content.expected, 1)
        layer.low = layer.high = content.quantity


def _widen(layers: list[Layer]) -> None:
    layers.sort(key=lambda layer: Fraction(layer.most, layer.size))
    gaps = [Fraction(b.most, b.size) - Fraction(a.most, a.size) for a, b in itertools.pairwise(layers)]
    at = min(range(len(gaps)), key=gaps.__getitem__)
    one, other = layers[at], layers.pop(at + 1)
    size = one.size + other.size
    least = min(one.least * size // one.size, other.least * size // other.size)
    most = max(-(-one.most * size // one.size), -(-other.most * size // other.size))
    layers[at] = Layer(one.low + other.low, one.high + other.high, size, least, most)


def _least(layers: Sequence[Layer], quantity: int) -> int:
    if len(layers) == 1:
        return layers[0].floor(quantity)
    ranked = sorted(layers, key=lambda layer: Fraction(layer.least, layer.size))
    return sum(layer.floor(part) for layer, part in zip(ranked, _spread(ranked, quantity), strict=True))


def _most(layers: Sequence[Layer], quantity: int) -> int:
    if len(layers) == 1:
        return layers[0].ceiling(quantity)
    ranked = sorted(layers, key=lambda layer: Fraction(layer.most, layer.size), reverse=True)
    return sum(layer.ceiling(part) for layer, part in zip(ranked, _spread(ranked, quantity), strict=True))


def _spread(ranked: Sequence[Layer], quantity: int) -> list[int]:
    """How much of each layer ``quantity`` takes when it prefers the first ones: what it can not avoid, then as much as there is."""
    parts = [layer.low for layer in ranked]
    left = quantity - sum(parts)
    for at, layer in enumerate(ranked):
        more = min(layer.high - layer.low, left)
        parts[at] += more
        left -= more
    return parts
