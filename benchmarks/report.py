"""Figures as rows: what was measured, the limit measured beside it, the ratio, and the goal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. ``ratio`` is measured ÷ limit, or a plain value where the goal is one; ``at_most`` false means "at least"."""

    name: str
    measured: str
    limit: str
    ratio: float
    goal: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


@dataclass(slots=True)
class Report:
    """All rows of a run, printed as they come."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        sign = "≤" if figure.at_most else "≥"
        verdict = "ok  " if figure.met else "OVER" if figure.at_most else "LOW "
        print(
            f"{verdict} {figure.name:<58} {figure.measured:>16}  limit {figure.limit:>16}  "
            f"ratio {figure.ratio:8.2f}  goal {sign} {figure.goal:g}",
            flush=True,
        )

    def note(self, text: str) -> None:
        print(f"     {text}", flush=True)

    def as_json(self) -> str:
        return json.dumps([asdict(figure) | {"met": figure.met} for figure in self.figures], indent=2)
