"""Every refusal in these tests is also checked for its words, and every plant for its chain and for law 9."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lotline.records.journal.replay import check_replay
from lotline.records.journal.verify import verify_chain
from lotline.records.places.models import Plant
from tests.laws.factory import make_plant
from tests.laws.sentences import every_refusal_fills_the_blanks_of_its_sentence

__all__ = ["every_refusal_fills_the_blanks_of_its_sentence"]


@pytest.fixture
def plant(db: None) -> Iterator[Plant]:
    """A plant whose readings are in the end what its facts say."""
    plant = make_plant()
    yield plant
    assert check_replay(plant) == []
    assert verify_chain(plant).failure is None
