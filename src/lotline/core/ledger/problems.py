"""Why a draft was refused, without words: a code and its parameters. ``records.journal.words`` makes sentences of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule. ``draft`` is the position of the draft in the batch; codes are listed in ``records.journal.words``."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    draft: int = 0


class Refused(Exception):
    """Nothing of the batch was written. ``problems`` names every rule that was found broken, in the order of the drafts."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"#{p.draft} {p.code} {dict(p.params)}" for p in problems))
        self.problems = tuple(problems)
