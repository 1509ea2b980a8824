"""Exact quantities: whole numbers of millionths ("micro") of an item's base unit.

One scale for all items keeps every sum an integer sum, on every engine. A signed 64-bit column holds ±9.2 × 10¹² base
units. Floats never appear: ``0.1 + 0.2`` residues made other systems see a full draw as a partial one (docs/architecture/integrity-cases.md, T32).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

DECIMALS = 6
MICRO = 10**DECIMALS
LARGEST = 2**63 - 1

_PLAIN = re.compile(r"([+-]?)(\d{1,40})(?:\.(\d{1,40}))?")


class BadQuantity(ValueError):
    """A text or a conversion that does not name an exact quantity. ``code`` says which rule was broken."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def parse_quantity(text: str, *, decimals: int = DECIMALS) -> int:
    """Micro units of a plain decimal text such as ``"12.5"``. Thousands separators, exponents and signs like NaN are refused.

    Raises ``BadQuantity``: ``not_a_number``, ``too_fine`` (more than ``decimals`` places that are not zero), ``too_large``.
    """
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        raise BadQuantity("not_a_number", text)
    sign, whole, part = str(match.group(1)), str(match.group(2)), str(match.group(3) or "").rstrip("0")
    if len(part) > decimals:
        raise BadQuantity("too_fine", text)
    micro = int(whole) * MICRO + int(part.ljust(DECIMALS, "0") or "0")
    if micro > LARGEST:
        raise BadQuantity("too_large", text)
    return int(-micro if sign == "-" else micro)


def format_quantity(micro: int) -> str:
    """The shortest plain decimal text: ``12_500_000`` is ``"12.5"``."""
    whole, part = divmod(abs(micro), MICRO)
    text = f"{whole}.{part:06d}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if micro < 0 else text


def fits_decimals(micro: int, decimals: int) -> bool:
    """Whether the quantity is a whole number of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ units: pieces (0) can not be halved."""
    return bool(micro % 10 ** (DECIMALS - decimals) == 0)


def convert_quantity(micro: int, factor: Fraction) -> int:
    """``micro`` of a unit that holds ``factor`` base units, in micro base units. Raises ``BadQuantity`` (``inexact``, ``too_large``).

    A conversion that does not come out exactly is refused, not rounded: the person then types the base unit.
    """
    result = micro * factor
    if result.denominator != 1:
        raise BadQuantity("inexact", format_quantity(micro))
    if abs(result.numerator) > LARGEST:
        raise BadQuantity("too_large", format_quantity(micro))
    return result.numerator


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` into integers that sum to it exactly (largest remainder, ties to the earlier).

    With all weights zero, everything goes to the first. Raises ``ValueError`` without weights or with a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("apportion needs at least one weight and none below zero")
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def read_decimal(text: str | None) -> Decimal | None:
    """The number in a measurement's text, or ``None`` where it has none ("OK", not recorded)."""
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
