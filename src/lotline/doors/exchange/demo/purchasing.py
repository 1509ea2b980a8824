"""Goods coming in: receipts with the supplier's numbers, and the incoming inspection that releases or rejects them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lotline.core.facts import Birth, Disposition, FactKind, FactSource, LotRef, Measurement, Move
from lotline.doors.exchange.demo import readings
from lotline.doors.exchange.demo.calendar import at, stamp
from lotline.doors.exchange.demo.master_data import (
    BINGZHOU,
    CAOYUAN,
    CHUANYAN,
    COLD,
    DINGSHENG,
    GUANGXI,
    HANYUAN,
    HENGDU,
    HUAYIN,
    MATERIALS,
    PACKAGING,
    RONGDA,
    SHUJIU,
    SOY,
    Material,
    store_bins,
)
from lotline.doors.exchange.demo.people import QUALITY_SECOND, RECEIVER
from lotline.doors.exchange.demo.plan import Plan, grams, pieces

# What the numbers of each supplier begin with.
SUPPLIER_LETTERS = {
    HENGDU: "HD", CAOYUAN: "CY", DINGSHENG: "DS", CHUANYAN: "CN", HANYUAN: "HX", SHUJIU: "SJ", BINGZHOU: "BT", GUANGXI: "GT",
    HUAYIN: "HY", RONGDA: "RD",
}  # fmt: skip


def micro(material: Material, amount: int) -> int:
    """Grams or pieces of a material in micro base units."""
    return pieces(amount) if material.pieces else grams(amount)


def receive(
    plan: Plan, *, lot: LotRef, amount: int, supplier: str, supplier_lot: str, when: datetime, place: str, note: str = "", part: int = 1
) -> None:
    """One receipt, in micro base units. ``part`` counts the receipts of the same lot code."""
    material = MATERIALS[lot.item]
    plan.add(
        FactKind.RECEIVE, when, f"{lot.item}/{lot.code}/{part}",
        moves=[Move(lot, amount, supplier, place)],
        births=(Birth(lot, supplier=supplier, supplier_lot=supplier_lot, attributes={"kind": material.name}),),
        station="收货月台", operator=RECEIVER, operation="收货", document=note or f"DN-{lot.code[3:]}", source=FactSource.SCAN,
    )  # fmt: skip


def inspect_receipt(
    plan: Plan, *, lot: LotRef, when: datetime, measurements: Sequence[Measurement], disposition: Disposition | None = Disposition.RELEASED,
    part: int = 1, reason: str = "",
) -> None:  # fmt: skip
    """The incoming inspection of a lot, with its decision."""
    certificates = ["检验证明", "入境检疫"] if MATERIALS[lot.item].warehouse == COLD else ["检验证明"]
    plan.add(
        FactKind.INSPECT, when, f"in/{lot.item}/{lot.code}/{part}",
        subjects=(lot,), measurements=tuple(measurements), disposition=disposition, reason=reason,
        station="收货检验室", operator=RECEIVER if disposition is Disposition.RELEASED else QUALITY_SECOND, operation="收货检验",
        document=f"JY-{lot.code[3:]}", source=FactSource.SCAN, data={"certificates": certificates},
    )  # fmt: skip


def read_receipt(plan: Plan, material: Material, lot: LotRef) -> list[Measurement]:
    """Ordinary results for what the material is tested for."""
    rng = plan.rng("receipt", lot.item, lot.code)
    if material.warehouse == COLD:
        return [readings.ARRIVAL.read(rng), readings.TVBN.read(rng)]
    if material.warehouse == PACKAGING:
        return [readings.FOIL_STRENGTH.read(rng)] if material.item.startswith("PK-FOIL") else []
    return [readings.AMINO.read(rng)] if material.item == SOY else [readings.MOISTURE.read(rng)]


def buy(plan: Plan, material: Material, day: date, when: datetime) -> None:
    """Receive one lot of ordinary size, inspect it, and put it where work draws from."""
    rng = plan.rng("buy", material.item, day, when)
    lot = LotRef(material.item, plan.next_code("RM", day))
    spread = material.lot_size // 12
    step = 1000 if material.pieces else 10_000
    amount = micro(material, (material.lot_size + rng.randint(-spread, spread)) // step * step)
    supplier = material.suppliers[rng.randrange(len(material.suppliers))]
    place = rng.choice(store_bins(material.warehouse))
    number = plan.supplier_number(SUPPLIER_LETTERS[supplier], day - timedelta(days=rng.randint(1, 4)), rng.randint(1, 9))
    receive(plan, lot=lot, amount=amount, supplier=supplier, supplier_lot=number, when=when, place=place)
    inspect_receipt(plan, lot=lot, when=when + timedelta(minutes=55), measurements=read_receipt(plan, material, lot))
    plan.stock.put(lot, place, amount)


def buy_what_is_low(plan: Plan, day: date, *, days_of_stock: int = 1) -> None:
    """The day's deliveries: whatever has fallen under its reorder point comes in, from 08:10 on."""
    slot = 0
    for material in MATERIALS.values():
        while plan.stock.left(material.item) < micro(material, material.reorder_at * days_of_stock):
            buy(plan, material, day, at(day, "08:10", minutes=17 * slot))
            slot += 1


def receipt_code(day: date, number: int) -> str:
    """A raw lot's code: ``RM-261109-02``."""
    return f"RM-{stamp(day)}-{number:02d}"
