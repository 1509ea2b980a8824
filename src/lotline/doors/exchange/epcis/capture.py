"""Capture: an EPCIS document becomes facts, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lotline.core.facts import Draft, FactKind, FactSource
from lotline.core.ledger import Refused
from lotline.doors.exchange.runs import EPCIS, Span, record_run
from lotline.records.journal.actions import Receipt, append
from lotline.records.journal.models import Fact, Head, Reversal
from lotline.records.journal.words import describe
from lotline.records.places.choices import PlaceKind
from lotline.records.places.models import Place, Plant

from .catalog import Catalog, named_containers, named_lots, named_places, named_things
from .facts import Mapped, Mapper, data_of, key_of
from .identifiers import parse_identifier
from .identity import event_digest
from .model import Document, Event, TransformationEvent
from .problems import InvalidDocument, Problem
from .reading import read_document
from .schedule import Batch, schedule
from .stock import AT_ONCE, Stock
from .things import Unmappable, place_code


@dataclass(frozen=True, slots=True)
class Capture:
    """What a capture has done, or would do. ``replayed``: events of the document that had been captured before."""

    events: int
    facts: int
    lots: int
    replayed: int = 0
    warnings: tuple[Problem, ...] = ()
    dry_run: bool = False
    import_number: int = 0


class _DryRun(Exception):
    """Carries the result of a dry run out of the transaction that it undoes."""

    def __init__(self, result: Capture) -> None:
        self.result = result


def capture_file(
    *,
    plant: Plant,
    source: Path | bytes,
    actor: UUID | None = None,
    dry_run: bool = False,
    lenient: bool = False,
    any_order: bool = False,
    name: str = "",
) -> Capture:
    """Read a document and write its facts. ``lenient`` takes faults that leave only one reading, and tells them as warnings.

    ``any_order`` lets XML elements stand in any order. Raises InvalidDocument with everything that is wrong, and nothing stored.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    reading = read_document(data, any_order=any_order)
    document = reading.require_readable() if lenient else reading.require_valid()
    called = name or (source.name if isinstance(source, Path) else "")
    done = capture(plant=plant, document=document, actor=actor, dry_run=dry_run, name=called)
    return replace(done, warnings=(*reading.problems, *done.warnings))


def capture(*, plant: Plant, document: Document, actor: UUID | None = None, dry_run: bool = False, name: str = "") -> Capture:
    """Write the facts of a document that was read before. An event that was captured before is not written again.

    Raises InvalidDocument with every event that can not be taken, and nothing stored.
    """
    try:
        with transaction.atomic():
            capturing = _Capturing(plant, document, actor)
            result = capturing.run()
            _undo_if(dry_run, result)
            number = record_run(plant=plant, form=EPCIS, name=name, actor=actor, span=capturing.span)
            return replace(result, import_number=number)
    except _DryRun as undone:
        return undone.result


def _undo_if(dry_run: bool, result: Capture) -> None:  # noqa: FBT001 -- the one thing it asks
    if dry_run:
        raise _DryRun(replace(result, dry_run=True))


class _Capturing:
    """One capture, inside its transaction."""

    def __init__(self, plant: Plant, document: Document, actor: UUID | None) -> None:
        self.plant = plant
        self.actor = actor
        self.events = dict(zip(document.positions, document.events, strict=True))
        _lock_journal(plant)
        self.catalog = Catalog(plant, document, _known_containers(plant, document.events))
        self.stock = Stock(plant)
        self.mapper = Mapper(self.catalog, self.stock)
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.pending: list[tuple[int, Draft]] = []
        self.facts = 0
        self.span = Span()
        self.lots: set[tuple[str, str]] = set()

    def run(self) -> Capture:
        """Map all events, then write; problems of all events are gathered before anything is refused."""
        fresh = self._fresh()
        fresh = {place: event for place, event in fresh.items() if self._has_codes(place, event)}
        if self.problems:
            raise InvalidDocument(tuple(self.problems))
        self.catalog.ensure_items(fresh.values())
        self._load(self.events.values())
        for event in self.events.values():
            for lot in named_lots(event, self.catalog):
                self.mapper.last_seen[lot] = max(event.event_time, self.mapper.last_seen.get(lot, event.event_time))
        for batch in schedule(fresh, {place: original_key(event) for place, event in fresh.items()}):
            self._take(batch)
        if self.problems:
            raise InvalidDocument(tuple(self.problems))
        places = {key_of(event): place for place, event in self.events.items()}
        self.pending += [(places[draft.key.partition("#")[0]], draft) for draft in self.mapper.finish()]
        self._flush()
        return Capture(
            events=len(self.events),
            facts=self.facts,
            lots=len(self.lots),
            replayed=len(self.events) - len(fresh) - self.repeated,
            warnings=tuple(sorted(self.warnings, key=lambda problem: problem.event or 0)),
        )

    # --- what is new ----------------------------------------------------------------------------------------

    def _fresh(self) -> dict[int, Event]:
        """The events that the journal does not know. One that it knows with another content is refused."""
        self.repeated = 0
        keys = {place: capture_key(event) for place, event in self.events.items()}
        known = _digests(self.plant, {*keys.values(), *(f"{key}{ERROR}" for key in keys.values())})
        fresh: dict[int, Event] = {}
        first: dict[str, int] = {}
        for place, event in self.events.items():
            key = keys[place]
            if key in known:
                if known[key] != event_digest(event):
                    self._note(Problem("captured_differently", "eventID"), place)
            elif f"{key}{ERROR}" in known:
                self._warn(Problem("declared_wrong", "eventID"), place)
            elif key in first:
                self.repeated += 1
                self._warn(Problem("repeated_event", params={"first": str(first[key] + 1)}), place)
            else:
                first[key] = place
                fresh[place] = event
        return fresh

    def _has_codes(self, place: int, event: Event) -> bool:
        """Whether everything that the event names can be given a code; what is too long is noted."""
        try:
            list(named_lots(event, self.catalog))
        except Unmappable as refused:
            self._note(refused.problem, place)
            return False
        return True

    def _load(self, events: Iterable[Event]) -> None:
        """Read what lies where of everything that the document names."""
        listed = list(events)
        lots = {lot for event in listed for lot in named_lots(event, self.catalog)}
        places = {place_code(parse_identifier(uri)) for event in listed for uri in named_places(event)}
        boxes = {code for event in listed for code in named_containers(event, self.catalog)}
        self.stock.load(lots, places | boxes, since=min((event.event_time for event in listed), default=datetime.now(UTC)))

    # --- mapping --------------------------------------------------------------------------------------------

    def _take(self, batch: Batch) -> None:
        """Map what has to be mapped together."""
        try:
            if batch.declares_error:
                self._declare_error(batch.places[0], batch.events[0])
                return
            if len(batch.events) > 1:
                mapped = self.mapper.map_transformation([event for event in batch.events if isinstance(event, TransformationEvent)])
            else:
                mapped = [self.mapper.map_event(batch.events[0])]
        except Unmappable as refused:
            self._note(refused.problem, batch.places[-1])
            return
        places = {id(event): place for place, event in zip(batch.places, batch.events, strict=True)}
        for one in mapped:
            self._keep(one, places[id(one.event)])

    def _keep(self, mapped: Mapped, place: int) -> None:
        self.pending += [(place, draft) for draft in mapped.drafts]
        for warning in mapped.warnings:
            self._warn(warning, place)

    def _declare_error(self, place: int, event: Event) -> None:
        """Take back the facts of the event that is declared wrong, the latest first."""
        if self.problems:
            return  # nothing will be written; the facts to take back may be among those that could not be mapped
        self._flush()
        wrong = original_key(event)
        taken_back = Reversal.objects.for_plant(self.plant).values("fact_id")
        facts = Fact.objects.for_plant(self.plant).filter(Q(key=wrong) | Q(key__startswith=f"{wrong}#"))
        standing = list(facts.exclude(id__in=taken_back).exclude(kind=FactKind.REVERSE.value).order_by("-seq").values_list("id", flat=True))
        declaration = event.error_declaration
        assert declaration is not None
        key = capture_key(event)
        if not standing:
            self._warn(Problem("nothing_to_reverse", "eventID"), place)
        for number, fact in enumerate(standing or [None]):
            draft = Draft(
                kind=FactKind.REVERSE if fact else FactKind.NOTE,
                happened_at=declaration.declaration_time,
                key=f"{key}#{number}" if number else key,
                reason=declaration.reason or "error_declaration",
                reverses=fact,
                source=FactSource.IMPORT,
                data=data_of(event) if not number else {"epcis": {"of": key}},
            )
            self.pending.append((place, draft))
        self._flush()
        self._load(self.events.values())

    # --- writing --------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Write what is pending. Raises InvalidDocument."""
        self.catalog.ensure_places()
        if not self.pending:
            return
        places, drafts = [place for place, _ in self.pending], [draft for _, draft in self.pending]
        self.pending = []
        try:
            receipts = append(plant=self.plant, drafts=drafts, actor=self.actor)
        except Refused as refused:
            for problem in refused.problems:
                self._note(Problem("refused_by_journal", params={"detail": describe(problem)}), places[problem.draft])
            raise InvalidDocument(tuple(self.problems)) from refused
        self._count(receipts, drafts)

    def _count(self, receipts: Sequence[Receipt], drafts: Sequence[Draft]) -> None:
        self.span.add(receipts)
        self.facts += sum(not receipt.replayed for receipt in receipts)
        for draft in drafts:
            self.lots |= {(move.lot.item, move.lot.code) for move in draft.moves}
            self.lots |= {(lot.item, lot.code) for lot in draft.subjects}

    def _note(self, problem: Problem, place: int) -> None:
        self.problems.append(replace(problem, event=place, event_id=self.events[place].event_id))

    def _warn(self, problem: Problem, place: int) -> None:
        self.warnings.append(replace(problem, event=place, event_id=self.events[place].event_id))


#: What follows the key of an event in the key of the declaration that it is wrong.
ERROR = "!error"


def capture_key(event: Event) -> str:
    """The key under which an event is kept. An error declaration carries the id of the event that it is about."""
    return f"{original_key(event)}{ERROR}" if event.error_declaration is not None else key_of(event)


def original_key(event: Event) -> str:
    """The key of the event that an error declaration is about; that of any other event itself."""
    return key_of(replace(event, error_declaration=None))


def _lock_journal(plant: Plant) -> None:
    """Hold the plant's journal until the end: what is mapped from what lies where must not change meanwhile."""
    list(Plant.objects.select_for_update().filter(pk=plant.pk))
    list(Head.objects.for_plant(plant).select_for_update())


def _known_containers(plant: Plant, events: Sequence[Event]) -> frozenset[str]:
    """The codes of the containers that exist, of all that the events name."""
    named = sorted({place_code(parse_identifier(uri)) for event in events for uri in named_things(event)})
    found: set[str] = set()
    for start in range(0, len(named), AT_ONCE):
        rows = Place.objects.for_plant(plant).filter(kind=PlaceKind.CONTAINER, code__in=named[start : start + AT_ONCE])
        found |= set(rows.values_list("code", flat=True))
    return frozenset(found)


def _digests(plant: Plant, keys: set[str]) -> dict[str, str]:
    """The digests of the events that were captured under these keys."""
    found: dict[str, str] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        rows = Fact.objects.for_plant(plant).filter(key__in=ordered[start : start + AT_ONCE])
        for key, body in rows.values_list("key", "body"):
            found[key] = str(json.loads(body).get("data", {}).get("digest", ""))
    return found
