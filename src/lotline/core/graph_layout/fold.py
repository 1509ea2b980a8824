"""What a person sees of many lots: the important ones single, the rest folded per column by the finest key that fits.

A trace that begins at many lots (all that one customer has) folds those too, but never together with lots that it only reached.
A column starts with its finest choice. Where more than ``LINKS_LIMIT`` links would run between two columns, the one that
loses fewer cards by it takes its next coarser choice, until it fits or nothing is left to fold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from lotline.core.graph_layout.graph import Graph, Node

ROWS = 8
LINKS_LIMIT = 24
SUSPECTS_LIMIT = 30
# So many lots can each be "this lot"; of more, only groups are still to be read.
STARTS_LIMIT = 12
# Beside many single lots there is still room for a few groups, or all of the rest would become one.
LEAST_ROOM = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One card: a lot (``kind`` "lot", one member) or a group ("key", "other" = leftovers of a key, "all" = the whole rest)."""

    column: int
    kind: str
    key: str
    label: str
    members: tuple[int, ...] = field(repr=False)
    group: str = ""
    start: bool = False

    @property
    def group_id(self) -> str:
        """Names the group in an address; stays the same as long as the trace does."""
        return f"{self.column}.{self.kind}.{self.key}.{self.label}{'.start' if self.start else ''}"


@dataclass(frozen=True, slots=True)
class Fold:
    """The cards of each column, and which card each lot is in (an index into ``items``)."""

    items: tuple[Item, ...]
    item_of: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Which of the lots that matter are few enough to stay single. The origin of a problem and what is pinned always do."""

    suspects: bool
    starts: bool

    def applies_to(self, node: Node) -> bool:
        return node.source or node.pinned or (self.starts and node.start) or (self.suspects and node.suspect)


Choice = list[Item]
# Lots of one value: (value, whether the trace begins at them) to their places in the graph.
Parts = dict[tuple[str, bool], list[int]]


def fold_graph(graph: Graph, *, keys: Sequence[str]) -> Fold:
    """Fold every column. ``keys`` names the values in each node's ``groups``, coarsest idea first (item, state, week, …)."""
    keep = Keep(suspects=graph.suspects <= SUSPECTS_LIMIT, starts=graph.starts <= STARTS_LIMIT)
    choices = [column_choices(graph, column, keys, keep) for column in range(len(graph.columns))]
    taken = [0] * len(choices)
    while True:
        fold = _take(graph, [options[at] for options, at in zip(choices, taken, strict=True)])
        column = _column_to_coarsen(fold, graph, choices, taken)
        if column is None:
            return fold
        taken[column] += 1


def unfolded(graph: Graph) -> Fold:
    """Every lot is a card."""
    return _take(graph, [_singles(column, members) for column, members in enumerate(graph.columns)])


def open_groups(graph: Graph, fold: Fold, opened: frozenset[str]) -> Fold:
    """The same fold with the members of the ``opened`` groups as cards of their own; the others do not change."""
    columns: list[Choice] = [[] for _ in graph.columns]
    for item in fold.items:
        if item.kind != "lot" and item.group_id in opened:
            columns[item.column] += [Item(item.column, "lot", "", "", (at,), item.group_id) for at in item.members]
        else:
            columns[item.column].append(item)
    return _take(graph, columns)


def find_group(fold: Fold, group: str) -> Item | None:
    """The group with this id, if the fold has it."""
    return next((item for item in fold.items if item.kind != "lot" and item.group_id == group), None)


def column_choices(graph: Graph, column: int, keys: Sequence[str], keep: Keep) -> list[Choice]:
    """The ways to show one column, finest first, each with fewer cards than the one before."""
    single: list[int] = []
    rest: list[int] = []
    for at in graph.columns[column]:
        (single if keep.applies_to(graph.nodes[at]) else rest).append(at)
    kept = _singles(column, single)
    if not rest:
        return [kept]
    room = max(LEAST_ROOM, ROWS - len(single))
    choices = [_singles(column, rest)] if len(rest) <= room else []
    choices += _key_choices(graph, column, rest, keys, room)
    choices.append(_groups(column, "", _parts(graph, rest, None), kind="all"))
    strict: list[Choice] = []
    for choice in choices:
        if not strict or len(choice) < len(strict[-1]):
            strict.append(choice)
    return [kept + choice for choice in strict]


def _parts(graph: Graph, lots: Sequence[int], position: int | None) -> Parts:
    """The lots by their value of the key at ``position``; without a key, all are of one value."""
    parts: Parts = defaultdict(list)
    for at in lots:
        node = graph.nodes[at]
        value = node.groups[position] if position is not None and position < len(node.groups) else ""
        parts[value, node.start].append(at)
    return parts


def _key_choices(graph: Graph, column: int, rest: list[int], keys: Sequence[str], room: int) -> list[Choice]:
    """Partitions by each key that fits the room, finest first; where none does, the coarsest key with its leftovers together."""
    fitting: list[Choice] = []
    too_fine: list[tuple[str, Parts]] = []
    for position, key in enumerate(keys):
        parts = _parts(graph, rest, position)
        if len(parts) <= room:
            fitting.append(_groups(column, key, parts))
        else:
            too_fine.append((key, parts))
    fitting.sort(key=len, reverse=True)
    if not fitting or len(fitting[0]) == 1:
        coarsest = min(too_fine, key=lambda entry: len(entry[1]), default=None)
        if coarsest is not None:
            return [_with_leftovers(column, *coarsest, room=room), _with_leftovers(column, *coarsest, room=LEAST_ROOM), *fitting]
    return fitting


def _with_leftovers(column: int, key: str, parts: Parts, *, room: int) -> Choice:
    """The ``room - 1`` largest values of a key, and one group for all others."""
    ranked = _ranked(parts)
    left: Parts = defaultdict(list)
    for value, start in ranked[room - 1 :]:
        left["", start] += parts[value, start]
    shown = _groups(column, key, {value: parts[value] for value in ranked[: room - 1]})
    return shown + _groups(column, key, {value: sorted(lots) for value, lots in left.items()}, kind="other")


def _groups(column: int, key: str, parts: Parts, *, kind: str = "key") -> Choice:
    return [_group(column, kind, key, value, parts[value, start], start=start) for value, start in _ranked(parts)]


def _ranked(parts: Parts) -> list[tuple[str, bool]]:
    return sorted(parts, key=lambda part: (-len(parts[part]), part))


def _group(column: int, kind: str, key: str, label: str, members: Sequence[int], *, start: bool) -> Item:
    if len(members) == 1:
        return Item(column, "lot", "", "", tuple(members))
    return Item(column, kind, key, label, tuple(members), start=start)


def _singles(column: int, members: Sequence[int]) -> Choice:
    return [Item(column, "lot", "", "", (at,)) for at in members]


def _take(graph: Graph, columns: Sequence[Choice]) -> Fold:
    items = tuple(item for column in columns for item in column)
    item_of = [0] * len(graph.nodes)
    for position, item in enumerate(items):
        for at in item.members:
            item_of[at] = position
    return Fold(items, tuple(item_of))


def links_between_columns(fold: Fold, graph: Graph) -> list[int]:
    """How many links cross each gap; those that skip columns share a lane per card they start from."""
    crossing: list[set[tuple[int, int]]] = [set() for _ in range(max(0, len(graph.columns) - 1))]
    item_of, items = fold.item_of, fold.items
    for a, b in {(item_of[a], item_of[b]) for a, b, _certain in graph.links}:
        first, last = items[a].column, items[b].column
        for gap in range(first, last - 1):
            crossing[gap].add((a, -1))
        if first < last:
            crossing[last - 1].add((a, b))
    return [len(links) for links in crossing]


def _column_to_coarsen(fold: Fold, graph: Graph, choices: list[list[Choice]], taken: list[int]) -> int | None:
    """The next column that has to fold further: beside the fullest gap that still can be relieved."""
    counts = links_between_columns(fold, graph)
    for gap in sorted(range(len(counts)), key=lambda gap: -counts[gap]):
        if counts[gap] <= LINKS_LIMIT:
            return None
        able = [column for column in (gap, gap + 1) if taken[column] + 1 < len(choices[column])]
        if able:
            return min(able, key=lambda column: (_loss(choices[column], taken[column]), -len(choices[column][taken[column]])))
    return None


def _loss(options: list[Choice], at: int) -> int:
    """How many cards the next coarser choice shows less."""
    return len(options[at]) - len(options[at + 1])
