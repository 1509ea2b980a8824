"""What went wrong, and what was unusual, by days before the last one. Every real plant has these; a demonstration needs them.

Open at the end, to be found: the story's defect (``story``), two lots of soy sauce and one of cured beef on hold, a beef receipt
that waits for its inspection. Deliberate gaps of the chain: foil pouches that nobody scanned (``prepare_incidents``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from lotline.core.facts import Birth, Carry, Disposition, FactKind, FactSource, LotRef, Move
from lotline.doors.exchange.demo import readings
from lotline.doors.exchange.demo.calendar import at, stamp
from lotline.doors.exchange.demo.kitchen import draw, thaw, tumble
from lotline.doors.exchange.demo.logistics import put_away
from lotline.doors.exchange.demo.master_data import (
    BINGZHOU,
    CAOYUAN,
    CARTON,
    CHUANYAN,
    CUSTOMERS,
    DINGSHENG,
    GUANGXI,
    HENGDU,
    MATERIALS,
    RED_AREA,
    RETURNS,
    SALT,
    SCRAP,
    SHANK,
    SHANK_180,
    SHUJIU,
    SLICES_100,
    SOY,
    SPICE,
    SUGAR,
    VARIANCE,
    WINE,
    goods_bins,
)  # fmt: skip
from lotline.doors.exchange.demo.people import QUALITY_LEAD, QUALITY_SECOND, RECEIVER, SHIPPER, STORE
from lotline.doors.exchange.demo.plan import Pallet, Plan, consume, grams, pieces, produce
from lotline.doors.exchange.demo.purchasing import buy, inspect_receipt, read_receipt, receipt_code, receive

Incident = Callable[[Plan, date], None]
QUIET_DAYS = timedelta(days=4)


def prepare_incidents(plan: Plan) -> None:
    """What daily work has to know beforehand: on which days something happens inside an operation."""
    before = plan.period.before
    # Nobody wrote down at which pouch the reel was changed: both reels are possible for the lot that was being packed.
    # It happens on each of these lines at the first change after these days.
    plan.blind_reels = {SHANK_180.item: [before(66), before(14)], SLICES_100.item: [before(66)]}
    # Nobody scanned the foil: what the line used came from nowhere. These are the gaps that trace coverage must name.
    plan.unscanned_foil = {(SLICES_100.item, before(6)), (SHANK_180.item, before(70))}
    plan.weak_seals = {before(12), before(89)}
    plan.reserve(receipt_code(before(2), 7), receipt_code(before(16), 1), f"YZ-{stamp(before(1))}-02")


def tell_incidents(plan: Plan, day: date) -> None:
    """What happened on ``day`` beside the ordinary work; nothing unusual in the first days, when little is in the stores."""
    if day < plan.period.first + QUIET_DAYS:
        return
    distance = (plan.period.last - day).days
    for days, incident in _INCIDENTS:
        if days == distance:
            incident(plan, day)


# --- incoming goods -----------------------------------------------------------------------------------------------------------------


def _beef_rejected(plan: Plan, day: date) -> None:
    """Beef arrives too warm, is rejected and goes back."""
    lot, when = LotRef(SHANK, plan.next_code("RM", day)), at(day, "10:40")
    receive(
        plan, lot=lot, amount=grams(640_000), supplier=CAOYUAN, supplier_lot=plan.supplier_number("CY", day, 4), when=when, place=RED_AREA
    )
    shown = [readings.ARRIVAL.show("-12.1"), readings.TVBN.show("16.4")]
    inspect_receipt(
        plan,
        lot=lot,
        when=when + timedelta(minutes=50),
        measurements=shown,
        disposition=Disposition.REJECTED,
        reason="到货温度、TVB-N 超限",
    )
    plan.add(
        FactKind.RETURN, at(day, "15:20"), f"supplier/{lot.code}", moves=[Move(lot, grams(640_000), RED_AREA, CAOYUAN)], reason="拒收退回",
        operator=RECEIVER, operation="退供应商", document=f"TG-{stamp(day)}-01", station="收货月台", source=FactSource.SCAN,
    )  # fmt: skip


def _one_code_two_items(plan: Plan, day: date) -> None:
    """Two people at two tables give the same number to salt and to sugar."""
    code = plan.next_code("RM", day)
    for item, supplier, number, clock, amount in (
        (SALT, CHUANYAN, f"CN-{day:%Y%m%d}-02", "09:05", 400_000),
        (SUGAR, BINGZHOU, f"BT-{day:%Y%m%d}-05", "09:20", 250_000),
    ):
        _receive_released(plan, LotRef(item, code), amount, supplier, number, at(day, clock), "D-02-1")


def _one_lot_two_suppliers(plan: Plan, day: date) -> None:
    """Sugar of two suppliers is put away under one lot code."""
    lot = LotRef(SUGAR, plan.next_code("RM", day))
    _receive_released(plan, lot, 150_000, BINGZHOU, f"BT-{day:%Y%m%d}-01", at(day, "09:30"), "D-01-1")
    receive(
        plan,
        lot=lot,
        amount=grams(120_000),
        supplier=GUANGXI,
        supplier_lot=f"GT-{day:%Y%m%d}-08",
        when=at(day, "11:00"),
        place="D-01-1",
        part=2,
    )
    plan.stock.put(lot, "D-01-1", grams(120_000))


def _one_number_two_suppliers(plan: Plan, day: date) -> None:
    """Two suppliers number by the date alone, and meet."""
    for supplier, clock in ((HENGDU, "09:40"), (CAOYUAN, "10:05")):
        lot = LotRef(SHANK, plan.next_code("RM", day))
        _receive_released(plan, lot, 720_000, supplier, f"{day - timedelta(days=2):%Y%m%d}-A", at(day, clock), "C-02-2")


def _receive_released(plan: Plan, lot: LotRef, amount: int, supplier: str, number: str, when: datetime, place: str) -> None:
    receive(plan, lot=lot, amount=grams(amount), supplier=supplier, supplier_lot=number, when=when, place=place)
    inspect_receipt(plan, lot=lot, when=when + timedelta(minutes=50), measurements=read_receipt(plan, MATERIALS[lot.item], lot))
    plan.stock.put(lot, place, grams(amount))


def _soy_waits(plan: Plan, day: date) -> None:
    """Soy sauce whose amino nitrogen is to be tested again: on hold for more than a day at the end."""
    lot = LotRef(SOY, receipt_code(day, 7))
    receive(
        plan, lot=lot, amount=grams(820_000), supplier=DINGSHENG, supplier_lot=f"DS-{day:%Y%m%d}-02", when=at(day, "15:20"), place="D-02-1"
    )
    _hold(plan, lot, at(day, "06:43") + timedelta(days=1), QUALITY_SECOND, "氨基酸态氮待复检")


def _soy_recalled(plan: Plan, day: date) -> None:
    """The supplier calls two weeks later about one of its tanks."""
    lot = LotRef(SOY, receipt_code(day, 1))
    when = at(day, "10:30")
    receive(plan, lot=lot, amount=grams(600_000), supplier=DINGSHENG, supplier_lot=f"DS-{day:%Y%m%d}-T2", when=when, place="D-02-1")
    inspect_receipt(plan, lot=lot, when=when + timedelta(minutes=50), measurements=read_receipt(plan, MATERIALS[SOY], lot))
    _hold(plan, lot, at(plan.period.story, "17:20"), QUALITY_SECOND, "供应商通知：T2 罐")


def _beef_pending(plan: Plan, day: date) -> None:
    """Beef that came in yesterday and waits for its inspection."""
    lot = LotRef(SHANK, plan.next_code("RM", day))
    receive(
        plan, lot=lot, amount=grams(1_080_000), supplier=HENGDU, supplier_lot=f"HD-{day:%Y%m%d}-A01", when=at(day, "14:30"), place="C-01-1"
    )


def _wine_expires(plan: Plan, day: date) -> None:
    """A remainder with a near date is bought and forgotten; a week later it is thrown away."""
    lot, when = LotRef(WINE, plan.next_code("RM", day)), at(day, "11:10")
    expires = when + timedelta(days=6)
    plan.add(
        FactKind.RECEIVE, when, f"{lot.item}/{lot.code}/1", moves=[Move(lot, grams(40_000), SHUJIU, "D-02-1")],
        births=(Birth(lot, expires_at=expires, supplier=SHUJIU, supplier_lot=f"SJ-{day:%Y%m%d}-09"),), station="收货月台",
        operator=RECEIVER, operation="收货", document=f"DN-{lot.code[3:]}", source=FactSource.TYPED,
    )  # fmt: skip
    inspect_receipt(plan, lot=lot, when=when + timedelta(minutes=30), measurements=read_receipt(plan, MATERIALS[WINE], lot))
    plan.add(
        FactKind.SCRAP, when + timedelta(days=7), lot.code, moves=[Move(lot, grams(40_000), "D-02-1", SCRAP)], reason="过期",
        operator=STORE, operation="报废", station="辅料库", source=FactSource.SCAN,
    )  # fmt: skip


def _stores_counted(plan: Plan, day: date) -> None:
    """A count finds a little less beef and a little more salt than the books."""
    for item, amount, gain in ((SHANK, 3_200, False), (SALT, 1_500, True)):
        parcel = plan.stock.newest(item)
        way = (VARIANCE, parcel.place) if gain else (parcel.place, VARIANCE)
        plan.add(
            FactKind.ADJUST, at(day, "05:40"), f"count/{parcel.lot.code}/{day:%y%m%d}", moves=[Move(parcel.lot, grams(amount), *way)],
            reason="月度盘点", operator=STORE, operation="盘点", source=FactSource.SCAN,
        )  # fmt: skip
        parcel.left += grams(amount) if gain else -grams(amount)


def _spices_merged(plan: Plan, day: date) -> None:
    """Two remainders are put into one bin under a new code."""
    buy(plan, MATERIALS[SPICE], day, at(day, "06:00"))
    merged, when = LotRef(SPICE, plan.next_code("RM", day)), at(day, "07:40")
    parcels = [plan.stock.take_lot(SPICE), plan.stock.take_lot(SPICE)]
    total = sum(parcel.left for parcel in parcels)
    plan.add(
        FactKind.MERGE, when, merged.code,
        moves=[*(consume(parcel.lot, parcel.left, parcel.place) for parcel in parcels), produce(merged, total, "D-01-2")],
        reason="合并余料", operator=STORE, operation="合批", station="辅料库", source=FactSource.SCAN,
    )  # fmt: skip
    inspect_receipt(plan, lot=merged, when=when + timedelta(minutes=20), measurements=read_receipt(plan, MATERIALS[SPICE], merged))
    plan.stock.put(merged, "D-01-2", total)


# --- work in progress ---------------------------------------------------------------------------------------------------------------


def _kettle_too_cold(plan: Plan, day: date) -> None:
    """A braised lot below its limit is rejected, then used under a signed concession."""
    step = next(
        step
        for step in plan.steps
        if step.draft.operation == "卤煮" and step.draft.happened_at.date() == day and "LU-BB" in step.draft.moves[-1].lot.item
    )
    lot, when = step.draft.moves[-1].lot, step.draft.happened_at
    rng = plan.rng("concession", lot.code)
    shown = (readings.BRAISE_TEMPERATURE.show("94.6"), readings.BRAISE_TIME.show("96"), readings.SALINITY.read(rng))
    plan.amend(step.draft.key, measurements=shown)
    plan.add(
        FactKind.INSPECT, when + timedelta(minutes=45), f"wip/{lot.code}", by=QUALITY_SECOND, subjects=(lot,),
        disposition=Disposition.REJECTED, reason="卤煮 94.6 ℃，下限 95.0 ℃", operator=QUALITY_SECOND, operation="过程检验",
        document=f"JY-{lot.code[3:]}", source=FactSource.SCAN,
    )  # fmt: skip
    plan.add(
        FactKind.SIGN, when + timedelta(minutes=70), f"concession/{lot.code}", by=QUALITY_LEAD, subjects=(lot,),
        disposition=Disposition.CONCESSION, reason="让步接收：中心温度复测合格，杀菌强度不受影响", operator=QUALITY_LEAD, operation="让步接收",
        document=f"RB-{stamp(day)}-01", source=FactSource.SCAN,
    )  # fmt: skip


def _cured_too_warm(plan: Plan, day: date) -> None:
    """Cured beef that came out of the tumbler at 6.8 ℃ is held the next day."""
    next_day = day + timedelta(days=1)
    order = plan.order(next_day + timedelta(days=1), SHANK_180.order_offset)
    trimmed = thaw(
        plan, SHANK_180, code=plan.next_code("XZ", day), inputs=draw(plan, SHANK, 325_000), output=298_300, when=at(day, "13:40"),
        station="THAW-1", order=order,
    )  # fmt: skip
    shown = (readings.TUMBLE_TEMPERATURE.show("5.9"), readings.TUMBLE_TIME.show("15.8"), readings.OUTFEED.show("6.8"))
    cured = tumble(
        plan, SHANK_180, code=f"YZ-{stamp(next_day)}-02", trimmed=[trimmed], salt=draw(plan, SALT, 4_700), output=310_000,
        when=at(next_day, "06:55"), station="TUM-2", order=order, measured=shown,
    )  # fmt: skip
    _hold(plan, cured.lot, at(next_day, "23:40"), QUALITY_SECOND, "出料温度 6.8 ℃，上限 6")


# --- finished goods -----------------------------------------------------------------------------------------------------------------


def _stored(plan: Plan, day: date, item: str = SHANK_180.item) -> list[Pallet]:
    """Pallets that have stood in the store since yesterday, the oldest first."""
    return [pallet for pallet in plan.store[item] if pallet.ready < at(day, "00:00")]


def _typing_error(plan: Plan, day: date) -> None:
    """Somebody types 120 for 12; the fact is taken back and told again."""
    pallet = _stored(plan, day)[-1]
    lot = next(iter(pallet.load))
    fields: dict[str, Any] = {
        "reason": "托盘碰撞，破袋",
        "operator": STORE,
        "operation": "报废",
        "station": "成品库",
        "source": FactSource.TYPED,
    }
    wrong = plan.add(FactKind.SCRAP, at(day, "08:20"), f"{lot.code}/typed", moves=[Move(lot, pieces(120), pallet.code, SCRAP)], **fields)
    plan.add(
        FactKind.REVERSE, at(day, "08:32"), f"{lot.code}/typed", reverses_key=wrong, reason="数量录错，应为 12 袋", operator=STORE,
        operation="更正", source=FactSource.TYPED,
    )  # fmt: skip
    plan.add(FactKind.SCRAP, at(day, "08:33"), f"{lot.code}/right", moves=[Move(lot, pieces(12), pallet.code, SCRAP)], **fields)
    pallet.load[lot] -= 12


def _held_and_released(plan: Plan, day: date) -> None:
    """A lot with a faint date code is held in the morning and released in the afternoon."""
    lot = next(iter(_stored(plan, day)[-1].load))
    _hold(plan, lot, at(day, "09:00"), QUALITY_SECOND, "喷码不清，待复核")
    plan.add(
        FactKind.RELEASE, at(day, "15:30"), f"{lot.code}/{day:%y%m%d}", by=QUALITY_LEAD, subjects=(lot,), reason="复核合格",
        operator=QUALITY_LEAD, operation="解冻结", source=FactSource.SCAN,
    )  # fmt: skip


def _split_for_export(plan: Plan, day: date) -> None:
    """Part of a lot gets a code of its own, ``.1``, for a customer who wants his own label."""
    pallet = _stored(plan, day)[-1]
    lot = next(iter(pallet.load))
    part, amount = LotRef(lot.item, f"{lot.code}.1"), min(240, pallet.load[lot] - 1)
    plan.add(
        FactKind.SPLIT, at(day, "09:15"), part.code,
        moves=[consume(lot, pieces(amount), pallet.code), produce(part, pieces(amount), pallet.code)], reason="客户专用标签",
        operator=STORE, operation="拆批", station="成品库", source=FactSource.SCAN,
    )  # fmt: skip
    plan.add(
        FactKind.INSPECT, at(day, "09:40"), f"fg/{part.code}", subjects=(part,), disposition=Disposition.RELEASED, operator=QUALITY_SECOND,
        operation="成品检验", document=f"JY-{part.code[3:]}", source=FactSource.SCAN,
    )  # fmt: skip
    pallet.load[lot] -= amount
    pallet.load[part] = amount


def _pallet_restacked(plan: Plan, day: date) -> None:
    """Cartons of a damaged pallet are taken off and stacked on its neighbour."""
    damaged, neighbour = _stored(plan, day, SLICES_100.item)[-2:]
    lot = next(iter(damaged.load))
    amount = min(180, damaged.load[lot] - 1)
    names: dict[str, Any] = {"operator": STORE, "station": "装箱 A", "source": FactSource.SCAN}
    plan.add(
        FactKind.UNPACK, at(day, "09:30"), damaged.code, moves=[Move(lot, pieces(amount), damaged.code, CARTON)], operation="拆托", **names
    )
    plan.add(
        FactKind.PACK, at(day, "09:50"), f"{neighbour.code}/{day:%y%m%d}", moves=[Move(lot, pieces(amount), CARTON, neighbour.code)],
        operation="并托", **names,
    )  # fmt: skip
    damaged.load[lot] -= amount
    neighbour.load[lot] = neighbour.load.get(lot, 0) + amount


def _cartons_returned(plan: Plan, day: date) -> None:
    """A customer sends damaged cartons back; part of them is thrown away."""
    move = next((move for arrived, move in reversed(plan.delivered_loose) if arrived < at(day, "08:00")), None)
    if move is None:
        return
    amount = min(move.quantity, pieces(40))
    plan.add(
        FactKind.RETURN, at(day, "10:20"), f"{move.lot.code}/{day:%y%m%d}", moves=[Move(move.lot, amount, move.target, RETURNS)],
        reason="外箱破损", operator=SHIPPER, operation="客户退货", document=f"TH-{stamp(day)}-01", station="退货区", source=FactSource.SCAN,
        data={"customer": CUSTOMERS[move.target]},
    )  # fmt: skip
    plan.add(
        FactKind.INSPECT, at(day, "11:30"), f"return/{move.lot.code}/{day:%y%m%d}", subjects=(move.lot,), operator=QUALITY_SECOND,
        operation="退货检验", document=f"JY-{stamp(day)}-TH", measurements=(readings.SEAL_STRENGTH.show("50", source="typed"),),
        source=FactSource.SCAN,
    )  # fmt: skip
    plan.add(
        FactKind.SCRAP, at(day, "13:10"), f"return/{move.lot.code}/{day:%y%m%d}", moves=[Move(move.lot, amount // pieces(4) * pieces(1), RETURNS, SCRAP)],
        reason="退货破袋", operator=STORE, operation="报废", station="退货区", source=FactSource.SCAN,
    )  # fmt: skip


def _pallet_refused(plan: Plan, day: date) -> None:
    """A customer refuses a wet pallet; it comes back, is checked, and goes out again."""
    customer, pallet = next((to, pallet) for arrived, to, pallet in reversed(plan.delivered_pallets) if arrived < at(day, "08:00"))
    plan.add(
        FactKind.RETURN, at(day, "10:45"), f"{pallet.code}/{day:%y%m%d}", carries=(Carry(pallet.code, customer, RETURNS),),
        reason="外箱受潮，拒收", operator=SHIPPER, operation="客户退货", document=f"TH-{stamp(day)}-02", station="退货区", source=FactSource.SCAN,
        data={"customer": CUSTOMERS[customer]},
    )  # fmt: skip
    pallet.bin = RETURNS
    put_away(plan, [pallet], bin_=goods_bins()[-1], when=at(day, "14:20"), again=True)
    item = next(iter(pallet.load)).item
    plan.store[item].append(pallet)


def _hold(plan: Plan, lot: LotRef, when: datetime, who: str, reason: str) -> None:
    plan.add(
        FactKind.HOLD, when, f"{lot.item}/{lot.code}", by=who, subjects=(lot,), reason=reason, operator=who, operation="冻结",
        source=FactSource.SCAN,
    )  # fmt: skip


_INCIDENTS: tuple[tuple[int, Incident], ...] = (
    (16, _soy_recalled), (14, _spices_merged), (13, _one_number_two_suppliers), (12, _held_and_released), (11, _one_code_two_items),
    (10, _stores_counted), (9, _wine_expires), (9, _split_for_export), (8, _kettle_too_cold), (7, _one_lot_two_suppliers),
    (6, _pallet_restacked), (5, _beef_rejected), (5, _pallet_refused), (4, _typing_error), (3, _cartons_returned), (2, _soy_waits),
    (2, _cured_too_warm), (1, _beef_pending),
    # The same things happened before.
    (33, _stores_counted), (40, _cartons_returned), (47, _beef_rejected), (56, _kettle_too_cold), (61, _stores_counted),
    (68, _pallet_refused), (75, _spices_merged), (82, _held_and_released), (96, _stores_counted), (103, _split_for_export),
    (110, _beef_rejected), (117, _cartons_returned), (124, _stores_counted), (131, _typing_error), (138, _pallet_restacked),
    (145, _wine_expires), (152, _stores_counted),
)  # fmt: skip
