"""A trace starts from anything that carries a code: places, containers, suppliers and customers too, at any moment."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lotline.core.facts import Draft, FactKind, Move, PlaceKind
from lotline.core.quantity import MICRO
from lotline.records.genealogy.choices import TraceGap
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import StartKind, distinct_starts, find_starts
from lotline.records.genealogy.trace import bounds_of, trace
from lotline.records.journal.actions import append
from lotline.records.places.actions import PlaceSpec, create_plant, ensure_places
from tests.records.genealogy.conftest import Factory, minute, ref


def lots_of(factory: Factory, code: str, kind: StartKind, **when) -> set[str]:
    bounds = bounds_of(plant=factory.plant, **when)
    (start,) = [start for start in find_starts(plant=factory.plant, code=code, bounds=bounds) if start.kind is kind]
    return factory.codes(start.lots)


# ---- places --------------------------------------------------------------------------------------------------------------------------


def test_a_bin_means_what_lies_in_it_and_in_what_stands_there(factory: Factory):
    factory.receive("RM-1", 5, to="A-1")
    factory.receive("RM-2", 5, to="A-2")
    factory.receive("RM-3", 5, to="A-1")
    factory.go(FactKind.PACK, "RM-3", 5, "A-1", "BOX1")  # which stands on a pallet in A-1

    assert lots_of(factory, "A-1", StartKind.PLACE) == {"RM-1", "RM-3"}
    assert lots_of(factory, "WH", StartKind.PLACE) == {"RM-1", "RM-2", "RM-3"}
    assert lots_of(factory, "Store", StartKind.PLACE) == {"RM-1", "RM-2", "RM-3"}


def test_a_bin_of_the_past_means_what_lay_there_then_containers_included(factory: Factory):
    factory.receive("RM-1", 5, to="A-1", at=1)
    factory.receive("RM-2", 5, to="A-1", at=2)
    factory.go(FactKind.PACK, "RM-2", 5, "A-1", "BOX1", at=3)
    factory.carry(FactKind.MOVE, "PAL1", "A-1", "A-2", at=10)
    factory.go(FactKind.MOVE, "RM-1", 5, "A-1", "A-2", at=20)

    assert lots_of(factory, "A-1", StartKind.PLACE, as_of=minute(1)) == {"RM-1"}
    assert lots_of(factory, "A-1", StartKind.PLACE, as_of=minute(5)) == {"RM-1", "RM-2"}
    assert lots_of(factory, "A-1", StartKind.PLACE, as_of=minute(15)) == {"RM-1"}
    assert lots_of(factory, "A-2", StartKind.PLACE, as_of=minute(15)) == {"RM-2"}
    assert lots_of(factory, "A-1", StartKind.PLACE) == set()


def test_a_bin_as_it_was_known_leaves_out_what_was_recorded_later(factory: Factory):
    factory.receive("RM-1", 5, at=1, now=minute(1))
    factory.receive("RM-2", 5, at=1, now=minute(60))

    assert lots_of(factory, "A-1", StartKind.PLACE, known_at=minute(30)) == {"RM-1"}


def test_a_container_of_the_past_means_what_was_in_it_then_and_an_empty_one_what_it_had_held(factory: Factory):
    factory.receive("RM-1", 5, at=1)
    factory.receive("RM-2", 5, at=1)
    factory.go(FactKind.PACK, "RM-1", 5, "A-1", "PAL1", at=2)
    factory.go(FactKind.UNPACK, "RM-1", 5, "PAL1", "A-1", at=10)
    factory.go(FactKind.PACK, "RM-2", 5, "A-1", "PAL1", at=20)

    assert lots_of(factory, "PAL1", StartKind.CONTAINER, as_of=minute(5)) == {"RM-1"}
    assert lots_of(factory, "PAL1", StartKind.CONTAINER, as_of=minute(15)) == {"RM-1"}
    assert lots_of(factory, "PAL1", StartKind.CONTAINER) == {"RM-2"}


def test_an_account_is_no_start(factory: Factory):
    factory.receive("RM-1", 5)
    factory.make({"RM-1": 5}, {"FG-1": 5})

    assert find_starts(plant=factory.plant, code="PROCESS") == []


def test_an_empty_bin_is_known_and_gives_way_to_a_lot_of_the_same_code(factory: Factory):
    ensure_places(plant=factory.plant, specs=[PlaceSpec("RM-1", PlaceKind.BIN, parent="WH")])

    assert [(start.kind, start.lots) for start in find_starts(plant=factory.plant, code="RM-1")] == [(StartKind.PLACE, ())]
    factory.receive("RM-1", 5)
    assert [start.kind for start in find_starts(plant=factory.plant, code="RM-1")] == [StartKind.LOT]
    factory.receive("RM-2", 5, to="RM-1")
    assert [(start.kind, factory.codes(start.lots)) for start in distinct_starts(plant=factory.plant, code="RM-1")] == [
        (StartKind.LOT, {"RM-1"}), (StartKind.PLACE, {"RM-2"}),
    ]  # fmt: skip


def test_two_places_of_one_name_are_told_apart_by_their_codes(factory: Factory):
    ensure_places(plant=factory.plant, specs=[PlaceSpec(code, PlaceKind.CONTAINER, "Red box", "A-1") for code in ("R1", "R2")])
    for lot, box in (("RM-1", "R1"), ("RM-2", "R2")):
        factory.receive(lot, 5)
        factory.go(FactKind.PACK, lot, 5, "A-1", box)

    starts = find_starts(plant=factory.plant, code="Red box")

    assert [(start.detail["place"], factory.codes(start.lots)) for start in starts] == [("R1", {"RM-1"}), ("R2", {"RM-2"})]


# ---- partners ------------------------------------------------------------------------------------------------------------------------


def test_a_supplier_means_everything_received_from_it_with_or_without_a_number(factory: Factory):
    factory.receive("RM-1", 5, supplier_lot="N1", at=1)
    factory.receive("RM-2", 5, at=2)
    factory.receive("RM-3", 5, supplier="SUP2", at=3)
    wrong = factory.receive("RM-4", 5, at=4)
    factory.reverse(wrong, at=5)

    assert lots_of(factory, "SUP", StartKind.SUPPLIER) == {"RM-1", "RM-2"}
    assert lots_of(factory, "SUP", StartKind.SUPPLIER, as_of=minute(1)) == {"RM-1"}


def test_a_customer_means_everything_delivered_loose_or_packed_and_what_came_back(factory: Factory):
    for number in range(1, 6):
        factory.receive(f"FG-{number}", 5)
    factory.ship("FG-1", 5)
    factory.ship("FG-2", 5)
    factory.go(FactKind.RETURN, "FG-2", 5, "CUS", "A-2")
    factory.go(FactKind.PACK, "FG-3", 5, "A-1", "BOX1")  # on PAL1
    factory.go(FactKind.PACK, "FG-5", 5, "A-1", "PAL1")
    factory.go(FactKind.UNPACK, "FG-5", 5, "PAL1", "A-1")
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS")
    factory.ship("FG-4", 5, "CUS2")

    assert lots_of(factory, "CUS", StartKind.CUSTOMER) == {"FG-1", "FG-2", "FG-3"}
    assert lots_of(factory, "First customer", StartKind.CUSTOMER) == {"FG-1", "FG-2", "FG-3"}
    assert lots_of(factory, "CUS2", StartKind.CUSTOMER) == {"FG-4"}


def test_a_customer_of_the_past_had_got_only_what_had_arrived(factory: Factory):
    factory.receive("FG-1", 5, at=1)
    factory.receive("FG-2", 5, at=1)
    factory.ship("FG-1", 5, at=10)
    factory.go(FactKind.PACK, "FG-2", 5, "A-1", "BOX1", at=11)
    factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS", at=20)

    assert lots_of(factory, "CUS", StartKind.CUSTOMER, as_of=minute(15)) == {"FG-1"}
    assert lots_of(factory, "CUS", StartKind.CUSTOMER, as_of=minute(20)) == {"FG-1", "FG-2"}


def test_a_carry_to_a_customer_that_was_taken_back_delivered_nothing(factory: Factory):
    factory.receive("FG-1", 5)
    factory.go(FactKind.PACK, "FG-1", 5, "A-1", "PAL1")
    factory.reverse(factory.carry(FactKind.SHIP, "PAL1", "A-1", "CUS"))

    assert lots_of(factory, "CUS", StartKind.CUSTOMER) == set()


def test_a_trace_of_a_customer_leads_to_the_suppliers_of_all_it_got(factory: Factory):
    factory.receive("RM-1", 10)
    factory.receive("RM-2", 10, supplier="SUP2")
    factory.make({"RM-1": 5, "RM-2": 5}, {"FG-1": 10})
    factory.ship("FG-1", 4)

    found = trace(plant=factory.plant, starts=distinct_starts(plant=factory.plant, code="CUS"), to=To.SOURCES)

    assert (sorted(found.closure.codes), found.partners) == (["RM-1", "RM-2"], ("SUP", "SUP2"))


def test_places_and_partners_of_another_plant_are_not_found(factory: Factory):
    other = create_plant(code="P2", name="Other")
    ensure_places(plant=other, specs=[PlaceSpec("ELSEWHERE", PlaceKind.SUPPLIER)])

    assert find_starts(plant=factory.plant, code="ELSEWHERE") == []


def test_the_number_of_queries_depends_neither_on_lots_nor_on_deliveries(factory: Factory):
    def deliver(first: int, count: int, customer: str) -> None:
        drafts = []
        for number in range(first, first + count):
            lot, box = ref(f"FG-{number}"), f"B{number}"
            places.append(PlaceSpec(box, PlaceKind.CONTAINER, parent="A-1"))
            drafts += [
                Draft(kind=FactKind.RECEIVE, happened_at=minute(1), key=f"r{number}", moves=(Move(lot, 2 * MICRO, "SUP", "A-1"),)),
                Draft(kind=FactKind.SHIP, happened_at=minute(2), key=f"l{number}", moves=(Move(lot, MICRO, "A-1", customer),)),
                Draft(kind=FactKind.PACK, happened_at=minute(3), key=f"p{number}", moves=(Move(lot, MICRO, "A-1", box),)),
            ]
        ensure_places(plant=factory.plant, specs=places)
        append(plant=factory.plant, drafts=drafts)
        for number in range(first, first + count):
            factory.carry(FactKind.SHIP, f"B{number}", "A-1", customer, at=10)

    places: list[PlaceSpec] = []
    factory.receive("FG-0", 1)
    deliver(1, 1, "CUS")
    deliver(10, 40, "CUS2")
    counts = []
    for customer in ("CUS", "CUS2"):
        with CaptureQueriesContext(connection) as queries:
            found = find_starts(plant=factory.plant, code=customer)
        counts.append(len(queries))

    assert len(found[0].lots) == 40
    assert counts[0] == counts[1]


# ---- papers --------------------------------------------------------------------------------------------------------------------------


def test_an_order_leaves_out_what_was_taken_back_and_made_again_under_another(factory: Factory):
    factory.receive("RM-1", 5, at=1, now=minute(1))
    wrong = factory.make({"RM-1": 5}, {"FG-1": 5}, at=2, now=minute(2), order="ORD-A", document="DOC-A")
    factory.reverse(wrong, at=2, now=minute(10))
    factory.make({"RM-1": 5}, {"FG-1": 5}, at=2, now=minute(11), order="ORD-B")

    assert lots_of(factory, "ORD-A", StartKind.ORDER) == set()
    assert lots_of(factory, "DOC-A", StartKind.DOCUMENT) == set()
    assert lots_of(factory, "ORD-B", StartKind.ORDER) == {"FG-1"}
    assert lots_of(factory, "ORD-A", StartKind.ORDER, known_at=minute(5)) == {"FG-1"}


def test_an_order_means_what_it_had_made_then_and_nothing_before_it_was_known(factory: Factory):
    factory.receive("RM-1", 9, at=1, now=minute(1))
    factory.make({"RM-1": 4}, {"FG-1": 4}, at=5, now=minute(5), order="ORD-A")
    factory.make({"RM-1": 5}, {"FG-2": 5}, at=5, now=minute(20), order="ORD-A")
    early = bounds_of(plant=factory.plant, as_of=minute(4))

    assert lots_of(factory, "ORD-A", StartKind.ORDER) == {"FG-1", "FG-2"}
    assert lots_of(factory, "ORD-A", StartKind.ORDER, known_at=minute(10)) == {"FG-1"}
    assert find_starts(plant=factory.plant, code="ORD-A", bounds=early) == []


def test_a_delivery_note_leaves_out_a_shipment_and_a_trip_that_were_taken_back(factory: Factory):
    factory.receive("FG-1", 5, at=1)
    factory.receive("FG-2", 5, at=1)
    factory.go(FactKind.PACK, "FG-2", 5, "A-1", "BOX1", at=2)
    wrong = factory.ship("FG-1", 5, at=5, document="DN-1")
    trip = factory.carry(FactKind.SHIP, "BOX1", "PAL1", "CUS", at=6, document="DN-1")

    assert lots_of(factory, "DN-1", StartKind.DOCUMENT) == {"FG-1", "FG-2"}
    factory.reverse(wrong, at=5)
    assert lots_of(factory, "DN-1", StartKind.DOCUMENT) == {"FG-2"}
    factory.reverse(trip, at=6, document="DN-1")
    assert lots_of(factory, "DN-1", StartKind.DOCUMENT) == set()


# ---- before there was anything -------------------------------------------------------------------------------------------------------


def test_a_trace_as_of_a_moment_before_the_lot_says_so_and_is_not_complete(factory: Factory):
    factory.receive("RM-1", 5, at=10)
    factory.make({"RM-1": 5}, {"FG-1": 5}, at=20)
    starts = factory.start("RM-1")

    before, after = (trace(plant=factory.plant, starts=starts, to=To.DESTINATIONS, as_of=minute(at)) for at in (5, 15))

    assert (before.complete, before.gaps, len(before.lots)) == (False, (TraceGap.NOT_YET,), 0)
    assert (after.complete, after.gaps, len(after.lots)) == (True, (), 0)


def test_a_trace_as_known_before_the_lot_was_recorded_says_so(factory: Factory):
    factory.receive("RM-0", 5, at=1, now=minute(1))
    factory.receive("RM-1", 5, at=1, now=minute(50))

    found = trace(plant=factory.plant, starts=factory.start("RM-1"), to=To.SOURCES, known_at=minute(30))

    assert found.gaps == (TraceGap.NOT_YET,)


def test_a_batch_of_which_a_part_was_there_is_traced_for_that_part(factory: Factory):
    factory.receive("RM-1", 5, at=1)
    factory.receive("RM-2", 5, at=30)

    found = trace(plant=factory.plant, starts=factory.start("RM-1", "RM-2"), to=To.SOURCES, as_of=minute(5))

    assert found.complete
