"""From the flow of an event to drafts of facts, with what the event says kept beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lotline.core.canonical import Json
from lotline.core.facts import Birth, Draft, FactKind, FactSource, LotRef, Measurement, Move, PlaceKind
from lotline.core.instant import from_micros

from .catalog import Catalog, object_fields
from .flow import Flow
from .identity import event_digest, event_record
from .model import Action, Event, Extensions, SensorReport, TransformationEvent
from .movement import Movement
from .problems import Problem
from .stock import VARIANCE, Explained, Stock
from .things import LONGEST_CODE
from .whereabouts import Whereabouts

INSPECTING = frozenset({"inspecting", "sampling"})
#: Dispositions under which a lot may not be used, and those under which it may be used again.
HOLDING = frozenset(
    """damaged expired needs_replacement no_pedigree_match non_conformant non_sellable_other recalled stolen unavailable
    non_sellable_damaged non_sellable_expired non_sellable_no_pedigree_match non_sellable_recalled""".split()
)
RELEASING = frozenset("available conformant sellable_accessible sellable_not_accessible".split())

_NOT_SEEN_BEFORE = "not recorded before this event"
_EXPIRY = "{urn:epcglobal:cbv:mda}itemExpirationDate"
_LOT_NUMBER = "{urn:epcglobal:cbv:mda}lotNumber"
#: Longer event ids are replaced by a digest: the journal keeps keys of 200 characters, and parts of ours follow the id.
_LONGEST_ID = 150


@dataclass(slots=True)
class Mapped:
    """The facts of one event and what is worth knowing about them."""

    event: Event
    drafts: list[Draft]
    warnings: list[Problem] = field(default_factory=list)


def key_of(event: Event) -> str:
    """The idempotency key of an event: its id, or what it says when it has none."""
    if event.event_id and len(event.event_id) <= _LONGEST_ID:
        return f"epcis:{event.event_id}"
    return f"epcis:sha256:{event_digest(event)}"


class Mapper:
    """Maps events in the order of time. Each call knows what the calls before it have moved."""

    def __init__(self, catalog: Catalog, stock: Stock) -> None:
        self.catalog = catalog
        self.stock = stock
        self.where = Whereabouts(catalog, stock)
        self.movement = Movement(catalog, stock, self.where)
        self.explained: list[Explained] = []
        self.last_seen: dict[LotRef, datetime] = {}  # the latest moment at which the document speaks of a lot

    def map_event(self, event: Event) -> Mapped:
        """Map one event. Raises Unmappable."""
        self._advance(event.event_time)
        flow = Flow(self.stock, key_of(event))
        spot = self.where.spot(event)
        preferred = self.movement.follow(event, flow, spot)
        return Mapped(event, self._write(event, flow, preferred, spot), [*self.movement.warnings, *_stays(flow)])

    def map_transformation(self, events: Sequence[TransformationEvent]) -> list[Mapped]:
        """Map the events of one transformation: one fact under the key of the last, and a note for each of the others.

        Raises Unmappable.
        """
        last = events[-1]
        self._advance(last.event_time)
        flow = Flow(self.stock, key_of(last))
        spot = self.where.spot(last) or next((spot for event in events if (spot := self.where.spot(event))), "")
        preferred = self.movement.transform(events, flow, spot)
        found = [Mapped(last, self._write(last, flow, preferred, spot), self.movement.warnings)]
        for event in events[:-1]:
            about = Flow(self.stock)
            for part in self.catalog.parts(event, *object_fields(event)):
                if part.thing.lot is not None:
                    about.name(part.thing.lot)
            found.append(Mapped(event, [self._speak(event, key_of(event), about, spot, {"transformation": key_of(last)})]))
        return found

    def finish(self) -> list[Draft]:
        """Settle what the journal knows of the time after the document. Call it once, after the last event.

        Goods that the journal saw arrive from nowhere, and that this document had brought in before, would be there twice:
        just before that arrival they go back to the variance account.
        """
        self._advance(None)
        return [
            Draft(
                kind=FactKind.ADJUST,
                happened_at=from_micros(one.at_us),
                key=f"{one.key}#explained-{number}",
                moves=(Move(one.lot, one.quantity, one.place, VARIANCE),),
                reason="seen_before",
                source=FactSource.IMPORT,
                data={"epcis": {"of": one.key}},
            )
            for number, one in enumerate(self.explained)
        ]

    def _advance(self, moment: datetime | None) -> None:
        self.explained += self.stock.advance(moment)

    def _write(self, event: Event, flow: Flow, preferred: FactKind, spot: str) -> list[Draft]:
        """Make the drafts of one event. One of them carries its key, its record and its measurements."""
        key = key_of(event)
        kinds = flow.kinds()
        speaks = not kinds or event.biz_step in INSPECTING
        main = None if speaks else preferred if preferred in kinds else kinds[-1]
        told: set[LotRef] = set()
        drafts = []
        for kind in kinds:
            moves = tuple(flow.moves.get(kind, ()))
            drafts.append(
                Draft(
                    kind=kind,
                    happened_at=event.event_time,
                    key=key if kind is main else f"{key}#{kind.value}",
                    moves=moves,
                    carries=tuple(flow.carries.get(kind, ())),
                    births=self._births(event, moves, told),
                    measurements=measurements_of(event) if kind is main else (),
                    reason=_reason(event, kind, moves),
                    data=data_of(event) if kind is main else {"epcis": {"of": key}},
                    **texts_of(event, spot),
                )
            )
        if speaks:
            drafts.append(self._speak(event, key, flow, spot, {}))
        return [*drafts, *self._decide(event, key, flow, spot)]

    def _speak(self, event: Event, key: str, flow: Flow, spot: str, more: Mapping[str, Json]) -> Draft:
        """A fact that moves nothing: an inspection or a note."""
        lots = tuple(lot for lot in flow.lots if lot in self.stock.known)
        kind = FactKind.INSPECT if event.biz_step in INSPECTING and lots else FactKind.NOTE
        return Draft(
            kind=kind,
            happened_at=event.event_time,
            key=key,
            subjects=lots,
            measurements=measurements_of(event),
            data={**data_of(event), **more},
            **texts_of(event, spot),
        )

    def _decide(self, event: Event, key: str, flow: Flow, spot: str) -> list[Draft]:
        """Open or lift a hold when the disposition says that the lots may not, or may again, be used."""
        persistent = event.persistent_disposition
        says = {event.disposition, *(persistent.set if persistent else ())}
        lifts = says & RELEASING or (persistent is not None and set(persistent.unset) & HOLDING)
        if getattr(event, "action", None) is Action.DELETE:
            return []
        lots = [lot for lot in self._described(event, flow) if self.stock.lies(lot)]
        if says & HOLDING:
            lots = [lot for lot in lots if lot not in self.stock.on_hold]
            self.stock.on_hold |= set(lots)
            kind, reason = FactKind.HOLD, ", ".join(sorted(says & HOLDING))
        elif lifts:
            lots = [lot for lot in lots if lot in self.stock.on_hold]
            self.stock.on_hold -= set(lots)
            kind, reason = FactKind.RELEASE, ", ".join(sorted(says & RELEASING)) or event.biz_step or event.type
        else:
            return []
        return [
            Draft(
                kind=kind,
                happened_at=event.event_time,
                key=f"{key}#{kind.value}",
                subjects=tuple(lots),
                reason=reason,
                data={"epcis": {"of": key}},
                **texts_of(event, spot),
            )
            for _once in lots[:1]
        ]

    def _described(self, event: Event, flow: Flow) -> list[LotRef]:
        """The lots that a disposition is about: what a transformation makes, else all."""
        if not isinstance(event, TransformationEvent):
            return list(flow.lots)
        parts = self.catalog.parts(event, "output_epcs", "output_quantities")
        return [part.thing.lot for part in parts if part.thing.lot is not None]

    def _births(self, event: Event, moves: Sequence[Move], told: set[LotRef]) -> tuple[Birth, ...]:
        """What is known of lots that a fact names first, or receives from a supplier."""
        found: dict[LotRef, Birth] = {}
        ilmd: Extensions = getattr(event, "ilmd", {})
        for move in moves:
            supplier = move.source if self.stock.kinds[move.source] is PlaceKind.SUPPLIER else ""
            new = move.lot not in told and move.lot not in self.stock.born
            if not (new or supplier) or move.lot in found:
                continue
            told.add(move.lot)
            self.stock.born.add(move.lot)
            about = ilmd if new else {}
            number = about.get(_LOT_NUMBER)
            found[move.lot] = Birth(
                move.lot,
                expires_at=self._expiry(event, move.lot, about),
                supplier=supplier,
                supplier_lot=move.lot.code if supplier else "",
                batch=number if isinstance(number, str) and len(number) <= LONGEST_CODE else "",
                attributes={"ilmd": _plain(about)} if about else {},
            )
        return tuple(found.values())

    def _expiry(self, event: Event, lot: LotRef, ilmd: Extensions) -> datetime | None:
        """The end of the day on which the lot expires, where the event happened.

        A lot that the document itself shows in use after that day gets no such moment: an expired lot would block what has
        happened already, at partners whom our laws do not bind. A warning says so.
        """
        text = ilmd.get(_EXPIRY)
        try:
            day = datetime.fromisoformat(f"{str(text)[:10]}T00:00:00{event.event_time_zone_offset}")
        except ValueError:
            return None
        expires = day + timedelta(days=1)
        if self.last_seen.get(lot, event.event_time) < expires:
            return expires
        self.movement.warnings.append(Problem("used_after_expiry", "ilmd", params={"found": lot.code, "day": str(text)[:10]}))
        return None


# --- small parts of drafts ------------------------------------------------------------------------------------


def _stays(flow: Flow) -> list[Problem]:
    return [Problem("container_not_moved", "parentID", params={"found": container}) for container in flow.stays]


def data_of(event: Event) -> dict[str, Json]:
    """What the event says, as it was sent, and the digest by which a second capture is known."""
    return {"epcis": event_record(event), "digest": event_digest(event)}


def texts_of(event: Event, spot: str) -> dict[str, Any]:
    """Where it happened, and the papers that it names. Texts that are too long are found in the record only."""
    papers = [one.id for one in event.biz_transactions if len(one.id) <= LONGEST_CODE]
    orders = [one.id for one in event.biz_transactions if one.type == "prodorder" and len(one.id) <= LONGEST_CODE]
    return {
        "station": spot,
        "document": papers[0] if papers else "",
        "order": orders[0] if orders else "",
        "source": FactSource.IMPORT,
    }


def measurements_of(event: Event) -> tuple[Measurement, ...]:
    """Each value of each sensor report. A summary gives one measurement for its mean, its lowest, its highest and so on."""
    return tuple(
        measurement
        for element in event.sensor_elements
        for report in element.reports
        for measurement in _measurements(report, element.metadata.get("deviceID", ""))
    )


#: Fields of a sensor report that hold a measured value, with what is put behind the characteristic's name.
_VALUES = {
    "value": "", "stringValue": "", "booleanValue": "", "hexBinaryValue": "", "uriValue": "", "minValue": " min",
    "maxValue": " max", "meanValue": " mean", "sDev": " sDev", "percValue": " perc",
}  # fmt: skip


def _measurements(report: SensorReport, device: str) -> list[Measurement]:
    name = report.type or report.values.get("exception", "")
    if component := report.values.get("component"):
        name = f"{name} {component}"
    shared = {
        "unit": report.values.get("uom", ""),
        "verdict": report.values.get("exception", ""),
        "instrument": report.values.get("deviceID", device),
    }
    found = [Measurement(f"{name}{suffix}", report.values[field], **shared) for field, suffix in _VALUES.items() if field in report.values]
    return found or [Measurement(name, None, **shared)]


def _reason(event: Event, kind: FactKind, moves: Sequence[Move]) -> str:
    """Why something is scrapped, or comes out of nowhere. Always the same words, since a document that is read again must say the same."""
    if kind is FactKind.SCRAP:
        return event.disposition or event.biz_step or event.type
    return _NOT_SEEN_BEFORE if any(move.source == VARIANCE for move in moves) else ""


def _plain(value: object) -> Json:
    """Own fields as JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else str(value)
