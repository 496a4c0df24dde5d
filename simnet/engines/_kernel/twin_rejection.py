"""Twin of `rejection.c`: rejection-based SSA, with a tree that is added up anew each time."""

import math
from collections.abc import Sequence
from itertools import accumulate

from simnet.engines._kernel.twin_tape import Rows, TwinReplicate, log
from simnet.engines.compiled_tables import Constants

_FANOUT = 16
_HALF_WIDTH = 0.1
_JUST_BELOW_ONE = 1.0 - 2.0**-53


class Tree:
    """Running sums of the children of each node, level by level from the leaves."""

    def __init__(self, leaves: Sequence[float]) -> None:
        self.levels: list[list[list[float]]] = []
        values = list(leaves) or [0.0]
        while True:
            padded = values + [0.0] * (-len(values) % _FANOUT)
            nodes = [
                list(accumulate(padded[i : i + _FANOUT])) for i in range(0, len(padded), _FANOUT)
            ]
            self.levels.append(nodes)
            if len(nodes) == 1:
                return
            values = [node[-1] for node in nodes]

    @property
    def total(self) -> float:
        """The sum of all leaves."""
        return self.levels[-1][0][-1]

    def find(self, aim: float) -> int:
        """The leaf in whose share of the total the aim lies."""
        child = 0
        for level in reversed(self.levels):
            node = level[child]
            aim = aim if aim < node[-1] else node[-1] * _JUST_BELOW_ONE
            count = sum(1 for running in node if running <= aim)
            aim -= node[count - 1] if count else 0.0
            child = child * _FANOUT + count
        return child


class _Bounds:
    """Intervals of counts, and bounds of laws over them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.species = range(len(rows.tables.species))
        self.low, self.high = list(rows.at), list(rows.at)
        for s in self.species:
            self.enclose(s)
        self.exact = rows.tables.is_exact.tolist()
        self.lower, self.upper = [0.0] * len(rows.lines), [0.0] * len(rows.lines)
        self.renew()

    def enclose(self, s: int) -> None:
        n = self.rows.at[s]
        half = math.floor(_HALF_WIDTH * n + 0.5)
        self.low[s], self.high[s] = n - half, n + half

    def renew(self) -> None:
        """All bounds anew, where the kernel renews those that no longer hold: the same."""
        rows = self.rows
        rows.run_items()
        for j, exact in enumerate(self.exact):
            self.lower[j] = rows.law(j, rows.at if exact else self.low)
            self.upper[j] = rows.law(j, rows.at if exact else self.high)
        self.tree = Tree(self.upper)

    def fired(self, changed: Sequence[int]) -> None:
        for s in changed:
            if not self.low[s] <= self.rows.at[s] <= self.high[s]:
                self.enclose(s)
        self.renew()


def run(
    constants: Constants,
    replicate: TwinReplicate,
    *,
    start: float,
    end: float,
    outputs: Sequence[float],
) -> None:
    """Take a replicate from the start to the end of a segment, in place."""
    rows = Rows(constants, replicate.counts)
    bounds = _Bounds(rows)
    time, pending = start, list(outputs)
    while True:
        total = bounds.tree.total
        wait = -log(replicate.stream.uniform())
        aim = replicate.stream.uniform()
        pick = replicate.stream.uniform()
        after = time + wait / total if total > 0 else math.inf
        while pending and pending[0] < (after if after < end else math.inf):
            replicate.rows.append(rows.readouts(pending.pop(0)))
        if after >= end:
            replicate.counts = rows.at[: len(replicate.counts)]
            return
        time = after
        j = bounds.tree.find(aim * total)
        height = pick * bounds.upper[j]
        if height <= bounds.lower[j] or height <= rows.law(j, rows.at):
            replicate.events.append((time, j))
            bounds.fired(rows.fire(j))
