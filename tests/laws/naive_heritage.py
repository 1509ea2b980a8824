"""What the naive model says of goods that only change their lot, from what was known before the fact: by walking back each way."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from lotline.core.facts import LotRef

if TYPE_CHECKING:
    from tests.laws.naive_model import Known, Model

FROM_GOOD_TO_BAD = ("released", "concession", "pending", "rejected")


class Heritage:
    """Of one split, merge, packing or unpacking, before it is written."""

    def __init__(self, model: Model, fact: Known) -> None:
        self.model, self.fact, self.moves = model, fact, fact.draft.moves
        self.born = {move.lot for move in self.moves if not model.stands(move.lot)}
        self.outs = {move.lot for move in self.moves if move.source == "PROCESS"}

    def sources(self, lot: LotRef) -> set[tuple[LotRef, str]]:
        """What of the same item goes into a strand that the lot comes out of, and from where."""
        strands = {move.strand for move in self.moves if move.lot == lot and move.source == "PROCESS"}
        return {
            (move.lot, move.source)
            for move in self.moves
            if move.target == "PROCESS" and move.strand in strands and move.lot.item == lot.item and move.lot != lot
        }

    def is_heir(self, lot: LotRef) -> bool:
        return lot in self.born and bool(self.sources(lot))

    def heirs(self) -> dict[LotRef, tuple[int | None, str]]:
        """Expiry and first status of the lots that are born of others of their item."""
        found = {}
        for lot in filter(self.is_heir, self.outs):
            end = self.end(lot)
            found[lot] = (None if end == inf else int(end), worst(self.first_words(lot, set())))
        return found

    def wrong(self) -> str:
        for lot in self.outs:
            for source, place in self.sources(lot):
                if self.end(source) < self.end(lot):
                    return "lasts longer than what it is made of"
                if self.status(lot) == "released" and worst(self.words(source, place, set())) == "concession":
                    return "freer than what it is made of"
        return ""

    # ---- how long ------------------------------------------------------------------------------------------------------

    def follows(self, lot: LotRef) -> bool:
        """Whether its expiry is only that of others."""
        return self.is_heir(lot) and self.model.stated(self.fact, lot) is None

    def own_end(self, lot: LotRef) -> float:
        end = self.model.lasts(lot, self.fact) if lot in self.born else self.model.expires(lot)
        return inf if end is None else end

    def behind(self, lot: LotRef) -> set[LotRef]:
        """The lot, and all whose expiry it follows, through others that follow."""
        found, ahead = set(), [lot]
        while ahead:
            one = ahead.pop()
            if one not in found:
                found.add(one)
                ahead += [source for source, _place in self.sources(one)] if self.follows(one) else []
        return found

    def end(self, lot: LotRef) -> float:
        """The earliest of all behind it. A lot with nothing that expires behind it has the shelf life of its item, as if it were new."""
        ends = []
        for one in self.behind(lot):
            known = [self.own_end(other) for other in self.behind(one) if not self.follows(other)]
            if not self.follows(one) or all(end == inf for end in known):
                ends.append(self.own_end(one))
        return min(ends, default=inf)

    # ---- how free ------------------------------------------------------------------------------------------------------

    def status(self, lot: LotRef) -> str:
        if decision := self.model.counts(lot):
            return decision[2]
        return worst(self.first_words(lot, set()))

    def first_words(self, lot: LotRef, seen: set[LotRef]) -> set[str]:
        """All that counts for the first status of a lot, whichever way it came."""
        if lot not in self.born:
            return {self.model.first(lot)}
        words = {self.model.begins(lot)}
        for source, place in self.sources(lot) if lot not in seen else ():
            words |= self.words(source, place, seen | {lot})
        return words

    def words(self, lot: LotRef, place: str, seen: set[LotRef]) -> set[str]:
        """What is said of goods that are taken from a place: by who decided, now and then, by how they began, by a hold."""
        at = self.fact.at
        decisions = [self.model.counts(lot), self.model.counts(lot, at)]
        words = {decision[2] for decision in decisions if decision}
        if None in decisions:
            words |= self.first_words(lot, seen)
        here = self.model.here(place, (at, self.fact.number)) | {""}
        for _by, where, opened, _closed_by, closed in self.model.holds(lot):
            if where in here and (closed is None or opened <= at < closed):
                words.add("pending")
        return words


def worst(words: set[str]) -> str:
    return max(words, key=FROM_GOOD_TO_BAD.index)
