"""What each kind of event moves. The rules are told in README.md and docs/adr/0020-epcis-to-facts.md."""

from __future__ import annotations

from collections.abc import Sequence

from lotline.core.facts import FactKind
from lotline.core.quantity import MICRO, BadQuantity, format_quantity

from .catalog import Catalog, Part
from .flow import Flow
from .identifiers import parse_identifier
from .model import Action, AggregationEvent, AssociationEvent, Event, ObjectEvent, TransactionEvent, TransformationEvent
from .problems import Problem
from .stock import SCRAP, SITE, TRANSIT, VARIANCE, Stock
from .things import UnitDiffers, Unmappable, to_base_units
from .whereabouts import Whereabouts

ARRIVING = frozenset({"receiving", "arriving", "accepting"})
LEAVING = frozenset({"shipping", "departing", "transporting"})
SOLD = frozenset({"retail_selling", "dispensing"})


class Movement:
    """Fills flows, event by event in the order of time. ``warnings`` are those of the latest event."""

    def __init__(self, catalog: Catalog, stock: Stock, where: Whereabouts) -> None:
        self.catalog = catalog
        self.stock = stock
        self.where = where
        self.warnings: list[Problem] = []

    def follow(self, event: Event, flow: Flow, spot: str) -> FactKind:
        """Say what an event moves; returns the kind of fact that tells it best. Raises Unmappable."""
        self.warnings = []
        if isinstance(event, AggregationEvent):
            return self._aggregate(event, flow, spot)
        if isinstance(event, TransformationEvent):
            return self.transform([event], flow, spot)
        assert isinstance(event, ObjectEvent | TransactionEvent)
        return self._objects(event, flow, spot)

    def _objects(self, event: ObjectEvent | TransactionEvent, flow: Flow, spot: str) -> FactKind:
        """Objects came into being, were seen, left, or ceased to be."""
        parts = list(self.catalog.parts(event, "epcs", "quantities"))
        if isinstance(event, TransactionEvent) and event.parent_id:
            parts.insert(0, Part(self.catalog.thing(event.parent_id), "parentID"))
        made = isinstance(event, ObjectEvent) and event.action is Action.ADD
        if event.biz_step in SOLD or (event.biz_step in LEAVING and not made):
            target = self.where.buyer(event) if event.biz_step in SOLD else self.where.destination(event)
            for part in parts:
                self._leave(part, flow, spot, target)
            return FactKind.SHIP
        if isinstance(event, ObjectEvent) and event.action is Action.DELETE:
            for part in parts:
                self._retire(part, flow, spot)
            return FactKind.SCRAP
        arrives = event.biz_step in ARRIVING
        origin = self.where.origin(event, spot) if made or arrives else VARIANCE
        for part in parts:
            self._see(part, flow, spot, origin, adds=made, arrives=arrives)
        return FactKind.RECEIVE if made or arrives else FactKind.MOVE

    def _see(self, part: Part, flow: Flow, spot: str, origin: str, *, adds: bool, arrives: bool) -> None:
        """Objects are at the spot now. What was not there comes from where it was, or from ``origin``."""
        if part.thing.container:
            container = self.where.container(part.thing.uri, TRANSIT if arrives else spot)
            if spot:
                flow.carry(container, spot)
        lot = part.thing.lot
        if lot is None:
            return
        flow.name(lot)
        lies = self.stock.lies(lot)
        here = spot or next(iter(sorted(lies)), SITE)
        there = self.stock.held_at(lot, here)
        if part.thing.instance:
            if not there:
                flow.bring(lot, self._amount(part, sum(lies.values())), here, origin)
            return
        amount = self._amount(part, lies.get(TRANSIT, 0) or sum(lies.values()))
        elsewhere = sum(lies.values()) - there
        if adds:
            flow.transfer(lot, amount, origin, here)
        elif arrives and (elsewhere or origin != VARIANCE):
            flow.bring(lot, amount if part.quantity is not None or not there else max(0, amount - there), here, origin)
        elif amount > there:
            flow.bring(lot, amount - there, here, origin)

    def _leave(self, part: Part, flow: Flow, spot: str, target: str) -> None:
        """Objects leave the spot."""
        if part.thing.container:
            flow.carry(self.where.container(part.thing.uri, spot), target, FactKind.SHIP)
        if part.thing.lot is not None:
            flow.name(part.thing.lot)
            held = self.stock.held_at(part.thing.lot, spot) or sum(self.stock.lies(part.thing.lot).values())
            flow.send(part.thing.lot, self._amount(part, held), spot, target)

    def _retire(self, part: Part, flow: Flow, spot: str) -> None:
        """Objects cease to be."""
        if part.thing.container:
            self.where.container(part.thing.uri, spot)
        lot = part.thing.lot
        if lot is None:
            return
        flow.name(lot)
        spot = spot if self.stock.is_inside(spot) else SITE
        amount = self._amount(part, self.stock.held_at(lot, spot) or sum(self.stock.lies(lot).values()))
        for place, taken in flow.draw(lot, amount, spot):
            if place == VARIANCE:
                flow.transfer(lot, taken, VARIANCE, spot)
            flow.transfer(lot, taken, spot if place == VARIANCE else place, SCRAP)

    def _aggregate(self, event: AggregationEvent, flow: Flow, spot: str) -> FactKind:
        """Children are in the parent now, or no longer."""
        fixed = isinstance(event, AssociationEvent)
        taken_out = event.action is Action.DELETE
        kind = (FactKind.UNLOAD if fixed else FactKind.UNPACK) if taken_out else (FactKind.LOAD if fixed else FactKind.PACK)
        parts = list(self.catalog.parts(event, "child_epcs", "child_quantities"))
        arrives = event.biz_step in ARRIVING
        if not event.parent_id:
            for part in parts:
                self._see(part, flow, spot, VARIANCE, adds=False, arrives=arrives)
            return FactKind.MOVE
        parent = self.where.parent(event.parent_id, TRANSIT if arrives else spot)
        if spot and not taken_out:
            flow.carry(parent, spot)
        if taken_out:
            self._take_out(event, parts, flow, kind, parent, spot)
        else:
            for part in parts:
                self._put_in(part, flow, kind, parent, spot, again=event.action is Action.ADD)
        if taken_out and spot and parent in self.stock.parents:
            flow.carry(parent, spot)
        return kind

    def _put_in(self, part: Part, flow: Flow, kind: FactKind, parent: str, spot: str, *, again: bool) -> None:
        """Put one child into its parent; ``again``: a class that is in there already gets more."""
        if part.thing.container:
            flow.carry(self.where.container(part.thing.uri, spot), parent, kind)
        lot = part.thing.lot
        if lot is None:
            return
        flow.name(lot)
        inside = self.stock.held_at(lot, parent)
        if part.thing.instance and inside:
            return
        amount = self._amount(part, self.stock.held_at(lot, spot))
        if not again and not part.thing.instance:
            amount = max(0, amount - inside)
        already = [place for place in self.stock.lies(lot) if self.stock.is_at(place, parent)]
        for place, taken in flow.draw(lot, amount, spot, without=already) if amount else ():
            if place == VARIANCE and kind is not FactKind.PACK:
                flow.transfer(lot, taken, VARIANCE, parent)
            else:
                flow.move(kind, lot, taken, place, parent)

    def _take_out(self, event: AggregationEvent, parts: Sequence[Part], flow: Flow, kind: FactKind, parent: str, spot: str) -> None:
        """Take children out; without any named, all of them."""
        target = spot or self.stock.parents.get(parent, SITE)
        target = target if self.stock.is_inside(target) else SITE
        if not parts:
            for inner_lot, place, quantity in list(self.stock.contents(parent)):
                if place == parent:
                    flow.move(kind, inner_lot, quantity, parent, target)
            for inner in self.stock.containers_in(parent):
                flow.carry(inner, target, kind)
        for part in parts:
            if part.thing.container:
                flow.carry(self.where.container(part.thing.uri, parent), target, kind)
            lot = part.thing.lot
            if lot is None:
                continue
            flow.name(lot)
            inside = {place: held for place, held in self.stock.lies(lot).items() if self.stock.is_at(place, parent)}
            amount = self._amount(part, sum(inside.values()))
            for place, held in sorted(inside.items()):
                taken = min(amount, held)
                if taken > 0:
                    flow.move(kind, lot, taken, place, target)
                amount -= taken
            if amount > 0 and not (part.thing.instance and self.stock.held_at(lot, target)):
                flow.bring(lot, amount, target, VARIANCE)

    def transform(self, events: Sequence[TransformationEvent], flow: Flow, spot: str) -> FactKind:
        """Inputs of all the events become outputs of all of them."""
        self.warnings = []
        inputs = self._all_parts(events, "input_epcs", "input_quantities")
        outputs = self._all_parts(events, "output_epcs", "output_quantities")
        if not inputs or not outputs:
            raise Unmappable("half_transformation", "transformationID", found=events[-1].transformation_id)
        for part in inputs:
            self._use_up(part, flow, spot)
        for part in outputs:
            if part.thing.lot is not None:
                flow.produce(part.thing.lot, self._amount(part, 0), spot)
        return FactKind.TRANSFORM

    def _all_parts(self, events: Sequence[TransformationEvent], *names: str) -> list[Part]:
        """What one side of a transformation names, over all its events: a numbered object once."""
        listed = [part for event in events for part in self.catalog.parts(event, *names)]
        once = {part.thing.lot or part.thing.container: part for part in reversed(listed) if part.thing.instance}
        return [part for part in listed if not part.thing.instance or once[part.thing.lot or part.thing.container] is part]

    def _use_up(self, part: Part, flow: Flow, spot: str) -> None:
        """Consume an input. A logistic unit that is used up means what lies in it, as far as that is known."""
        contents = list(self.stock.contents(part.thing.container)) if part.thing.container else []
        for inner, _place, quantity in contents:
            flow.consume(inner, quantity, part.thing.container)
        lot = part.thing.lot
        if lot is None or (contents and not parse_identifier(part.thing.uri).item):
            return
        held = self.stock.held_at(lot, spot) or sum(self.stock.lies(lot).values())
        flow.consume(lot, self._amount(part, held), spot)

    def _amount(self, part: Part, held: int) -> int:
        """How much of a lot is meant. What is not told is all that is held, or else one unit, with a warning."""
        lot = part.thing.lot
        assert lot is not None
        base = self.catalog.units[lot.item]
        if self.catalog.is_apart(lot):
            self.warnings.append(Problem("counted_apart", part.path, params={"found": part.thing.uri, "item": lot.item}))
        if part.quantity is None and part.thing.instance and base.unit == "pcs":
            return int(MICRO)
        if part.quantity is None:
            amount: int = held or MICRO
            params = {"found": part.thing.uri, "amount": f"{format_quantity(amount)} {base.unit}"}
            self.warnings.append(Problem("quantity_not_told", part.path, params=params))
            return amount
        path = f"{part.path}.quantity"
        try:
            amount = to_base_units(part.quantity, part.uom, base.unit, base.own)
        except UnitDiffers as error:
            raise Unmappable("unit_differs", path, found=str(error), unit=base.unit, item=lot.item) from error
        except BadQuantity as error:
            code = "quantity_too_large" if error.code == "too_large" else "too_fine"
            raise Unmappable(code, path, found=part.quantity) from error
        if amount <= 0:
            raise Unmappable("not_positive", path, found=part.quantity)
        return amount
