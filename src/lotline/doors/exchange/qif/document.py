"""What a QIF results document says, as plain data. None and "" mean that the document does not say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Ours, beside the inspector's: what the value and the limits in the document amount to."""

    PASS = "PASS"  # noqa: S105 -- a verdict, not a password
    FAIL = "FAIL"
    UNKNOWN = ""


class Doubt(StrEnum):
    """Why there is no verdict of ours."""

    NONE = ""
    NO_VALUE = "no_value"
    NO_LIMITS = "no_limits"
    NO_NOMINAL = "no_nominal"  # tolerances are given as deviations from a nominal that is missing
    NEGATIVE_ZONE = "negative_zone"  # a zone of negative width, as MTC wrote it: nothing can lie in it
    BONUS = "bonus"  # at maximum or least material the zone grows with the size of the feature


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicResult:
    """One measured characteristic of one part. Numbers are decimal texts; ``value`` is as the inspector wrote it."""

    element: str  # id of the actual in the document
    characteristic: str
    features: tuple[str, ...]
    kind: str  # Diameter, Flatness, DistanceBetween …
    value: str | None
    unit: str
    nominal: str | None
    minus: str | None  # lower tolerance as a deviation from the nominal
    plus: str | None  # the upper one, or the width of a zone
    low: str | None
    high: str | None
    material_condition: str
    verdict: str  # as the inspector wrote it: PASS, FAIL, or another word of the standard
    recomputed: Verdict
    doubt: Doubt
    instrument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """All results of one part, in the order of the document. ``serial`` None means that no serial number was recorded."""

    number: int  # place in the document, from 1
    element: str
    serial: str | None
    status: str
    results: tuple[CharacteristicResult, ...]
    # A result may name further components without a serial number: they are kept, not joined to the part.
    unnamed_components: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        """How many characteristics the inspector passed."""
        return sum(result.verdict == Verdict.PASS for result in self.results)

    @property
    def failed(self) -> int:
        """How many characteristics the inspector failed."""
        return sum(result.verdict == Verdict.FAIL for result in self.results)

    @property
    def disputed(self) -> tuple[CharacteristicResult, ...]:
        """The characteristics where the inspector's verdict is not what value and limits amount to."""
        return tuple(
            result
            for result in self.results
            if result.recomputed is not Verdict.UNKNOWN and result.verdict and result.verdict != result.recomputed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traceability:
    """Who inspected and when, as far as the document says it. Times are as written, often without a zone."""

    organization: str = ""
    preparer: str = ""
    created_at: str = ""
    application: str = ""
    report: str = ""
    part_model: str = ""


@dataclass(frozen=True, slots=True)
class QifProblem:
    """An element that could not be used, named by its id (or its place): the rest of the document stands."""

    element: str
    code: str  # a key of ``words.PROBLEM``
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QifDocument:
    """A results document."""

    version: str
    identifier: str
    traceability: Traceability
    parts: tuple[PartResult, ...]
    problems: tuple[QifProblem, ...]
