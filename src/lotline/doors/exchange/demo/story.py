"""The hidden defect. A complaint about FG-…-A03 leads to retort cycle SJ-…-2-03, and from there to four finished lots.

Steam fell to 0.28 MPa during the cycle, F0 came to 2.61 min instead of 3.00, three alarms were acknowledged by hand, and 11,872
pouches went on. Nothing in the records calls it a defect: it is found by following the postings and reading the measurements.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lotline.core.facts import FactKind, FactSource, LotRef, Move
from lotline.doors.exchange.demo import readings
from lotline.doors.exchange.demo.calendar import at, stamp
from lotline.doors.exchange.demo.kitchen import Batch, braise, cook_broth, thaw, tumble
from lotline.doors.exchange.demo.logistics import Trip, put_away, ship_pallets, stack
from lotline.doors.exchange.demo.master_data import (
    BINGZHOU,
    CHUANNAN,
    CHUANYAN,
    DINGSHENG,
    FOIL_180,
    HANYUAN,
    HAOLINJU,
    HENGDU,
    HUAYIN,
    HUIWANJIA,
    MATERIALS,
    SALT,
    SCRAP,
    SHANK,
    SHANK_180,
    SHUJIU,
    SOY,
    SPICE,
    SUGAR,
    SWRAIL,
    VARIANCE,
    WINE,
    YUNGOU,
)  # fmt: skip
from lotline.doors.exchange.demo.packing import carton, draw_boxes, keep_sample, pack, release, retort, scrap
from lotline.doors.exchange.demo.people import KETTLE, LEADER, QUALITY_LEAD, QUALITY_SECOND, SEALER_SECOND, STORE, TUMBLER
from lotline.doors.exchange.demo.plan import Pallet, Plan, consume, grams, pieces
from lotline.doors.exchange.demo.purchasing import inspect_receipt, micro, read_receipt, receipt_code, receive

# Raw lots of the story: days before its day, running number, item, supplier, amount (g or pieces), bin, supplier's number.
# The first two came on two days under one number of the supplier.
_RECEIPTS = (
    (8, 2, SHANK, HENGDU, 1_240_000, "C-01-1", "HD-{8}-07"), (7, 5, SHANK, HENGDU, 980_000, "C-01-2", "HD-{8}-07"),
    (6, 3, SHANK, HENGDU, 1_060_000, "C-02-1", "HD-{6}-02"), (20, 11, SPICE, HANYUAN, 120_000, "D-01-1", "HX-{22}-03"),
    (16, 8, SALT, CHUANYAN, 500_000, "D-01-2", "CN-{18}-01"), (12, 4, WINE, SHUJIU, 300_000, "D-02-1", "SJ-{14}-06"),
    (5, 1, SOY, DINGSHENG, 600_000, "D-02-1", "DS-{7}-05"), (18, 3, SUGAR, BINGZHOU, 200_000, "D-01-1", "BT-{21}-02"),
    (27, 14, FOIL_180, HUAYIN, 60_000, "P-01", "HY-{30}-04"),
)  # fmt: skip
# Braised lots: cured lots with grams, broth with grams, output, start, kettle.
_KETTLES = (
    ((("01", 613_000),), ("01", 380_000), 702_000, "03:10", "KET-4"),
    ((("01", 207_000), ("02", 401_000)), ("01", 380_000), 696_240, "04:10", "KET-5"),
    ((("02", 389_000), ("03", 116_000)), ("01", 340_000), 578_260, "04:20", "KET-1"),
    ((("03", 414_000),), ("02", 400_000), 474_320, "04:40", "KET-2"),
    ((("03", 315_000),), ("02", 380_000), 360_780, "05:00", "KET-4"),
)
# Packed lots: braised lots with grams, good, bad, start, line, operator.
_PACKED = {
    "A02": ((("01", 521_280),), 2890, 6, "05:20", "PACK-1", LEADER),
    "A03": ((("01", 180_720), ("02", 696_240)), 4860, 12, "06:40", "PACK-1", LEADER),
    "A04": ((("03", 478_260),), 2652, 5, "07:25", "PACK-1", LEADER),
    "B01": ((("03", 100_000), ("04", 174_320)), 1520, 4, "08:10", "PACK-2", SEALER_SECOND),
    "A05": ((("04", 300_000), ("05", 133_440)), 2400, 8, "08:00", "PACK-1", LEADER),
    "B02": ((("05", 227_340),), 1260, 3, "09:05", "PACK-2", SEALER_SECOND),
}


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of the story's lots, by the day on which it happened."""

    day: date

    def of(self, prefix: str, end: str, *, days_before: int = 0) -> str:
        """``of("FG", "A03")`` is FG-261117-A03."""
        return f"{prefix}-{stamp(self.day - timedelta(days=days_before))}-{end}"

    @property
    def complaint(self) -> LotRef:
        """The finished lot that the customer complained about."""
        return LotRef(SHANK_180.item, self.of("FG", "A03"))

    @property
    def defect(self) -> LotRef:
        """The retort cycle with the low F0."""
        return LotRef(SHANK_180.stage("SJ"), self.of("SJ", "2-03"))

    @property
    def affected(self) -> tuple[LotRef, ...]:
        """The finished lots that came out of that cycle."""
        return tuple(LotRef(SHANK_180.item, self.of("FG", end)) for end in ("A02", "A03", "A04", "B01"))


def reserve_codes(plan: Plan) -> None:
    """Keep the story's codes for it, before daily work starts to give codes out."""
    codes = Codes(plan.period.story)
    plan.reserve(*(receipt_code(codes.day - timedelta(days=days), number) for days, number, *_rest in _RECEIPTS))
    for number in ("01", "02", "03"):
        plan.reserve(codes.of("XZ", number, days_before=2), codes.of("YZ", number, days_before=1))
    plan.reserve(*(codes.of("LZ", number) for number in ("01", "02")), *(codes.of("LU", f"{n:02d}") for n in range(1, 6)))
    plan.reserve(*(codes.of("BZ", end) for end in ("A01", *_PACKED)))
    plan.reserve(*(codes.of("SH", f"{n:03d}") for n in (7, 8, 9)), *(codes.of("SH", f"{n:03d}", days_before=-1) for n in (1, 2)))
    plan.reserve(*(f"{stamp(codes.day)}/{n}" for n in (2, 3, 5)))


def receive_story(plan: Plan) -> None:
    """The story's raw lots come in and are inspected."""
    day = plan.period.story
    for days, number, item, supplier, amount, bin_, numbered in _RECEIPTS:
        when = at(day - timedelta(days=days), "08:50", minutes=3 * number)
        lot = LotRef(item, receipt_code(day - timedelta(days=days), number))
        dates = {str(n): f"{day - timedelta(days=n):%Y%m%d}" for n in range(32)}
        supplier_lot = numbered
        for n, text in dates.items():
            supplier_lot = supplier_lot.replace(f"{{{n}}}", text)
        receive(plan, lot=lot, amount=micro(MATERIALS[item], amount), supplier=supplier, supplier_lot=supplier_lot, when=when, place=bin_)
        shown = [readings.ARRIVAL.show("-18.6"), readings.TVBN.show("9.8")] if days == 8 else read_receipt(plan, MATERIALS[item], lot)
        inspect_receipt(plan, lot=lot, when=when + timedelta(minutes=24), measurements=shown)


def tell_story(plan: Plan) -> None:
    """From the thawing room to the complaint."""
    codes = Codes(plan.period.story)
    cured = _prepare(plan, codes)
    braised = _braise(plan, codes, cured)
    packed = _pack(plan, codes, braised)
    cycles = _retort(plan, codes, packed)
    finished = _finish(plan, codes, cycles)
    pallets = _store(plan, codes, finished)
    _deliver(plan, codes, pallets)
    _complain(plan, codes)
    return_to_stock(plan, codes)


def _raw(codes: Codes, index: int, amount: int) -> tuple[LotRef, str, int]:
    days, number, item, _supplier, _amount, bin_, _number = _RECEIPTS[index]
    return LotRef(item, receipt_code(codes.day - timedelta(days=days), number)), bin_, amount


def _prepare(plan: Plan, codes: Codes) -> dict[str, Batch]:
    """Thaw and tumble. Tumbler 3 lost its connection for four hours: its parameters were typed, one was not recorded."""
    order = plan.order(codes.day, SHANK_180.order_offset)
    beef = {
        "01": ([_raw(codes, 0, 860_000)], 789_400, 820_000, "TUM-3"),
        "02": ([_raw(codes, 0, 380_000), _raw(codes, 1, 447_000)], 759_100, 790_000, "TUM-2"),
        "03": ([_raw(codes, 1, 533_000), _raw(codes, 2, 352_000)], 812_400, 845_000, "TUM-4"),
    }
    cured = {}
    for slot, (number, (inputs, trimmed, output, tumbler)) in enumerate(beef.items()):
        typed = number == "01"
        thawed = thaw(
            plan, SHANK_180, code=codes.of("XZ", number, days_before=2), inputs=inputs, output=trimmed, station="THAW-2", order=order,
            when=at(codes.day - timedelta(days=2), "14:05", minutes=35 * slot),
            measured=(readings.CORE.show("2.4"), readings.TRIM_YIELD.show("91.8")) if typed else (),
        )  # fmt: skip
        shown = (
            readings.TUMBLE_TEMPERATURE.show("4.1", source="typed"), readings.TUMBLE_TIME.show("12.4", source="typed"),
            readings.OUTFEED.show("4.1", source="typed"), readings.DRUM_SPEED.show(None, source="typed"),
        )  # fmt: skip
        cured[number] = tumble(
            plan, SHANK_180, code=codes.of("YZ", number, days_before=1), trimmed=[thawed], salt=[_raw(codes, 4, 12_600)], output=output,
            when=at(codes.day - timedelta(days=1), "06:15", minutes=45 * slot), station=tumbler, order=order,
            measured=shown if typed else (), source=FactSource.TYPED if typed else FactSource.DEVICE,
        )  # fmt: skip
    plan.add(
        FactKind.NOTE, at(codes.day - timedelta(days=1), "11:10"), "capture gap", subjects=(cured["01"].lot,), station="滚揉机 3 号",
        equipment="滚揉机 3 号", operator=TUMBLER, operation="采集中断", reason="滚揉机 3 号离线，采集中断 4 h", source=FactSource.TYPED,
        data={"from": "07:10", "to": "11:10"},
    )  # fmt: skip
    return cured


def _braise(plan: Plan, codes: Codes, cured: dict[str, Batch]) -> dict[str, Batch]:
    order = plan.order(codes.day, SHANK_180.order_offset)
    recipes = {
        "01": ([_raw(codes, 6, 60_000), _raw(codes, 3, 7_000), _raw(codes, 5, 28_000)], 1_100_000, "01:40"),
        "02": ([_raw(codes, 6, 59_000), _raw(codes, 3, 6_900), _raw(codes, 7, 18_000)], 1_080_000, "02:00"),
    }
    broths = {
        number: cook_broth(
            plan,
            code=codes.of("LZ", number),
            inputs=inputs,
            output=output,
            when=at(codes.day, clock),
            vessel=f"KET-{number[1]}",
            order=order,
        )
        for number, (inputs, output, clock) in recipes.items()
    }
    braised = {}
    for number, (parts, (broth, drawn), output, clock, kettle) in enumerate(_KETTLES, start=1):
        shown = (readings.BRAISE_TEMPERATURE.show("96.2"), readings.BRAISE_TIME.show("92"), readings.SALINITY.show("3.1"))
        braised[f"{number:02d}"] = braise(
            plan, SHANK_180, code=codes.of("LU", f"{number:02d}"), cured=[replace(cured[one], amount=amount) for one, amount in parts],
            broth=[replace(broths[broth], amount=drawn)], output=output, when=at(codes.day, clock), kettle=kettle, order=order,
            measured=shown if number == 2 else (),
        )  # fmt: skip
    rest = broths["02"]
    plan.add(
        FactKind.SCRAP, at(codes.day, "07:30"), f"rest/{rest.lot.code}", moves=[Move(rest.lot, grams(300_000), rest.place, SCRAP)],
        reason="余卤倒弃", operator=KETTLE, station="热加工间", operation="清锅", source=FactSource.SCAN,
    )  # fmt: skip
    return braised


def _pack(plan: Plan, codes: Codes, braised: dict[str, Batch]) -> dict[str, Batch]:
    order = plan.order(codes.day, SHANK_180.order_offset)
    foil, bin_, _none = _raw(codes, 8, 0)
    for line, clock, amount in (("PACK-1", "05:00", 50_000), ("PACK-2", "07:55", 10_000)):
        plan.add(
            FactKind.LOAD, at(codes.day, clock), f"{foil.item}/{foil.code}/{line}", moves=[Move(foil, pieces(amount), bin_, line)],
            station=f"包装 {line[-1]} 线", equipment=f"包装 {line[-1]} 线", operator=LEADER, operation="换卷", source=FactSource.SCAN,
        )  # fmt: skip
    packed = {}
    for end, (parts, good, bad, clock, line, operator) in _PACKED.items():
        shown = (readings.SEAL_TEMPERATURE.show("182"), readings.SEAL_STRENGTH.show("52")) if end == "A03" else ()
        packed[end] = pack(
            plan, SHANK_180, code=codes.of("BZ", end), braised=[replace(braised[one], amount=amount) for one, amount in parts],
            foil=[consume(foil, pieces(good + bad), line)], good=good, bad=bad, when=at(codes.day, clock), line=line, order=order,
            measured=shown, operator=operator,
        )  # fmt: skip
    # 11,922 pouches were packed, 11,872 counted into the retort.
    packed["A02"] = scrap(plan, packed["A02"], amount=10, when=at(codes.day, "09:30"), reason="封口起皱")
    packed["A03"] = scrap(plan, packed["A03"], amount=40, when=at(codes.day, "09:32"), reason="封口起皱")
    return packed


def _retort(plan: Plan, codes: Codes, packed: dict[str, Batch]) -> dict[str, Batch]:
    """Between two good cycles of retort 2, the bad one."""
    order = plan.order(codes.day, SHANK_180.order_offset)
    low = (readings.F0.show("2.61"), readings.RETORT_TEMPERATURE.show("119.2"), readings.STEAM.show("0.28"))
    before = (readings.F0.show("3.42"), readings.RETORT_TEMPERATURE.show("121.2"), readings.STEAM.show("0.41"))
    beside = (readings.F0.show("3.55"), readings.RETORT_TEMPERATURE.show("121.4"), readings.STEAM.show("0.42"))
    runs = (
        ("2-02", ("A05",), "08:45", before, 0),
        ("2-03", ("A02", "A03", "A04", "B01"), "09:42", low, 3),
        ("1-05", ("B02",), "11:05", beside, 0),
    )
    cycles = {}
    for end, ends, clock, shown, alarms in runs:
        cycles[end] = retort(
            plan, SHANK_180, code=codes.of("SJ", end), packed=[packed[one] for one in ends], when=at(codes.day, clock), order=order,
            measured=shown, alarms=alarms,
        )  # fmt: skip
    # The other product's two cycles of that day: the first one, and the one after the bad one.
    plan.retort_promised = [(1, at(codes.day, "08:00")), (2, at(codes.day, "10:57"))]
    cycles["2-02"] = scrap(plan, cycles["2-02"], amount=20, when=at(codes.day, "09:50"), reason="釜内破袋")
    cycles["1-05"] = scrap(plan, cycles["1-05"], amount=20, when=at(codes.day, "12:05"), reason="釜内破袋")
    return cycles


def _finish(plan: Plan, codes: Codes, cycles: dict[str, Batch]) -> dict[str, Batch]:
    """Cartoning and release. B01 still waits for its inspection at the cartoning station."""
    order = plan.order(codes.day, SHANK_180.order_offset)
    runs = (
        ("A05", "2-02", 2380, "10:20", 10, 0), ("A02", "2-03", 2880, "10:50", 20, 0), ("A03", "2-03", 4820, "11:10", 20, 60),
        ("A04", "2-03", 2652, "11:35", 20, 20), ("B01", "2-03", 1520, "12:00", 20, 0), ("B02", "1-05", 1240, "12:30", 10, 0),
    )  # fmt: skip
    finished = {}
    for end, cycle, amount, clock, sample, rejected in runs:
        when = at(codes.day, clock)
        boxes = draw_boxes(plan, SHANK_180, amount)
        batch = carton(plan, SHANK_180, code=codes.of("FG", end), source=cycles[cycle], amount=amount, when=when, order=order, boxes=boxes)
        batch = keep_sample(plan, batch, amount=sample, when=when + timedelta(minutes=10))
        if rejected:
            batch = scrap(plan, batch, amount=rejected, when=when + timedelta(minutes=15), reason="金检剔除，破袋")
        if end != "B01":
            release(plan, batch, when=when + timedelta(minutes=35))
        finished[end] = batch
    return finished


def _store(plan: Plan, codes: Codes, finished: dict[str, Batch]) -> dict[str, list[Pallet]]:
    """Onto pallets and into the bins: A03 first, whose pallets are PL-2281 to PL-2284."""
    loads = (
        ("A03", "A-03-2", "12:10", (1920, 960, 600, 1260)), ("A02", "A-03-1", "12:20", (1260, 600, 1000)),
        ("A04", "A-04-1", "12:45", (1306, 1306)), ("A05", "A-05-1", "13:20", (1920,)),
    )  # fmt: skip
    stacked: dict[str, list[Pallet]] = {}
    for end, bin_, clock, amounts in loads:
        for number, amount in enumerate(amounts):
            load = [replace(finished[end], amount=amount)]
            pallet = stack(plan, load, when=at(codes.day, clock, minutes=6 * number), product=SHANK_180, story=end == "A03")
            stacked.setdefault(end, []).append(pallet)
        put_away(plan, stacked[end], bin_=bin_, when=at(codes.day, clock, minutes=45))
    mixed = [replace(finished["A05"], amount=450), replace(finished["B02"], amount=1230)]
    pallet = stack(plan, mixed, when=at(codes.day, "13:30"), product=SHANK_180)
    put_away(plan, [pallet], bin_="A-05-1", when=at(codes.day, "14:15"))
    return stacked


def _deliver(plan: Plan, codes: Codes, pallets: dict[str, list[Pallet]]) -> None:
    """Five shipments; the last one is still on the road."""
    day, next_day = codes.day, codes.day + timedelta(days=1)
    trips = (
        ("007", 0, HUIWANJIA, pallets["A03"][0], at(day, "16:10"), at(day, "19:05"), "SO-20931"),
        ("009", 0, SWRAIL, pallets["A03"][1], at(day, "16:10"), at(day, "18:20"), "SO-20928"),
        ("008", 0, HAOLINJU, pallets["A02"][0], at(day, "16:25"), at(day, "23:40"), "SO-20940"),
        ("001", -1, CHUANNAN, pallets["A02"][1], at(next_day, "05:30"), at(next_day, "08:20"), "SO-20936"),
        ("002", -1, YUNGOU, pallets["A03"][2], at(next_day, "07:30"), None, "SO-20935"),
    )  # fmt: skip
    for number, before, customer, pallet, left, arrived, order in trips:
        code = codes.of("SH", number, days_before=before)
        ship_pallets(plan, Trip(code, customer, left, arrived, order, "川A·7K203" if number == "002" else "川A·5H718"), [pallet])
    # A count in bin A-04-1 finds twelve pouches fewer than the books say.
    lot = LotRef(SHANK_180.item, codes.of("FG", "A04"))
    plan.add(
        FactKind.ADJUST, at(next_day, "06:50"), f"count/{lot.code}", moves=[Move(lot, pieces(12), pallets["A04"][1].code, VARIANCE)],
        reason="盘点差异：实点 2,600，账面 2,612", station="成品库", operator=STORE, operation="盘点", source=FactSource.SCAN,
    )  # fmt: skip


def _complain(plan: Plan, codes: Codes) -> None:
    """A customer calls; the lot is held. The other lots of the cycle are not: nobody has looked yet."""
    day = codes.day + timedelta(days=1)
    held = LotRef(SHANK_180.stage("LU"), codes.of("LU", "06"))
    plan.add(
        FactKind.HOLD, at(day, "07:55"), held.code, by=QUALITY_SECOND, subjects=(held,), reason="卤煮 93.1 ℃，下限 95.0 ℃",
        operator=QUALITY_SECOND, operation="冻结", document="HOLD-03", source=FactSource.SCAN,
    )  # fmt: skip
    plan.add(
        FactKind.NOTE, at(day, "08:31"), "complaint", subjects=(codes.complaint,), reason="胀袋投诉 · 惠万家武侯店", operator=QUALITY_LEAD,
        operation="客户投诉", document=f"KS-{stamp(day)}-01", source=FactSource.TYPED, data={"customer": "惠万家武侯店", "pouches": 3},
    )  # fmt: skip
    plan.add(
        FactKind.HOLD, at(day, "08:35"), codes.complaint.code, by=QUALITY_LEAD, subjects=(codes.complaint,), reason="胀袋投诉待查",
        operator=QUALITY_LEAD, operation="冻结", document=f"KS-{stamp(day)}-01", source=FactSource.SCAN,
    )  # fmt: skip


def return_to_stock(plan: Plan, codes: Codes) -> None:
    """What the story left of its raw lots serves the next day's work."""
    for index, left in ((2, 708_000), (3, 106_100), (4, 462_200), (5, 272_000), (6, 481_000), (7, 182_000)):
        lot, bin_, amount = _raw(codes, index, left)
        plan.stock.put(lot, bin_, grams(amount))


def touch_up(plan: Plan) -> None:
    """What the story says about two pieces of ordinary work: the cycle after the bad one was good, and one kettle was too cold."""
    codes = Codes(plan.period.story)
    good = (readings.F0.show("3.51"), readings.RETORT_TEMPERATURE.show("121.3"), readings.STEAM.show("0.42"))
    plan.amend(plan.full_key(FactKind.TRANSFORM, codes.of("SJ", "2-04")), measurements=good)
    cold = (readings.BRAISE_TEMPERATURE.show("93.1"), readings.BRAISE_TIME.show("95"), readings.SALINITY.show("3.0"))
    plan.amend(plan.full_key(FactKind.TRANSFORM, codes.of("LU", "06")), measurements=cold)
