"""In which order the events of a document are mapped, and which of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import groupby

from .identifiers import parse_identifier
from .model import Action, Event, ObjectEvent, QuantityElement, TransformationEvent


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that are mapped together, with their places in the document. More than one: one transformation."""

    places: tuple[int, ...]
    events: tuple[Event, ...]

    @property
    def declares_error(self) -> bool:
        """Whether it takes another event back."""
        return self.events[0].error_declaration is not None


def schedule(events: Mapping[int, Event], keys: Mapping[int, str]) -> Iterator[Batch]:
    """Order events by time; at one moment, what makes a thing comes before what uses it.

    An error declaration follows the event that it is about; without that event in the document it comes first, so that the
    corrected event finds the journal as it was. ``keys`` tell which events are one: an error declaration has the key of the
    event that it is about.
    """
    wrong = {place for place, event in events.items() if event.error_declaration is not None}
    originals = {keys[place] for place in events if place not in wrong}
    declared: dict[str, list[int]] = {}
    for place in sorted(wrong):
        if keys[place] in originals:
            declared.setdefault(keys[place], []).append(place)
        else:
            yield Batch((place,), (events[place],))
    plain = [place for place in events if place not in wrong]
    for batch in _batches(sorted(plain, key=lambda place: (events[place].event_time, place)), events):
        yield batch
        for original in batch.places:
            for place in declared.get(keys[original], ()):
                yield Batch((place,), (events[place],))


def _batches(places: Sequence[int], events: Mapping[int, Event]) -> Iterator[Batch]:
    """Join the events of one transformation at the time of the last of them, and settle what happens at one moment."""
    groups: dict[str, list[int]] = {}
    for place in places:
        event = events[place]
        if isinstance(event, TransformationEvent) and event.transformation_id:
            groups.setdefault(event.transformation_id, []).append(place)
    last = {group[-1]: tuple(group) for group in groups.values()}
    earlier = {place for group in groups.values() for place in group[:-1]}
    kept = [place for place in places if place not in earlier]
    for _moment, together in groupby(kept, key=lambda place: events[place].event_time):
        for place in _makers_first(list(together), events):
            members = last.get(place, (place,))
            yield Batch(members, tuple(events[member] for member in members))


def _makers_first(places: list[int], events: Mapping[int, Event]) -> list[int]:
    """Order events of one moment. Where they use what one another make, in a circle, the sender's order stands."""
    if len(places) == 1:
        return places
    makers: dict[str, set[int]] = {}
    for place in places:
        for thing in _made(events[place]):
            makers.setdefault(thing, set()).add(place)
    graph: TopologicalSorter[int] = TopologicalSorter()
    for place in places:
        before = {maker for thing in _used(events[place]) for maker in makers.get(thing, ())}
        graph.add(place, *sorted(before - {place}))
    try:
        graph.prepare()
    except CycleError:
        return places
    ordered: list[int] = []
    while graph.is_active():
        ready = sorted(graph.get_ready())
        ordered += ready
        graph.done(*ready)
    return ordered


def _made(event: Event) -> set[str]:
    """What comes into being in an event."""
    if isinstance(event, TransformationEvent):
        return _named(event.output_epcs, event.output_quantities)
    if isinstance(event, ObjectEvent) and event.action is Action.ADD:
        return _named(event.epcs, event.quantities)
    return set()


def _used(event: Event) -> set[str]:
    """What an event needs to be there, besides what it makes itself."""
    if isinstance(event, TransformationEvent):
        return _named(event.input_epcs, event.input_quantities)
    fields = ("epcs", "child_epcs", "quantities", "child_quantities")
    epcs = [uri for name in fields[:2] for uri in getattr(event, name, ())]
    quantities = [item for name in fields[2:] for item in getattr(event, name, ())]
    return _named(epcs, quantities) - _made(event)


def _named(epcs: Sequence[str], quantities: Sequence[QuantityElement]) -> set[str]:
    return {parse_identifier(uri).canonical for uri in (*epcs, *(item.epc_class for item in quantities))}
