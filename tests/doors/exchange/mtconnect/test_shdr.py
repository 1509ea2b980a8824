"""Adapter logs, line by line. The lines are hand-written after what real adapters sent."""

from __future__ import annotations

from datetime import UTC, datetime

from lotline.doors.exchange.mtconnect.observation import BadLine, Condition, Observation
from lotline.doors.exchange.mtconnect.shdr import read_shdr, unwrap_capture

AT = "2017-02-07T16:02:27.7500009Z"


def test_read_shdr_keeps_value_and_timestamp_as_written() -> None:
    log = read_shdr([f"{AT}|Feed_Rate|201.4166666666670\n"])

    assert log.observations == (
        Observation(
            at=datetime(2017, 2, 7, 16, 2, 27, 750000, tzinfo=UTC),
            timestamp=AT,
            item="Feed_Rate",
            value="201.4166666666670",
            position=1,
        ),
    )
    assert log.bad_lines == ()


def test_read_shdr_takes_every_pair_of_a_line() -> None:
    log = read_shdr([f"{AT}|EStop_State|ARMED|Spindle_Speed|0|Feed_Rate|12.5"])

    assert [(o.item, o.value) for o in log.observations] == [
        ("EStop_State", "ARMED"),
        ("Spindle_Speed", "0"),
        ("Feed_Rate", "12.5"),
    ]


def test_read_shdr_counts_empty_first_line_and_adapter_command_without_blaming_them() -> None:
    log = read_shdr(["\r\n", "* PONG 10000\n", f"{AT}|avail|AVAILABLE\r\n"])

    assert log.lines == 3
    assert log.bad_lines == ()
    assert [(o.position, o.value) for o in log.observations] == [(3, "AVAILABLE")]


def test_read_shdr_of_unavailable_or_blank_value_says_not_recorded() -> None:
    log = read_shdr([f"{AT}|mode|UNAVAILABLE", f"{AT}|program| ", f"{AT}|Block_Number|"])

    assert [o.value for o in log.observations] == [None, None, None]


def test_read_shdr_reads_condition_with_code_and_text() -> None:
    log = read_shdr([f"{AT}|system|Fault|B6|||External emergency stop"])

    assert [(o.item, o.value, o.condition) for o in log.observations] == [
        ("system", "FAULT", Condition(level="FAULT", native_code="B6", text="External emergency stop"))
    ]


def test_read_shdr_of_unavailable_condition_says_not_recorded() -> None:
    log = read_shdr([f"{AT}|servo|Unavailable||||"])

    assert [(o.item, o.value, o.condition) for o in log.observations] == [("servo", None, None)]


def test_read_shdr_with_device_model_reads_three_pairs_as_pairs() -> None:
    line = f"{AT}|move|NORMAL|x|1|y|2"

    log = read_shdr([line], conditions={"system"})

    assert [(o.item, o.value) for o in log.observations] == [("move", "NORMAL"), ("x", "1"), ("y", "2")]


def test_read_shdr_with_duration_takes_the_time_before_it() -> None:
    log = read_shdr([f"{AT}@0.5|Feed_Rate|1"])

    assert [o.timestamp for o in log.observations] == [AT]


def test_read_shdr_names_each_bad_line_with_number_and_keeps_the_good_ones() -> None:
    log = read_shdr(
        [
            f"{AT}|Block_Number|",
            "2017",
            AT,
            f"{AT}|Feed_Rate|1|Progr",
            f"{AT}||5",
            "2017-13-07T16:02:27Z|a|b",
            f"{AT}|@ASSET@|EM233|CuttingTool|<CuttingTool/>",
            f"{AT}|Feed_Rate|7",
        ]
    )

    assert [(bad.number, bad.code) for bad in log.bad_lines] == [
        (2, "no_timestamp"),
        (3, "no_item"),
        (4, "no_value"),
        (5, "no_item"),
        (6, "no_timestamp"),
        (7, "asset"),
    ]
    assert [(o.position, o.value) for o in log.observations] == [(1, None), (8, "7")]


def test_read_shdr_does_not_trust_a_line_that_a_terminal_broke() -> None:
    wide = f"{AT}|Spindle_Override|12".rjust(80)

    log = read_shdr([wide, "5.000000", f"{AT}|Feed_Rate|7"])

    assert log.bad_lines == (
        BadLine(1, "cut", wide.strip()),
        BadLine(2, "no_timestamp", "5.000000"),
    )
    assert [o.value for o in log.observations] == ["7"]


def test_read_shdr_trusts_a_wide_line_that_another_line_follows() -> None:
    wide = f"{AT}|Spindle_Override|12".rjust(80)

    log = read_shdr([wide, f"{AT}|Feed_Rate|7"])

    assert [o.value for o in log.observations] == ["12", "7"]


def test_unwrap_capture_joins_what_a_terminal_broke() -> None:
    pieces = [f"{AT}|Spindle_Override|12".rjust(80), "5.000000", f"{AT}|Feed_Rate|7"]

    log = read_shdr(unwrap_capture(pieces))

    assert log.bad_lines == ()
    assert [o.value for o in log.observations] == ["125.000000", "7"]


def test_unwrap_capture_ends_a_line_that_fills_the_last_column_by_chance() -> None:
    pieces = [f"{AT}|Spindle_Override|125.0".rjust(80), f"{AT}|Feed_Rate|7"]

    log = read_shdr(unwrap_capture(pieces))

    assert [o.value for o in log.observations] == ["125.0", "7"]
