"""Pallets, the goods store, shipments and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lotline.core.canonical import Json
from lotline.core.facts import Carry, FactKind, FactSource, Move
from lotline.doors.exchange.demo.calendar import at
from lotline.doors.exchange.demo.kitchen import Batch
from lotline.doors.exchange.demo.master_data import (
    CARTON,
    CHUANNAN,
    CUSTOMERS,
    HAOLINJU,
    HUIWANJIA,
    SWRAIL,
    TRANSIT,
    YUNGOU,
    Product,
    goods_bins,
)  # fmt: skip
from lotline.doors.exchange.demo.people import SHIPPER, STORE
from lotline.doors.exchange.demo.plan import Pallet, Plan, pieces

# How many pallets of a product the store keeps before older ones go out.
SAFETY_PALLETS = 10
# Pallets that go to one bin together.
PALLETS_A_RUN = 4
TRUCKS = ("川A·7K203", "川A·5H718", "渝B·2M440", "川A·9D061")
# Hours on the road, and how a customer usually orders: pallets, or loose cartons of one pallet.
_ROUTES = {HUIWANJIA: (3, 6), SWRAIL: (2, 4), YUNGOU: (17, 6), HAOLINJU: (16, 3), CHUANNAN: (18, 0)}


def stack(plan: Plan, load: Sequence[Batch], *, when: datetime, product: Product, story: bool = False) -> Pallet:
    """Cartons onto one new pallet; several lots make it a mixed one."""
    code = plan.new_pallet(story=story)
    mixed = "混托" if len(load) > 1 else ""
    plan.add(
        FactKind.PACK, when, code, moves=[Move(batch.lot, pieces(batch.amount), batch.place, code) for batch in load],
        station="装箱 A", operator=STORE, operation="码托", source=FactSource.SCAN,
        data={"product": product.name} | ({"remark": mixed} if mixed else {}),
    )  # fmt: skip
    return Pallet(code, CARTON, when, {batch.lot: batch.amount for batch in load})


def put_away(plan: Plan, pallets: Sequence[Pallet], *, bin_: str, when: datetime, again: bool = False) -> None:
    """The pallets go to their bin in one run of the truck; ``again``: they have been in the store before."""
    plan.add(
        FactKind.MOVE, when, f"{'again' if again else 'store'}/{pallets[0].code}", carries=tuple(Carry(pallet.code, pallet.bin, bin_) for pallet in pallets),
        station="成品库", operator=STORE, operation="入库", source=FactSource.SCAN, data={"check": "数量一致"},
    )  # fmt: skip
    for pallet in pallets:
        pallet.bin, pallet.ready = bin_, when


def stack_day(plan: Plan, product: Product, finished: Sequence[Batch]) -> None:
    """Full pallets lot after lot; what is left of one lot is stacked together with the next."""
    rng = plan.rng("stack", product.item, finished[0].lot.code)
    pending: list[Batch] = []
    waiting: list[Pallet] = []
    for batch in finished:
        pending.append(batch)
        while sum(one.amount for one in pending) >= product.pallet or (batch is finished[-1] and pending):
            load = _first(pending, product.pallet)
            when = max(one.ready for one in load) + timedelta(minutes=15 + rng.randint(0, 9))
            waiting.append(stack(plan, load, when=when, product=product))
            if len(waiting) == PALLETS_A_RUN or not (pending or batch is not finished[-1]):
                put_away(plan, waiting, bin_=rng.choice(goods_bins()), when=max(one.ready for one in waiting) + timedelta(minutes=22))
                plan.store[product.item] += waiting
                waiting = []


def _first(pending: list[Batch], amount: int) -> list[Batch]:
    """Take up to ``amount`` pouches from the front."""
    load = []
    while amount and pending:
        first = pending.pop(0)
        part = min(first.amount, amount)
        load.append(replace(first, amount=part))
        amount -= part
        if first.amount > part:
            pending.insert(0, replace(first, amount=first.amount - part))
    return load


@dataclass(frozen=True, slots=True)
class Trip:
    """One shipment: ``arrived`` None means that nobody has signed for it yet."""

    number: str
    customer: str
    left: datetime
    arrived: datetime | None
    order: str
    truck: str

    def leaves(self, plan: Plan, *, operation: str = "发货", carries: Sequence[Carry] = (), moves: Sequence[Move] = ()) -> None:
        """The truck is loaded."""
        plan.add(
            FactKind.SHIP, self.left, self.number, moves=moves, carries=tuple(carries), station="发货月台", operator=SHIPPER,
            operation=operation, order=self.order, document=self.number, source=FactSource.SCAN, data=self._data(),
        )  # fmt: skip

    def arrives(self, plan: Plan, *, carries: Sequence[Carry] = (), moves: Sequence[Move] = ()) -> None:
        """The customer signs."""
        if self.arrived is not None:
            plan.add(
                FactKind.SHIP, self.arrived, f"{self.number}/arrived", moves=moves, carries=tuple(carries), station=CUSTOMERS[self.customer],
                operator=SHIPPER, operation="到货签收", order=self.order, document=self.number, source=FactSource.SCAN, data=self._data(),
            )  # fmt: skip

    def _data(self) -> dict[str, Json]:
        return {"vehicle": self.truck, "customer": CUSTOMERS[self.customer]}


def ship_pallets(plan: Plan, trip: Trip, pallets: Sequence[Pallet]) -> None:
    """Whole pallets go to a customer."""
    trip.leaves(plan, carries=[Carry(pallet.code, pallet.bin, TRANSIT) for pallet in pallets])
    trip.arrives(plan, carries=[Carry(pallet.code, TRANSIT, trip.customer) for pallet in pallets])
    if trip.arrived is not None:
        plan.delivered_pallets += [(trip.arrived, trip.customer, pallet) for pallet in pallets]


def ship_loose(plan: Plan, trip: Trip, moves: Sequence[Move]) -> None:
    """Cartons picked from a pallet: ``moves`` go into transit, then to the customer."""
    trip.leaves(plan, operation="拣箱发货", moves=moves)
    delivered = [Move(move.lot, move.quantity, TRANSIT, trip.customer) for move in moves]
    trip.arrives(plan, moves=delivered)
    if trip.arrived is not None:
        plan.delivered_loose += [(trip.arrived, move) for move in delivered]


def ship_day(plan: Plan, product: Product, day: date) -> None:
    """The afternoon's trucks: the oldest pallets above the safety stock go to the customers in turn."""
    rng = plan.rng("ship", product.item, day)
    store, slot, noon = plan.store[product.item], 0, at(day, "15:00")
    while len(store) > SAFETY_PALLETS and store[0].ready < noon:
        customer = rng.choice(tuple(_ROUTES))
        hours, most = _ROUTES[customer]
        left = at(day, "16:10", minutes=9 * slot + 2 * abs(product.order_offset))
        order = f"SO-{20931 + 6 * plan.period.distance(day) + slot % 6}"
        trip = Trip(plan.next_shipment(day), customer, left, left + timedelta(hours=hours), order, rng.choice(TRUCKS))
        if most:
            wanted = min(rng.randint(1, most), len(store) - SAFETY_PALLETS)
            ship_pallets(plan, trip, [store.pop(0) for _ in range(wanted) if store[0].ready < noon])
        else:
            ship_loose(plan, trip, pick(store, rng.randint(16, 40) * product.pouches_per_carton))
        slot += 1


def pick(store: list[Pallet], amount: int) -> list[Move]:
    """Pouches off the oldest pallet into transit; an emptied pallet leaves the store's list."""
    pallet, moves = store[0], []
    for lot in list(pallet.load):
        part = min(pallet.load[lot], amount)
        if part:
            moves.append(Move(lot, pieces(part), pallet.code, TRANSIT))
            pallet.load[lot] -= part
            amount -= part
        if not pallet.load[lot]:
            del pallet.load[lot]
    if not pallet.load:
        store.pop(0)
    return moves
