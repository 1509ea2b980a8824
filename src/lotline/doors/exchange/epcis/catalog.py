"""What a document names that Lotline must know before facts can speak of it: items with their units, places, containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lotline.core.facts import LotRef
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.catalog.models import Item, Lot
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Plant

from .identifiers import IdentifierKind, parse_identifier
from .model import (
    AggregationEvent,
    Document,
    Event,
    MasterDatum,
    ObjectEvent,
    QuantityElement,
    TransactionEvent,
    TransformationEvent,
)
from .stock import AT_ONCE
from .things import SIBLING_UNITS, Thing, converts, describe_thing, finer_unit, place_code, sibling_code, unit_code

_NAME_ATTRIBUTES = ("descriptionShort", "name", "siteName", "tradeItemDescription", "description")
_LONGEST_NAME = {"item": 200, "place": 120}


@dataclass(frozen=True, slots=True)
class Part:
    """One object of an event with what is told of its quantity. ``path`` is where the event says it."""

    thing: Thing
    path: str
    quantity: str | None = None
    uom: str = ""


@dataclass(slots=True)
class ItemFacts:
    """What a document shows of one item."""

    canonical: str = ""
    units: dict[str, None] = field(default_factory=dict)  # in which it is told, in the order of telling
    lots: dict[str, str | None] = field(default_factory=dict)  # the unit in which each lot is told first
    decimals: int = 0
    serial: bool = True
    consumed: bool = False
    produced: bool = False


@dataclass(slots=True)
class BaseUnit:
    """In what an item is counted, and its other units."""

    unit: str
    own: dict[str, Fraction] = field(default_factory=dict)


class Catalog:
    """Knows every thing and place that a document names, and makes those that do not exist."""

    def __init__(self, plant: Plant, document: Document, known_containers: frozenset[str]) -> None:
        self.plant = plant
        self.containers, self.as_lot = _roles(document.events, known_containers)
        self.names = _names(document.master_data)
        self.units: dict[str, BaseUnit] = {}
        self._things: dict[str, Thing] = {}
        self._homes: dict[LotRef, str] = {}
        self._siblings: set[str] = set()
        self._pending: dict[str, PlaceSpec] = {}

    def thing(self, uri: str) -> Thing:
        """What an identifier is in this document."""
        found = self._things.get(uri)
        if found is None:
            found = describe_thing(uri, containers=self.containers, as_lot=self.as_lot)
            if found.lot is not None and found.lot in self._homes:
                found = replace(found, lot=LotRef(self._homes[found.lot], found.lot.code))
            self._things[uri] = found
        return found

    def parts(self, event: Event, *names: str) -> Iterator[Part]:
        """The objects that the named fields of an event list; a second spelling of one instance is left out."""
        seen: set[str] = set()
        for name in names:
            for place, entry in enumerate(getattr(event, name)):
                uri = entry.epc_class if isinstance(entry, QuantityElement) else entry
                canonical = parse_identifier(uri).canonical
                if isinstance(entry, QuantityElement):
                    yield Part(self.thing(uri), f"{name}[{place}]", entry.quantity, entry.uom)
                elif canonical not in seen:
                    seen.add(canonical)
                    yield Part(self.thing(uri), f"{name}[{place}]")

    def is_apart(self, lot: LotRef) -> bool:
        """Whether a lot is kept under a second item, because its item is counted in a unit that says nothing of its own."""
        return lot.item in self._siblings

    def name_of(self, uri: str, sort: str = "place") -> str:
        """The name that the document's header gives an identifier, or nothing."""
        return self.names.get(parse_identifier(uri).canonical, "")[: _LONGEST_NAME[sort]]

    # --- items ----------------------------------------------------------------------------------------------

    def ensure_items(self, events: Iterable[Event]) -> None:
        """Make the items that do not exist, and settle under which item each lot is kept.

        An item has one base unit. A lot that is told in a unit that can not be converted to it is kept under a second item,
        the first one's code and its unit: pieces say nothing about kilograms. A lot that exists stays where it is.
        """
        shown = _items_in(events, self)
        family = {code: [code, *(sibling_code(code, unit) for unit in facts.units)] for code, facts in shown.items()}
        self._learn(code for codes in family.values() for code in codes)
        for code, facts in shown.items():
            unit = "pcs" if "pcs" in facts.units or not facts.units else next(iter(facts.units))
            self._make(code, facts, unit, serial=facts.serial)
            for told in facts.units:
                if not converts(told, self.units[code].unit, self.units[code].own):
                    self._siblings.add(sibling_code(code, told))
                    self._make(sibling_code(code, told), facts, told, serial=False)
        existing = self._existing_lots(shown)
        for code, facts in shown.items():
            for lot_code, first in facts.lots.items():
                fits = first is None or converts(first, self.units[code].unit, self.units[code].own)
                home = code if fits else sibling_code(code, str(first))
                self._homes[LotRef(code, lot_code)] = existing.get(LotRef(code, lot_code), home)
        self._siblings |= {home for lot, home in self._homes.items() if home != lot.item}
        self._things.clear()

    def _learn(self, codes: Iterable[str]) -> None:
        """Note in what items that exist are counted."""
        listed = list(codes)
        for start in range(0, len(listed), AT_ONCE):
            for item in Item.objects.filter(code__in=listed[start : start + AT_ONCE]).select_related("unit"):
                own = {one.unit.code: Fraction(one.numerator, one.denominator) for one in item.units.select_related("unit")}
                self.units[item.code] = BaseUnit(item.unit.code, own)

    def _make(self, code: str, facts: ItemFacts, unit: str, *, serial: bool) -> None:
        """Make an item unless it exists."""
        if code in self.units:
            return
        unit = finer_unit(unit, facts.decimals)
        spec = ItemSpec(
            code=code,
            unit=unit,
            name=self.names.get(facts.canonical, "")[: _LONGEST_NAME["item"]],
            kind=_item_kind(facts),
            tracking=Tracking.SERIAL if serial else Tracking.LOT,
        )
        ensure_items([spec])
        self.units[code] = BaseUnit(unit)

    def _existing_lots(self, shown: Mapping[str, ItemFacts]) -> dict[LotRef, str]:
        """Under which item of its family each lot is kept that the plant has already."""
        base = {code: code for code in shown}
        base |= {sibling_code(code, unit): code for code, facts in shown.items() for unit in (*facts.units, *SIBLING_UNITS)}
        codes = sorted({lot for facts in shown.values() for lot in facts.lots})
        found: dict[LotRef, str] = {}
        for start in range(0, len(codes), AT_ONCE):
            rows = Lot.objects.for_plant(self.plant).filter(code__in=codes[start : start + AT_ONCE])
            for lot_code, item in rows.order_by("born_at").values_list("code", "item__code"):
                if item in base:
                    found.setdefault(LotRef(base[item], lot_code), item)
        self._learn({item for item in found.values() if item not in self.units})
        return found

    # --- places ---------------------------------------------------------------------------------------------

    def plan_place(self, spec: PlaceSpec) -> None:
        """Have a place made before the next facts are written."""
        self._pending.setdefault(spec.code, spec)

    def ensure_places(self) -> None:
        """Make the planned places."""
        ensure_places(plant=self.plant, specs=self._pending.values())
        self._pending.clear()


# --- what a document shows ------------------------------------------------------------------------------------


def object_fields(event: Event) -> tuple[str, ...]:
    """The fields of an event that list objects."""
    if isinstance(event, TransformationEvent):
        return ("input_epcs", "input_quantities", "output_epcs", "output_quantities")
    if isinstance(event, AggregationEvent):
        return ("child_epcs", "child_quantities")
    return ("epcs", "quantities") if isinstance(event, ObjectEvent | TransactionEvent) else ()


def named_things(event: Event) -> Iterator[str]:
    """The identifiers of all objects that an event names, parents included."""
    for name in object_fields(event):
        for entry in getattr(event, name):
            yield entry.epc_class if isinstance(entry, QuantityElement) else entry
    if parent := getattr(event, "parent_id", ""):
        yield parent


def named_places(event: Event) -> Iterator[str]:
    """The identifiers of places and partners that an event names."""
    for location in (event.read_point, event.biz_location):
        if location is not None:
            yield location.id
    for reference in (*event.sources, *event.destinations):
        yield reference.id


def named_lots(event: Event, catalog: Catalog) -> Iterator[LotRef]:
    """The lots that an event can be about. A parent may be a lot as well: a numbered case."""
    for part in catalog.parts(event, *object_fields(event)):
        if part.thing.lot is not None:
            yield part.thing.lot
    parent = getattr(event, "parent_id", "")
    if parent and (lot := catalog.thing(parent).lot) is not None:
        yield lot


def named_containers(event: Event, catalog: Catalog) -> Iterator[str]:
    """The codes of the containers that an event names."""
    for part in catalog.parts(event, *object_fields(event)):
        if part.thing.container:
            yield part.thing.container
    parent = getattr(event, "parent_id", "")
    if parent:
        yield place_code(parse_identifier(parent))


def _roles(events: Iterable[Event], known: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Which identifiers hold others, and which of those without a class are made or used up in a transformation."""
    containers: set[str] = set()
    as_lot: set[str] = set()
    for event in events:
        if isinstance(event, AggregationEvent | TransactionEvent) and event.parent_id:
            parent = parse_identifier(event.parent_id)
            if parent.kind is not IdentifierKind.LOCATION:
                containers.add(parent.canonical)
        for uri in named_things(event):
            found = parse_identifier(uri)
            if place_code(found) in known:
                containers.add(found.canonical)
            if isinstance(event, TransformationEvent) and not found.item:
                as_lot.add(found.canonical)
    return frozenset(containers), frozenset(as_lot)


def _names(data: Iterable[MasterDatum]) -> dict[str, str]:
    """Names by canonical identifier, from whichever attribute gives one; qualified names follow ``#`` or ``:``."""
    found: dict[str, str] = {}
    for datum in data:
        attributes = {name.rpartition("#")[2].rpartition(":")[2]: value for name, value in datum.attributes.items()}
        for wanted in _NAME_ATTRIBUTES:
            value = attributes.get(wanted)
            if isinstance(value, str) and value:
                found.setdefault(parse_identifier(datum.id).canonical, value)
                break
    return found


def _items_in(events: Iterable[Event], catalog: Catalog) -> dict[str, ItemFacts]:
    """Every item that events name, with the first unit in which it is told and how it is tracked."""
    found: dict[str, ItemFacts] = {}
    for event in events:
        for name in object_fields(event):
            for part in catalog.parts(event, name):
                if part.thing.lot is None:
                    continue
                identifier = parse_identifier(part.thing.uri)
                facts = found.setdefault(part.thing.lot.item, ItemFacts(identifier.item))
                told = unit_told(part)
                if told is not None:
                    facts.units.setdefault(told)
                if facts.lots.get(part.thing.lot.code) is None:
                    facts.lots[part.thing.lot.code] = told
                facts.serial = facts.serial and part.thing.instance
                facts.decimals = max(facts.decimals, len((part.quantity or "").partition(".")[2]))
                facts.consumed = facts.consumed or name.startswith("input")
                facts.produced = facts.produced or name.startswith("output")
        parent = getattr(event, "parent_id", "")
        if parent and (lot := catalog.thing(parent).lot) is not None:
            facts = found.setdefault(lot.item, ItemFacts(parse_identifier(parent).item))
            facts.units.setdefault("pcs")
            facts.lots.setdefault(lot.code, "pcs")
    return found


def unit_told(part: Part) -> str | None:
    """In what an event counts an object: a numbered one in pieces, else as it says; None when it tells no quantity."""
    if part.thing.instance:
        return "pcs"
    return None if part.quantity is None else unit_code(part.uom)


def _item_kind(facts: ItemFacts) -> ItemKind:
    """Raw, semi-finished or finished, by its place in the document's transformations."""
    if facts.produced:
        return ItemKind.WIP if facts.consumed else ItemKind.FINISHED
    return ItemKind.RAW
