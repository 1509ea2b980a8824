"""The real logs of the NIST box assembly against the figures that others derived from them."""

from __future__ import annotations

import gzip
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from lotline.doors.exchange.mtconnect.observation import ObservationLog
from lotline.doors.exchange.mtconnect.shdr import read_shdr, unwrap_capture
from lotline.doors.exchange.mtconnect.streams import read_condition_items, read_streams
from lotline.doors.exchange.mtconnect.summary import summarize_operation
from tests.doors.exchange.nist_material import FOLDER, derived, require_material

require_material()


def read_log(name: str) -> ObservationLog:
    with gzip.open(FOLDER / "shdr" / f"{name}.gz", "rt", encoding="utf-8") as file:
        return read_shdr(file)


def test_each_log_amounts_to_the_derived_figures() -> None:
    rows = derived("derived_shdr_summary.csv")

    ours = []
    for row in rows:
        summary = summarize_operation(read_log(row["file"]))
        ours.append(
            {
                **{key: row[key] for key in ("file", "part", "instance", "operation", "machine")},
                "first_timestamp": summary.first_timestamp,
                "last_timestamp": summary.last_timestamp,
                "lines": str(summary.lines),
                "irregular_lines": str(summary.irregular_lines),
                "feed_holds": str(summary.feed_holds),
                "stops": str(summary.stops),
                "last_program_status": summary.last_program_status,
                "last_part_count": summary.last_part_count,
                "tools_in_order": " ".join(summary.tools),
            }
        )

    assert len(rows) == 65
    assert {row["file"] for row in rows} == {path.stem for path in (FOLDER / "shdr").glob("*.gz")}
    assert ours == rows


def test_streams_document_says_what_the_logs_of_its_three_operations_say() -> None:
    packed = (FOLDER / "streams" / "Cover-Hurco04-01of20.xml.gz").read_bytes()
    (document,) = read_streams(BytesIO(gzip.decompress(packed)))
    logs = [read_log(f"Cover-Op{operation}-Hurco04-01of20.txt") for operation in (1, 2, 3)]

    # The agent converts the feed rate from mm/min to mm/s, so for this item only the moments can be equal.
    def said(log: ObservationLog) -> Counter[tuple[str, str, str | None]]:
        return Counter((o.at.isoformat(), o.item, None if o.item == "Feed_Rate" else o.value) for o in log.observations)

    assert document.device == "Hurco04"
    assert document.bad_lines == ()
    assert said(document) == said(logs[0]) + said(logs[1]) + said(logs[2])
    assert summarize_operation(document).feed_holds == 4
    assert summarize_operation(document).last_part_count == "1159"


def test_machine_day_with_silent_phases_is_read_without_a_bad_line() -> None:
    with (FOLDER / "Devices.xml").open("rb") as file:
        conditions = read_condition_items(file, device="GFAgie01")
    with gzip.open(FOLDER / "raw" / "GFAgie01-20161026-20161027.txt.gz", "rt", encoding="utf-8") as file:
        lines = list(file)

    by_model, by_form = read_shdr(lines, conditions=conditions), read_shdr(lines)

    assert by_model == by_form
    assert by_model.bad_lines == ()
    assert sum(o.value is None for o in by_model.of("execution")) == 54
    faults = [o for o in by_model.observations if o.condition and o.condition.level == "FAULT"]
    assert [(o.item, o.condition.text) for o in faults if o.condition] == [
        ("system", "External emergency stop"),
        ("system", "Limit switch Y-"),
    ]


@pytest.fixture
def capture() -> list[str]:
    path: Path = FOLDER / "raw" / "1-31-2017-Hurco04.txt"
    return path.read_text(encoding="utf-8").splitlines()


def test_terminal_capture_gives_no_value_that_was_cut(capture: list[str]) -> None:
    whole = {(o.timestamp, o.item, o.value) for o in read_shdr(unwrap_capture(capture)).observations}

    log = read_shdr(capture)

    assert log.bad_lines
    assert {(o.timestamp, o.item, o.value) for o in log.observations} <= whole


def test_terminal_capture_reads_whole_once_it_is_unwrapped(capture: list[str]) -> None:
    log = read_shdr(unwrap_capture(capture))

    assert log.bad_lines == ()
    # A capture has its times in order, and each override of the spindle is written with six places.
    overrides = list(log.of("Spindle_Override"))
    assert [o.at for o in overrides] == sorted(o.at for o in overrides)
    assert {len((o.value or "").partition(".")[2]) for o in overrides} == {6}
