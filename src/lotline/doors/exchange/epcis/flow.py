"""The moves that one event asks for, sorted into the kinds of facts that may make them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lotline.core.facts import Carry, FactKind, LotRef, Move, PlaceKind

from .stock import PROCESS, SITE, TRANSIT, VARIANCE, Stock
from .things import UNIDENTIFIED

#: The order in which the facts of one event are written: what comes in first, what goes out last.
ORDER = (
    FactKind.RECEIVE,
    FactKind.RETURN,
    FactKind.MOVE,
    FactKind.UNLOAD,
    FactKind.UNPACK,
    FactKind.LOAD,
    FactKind.PACK,
    FactKind.TRANSFORM,
    FactKind.SHIP,
    FactKind.SCRAP,
)
_LETTERS = {
    PlaceKind.SUPPLIER: "U",
    PlaceKind.CUSTOMER: "C",
    PlaceKind.SUBCONTRACTOR: "B",
    PlaceKind.TRANSIT: "T",
    PlaceKind.SCRAP: "S",
    PlaceKind.VARIANCE: "V",
}
#: The kind of fact for each way that the ledger allows (core.ledger.kinds). Other ways lead over the site.
_KINDS = {
    "UI": FactKind.RECEIVE, "TI": FactKind.RECEIVE, "BI": FactKind.RECEIVE, "VI": FactKind.RECEIVE,
    "II": FactKind.MOVE, "IB": FactKind.MOVE, "IT": FactKind.SHIP, "IC": FactKind.SHIP, "TC": FactKind.SHIP,
    "BC": FactKind.SHIP, "CI": FactKind.RETURN, "CT": FactKind.RETURN, "IU": FactKind.RETURN, "IS": FactKind.SCRAP,
    "CS": FactKind.SCRAP, "TS": FactKind.SCRAP, "BS": FactKind.SCRAP,
}  # fmt: skip


class Flow:
    """Collects moves and carries, and keeps the stock up with them."""

    def __init__(self, stock: Stock, key: str = "") -> None:
        self.stock = stock
        self.key = key
        self.moves: dict[FactKind, list[Move]] = defaultdict(list)
        self.carries: dict[FactKind, list[Carry]] = defaultdict(list)
        self.stays: list[str] = []
        self.lots: dict[LotRef, None] = {}  # in the order in which they were named

    def kinds(self) -> list[FactKind]:
        """The kinds of facts that are needed, in the order of writing."""
        return [kind for kind in ORDER if self.moves.get(kind) or self.carries.get(kind)]

    def name(self, lot: LotRef) -> None:
        """The event speaks of this lot."""
        self.lots.setdefault(lot)

    # --- single steps ---------------------------------------------------------------------------------------

    def move(self, kind: FactKind, lot: LotRef, quantity: int, source: str, target: str) -> None:
        """Move in a fact of this kind."""
        self.name(lot)
        self.moves[kind].append(Move(lot, quantity, source, target, certain=lot.code != UNIDENTIFIED))
        self.stock.apply(lot, quantity, source, target)
        self.stock.note_arrival(self.key, lot, quantity, source)

    def transfer(self, lot: LotRef, quantity: int, source: str, target: str) -> None:
        """Move in whatever fact may make this way; over the site where none may."""
        if source == target or quantity <= 0:
            return
        kind = _KINDS.get(self._way(source, target))
        if kind is not None:
            self.move(kind, lot, quantity, source, target)
        else:
            self.transfer(lot, quantity, source, SITE)
            self.transfer(lot, quantity, SITE, target)

    def carry(self, container: str, target: str, kind: FactKind | None = None) -> None:
        """Move a container with all that is in it. Nothing happens when it is there, or in something that is there.

        A carry that comes late and would not fit the next one that the journal holds is left out and noted in ``stays``.
        """
        source = self.stock.parents.get(container)
        if source is None or self.stock.is_at(source, target) or self.stock.is_at(target, container):
            return
        onward = self.stock.leaves_later_from(container)
        if onward is not None and onward != target:
            self.stays.append(container)
            return
        kind = kind or _KINDS.get(self._way(source, target), FactKind.MOVE)
        self.carries[kind].append(Carry(container, source, target))
        self.stock.stand(container, target)

    def _way(self, source: str, target: str) -> str:
        letters = (_LETTERS.get(self.stock.kinds[place], "I") for place in (source, target))
        return "".join(letters)

    # --- where to take it from ------------------------------------------------------------------------------

    def draw(self, lot: LotRef, quantity: int, spot: str, *, without: Iterable[str] = ()) -> list[tuple[str, int]]:
        """Say from where a quantity can be taken inside: at the spot first, then elsewhere, then what comes back from outside.

        What nobody knows of is named as coming from the variance account. Only what lay outside is moved (to the spot).
        """
        spot = spot if self.stock.is_inside(spot) else SITE
        left = quantity
        found: list[tuple[str, int]] = []
        lies = {place: held for place, held in self.stock.lies(lot).items() if place not in set(without)}
        inside = sorted(place for place in lies if self.stock.is_inside(place))
        inside.sort(key=lambda place: (place != spot, not self.stock.is_at(place, spot)))
        outside = sorted((place for place in lies if not self.stock.is_inside(place)), key=lambda place: (place != TRANSIT, place))
        for place in (*inside, *outside):
            taken = min(left, lies[place])
            if taken <= 0:
                continue
            left -= taken
            if self.stock.is_inside(place):
                found.append((place, taken))
            else:
                self.transfer(lot, taken, place, spot)
                found.append((spot, taken))
        return [*found, (VARIANCE, left)] if left else found

    def bring(self, lot: LotRef, quantity: int, spot: str, origin: str) -> None:
        """Move a quantity to the spot: what is on its way, then what lies elsewhere, then from ``origin``."""
        left = quantity
        lies = self.stock.lies(lot)
        for place in sorted(lies, key=lambda place: (place != TRANSIT, self.stock.is_inside(place) is False, place)):
            if not self.stock.is_at(place, spot):
                taken = min(left, lies[place])
                self.transfer(lot, taken, place, spot)
                left -= taken
        self.transfer(lot, left, origin, spot)

    def send(self, lot: LotRef, quantity: int, spot: str, target: str) -> None:
        """Move a quantity from the spot to a target outside. What is there or under way already is not sent again."""
        lies = self.stock.lies(lot)
        left = quantity
        inside = sorted(
            (place for place in lies if self.stock.is_inside(place)), key=lambda place: (not self.stock.is_at(place, spot), place)
        )
        for place in inside:
            taken = min(left, lies[place])
            self.transfer(lot, taken, place, target)
            left -= taken
        gone = sum(held for place, held in lies.items() if place in (TRANSIT, target))
        if left - gone > 0:
            spot = spot if self.stock.is_inside(spot) else SITE
            self.transfer(lot, left - gone, VARIANCE, spot)
            self.transfer(lot, left - gone, spot, target)
        if target != TRANSIT and left > 0:
            self.transfer(lot, min(left, lies.get(TRANSIT, 0)), TRANSIT, target)

    def consume(self, lot: LotRef, quantity: int, spot: str) -> None:
        """Use a quantity up in an operation."""
        spot = spot if self.stock.is_inside(spot) else SITE
        for place, taken in self.draw(lot, quantity, spot):
            if place == VARIANCE:
                self.move(FactKind.TRANSFORM, lot, taken, VARIANCE, spot)
            self.move(FactKind.TRANSFORM, lot, taken, spot if place == VARIANCE else place, PROCESS)

    def produce(self, lot: LotRef, quantity: int, spot: str) -> None:
        """Make a quantity in an operation."""
        self.move(FactKind.TRANSFORM, lot, quantity, PROCESS, spot if self.stock.is_inside(spot) else SITE)
