"""Mass balance: what came in is what is there plus what went out, to the last unit, with the residue named even when it is nothing.

The flows are summed from the journal. What is there is taken from the kept balances where the question is about now, so that a
residue would show; for an earlier moment both sides come from the journal. Containers that were carried to a customer count as
shipped with all that is in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lotline.core.facts import PlaceKind as CorePlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger.kinds import letter_of
from lotline.records.catalog.models import Item
from lotline.records.genealogy.choices import Standing
from lotline.records.genealogy.closure import EVER, Bounds
from lotline.records.genealogy.lotset import Scope, scope_of_item, scope_of_lots, scope_of_plant, seen, stands, within
from lotline.records.genealogy.whereabouts import NOW, Map, holdings, keyed
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.places.keys import read_id
from lotline.records.places.models import Plant

# The ways of a posting (origin, target) by what they mean to the balance of what is ours: I inside, B at a subcontractor, T in
# transit are ours; P process, S scrap, V variance, U supplier, C customer are not.
_IN = {"P": "produced", "U": "received", "C": "returned", "V": "found"}
_OUT = {"P": "consumed", "U": "sent_back", "C": "shipped", "V": "missing", "S": "scrapped"}
OURS = frozenset("IBT")
_PRODUCED = "SELECT DISTINCT t.lot_id FROM {source}journal_posting t WHERE t.role = 2 AND {seen} AND {stands} AND {scope}"
_HELD = {Standing.HERE: "on_hand", Standing.SUBCONTRACTOR: "at_subcontractor", Standing.TRANSIT: "in_transit"}


@dataclass(slots=True)
class Line:
    """One item (micro units of its ``unit``). ``found`` and ``missing`` are the two sides of the variance account; ``opening`` is
    nothing unless a period was asked for. What a customer scrapped came back on paper: it is in ``returned`` and ``scrapped``.
    """

    item: str = ""
    name: str = ""
    unit: str = ""
    opening: int = 0
    received: int = 0
    produced: int = 0
    returned: int = 0
    found: int = 0
    on_hand: int = 0
    at_subcontractor: int = 0
    in_transit: int = 0
    consumed: int = 0
    shipped: int = 0
    scrapped: int = 0
    sent_back: int = 0
    missing: int = 0

    @property
    def inflow(self) -> int:
        """What there was to account for."""
        return self.opening + self.received + self.produced + self.returned + self.found

    @property
    def outflow(self) -> int:
        """What is accounted for."""
        held = self.on_hand + self.at_subcontractor + self.in_transit
        return held + self.consumed + self.shipped + self.scrapped + self.sent_back + self.missing

    @property
    def residue(self) -> int:
        """What the records do not explain: 0, or something is wrong with them."""
        return self.inflow - self.outflow

    @property
    def variance(self) -> int:
        """What counts found above what was on the books, less what they missed."""
        return self.found - self.missing


QUANTITIES = (
    "opening", "received", "produced", "returned", "found", "on_hand", "at_subcontractor", "in_transit", "consumed", "shipped",
    "scrapped", "sent_back", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MassBalance:
    """A line for each item, by code. ``used`` is only given for an order: what it consumed of each item."""

    lines: tuple[Line, ...]
    used: tuple[Line, ...] = field(default=())

    @property
    def closes(self) -> bool:
        """Every line comes out to the last unit."""
        return all(line.residue == 0 for line in self.lines)


@snapshot()
def balance_of_lots(*, plant: Plant, lots: Collection[UUID], bounds: Bounds = NOW, places: Map | None = None) -> MassBalance:
    """The balance of a set of lots from their beginning."""
    with scope_of_lots(lots) as scope:
        return _balance(scope, places or Map(plant, bounds))


@snapshot()
def balance_of_item(
    *, plant: Plant, item: UUID, since: datetime | None = None, until: datetime | None = None, known_seq: int = EVER
) -> MassBalance:
    """The balance of all lots of an item, from the beginning or over ``since`` ≤ moment < ``until``."""
    return _period(scope_of_item(plant, item), plant, since, until, known_seq)


@snapshot()
def balance_of_period(*, plant: Plant, since: datetime | None = None, until: datetime | None = None, known_seq: int = EVER) -> MassBalance:
    """The balance of every item over ``since`` ≤ moment < ``until``."""
    return _period(scope_of_plant(plant), plant, since, until, known_seq)


@snapshot()
def balance_of_order(*, plant: Plant, order: str, bounds: Bounds = NOW) -> MassBalance:
    """What became of the lots that an order produced (their balance from their beginning), and what it used for them.

    What it produced by facts that were taken back, or beyond ``bounds``, it did not produce.
    """
    of_order = 's.id = t.fact_id AND s.plant_id = %s AND s."order" = %s'
    scope = Scope("journal_fact s CROSS JOIN ", of_order, (plant.pk, order))
    places = Map(plant, bounds)
    sql = within(_PRODUCED, bounds)
    produced = [read_id(row[0]) for row in scope.rows(sql)]
    used = {read_id(item): Line(consumed=line.consumed) for item, line in _flows(scope, places).items() if line.consumed}
    balance = balance_of_lots(plant=plant, lots=produced, bounds=bounds, places=places)
    return MassBalance(balance.lines, _named(used))


def total_of(lines: Iterable[Line]) -> Line:
    """The sum of lines of one unit."""
    whole = Line()
    for line in lines:
        for name in QUANTITIES:
            setattr(whole, name, getattr(whole, name) + getattr(line, name))
    return whole


def _period(scope: Scope, plant: Plant, since: datetime | None, until: datetime | None, known_seq: int) -> MassBalance:
    closing = Map(plant, Bounds(at_us=EVER if until is None else to_micros(until) - 1, seq=known_seq))
    opening = None if since is None else Map(plant, Bounds(at_us=to_micros(since) - 1, seq=known_seq))
    return _balance(scope, closing, opening)


def lines_of_lots(*, scope: Scope, places: Map) -> dict[UUID, Line]:
    """A line for each lot of the scope that ever moved; its item is not filled in."""
    return {read_id(lot): line for lot, line in _lines(scope, places, None, "lot").items()}


def balance_of_set(*, scope: Scope, places: Map, items: Sequence[UUID], held: Mapping[tuple[int, UUID], int]) -> MassBalance:
    """The balance of a set whose column ``item`` counts ``items``; ``held`` is what lies of them where."""
    lines = _flows(scope, places, by="group")
    for (number, place), quantity in held.items():
        _add_holding(lines.setdefault(number, Line()), places, place, quantity)
    _turn_returns(lines.values())
    return MassBalance(_named({items[number]: line for number, line in lines.items()}))


def _balance(scope: Scope, closing: Map, opening: Map | None = None) -> MassBalance:
    return MassBalance(_named({read_id(item): line for item, line in _lines(scope, closing, opening, "item").items()}))


def _lines(scope: Scope, closing: Map, opening: Map | None, by: str) -> dict[Any, Line]:
    """Lines by lot, item or group, as the driver names them."""
    lines = _flows(scope, closing, since_us=None if opening is None else opening.bounds.at_us + 1, by=by)
    for owner, place, quantity in holdings(scope=scope, places=closing, by=by):
        _add_holding(lines.setdefault(owner, Line()), closing, place, quantity)
    if opening is not None:
        for owner, place, quantity in holdings(scope=scope, places=opening, by=by):
            _open_holding(lines.setdefault(owner, Line()), opening, place, quantity)
    _turn_returns(lines.values())
    return lines


def _turn_returns(lines: Iterable[Line]) -> None:
    """Containers that came back with what is in them."""
    for line in lines:
        if line.shipped < 0:
            line.returned, line.shipped = line.returned - line.shipped, 0


_FLOWS = (
    "SELECT {key}, t.origin_id, t.target_id, SUM(t.quantity) FROM {source}journal_posting t{join}"
    " WHERE {on}{seen} AND {stands} AND {scope} GROUP BY {key}, t.origin_id, t.target_id"
)


def _flows(scope: Scope, places: Map, since_us: int | None = None, by: str = "item") -> dict[Any, Line]:
    """What crossed the line between ours and not ours, by item or lot."""
    then = seen("t", places.bounds) + ("" if since_us is None else f" AND t.at_us >= {since_us}")
    sql = keyed(_FLOWS, by).replace("{seen}", then).replace("{stands}", stands("t", places.bounds))
    rows = list(scope.rows(sql))
    keys = {key: read_id(key) for key in {key for row in rows for key in row[1:3]}}
    places.load(keys.values())
    letters = {key: _letter(places, place) for key, place in keys.items()}
    lines: dict[Any, Line] = {}
    for owner, origin, target, quantity in rows:
        line = lines.setdefault(owner, Line())
        if name := _IN.get(letters[origin]):
            setattr(line, name, getattr(line, name) + int(quantity))
        if name := _OUT.get(letters[target]):
            setattr(line, name, getattr(line, name) + int(quantity))
    return lines


def _letter(places: Map, place: UUID) -> str:
    return letter_of(CorePlaceKind(places.spot(place).kind))


def _add_holding(line: Line, places: Map, place: UUID, quantity: int) -> None:
    if _letter(places, place) not in OURS:
        return
    standing = places.standing(place)
    name = _HELD.get(standing) or ("shipped" if standing is Standing.SHIPPED else "sent_back")
    setattr(line, name, getattr(line, name) + quantity)


def _open_holding(line: Line, places: Map, place: UUID, quantity: int) -> None:
    if _letter(places, place) not in OURS:
        return
    standing = places.standing(place)
    if standing in _HELD:
        line.opening += quantity
    elif standing is Standing.SHIPPED:
        line.shipped -= quantity
    else:
        line.sent_back -= quantity


def _named(lines: Mapping[UUID, Line]) -> tuple[Line, ...]:
    items = Item.objects.select_related("unit").in_bulk(list(lines))
    for item, line in lines.items():
        line.item, line.name, line.unit = items[item].code, items[item].name, items[item].unit.code
    return tuple(sorted(lines.values(), key=lambda line: line.item))
