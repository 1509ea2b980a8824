"""From lines to facts: what each kind of happening is in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from lotline.core.facts import Birth, Disposition, Draft, FactKind, FactSource, LotRef, Measurement, Move, PlaceKind
from lotline.doors.exchange.tables.happenings import Happening
from lotline.doors.exchange.tables.kinds import INSPECTIONS
from lotline.doors.exchange.tables.lines import Bad, Line, Worked
from lotline.doors.exchange.tables.master_data import MasterData
from lotline.doors.exchange.tables.rows import ReadRow
from lotline.doors.exchange.tables.values import NOT_KNOWN, BadCell, parse_number
from lotline.doors.exchange.tables.whereabouts import SITE, Whereabouts
from lotline.records.places.models import Plant

COUNTED = _("Opening stock")
SUPPLIER_UNKNOWN = _("Supplier not known")
NOT_RECORDED = _("Used, but never recorded before")


@dataclass(slots=True)
class Planned:
    """A fact that is to be written, and the rows that it comes from."""

    draft: Draft
    happening: Happening


class DraftMaker:
    """Makes the drafts of happenings in their order. ``bad`` and ``remark`` are told (row, code, params, target column)."""

    def __init__(self, *, master: MasterData, whereabouts: Whereabouts, bad: Bad, remark: Bad) -> None:
        self.master = master
        self.whereabouts = whereabouts
        self.bad = bad
        self.remark = remark
        self.reason_counted = in_plants_words(master.plant, COUNTED)
        self.reason_unknown = in_plants_words(master.plant, SUPPLIER_UNKNOWN)

    def make(self, worked: Worked) -> Planned | None:
        """The fact, or None where a row turned out bad."""
        makers: dict[str, Callable[[Worked], Draft]] = {
            "opening": self._receive, "receipts": self._receive, "production": self._transform, "production_wide": self._transform,
            "shipments": self._ship, "inspections": self._inspect,
        }  # fmt: skip
        try:
            return Planned(makers[worked.happening.kind](worked), worked.happening)
        except BadCell as error:
            column = {"place_ambiguous": "place", "place_not_there": "place", "not_a_number": error.params.get("column", "")}
            self.bad(_row_named(worked, error), error.code, error.params, column.get(error.code, ""))
            return None

    # --- kinds ----------------------------------------------------------------------------------------------------------

    def _receive(self, worked: Worked) -> Draft:
        row, line = worked.happening.rows[0], worked.outputs[0]
        place = self._place(row) or SITE
        supplier, supplier_lot = self._origin(row, opening=worked.happening.kind == "opening")
        attributes: dict[str, Any] = dict(row.attributes)
        if supplier_lot and not supplier:
            attributes["supplier_lot"], supplier_lot = supplier_lot, ""
        birth = Birth(line.lot, row.want("expires_at", datetime), supplier, supplier_lot, attributes=attributes)
        opening = worked.happening.kind == "opening"
        source, reason = ("VARIANCE", self.reason_counted) if opening else (supplier or "VARIANCE", "" if supplier else self.reason_unknown)
        if line.lot in self.master.known_lots:
            self.remark(row, "lot_exists", {"lot": line.lot.code}, "lot")
        self.whereabouts.put(line.lot, place, line.quantity)
        move = Move(line.lot, line.quantity, source, place)
        return self._draft(worked.happening, FactKind.RECEIVE, moves=(move,), births=(birth,), reason=reason)

    def _transform(self, worked: Worked) -> Draft:
        happening = worked.happening
        moves = []
        for line in summed(worked.inputs):
            place = self.whereabouts.take(line.lot, line.quantity, self._place(line.row))
            moves.append(Move(line.lot, line.quantity, place, "PROCESS"))
        births = []
        for line in summed(worked.outputs):
            place = self._place(line.row) or SITE
            self.whereabouts.put(line.lot, place, line.quantity)
            moves.append(Move(line.lot, line.quantity, "PROCESS", place))
            expires = line.row.want("expires_at", datetime)
            if expires is not None:
                births.append(Birth(line.lot, expires))
        return self._draft(happening, FactKind.TRANSFORM, moves=_joined(moves), births=tuple(births), attributes=_attributes(happening))

    def _ship(self, worked: Worked) -> Draft:
        row, line = worked.happening.rows[0], worked.inputs[0]
        customer = self.master.partner(row.text("customer"), PlaceKind.CUSTOMER)
        place = self.whereabouts.take(line.lot, line.quantity, self._place(row))
        move = Move(line.lot, line.quantity, place, customer)
        return self._draft(worked.happening, FactKind.SHIP, moves=(move,), attributes=dict(row.attributes))

    def _inspect(self, worked: Worked) -> Draft:
        happening = worked.happening
        as_written: dict[str, str] = {}
        measurements = tuple(self._measurement(row, as_written) for row in happening.rows)
        decisions = {text for row in happening.rows if (text := row.text("disposition"))}
        if len(decisions) > 1:
            raise BadCell("dispositions_differ", lot=worked.subjects[0].code)
        return self._draft(
            happening,
            FactKind.INSPECT,
            subjects=tuple(dict.fromkeys(worked.subjects)),
            measurements=measurements,
            disposition=Disposition(decisions.pop()) if decisions else None,
            attributes=_attributes(happening),
            extra={"as_written": as_written} if as_written else {},
        )

    # --- parts ----------------------------------------------------------------------------------------------------------

    def _draft(
        self,
        happening: Happening,
        kind: FactKind,
        *,
        attributes: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
        **said: Any,
    ) -> Draft:
        data: dict[str, Any] = dict(extra or {})
        if happening.content:
            data["table"] = {"content": happening.content}
        if attributes:
            data["attributes"] = attributes
        document = happening.first("document") or happening.first("event")
        return Draft(
            kind=kind,
            happened_at=happening.at,
            key=happening.key,
            source=FactSource.IMPORT,
            document=document,
            data=data,
            equipment=happening.first("equipment"),
            operator=happening.first("operator"),
            order=happening.first("order"),
            operation=happening.first("operation"),
            **said,
        )

    def _place(self, row: ReadRow) -> str:
        said = row.text("place")
        return self.master.place(said) if said else ""

    def _origin(self, row: ReadRow, *, opening: bool) -> tuple[str, str]:
        """Supplier (the code of its place) and the supplier's number; blank where the row says that it is not known."""
        said, number = row.text("supplier"), row.text("supplier_lot")
        known = bool(said) and said.casefold() not in NOT_KNOWN
        if not known and not opening:
            self.remark(row, "supplier_not_known", {}, "supplier")
        if number.casefold() in NOT_KNOWN:
            number = ""
            if not opening:
                self.remark(row, "supplier_lot_not_known", {}, "supplier_lot")
        return (self.master.partner(said, PlaceKind.SUPPLIER) if known else ""), number

    def _measurement(self, row: ReadRow, as_written: dict[str, str]) -> Measurement:
        characteristic, value, verdict = row.text("characteristic"), row.text("value"), row.text("verdict")
        if value and parse_number(value) is None:
            word = _verdict_word(value)
            if word and not verdict:
                verdict = word
            else:  # "not detected", "< 0.01": no number, so not recorded as one; the words are kept
                as_written[characteristic] = value
                self.remark(row, "value_in_words", {"text": value[:40]}, "value")
            value = ""
        limits: dict[str, str | None] = {}
        for name in ("low", "high", "target"):
            text = row.text(name)
            if text and parse_number(text) is None:
                raise BadCell("not_a_number", text=text[:40], column=name)
            limits[name] = text or None
        return Measurement(characteristic, value or None, row.text("value_unit"), verdict=verdict, instrument=row.text("instrument"), source="typed", **limits)  # fmt: skip


def in_plants_words(plant: Plant, reason: Promise) -> str:
    """The reason as it is kept in the journal: in the plant's language, whoever imports."""
    with override(plant.language):
        return str(reason)


def _verdict_word(text: str) -> str:
    plain = text.strip().casefold()
    return next((value for value, words in INSPECTIONS.column("verdict").choices if plain in words), "")


def summed(lines: Iterable[Line]) -> list[Line]:
    """One line for each lot, place and time that is said several times: a lot that was added twice went in with the sum."""
    sums: dict[tuple[LotRef, str], Line] = {}
    for line in lines:
        key = (line.lot, line.row.text("place"))
        before = sums.get(key)
        sums[key] = line if before is None else Line(line.lot, before.quantity + line.quantity, before.row)
    return list(sums.values())


def _joined(moves: list[Move]) -> tuple[Move, ...]:
    """Moves of the same lot on the same way as one."""
    joined: dict[tuple[Any, ...], Move] = {}
    for move in moves:
        key = (move.lot, move.source, move.target)
        before = joined.get(key)
        joined[key] = move if before is None else move._replace(quantity=before.quantity + move.quantity)
    return tuple(joined.values())


def _attributes(happening: Happening) -> dict[str, Any]:
    """Columns that nobody knows, by header: once where all rows agree, else each value once, in their order."""
    found: dict[str, dict[str, None]] = {}
    for row in happening.rows:
        for header, text in row.attributes.items():
            found.setdefault(header, {})[text] = None
    return {header: next(iter(texts)) if len(texts) == 1 else list(texts) for header, texts in found.items()}


def _row_named(worked: Worked, error: BadCell) -> ReadRow:
    """The row that a problem is about: the one that names its lot, else the first."""
    lines = [*worked.inputs, *worked.outputs]
    return next((line.row for line in lines if line.lot.code == error.params.get("lot")), worked.happening.rows[0])
