"""What an operation amounts to."""

from __future__ import annotations

from lotline.doors.exchange.mtconnect.shdr import read_shdr
from lotline.doors.exchange.mtconnect.summary import Extent, summarize_operation

LOG = """
2017-02-07T16:00:00Z|Program_Status|ACTIVE|Program_Name_Running|A.NC
2017-02-07T16:00:01Z|Current_Tool|0.000000
2017-02-07T16:00:02Z|Current_Tool|15.000000
2017-02-07T16:00:03Z|Feed_Rate|0.10
2017-02-07T16:00:03Z|Feed_Rate|12.5
2017-02-07T16:00:03Z|Feed_Rate|fast
2017-02-07T16:00:04Z|Program_Status|FEED_HOLD
2017-02-07T16:00:05Z|Program_Status|ACTIVE
2017-02-07T16:00:05Z|Program_Status|PROGRAM_STOPPED
2017-02-07T16:00:06Z|Program_Status|STOPPED
2017-02-07T16:00:06Z|Current_Tool|UNAVAILABLE
2017
2017-02-07T16:00:07Z|Current_Tool|0.000000
2017-02-07T16:00:08Z|Current_Tool|2.000000
2017-02-07T16:00:09Z|Part_Count|1110
2017-02-07T16:00:09.5000000Z|Program_Status|PROGRAM_COMPLETED|Part_Count|1111
""".splitlines()


def test_summarize_operation_counts_holds_and_stops_and_lists_tools_in_order() -> None:
    summary = summarize_operation(read_shdr(LOG))

    assert (summary.first_timestamp, summary.last_timestamp) == ("2017-02-07T16:00:00Z", "2017-02-07T16:00:09.5000000Z")
    assert (summary.lines, summary.irregular_lines) == (17, 1)
    assert (summary.feed_holds, summary.stops, summary.program_stops) == (1, 1, 1)
    assert (summary.last_program_status, summary.last_part_count) == ("PROGRAM_COMPLETED", "1111")
    assert (summary.programs, summary.tools) == (("A.NC",), ("15", "2"))
    assert summary.telemetry == (Extent(item="Feed_Rate", lowest="0.10", highest="12.5", values=2, unreadable=1),)


def test_summarize_operation_of_silent_log_says_not_recorded() -> None:
    summary = summarize_operation(read_shdr(["", ""]))

    assert (summary.start, summary.end, summary.first_timestamp) == (None, None, None)
    assert (summary.last_program_status, summary.last_part_count, summary.programs) == (None, None, ())
    assert (summary.lines, summary.feed_holds) == (2, 0)


def test_summarize_operation_of_machine_that_went_silent_does_not_keep_its_last_status() -> None:
    summary = summarize_operation(
        read_shdr(["2017-02-07T16:00:00Z|Program_Status|ACTIVE", "2017-02-07T16:00:01Z|Program_Status|UNAVAILABLE"])
    )

    assert summary.last_program_status is None
