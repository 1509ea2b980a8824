"""A small site that shows every component with invented data: for tests in a browser and for looking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import get_language
from django.views.i18n import set_language

from lotline.core.graph_layout import Node, build_graph
from lotline.core.quantity import format_quantity
from lotline.doors.web.genealogy import answer_genealogy
from tests.doors.web.site.synthetic import KEYS, genealogy


class Person:
    """A signed-in person."""

    is_authenticated = True

    def __str__(self) -> str:
        return zh("周敏", "Zhou Min")


def language() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"


def caption(nodes: Sequence[Node]) -> str:
    tonnes = sum(node.amount for node in nodes) // 1000
    return f"{format_quantity(tonnes)} t"


def data(request: HttpRequest, size: str) -> JsonResponse:
    nodes, links = genealogy(size, language())
    return JsonResponse(answer_genealogy(build_graph(nodes, links), request.GET, keys=KEYS, caption=caption))


def zh(chinese: str, english: str) -> str:
    return chinese if language() == "zh" else english


def measurement(name: str, value: str | None, unit: str, low: str | None, high: str | None, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "low": low, "high": high, **more}


def lot_of(size: str) -> dict[str, Any]:
    parts = [
        {"amount": 3480, "text": "3,480", "label": zh("已发客户", "Shipped"), "tone": "gone"},
        {"amount": 1260, "text": "1,260", "label": zh("在库", "In stock"), "tone": "hold"},
        {"amount": 60, "text": "60", "label": zh("报废", "Scrap"), "tone": "here"},
        {"amount": 20, "text": "20", "label": zh("留样", "Retained"), "tone": ""},
    ]
    return {
        "code": {"5": "BC40L-26K17-00417", "50": "FG-261117-A03"}.get(size, "RM-261102-01"),
        "item": zh("酱卤牛腱肉 180 g/袋", "Braised beef shank, 180 g pouch"),
        "state": "hold",
        "overlays": [],
        "seal": {"text": zh("1,284 条记录未被改动 · 08:40", "1,284 records unaltered · 08:40"), "address": "#"},
        "sub": [{"text": zh("因 胀袋投诉 · 惠万家武侯店 11-18 08:31", "from complaint: swollen pouch, 18 Nov 08:31"), "address": "#"}],
        "directions": [
            {"code": "sources", "label": zh("来源 · 原料", "Sources"), "address": "?to=sources"},
            {"code": "both", "label": zh("双向", "Both"), "address": "?to=both", "current": True},
            {"code": "destinations", "label": zh("去向 · 客户", "Destinations"), "address": "?to=destinations"},
        ],
        "actions": [{"label": zh("导出", "Export"), "icon": "download", "address": "#"}],
        "quantity": {
            "text": "4,820",
            "unit": zh("袋", "pcs"),
            "verb": zh("产出", "made"),
            "closes": True,
            "difference": "0",
            "parts": parts,
            "summary": zh("数量去向", "Where it went"),
        },
        "places": [
            {"name": zh("成品库 A-03-2", "FG store A-03-2"), "text": "1,260", "state": "hold", "address": "#"},
            {"name": zh("惠万家 · 成都仓", "Huiwanjia · Chengdu DC"), "text": "1,920", "state": "shipped"},
            {"name": zh("西南铁路配餐", "Southwest Rail"), "text": "960", "state": "shipped"},
            {"name": zh("云购电商 · 在途", "Yungou · in transit"), "text": "600", "state": "shipped"},
        ],
        "origin": [
            {"term": zh("生产", "Made"), "text": zh("11-17 06:40–12:55 · 包装 1 线", "17 Nov 06:40–12:55 · Pack 1")},
            {"term": zh("工单", "Work order"), "text": "WO-26-11803", "code": True, "address": "#"},
            {"term": zh("保质期至", "Best before"), "text": "2027-05-16"},
            {"term": zh("配方版本", "Recipe"), "text": "BB-180 v7", "code": True, "address": "#"},
        ],
    }


def answer() -> dict[str, Any]:
    return {
        "tone": "red",
        "icon": "alert-triangle",
        "sentence": zh("问题出在高温杀菌：F0 值 2.61，低于下限 3.00", "Fault found at retort: F0 2.61, limit 3.00"),
        "detail": zh(
            "锅次 SJ-261117-2-03 · 2 号杀菌釜 · 11-17 09:42–10:31 · 刘强",
            "Cycle SJ-261117-2-03 · retort 2 · 17 Nov 09:42–10:31 · Liu Qiang",
        ),
        "numbers": [
            {"text": "4", "label": zh("成品批受影响", "finished lots hit")},
            {"text": "11,872", "label": zh("袋", "pouches")},
            {"text": "5,340", "label": zh("袋已发出", "already shipped"), "tone": "is-red"},
        ],
        "actions": [{"label": zh("看证据", "Evidence"), "icon": "list", "address": "#steps"}],
    }


def steps() -> list[dict[str, Any]]:
    return [
        {
            "date": "11-17",
            "time": "16:10",
            "iso": "2026-11-17T16:10+08:00",
            "title": zh("发货", "Shipped"),
            "detail": "SH-261117-007",
            "person": zh("赵磊", "Zhao Lei"),
            "proofs": [{"text": zh("装车扫码 3/3", "Load scans 3/3")}],
        },
        {
            "date": "11-17",
            "time": "09:42",
            "iso": "2026-11-17T09:42+08:00",
            "title": zh("高温杀菌 · 锅次 SJ-261117-2-03", "Retort · cycle SJ-261117-2-03"),
            "out": True,
            "tags": [{"text": zh("超限", "Out of limit"), "icon": "ban", "tone": "red"}],
            "detail": zh("2 号杀菌釜", "Retort 2"),
            "person": zh("刘强", "Liu Qiang"),
            "measurements": [
                measurement("F0", "2.61", "min", "3.00", None, verdict="below", target="4"),
                measurement(zh("釜温", "Temp"), "119.2", "℃", "120", "123", verdict="below", target="121"),
                measurement(zh("蒸汽", "Steam"), "0.28", "MPa", "0.35", "0.45", verdict="below", target="0.38"),
            ],
            "proofs": [{"text": zh("报警 3 次，已人工确认", "3 alarms, acknowledged"), "out": True}],
        },
        {
            "date": "11-17",
            "time": "06:40",
            "iso": "2026-11-17T06:40+08:00",
            "title": zh("真空包装", "Vacuum packing"),
            "detail": zh("包装 1 线 · 铝箔袋 RM-261021-14", "Pack 1 · film RM-261021-14"),
            "person": zh("陈刚", "Chen Gang"),
            "measurements": [
                measurement(zh("封口温度", "Seal temp"), "182", "℃", "178", "188", target="183"),
                measurement(zh("封口强度", "Seal strength"), "52", "N", "45", None),
                measurement(zh("泄漏量", "Leak"), None, "mL/min", None, "1.2"),
            ],
            "proofs": [{"text": zh("首件 + 3 次巡检", "First piece + 3 patrols")}],
        },
        {
            "date": "11-16",
            "time": "06:15",
            "iso": "2026-11-16T06:15+08:00",
            "title": zh("滚揉腌制", "Tumbling"),
            "tags": [{"text": zh("采集中断 4 h", "capture gap 4 h"), "icon": "link-off"}],
            "detail": zh("滚揉机 3 号 · 离线，参数手填", "Tumbler 3, entered by hand"),
            "person": zh("何勇", "He Yong"),
            "measurements": [
                measurement(zh("温度", "Temp"), "4.1", "℃", "0", "6", typed=True),
                measurement(zh("时间", "Time"), "12.4", "h", "12", "16", typed=True, target="14"),
            ],
            "proofs": [{"text": zh("出料温度 4.1 ℃", "Outfeed 4.1 °C")}],
        },
    ]


def trace(request: HttpRequest, size: str = "50") -> HttpResponse:
    context = {
        "user": Person(),
        "lot": lot_of(size),
        "answer": answer(),
        "steps": steps(),
        "plant_name": zh("蜀香源食品 · 二厂", "Shuxiangyuan Foods · Plant 2"),
        "search_value": lot_of(size)["code"],
        "genealogy": {
            "src": f"/data/{size}",
            "lot_address": "/lot/__id__",
            "drawer_address": "/drawer/__id__" if "drawer" in request.GET else "",
        },
    }
    return render(request, "site/trace.html", context)


def components(request: HttpRequest) -> HttpResponse:
    context = {
        "user": Person(),
        "states": [
            "pending",
            "released",
            "concession",
            "wip",
            "hold",
            "rejected",
            "rework",
            "shipped",
            "consumed",
            "scrapped",
            "recalled",
            "expired",
            "suspect",
            "possible",
        ],
        "table": {
            "caption": zh("批次", "Lots"),
            "columns": [
                {"label": zh("批次", "Lot")},
                {"label": zh("物料", "Item")},
                {"label": zh("数量", "Quantity"), "right": True},
                {"label": zh("状态", "State")},
            ],
            "rows": [
                {
                    "address": "#",
                    "cells": [
                        {"text": f"FG-261117-A0{at}", "address": f"/lot/{at}", "code": True},
                        {"text": zh("酱卤牛腱肉 180 g", "Braised beef shank")},
                        {"text": "4,820", "right": True},
                        {"state": state, "end": True},
                    ],
                }
                for at, state in enumerate(("hold", "released", "pending"))
            ],
        },
        "stepper": [
            {"label": zh("选文件", "File"), "state": "done"},
            {"label": zh("对列", "Columns"), "state": "now"},
            {"label": zh("预览", "Preview"), "state": ""},
        ],
        "empty_title": zh("今天还没有冻结的批次", "No lots on hold today"),
        "empty_text": zh(
            "质量或规则冻结后会出现在这里，并拦住扫码。", "When quality or a rule puts one on hold, it shows here and stops scans."
        ),
        "title": zh("设计基础", "Components"),
        "sub": zh("颜色、文字、组件、状态", "Colour, type, components, states"),
        "actions": [{"label": zh("追一个批次", "Trace a lot"), "icon": "route", "kind": "primary", "address": "/trace/50"}],
    }
    return render(request, "site/components.html", context)


def drawer(request: HttpRequest, lot: str) -> HttpResponse:
    return render(request, "site/drawer.html", {"drawer": {"title": lot, "code": True, "state": "hold"}})


def suggest(request: HttpRequest) -> HttpResponse:
    return render(request, "site/suggestions.html", {"q": request.GET.get("q", "")})


def error(request: HttpRequest, status: int) -> HttpResponse:
    templates = {400: "400.html", 403: "403.html", 404: "404.html", 429: "web/locked.html", 500: "500.html", 403001: "403_csrf.html"}
    return render(request, templates[status], {"failure_limit": 5}, status=429 if status == 429 else min(status, 599))


def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in template without accounts: a POST always shows the failure."""
    form = None
    if request.method == "POST":
        form = {
            "errors": True,
            "non_field_errors": [zh("工号和密码对不上。", "This name and password do not match.")],
            "username": {"value": request.POST.get("username", "")},
        }
    return render(request, "web/sign_in.html", {"form": form, "next": "/"})


web = (
    [
        path("trace/<str:size>", trace, name="sized"),
        path("trace", trace, name="trace"),
        path("lots", components, name="lots"),
        path("import", components, name="import"),
        path("search", trace, name="search"),
        path("suggest", suggest, name="suggest"),
        path("language", set_language, name="language"),
        path("sign-in", sign_in, name="sign-in"),
    ],
    "web",
)
urlpatterns = [
    path("", include(web)),
    path("data/<str:size>", data),
    path("drawer/<str:lot>", drawer),
    path("lot/<str:size>", trace),
    path("error/<int:status>", error),
]
