"""Where events happen, where things come from and where they go to, as places of the plant."""

from __future__ import annotations

from collections.abc import Sequence

from lotline.core.facts import PlaceKind
from lotline.records.places.actions import PlaceSpec

from .catalog import Catalog
from .identifiers import IdentifierKind, parse_identifier
from .model import Event, TypedReference
from .stock import SITE, TRANSIT, VARIANCE, Stock
from .things import Unmappable, check_code, place_code

#: Customers whom nobody names: a shop's till, a pharmacy's counter.
RETAIL = "RETAIL"

_PARTNERS = frozenset({PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SUBCONTRACTOR})
_SOURCE_ORDER = ("possessing_party", "owning_party", "location")
_DESTINATION_ORDER = ("location", "possessing_party", "owning_party")


class Whereabouts:
    """Finds the places that events name. One that does not exist is planned, with the kind that its role suggests."""

    def __init__(self, catalog: Catalog, stock: Stock) -> None:
        self.catalog = catalog
        self.stock = stock

    def spot(self, event: Event) -> str:
        """The place of an event: where its objects are afterwards, else where they were read; empty when neither is told."""
        for location in (event.biz_location, event.read_point):
            if location is not None and not location.id.startswith("geo:"):
                return self.place(location.id, PlaceKind.WAREHOUSE, parent=SITE)
        return ""

    def place(self, uri: str, kind: PlaceKind, parent: str = "") -> str:
        """The code of a place; one that does not exist is planned with this kind."""
        code = check_code(place_code(parse_identifier(uri)))
        if code not in self.stock.kinds:
            self.stock.kinds[code] = kind
            self.catalog.plan_place(PlaceSpec(code, kind, self.catalog.name_of(uri), parent))
        return code

    def container(self, uri: str, at: str) -> str:
        """The code of a container; one that is seen for the first time stands at ``at``."""
        code = check_code(place_code(parse_identifier(uri)))
        at = at or SITE
        if code not in self.stock.kinds:
            self.stock.kinds[code] = PlaceKind.CONTAINER
            self.stock.stand(code, at)
            self.catalog.plan_place(PlaceSpec(code, PlaceKind.CONTAINER, self.catalog.name_of(uri), at))
        elif self.stock.kinds[code] is not PlaceKind.CONTAINER:
            raise Unmappable("not_a_container", "parentID", found=uri)
        return code

    def parent(self, uri: str, at: str) -> str:
        """The place into which children are put: a container, or a location that the event names as parent."""
        if parse_identifier(uri).kind is IdentifierKind.LOCATION:
            return self.place(uri, PlaceKind.WAREHOUSE, parent=SITE)
        return self.container(uri, at)

    def origin(self, event: Event, spot: str) -> str:
        """Where things come from that nobody knew of: the source that the event names, else the variance account."""
        for uri in _by_type(event.sources, _SOURCE_ORDER):
            code = place_code(parse_identifier(uri))
            if code != spot and self.stock.kinds.get(code, PlaceKind.SUPPLIER) in _PARTNERS:
                return self.place(uri, PlaceKind.SUPPLIER)
        return VARIANCE

    def destination(self, event: Event) -> str:
        """Where things go that leave: a partner whom the plant knows, else on their way."""
        for uri in _by_type(event.destinations, _DESTINATION_ORDER):
            code = place_code(parse_identifier(uri))
            if self.stock.kinds.get(code) in _PARTNERS:
                return code
        return TRANSIT

    def buyer(self, event: Event) -> str:
        """The customer of a sale: the partner that is named and known, else nobody in particular."""
        target = self.destination(event)
        return self.place(RETAIL, PlaceKind.CUSTOMER) if target == TRANSIT else target


def _by_type(references: Sequence[TypedReference], order: Sequence[str]) -> list[str]:
    """Identifiers of sources or destinations, those of the types that tell most first."""
    rank = {kind: place for place, kind in enumerate(order)}
    return [one.id for one in sorted(references, key=lambda one: rank.get(one.type, len(order)))]
