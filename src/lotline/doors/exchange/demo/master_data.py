"""What the demonstration plant is made of: places, partners, items, products."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from lotline.core.facts import PlaceKind
from lotline.records.catalog.actions import ItemSpec
from lotline.records.catalog.choices import ItemKind
from lotline.records.places.actions import PlaceSpec

PLANT_CODE = "SXY-2"
PLANT_NAME = "蜀香源食品 · 二厂"

HENGDU, CAOYUAN, DINGSHENG, CHUANYAN = "S-HENGDU", "S-CAOYUAN", "S-DINGSHENG", "S-CHUANYAN"
HANYUAN, SHUJIU, BINGZHOU, GUANGXI = "S-HANYUAN", "S-SHUJIU", "S-BINGZHOU", "S-GUITANG"
HUAYIN, RONGDA = "S-HUAYIN", "S-RONGDA"
SUPPLIERS = {
    HENGDU: "恒都牧业", CAOYUAN: "草原兴牧", DINGSHENG: "鼎盛酿造", CHUANYAN: "川南盐业", HANYUAN: "汉源香料", SHUJIU: "蜀酒坊",
    BINGZHOU: "冰洲糖业", GUANGXI: "桂糖集团", HUAYIN: "华印包材", RONGDA: "蓉达纸箱",
}  # fmt: skip

HUIWANJIA, SWRAIL, YUNGOU, HAOLINJU, CHUANNAN = "C-HUIWANJIA", "C-SWRAIL", "C-YUNGOU", "C-HAOLINJU", "C-CHUANNAN"
CUSTOMERS = {
    HUIWANJIA: "惠万家超市 · 成都仓", SWRAIL: "西南铁路配餐", YUNGOU: "云购电商 · 双流仓", HAOLINJU: "好邻居便利 · 重庆",
    CHUANNAN: "川南商贸",
}  # fmt: skip

COLD, DRY, PACKAGING, GOODS, SAMPLES, RED_AREA, RETURNS = "WH-COLD", "WH-DRY", "WH-PACK", "WH-FG", "WH-SAMPLE", "QA-RED", "WH-RETURN"
CARTON = "CARTON-A"
PROCESS, SCRAP, VARIANCE, TRANSIT, SITE = "PROCESS", "SCRAP", "VARIANCE", "TRANSIT", "SITE"
# Kept for the story of the complaint; daily work uses the other bins.
STORY_BINS = ("A-03-1", "A-03-2", "A-04-1", "A-05-1")

_STATIONS = (
    *((f"THAW-{n}", f"解冻间 {n}", PlaceKind.STATION) for n in (1, 2)),
    *((f"TUM-{n}", f"滚揉机 {n} 号", PlaceKind.STATION) for n in (1, 2, 3, 4)),
    *((f"KET-{n}", f"夹层锅 {n} 号", PlaceKind.VESSEL) for n in (1, 2, 3, 4, 5)),
    *((f"PACK-{n}", f"包装 {n} 线", PlaceKind.LINE) for n in (1, 2, 3)),
    *((f"RET-{n}", f"{n} 号杀菌釜", PlaceKind.STATION) for n in (1, 2)),
    ("DRYER-1", "烘房 1", PlaceKind.STATION),
    (CARTON, "装箱 A", PlaceKind.STATION),
)
_WAREHOUSES = (
    (COLD, "冷库"), (DRY, "辅料库"), (PACKAGING, "包材库"), (GOODS, "成品库"), (SAMPLES, "留样室"), (RED_AREA, "红线隔离区"),
    (RETURNS, "退货区"),
)  # fmt: skip
_STORE_BINS = {COLD: ("C-01-1", "C-01-2", "C-02-1", "C-02-2"), DRY: ("D-01-1", "D-01-2", "D-02-1"), PACKAGING: ("P-01", "P-02")}
PLACE_NAMES = {code: name for code, name, _kind in _STATIONS} | dict(_WAREHOUSES)


def goods_bins() -> tuple[str, ...]:
    """The bins of the finished goods store that daily work uses."""
    return tuple(bin_ for bin_ in all_goods_bins() if bin_ not in STORY_BINS)


def all_goods_bins() -> tuple[str, ...]:
    """Aisles A-01 to A-06, four bins each."""
    return tuple(f"A-{aisle:02d}-{level}" for aisle in range(1, 7) for level in range(1, 5))


def store_bins(warehouse: str) -> tuple[str, ...]:
    """The bins of a raw material store."""
    return _STORE_BINS[warehouse]


def plant_places() -> list[PlaceSpec]:
    """All places but pallets and the standard ones, parents first."""
    specs = [PlaceSpec(code=code, kind=PlaceKind.SUPPLIER, name=name) for code, name in SUPPLIERS.items()]
    specs += [PlaceSpec(code=code, kind=PlaceKind.CUSTOMER, name=name) for code, name in CUSTOMERS.items()]
    specs += [PlaceSpec(code=code, kind=PlaceKind.WAREHOUSE, name=name, parent=SITE) for code, name in _WAREHOUSES]
    specs += [PlaceSpec(code=code, kind=kind, name=name, parent=SITE) for code, name, kind in _STATIONS]
    bins = {**_STORE_BINS, GOODS: all_goods_bins()}
    specs += [
        PlaceSpec(code=code, kind=PlaceKind.BIN, name=f"{PLACE_NAMES[store]} {code}", parent=store)
        for store, codes in bins.items()
        for code in codes
    ]
    return specs


@dataclass(frozen=True, slots=True)
class Material:
    """A bought item. ``lot_size`` and ``reorder_at`` in grams or pieces; ``pieces`` tells which."""

    item: str
    name: str
    suppliers: tuple[str, ...]
    warehouse: str
    lot_size: int
    reorder_at: int
    shelf_life_days: int
    pieces: bool = False


SHANK, ROUND, SALT, SOY, SPICE = "RM-SHANK", "RM-ROUND", "RM-SALT", "RM-SOY", "RM-SPICE"
SUGAR, WINE, CARTONS = "RM-SUGAR", "RM-WINE", "PK-CARTON"
FOIL_180, FOIL_100, FOIL_60 = "PK-FOIL-180", "PK-FOIL-100", "PK-FOIL-60"
MATERIALS = {
    m.item: m
    for m in (
        Material(SHANK, "牛腱", (HENGDU, CAOYUAN), COLD, 1_100_000, 3_600_000, 365),
        Material(ROUND, "牛霖", (CAOYUAN, HENGDU), COLD, 1_000_000, 2_600_000, 365),
        Material(SALT, "食用盐", (CHUANYAN,), DRY, 500_000, 130_000, 1095),
        Material(SOY, "酿造酱油", (DINGSHENG,), DRY, 900_000, 450_000, 540),
        Material(SPICE, "香辛料包", (HANYUAN,), DRY, 150_000, 60_000, 365),
        Material(SUGAR, "冰糖", (BINGZHOU,), DRY, 300_000, 120_000, 730),
        Material(WINE, "料酒", (SHUJIU,), DRY, 400_000, 180_000, 730),
        Material(FOIL_180, "铝箔袋 180 g", (HUAYIN,), PACKAGING, 60_000, 30_000, 730, pieces=True),
        Material(FOIL_100, "铝箔袋 100 g", (HUAYIN,), PACKAGING, 60_000, 24_000, 730, pieces=True),
        Material(FOIL_60, "铝箔袋 60 g", (HUAYIN,), PACKAGING, 60_000, 20_000, 730, pieces=True),
        Material(CARTONS, "纸箱", (RONGDA,), PACKAGING, 4_000, 1_600, 730, pieces=True),
    )
}
BROTH = "WIP-BROTH"


@dataclass(frozen=True, slots=True)
class Product:
    """A finished product with the items that it passes through. ``broth`` is drawn from a topped-up tank or cooked fresh."""

    item: str
    name: str
    short: str
    letter: str
    order_offset: int
    beef: str
    grams: int
    foil: str
    recipe: str
    pouches_per_carton: int
    tank: bool = False
    retorted: bool = True

    def stage(self, prefix: str) -> str:
        """The item of this product at a stage: XZ trimmed, YZ cured, LU braised, BZ packed, SJ retorted."""
        return f"{prefix}-{self.short}"

    @property
    def line(self) -> str:
        """The packing line that makes it."""
        return f"PACK-{'ABC'.index(self.letter) + 1}"

    @property
    def pallet(self) -> int:
        """Pouches on a full pallet: 48 cartons."""
        return 48 * self.pouches_per_carton


SHANK_180 = Product("FG-BB-180", "酱卤牛腱肉 180 g", "BB", "A", 0, SHANK, 180, FOIL_180, "BB-180 v7", 40)
SLICES_100 = Product("FG-NP-100", "酱卤牛肉片 100 g", "NP", "B", 3, ROUND, 100, FOIL_100, "NP-100 v4", 60, tank=True)
JERKY_60 = Product("FG-NG-60", "五香牛肉干 60 g", "NG", "C", -4, ROUND, 60, FOIL_60, "NG-60 v2", 80, retorted=False)
PRODUCTS = (SHANK_180, SLICES_100, JERKY_60)
_STAGE_NAMES = {
    "XZ": "修整{0}", "YZ": "腌制{0}", "LU": "卤{0}", "BZ": "真空包装半成品 {1}", "SJ": "杀菌锅次 {1}",
}  # fmt: skip
FINISHED_LIFE_DAYS = 180


def plant_items() -> list[ItemSpec]:
    """Every item of the plant."""
    specs = [
        ItemSpec(
            code=m.item,
            name=m.name,
            unit="pcs" if m.pieces else "kg",
            kind=ItemKind.PACKAGING if m.pieces else ItemKind.RAW,
            shelf_life_days=m.shelf_life_days,
            release_required=True,
        )
        for m in MATERIALS.values()
    ]
    specs.append(ItemSpec(code=BROTH, name="卤汁", unit="kg", kind=ItemKind.WIP))
    for product in PRODUCTS:
        for prefix, name in _STAGE_NAMES.items():
            if prefix == "SJ" and not product.retorted:
                continue
            named = name.format(MATERIALS[product.beef].name, f"{product.grams} g")
            unit = "pcs" if prefix in ("BZ", "SJ") else "kg"
            specs.append(ItemSpec(code=product.stage(prefix), name=named, unit=unit, kind=ItemKind.WIP))
        specs.append(
            ItemSpec(
                code=product.item,
                name=product.name,
                unit="pcs",
                kind=ItemKind.FINISHED,
                shelf_life_days=FINISHED_LIFE_DAYS,
                release_required=True,
                units={"case": Fraction(product.pouches_per_carton)},
            )
        )
    return specs
