"""Random histories: whatever is asked of the journal, it says and holds what the naive model says and holds."""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lotline.core.facts import Birth, Carry, Disposition, Draft, FactKind, LotRef, Move, PlaceKind
from lotline.core.ledger import Refused
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.catalog.choices import Tracking
from lotline.records.catalog.models import Lot
from lotline.records.genealogy.closure import Bounds
from lotline.records.genealogy.states import view_lots
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.actions import append
from lotline.records.journal.models import Balance, Fact, Head, Hold, Posting
from lotline.records.journal.replay import check_replay
from lotline.records.journal.verify import verify_chain
from lotline.records.people.actions import create_user, grant_role
from lotline.records.people.choices import Role
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from lotline.records.places.models import Place
from tests.laws.naive_model import HOMES, ONE, STOCKLESS, Item, Known, Model, No, micros

EXAMPLES = int(os.environ.get("LOTLINE_EXAMPLES", "40"))
STEPS = 40
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ITEMS = {
    "KG": Item(),
    "QA": Item(release_required=True, shelf_life=timedelta(days=1)),
    "SN": Item(serial=True),
}
SPECS = [
    ItemSpec("KG", unit="kg"),
    ItemSpec("QA", unit="kg", release_required=True, shelf_life_days=1),
    ItemSpec("SN", unit="pcs", tracking=Tracking.SERIAL),
]
BINS = ("BIN1", "BIN2")
HERE = (*BINS, *HOMES)
names = itertools.count()

lots = st.builds(LotRef, st.sampled_from(["KG", "KG", "QA", "SN"]), st.sampled_from(["1", "2"]))
hours = st.integers(0, 12).map(lambda n: n * 3)
expiries = st.sampled_from([None, START + timedelta(hours=20), START + timedelta(hours=90)])
amounts = st.sampled_from([1, 1, 2, 3, 5]).map(lambda n: n * ONE)


class Journal(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.plant = create_plant(code=f"M{next(names)}", name="Machine")
        # Somebody who may sign overrides.
        self.quality = create_user(username=f"quality-{self.plant.code}", password="long enough to be one")
        grant_role(user=self.quality, plant=self.plant, role=Role.QUALITY)
        partners = [("SUP", PlaceKind.SUPPLIER), ("CUS", PlaceKind.CUSTOMER), ("CU2", PlaceKind.CUSTOMER)]
        bins = [PlaceSpec(code, PlaceKind.BIN, parent="SITE") for code in BINS]
        boxes = [PlaceSpec(code, PlaceKind.CONTAINER, parent=home) for code, home in HOMES.items()]
        ensure_places(plant=self.plant, specs=[*(PlaceSpec(code, kind) for code, kind in partners), *bins, *boxes])
        ensure_items(SPECS)
        self.model = Model(ITEMS)
        self.ids: dict[int, object] = {}
        self.sent: list[tuple[Draft, object]] = []
        self.keys = itertools.count()
        first = [("KG", "1"), ("KG", "2"), ("QA", "1"), ("SN", "1"), ("SN", "2")]
        moves = tuple(
            Move(LotRef(*lot), ONE if lot[0] == "SN" else 8 * ONE, "SUP", place) for lot, place in zip(first, [*BINS, *HOMES], strict=True)
        )
        self.send([self.draft(FactKind.RECEIVE, 0, moves=moves)])

    # ---- making drafts -------------------------------------------------------------------------------------------------

    def draft(self, kind: FactKind, hour: int, **said) -> Draft:
        said.setdefault("reason", "because")
        return Draft(kind=kind, happened_at=START + timedelta(hours=hour), key=f"k{next(self.keys)}", **said)

    def stocked(self, data, lot: LotRef | None = None) -> tuple[LotRef, str, int]:
        """A lot, where some of it lies, and how much: mostly true, sometimes not."""
        stock = sorted((key, amount) for key, amount in self.model.balances().items() if lot in (None, key[0]) and amount > 0)
        if not stock or self.rarely(data):
            lot = lot or data.draw(lots)
            return lot, data.draw(st.sampled_from(HERE)), self.amount(data, lot)
        (lot, place), amount = data.draw(st.sampled_from(stock))
        if lot.item == "SN":
            return lot, place, ONE
        return (
            lot,
            place,
            amount + ONE if self.rarely(data) else data.draw(st.sampled_from([min(amount, ONE), min(amount, 2 * ONE), amount])),
        )

    def rarely(self, data) -> bool:
        """Once in a while. Not by a bound: hypothesis likes those."""
        return data.draw(st.integers(0, 99)) in range(40, 48)

    def amount(self, data, lot: LotRef) -> int:
        return ONE if lot.item == "SN" and not self.rarely(data) else data.draw(amounts)

    def operation(self, data, kind: FactKind, hour: int) -> Draft:
        moves: list[Move] = []
        for strand in range(data.draw(st.sampled_from([1, 1, 2]))):
            total, item = 0, "KG"
            for _ in range(data.draw(st.integers(1, 2))):
                again = kind is not FactKind.TRANSFORM or data.draw(st.booleans())
                same = moves[-1].lot if moves and again and moves[-1].strand == strand else None
                lot, place, quantity = self.stocked(data, same)
                moves.append(Move(lot, quantity, place, "PROCESS", strand, data.draw(st.booleans())))
                total, item = total + quantity, lot.item
            for _ in range(0 if self.rarely(data) else data.draw(st.integers(1, 1 if kind is not FactKind.TRANSFORM else 2))):
                keep = kind is not FactKind.TRANSFORM
                lot = LotRef(item if keep else data.draw(lots).item, data.draw(st.sampled_from("12")))
                quantity = total if keep and not self.rarely(data) else self.amount(data, lot)
                where = data.draw(st.sampled_from([*HERE, "SCRAP"] if kind is FactKind.TRANSFORM else HERE))
                moves.append(Move(lot, quantity, "PROCESS", where, strand))
        if self.rarely(data):  # more went in than the records knew of
            moves.insert(0, moves[0]._replace(source="VARIANCE", target=moves[0].source))
        return self.draft(kind, hour, moves=tuple(moves), reason=data.draw(st.sampled_from(["because", "because", ""])))

    def receipt(self, data, lot: LotRef, hour: int, source: str = "SUP") -> Draft:
        """Of a lot that is perhaps described."""
        move = Move(lot, self.amount(data, lot), source, data.draw(st.sampled_from(HERE)))
        births = (Birth(lot, data.draw(expiries), batch=data.draw(st.sampled_from(["", "b1", "b2"]))),) if data.draw(st.booleans()) else ()
        reason = data.draw(st.sampled_from(["because", "because", ""]))
        return self.draft(FactKind.RECEIVE, hour, moves=(move,), births=births, reason=reason)

    def reversal(self, fact: Known) -> Draft:
        return self.draft(FactKind.REVERSE, 36, reverses=self.ids[fact.number], document=fact.draft.key)

    def any_draft(self, data) -> Draft:
        latest = max((fact.at - self.micros(0)) // 3_600_000_000 for fact in self.model.facts) if self.model.facts else 0
        hour = data.draw(st.sampled_from([latest, min(latest + 3, 36), None]))
        hour = data.draw(hours) if hour is None else hour
        kind = data.draw(st.sampled_from(
            "receive receive receive move move transform transform split merge pack load unload ship ship return scrap adjust "
            "hold release inspect inspect carry carry carry reverse reverse".split()
        ))  # fmt: skip
        if kind == "receive":
            lot = data.draw(lots)
            source = data.draw(st.sampled_from(["SUP", "SUP", "TRANSIT", "VARIANCE"]))
            return self.receipt(data, lot, hour, source)
        if kind in ("transform", "split", "merge"):
            return self.operation(data, FactKind(kind), hour)
        if kind in ("hold", "release", "inspect"):
            return self.word(data, FactKind(kind), hour)
        if kind == "carry":
            box = data.draw(st.sampled_from(sorted(HOMES)))
            at = hour
            source = self.model.parent(box, self.micros(at)) if not self.rarely(data) else data.draw(st.sampled_from(HERE))
            way = data.draw(st.sampled_from([FactKind.MOVE, FactKind.LOAD, FactKind.PACK, FactKind.SHIP, FactKind.RETURN]))
            out = {FactKind.SHIP: ["CUS", "TRANSIT"], FactKind.MOVE: [*HERE, "TRANSIT"], FactKind.RETURN: [*BINS, "TRANSIT"]}
            target = data.draw(st.sampled_from(["CUS"] if self.rarely(data) else out.get(way, [*HERE, "SITE"])))
            return self.draft(way, at, carries=(Carry(box, source or "SITE", target),))
        if kind == "reverse":
            said = [fact for fact in self.model.facts if fact.draft.subjects or fact.draft.carries]
            taken = (
                data.draw(st.sampled_from(said if said and data.draw(st.booleans()) else self.model.facts)) if self.model.facts else None
            )
            fact_id = self.ids[taken.number] if taken else self.plant.pk
            return self.draft(FactKind.REVERSE, hour, reverses=fact_id, document=taken.draft.key if taken else "none")
        return self.hand_over(data, FactKind(kind), hour)

    def hand_over(self, data, kind: FactKind, hour: int) -> Draft:
        lot, place, quantity = self.stocked(data)
        targets = {
            FactKind.MOVE: [*HERE, "TRANSIT"], FactKind.PACK: sorted(HOMES), FactKind.LOAD: sorted(HOMES), FactKind.UNLOAD: BINS,
            FactKind.SHIP: ["CUS", "CU2", "TRANSIT"], FactKind.SCRAP: ["SCRAP"], FactKind.ADJUST: ["VARIANCE"],
            FactKind.RETURN: ["SUP", *BINS],
        }[kind]  # fmt: skip
        target = data.draw(st.sampled_from(targets))
        if kind is FactKind.RETURN and target != "SUP":
            place = data.draw(st.sampled_from(["CUS", "CU2", place]))
        if kind is FactKind.ADJUST and data.draw(st.booleans()):
            place, target = target, place
        return self.draft(kind, hour, moves=(Move(lot, quantity, place, target),))

    def word(self, data, kind: FactKind, hour: int, lot: LotRef | None = None) -> Draft:
        known = sorted(self.model.lots(), key=str) if not self.rarely(data) else []
        lot = lot or (data.draw(st.sampled_from(known)) if known else data.draw(lots))
        said: dict = {}
        if kind is not FactKind.INSPECT:
            said["hold_place"] = data.draw(st.sampled_from(["", "BIN1", "BIN2", "C1"]))
        if kind is FactKind.INSPECT or (kind is FactKind.RELEASE and data.draw(st.booleans())):
            said["disposition"] = data.draw(st.sampled_from([*Disposition, Disposition.RELEASED, Disposition.RELEASED]))
        return self.draft(kind, hour, subjects=(lot,), **said)

    def micros(self, hour: int) -> int:
        return int((START + timedelta(hours=hour)).timestamp()) * 1_000_000

    # ---- rules ---------------------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def one_draft(self, data) -> None:
        self.send([self.any_draft(data)])

    @rule(data=st.data())
    def several_drafts_all_or_none(self, data) -> None:
        self.send([self.any_draft(data) for _ in range(data.draw(st.integers(2, 4)))])

    @rule(data=st.data())
    def an_old_draft_again(self, data) -> None:
        if self.sent:
            draft, receipt = data.draw(st.sampled_from(self.sent))
            (again,) = append(plant=self.plant, drafts=[draft], now=NOW, actor=self.quality.pk)
            assert again.replayed
            assert (again.fact_id, again.seq, again.hash) == (receipt.fact_id, receipt.seq, receipt.hash)

    @rule(data=st.data())
    def decisions_some_taken_back_and_a_use_at_some_other_hour(self, data) -> None:
        """Where law 8 is decided: holds, releases and inspections of one lot, in any order of hours, and then somebody uses it."""
        lot = data.draw(st.sampled_from([LotRef("KG", "1"), LotRef("QA", "1"), LotRef("QA", "1"), LotRef("SN", "1")]))
        lot, place, quantity = self.stocked(data, lot)
        if quantity > ONE and place != "BIN2":
            self.send([self.draft(FactKind.MOVE, data.draw(st.sampled_from([0, 6])), moves=(Move(lot, ONE, place, "BIN2"),))])
        written = len(self.model.facts)
        for kind in data.draw(st.lists(st.sampled_from([FactKind.HOLD, FactKind.RELEASE, FactKind.INSPECT]), min_size=1, max_size=3)):
            where = data.draw(st.sampled_from(["", place, "BIN2"])) if kind is not FactKind.INSPECT else ""
            status = (
                data.draw(st.sampled_from([*Disposition, Disposition.RELEASED, Disposition.RELEASED])) if kind is FactKind.INSPECT else None
            )
            self.send([self.draft(kind, data.draw(hours), subjects=(lot,), hold_place=where, disposition=status)])
        for fact in data.draw(st.permutations(self.model.facts[written:])) if data.draw(st.booleans()) else []:
            self.send([self.reversal(fact)])
        first, second = data.draw(st.permutations([place, "BIN2"]))
        hour = data.draw(st.sampled_from([9, 12, 36]))
        uses = {
            "one": self.draft(FactKind.SHIP, hour, moves=(Move(lot, min(quantity, ONE), place, "CUS"),)),
            "two": self.draft(FactKind.SHIP, hour, moves=(Move(lot, ONE, first, "CUS"), Move(lot, ONE, second, "CUS"))),
        }
        self.send([uses[data.draw(st.sampled_from(sorted(uses)))]])

    @rule(data=st.data())
    def results_that_come_in_after_a_release(self, data) -> None:
        """Where it counts who knew of what: a lot is freed, blocked and freed again, each at some hour, and then somebody uses it."""
        lot, place, _quantity = self.stocked(data, data.draw(st.sampled_from([LotRef("KG", "1"), LotRef("QA", "1"), LotRef("SN", "1")])))
        written, blocks, frees = len(self.model.facts), ["rejected", "pending"], ["released", "concession"]
        for outcomes in (frees, blocks, *data.draw(st.lists(st.sampled_from([frees, blocks]), max_size=2))):
            disposition = Disposition(data.draw(st.sampled_from(outcomes)))
            self.send([self.draft(FactKind.INSPECT, data.draw(hours), subjects=(lot,), disposition=disposition)])
        for fact in data.draw(st.permutations(self.model.facts[written:]))[: data.draw(st.sampled_from([0, 0, 1, 2]))]:
            self.send([self.reversal(fact)])
        self.send([self.draft(FactKind.SHIP, data.draw(hours), moves=(Move(lot, ONE, place, "CUS"),))])

    @rule(data=st.data())
    def carries_one_taken_back_and_a_late_one(self, data) -> None:
        """Where containers meet time: a few carries, one of them reversed, and one that belongs in between."""
        box = data.draw(st.sampled_from(sorted(HOMES)))
        written = len(self.model.facts)
        for hour in sorted(data.draw(st.lists(hours, min_size=1, max_size=3))):
            target = data.draw(st.sampled_from([*HERE, "SITE"]))
            source = self.model.parent(box, self.micros(hour)) or "SITE"
            self.send([self.draft(FactKind.LOAD, hour, carries=(Carry(box, source, target),))])
        if len(self.model.facts) > written:
            fact = self.model.facts[-1]
            self.send([self.reversal(fact)])
        hour, late = data.draw(hours), data.draw(st.sampled_from(sorted(HOMES)))
        source = self.model.parent(late, self.micros(hour)) or "SITE"
        self.send([self.draft(FactKind.LOAD, hour, carries=(Carry(late, source, data.draw(st.sampled_from([*HERE, "SITE"]))),))])

    @rule(data=st.data())
    def a_container_is_filled_and_emptied_and_its_ways_come_in_late(self, data) -> None:
        """Where the past of a container decides what was handed out, and from where: ways that are written after what followed them."""
        lot, place, quantity = self.stocked(data, data.draw(st.sampled_from([LotRef("KG", "1"), LotRef("QA", "1"), None])))
        box = data.draw(st.sampled_from(sorted(HOMES)))
        said = self.signed(data)
        if data.draw(st.booleans()):
            self.send([self.word(data, data.draw(st.sampled_from([FactKind.HOLD, FactKind.INSPECT])), data.draw(hours))])
        written = len(self.model.facts)
        for step in data.draw(
            st.lists(st.sampled_from(["fill", "empty", "carry", "carry", "ship", "ship", "nest"]), min_size=2, max_size=4)
        ):
            hour = data.draw(hours)
            stood = self.model.parent(box, self.micros(hour)) or "SITE"
            if step == "fill":
                drafts = self.draft(FactKind.LOAD, hour, moves=(Move(lot, min(quantity, ONE), place, box),), **said)
            elif step == "empty":
                kind = data.draw(st.sampled_from([FactKind.UNLOAD, FactKind.RETURN]))
                drafts = self.draft(kind, hour, moves=(Move(lot, ONE, box, data.draw(st.sampled_from(BINS))),), **said)
            elif step == "nest":
                target = data.draw(st.sampled_from(sorted(HOMES)))
                drafts = self.draft(FactKind.LOAD, hour, carries=(Carry(box, stood, target),), **said)
                box = target
            else:
                away = stood in ("CUS", "TRANSIT")
                kind = FactKind.RETURN if away else FactKind.SHIP if step == "ship" else FactKind.MOVE
                target = data.draw(st.sampled_from(["CUS", "CUS", "TRANSIT"] if kind is FactKind.SHIP else BINS))
                drafts = self.draft(kind, hour, carries=(Carry(box, stood, target),), **said)
            self.send([drafts])
        for fact in data.draw(st.permutations(self.model.facts[written:]))[: data.draw(st.integers(0, 2))]:
            self.send([self.draft(FactKind.REVERSE, 36, reverses=self.ids[fact.number], document=fact.draft.key, **said)])

    @rule(data=st.data())
    def a_hold_at_a_place_and_ways_out_of_it(self, data) -> None:
        """Goods that are kept where they are: with and without a hold where they are to go, by hand, in a container, and by a reversal."""
        lot, place, quantity = self.stocked(data, data.draw(st.sampled_from([LotRef("KG", "1"), LotRef("KG", "2"), None])))
        around = sorted({place, *self.model.around(place)})
        written = len(self.model.facts)
        said = self.signed(data)
        for _ in range(data.draw(st.integers(1, 5))):
            hour = data.draw(st.sampled_from([12, 24, 30, 36]))
            step = data.draw(st.sampled_from(["hold", "hold", "free", "move", "move", "carry", "carry", "back", "off", "in", "in"]))
            if step in ("hold", "free"):
                kind = FactKind.HOLD if step == "hold" else FactKind.RELEASE
                where = data.draw(st.sampled_from([*around, *HERE, "TRANSIT"]))
                self.send([self.draft(kind, hour, subjects=(lot,), hold_place=where)])
            elif step == "move":
                target = data.draw(st.sampled_from([*HERE, "TRANSIT", "SUP"]))
                kind = FactKind.RETURN if target == "SUP" else FactKind.MOVE
                self.send([self.draft(kind, hour, moves=(Move(lot, min(quantity, ONE), place, target),), **said)])
            elif step == "carry":
                box = place if place in HOMES else data.draw(st.sampled_from(sorted(HOMES)))
                stood = self.model.parent(box, self.micros(hour)) or "SITE"
                target = data.draw(st.sampled_from([*HERE, "SITE", "TRANSIT"]))
                self.send([self.draft(FactKind.MOVE, hour, carries=(Carry(box, stood, target),), **said)])
            elif step == "off":
                kind, target = data.draw(st.sampled_from([(FactKind.SCRAP, "SCRAP"), (FactKind.ADJUST, "VARIANCE")]))
                self.send([self.draft(kind, hour, moves=(Move(lot, ONE, place, target),))])
            elif step == "in":
                kind, source = data.draw(st.sampled_from([(FactKind.RECEIVE, "SUP"), (FactKind.ADJUST, "VARIANCE")]))
                target = data.draw(st.sampled_from([place, *HERE]))
                self.send([self.draft(kind, hour, moves=(Move(lot, ONE, source, target),), **said)])
            elif len(self.model.facts) > written:
                fact = data.draw(st.sampled_from(self.model.facts))
                self.send([self.draft(FactKind.REVERSE, 36, reverses=self.ids[fact.number], document=fact.draft.key, **said)])

    def signed(self, data) -> dict[str, str]:
        """Once in a while somebody signs that it may be so all the same."""
        return {"override_reason": "agreed"} if self.rarely(data) else {}

    @rule(data=st.data())
    def receipts_uses_and_what_is_taken_back_of_them_in_one_moment(self, data) -> None:
        """Where law 2 is decided between the facts of one moment: a lot that has nothing but what comes in now."""
        lot, hour, written = data.draw(st.sampled_from([LotRef("KG", "3"), LotRef("SN", "3")])), data.draw(hours), len(self.model.facts)
        ways = {
            "in": (FactKind.RECEIVE, "SUP", "BIN1"), "there": (FactKind.MOVE, "BIN1", "BIN2"), "out": (FactKind.SHIP, "BIN1", "CUS"),
            "use": (FactKind.TRANSFORM, "BIN1", "PROCESS"), "use there": (FactKind.TRANSFORM, "BIN2", "PROCESS"),
            "make": (FactKind.TRANSFORM, "PROCESS", "BIN2"),
        }  # fmt: skip
        begun = data.draw(st.sampled_from([(), ("in", "use", "in"), ("in", "use", "make", "use there")]))
        for way in [*begun, *data.draw(st.lists(st.sampled_from(sorted(ways)), min_size=0 if begun else 2, max_size=4))]:
            kind, source, target = ways[way]
            moves = [Move(lot, ONE, source, target)]
            if target == "PROCESS":
                moves.append(Move(LotRef("KG", "2"), ONE, "PROCESS", "BIN1"))
            elif source == "PROCESS":
                moves.insert(0, Move(LotRef("KG", "2"), ONE, "BIN2", "PROCESS"))
            self.send([self.draft(kind, hour, moves=tuple(moves))])
        mine = self.model.facts[written:]
        for fact in data.draw(st.lists(st.sampled_from(mine), max_size=3, unique_by=lambda fact: fact.number)) if mine else []:
            self.send([self.reversal(fact)])

    @rule(data=st.data())
    def what_is_made_and_drawn_in_one_fact(self, data) -> None:
        """Where law 2 is decided between the halves of a fact: a lot goes in and comes out at one place, early, late and taken back."""
        lot, written = data.draw(st.sampled_from([LotRef("KG", "5"), LotRef("SN", "5")])), len(self.model.facts)
        other = LotRef("KG", "2")
        draws, makes = Move(lot, ONE, "BIN1", "PROCESS"), Move(lot, ONE, "PROCESS", "BIN1")
        ways = {
            "in": (FactKind.RECEIVE, [Move(lot, ONE, "SUP", "BIN1")]),
            "out": (FactKind.SHIP, [Move(lot, ONE, "BIN1", "CUS")]),
            "rework": (FactKind.TRANSFORM, [draws, makes]),
            "chain": (FactKind.TRANSFORM, [
                Move(other, ONE, "BIN2", "PROCESS", 1), makes._replace(strand=1), draws._replace(strand=2), Move(other, ONE, "PROCESS", "BIN1", 2),
            ]),
            "gap": (FactKind.TRANSFORM, [Move(lot, ONE, "VARIANCE", "BIN1"), draws, makes]),
        }  # fmt: skip
        for way in data.draw(st.lists(st.sampled_from(["in", "in", *ways]), min_size=2, max_size=5)):
            kind, moves = ways[way]
            self.send([self.draft(kind, data.draw(hours), moves=tuple(data.draw(st.permutations(moves))))])
        mine = self.model.facts[written:]
        for fact in data.draw(st.lists(st.sampled_from(mine), max_size=3, unique_by=lambda fact: fact.number)) if mine else []:
            self.send([self.reversal(fact)])

    @rule(data=st.data())
    def receipts_all_taken_back_and_the_lot_described_anew(self, data) -> None:
        """Where a lot is born again, or not: receipts of one lot, most of them taken back, and perhaps somebody decides in between."""
        lot = data.draw(st.sampled_from([LotRef("KG", "4"), LotRef("QA", "4"), LotRef("SN", "4")]))
        for fact in [f for f in self.model.story() if any(move.lot == lot for move in f.draft.moves)]:
            if not self.rarely(data):
                self.send([self.reversal(fact)])
        for _ in range(data.draw(st.integers(1, 2))):
            self.send([self.receipt(data, lot, data.draw(hours), data.draw(st.sampled_from(["SUP", "SUP", "VARIANCE"])))])
        if data.draw(st.booleans()):
            self.send([self.word(data, data.draw(st.sampled_from([FactKind.HOLD, FactKind.INSPECT])), data.draw(hours), lot)])
        if data.draw(st.booleans()):
            place = data.draw(st.sampled_from(sorted(place for (one, place) in self.model.balances() if one == lot) or ["BIN1"]))
            self.send([self.draft(FactKind.SHIP, data.draw(hours), moves=(Move(lot, ONE, place, "CUS"),))])

    @rule(data=st.data())
    def goods_that_only_change_their_lot(self, data) -> None:
        """Where an expiry or a concession could be lost: split, merged and repacked, in strands that may follow each other, or in a circle."""
        item, hour = data.draw(st.sampled_from(["KG", "KG", "KG", "QA"])), data.draw(hours)
        mine = [LotRef(item, f"{letter}{len(self.model.facts)}") for letter in "abcd"]
        written = len(self.model.facts)
        for lot in mine[:2]:
            births = (Birth(lot, data.draw(expiries)),)
            self.send([self.draft(FactKind.RECEIVE, hour, moves=(Move(lot, 8 * ONE, "SUP", "BIN1"),), births=births)])
        for step in ["decide", *data.draw(st.lists(st.sampled_from(["decide", "hold", "back", *["change"] * 6]), min_size=2, max_size=7))]:
            later = hour + data.draw(st.sampled_from([0, 3, 9]))
            lot = data.draw(st.sampled_from([lot for lot in mine if lot in self.model.lots()] or mine))
            if step == "decide":
                disposition = data.draw(st.sampled_from([Disposition.CONCESSION] * 3 + [Disposition.RELEASED] * 2 + [*Disposition]))
                self.send([self.draft(FactKind.INSPECT, later, subjects=(lot,), disposition=disposition)])
            elif step == "hold":
                self.send([self.draft(FactKind.HOLD, later, subjects=(lot,), hold_place=data.draw(st.sampled_from(["", "BIN1", "BIN2"])))])
            elif step == "back":
                self.send([self.reversal(data.draw(st.sampled_from(self.model.facts[written:] or self.model.facts)))])
            else:
                self.send([self.change(data, mine, later)])

    def change(self, data, mine: list[LotRef], hour: int) -> Draft:
        moves: list[Move] = []
        for strand in range(data.draw(st.sampled_from([1, 1, 2, 3]))):
            ins = data.draw(st.lists(st.sampled_from(mine), min_size=1, max_size=2, unique=True))
            outs = data.draw(st.lists(st.sampled_from(mine[::-1]), min_size=1, max_size=2, unique=True))
            moves += [Move(lot, len(outs) * ONE, "BIN1", "PROCESS", strand) for lot in ins]
            moves += [Move(lot, len(ins) * ONE, "PROCESS", "BIN1", strand) for lot in outs]
        short = [lot for lot in mine if not self.model.balances().get((lot, "BIN1"))]
        moves[:0] = [Move(lot, 6 * ONE, "VARIANCE", "BIN1") for lot in short if any(m.lot == lot and m.target == "PROCESS" for m in moves)]
        births = tuple(
            Birth(lot, data.draw(expiries))
            for lot in dict.fromkeys(move.lot for move in moves)
            if not self.model.stands(lot) and data.draw(st.integers(0, 3)) == 2
        )
        kind = data.draw(st.sampled_from([FactKind.SPLIT, FactKind.MERGE, FactKind.PACK]))
        said = {"override_reason": "agreed"} if data.draw(st.integers(0, 3)) == 2 else {}
        return self.draft(kind, hour, moves=tuple(moves), births=births, **said)

    def send(self, drafts: list[Draft]) -> None:
        before, reason = list(self.model.facts), ""
        taken: list[Known] = []
        try:
            taken += [self.model.take(draft) for draft in drafts]
        except No as no:
            self.model.facts, reason = before, str(no)
        if reason:
            note(f"the model refuses: {reason}")
            with pytest.raises(Refused):
                append(plant=self.plant, drafts=drafts, now=NOW, actor=self.quality.pk)
            return
        receipts = append(plant=self.plant, drafts=drafts, now=NOW, actor=self.quality.pk)
        for fact, receipt, draft in zip(taken, receipts, drafts, strict=True):
            self.ids[fact.number] = receipt.fact_id
            self.sent.append((draft, receipt))

    # ---- what must hold after each step -----------------------------------------------------------------------------------

    @invariant()
    def readings_are_the_models(self) -> None:
        model, plant = self.model, self.plant
        stored = {
            (LotRef(item, code), place): quantity
            for item, code, place, quantity in Balance.objects.for_plant(plant).values_list(
                "lot__item__code", "lot__code", "place__code", "quantity"
            )
        }
        assert stored == model.balances()
        fields = ("item__code", "code", "status", "moved_at_us", "decided_at_us", "batch", "born_at", "expires_at")
        stored_lots = {LotRef(item, code): rest for item, code, *rest in Lot.objects.for_plant(plant).values_list(*fields)}
        assert {lot: rest[:4] for lot, rest in stored_lots.items()} == {
            lot: [model.status(lot), model.moved_at(lot), model.decided_at(lot), model.batch(lot)] for lot in model.lots()
        }
        assert {lot: (micros(rest[4]), rest[5] and micros(rest[5])) for lot, rest in stored_lots.items()} == {
            lot: (birth.at, model.expires(lot)) for lot, birth in model.lots().items()
        }
        numbers = {fact_id: number for number, fact_id in self.ids.items()}
        holds: dict[LotRef, list] = {lot: [] for lot in model.lots()}
        rows = Hold.objects.for_plant(plant).order_by("opened_by__seq").select_related("lot__item", "place")
        for hold in rows:
            place = hold.place.code if hold.place else ""
            closed_by = numbers[hold.closed_by_id] if hold.closed_by_id else None
            values = (numbers[hold.opened_by_id], place, hold.opened_at_us, closed_by, hold.closed_at_us)
            holds[LotRef(hold.lot.item.code, hold.lot.code)].append(values)
        assert holds == {lot: model.holds(lot) for lot in model.lots()}
        parents = dict(Place.objects.for_plant(plant).filter(code__in=HOMES).values_list("code", "parent__code"))
        assert parents == {box: model.parent(box) for box in HOMES}
        head = Head.objects.for_plant(plant).first()
        assert (head.seq if head else 0) == len(model.facts)

    def statuses_are_the_models(self, moment: int, known: int) -> None:
        """As of a moment, by what was known after so many facts."""
        then = Model(ITEMS)
        then.facts = self.model.facts[:known]
        rows = Lot.objects.for_plant(self.plant).values_list("pk", "item__code", "code")
        keys = {pk: ref for pk, item, code in rows if (ref := LotRef(item, code)) in then.lots()}
        views = view_lots(lots=list(keys), places=Map(self.plant, Bounds(at_us=moment, seq=known)))
        assert {keys[pk]: one.status for pk, one in views.items()} == {lot: then.status(lot, moment) for lot in then.lots()}

    def teardown(self) -> None:
        model, plant = self.model, self.plant
        assert list(Fact.objects.for_plant(plant).order_by("seq").values_list("seq", flat=True)) == [f.number for f in model.facts]
        fields = ("lot__item__code", "lot__code", "origin__code", "target__code", "quantity", "at_us")
        moves = list(Posting.objects.for_plant(plant).values_list(*fields))
        for moment in model.moments():
            amounts: dict = {}
            for item, code, origin, target, quantity, at_us in moves:
                if at_us <= moment:
                    for place, change in ((origin, -quantity), (target, quantity)):
                        amounts[LotRef(item, code), place] = amounts.get((LotRef(item, code), place), 0) + change
            assert {k: v for k, v in amounts.items() if v and k[1] not in STOCKLESS} == model.balances(moment)
            for known in (len(model.facts), len(model.facts) // 2):
                self.statuses_are_the_models(moment, known)
        assert check_replay(plant) == []
        report = verify_chain(plant)
        assert report.ok, report.failure
        assert report.seq == len(model.facts)


@pytest.mark.slow
def test_random_histories_are_kept_as_the_naive_model_keeps_them(db):
    wanted = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize="CI" in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        database=None,
    )
    run_state_machine_as_test(Journal, settings=wanted)
