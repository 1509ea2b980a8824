"""Reading what exists."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from lotline.records.catalog.models import Item, ItemUnit, Unit


def unit_labels() -> dict[str, str]:
    """What the reader calls each unit, by code. There are few."""
    return {unit.code: unit.label for unit in Unit.objects.all()}


def unit_factors(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Fraction]:
    """Base units in one of each ``(item, unit)``, exactly: 1 for an item's own base unit. Pairs that do not exist are left out."""
    wanted = set(pairs)
    if not wanted:
        return {}
    factors: dict[tuple[str, str], Fraction] = {}
    items = sorted({item for item, _unit in wanted})
    for start in range(0, len(items), 500):
        part = items[start : start + 500]
        base = Item.objects.filter(code__in=part).values_list("code", "unit__code")
        factors.update({(item, unit): Fraction(1) for item, unit in base})
        others = ItemUnit.objects.filter(item__code__in=part)
        rows = others.values_list("item__code", "unit__code", "numerator", "denominator")
        factors.update({(item, unit): Fraction(numerator, denominator) for item, unit, numerator, denominator in rows})
    return {pair: factor for pair, factor in factors.items() if pair in wanted}
