"""Figures of the box assembly, read back from the journal: what each log and each result amounts to.

The columns are those of ``derived_shdr_summary.csv`` and ``derived_qif_summary.csv``, so that two tables can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lotline.core.facts import FactKind
from lotline.doors.exchange.box_assembly.facts import KEY
from lotline.records.journal.models import Fact
from lotline.records.places.models import Plant


def operation_figures(plant: Plant) -> list[dict[str, str]]:
    """Give one row per operation, by name of the log."""
    return sorted((_operation_row(body) for body in _bodies(plant) if "machine" in body.get("data", {})), key=lambda row: row["file"])


def inspection_figures(plant: Plant) -> list[dict[str, str]]:
    """Give one row per inspected part, by name of the document and place in it. Verdicts are counted, not copied."""
    bodies = [body for body in _bodies(plant) if "inspection" in body.get("data", {})]
    bodies.sort(key=lambda body: (body["document"], body["data"]["inspection"]["result"]))
    return [_inspection_row(body) for body in bodies]


def _bodies(plant: Plant) -> Iterator[dict[str, Any]]:
    kinds = (FactKind.TRANSFORM.value, FactKind.INSPECT.value, FactKind.NOTE.value)
    facts = Fact.objects.for_plant(plant).filter(key__startswith=f"{KEY}:", kind__in=kinds)
    for body in facts.order_by("seq").values_list("body", flat=True).iterator():
        yield json.loads(body)


def _operation_row(body: dict[str, Any]) -> dict[str, str]:
    machine = body["data"]["machine"]
    (_item, code), *_others = body["lots"]
    part, _, instance = code.partition("-")
    return {
        "file": body["document"],
        "part": part.capitalize(),
        "instance": str(int(instance)),
        "operation": body["operation"],
        "machine": body["equipment"],
        "first_timestamp": machine["first_timestamp"],
        "last_timestamp": machine["last_timestamp"],
        "lines": str(machine["lines"]),
        "irregular_lines": str(machine["irregular_lines"]),
        "feed_holds": str(machine["feed_holds"]),
        "stops": str(machine["stops"]),
        "last_program_status": machine["last_program_status"] or "",
        "last_part_count": machine["last_part_count"] or "",
        "tools_in_order": " ".join(machine["tools"] or ()),
    }


def _inspection_row(body: dict[str, Any]) -> dict[str, str]:
    inspection = body["data"]["inspection"]
    verdicts = [measurement.get("verdict") for measurement in body["measurements"]]
    return {
        "file": body["document"],
        "result_no": str(inspection["result"]),
        "serial_number": inspection["serial"] or "",
        "inspection_status": inspection["status"] or "",
        "characteristics_pass": str(verdicts.count("PASS")),
        "characteristics_fail": str(verdicts.count("FAIL")),
    }
