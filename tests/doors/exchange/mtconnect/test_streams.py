"""MTConnectStreams documents. The documents are hand-written after what the agent of NIST gave."""

from __future__ import annotations

from io import BytesIO

import pytest

from lotline.doors.exchange.mtconnect.observation import Condition, ObservationLog
from lotline.doors.exchange.mtconnect.streams import UnreadableDocument, read_condition_items, read_streams

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3" xmlns:x="urn:nist.gov:NistStreams:1.3">
  <Header creationTime="2017-02-27T17:16:46Z" sender="mulder" instanceId="1" version="1.3.0.16"
    bufferSize="8" nextSequence="14" firstSequence="10" lastSequence="13"/>
  <Streams>
    <DeviceStream name="Mill" uuid="m">
      <ComponentStream component="Path" name="Path" componentId="p">
        <Samples>
          <PathFeedrate dataItemId="p1" timestamp="2017-02-07T16:02:46.75Z" name="Feed" sequence="12">3.10</PathFeedrate>
        </Samples>
        <Events>
          <Execution dataItemId="p2" timestamp="2017-02-07T16:02:45Z" name="Status" sequence="10">ACTIVE</Execution>
          <x:ProgramEditName dataItemId="p3" timestamp="2017-02-07T16:02:46Z" sequence="11">UNAVAILABLE</x:ProgramEditName>
        </Events>
        <Condition>
          <Fault dataItemId="p4" name="system" timestamp="2017-02-07T16:02:47Z" sequence="13" nativeCode="B6">Stop</Fault>
        </Condition>
      </ComponentStream>
    </DeviceStream>
  </Streams>
</MTConnectStreams>
"""


def read(text: str) -> tuple[ObservationLog, ...]:
    return read_streams(BytesIO(text.encode()))


def test_read_streams_gives_observations_of_a_device_in_order_of_sequence() -> None:
    (log,) = read(DOCUMENT)

    assert log.device == "Mill"
    assert log.lines == 4
    assert [(o.position, o.item, o.value) for o in log.observations] == [
        (10, "Status", "ACTIVE"),
        (11, "p3", None),
        (12, "Feed", "3.10"),
        (13, "system", "FAULT"),
    ]
    assert log.observations[3].condition == Condition(level="FAULT", native_code="B6", text="Stop")


def test_read_streams_names_observation_that_can_not_be_read() -> None:
    broken = DOCUMENT.replace('sequence="10"', 'sequence="ten"').replace('"2017-02-07T16:02:46Z"', '"yesterday"')

    (log,) = read(broken)

    assert [(bad.number, bad.code) for bad in log.bad_lines] == [(2, "no_sequence"), (3, "no_timestamp")]
    assert [o.item for o in log.observations] == ["Feed", "system"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<MTConnectStreams>", "not_xml"),
        ("<html/>", "other_document"),
        ('<MTConnectStreams xmlns="urn:example"/>', "other_document"),
        ('<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:1.3"/>', "other_document"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><MTConnectStreams/>', "forbidden_xml"),
    ],
)
def test_read_streams_refuses_what_is_no_document(text: str, code: str) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        read(text)

    assert refused.value.code == code


def test_read_condition_items_gives_conditions_of_the_named_device_only() -> None:
    model = """<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3"><Devices>
      <Device name="A" id="a"><DataItems>
        <DataItem category="CONDITION" id="a1" name="system" type="SYSTEM"/>
        <DataItem category="EVENT" id="a2" name="move" type="MESSAGE"/>
      </DataItems></Device>
      <Device name="B" id="b"><DataItems><DataItem category="CONDITION" id="b1" type="SYSTEM"/></DataItems></Device>
    </Devices></MTConnectDevices>"""

    assert read_condition_items(BytesIO(model.encode()), device="A") == {"system"}
    assert read_condition_items(BytesIO(model.encode()), device="B") == {"b1"}
