"""The tables of units, items and places: rows become master data. Items and places that exist already are left as they are; units, whose
names are only for people, are called what the table calls them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lotline.core.facts import PlaceKind
from lotline.doors.exchange.tables.kinds import UNIT_NAMES
from lotline.doors.exchange.tables.lines import Bad
from lotline.doors.exchange.tables.master_data import parts
from lotline.doors.exchange.tables.near_codes import items_alike, places_alike
from lotline.doors.exchange.tables.new_master import NewMaster
from lotline.doors.exchange.tables.rows import ReadRow
from lotline.doors.exchange.tables.units import unit_named
from lotline.doors.exchange.tables.values import parse_number
from lotline.records.catalog.actions import ItemSpec
from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.catalog.models import Item, Unit
from lotline.records.places.actions import PlaceSpec
from lotline.records.places.models import Place, Plant


def take_units(rows: Sequence[ReadRow], new: NewMaster, bad: Bad) -> list[str]:
    """Have the units made that do not exist, and all named as the rows do; a blank cell leaves a name. Returns the codes of those that changed."""
    known = set(Unit.objects.values_list("code", flat=True))
    wanted: dict[str, ReadRow] = {}
    for row in rows:
        if row.bad:
            continue
        code = _unit(row.text("code"), known)
        first = wanted.setdefault(code, row)
        if first.values != row.values:
            bad(row, "said_twice", {"code": code, "row": str(first.number)}, "code")
    changed = []
    for code, unit in new.want_units(wanted).items():
        row = wanted[code]
        name = row.text("name") or unit.name
        names = unit.names | {language: text for column, language in UNIT_NAMES.items() if (text := row.text(column))}
        if (name, names) != (unit.name, unit.names):
            new.rename_unit(unit, name, names)
        elif code in known:
            continue
        changed.append(code)
    return sorted(changed)


def take_items(rows: Sequence[ReadRow], master: NewMaster, bad: Bad, remark: Bad) -> list[str]:
    """Have the items made that do not exist. Returns their codes. An item that exists with another unit is a bad row."""
    units = set(Unit.objects.values_list("code", flat=True)) | master.units
    present: dict[str, tuple[str, str]] = {}
    for part in parts(sorted({row.text("code") for row in rows if not row.bad})):
        found = Item.objects.filter(code__in=part).values_list("code", "unit__code", "name")
        present.update({code: (unit, name) for code, unit, name in found})
    specs: dict[str, ItemSpec] = {}
    rows_of: dict[str, ReadRow] = {}
    for row in rows:
        spec = _item_spec(row, units, bad) if not row.bad else None
        if spec is None:
            continue
        if spec.code in specs:
            if specs[spec.code] != spec:
                bad(row, "said_twice", {"code": spec.code, "row": str(rows_of[spec.code].number)}, "code")
            continue
        known = present.get(spec.code)
        if known is not None and known[0] != spec.unit:
            bad(row, "item_unit_differs", {"item": spec.code, "known": known[0], "said": spec.unit}, "unit")
            continue
        if known is not None and spec.name and spec.name != known[1]:
            remark(row, "name_kept", {"code": spec.code, "known": known[1]}, "name")
        specs[spec.code], rows_of[spec.code] = spec, row
    new = [code for code in specs if code not in present]
    for code, other in items_alike(new).items():
        remark(rows_of[code], "code_alike", {"code": code, "other": other}, "code")
    master.want_units(unit for spec in specs.values() for unit in (spec.unit, *spec.units))
    master.want_items(specs[code] for code in new)
    return new


def _item_spec(row: ReadRow, units: set[str], bad: Bad) -> ItemSpec | None:
    packs: dict[str, Fraction] = {}
    pack, size = row.text("pack_unit"), row.text("pack_size")
    if pack and size:
        number = parse_number(size)
        if number is None or number <= 0 or number.adjusted() > 9 or number.as_tuple().exponent < -6:  # type: ignore[operator]  # finite
            bad(row, "not_a_number", {"text": size[:40]}, "pack_size")
            return None
        packs[_unit(pack, units)] = Fraction(number)
    elif bool(pack) != bool(size):
        bad(row, "pack_incomplete", {}, "pack_size" if pack else "pack_unit")
        return None
    return ItemSpec(
        code=row.text("code"),
        unit=_unit(row.text("unit"), units),
        name=row.text("name"),
        kind=ItemKind(row.text("kind") or ItemKind.RAW),
        tracking=Tracking(row.text("tracking") or Tracking.LOT),
        shelf_life_days=row.want("shelf_life_days", int),
        release_required=bool(row.values.get("release_required")),
        units=packs,
    )


def _unit(text: str, units: set[str]) -> str:
    return text if text in units else unit_named(text) or text


def take_places(plant: Plant, rows: Sequence[ReadRow], new: NewMaster, bad: Bad, remark: Bad) -> list[str]:
    """Have the places made that do not exist, those that others lie in first. Returns their codes."""
    inside = {row.text("code") for row in rows} | {row.text("parent") for row in rows}
    present: dict[str, str] = {}
    for part in parts(sorted(inside - {""})):
        present.update(Place.objects.for_plant(plant).filter(code__in=part).values_list("code", "kind"))
    waiting: dict[str, ReadRow] = {}
    for row in rows:
        if row.bad:
            continue
        code, kind = row.text("code"), row.text("kind")
        if code in present:
            if present[code] != kind:
                bad(row, "place_kind_differs", {"place": code, "known": present[code], "said": kind}, "kind")
        elif code in waiting:
            if waiting[code].values != row.values:
                bad(row, "said_twice", {"code": code, "row": str(waiting[code].number)}, "code")
        else:
            waiting[code] = row
    made = _take_in_order(waiting, new, set(present), bad)
    for code, other in places_alike(plant, made).items():
        remark(waiting[code], "code_alike", {"code": code, "other": other}, "code")
    return made


def _take_in_order(waiting: dict[str, ReadRow], new: NewMaster, present: set[str], bad: Bad) -> list[str]:
    made: list[str] = []
    left = dict(waiting)
    while left:
        ready = [code for code, row in left.items() if row.text("parent") in present or not row.text("parent")]
        if not ready:
            break
        new.want_places(_place_spec(left.pop(code)) for code in ready)
        present.update(ready)
        made += ready
    for row in left.values():
        bad(row, "parent_not_there", {"place": row.text("parent")}, "parent")
    return made


_PARTNERS = frozenset({PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SUBCONTRACTOR})


def _place_spec(row: ReadRow) -> PlaceSpec:
    kind = PlaceKind(row.text("kind"))
    parent = row.text("parent") or ("" if kind in _PARTNERS else "SITE")
    return PlaceSpec(row.text("code"), kind, row.text("name"), parent)
