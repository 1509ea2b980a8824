"""The kinds of tables that can be imported, each as a list of columns. One table: to add a column, add a line.

A column has a name in the language of the code, words for people (header of the template), and the headers under which
factories are known to write it. Headers are compared without case, spaces, brackets and what stands in them, so that "数量（kg）"
is "数量".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lotline.core.facts import Disposition, PlaceKind
from lotline.records.catalog.choices import ItemKind, Tracking


class ColumnType(StrEnum):
    """How the cells of a column are read (``values``)."""

    CODE = "code"
    TEXT = "text"
    QUANTITY = "quantity"
    DECIMAL = "decimal"
    WHOLE = "whole"
    MOMENT = "moment"
    TIME = "time"
    EXPIRY = "expiry"
    CHOICE = "choice"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a row can say. ``repeats``: may stand in a row several times, as material 1, material 2 …"""

    name: str
    label: Promise
    type: ColumnType
    headers: tuple[str, ...]
    example: str = ""
    required: bool = False
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    longest: int = 120
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class TableKind:
    """A kind of table. ``sheet_words``: what the names of its sheets hold. Kinds are imported in the order of ``KINDS``, whatever the order of the sheets."""

    name: str
    label: Promise
    help: Promise
    columns: tuple[Column, ...]
    sheet_words: tuple[str, ...]
    # Columns that a row takes over from the row above when it names no product of its own.
    carried: tuple[str, ...] = ()
    # A second example row, where one alone says nothing whole: what differs from the first, by column.
    second: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        """The column with this name. Raises ``KeyError``."""
        return next((column for column in self.columns if column.name == name), None) or _no_column(self.name, name)


def _no_column(kind: str, name: str) -> Column:
    raise KeyError(f"{kind} has no column {name}")


_ITEM_KINDS = (
    (ItemKind.RAW.value, ("raw", "raw material", "material", "原料", "原材料", "主料", "辅料", "调料")),
    (ItemKind.PACKAGING.value, ("packaging", "packaging material", "包材", "包装", "包装材料", "包装物")),
    (ItemKind.WIP.value, ("wip", "semi-finished", "semi-finished product", "半成品", "在制品", "中间品")),
    (ItemKind.FINISHED.value, ("finished", "finished product", "product", "成品", "产品", "产成品")),
    (ItemKind.LOGISTIC.value, ("logistic", "logistic unit", "物流单元")),
)
_TRACKINGS = (
    (Tracking.LOT.value, ("lot", "batch", "by lot", "批次", "批号", "按批次", "按批")),
    (Tracking.SERIAL.value, ("serial", "serial number", "by serial number", "序列号", "按序列号", "单件", "一物一码")),
)
_PLACE_KINDS = (
    (PlaceKind.SUPPLIER.value, ("supplier", "vendor", "供应商", "供方", "供货商")),
    (PlaceKind.CUSTOMER.value, ("customer", "client", "客户", "顾客", "经销商", "门店")),
    (PlaceKind.SUBCONTRACTOR.value, ("subcontractor", "外协", "外协厂", "委外商", "委外")),
    (PlaceKind.WAREHOUSE.value, ("warehouse", "store", "仓库", "库房", "冷库", "仓")),
    (PlaceKind.BIN.value, ("bin", "shelf", "库位", "货位", "储位", "货架")),
    (PlaceKind.LINE.value, ("line", "production line", "产线", "生产线", "车间")),
    (PlaceKind.STATION.value, ("station", "工位", "工作站")),
    (PlaceKind.VESSEL.value, ("vessel", "tank", "罐", "储罐", "料罐", "锅")),
    (PlaceKind.CONTAINER.value, ("container", "box", "pallet", "容器", "周转箱", "托盘", "料箱")),
)
_DIRECTIONS = (
    ("in", ("in", "input", "consumed", "material", "投入", "投料", "领料", "消耗", "用料", "原料", "材料")),
    ("out", ("out", "output", "produced", "product", "产出", "入库", "完工", "产品", "成品", "完工入库")),
)
_VERDICTS = (
    ("PASS", ("pass", "passed", "ok", "good", "合格", "通过", "符合", "√", "✓")),
    ("FAIL", ("fail", "failed", "ng", "bad", "reject", "不合格", "不通过", "不符合", "×", "✗")),
)
_DISPOSITIONS = (
    (Disposition.PENDING.value, ("pending", "待检", "待定", "待处理")),
    (Disposition.RELEASED.value, ("released", "accepted", "接收", "放行", "准予放行", "合格放行")),
    (Disposition.CONCESSION.value, ("concession", "让步", "让步接收", "特采")),
    (Disposition.REJECTED.value, ("rejected", "拒收", "退货", "报废", "判退")),
)

_C, _T, _Q, _M = ColumnType.CODE, ColumnType.TEXT, ColumnType.QUANTITY, ColumnType.MOMENT

_ITEM = Column("item", _("Item"), _C, ("item", "item code", "item no", "material", "material code", "material no", "part no", "part number", "sku", "product", "product code", "物料", "物料编码", "物料编号", "物料代码", "料号", "存货编码", "存货编号", "品号", "货号", "产品编码", "产品编号", "原料编码", "编码", "品名", "物料名称", "原料名称", "产品名称", "货品名称", "原料", "产品"), "BEEF-SHANK")  # fmt: skip
_LOT = Column("lot", _("Lot"), _C, ("lot", "lot no", "lot number", "lot code", "batch", "batch no", "batch number", "serial", "serial no", "serial number", "批号", "批次", "批次号", "批次编号", "生产批号", "产品批号", "原料批号", "物料批号", "内部批号", "本厂批号", "入库批号", "序列号"), "BS-20260105-01", required=True)  # fmt: skip
_QUANTITY = Column("quantity", _("Quantity"), _Q, ("quantity", "qty", "amount", "weight", "net weight", "数量", "实收数量", "入库数量", "收货数量", "发货数量", "出库数量", "出货数量", "结存数量", "库存数量", "盘点数量", "期初数量", "期初结存", "库存", "用量", "重量", "净重", "净含量"), "500", required=True)  # fmt: skip
_UNIT = Column(
    "unit", _("Unit"), _T, ("unit", "uom", "unit of measure", "单位", "计量单位", "基本单位", "主单位", "数量单位"), "kg", longest=20
)
_ITEM_NAME = Column("item_name", _("Item name"), _T, ("item name", "item description", "description", "material name", "product name", "物料名称", "品名", "名称", "存货名称", "原料名称", "产品名称", "货品名称", "物料描述"), longest=200)  # fmt: skip
_PLACE = Column("place", _("Place"), _C, ("place", "location", "warehouse", "bin", "storage", "库位", "货位", "仓库", "存放地点", "库房", "储位", "存放位置", "地点"), "SITE")  # fmt: skip
_TIME = Column("time", _("Time of day"), ColumnType.TIME, ("time", "time of day", "hour", "时间", "时刻", "钟点"))
_SUPPLIER = Column("supplier", _("Supplier"), _C, ("supplier", "supplier name", "supplier code", "vendor", "供应商", "供应商名称", "供应商编码", "供货单位", "供货商", "供方", "来源", "厂家", "生产厂家"), "FARM-01")  # fmt: skip
_SUPPLIER_LOT = Column("supplier_lot", _("Supplier's lot number"), _C, ("supplier lot", "supplier's lot", "supplier's lot number", "supplier lot number", "supplier lot no", "supplier batch", "vendor lot", "vendor batch", "供应商批号", "供应商批次", "供应商批次号", "供方批号", "供货批号", "来料批号", "厂家批号", "原厂批号", "检疫证号"), "F0104")  # fmt: skip
_EXPIRES = Column("expires_at", _("Expiry"), ColumnType.EXPIRY, ("expiry", "expiry date", "expires", "expires at", "expiration date", "best before", "use by", "有效期", "有效期至", "失效日期", "到期日", "到期日期", "保质期至", "保质期", "效期"), "2026-07-05")  # fmt: skip
_DOCUMENT = Column("document", _("Document"), _T, ("document", "document no", "doc no", "delivery note", "reference", "ref", "单号", "单据号", "单据编号", "凭证号", "入库单号", "收货单号", "送货单号", "发货单号", "出库单号", "报告编号", "检验单号"), "GR-0001")  # fmt: skip
_OPERATOR = Column("operator", _("Operator"), _T, ("operator", "worker", "person", "by", "received by", "inspector", "操作员", "操作人", "操作工", "经办人", "收货人员", "仓管员", "保管员", "检验员", "作业员", "记录人"), "王芳", longest=80)  # fmt: skip


def _at(label: Promise, headers: str, example: str) -> Column:
    return Column("at", label, _M, tuple(headers.split("|")), example, required=True)


def _with(column: Column, *, required: bool = False, headers: str = "", name: str = "", label: Promise | None = None, example: str | None = None, repeats: bool = False) -> Column:  # fmt: skip
    """The same column in another kind of table."""
    words = tuple(headers.split("|")) if headers else column.headers
    return Column(name or column.name, label or column.label, column.type, words, column.example if example is None else example, required or column.required, column.choices, column.longest, repeats)  # fmt: skip


_OPERATION = Column("operation", _("Operation"), _T, ("operation", "step", "process", "process step", "工序", "工序名称", "工艺", "操作", "步骤"), "腌制")  # fmt: skip
_EQUIPMENT = Column("equipment", _("Equipment"), _T, ("equipment", "machine", "line", "resource", "设备", "设备编号", "设备名称", "机台", "机器", "产线", "生产线"), "TUMBLER-1")  # fmt: skip
_ORDER = Column("order", _("Order"), _T, ("order", "order no", "work order", "production order", "job", "工单", "工单号", "生产工单", "生产订单", "任务单", "任务单号", "订单号", "制令单号"), "WO-1001")  # fmt: skip
_EVENT = Column("event", _("Event"), _T, ("event", "event id", "event no", "run", "batch record", "record no", "生产记录号", "批记录号", "生产单号", "记录编号", "锅次", "炉次", "班次号", "序号组"), "E-1")  # fmt: skip
_PRODUCED_AT = _at(_("Time"), "at|date|produced|produced at|production date|manufacturing date|date and time|start|生产日期|生产时间|日期|日期时间|加工日期|投料日期|投料时间|完工日期|制造日期|产出日期", "2026-01-06 14:30")  # fmt: skip

UNITS = TableKind(
    "units",
    _("Units"),
    _("What people call the units of measure, in each language: one row per unit. A unit that does not exist yet is made."),
    (
        Column("code", _("Unit code"), _C, ("unit code", "code of the unit", "uom code", "单位编码", "单位代码", "计量单位编码", "计量单位代码"), "pcs", required=True, longest=20),
        Column("name", _("Unit name"), _T, ("unit name", "name of the unit", "计量单位名称", "单位名称"), longest=60),
        Column("name_zh", _("Unit name in Chinese"), _T, ("unit name in chinese", "chinese name", "name zh", "name in chinese", "zh", "中文名称", "单位中文名称", "中文"), "件", longest=60),
        Column("name_en", _("Unit name in English"), _T, ("unit name in english", "english name", "name en", "name in english", "en", "英文名称", "单位英文名称", "英文"), "pieces", longest=60),
    ),
    ("units", "units of measure", "uom", "计量单位", "单位表"),
)  # fmt: skip
ITEMS = TableKind(
    "items",
    _("Items"),
    _("What the factory buys, makes and packs: one row per item."),
    (
        _with(_ITEM, required=True, name="code", label=_("Item code"), headers="code|item|item code|item no|material|material code|material no|part no|part number|sku|product code|编码|物料编码|物料编号|物料代码|料号|存货编码|存货编号|品号|货号|产品编码|产品编号"),
        _with(_ITEM_NAME, name="name", label=_("Item name"), headers="name|item name|description|material name|product name|名称|物料名称|品名|存货名称|产品名称|物料描述", example="牛腱子"),
        Column("kind", _("Kind of item"), ColumnType.CHOICE, ("kind", "kind of item", "type", "category", "item type", "类别", "类型", "物料类别", "物料类型", "存货分类", "物料种类", "种类"), "raw", choices=_ITEM_KINDS),
        _with(_UNIT, required=True, label=_("Base unit"), headers="unit|uom|base unit|unit of measure|单位|计量单位|基本单位|主单位|主计量单位"),
        Column("tracking", _("Tracking"), ColumnType.CHOICE, ("tracking", "tracked by", "管理方式", "追踪方式", "追溯方式", "批次管理"), "lot", choices=_TRACKINGS),
        Column("shelf_life_days", _("Shelf life in days"), ColumnType.WHOLE, ("shelf life", "shelf life in days", "shelf life days", "保质期", "保质期天数", "保质天数", "有效期天数"), "180"),
        Column("release_required", _("Release required"), ColumnType.YES_NO, ("release required", "inspection required", "qc", "是否检验", "需要放行", "是否质检", "来料检验", "须检验"), "no"),
        Column("pack_unit", _("Second unit"), _T, ("second unit", "pack unit", "purchase unit", "辅单位", "辅助单位", "包装单位", "采购单位", "第二单位"), "bag", longest=20),
        Column("pack_size", _("Base units in one second unit"), ColumnType.DECIMAL, ("pack size", "base units in one second unit", "conversion", "conversion factor", "换算率", "换算系数", "换算关系", "每包数量", "单包重量", "装量", "一个第二单位含基本单位数"), "25"),
    ),
    ("item", "material", "master", "物料", "存货", "品名", "料号", "产品目录"),
)  # fmt: skip
PLACES = TableKind(
    "places",
    _("Places and partners"),
    _("Warehouses, bins, lines and vessels; suppliers and customers: one row each."),
    (
        Column("code", _("Place code"), _C, ("code", "place", "place code", "location", "partner", "partner code", "编码", "编号", "代码", "地点编码", "库位", "库位编码", "库位编号", "仓库编码", "仓库", "供应商编码", "客户编码", "供应商编号", "客户编号"), "FARM-01", required=True),
        Column("name", _("Place name"), _T, ("name", "place name", "partner name", "名称", "地点名称", "库位名称", "仓库名称", "供应商名称", "客户名称", "单位名称"), "北山牧场"),
        Column("kind", _("Kind of place"), ColumnType.CHOICE, ("kind", "kind of place", "type", "category", "类别", "类型", "地点类型", "性质"), "supplier", required=True, choices=_PLACE_KINDS),
        Column("parent", _("Lies in"), _C, ("parent", "lies in", "in", "belongs to", "上级", "所属仓库", "上级地点", "所属", "位于")),
    ),
    ("place", "location", "warehouse", "supplier", "customer", "partner", "库位", "仓库", "供应商", "客户", "往来单位"),
)  # fmt: skip
OPENING = TableKind(
    "opening",
    _("Opening stock"),
    _("What is there on the day of the stock count, before the first receipt is recorded: one row per lot and place."),
    (
        _LOT, _with(_ITEM, required=True), _ITEM_NAME, _QUANTITY, _UNIT, _PLACE,
        _at(_("Counted on"), "at|date|counted on|counted at|count date|as of|盘点日期|盘点时间|日期|期初日期|截止日期|结存日期", "2026-01-01"),
        _with(_SUPPLIER, example=""), _with(_SUPPLIER_LOT, example=""), _EXPIRES, _DOCUMENT, _OPERATOR,
    ),
    ("opening", "stock", "inventory", "count", "期初", "库存", "盘点", "结存"),
)  # fmt: skip
RECEIPTS = TableKind(
    "receipts",
    _("Receipts"),
    _("What came in from suppliers: one row per lot. Where the supplier or its number is not known, write “unknown”."),
    (
        _LOT, _with(_ITEM, required=True), _ITEM_NAME, _QUANTITY, _UNIT, _PLACE,
        _at(_("Received at"), "at|date|received|received at|received on|receipt date|arrival|arrival date|到货日期|到货时间|收货日期|收货时间|入库日期|入库时间|来料日期|进货日期|进厂日期|验收日期|日期", "2026-01-05 08:30"),
        _TIME, _with(_SUPPLIER, required=True), _with(_SUPPLIER_LOT, required=True), _EXPIRES, _DOCUMENT, _OPERATOR,
    ),
    ("receipt", "receiving", "incoming", "purchase", "来料", "收货", "入库", "进货", "采购", "进厂"),
)  # fmt: skip
PRODUCTION = TableKind(
    "production",
    _("Production, a row for each input and output"),
    _("One row for each lot that went in or came out. Rows of one event (or one order and time) belong together."),
    (
        _EVENT, _PRODUCED_AT, _TIME,
        Column("direction", _("In or out"), ColumnType.CHOICE, ("in or out", "direction", "in/out", "input or output", "type", "方向", "投入产出", "投入/产出", "收发类型", "出入", "类型", "类别"), "in", required=True, choices=_DIRECTIONS),
        _LOT, _with(_ITEM), _ITEM_NAME, _QUANTITY, _UNIT, _PLACE, _OPERATION, _EQUIPMENT, _ORDER, _OPERATOR, _with(_EXPIRES, example=""),
    ),
    ("production", "process", "manufacturing", "生产", "加工", "投料", "批记录"),
    second=(("direction", "out"), ("lot", "BB-20260106-1"), ("item", "BRAISED-BEEF"), ("item_name", ""), ("quantity", "1200"), ("unit", "pcs")),
)  # fmt: skip
PRODUCTION_WIDE = TableKind(
    "production_wide",
    _("Production, product and materials in one row"),
    _("One row for each product and its materials. Several materials stand side by side, or in rows below with the product left blank or merged."),
    (
        _EVENT, _PRODUCED_AT, _TIME,
        _with(_LOT, name="output_lot", label=_("Product lot"), headers="product lot|output lot|product batch|finished lot|lot produced|产品批号|成品批号|生产批号|产出批号|半成品批号", example="BB-20260106-1"),
        _with(_ITEM, name="output_item", label=_("Product"), headers="product|product code|output item|finished product|产品|产品编码|产品编号|产品名称|成品|成品编码|成品名称|产出物料|品名", example="BRAISED-BEEF"),
        _with(_QUANTITY, name="output_quantity", label=_("Quantity produced"), headers="quantity produced|output quantity|output qty|produced|product quantity|产量|产出数量|产品数量|成品数量|完工数量|生产数量|入库数量", example="1200"),
        _with(_UNIT, name="output_unit", label=_("Unit of the product"), headers="product unit|unit of the product|output unit|产品单位|成品单位|产量单位", example="pcs"),
        _with(_LOT, name="input_lot", label=_("Material lot"), headers="material lot|input lot|material batch|raw lot|component lot|原料批号|物料批号|投入批号|材料批号|领料批号|用料批号|辅料批号|包材批号|投料批号", repeats=True),
        _with(_ITEM, name="input_item", label=_("Material"), headers="material|material code|input item|component|raw material|原料|原料编码|原料名称|物料|物料编码|物料名称|材料|材料名称|投入物料|辅料|包材", repeats=True),
        _with(_QUANTITY, name="input_quantity", label=_("Quantity used"), headers="quantity used|input quantity|input qty|used|consumption|material quantity|用量|投入数量|投料量|投料数量|领用数量|领料数量|消耗数量|原料用量|原料数量|使用量", repeats=True),
        _with(_UNIT, name="input_unit", label=_("Unit of the material"), headers="material unit|unit of the material|input unit|原料单位|物料单位|用量单位|投料单位", repeats=True),
        _PLACE, _OPERATION, _EQUIPMENT, _ORDER, _OPERATOR, _with(_EXPIRES, example=""),
    ),
    ("production", "process", "manufacturing", "生产", "加工", "投料", "批记录"),
    carried=("event", "at", "output_lot", "output_item", "output_quantity", "output_unit", "place", "operation", "equipment", "order", "operator", "expires_at"),
)  # fmt: skip
SHIPMENTS = TableKind(
    "shipments",
    _("Shipments"),
    _("What went out to customers: one row per lot."),
    (
        _with(_LOT, example="BB-20260106-1"), _with(_ITEM, example="BRAISED-BEEF"), _with(_QUANTITY, example="600"), _with(_UNIT, example="pcs"),
        Column("customer", _("Customer"), _C, ("customer", "customer name", "customer code", "client", "ship to", "consignee", "客户", "客户名称", "客户编码", "收货单位", "购货单位", "经销商", "门店", "收货方"), "SHOP-07", required=True),
        _at(_("Shipped at"), "at|date|shipped|shipped at|shipped on|ship date|dispatch date|delivery date|发货日期|发货时间|出货日期|出库日期|出库时间|发运日期|销售日期|日期", "2026-01-08 16:00"),
        _TIME, _PLACE, _with(_DOCUMENT, example="DN-0001"), _ORDER, _OPERATOR,
    ),
    ("ship", "delivery", "dispatch", "sales", "发货", "出货", "出库", "销售"),
)  # fmt: skip
INSPECTIONS = TableKind(
    "inspections",
    _("Inspection results"),
    _("One row for each characteristic that was inspected. A value that is left blank counts as not recorded."),
    (
        _with(_LOT, example="BB-20260106-1"), _with(_ITEM, example="BRAISED-BEEF"),
        _at(_("Inspected at"), "at|date|inspected|inspected at|inspected on|inspection date|test date|检验日期|检验时间|检测日期|检测时间|日期|化验日期|报告日期", "2026-01-07 10:00"),
        _TIME,
        Column("characteristic", _("Characteristic"), _T, ("characteristic", "test", "parameter", "test item", "检验项目", "检测项目", "特性", "项目", "指标", "检验指标", "参数"), "水分", required=True),
        Column("value", _("Measured value"), ColumnType.DECIMAL, ("value", "measured value", "result", "measurement", "检验值", "检测值", "实测值", "测量值", "检验结果", "检测结果", "数值", "结果"), "58.2"),
        _with(_UNIT, name="value_unit", label=_("Unit of the value"), headers="unit|value unit|unit of the value|单位|检验单位|计量单位", example="%"),
        Column("low", _("Lower limit"), ColumnType.DECIMAL, ("low", "lower limit", "lsl", "min", "minimum", "下限", "规格下限", "最小值", "标准下限"), "50"),
        Column("high", _("Upper limit"), ColumnType.DECIMAL, ("high", "upper limit", "usl", "max", "maximum", "上限", "规格上限", "最大值", "标准上限"), "60"),
        Column("target", _("Target"), ColumnType.DECIMAL, ("target", "nominal", "目标值", "标准值", "标称值", "中值"), "55"),
        Column("verdict", _("Verdict"), ColumnType.CHOICE, ("verdict", "judgement", "pass/fail", "判定", "结论", "检验结论", "单项判定", "是否合格", "合格与否"), "pass", choices=_VERDICTS),
        Column("disposition", _("Disposition"), ColumnType.CHOICE, ("disposition", "decision", "处置", "处理意见", "批判定", "最终判定", "处理结果"), choices=_DISPOSITIONS),
        Column("instrument", _("Instrument"), _T, ("instrument", "gauge", "device", "仪器", "量具", "检测设备", "仪器编号"), "MA35"),
        _with(_DOCUMENT, example="QC-0001"), _OPERATOR,
    ),
    ("inspection", "quality", "test", "qc", "检验", "检测", "质检", "化验"),
)  # fmt: skip

KINDS: dict[str, TableKind] = {
    kind.name: kind for kind in (UNITS, ITEMS, PLACES, OPENING, RECEIPTS, PRODUCTION, PRODUCTION_WIDE, SHIPMENTS, INSPECTIONS)
}
# Tables that are master data themselves.
MASTER_KINDS = (UNITS.name, ITEMS.name, PLACES.name)
# Columns of the names of units, by language.
UNIT_NAMES = {"name_zh": "zh-hans", "name_en": "en"}
ORDER_OF_KINDS = {name: position for position, name in enumerate(KINDS)}
YES_NO = (("yes", ("yes", "y", "true", "1", "是", "√", "✓", "需要")), ("no", ("no", "n", "false", "0", "否", "不需要", "×")))
# Header of the column of reasons in an exported file of bad rows; never read again.
REASON = pgettext_lazy("column of an exported table", "Reason")
ROW_NUMBER = pgettext_lazy("column of an exported table", "Original row")
OURS_TO_IGNORE = ("reason", "original row", "原因", "原行号")
