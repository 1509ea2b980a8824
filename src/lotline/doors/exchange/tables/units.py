"""Units as factories write them, and the factors that hold everywhere."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

# Code of the unit → how else it is written. Compared without case, except that capitals of other units are never lost by it (mL, ML).
WORDS: dict[str, tuple[str, ...]] = {
    "kg": ("kg", "kgs", "kilogram", "kilograms", "公斤", "千克", "KG"),
    "g": ("g", "gram", "grams", "克"),
    "t": ("t", "ton", "tons", "tonne", "tonnes", "吨"),
    "L": ("l", "liter", "litre", "liters", "litres", "升"),
    "mL": ("ml", "milliliter", "millilitre", "毫升"),
    "m": ("m", "meter", "metre", "meters", "metres", "米"),
    "m2": ("m2", "m²", "sqm", "平方米", "平米"),
    "pcs": ("pcs", "pc", "pce", "piece", "pieces", "ea", "each", "个", "件", "只", "片", "支", "枚", "块", "粒", "条", "根", "张"),
    "bag": ("bag", "bags", "袋", "包"),
    "box": ("box", "boxes", "盒"),
    "case": ("case", "cases", "carton", "cartons", "ctn", "箱"),
    "roll": ("roll", "rolls", "卷"),
    "set": ("set", "sets", "套"),
    "pallet": ("pallet", "pallets", "托", "托盘", "板"),
}
_CODES = {unicodedata.normalize("NFKC", word).casefold(): code for code, words in WORDS.items() for word in (code, *words)}
# Base units in one: the same for every item.
FACTORS = {
    ("kg", "g"): Fraction(1000), ("g", "kg"): Fraction(1, 1000), ("t", "kg"): Fraction(1000), ("kg", "t"): Fraction(1, 1000),
    ("t", "g"): Fraction(1_000_000), ("g", "t"): Fraction(1, 1_000_000), ("L", "mL"): Fraction(1000), ("mL", "L"): Fraction(1, 1000),
}  # fmt: skip


def unit_named(text: str) -> str:
    """The code of a unit that people write like this, or nothing."""
    return _CODES.get(unicodedata.normalize("NFKC", text).strip().casefold(), "")
