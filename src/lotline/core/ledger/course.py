"""How the stock of a lot at a place went on: what a late fact asks of all that stands after it, without adding all of it up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from lotline.core.ledger.state import Moment

# (microseconds, number of the fact, half of the fact): the order in which stock changes.
Step = tuple[int, int, int]

# Changes that are added up as one. A question looks into one such block, and at the sums of those after it.
BLOCK = 256


class _Block:
    """Some changes that follow one another. ``lowest`` is the least that they come to on the way, above zero where all come in."""

    __slots__ = ("_sums", "changes", "steps")

    def __init__(self, steps: list[Step], changes: list[int]) -> None:
        self.steps = steps
        self.changes = changes
        self._sums: tuple[int, int] | None = None

    def note(self, step: Step, change: int) -> None:
        at = bisect_left(self.steps, step)
        if at < len(self.steps) and self.steps[at] == step:
            self.changes[at] += change
        else:
            self.steps.insert(at, step)
            self.changes.insert(at, change)
        self._sums = None

    def sums(self) -> tuple[int, int]:
        """(what the changes come to, the lowest on the way)."""
        if self._sums is None:
            self._sums = sum(self.changes), min(accumulate(self.changes))
        return self._sums

    def lowest_at(self) -> Step:
        """The first step after which it is lowest."""
        running = [*accumulate(self.changes)]
        return self.steps[running.index(min(running))]


class Course:
    """The changes of one stock in the order of facts and their halves. What one half of a fact takes and gives is one change."""

    __slots__ = ("_blocks", "_starts")

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._starts: list[Step] = []  # the first step of each block

    def note(self, moment: Moment, half: int, change: int) -> None:
        """Take in a change by the first (0) or the second (1) half of the fact of a moment."""
        step = (moment.at_us, moment.seq, half)
        if not self._blocks:
            self._blocks, self._starts = [_Block([step], [change])], [step]
            return
        at = self._block_of(step)
        block = self._blocks[at]
        block.note(step, change)
        self._starts[at] = block.steps[0]
        if len(block.steps) > 2 * BLOCK:
            halves = [_Block(block.steps[part], block.changes[part]) for part in (slice(BLOCK), slice(BLOCK, None))]
            self._blocks[at : at + 1] = halves
            self._starts[at : at + 1] = [half.steps[0] for half in halves]

    def after(self, moment: Moment) -> tuple[int, int, Moment | None]:
        """What the changes after a moment come to; the lowest they come to on the way, or 0; and by which fact they are first so low."""
        if not self._blocks:
            return 0, 0, None
        last = (moment.at_us, moment.seq, 1)
        at = self._block_of(last)
        first = self._blocks[at]
        begin = bisect_right(first.steps, last)
        rest = [_Block(first.steps[begin:], first.changes[begin:])] if begin < len(first.steps) else []
        running, lowest, culprit = 0, 0, None
        for block in (*rest, *self._blocks[at + 1 :]):
            change, low = block.sums()
            if running + low < lowest:
                lowest, culprit = running + low, block
            running += change
        return running, lowest, None if culprit is None else Moment(*culprit.lowest_at()[:2])

    def _block_of(self, step: Step) -> int:
        return max(bisect_right(self._starts, step) - 1, 0)
