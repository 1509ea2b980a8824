"""Which column a lot belongs to: the stage of its routing where that is known, else the longest path that leads to it.

Rework and returns make loops. A loop is opened where time runs backwards: inside a strongly connected part, links from a later
lot to an earlier one do not push it to the right.
"""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]


def assign_columns(orders: Sequence[int | None], pairs: Sequence[Pair]) -> list[int]:
    """Column of each lot (0 = leftmost, none is empty). Lots are indexed by time: a lower index is not later.

    ``orders`` holds the routing order of each lot or ``None``. Lots of one order share a column, in that order; lots without
    one stand right of all that lead to them, and push what follows them.
    """
    spot, size = _merge_known_stages(orders)
    known = len({order for order in orders if order is not None})
    edges = {(spot[a], spot[b]) for a, b in pairs if orders[a] is None or orders[b] is None}
    edges |= {(rank, rank + 1) for rank in range(known - 1)}
    edges = {(a, b) for a, b in edges if a != b}
    rank_in_time = _rank_spots(orders, spot, size, known)
    depth = longest_path(size, sorted(edges), rank_in_time)
    return [depth[at] for at in spot]


def _merge_known_stages(orders: Sequence[int | None]) -> tuple[list[int], int]:
    """Number the spots: first one for each known order, then one for each lot without an order."""
    ranks = {order: rank for rank, order in enumerate(sorted({order for order in orders if order is not None}))}
    spot: list[int] = []
    size = len(ranks)
    for order in orders:
        if order is None:
            spot.append(size)
            size += 1
        else:
            spot.append(ranks[order])
    return spot, size


def _rank_spots(orders: Sequence[int | None], spot: Sequence[int], size: int, known: int) -> list[int]:
    """Place of each spot in time. Known stages never run backwards, whatever the clocks said."""
    first = [len(orders)] * size
    for at in range(len(orders) - 1, -1, -1):
        first[spot[at]] = at
    for rank in range(1, known):
        first[rank] = max(first[rank], first[rank - 1])
    ranked = sorted(range(size), key=lambda at: (first[at], at))
    place = [0] * size
    for position, at in enumerate(ranked):
        place[at] = position
    return place


def longest_path(size: int, edges: Sequence[Pair], place: Sequence[int]) -> list[int]:
    """Length of the longest path to each spot, along the links that remain when loops are opened. Linear."""
    outs: list[list[int]] = [[] for _ in range(size)]
    for a, b in edges:
        outs[a].append(b)
    depth, left = _relax(outs, size)
    if not left:
        return depth
    part = strong_parts(outs)
    forward = [[b for b in targets if part[a] != part[b] or place[a] < place[b]] for a, targets in enumerate(outs)]
    return _relax(forward, size)[0]


def _relax(outs: Sequence[Sequence[int]], size: int) -> tuple[list[int], int]:
    """Depths by topological order, and how many spots a loop kept from being reached."""
    waiting = [0] * size
    for targets in outs:
        for b in targets:
            waiting[b] += 1
    ready = [at for at in range(size) if not waiting[at]]
    depth = [0] * size
    done = 0
    while ready:
        a = ready.pop()
        done += 1
        below = depth[a] + 1
        for b in outs[a]:
            depth[b] = max(depth[b], below)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    return depth, size - done


def strong_parts(outs: Sequence[Sequence[int]]) -> list[int]:
    """Number of the strongly connected part of each spot (Tarjan 1972, without recursion)."""
    size = len(outs)
    number, low, part = [-1] * size, [0] * size, [-1] * size
    path: list[int] = []
    counter = parts = 0
    for root in range(size):
        if number[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            at, step = work.pop()
            if step == 0:
                number[at] = low[at] = counter
                counter += 1
                path.append(at)
            descend = False
            for next_step in range(step, len(outs[at])):
                to = outs[at][next_step]
                if number[to] < 0:
                    work += [(at, next_step + 1), (to, 0)]
                    descend = True
                    break
                if part[to] < 0:
                    low[at] = min(low[at], number[to])
            if descend:
                continue
            if low[at] == number[at]:
                while part[at] < 0:
                    part[path.pop()] = parts
                parts += 1
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[at])
    return part
