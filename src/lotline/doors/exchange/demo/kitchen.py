"""Thaw and trim, tumble, cook broth, braise: the two days and the night before packing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lotline.core.facts import FactKind, FactSource, LotRef, Measurement, Move
from lotline.doors.exchange.demo import readings
from lotline.doors.exchange.demo.calendar import at
from lotline.doors.exchange.demo.master_data import BROTH, PLACE_NAMES, SALT, SOY, SPICE, SUGAR, WINE, Product
from lotline.doors.exchange.demo.people import KETTLE, TUMBLER
from lotline.doors.exchange.demo.plan import Plan, consume, grams, produce

# Kettle 3 holds the old broth (老卤): topped up daily, emptied every four weeks.
TANK = "KET-3"
TANK_WEEKS = 4
TANK_LEVEL = 1_400_000


@dataclass(frozen=True, slots=True)
class Batch:
    """A lot of one stage: how much of it lies where. ``amount`` in grams, for packed lots in pouches."""

    lot: LotRef
    amount: int
    place: str
    ready: datetime


def thaw(
    plan: Plan, product: Product, *, code: str, inputs: Sequence[tuple[LotRef, str, int]], output: int, when: datetime, station: str,
    order: str, measured: Sequence[Measurement] = (),
) -> Batch:  # fmt: skip
    """Frozen beef becomes trimmed beef; grams. The difference is drip and trimmings."""
    lot = LotRef(product.stage("XZ"), code)
    rng = plan.rng("thaw", code)
    yielded = f"{output * 1000 // sum(amount for _lot, _place, amount in inputs) / 10:.1f}"
    shown = measured or (readings.CORE.read(rng), readings.TRIM_YIELD.show(yielded))
    plan.add(
        FactKind.TRANSFORM, when, code,
        moves=[*(consume(raw, grams(amount), place) for raw, place, amount in inputs), produce(lot, grams(output), station)],
        measurements=tuple(shown), station=PLACE_NAMES[station], equipment=PLACE_NAMES[station], operator=TUMBLER, order=order,
        operation="解冻修整", source=FactSource.SCAN, data={"recipe": product.recipe},
    )  # fmt: skip
    return Batch(lot, output, station, when)


def tumble(
    plan: Plan, product: Product, *, code: str, trimmed: Sequence[Batch], salt: Sequence[tuple[LotRef, str, int]], output: int,
    when: datetime, station: str, order: str, measured: Sequence[Measurement] = (), source: FactSource = FactSource.DEVICE,
) -> Batch:  # fmt: skip
    """Trimmed beef and salt become cured beef; grams. ``trimmed`` batches carry the part that goes in."""
    lot = LotRef(product.stage("YZ"), code)
    rng = plan.rng("tumble", code)
    shown = measured or (readings.TUMBLE_TEMPERATURE.read(rng), readings.TUMBLE_TIME.read(rng), readings.OUTFEED.read(rng))
    plan.add(
        FactKind.TRANSFORM, when, code,
        moves=[
            *(consume(batch.lot, grams(batch.amount), batch.place) for batch in trimmed),
            *(consume(raw, grams(amount), place) for raw, place, amount in salt),
            produce(lot, grams(output), station),
        ],
        measurements=tuple(shown), station=PLACE_NAMES[station], equipment=PLACE_NAMES[station], operator=TUMBLER, order=order,
        operation="滚揉腌制", source=source, data={"recipe": product.recipe},
    )  # fmt: skip
    return Batch(lot, output, station, when)


def cook_broth(
    plan: Plan, *, code: str, inputs: Sequence[tuple[LotRef, str, int]], output: int, when: datetime, vessel: str, key: str = "",
    order: str = "", operation: str = "配卤汁",
) -> Batch:  # fmt: skip
    """Broth cooked fresh, or added to the tank under the code that the tank has; grams. Water is not a lot."""
    lot = LotRef(BROTH, code)
    plan.add(
        FactKind.TRANSFORM, when, key or code,
        moves=[*(consume(raw, grams(amount), place) for raw, place, amount in inputs), produce(lot, grams(output), vessel)],
        measurements=(readings.SALINITY.read(plan.rng("broth", code, when)),),
        station="配料间", equipment=PLACE_NAMES[vessel], operator=KETTLE, order=order, operation=operation, source=FactSource.SCAN,
    )  # fmt: skip
    return Batch(lot, output, vessel, when)


def braise(
    plan: Plan, product: Product, *, code: str, cured: Sequence[Batch], broth: Sequence[Batch], output: int, when: datetime, kettle: str,
    order: str, back: Batch | None = None, measured: Sequence[Measurement] = (),
) -> Batch:  # fmt: skip
    """Cured beef braised in broth; grams. ``back``: what flows back into the tank afterwards."""
    lot = LotRef(product.stage("LU"), code)
    rng = plan.rng("braise", code)
    dried = not product.retorted
    limits = (readings.DRYING_TEMPERATURE, readings.WATER_ACTIVITY) if dried else (
        readings.BRAISE_TEMPERATURE, readings.BRAISE_TIME, readings.SALINITY,
    )  # fmt: skip
    plan.add(
        FactKind.TRANSFORM, when, code,
        moves=[
            *(consume(batch.lot, grams(batch.amount), batch.place) for batch in (*cured, *broth)),
            produce(lot, grams(output), kettle),
            *([produce(back.lot, grams(back.amount), back.place)] if back else []),
        ],
        measurements=tuple(measured) or tuple(limit.read(rng) for limit in limits),
        station="热加工间", equipment=PLACE_NAMES[kettle], operator=KETTLE, order=order, operation="卤煮烘烤" if dried else "卤煮",
        source=FactSource.DEVICE, device_clock=when + timedelta(seconds=2), data={"recipe": product.recipe, "senses": "合格"},
    )  # fmt: skip
    return Batch(lot, output, kettle, when)


def draw(plan: Plan, item: str, amount: int) -> list[tuple[LotRef, str, int]]:
    """Take grams of a material out of the stores."""
    return [(parcel.lot, parcel.place, parcel.left // grams(1)) for parcel in plan.stock.draw(item, grams(amount))]


def thaw_for(plan: Plan, product: Product, day: date, kettles: int) -> list[Batch]:
    """Two days before ``day``: one trimmed lot for every two kettles."""
    rng = plan.rng("thaw for", product.item, day)
    thawed = day - timedelta(days=2)
    batches = []
    for number, pair in enumerate(_pairs(kettles)):
        amount = (590_000 + 10_000 * rng.randint(-3, 3)) * pair
        output = amount * rng.randint(9110, 9260) // 10_000 // 100 * 100
        code = plan.next_code("XZ", thawed)
        when = at(thawed, "14:05", minutes=50 * number + 20 * product.order_offset)
        inputs = draw(plan, product.beef, amount)
        station = f"THAW-{1 + number % 2}"
        order = plan.order(day, product.order_offset)
        batches.append(thaw(plan, product, code=code, inputs=inputs, output=output, when=when, station=station, order=order))
    return batches


def tumble_for(plan: Plan, product: Product, day: date, trimmed: Sequence[Batch]) -> list[Batch]:
    """The day before ``day``: each trimmed lot is tumbled with 1.6 % salt."""
    eve = day - timedelta(days=1)
    batches = []
    for number, batch in enumerate(trimmed):
        code = plan.next_code("YZ", eve)
        when = at(eve, "06:15", minutes=40 * number + 12 * abs(product.order_offset))
        salt = draw(plan, SALT, batch.amount * 16 // 1000 // 100 * 100)
        output = batch.amount * 104 // 100 // 100 * 100
        station = f"TUM-{1 + (number + abs(product.order_offset)) % 4}"
        order = plan.order(day, product.order_offset)
        batches.append(tumble(plan, product, code=code, trimmed=[batch], salt=salt, output=output, when=when, station=station, order=order))
    return batches


def spices_for(plan: Plan, broth: int, *, richness: int = 1) -> list[tuple[LotRef, str, int]]:
    """Soy sauce, wine, spices and sugar for so many grams of broth; an older broth needs less."""
    parts = ((SOY, 55), (WINE, 25), (SPICE, 6), (SUGAR, 16))
    return [taken for item, share in parts for taken in draw(plan, item, max(100, broth * share // 1000 // richness // 100 * 100))]


def braise_fresh(plan: Plan, product: Product, day: date, cured: Sequence[Batch], kettles: int) -> list[Batch]:
    """The night's braising in broth that was cooked for it, one broth for every three kettles."""
    order = plan.order(day, product.order_offset)
    per_kettle = 380_000
    broths = []
    for number in range((kettles + 2) // 3):
        amount = per_kettle * min(3, kettles - 3 * number)
        vessel, code = f"KET-{1 + number}", plan.next_code("LZ", day)
        when = at(day, "01:40", minutes=20 * number + 7 * abs(product.order_offset))
        spices = spices_for(plan, amount)
        broths.append(cook_broth(plan, code=code, inputs=spices, output=amount, when=when, vessel=vessel, order=order))
    cooked = []
    for number, (batch, amount) in enumerate(_shares(cured, kettles)):
        broth = broths[number // 3]
        part = Batch(broth.lot, per_kettle, broth.place, broth.ready)
        when = at(day, "03:10", minutes=20 * number + 6 * abs(product.order_offset))
        kettle = f"KET-{(1, 2, 4, 5)[number % 4]}" if product.retorted else "DRYER-1"
        output = amount * (115 if product.retorted else 62) // 100 // 20 * 20
        cooked.append(
            braise(
                plan, product, code=plan.next_code("LU", day), cured=[Batch(batch.lot, amount, batch.place, batch.ready)], broth=[part],
                output=output, when=when, kettle=kettle, order=order,
            )
        )  # fmt: skip
    return cooked


@dataclass(slots=True)
class Tank:
    """The old broth in kettle 3: one lot for four weeks, however often it is topped up."""

    code: str = ""
    started: date = date.min
    level: int = 0


def braise_in_tank(plan: Plan, product: Product, day: date, cured: Sequence[Batch], kettles: int, tank: Tank) -> list[Batch]:
    """Braising in the old broth: topped up, drawn from, and most of it flows back, with what the beef gave it."""
    order = plan.order(day, product.order_offset)
    if not tank.code or (day - tank.started).days >= 7 * TANK_WEEKS:
        _renew(plan, tank, day)
    added = TANK_LEVEL - tank.level
    cook_broth(
        plan, code=tank.code, inputs=spices_for(plan, added, richness=2), output=added, when=at(day, "02:05"), vessel=TANK,
        key=f"{tank.code}/{day:%y%m%d}", order=order, operation="老卤续汁",
    )  # fmt: skip
    tank.level = TANK_LEVEL
    cooked = []
    for number, (batch, amount) in enumerate(_shares(cured, kettles)):
        drawn, back = 420_000, 240_000
        place = LotRef(BROTH, tank.code)
        when = at(day, "03:20", minutes=55 * number)
        cooked.append(
            braise(
                plan, product, code=plan.next_code("LU", day), cured=[Batch(batch.lot, amount, batch.place, batch.ready)],
                broth=[Batch(place, drawn, TANK, when)], output=amount * 98 // 100 // 20 * 20, when=when, kettle=f"KET-{4 + number % 2}",
                order=order, back=Batch(place, back, TANK, when),
            )
        )  # fmt: skip
        tank.level += back - drawn
    return cooked


def _renew(plan: Plan, tank: Tank, day: date) -> None:
    """Throw the old broth away and start a new lot."""
    if tank.code:
        plan.add(
            FactKind.SCRAP, at(day, "00:50"), f"tank/{tank.code}",
            moves=[Move(LotRef(BROTH, tank.code), grams(tank.level), TANK, "SCRAP")], reason="老卤到期更换", operator=KETTLE,
            station="热加工间", equipment=PLACE_NAMES[TANK], operation="清锅", source=FactSource.SCAN,
        )  # fmt: skip
    tank.code, tank.started, tank.level = plan.next_code("LZ", day, "L"), day, 0


def _pairs(kettles: int) -> list[int]:
    return [2] * (kettles // 2) + [1] * (kettles % 2)


def _shares(cured: Sequence[Batch], kettles: int) -> list[tuple[Batch, int]]:
    """Which cured lot goes into which kettle: two kettles share one lot, the second takes the rest."""
    shares = []
    for batch, pair in zip(cured, _pairs(kettles), strict=True):
        first = batch.amount // pair // 100 * 100
        shares += [(batch, first)] * (pair - 1) + [(batch, batch.amount - first * (pair - 1))]
    return shares
