"""What is measured in the demonstration plant, within which limits, and what usually comes out."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from lotline.core.facts import Measurement

WITHIN, BELOW, ABOVE = "within", "below", "above"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A measured property. ``usual``: lowest and highest ordinary value in units of the last decimal."""

    name: str
    unit: str
    decimals: int
    usual: tuple[int, int]
    low: str | None = None
    high: str | None = None
    target: str | None = None
    instrument: str = ""

    def read(self, rng: random.Random, *, source: str = "device") -> Measurement:
        """An ordinary reading."""
        scaled = (rng.randint(*self.usual) + rng.randint(*self.usual)) // 2
        return self.show(str(Decimal(scaled).scaleb(-self.decimals)), source=source)

    def show(self, value: str | None, *, source: str = "device") -> Measurement:
        """The measurement with just this value, judged by the limits; None was not recorded."""
        return Measurement(self.name, value, self.unit, self.low, self.high, self.target, self._verdict(value), self.instrument, source)

    def _verdict(self, value: str | None) -> str:
        if value is None:
            return ""
        if self.low is not None and Decimal(value) < Decimal(self.low):
            return BELOW
        return ABOVE if self.high is not None and Decimal(value) > Decimal(self.high) else WITHIN


ARRIVAL = Characteristic("到货温度", "℃", 1, (-208, -182), high="-18", instrument="TM-02")
TVBN = Characteristic("TVB-N", "mg/100g", 1, (68, 128), high="15", instrument="LAB-01")
AMINO = Characteristic("氨基酸态氮", "g/100mL", 2, (74, 92), low="0.70", instrument="LAB-01")
MOISTURE = Characteristic("水分", "%", 1, (60, 115), high="12", instrument="LAB-02")
FOIL_STRENGTH = Characteristic("铝箔袋拉伸强度", "N", 0, (62, 78), low="55", instrument="LAB-03")
CORE = Characteristic("中心温度", "℃", 1, (8, 36), low="0", high="4", instrument="TM-03")
TRIM_YIELD = Characteristic("修整得率", "%", 1, (911, 926), low="90")
TUMBLE_TEMPERATURE = Characteristic("温度", "℃", 1, (24, 52), low="0", high="6")
TUMBLE_TIME = Characteristic("时间", "h", 1, (122, 138), low="12", high="16")
OUTFEED = Characteristic("出料温度", "℃", 1, (30, 54), high="6", instrument="TM-03")
DRUM_SPEED = Characteristic("滚筒转速", "r/min", 1, (60, 80), low="5", high="9")
BRAISE_TEMPERATURE = Characteristic("温度", "℃", 1, (956, 974), low="95", high="98", target="96.5")
BRAISE_TIME = Characteristic("时间", "min", 0, (91, 98), low="90", high="100")
SALINITY = Characteristic("盐度", "%", 1, (29, 33), low="2.8", high="3.4", instrument="SAL-1")
DRYING_TEMPERATURE = Characteristic("烘烤温度", "℃", 1, (682, 724), low="65", high="75")
WATER_ACTIVITY = Characteristic("水分活度", "", 2, (68, 74), high="0.80", instrument="LAB-02")
SEAL_TEMPERATURE = Characteristic("封口温度", "℃", 0, (180, 186), low="178", high="188", target="183")
SEAL_STRENGTH = Characteristic("封口强度", "N", 0, (48, 58), low="45", instrument="LAB-03")
VACUUM = Characteristic("真空度", "MPa", 3, (-98, -92), high="-0.090")
F0 = Characteristic("F0", "min", 2, (330, 378), low="3.00")
RETORT_TEMPERATURE = Characteristic("釜温", "℃", 1, (1206, 1217), low="120", target="121")
STEAM = Characteristic("蒸汽", "MPa", 2, (38, 44), low="0.35")
IRON = Characteristic("Fe", "mm", 1, (12, 15), high="1.5", instrument="金检机 1 号")
STEEL = Characteristic("SUS", "mm", 1, (20, 25), high="2.5", instrument="金检机 1 号")
NET_WEIGHT = Characteristic("净含量偏差", "%", 1, (2, 18), low="0", instrument="SC-07")
