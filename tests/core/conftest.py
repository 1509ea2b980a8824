"""Every refusal in these tests is also checked for its words."""

from __future__ import annotations

import pytest

from tests.core.ledger_of_memory import Ledger, m
from tests.laws.sentences import every_refusal_fills_the_blanks_of_its_sentence

__all__ = ["every_refusal_fills_the_blanks_of_its_sentence"]


@pytest.fixture
def ledger() -> Ledger:
    """Ten of lot 1 at A since the first morning."""
    ledger = Ledger()
    ledger.post("receive", m("1", 10, "S", "A"))
    return ledger
