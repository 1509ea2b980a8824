"""Whatever a test gets refused, the sentence for it must be whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from django.utils.translation import override

from lotline.core.ledger import Problem, Refused
from lotline.records.journal.words import PROBLEMS

BLANK = re.compile(r"\{(\w+)\}")


@pytest.fixture(autouse=True)
def every_refusal_fills_the_blanks_of_its_sentence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each problem that is raised while a test runs has every parameter that its sentence shows."""
    broken: list[str] = []
    make = Refused.__init__

    def made(self: Refused, problems: Sequence[Problem]) -> None:
        make(self, problems)
        with override("en"):
            missing = ((p.code, set(BLANK.findall(str(PROBLEMS[p.code]))) - p.params.keys()) for p in problems)
            broken.extend(f"{code}: {sorted(names)}" for code, names in missing if names)

    monkeypatch.setattr(Refused, "__init__", made)
    yield
    assert not broken
