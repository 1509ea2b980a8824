"""Decimals of documents: read exactly, written plainly. No float on the way."""

from __future__ import annotations

import re
from decimal import Decimal

# Bounded on purpose: `1e999999999` is a valid decimal and a way to fill a disk with zeros.
_DECIMAL = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def parse_decimal(text: str | None) -> Decimal | None:
    """Read a decimal number with or without an exponent; None where it is none (empty, NaN, infinite, too long)."""
    if text is None or _DECIMAL.fullmatch(text.strip()) is None:
        return None
    return Decimal(text.strip())


def plain(number: Decimal) -> str:
    """Write a decimal with all its digits and without an exponent: ``-0.00001``, never ``-1E-5``."""
    return format(number, "f")
