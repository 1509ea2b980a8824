"""A trace as nodes and links for ``core.graph_layout``: lots under the operation that made them, and at the right where they are now.

Set-based: a fixed number of queries for any number of lots.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connections

from lotline.core.graph_layout import Link, Node
from lotline.core.instant import to_micros
from lotline.core.quantity import format_quantity
from lotline.records.genealogy.choices import Stage, operation_label
from lotline.records.genealogy.closure import EVER, Key, To
from lotline.records.genealogy.lotset import scope_of_lots, seen, stands
from lotline.records.genealogy.states import LotView, view_lots
from lotline.records.genealogy.trace import Walk
from lotline.records.genealogy.whereabouts import Map, Spot, Stay
from lotline.records.journal.choices import FactKind, LotRole
from lotline.records.journal.store.load import as_moment
from lotline.records.journal.store.snapshot import snapshot
from lotline.records.journal.store.sql import adapt
from lotline.records.places.keys import read_id

# What lots may be folded by, in the order of ``Node.groups``.
KEYS = ("item", "state", "week", "line", "region")
# A strand of more pairs than this is drawn as one node of its own, with a link for each input and output: a thousand lots that became a
# thousand others in one fact are two thousand links then, and not a million.
MOST_PAIRS = 400
# What the id of such a node begins with; the fact and the number of the strand follow.
STEP = "step:"
# A fact, as the driver names it, and the number of one of its strands.
_Strand: TypeAlias = tuple[Key, int]

_ENDS = (
    "SELECT t.lot_id, t.fact_id, t.strand, t.role, t.certain, t.at_us, t.seq FROM {source}journal_posting t"
    " WHERE t.role > 0 AND {seen} AND {stands} AND {scope}"
)
_MAKERS = (
    "SELECT t.lot_id, t.fact_id, t.seq, f.operation, f.kind, f.equipment, f.station, f.happened_at FROM {source}journal_posting t"
    " CROSS JOIN journal_fact f WHERE f.id = t.fact_id AND t.role = 2 AND {seen} AND {stands} AND {scope}"
)


@dataclass(frozen=True, slots=True)
class TraceGraph:
    """Input of ``build_graph``. The first ``lots`` nodes are lots, starts included; then come ``steps`` (strands of many lots), and places
    and customers.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    lots: int
    steps: int = 0


@dataclass(frozen=True, slots=True)
class _Maker:
    stage: str
    line: str
    at_us: int


@snapshot()
def trace_graph(
    *,
    places: Map,
    walks: Sequence[Walk],
    starts: Collection[UUID],
    suspects: Collection[UUID] = (),
    sources: Collection[UUID] = (),
    ends: bool = True,
) -> TraceGraph:
    """The genealogy that ``walks`` found, within the bounds of ``places``, as one picture. Nothing is walked again.

    ``starts``, ``suspects`` and ``sources`` are marked; ``ends`` adds where the last lots are.
    """
    first = dict.fromkeys(lot for walk in walks for lot in walk.starts)
    certain: dict[UUID, bool] = {}
    for walk in walks:
        for lot, found in walk.closure.lots.items():
            # What one walk reaches for certain does not become doubtful because another one may reach it too.
            certain[lot] = certain.get(lot, False) or found.certain
    views = view_lots(lots=[*first, *(lot for lot in certain if lot not in first)], places=places)
    pairs, steps, makers = _connect(places, list(views), walks)
    zone = ZoneInfo(places.plant.time_zone)
    possible = frozenset(lot for lot, sure in certain.items() if not sure)
    marks = _Marks(frozenset(starts), frozenset(suspects), frozenset(sources), possible)
    nodes = [_lot_node(view, makers.get(lot), zone, marks) for lot, view in views.items()]
    links = [Link(str(parent), str(child), sure) for (parent, child), sure in pairs.items()]
    lots = len(nodes)
    for step in steps:
        _add_step(nodes, links, step, marks)
    if ends:
        used = {parent for parent, _child in pairs} | {lot for step in steps for lot, _sure in step.inputs}
        _add_ends(nodes, links, (view for lot, view in views.items() if lot not in used), marks)
    return TraceGraph(tuple(nodes), tuple(links), lots, len(steps))


@dataclass(frozen=True, slots=True)
class _Marks:
    starts: frozenset[UUID]
    suspects: frozenset[UUID]
    sources: frozenset[UUID]
    possible: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Step:
    """A strand of many lots, each with whether it was in it for certain."""

    id: str
    inputs: tuple[tuple[UUID, bool], ...]
    outputs: tuple[tuple[UUID, bool], ...]
    maker: _Maker


def _connect(
    places: Map, lots: Sequence[UUID], walks: Sequence[Walk]
) -> tuple[dict[tuple[UUID, UUID], bool], list[_Step], dict[UUID, _Maker]]:
    """Pairs of lots that a strand of a walk connects (certain where one of their strands is), strands that would give too many of them,
    and what first made each lot.
    """
    within = {"{seen}": seen("t", places.bounds), "{stands}": stands("t", places.bounds)}
    ends_sql, makers_sql = _ENDS, _MAKERS
    for name, part in within.items():
        ends_sql, makers_sql = ends_sql.replace(name, part), makers_sql.replace(name, part)
    sides: dict[_Strand, tuple[list[tuple[UUID, bool]], list[tuple[UUID, bool]]]] = {}
    walked: set[_Strand] = set()
    makers: dict[UUID, tuple[tuple[int, int], _Maker]] = {}
    made_in: dict[Key, _Maker] = {}
    entered = [_entrance(walk) for walk in walks]
    with scope_of_lots(lots) as scope:
        for key, fact, strand, role, certain, at_us, seq in scope.rows(ends_sql):
            sides.setdefault((fact, strand), ([], []))[role == LotRole.OUTPUT].append((read_id(key), bool(certain)))
            if any(enters(key, role, (at_us, seq)) for enters in entered):
                walked.add((fact, strand))
        for key, fact, seq, operation, kind, equipment, station, at in scope.rows(makers_sql):
            maker = made_in.get(fact)
            if maker is None:
                at_us = to_micros(as_moment(at))
                maker = made_in[fact] = _Maker(operation_label(operation) or str(FactKind(kind).label), equipment or station, at_us)
            at_us = maker.at_us
            known = makers.get(read_id(key))
            if known is None or (at_us, seq) < known[0]:
                makers[read_id(key)] = ((at_us, seq), maker)
    pairs: dict[tuple[UUID, UUID], bool] = {}
    steps: list[_Step] = []
    for fact, strand in walked:
        inputs, outputs = sides[fact, strand]
        if len(inputs) * len(outputs) > MOST_PAIRS and min(len(inputs), len(outputs)) > 1:
            steps.append(_Step(f"{STEP}{read_id(fact)}:{strand}", tuple(inputs), tuple(outputs), made_in[fact]))
            continue
        for parent, sure in inputs:
            for child, known_output in outputs:
                if parent != child:
                    pairs[parent, child] = pairs.get((parent, child), False) or (sure and known_output)
    steps.sort(key=lambda step: step.id)
    return pairs, steps, {lot: maker for lot, (_moment, maker) in makers.items()}


def _entrance(walk: Walk) -> Callable[[Key, int, tuple[int, int]], bool]:
    """Whether a walk entered a strand by this posting of a lot: by its start, or after the material had got into the lot (law 4)."""
    connection = connections["default"]
    starts = {adapt(lot, connection) for lot in walk.starts}
    found, forward = walk.closure.keys, walk.to is To.DESTINATIONS
    near = LotRole.INPUT if forward else LotRole.OUTPUT

    def enters(lot: Key, role: int, moment: tuple[int, int]) -> bool:
        if role != near:
            return False
        if lot in starts:
            return True
        since = walk.closure.moment(lot) if lot in found else None
        return since is not None and (moment > since if forward else moment < since)

    return enters


def _lot_node(view: LotView, maker: _Maker | None, zone: ZoneInfo, marks: _Marks) -> Node:
    born = view.born_at.astimezone(zone)
    year, week, _day = born.isocalendar()
    name = view.item.name or view.item.code
    return Node(
        id=str(view.id),
        code=view.code,
        item=name,
        stage=maker.stage if maker else str(Stage.RECEIVED.label),
        quantity=f"{format_quantity(view.line.inflow)} {view.item.unit.code}",
        amount=view.line.inflow,
        unit=view.item.unit.code,
        state=view.state.value,
        time=maker.at_us if maker else to_micros(view.born_at),
        when=born.strftime("%Y-%m-%d %H:%M"),
        groups=(name, view.state.value, f"{year}-W{week:02d}", maker.line if maker else "", ""),
        start=view.id in marks.starts,
        source=view.id in marks.sources,
        suspect=view.id in marks.suspects,
        possible=view.id in marks.possible,
    )


def _add_step(nodes: list[Node], links: list[Link], step: _Step, marks: _Marks) -> None:
    """A node for a strand of many lots, between its inputs and its outputs."""
    outputs = [lot for lot, _sure in step.outputs]
    exposed = marks.suspects | marks.sources
    nodes.append(
        Node(
            id=step.id,
            code=step.maker.stage,
            item=f"{len(step.inputs)} → {len(step.outputs)}",
            stage=step.maker.stage,
            time=step.maker.at_us,
            groups=("", "", "", step.maker.line, ""),
            suspect=not exposed.isdisjoint(lot for lot, _sure in step.inputs) and not marks.suspects.isdisjoint(outputs),
            possible=marks.possible.issuperset(outputs),
        )
    )
    links += [Link(str(lot), step.id, sure) for lot, sure in step.inputs]
    links += [Link(step.id, str(lot), sure) for lot, sure in step.outputs]


def _add_ends(nodes: list[Node], links: list[Link], views: Iterable[LotView], marks: _Marks) -> None:
    """One node for each lot and place (or customer) where the ends of the genealogy are."""
    for view in views:
        for spot, stays in _by_ground(view.stays).items():
            amount = sum(stay.quantity for stay in stays)
            unit, identity = view.item.unit.code, f"{spot.id}:{view.id}"
            standing = stays[0].standing
            nodes.append(
                Node(
                    id=identity,
                    code=spot.label,
                    item=str(standing.label),
                    stage=str(Stage.WHEREABOUTS.label),
                    quantity=f"{format_quantity(amount)} {unit}",
                    amount=amount,
                    unit=unit,
                    state=view.state.value if standing.value != "shipped" else "shipped",
                    time=EVER,
                    groups=(spot.label, str(standing.label), "", "", spot.label),
                    suspect=view.id in marks.suspects,
                    possible=view.id in marks.possible,
                )
            )
            links.append(Link(str(view.id), identity))


def _by_ground(stays: Iterable[Stay]) -> Mapping[Spot, list[Stay]]:
    found: dict[Spot, list[Stay]] = {}
    for stay in stays:
        found.setdefault(stay.partner or stay.ground, []).append(stay)
    return found
