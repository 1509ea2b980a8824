"""The picture of a large trace is light on the wire."""

from __future__ import annotations

import gzip
import json

from tests.doors.web.plant_of_pages import tell_fan

BYTES_PER_LOT = 60  # 5,000 lots all at once in 300 KB


def test_all_lots_at_once_travel_compressed(quality, plant):
    tell_fan(plant, 150)

    answer = quality.get("/trace-picture/FAN-B?view=overview", headers={"accept-encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.content))["lots"] == 301
    assert len(answer.content) < 301 * BYTES_PER_LOT
