"""What a document names that Lotline must know before facts can speak of it: items with their units, places, containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lotline.core.facts import LotRef
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import ItemKind, Tracking
from lotline.records.catalog.models import Item
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
from .things import Thing, describe_thing, finer_unit, place_code, unit_code

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
    uom: str | None = None
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
        self._pending: dict[str, PlaceSpec] = {}

    def thing(self, uri: str) -> Thing:
        """What an identifier is in this document."""
        found = self._things.get(uri)
        if found is None:
            found = self._things[uri] = describe_thing(uri, containers=self.containers, as_lot=self.as_lot)
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

    def name_of(self, uri: str, sort: str = "place") -> str:
        """The name that the document's header gives an identifier, or nothing."""
        return self.names.get(parse_identifier(uri).canonical, "")[: _LONGEST_NAME[sort]]

    # --- items ----------------------------------------------------------------------------------------------

    def ensure_items(self, events: Iterable[Event]) -> None:
        """Make the items that do not exist, and note in what all of them are counted."""
        found = _items_in(events, self)
        present = {item.code: item for item in Item.objects.filter(code__in=list(found)).select_related("unit")}
        specs = [
            ItemSpec(
                code=code,
                unit=finer_unit(unit_code(facts.uom or ""), facts.decimals),
                name=self.names.get(facts.canonical, "")[: _LONGEST_NAME["item"]],
                kind=_item_kind(facts),
                tracking=Tracking.SERIAL if facts.serial else Tracking.LOT,
            )
            for code, facts in found.items()
            if code not in present
        ]
        made = ensure_items(specs)
        for item in (*present.values(), *made.values()):
            own = {unit.unit.code: Fraction(unit.numerator, unit.denominator) for unit in item.units.select_related("unit")}
            self.units[item.code] = BaseUnit(item.unit.code, own)

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
                facts.serial = facts.serial and part.thing.instance and not part.uom
                facts.uom = facts.uom or part.uom or None
                facts.decimals = max(facts.decimals, len((part.quantity or "").partition(".")[2]))
                facts.consumed = facts.consumed or name.startswith("input")
                facts.produced = facts.produced or name.startswith("output")
        parent = getattr(event, "parent_id", "")
        if parent and (lot := catalog.thing(parent).lot) is not None:
            found.setdefault(lot.item, ItemFacts(parse_identifier(parent).item))
    return found


def _item_kind(facts: ItemFacts) -> ItemKind:
    """Raw, semi-finished or finished, by its place in the document's transformations."""
    if facts.produced:
        return ItemKind.WIP if facts.consumed else ItemKind.FINISHED
    return ItemKind.RAW
