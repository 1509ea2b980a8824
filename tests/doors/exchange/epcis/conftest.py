"""The plant of this folder's stories."""

from __future__ import annotations

import pytest

from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant


@pytest.fixture
def plant(db: None) -> Plant:
    return create_plant(code="P1", name="Plant")
