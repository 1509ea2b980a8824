"""What identifiers and units of EPCIS are called in Lotline: items, lots, places, containers, base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lotline.core.facts import LotRef
from lotline.core.quantity import DECIMALS, LARGEST, MICRO, BadQuantity

from .identifiers import Identifier, IdentifierKind, parse_identifier
from .problems import Problem

#: Codes of items, lots and places have at most this many characters (records.catalog, records.places).
LONGEST_CODE = 120
#: A class without lot number: all of it is one lot, and nobody knows which part of it an event meant.
UNIDENTIFIED = "*"

#: UN/ECE Recommendation 20 codes of units that Lotline has from the first day. Others keep their code.
_UNITS = {
    "": "pcs", "C62": "pcs", "EA": "pcs", "H87": "pcs", "PCE": "pcs", "KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "L",
    "MLT": "mL", "MTR": "m", "MTK": "m2", "BG": "bag", "BX": "box", "RO": "roll", "SET": "set", "CS": "case",
}  # fmt: skip
_MEASURES = {
    "g": ("mass", Fraction(1, 1000)), "kg": ("mass", Fraction(1)), "t": ("mass", Fraction(1000)),
    "mL": ("volume", Fraction(1, 1000)), "L": ("volume", Fraction(1)),
}  # fmt: skip
#: Items for identifiers that have no class part, by application identifier.
_CLASSLESS = {"00": "SSCC", "8004": "GIAI", "8017": "GSRN", "8018": "GSRN", "401": "GINC", "402": "GSIN"}
#: Units that the codes of second items end in, besides those that a document tells.
SIBLING_UNITS = ("pcs", "kg", "L", "m", "m2")
_HOST = "https://id.gs1.org/"


class UnitDiffers(ValueError):
    """A unit that can not be converted to the item's base unit."""


class Unmappable(Exception):
    """An event that can not become facts; ``problem`` says why, its event is filled in by whoever knows its place."""

    def __init__(self, code: str, path: str = "", **params: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, path, params=params)


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of an event. ``container`` is the code of the place that it is when others lie in it, else empty."""

    uri: str
    lot: LotRef | None
    container: str = ""
    instance: bool = True  # exactly one piece

    @property
    def certain(self) -> bool:
        """Whether it is known which lot is meant."""
        return self.lot is None or self.lot.code != UNIDENTIFIED


def describe_thing(uri: str, *, containers: frozenset[str], as_lot: frozenset[str]) -> Thing:
    """Say what an identifier is here.

    ``containers`` are the canonical identifiers that hold others; ``as_lot`` the classless ones that were made or used up.
    A logistic unit is a container only, unless it is in ``as_lot``.
    """
    found = parse_identifier(uri)
    holds = found.kind is IdentifierKind.CONTAINER or found.canonical in containers
    lot = None if holds and not found.item and found.canonical not in as_lot else lot_of(found)
    for code in (lot.item, lot.code) if lot is not None else ():
        check_code(code)
    instance = found.kind not in (IdentifierKind.LOT, IdentifierKind.PRODUCT)
    return Thing(uri, lot, check_code(place_code(found)) if holds else "", instance)


def check_code(code: str) -> str:
    """Return a code that can be kept. Raises Unmappable."""
    if len(code) > LONGEST_CODE:
        raise Unmappable("identifier_too_long", found=code, limit=str(LONGEST_CODE))
    return code


def lot_of(identifier: Identifier) -> LotRef:
    """Return item and lot code: the class part, and the lot or serial."""
    if identifier.item:
        return LotRef(item_code(identifier.item), identifier.code or UNIDENTIFIED)
    ai = identifier.canonical.removeprefix(_HOST).partition("/")[0] if identifier.key else ""
    return LotRef(_CLASSLESS.get(ai, "EPC"), identifier.key or identifier.canonical)


def item_code(canonical_item: str) -> str:
    """Return the code of an item: the GTIN where there is one."""
    path = canonical_item.removeprefix(_HOST)
    return path.removeprefix("01/") if path != canonical_item else canonical_item


def place_code(identifier: Identifier) -> str:
    """Return the code of a place, container or partner.

    A location is its GLN, with the extension after a full stop; a logistic unit its SSCC; a party keeps its key's name
    (``417/…``), because one GLN may name a place and a company.
    """
    path = identifier.canonical.removeprefix(_HOST)
    if path == identifier.canonical:
        return identifier.canonical
    if identifier.kind is IdentifierKind.LOCATION:
        return f"{identifier.key}.{identifier.code}" if identifier.code else identifier.key
    return identifier.key if identifier.kind is IdentifierKind.CONTAINER else path


def unit_code(uom: str) -> str:
    """Return Lotline's unit for a code of EPCIS; none means pieces."""
    return _UNITS.get(uom, uom)


def to_base_units(text: str, uom: str, base: str, own: Mapping[str, Fraction]) -> int:
    """Return micro base units of an item. ``own``: base units in one of each other unit that the item has.

    Raises BadQuantity, and UnitDiffers when there is no conversion.
    """
    unit = unit_code(uom)
    if unit == base:
        return _micro(text, Fraction(1))
    if unit in own:
        return _micro(text, own[unit])
    if unit in _MEASURES and base in _MEASURES and _MEASURES[unit][0] == _MEASURES[base][0]:
        return _micro(text, _MEASURES[unit][1] / _MEASURES[base][1])
    raise UnitDiffers(unit)


def converts(unit: str, base: str, own: Mapping[str, Fraction]) -> bool:
    """Whether a number of one unit can be told in an item's base unit."""
    same = unit in _MEASURES and base in _MEASURES and _MEASURES[unit][0] == _MEASURES[base][0]
    return unit == base or unit in own or same


def sibling_code(item: str, unit: str) -> str:
    """Return the code of the item under which lots are kept that are told in a unit which the item can not convert."""
    measure = _MEASURES.get(unit, ("", 0))[0]
    return f"{item} {({'mass': 'kg', 'volume': 'L'}).get(measure, unit)}"


def finer_unit(unit: str, decimals: int) -> str:
    """Return a unit in which a number with so many decimals can be kept: the gram instead of the kilogram."""
    return {"kg": "g", "t": "kg", "L": "mL"}.get(unit, unit) if decimals > DECIMALS else unit


def _micro(text: str, factor: Fraction) -> int:
    """Multiply exactly. Raises BadQuantity: too_fine, too_large."""
    micro = Fraction(text) * factor * MICRO
    if micro.denominator != 1:
        raise BadQuantity("too_fine", text)
    if abs(micro.numerator) > LARGEST:
        raise BadQuantity("too_large", text)
    return int(micro.numerator)
