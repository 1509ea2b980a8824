"""Vacuum packing, retort, metal detection and cartoning, release: the day on which pouches become finished lots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from lotline.core.facts import Disposition, FactKind, FactSource, LotRef, Measurement, Move
from lotline.doors.exchange.demo import readings
from lotline.doors.exchange.demo.calendar import at, stamp
from lotline.doors.exchange.demo.kitchen import Batch
from lotline.doors.exchange.demo.master_data import CARTON, CARTONS, PLACE_NAMES, PROCESS, SAMPLES, SCRAP, SHANK_180, VARIANCE, Product
from lotline.doors.exchange.demo.people import LEADER, QUALITY_LEAD, QUALITY_SECOND, RETORT, SEALER, SEALER_SECOND
from lotline.doors.exchange.demo.plan import Plan, consume, grams, pieces, produce
from lotline.doors.exchange.demo.stock import Parcel

# Pouches in one cycle: of whole shanks, and of slices, whose baskets are lower.
SHANK_LOAD, SLICES_LOAD = 12_500, 8_000
SAMPLE = 20
CYCLE = timedelta(minutes=49)


@dataclass(slots=True)
class Reel:
    """The reel of foil pouches that hangs on a line."""

    parcel: Parcel | None = None


def pack(
    plan: Plan, product: Product, *, code: str, braised: Sequence[Batch], foil: Sequence[Move], good: int, bad: int, when: datetime,
    line: str, order: str, measured: Sequence[Measurement] = (), operator: str = SEALER, extra: Sequence[Move] = (),
) -> Batch:  # fmt: skip
    """Braised beef (grams) into foil pouches: ``good`` go on, ``bad`` ones are thrown away at the seal."""
    lot = LotRef(product.stage("BZ"), code)
    rng = plan.rng("pack", code)
    shown = measured or (readings.SEAL_TEMPERATURE.read(rng), readings.SEAL_STRENGTH.read(rng), readings.VACUUM.read(rng))
    moves = [*(consume(batch.lot, grams(batch.amount), batch.place) for batch in braised), *extra, *foil, produce(lot, pieces(good), line)]
    if bad:
        moves.append(Move(lot, pieces(bad), PROCESS, SCRAP))
    plan.add(
        FactKind.TRANSFORM, when, code, moves=moves, measurements=tuple(shown), station=f"{PLACE_NAMES[line]} 封口工位",
        equipment=PLACE_NAMES[line], operator=operator, order=order, operation="真空包装", source=FactSource.SCAN,
        data={"recipe": product.recipe, "checks": "首件 + 3 次巡检"},
    )  # fmt: skip
    return Batch(lot, good, line, when)


def retort(
    plan: Plan, product: Product, *, code: str, packed: Sequence[Batch], when: datetime, order: str, measured: Sequence[Measurement] = (),
    alarms: int = 0,
) -> Batch:  # fmt: skip
    """One cycle of a retort. The pouches of all packed lots in it become one lot: they can not be told apart afterwards."""
    vessel = f"RET-{code.split('-')[2]}"
    lot = LotRef(product.stage("SJ"), code)
    total = sum(batch.amount for batch in packed)
    rng = plan.rng("retort", code)
    shown = measured or (readings.F0.read(rng), readings.RETORT_TEMPERATURE.read(rng), readings.STEAM.read(rng))
    plan.add(
        FactKind.TRANSFORM, when, code,
        moves=[*(consume(batch.lot, pieces(batch.amount), batch.place) for batch in packed), produce(lot, pieces(total), vessel)],
        measurements=tuple(shown), station=PLACE_NAMES[vessel], equipment=PLACE_NAMES[vessel], operator=RETORT, order=order,
        operation="高温杀菌", source=FactSource.DEVICE, device_clock=when + timedelta(seconds=3),
        data={"program": product.recipe.replace(" v", "/"), "alarms": alarms, "acknowledged": alarms > 0,
              "ended_at": (when + CYCLE).strftime("%H:%M")},
    )  # fmt: skip
    return Batch(lot, total, vessel, when)


def carton(
    plan: Plan, product: Product, *, code: str, source: Batch, amount: int, when: datetime, order: str, boxes: Sequence[Move]
) -> Batch:
    """Metal detection and cartoning: ``amount`` pouches out of ``source`` become a finished lot."""
    lot = LotRef(product.item, code)
    rng = plan.rng("carton", code)
    plan.add(
        FactKind.TRANSFORM, when, code,
        moves=[consume(source.lot, pieces(amount), source.place), *boxes, produce(lot, pieces(amount), CARTON)],
        measurements=(readings.IRON.read(rng), readings.STEEL.read(rng)), station="装箱 A", equipment="金检机 1 号", operator=SEALER,
        order=order, operation="金属检测与装箱", source=FactSource.SCAN, data={"recipe": product.recipe, "start_check": "合格"},
    )  # fmt: skip
    return Batch(lot, amount, CARTON, when)


def draw_boxes(plan: Plan, product: Product, amount: int) -> list[Move]:
    """Cartons for so many pouches."""
    wanted = -(-amount // product.pouches_per_carton)
    return [consume(parcel.lot, parcel.left, parcel.place) for parcel in plan.stock.draw(CARTONS, pieces(wanted))]


def keep_sample(plan: Plan, batch: Batch, *, amount: int = SAMPLE, when: datetime) -> Batch:
    """Retained samples go to the sample room. Returns what is left."""
    plan.add(
        FactKind.MOVE, when, f"sample/{batch.lot.code}", moves=[Move(batch.lot, pieces(amount), batch.place, SAMPLES)],
        station="留样室", operator=QUALITY_SECOND, operation="留样", source=FactSource.SCAN,
    )  # fmt: skip
    return replace(batch, amount=batch.amount - amount)


def scrap(plan: Plan, batch: Batch, *, amount: int, when: datetime, reason: str, operator: str = SEALER) -> Batch:
    """Pouches thrown away. Returns what is left."""
    plan.add(
        FactKind.SCRAP, when, f"{batch.lot.code}", moves=[Move(batch.lot, pieces(amount), batch.place, SCRAP)], reason=reason,
        station=PLACE_NAMES.get(batch.place, batch.place), operator=operator, operation="报废", source=FactSource.SCAN,
    )  # fmt: skip
    return replace(batch, amount=batch.amount - amount)


def release(plan: Plan, batch: Batch, *, when: datetime) -> None:
    """The finished lot's inspection, with its decision."""
    rng = plan.rng("release", batch.lot.code)
    plan.add(
        FactKind.INSPECT, when, f"fg/{batch.lot.code}", subjects=(batch.lot,), disposition=Disposition.RELEASED,
        measurements=(readings.NET_WEIGHT.read(rng), readings.SEAL_STRENGTH.read(rng, source="typed")), station="成品检验室",
        operator=QUALITY_SECOND if batch.lot.code[-1] in "02468" else QUALITY_LEAD, operation="成品检验",
        document=f"JY-{batch.lot.code[3:]}", source=FactSource.SCAN,
    )  # fmt: skip


def hang_reel(plan: Plan, product: Product, reel: Reel, when: datetime, line: str) -> None:
    """The next reel of foil pouches goes onto the line."""
    parcel = plan.stock.take_lot(product.foil)
    plan.add(
        FactKind.LOAD, when, f"{parcel.lot.item}/{parcel.lot.code}", moves=[Move(parcel.lot, parcel.left, parcel.place, line)],
        station=PLACE_NAMES[line], equipment=PLACE_NAMES[line], operator=SEALER, operation="换卷", source=FactSource.SCAN,
    )  # fmt: skip
    reel.parcel = Parcel(parcel.lot, line, parcel.left)


def draw_foil(plan: Plan, product: Product, reel: Reel, amount: int, when: datetime, line: str) -> list[Move]:
    """Foil pouches off the line's reel, over to the next one when it runs out."""
    wanted, moves = pieces(amount), []
    while wanted:
        if reel.parcel is None or not reel.parcel.left:
            hang_reel(plan, product, reel, when - timedelta(minutes=10), line)
        assert reel.parcel is not None
        part = min(wanted, reel.parcel.left)
        moves.append(consume(reel.parcel.lot, part, line))
        reel.parcel.left -= part
        wanted -= part
    return moves


def foil_for(plan: Plan, product: Product, reel: Reel, amount: int, when: datetime, code: str) -> list[Move]:
    """The foil for a packed lot: scanned, or scanned too late to say which reel, or not scanned at all."""
    if (product.item, when.date()) in plan.unscanned_foil:
        return _unscanned_foil(plan, product, amount, when, code)
    moves = draw_foil(plan, product, reel, amount, when, product.line)
    blind = plan.blind_reels.get(product.item)
    if len(moves) > 1 and blind and when.date() >= blind[0]:
        blind.pop(0)
        plan.add(
            FactKind.NOTE, when + timedelta(minutes=65), f"reel/{code}", subjects=(LotRef(product.stage("BZ"), code),),
            reason="换卷时间未记录，两卷都有可能", station=PLACE_NAMES[product.line], equipment=PLACE_NAMES[product.line], operator=LEADER,
            operation="换卷", source=FactSource.TYPED,
        )  # fmt: skip
        return [move._replace(certain=False) for move in moves]
    return moves


def _unscanned_foil(plan: Plan, product: Product, amount: int, when: datetime, code: str) -> list[Move]:
    """Pouches whose reel nobody scanned are booked from the variance account, and released by name so that the line can go on."""
    lot = LotRef(product.foil, f"未扫-{code[3:]}")
    plan.add(
        FactKind.ADJUST, when - timedelta(minutes=20), f"foil/{lot.code}", moves=[Move(lot, pieces(amount), VARIANCE, product.line)],
        reason="漏扫铝箔袋批号，班长补记", station=PLACE_NAMES[product.line], operator=LEADER, operation="补记", source=FactSource.TYPED,
    )  # fmt: skip
    plan.add(
        FactKind.RELEASE, when - timedelta(minutes=15), f"foil/{lot.code}", by=QUALITY_LEAD, subjects=(lot,),
        disposition=Disposition.RELEASED, reason="外观核对一致，先行使用，批号待查", operator=QUALITY_LEAD, operation="放行",
        source=FactSource.TYPED,
    )  # fmt: skip
    return [consume(lot, pieces(amount), product.line)]


def seal_again(plan: Plan, product: Product, weak: Batch, reel: Reel) -> Batch:
    """A lot with weak seals is held, then packed again into new pouches under a signed override; its code gets an R."""
    when, order = weak.ready, plan.order(weak.ready.date(), product.order_offset)
    names: dict[str, Any] = {"station": PLACE_NAMES[product.line], "equipment": PLACE_NAMES[product.line], "order": order}
    plan.add(
        FactKind.INSPECT, when + timedelta(minutes=25), f"wip/{weak.lot.code}", subjects=(weak.lot,), operator=QUALITY_SECOND,
        measurements=(readings.SEAL_STRENGTH.show("43", source="typed"),), operation="过程检验", document=f"JY-{weak.lot.code[3:]}",
        source=FactSource.SCAN, **names,
    )  # fmt: skip
    plan.add(
        FactKind.HOLD, when + timedelta(minutes=27), weak.lot.code, by=QUALITY_SECOND, subjects=(weak.lot,), operator=QUALITY_SECOND,
        reason="封口强度 43 N，下限 45", operation="冻结", source=FactSource.SCAN, **names,
    )  # fmt: skip
    again, lost = LotRef(weak.lot.item, f"{weak.lot.code}R"), 14
    started = when + timedelta(minutes=50)
    foil = draw_foil(plan, product, reel, weak.amount, started, product.line)
    plan.add(
        FactKind.TRANSFORM, started, again.code, by=QUALITY_LEAD,
        moves=[
            consume(weak.lot, pieces(weak.amount), weak.place), *foil, produce(again, pieces(weak.amount - lost), weak.place),
            Move(again, pieces(lost), PROCESS, SCRAP),
        ],
        measurements=(readings.SEAL_TEMPERATURE.show("184"), readings.SEAL_STRENGTH.show("51")), operator=SEALER, operation="返工 · 重新封口",
        reason="封口强度不足，拆袋重封", override_reason="返工处置：重封后复检，仅限本批", document=f"FG-R-{stamp(started.date())}",
        source=FactSource.SCAN, **names,
    )  # fmt: skip
    plan.add(
        FactKind.RELEASE, started + timedelta(minutes=30), weak.lot.code, by=QUALITY_LEAD, subjects=(weak.lot,), operator=QUALITY_LEAD,
        reason="返工完成，复检合格", operation="解冻结", source=FactSource.SCAN, **names,
    )  # fmt: skip
    return Batch(again, weak.amount - lost, weak.place, started)


def pack_day(plan: Plan, product: Product, day: date, braised: Sequence[Batch], reel: Reel) -> list[Batch]:
    """All the day's braised beef into pouches, in lots of about equal size; what does not fill a pouch is thrown away."""
    rng = plan.rng("pack day", product.item, day)
    total = sum(batch.amount for batch in braised) // product.grams
    count = max(2, -(-total // 4200))
    queue, packed = list(braised), []
    for number in range(count):
        size = total // count if number < count - 1 else sum(batch.amount for batch in queue) // product.grams
        bad = rng.randint(2, 18)
        when = at(day, "05:50", minutes=75 * number + 8 * abs(product.order_offset))
        inputs = _take(queue, size * product.grams)
        code = plan.next_code("BZ", day, product.letter)
        foil = foil_for(plan, product, reel, size, when, code)
        operator = SEALER if number % 2 == 0 else SEALER_SECOND
        packed.append(
            pack(
                plan, product, code=code, braised=inputs, foil=foil, good=size - bad, bad=bad, when=when, line=product.line,
                order=plan.order(day, product.order_offset), operator=operator,
            )
        )  # fmt: skip
    if product is SHANK_180 and day in plan.weak_seals:
        packed[-1] = seal_again(plan, product, packed[-1], reel)
    for batch in queue:
        plan.add(
            FactKind.SCRAP, packed[-1].ready + timedelta(minutes=50), f"rest/{batch.lot.code}",
            moves=[Move(batch.lot, grams(batch.amount), batch.place, SCRAP)], reason="包装余料", operator=LEADER,
            station=PLACE_NAMES[product.line], operation="报废", source=FactSource.SCAN,
        )  # fmt: skip
    return packed


def _take(queue: list[Batch], amount: int) -> list[Batch]:
    """The first ``amount`` grams of the queue; the queue keeps the rest."""
    taken = []
    while amount:
        first = queue.pop(0)
        part = min(first.amount, amount)
        taken.append(replace(first, amount=part))
        amount -= part
        if first.amount > part:
            queue.insert(0, replace(first, amount=first.amount - part))
    return taken


def retort_day(plan: Plan, product: Product, day: date, packed: Sequence[Batch]) -> list[tuple[Batch, list[Batch]]]:
    """Load the retorts in the order of packing. Returns each cycle with the packed lots that went in."""
    groups: list[list[Batch]] = []
    most = SHANK_LOAD if product is SHANK_180 else SLICES_LOAD
    for batch in packed:
        if not groups or sum(one.amount for one in groups[-1]) + batch.amount > most:
            groups.append([])
        groups[-1].append(batch)
    cycles = []
    for group in groups:
        ready = group[-1].ready + timedelta(minutes=70)
        vessel, when = plan.next_retort(ready)
        order = plan.order(day, product.order_offset)
        code = plan.next_cycle(day, vessel)
        cycles.append((retort(plan, product, code=code, packed=group, when=when, order=order), group))
    return cycles


def finish_day(plan: Plan, product: Product, day: date, sources: Sequence[tuple[Batch, list[Batch]]]) -> list[Batch]:
    """Cartons, samples, a few rejects, release. Returns what is ready for pallets, in the order of release."""
    finished = []
    for cycle, group in sources:
        for number, packed in enumerate(group):
            code = f"FG-{stamp(day)}-{packed.lot.code.rsplit('-', 1)[1]}"
            when = cycle.ready + timedelta(minutes=88 + 14 * number)
            order = plan.order(day, product.order_offset)
            boxes = draw_boxes(plan, product, packed.amount)
            source = cycle if product.retorted else packed
            batch = carton(plan, product, code=code, source=source, amount=packed.amount, when=when, order=order, boxes=boxes)
            finished.append(_finish(plan, batch, when))
    return sorted(finished, key=lambda batch: batch.ready)


def _finish(plan: Plan, batch: Batch, when: datetime) -> Batch:
    rng = plan.rng("finish", batch.lot.code)
    batch = keep_sample(plan, batch, when=when + timedelta(minutes=12))
    if rng.random() < 0.3:
        batch = scrap(plan, batch, amount=rng.randint(2, 18), when=when + timedelta(minutes=20), reason="金检剔除，破袋")
    decided = when + timedelta(minutes=40)
    release(plan, batch, when=decided)
    return replace(batch, ready=decided)
