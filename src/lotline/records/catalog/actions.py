"""Writing units and items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from django.db import transaction

from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.catalog.models import Item, ItemUnit, Unit
from lotline.records.places.made import note_made

# Units that exist from the first day, with the places after the point that they allow.
STANDARD_UNITS: tuple[tuple[str, int], ...] = (
    ("kg", 6), ("g", 6), ("t", 6), ("L", 6), ("mL", 6), ("m", 6), ("m2", 6), ("pcs", 0), ("bag", 0), ("box", 0), ("roll", 0),
    ("set", 0), ("case", 0), ("pallet", 0),
)  # fmt: skip
# What they are called where that is not the code (GB 3100: kg, g, t, L, mL and m are written so in Chinese too). The words are those
# by which an import knows the same units.
STANDARD_NAMES: dict[str, dict[str, str]] = {
    "m2": {"en": "m²", "zh-hans": "m²"},
    "pcs": {"zh-hans": "件"}, "bag": {"zh-hans": "袋"}, "box": {"zh-hans": "盒"}, "case": {"zh-hans": "箱"}, "roll": {"zh-hans": "卷"},
    "set": {"zh-hans": "套"}, "pallet": {"zh-hans": "托"},
}  # fmt: skip


class BadItem(ValueError):
    """An item that can not be made: ``code`` names the rule, ``item`` the item's code."""

    def __init__(self, code: str, item: str) -> None:
        super().__init__(f"{code}: {item}")
        self.code = code
        self.item = item


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """An item as a door describes it. ``units``: base units in one of each other unit, as exact fractions."""

    code: str
    unit: str = "pcs"
    name: str = ""
    kind: ItemKind = ItemKind.RAW
    tracking: Tracking = Tracking.LOT
    shelf_life_days: int | None = None
    release_required: bool = False
    units: dict[str, Fraction] = field(default_factory=dict)


@transaction.atomic
def ensure_units(codes: Iterable[str]) -> dict[str, Unit]:
    """The units with these codes, made where they do not exist (standard ones with their decimals and names, others with six)."""
    wanted = set(codes)
    known = {unit.code: unit for unit in Unit.objects.filter(code__in=wanted)}
    for code in sorted(wanted - known.keys()):
        known[code] = new_unit(code)
        known[code].save(force_insert=True)
    return known


def new_unit(code: str) -> Unit:
    """A unit as ``ensure_units`` makes it, not stored yet."""
    return Unit(code=code, decimals=dict(STANDARD_UNITS).get(code, 6), names={**STANDARD_NAMES.get(code, {})})


@transaction.atomic
def ensure_items(specs: Iterable[ItemSpec]) -> dict[str, Item]:
    """Make the items that do not exist yet; leave the others as they are. Returns all of them by code.

    Raises ``BadItem``: ``item_code_blank``, ``item_unit_differs`` (an existing item is counted in another base unit).
    """
    listed = list(specs)
    units = ensure_units({spec.unit for spec in listed} | {unit for spec in listed for unit in spec.units})
    known = {item.code: item for item in Item.objects.filter(code__in={spec.code for spec in listed}).select_related("unit")}
    for spec in listed:
        if not spec.code.strip():
            raise BadItem("item_code_blank", spec.code)
        present = known.get(spec.code)
        if present is not None:
            if present.unit.code != spec.unit:
                raise BadItem("item_unit_differs", spec.code)
            continue
        item = Item.objects.create(
            code=spec.code,
            name=spec.name,
            kind=spec.kind,
            unit=units[spec.unit],
            tracking=spec.tracking,
            shelf_life_days=spec.shelf_life_days,
            release_required=spec.release_required,
        )
        for unit, factor in spec.units.items():
            ItemUnit.objects.create(item=item, unit=units[unit], numerator=factor.numerator, denominator=factor.denominator)
        known[spec.code] = item
        note_made(spec.code)
    return {spec.code: known[spec.code] for spec in listed}


def rename_item(*, item: Item, name: str) -> None:
    """Give ``item`` another name; its code stays."""
    item.name = name
    item.save(update_fields=["name"])


def rename_unit(*, unit: Unit, name: str | None = None, names: Mapping[str, str] | None = None) -> None:
    """Give ``unit`` another ``name``, or ``names`` by language (a blank one takes that name away); its code stays."""
    call_unit(unit, name=name, names=names)
    unit.save(update_fields=["name", "names"])


def call_unit(unit: Unit, *, name: str | None = None, names: Mapping[str, str] | None = None) -> None:
    """As ``rename_unit``, with nothing stored yet."""
    if name is not None:
        unit.name = name
    if names is not None:
        merged = {**unit.names, **{language.lower(): text for language, text in names.items()}}
        unit.names = {language: text for language, text in sorted(merged.items()) if text}
