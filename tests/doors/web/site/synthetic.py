"""Invented genealogies of 6, 43, 50 and 5,000 lots for looking at the pages without a database."""

from __future__ import annotations

import random
from typing import Any

from lotline.core.graph_layout import Link, Node

KEYS = ("item", "state", "week", "line", "region")

WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "stages": ("原料批", "腌制 · 卤汁", "卤煮", "包装", "杀菌锅次", "成品批", "去向"),
        "serial": ("原料与零件", "机加工", "装配", "序列号", "客户"),
        "wide": ("原料批", "卤汁", "卤煮", "包装", "成品批", "托盘", "发货与客户"),
        "items": ("牛腱 180 g", "牛肉片 100 g", "牛肉干 60 g", "猪蹄 350 g"),
        "regions": ("成都", "重庆", "电商仓", "铁路配餐", "川南", "贵阳", "昆明", "西安"),
        "line": "包装 {} 线",
        "week": "11-{:02d} 周",
        "where": ("已发出", "在库"),
    },
    "en": {
        "stages": ("Raw lots", "Curing · broth", "Braising", "Packing", "Retort cycles", "Finished", "Where to"),
        "serial": ("Raw and parts", "Machining", "Assembly", "Serial number", "Customer"),
        "wide": ("Raw lots", "Broth", "Braising", "Packing", "Finished lots", "Pallets", "Shipments, customers"),
        "items": ("Beef shank, braised, 180 g", "Beef slices 100 g", "Beef jerky 60 g", "Pig trotter 350 g"),
        "regions": ("Chengdu", "Chongqing", "E-commerce DC", "Rail catering", "South Sichuan", "Guiyang", "Kunming", "Xi'an"),
        "line": "Packing line {}",
        "week": "week of {} Nov",
        "where": ("Shipped", "In stock"),
    },
}

Genealogy = tuple[list[Node], list[Link]]


def serial(language: str) -> Genealogy:
    """Six lots: two parts become one serial number that went to a customer."""
    zh = language == "zh"
    rows = (
        ("ZP-261108-3", 0, "铝合金毛坯 · 铸 3 模" if zh else "Aluminium blank, mould 3", "480", "consumed"),
        ("MF-2610-772", 0, "活塞密封圈" if zh else "Piston seal", "2,000", "released"),
        ("JJ-261115-07-012", 1, "缸孔精镗 CNC-07" if zh else "Bore, CNC-07", "1", "consumed"),
        ("ZX-2-0417", 2, "装配 2 线" if zh else "Assembly line 2", "1", "consumed"),
        ("BC40L-26K17-00417", 3, "前左制动卡钳" if zh else "Front left brake caliper", "1", "shipped"),
        ("SH-261117-031", 4, "江城整车 二工厂" if zh else "Jiangcheng Motors 2", "1", "shipped"),
    )
    stages = WORDS[language]["serial"]
    nodes = [
        Node(id=code, code=code, stage=stages[order], order=order, item=item, quantity=quantity, state=state, time=order, start=order == 3)
        for code, order, item, quantity, state in rows
    ]
    pairs = ((0, 2), (2, 3), (1, 3), (3, 4), (4, 5))
    return nodes, [Link(nodes[a].id, nodes[b].id) for a, b in pairs]


def factory_day(language: str) -> Genealogy:
    """About fifty lots: raw materials to customers, one bad retort cycle, a film that skips stages, a possible reel, rework."""
    words = WORDS[language]
    zh = language == "zh"
    nodes: list[Node] = []
    links: list[Link] = []

    def lot(
        order: int,
        code: str,
        item: str,
        quantity: str,
        state: str,
        *,
        start: bool = False,
        source: bool = False,
        suspect: bool = False,
        possible: bool = False,
    ) -> None:
        nodes.append(
            Node(
                id=code,
                code=code,
                stage=words["stages"][order],
                order=order,
                item=item,
                quantity=quantity,
                state=state,
                time=order,
                when=f"11-1{order} 08:4{order}",
                start=start,
                source=source,
                suspect=suspect,
                possible=possible,
            )
        )

    def feed(parent: str, *children: str, certain: bool = True) -> None:
        links.extend(Link(parent, child, certain) for child in children)

    shank = "牛腱 · 恒都" if zh else "Shank · Hengdu"
    for code, item, quantity, state in (
        ("RM-261109-02", shank, "1,240", "consumed"),
        ("RM-261110-05", shank, "980", "consumed"),
        ("RM-261111-03", shank, "1,060", "consumed"),
        ("RM-261028-11", "香辛料包" if zh else "Spice mix", "120", "released"),
        ("RM-261101-08", "食用盐" if zh else "Salt", "500", "released"),
        ("RM-261105-04", "料酒" if zh else "Cooking wine", "300", "released"),
        ("RM-261112-01", "酱油 · 鼎盛" if zh else "Soy sauce", "600", "pending"),
        ("RM-261030-03", "冰糖" if zh else "Rock sugar", "200", "released"),
        ("RM-261021-14", "铝箔袋 · 华印" if zh else "Film · Huayin", "60,000", "released"),
    ):
        lot(0, code, item, quantity, state)
    lot(0, "RM-261021-15", "铝箔袋 · 华印" if zh else "Film · Huayin", "60,000", "released", possible=True)
    for at, quantity in enumerate(("820", "790", "845"), 1):
        lot(1, f"YZ-261116-0{at}", "腌制牛腱" if zh else "Cured shank", quantity, "consumed")
    for at, quantity in enumerate(("1,100", "1,080"), 1):
        lot(1, f"LZ-261117-0{at}", "卤汁" if zh else "Broth", quantity, "consumed")
    feed("RM-261109-02", "YZ-261116-01", "YZ-261116-02")
    feed("RM-261110-05", "YZ-261116-02", "YZ-261116-03")
    feed("RM-261111-03", "YZ-261116-03")
    feed("RM-261028-11", "LZ-261117-01", "LZ-261117-02")
    feed("RM-261101-08", "YZ-261116-01", "YZ-261116-02", "YZ-261116-03")
    feed("RM-261105-04", "LZ-261117-01")
    feed("RM-261112-01", "LZ-261117-01", "LZ-261117-02")
    feed("RM-261030-03", "LZ-261117-02")
    for at, quantity in enumerate(("410", "402", "388", "396", "405"), 1):
        lot(2, f"LU-261117-0{at}", "卤牛腱" if zh else "Braised shank", quantity, "consumed")
    feed("YZ-261116-01", "LU-261117-01", "LU-261117-02")
    feed("YZ-261116-02", "LU-261117-02", "LU-261117-03")
    feed("YZ-261116-03", "LU-261117-04", "LU-261117-05")
    feed("LZ-261117-01", "LU-261117-01", "LU-261117-02", "LU-261117-03")
    feed("LZ-261117-02", "LU-261117-04", "LU-261117-05")
    for name, quantity in (("A02", "2,890"), ("A03", "4,860"), ("A04", "2,652"), ("B01", "1,520"), ("A05", "2,400")):
        lot(3, f"BZ-261117-{name}", "真空包装 1 线" if zh else "Vacuum pack 1", quantity, "consumed")
    feed("LU-261117-01", "BZ-261117-A02", "BZ-261117-A03")
    feed("LU-261117-02", "BZ-261117-A03")
    feed("LU-261117-03", "BZ-261117-A04", "BZ-261117-B01")
    feed("LU-261117-04", "BZ-261117-B01", "BZ-261117-A05")
    feed("LU-261117-05", "BZ-261117-A05")
    feed("RM-261021-14", "BZ-261117-A03", certain=False)
    feed("RM-261021-15", "BZ-261117-A03", certain=False)
    lot(4, "SJ-261117-2-02", "2 号釜 F0 3.42" if zh else "Retort 2 F0 3.42", "2,400", "consumed")
    lot(4, "SJ-261117-2-03", "F0 2.61 < 3.00", "2 号釜" if zh else "Retort 2", "rejected", source=True)
    lot(4, "SJ-261117-1-05", "1 号釜 F0 3.55" if zh else "Retort 1 F0 3.55", "1,260", "consumed")
    for name in ("A02", "A03", "A04", "B01"):
        feed(f"BZ-261117-{name}", "SJ-261117-2-03")
    feed("BZ-261117-A05", "SJ-261117-2-02", "SJ-261117-1-05")
    for name, quantity in (("A02", "2,880"), ("A03", "4,820"), ("A04", "2,640"), ("B01", "1,520")):
        lot(5, f"FG-261117-{name}", words["items"][0], quantity, "hold", suspect=True, start=name == "A03")
        feed("SJ-261117-2-03", f"FG-261117-{name}")
    lot(5, "FG-261117-A05", words["items"][0], "2,380", "released")
    lot(5, "FG-261117-B02", words["items"][0], "1,240", "rework")
    feed("SJ-261117-2-02", "FG-261117-A05")
    feed("SJ-261117-1-05", "FG-261117-B02")
    feed("FG-261117-B02", "SJ-261117-2-02")
    for code, item, quantity, parent in (
        ("SH-261117-007", "惠万家 成都仓" if zh else "Huiwanjia DC", "1,920", "A03"),
        ("SH-261117-009", "西南铁路配餐" if zh else "SW Rail", "960", "A03"),
        ("SH-261118-002", "云购电商 在途" if zh else "Yungou, transit", "600", "A03"),
        ("SH-261117-008", "好邻居 重庆" if zh else "Haolinju", "1,260", "A02"),
        ("SH-261118-001", "川南商贸" if zh else "Chuannan", "600", "A02"),
    ):
        lot(6, code, item, quantity, "shipped", suspect=True)
        feed(f"FG-261117-{parent}", code)
    for code, quantity, parent in (
        ("A-03-2", "1,260", "A03"),
        ("A-03-1", "1,000", "A02"),
        ("A-04-1", "2,600", "A04"),
        ("A-04-2", "1,500", "B01"),
    ):
        lot(6, code, "成品库" if zh else "FG store", quantity, "hold", suspect=True)
        feed(f"FG-261117-{parent}", code)
    lot(6, "A-05-1", "成品库" if zh else "FG store", "3,600", "released")
    feed("FG-261117-A05", "A-05-1")
    feed("FG-261117-B02", "A-05-1")
    return nodes, links


def wide(language: str, lots: int = 5000, *, seed: int = 7) -> Genealogy:
    """One tank of soy sauce and everything that it went into."""
    words = WORDS[language]
    rng = random.Random(seed)
    share = lots / 5000
    counts = [1, *(max(1, round(count * share)) for count in (60, 420, 640, 640, 2420, 819))]
    prefixes = ("RM", "LZ", "LU", "BZ", "FG", "PL", "SH")
    nodes: list[Node] = []
    links: list[Link] = []
    before: list[Node] = []
    for order, count in enumerate(counts):
        here: list[Node] = []
        for at in range(count):
            parent = before[at * len(before) // count] if before else None
            item = parent.item if parent and order > 2 else rng.choices(words["items"], (5, 2, 2, 1))[0]
            day = 3 + at * 15 // count
            late = at > count * 0.72
            suspect = (order == 5 and not late) or (order == 6 and at < count * 0.985)
            state = (
                "shipped"
                if suspect or order == 6
                else "hold"
                if (late and order in (4, 5)) or order == 0
                else "consumed"
                if order < 4
                else "shipped"
            )
            region = words["regions"][min(7, int(rng.random() ** 1.7 * 8))] if order == 6 else ""
            code = "RM-261102-01" if order == 0 else f"{prefixes[order]}-2611{day:02d}-{at:04d}"
            week = words["week"].format(3 if day < 8 else 8 if day < 13 else 13)
            name = {0: "酿造酱油 T2" if language == "zh" else "Soy sauce T2", 1: "卤汁" if language == "zh" else "Broth"}.get(order, item)
            groups = (
                name,
                words["where"][not suspect] if order == 5 else "",
                week,
                words["line"].format(rng.randint(1, 3)) if order == 3 else "",
                region,
            )
            here.append(
                Node(
                    id=code,
                    code=code,
                    item=name,
                    stage=words["wide"][order],
                    order=order,
                    quantity="26 t" if order == 0 else "410 kg",
                    amount=410_000_000,
                    unit="kg",
                    state=state,
                    time=order * 100_000 + at,
                    when=f"11-{day:02d} 08:00",
                    groups=groups,
                    start=order == 0,
                    source=order == 0,
                    suspect=suspect,
                )
            )
            if parent:
                links.append(Link(parent.id, code))
                if 1 < order < 5 and rng.random() < 0.35:
                    links.append(Link(before[min(len(before) - 1, at * len(before) // count + 1)].id, code))
        if order == 6:
            links = [link for link in links if not link.child.startswith("SH")]
            links += [
                Link(pallet.id, here[min(len(here) - 1, max(0, at * len(here) // len(before) + rng.randint(-4, 4)))].id)
                for at, pallet in enumerate(before)
            ]
        nodes += here
        before = here
    return nodes, links


def genealogy(size: str, language: str) -> Genealogy:
    """``5``, ``50`` or any larger number of lots."""
    if size == "5":
        return serial(language)
    return factory_day(language) if size == "50" else wide(language, int(size))
