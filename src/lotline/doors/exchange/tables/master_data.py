"""What rows call things, and what things are: items, units, places and partners, those that exist and those that come with the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from lotline.core.facts import LotRef, PlaceKind
from lotline.core.quantity import BadQuantity, convert_quantity, format_quantity
from lotline.doors.exchange.tables.new_master import NewMaster
from lotline.doors.exchange.tables.units import FACTORS, unit_named
from lotline.doors.exchange.tables.values import BadCell, Quantity
from lotline.records.catalog.actions import ItemSpec
from lotline.records.catalog.choices import ItemKind
from lotline.records.catalog.models import Item, Lot, Unit
from lotline.records.catalog.queries import unit_factors
from lotline.records.places.actions import PlaceSpec
from lotline.records.places.models import Place, Plant

T = TypeVar("T")
_PART = 500
_OTHER_NAMES = {PlaceKind.SUPPLIER: "{code} (supplier)", PlaceKind.CUSTOMER: "{code} (customer)"}


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """``values`` in lists that fit into one query."""
    listed = list(values)
    for start in range(0, len(listed), _PART):
        yield listed[start : start + _PART]


@dataclass(slots=True)
class KnownItem:
    """An item as the import sees it. ``consumed`` and ``produced`` tell what kind a new one is."""

    code: str
    unit: str
    name: str = ""
    new: bool = False
    consumed: bool = False
    produced: bool = False

    def spec(self) -> ItemSpec:
        kind = ItemKind.WIP if self.consumed and self.produced else ItemKind.FINISHED if self.produced else ItemKind.RAW
        return ItemSpec(self.code, unit=self.unit, name=self.name, kind=kind)


@dataclass(slots=True)
class MasterData:
    """Finds things by what rows call them. Load first what the rows name, then ask; ``create_new`` says which of the new things are to be made."""

    plant: Plant
    create_missing: bool = True
    coming: NewMaster = field(init=False)
    items: dict[str, KnownItem] = field(default_factory=dict)
    items_by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    places: dict[str, PlaceKind] = field(default_factory=dict)
    places_by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    new_places: dict[str, PlaceSpec] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)
    factors: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    items_of_lot: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    known_lots: set[LotRef] = field(default_factory=set)

    def __post_init__(self) -> None:
        """``coming``: what the file brings, its tables of master data first."""
        self.coming = NewMaster(self.plant)

    # --- loading --------------------------------------------------------------------------------------------------------

    def load(self, *, items: set[str], places: set[str], lots: set[str]) -> None:
        """Look up everything that the rows name."""
        self.units = set(Unit.objects.values_list("code", flat=True)) | self.coming.units
        self.load_items(items)
        found = Place.objects.for_plant(self.plant)
        wanted = places | {pattern.format(code=code) for code in places for pattern in _OTHER_NAMES.values()} | {"SITE"}
        for part in parts(sorted(wanted)):
            self.places.update((code, PlaceKind(kind)) for code, kind in found.filter(code__in=part).values_list("code", "kind"))
            for code, name, kind in found.filter(name__in=part).values_list("code", "name", "kind"):
                self.places.setdefault(code, PlaceKind(kind))
                self.places_by_name[name].add(code)
        for place in self.coming.places.values():
            if place.code in wanted:
                self.places[place.code] = place.kind
            if place.name in wanted:
                self.places.setdefault(place.code, place.kind)
                self.places_by_name[place.name].add(place.code)
        for part in parts(sorted(lots)):
            for lot, item in Lot.objects.for_plant(self.plant).filter(code__in=part).values_list("code", "item__code"):
                self.items_of_lot[lot].add(item)
                self.known_lots.add(LotRef(item, lot))

    def load_items(self, names: Iterable[str]) -> None:
        """Look up items by code and by name."""
        wanted = set(names)
        for part in parts(sorted(wanted)):
            for code, name, unit in Item.objects.filter(code__in=part).values_list("code", "name", "unit__code"):
                self.items[code] = KnownItem(code, unit, name)
            for code, name, unit in Item.objects.filter(name__in=part).values_list("code", "name", "unit__code"):
                self.items.setdefault(code, KnownItem(code, unit, name))
                self.items_by_name[name].add(code)
        for item in self.coming.items.values():
            if item.code in wanted or item.name in wanted:
                self.items.setdefault(item.code, KnownItem(item.code, item.unit, item.name))
            if item.name in wanted:
                self.items_by_name[item.name].add(item.code)

    def load_factors(self, pairs: Iterable[tuple[str, str]]) -> None:
        """The other units of items that exist, or come with a table of items."""
        wanted = set(pairs)
        self.factors = unit_factors(wanted)
        for item in self.coming.items.values():
            factors = {item.unit: Fraction(1)} | item.units
            self.factors.update(((item.code, unit), factor) for unit, factor in factors.items() if (item.code, unit) in wanted)

    # --- items ----------------------------------------------------------------------------------------------------------

    def item(self, text: str, *, name: str = "", unit: str = "", may_be_new: bool = True) -> KnownItem:
        """The item that is called this, by code or else by name; a new one where there is none. Raises ``BadCell``."""
        known = self.items.get(text)
        if known is None and (named := self.items_by_name.get(text)):
            if len(named) > 1:
                raise BadCell("item_name_ambiguous", name=text, items=", ".join(sorted(named)[:5]))
            known = self.items[next(iter(named))]
        if known is None:
            if not (self.create_missing and may_be_new):
                raise BadCell("item_not_there", item=text)
            if not unit:
                raise BadCell("unit_missing", item=text)
            known = self.items[text] = KnownItem(text, self.unit(unit), name, new=True)
        elif known.new and name and not known.name:
            known.name = name
        return known

    def item_of_lot(self, lot: str) -> str:
        """The item of a lot that is named without one. Raises ``BadCell`` where none or several are possible."""
        items = self.items_of_lot.get(lot, set())
        if len(items) == 1:
            return next(iter(items))
        if items:
            raise BadCell("item_ambiguous", lot=lot, items=", ".join(sorted(items)[:5]))
        raise BadCell("item_of_lot_unknown", lot=lot)

    # --- units ----------------------------------------------------------------------------------------------------------

    def unit(self, text: str) -> str:
        """The code of the unit that is written like this; a unit that nobody knows is one of its own."""
        return text if text in self.units else unit_named(text) or text

    def in_base_units(self, quantity: Quantity, item: KnownItem, unit: str) -> int:
        """``quantity`` in micro base units of the item. ``unit`` is what the row's unit column says. Raises ``BadCell``."""
        written = self.unit(unit) if unit else ""
        if quantity.unit and written and quantity.unit != written:
            raise BadCell("units_differ", beside=quantity.unit, column=written)
        said = quantity.unit or written or item.unit
        if said == item.unit:
            return quantity.micro
        factor = self.factors.get((item.code, said)) or FACTORS.get((said, item.unit))
        if factor is None:
            raise BadCell("unit_not_of_item", unit=said, item=item.code, base=item.unit)
        try:
            return convert_quantity(quantity.micro, factor)
        except BadQuantity:
            raise BadCell("unit_inexact", quantity=format_quantity(quantity.micro), unit=said, base=item.unit) from None

    # --- places ---------------------------------------------------------------------------------------------------------

    def place(self, text: str, kind: PlaceKind = PlaceKind.WAREHOUSE) -> str:
        """The code of the place that is called this, by code or else by name; a new one of ``kind`` below SITE. Raises ``BadCell``."""
        if text in self.places:
            return text
        named = self.places_by_name.get(text, set())
        if len(named) == 1:
            return next(iter(named))
        return self._new_place(text, PlaceSpec(text, kind, name=text, parent="SITE"))

    def partner(self, text: str, kind: PlaceKind) -> str:
        """The code of a supplier or customer. One who is both has a second place. Raises ``BadCell``."""
        if self.places.get(text) is kind:
            return text
        named = {code for code in self.places_by_name.get(text, ()) if self.places[code] is kind}
        if len(named) == 1:
            return next(iter(named))
        if len(named) > 1:
            raise BadCell("partner_ambiguous", name=text, places=", ".join(sorted(named)[:5]))
        code = _OTHER_NAMES[kind].format(code=text) if text in self.places else text
        if self.places.get(code) is kind:
            return code
        return self._new_place(text, PlaceSpec(code, kind, name=text))

    def _new_place(self, text: str, spec: PlaceSpec) -> str:
        if not self.create_missing:
            raise BadCell("place_not_there", place=text)
        self.places[spec.code] = spec.kind
        self.new_places[spec.code] = spec
        return spec.code

    # --- what is new ----------------------------------------------------------------------------------------------------

    def new_items(self) -> list[KnownItem]:
        """Items that come with the file."""
        return [item for item in self.items.values() if item.new]

    def create_new(self, *, items: set[str], places: set[str]) -> None:
        """What came with the file, of these, is to be made."""
        self.coming.want_items(item.spec() for item in self.new_items() if item.code in items)
        self.coming.want_places(spec for code, spec in self.new_places.items() if code in places)
