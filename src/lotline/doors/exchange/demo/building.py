"""The plant day by day: everything that happens in the period, as a plan."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from lotline.core.facts import FactKind
from lotline.doors.exchange.demo.calendar import Period, at
from lotline.doors.exchange.demo.incidents import prepare_incidents, tell_incidents
from lotline.doors.exchange.demo.kitchen import Batch, Tank, braise_fresh, braise_in_tank, thaw_for, tumble_for
from lotline.doors.exchange.demo.logistics import ship_day, stack_day
from lotline.doors.exchange.demo.master_data import PRODUCTS, SHANK_180, Product
from lotline.doors.exchange.demo.packing import Reel, finish_day, pack_day, retort_day
from lotline.doors.exchange.demo.plan import Plan
from lotline.doors.exchange.demo.purchasing import buy_what_is_low
from lotline.doors.exchange.demo.story import receive_story, reserve_codes, tell_story, touch_up

# The stores are filled so many days before the first production day.
RUN_UP_DAYS = 6
# Weekdays on which jerky is made: Wednesday, Saturday.
JERKY_DAYS = (2, 5)
# The oldest raw lot of the story came in so many days before its day.
STORY_RUN_UP_DAYS = 30


def build_plan(period: Period) -> Plan:
    """Everything that happened in ``period``, in the order in which it was thought of (``Plan.finished_steps`` sorts it)."""
    plan = Plan(period)
    _mark_ends(plan)
    reserve_codes(plan)
    prepare_incidents(plan)
    receive_story(plan)
    workshop = Workshop(plan)
    day = period.first - timedelta(days=RUN_UP_DAYS)
    while day <= period.last:
        workshop.work(day)
        day += timedelta(days=1)
    touch_up(plan)
    return plan


def _mark_ends(plan: Plan) -> None:
    """Where the records begin and end. The first note tells a load that goes on later which period it is."""
    period = plan.period
    begin = at(period.first - timedelta(days=RUN_UP_DAYS), "00:00")
    first = min(begin, at(period.story - timedelta(days=STORY_RUN_UP_DAYS), "00:00"))
    weeks = (period.last - period.first).days // 7
    plan.add(FactKind.NOTE, first, "start", reason="演示数据开始", data={"last": period.last.isoformat(), "weeks": weeks})
    plan.add(FactKind.NOTE, period.end, "end", reason="演示数据到此为止")


class Workshop:
    """Who has what in hand from one day to the next."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.working = set(plan.period.working_days())
        self.trimmed: dict[tuple[str, date], list[Batch]] = defaultdict(list)
        self.cured: dict[tuple[str, date], list[Batch]] = defaultdict(list)
        self.reels = {product.item: Reel() for product in PRODUCTS}
        self.tank = Tank()

    def kettles(self, product: Product, day: date) -> int:
        """How many kettles of a product are braised on ``day``."""
        if day not in self.working:
            return 0
        if product is SHANK_180:
            return 1 if day == self.plan.period.story else self.plan.rng("kettles", day).randint(3, 4)
        if product.tank:
            return 2
        return 1 if day.weekday() in JERKY_DAYS else 0

    def work(self, day: date) -> None:
        """One day in the order in which material is used: night and morning, tumbling, deliveries, thawing, trucks."""
        if day == self.plan.period.story:
            tell_story(self.plan)
        for product in PRODUCTS:
            if self.cured[product.item, day]:
                self.produce(product, day)
        tell_incidents(self.plan, day)
        for product in PRODUCTS:
            tomorrow = day + timedelta(days=1)
            if trimmed := self.trimmed[product.item, tomorrow]:
                self.cured[product.item, tomorrow] = tumble_for(self.plan, product, tomorrow, trimmed)
        buy_what_is_low(self.plan, day)
        for product in PRODUCTS:
            later = day + timedelta(days=2)
            if kettles := self.kettles(product, later):
                self.trimmed[product.item, later] = thaw_for(self.plan, product, later, kettles)
        for product in PRODUCTS:
            ship_day(self.plan, product, day)

    def produce(self, product: Product, day: date) -> None:
        """Braise, pack, retort, carton, release, stack."""
        cured, kettles = self.cured[product.item, day], self.kettles(product, day)
        if product.tank:
            braised = braise_in_tank(self.plan, product, day, cured, kettles, self.tank)
        else:
            braised = braise_fresh(self.plan, product, day, cured, kettles)
        if product is SHANK_180 and day == self.plan.period.story:
            return  # the story packs on that day, and this kettle was too cold: it is held
        packed = pack_day(self.plan, product, day, braised, self.reels[product.item])
        sources = retort_day(self.plan, product, day, packed) if product.retorted else [(packed[-1], packed)]
        stack_day(self.plan, product, finish_day(self.plan, product, day, sources))
