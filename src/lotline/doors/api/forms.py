"""The form of facts as other systems send them, checked once by compiled validators, and what they become: drafts.

Quantities are decimal text or whole numbers, in the item's base unit or in ``unit``; a JSON number with a point is refused,
because its decimals are those of binary arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictBool, StrictInt, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from lotline.core.facts import Birth, Carry, Disposition, Draft, FactKind, FactSource, LotRef, Measurement, Move
from lotline.core.ledger.form import LARGEST_STRAND
from lotline.core.quantity import BadQuantity, convert_quantity, parse_quantity
from lotline.doors.api.problems import Finding, Stopped
from lotline.records.catalog.queries import unit_factors

MOST_FACTS = 5000
MOST_MOVES = 10_000
_QUANTITY = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _decimal(pattern: re.Pattern[str]) -> Any:
    signed = pattern is _NUMBER

    def check(value: Any) -> str:
        if type(value) is str and pattern.fullmatch(value):
            return value
        if type(value) is int and abs(value) < 10**40 and pattern.fullmatch(str(value)):
            return str(value)
        if isinstance(value, float):
            raise PydanticCustomError("quantity_as_float", "write decimals as text")
        if not signed and type(value) in {int, str} and _NUMBER.fullmatch(str(value)[:80]) and str(value).startswith("-"):
            raise PydanticCustomError("quantity_negative", "a quantity is not below zero")
        raise PydanticCustomError("not_a_number", "a plain decimal number as text, or a whole number")

    return check


def parse_moment(value: Any) -> datetime:
    """A moment as RFC 3339 writes it, with its zone. Fractions beyond microseconds are cut; a leap second is the one after it."""
    found = _RFC3339.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("moment_not_rfc3339", "a moment as in RFC 3339, with a zone")
    leap = found[1] == "60"
    text = f"{value[:17]}59{value[19:]}" if leap else value
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        return moment + timedelta(seconds=1) if leap else moment
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment_not_rfc3339", "a moment as in RFC 3339, with a zone") from None


def _number_schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}]})


Quantity = Annotated[
    str,
    PlainValidator(_decimal(_QUANTITY)),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"}, {"type": "integer", "minimum": 0}]}),
]
Number = Annotated[str, PlainValidator(_decimal(_NUMBER)), _number_schema(r"^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$")]
Moment = Annotated[datetime, PlainValidator(parse_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Code = Annotated[StrictStr, Field(min_length=1, max_length=120)]
Text = Annotated[StrictStr, Field(max_length=120)]
Free = dict[StrictStr, Any]


class Form(BaseModel):
    """A field that is not known is a mistake, and said to be one. Not ninja's ``Schema``, which takes half of the time of a small fact."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class LotName(Form):
    """A lot is its item and its code."""

    item: Code
    lot: Code


class MoveIn(Form):
    """A quantity of a lot leaves one place and enters another."""

    item: Code
    lot: Code
    quantity: Quantity
    unit: StrictStr | None = Field(None, max_length=20, description="Unit of the quantity; default: the item's base unit")
    source: Code = Field(description="Code of the place that it leaves")
    target: Code = Field(description="Code of the place that it enters")
    strand: StrictInt = Field(0, ge=0, le=LARGEST_STRAND, description="Inputs and outputs of one strand belong together")
    certain: StrictBool = Field(True, description="False: one of several alternatives")


class CarryIn(Form):
    """A container moves with all that is in it."""

    container: Code
    source: Code
    target: Code


class BirthIn(Form):
    """What is known of a lot when it is first named, or received again."""

    item: Code
    lot: Code
    expires_at: Moment | None = None
    supplier: Text = ""
    supplier_lot: Text = ""
    batch: Text = ""
    attributes: Free = Field(default_factory=dict)


class MeasurementIn(Form):
    """One measured characteristic. ``value`` null: not recorded."""

    characteristic: Code
    value: Number | None
    unit: Annotated[StrictStr, Field(max_length=20)] = ""
    low: Number | None = None
    high: Number | None = None
    target: Number | None = None
    verdict: Annotated[StrictStr, Field(max_length=20)] = ""
    instrument: Text = ""
    source: Annotated[StrictStr, Field(max_length=20)] = "device"


class FactIn(Form):
    """One thing that happened."""

    kind: FactKind
    happened_at: Moment
    key: StrictStr = Field("", max_length=200, description="Idempotency key; or send the header Idempotency-Key")
    moves: list[MoveIn] = Field(default_factory=list, max_length=MOST_MOVES)
    carries: list[CarryIn] = Field(default_factory=list, max_length=1000)
    births: list[BirthIn] = Field(default_factory=list, max_length=MOST_MOVES)
    subjects: list[LotName] = Field(default_factory=list, max_length=MOST_MOVES)
    measurements: list[MeasurementIn] = Field(default_factory=list, max_length=1000)
    station: Text = ""
    equipment: Text = ""
    operator: StrictStr = Field("", max_length=80)
    order: Text = ""
    operation: Text = ""
    document: Text = ""
    reason: StrictStr = Field("", max_length=400)
    source: FactSource = FactSource.API
    device_clock: Moment | None = None
    disposition: Disposition | None = None
    hold_place: Text = ""
    override_reason: StrictStr = Field("", max_length=400)
    reverses: UUID | None = None
    data: Free = Field(default_factory=dict)


class FactsIn(Form):
    """Facts that are written in this order, all or none."""

    facts: list[FactIn] = Field(min_length=1, max_length=MOST_FACTS)


def drafts_of(facts: Sequence[FactIn], keys: Sequence[str], *, batch: bool) -> list[Draft]:
    """Drafts with every quantity in base units. Raises ``Stopped`` (422) with each quantity that is not exact."""
    pairs = {(move.item, move.unit) for fact in facts for move in fact.moves if move.unit is not None}
    factors = unit_factors(pairs) if pairs else {}
    findings: list[Finding] = []
    drafts = []
    for index, (fact, key) in enumerate(zip(facts, keys, strict=True)):
        moves = []
        for position, move in enumerate(fact.moves):
            micro = _micro(move, factors, findings, index if batch else None, position)
            moves.append(Move(LotRef(move.item, move.lot), micro, move.source, move.target, move.strand, move.certain))
        drafts.append(_draft(fact, key, tuple(moves)))
    if findings:
        raise Stopped(422, "refused", {"count": str(len(findings))}, findings)
    return drafts


def _micro(move: MoveIn, factors: dict[tuple[str, str], Any], findings: list[Finding], index: int | None, position: int) -> int:
    try:
        micro = parse_quantity(move.quantity)
        if move.unit is None:
            return micro
        factor = factors.get((move.item, move.unit))
        if factor is None:
            where = f"moves.{position}.unit"
            findings.append(Finding("unit_unknown", {"field": where, "item": move.item, "unit": move.unit}, index, where))
            return 0
        return convert_quantity(micro, factor)
    except BadQuantity as bad:
        where = f"moves.{position}.quantity"
        params = {"field": where, "quantity": move.quantity, "unit": move.unit or "", "item": move.item}
        findings.append(Finding(bad.code, params, index, where))
        return 0


def _draft(fact: FactIn, key: str, moves: tuple[Move, ...]) -> Draft:
    return Draft(
        kind=fact.kind,
        happened_at=fact.happened_at,
        key=key,
        moves=moves,
        carries=tuple([Carry(c.container, c.source, c.target) for c in fact.carries]),
        births=tuple([_birth(birth) for birth in fact.births]),
        subjects=tuple([LotRef(lot.item, lot.lot) for lot in fact.subjects]),
        measurements=tuple([_measurement(m) for m in fact.measurements]),
        station=fact.station,
        equipment=fact.equipment,
        operator=fact.operator,
        order=fact.order,
        operation=fact.operation,
        document=fact.document,
        reason=fact.reason,
        source=fact.source,
        device_clock=fact.device_clock,
        disposition=fact.disposition,
        hold_place=fact.hold_place,
        override_reason=fact.override_reason,
        reverses=fact.reverses,
        data=fact.data,
    )


def _birth(birth: BirthIn) -> Birth:
    return Birth(LotRef(birth.item, birth.lot), birth.expires_at, birth.supplier, birth.supplier_lot, birth.batch, birth.attributes)


def _measurement(m: MeasurementIn) -> Measurement:
    return Measurement(m.characteristic, m.value, m.unit, m.low, m.high, m.target, m.verdict, m.instrument, m.source)
