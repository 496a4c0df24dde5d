"""Many conditions run item by item into a folder that grows: what screens and studies stand on.

An item is a range of replicates of one condition, known by the condition's content. The same command
run again takes up what is missing; more replicates or more conditions add items.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simnet.errors import InputError, Problem
from simnet.execute.base import Job
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered, run_jobs
from simnet.experiment.numbers import whole_number
from simnet.results.parts import Parts
from simnet.results.trajectories import Failure

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 32
"""Replicates in an item: what `kill -9` can cost."""
_EVERY = 2.0  # seconds between parts

Measure = Callable[["Item", Gathered], "pd.DataFrame"]
"""Rows of an item, at least one: what is kept of its replicates."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Replicates `first` to `stop` of the plan's condition of that number; `key` names both."""

    key: str
    condition: int
    first: int
    stop: int


def items_of(
    plan: Plan, *, stored: Collection[str] = (), block: int = BLOCK, replicates: int | None = None
) -> list[Item]:
    """What a plan is made of, in order of conditions and replicates.

    Args:
        plan: conditions and replicates.
        stored: keys of items that exist: what they cover is taken as they are. Empty for a shard,
            whose folder does not tell where the others' items begin.
        block: replicates in a new item.
        replicates: of each condition; the plan's if None.
    """
    ranges: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for key in stored:
        name, _, numbers = key.rpartition(":")
        first, _, stop = numbers.partition("-")
        ranges[name].add((int(first), int(stop)))
    wanted = plan.replicates if replicates is None else replicates
    return [
        Item(key=f"{name}:{first}-{stop}", condition=number, first=first, stop=stop)
        for number in range(len(plan.conditions))
        for name in [condition_key(plan, number)]
        for first, stop in _cover(ranges[name], wanted, block)
    ]


def condition_key(plan: Plan, number: int) -> str:
    """What a condition is known by: a digest of its content."""
    content = plan.conditions[number].content(plan.task.network.time_unit)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _cover(stored: set[tuple[int, int]], wanted: int, block: int) -> Iterator[tuple[int, int]]:
    """Ranges from 0 to `wanted`: stored ones, and blocks in the gaps."""
    starts = {first: stop for first, stop in sorted(stored) if stop <= wanted}
    at = 0
    while at < wanted:
        nearest = min((first for first in starts if first > at), default=wanted)
        stop = starts.get(at, min((at // block + 1) * block, nearest, wanted))
        yield at, stop
        at = stop


def run_campaign(
    plan: Plan,
    items: Sequence[Item],
    *,
    measure: Measure,
    parts: Parts | None = None,
    workers: Workers = None,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> "pd.DataFrame":
    """Run the items that are not stored; return the rows of all, in order of the items.

    Args:
        plan: what the items belong to.
        items: from `items_of`.
        measure: makes rows of what came of an item; called in this thread.
        parts: where rows are kept; in memory only if None.
        workers: as in `simulate`.
        shard: (i, n) runs the items i, i + n, ... counted from 1; the rows are of these only.
        progress: called with (replicates done, replicates in all), stored ones among them.

    Returns:
        The rows of `measure`, with the item's key in a column of that name.

    Raises:
        InputError: a shard that is none, or a damaged part.
        KeyboardInterrupt: Ctrl-C; complete items are stored.
    """
    import pandas as pd

    chosen = _sharded(items, shard)
    stored = parts.keys() if parts is not None else set()
    pending = [item for item in chosen if item.key not in stored]
    total = sum(item.stop - item.first for item in chosen)
    before = total - sum(item.stop - item.first for item in pending)
    store = _Store(parts)
    refused: list[tuple[Item, Gathered]] = []
    wanted = {item.key: rank for rank, item in enumerate(chosen)}

    def jobs() -> Iterator[Job]:
        for number, item in enumerate(pending):
            try:
                yield plan.job(item.condition, item.first, item.stop, index=number)
            except InputError as error:  # this condition cannot be run; the others can
                refused.append((item, _refused(plan, item, number, str(error))))

    def receive(gathered: Gathered) -> None:
        if not gathered.missing:
            item = pending[gathered.job]
            store.take(item, measure(item, gathered))

    def advance(done: int, _: int) -> None:
        if progress is not None:
            progress(before + done, total)

    try:
        run_jobs(plan, jobs(), workers=workers, receive=receive, total=total, progress=advance)
        for item, gathered in refused:
            store.take(item, measure(item, gathered))
    finally:
        store.flush()
    tables = [*store.tables]
    if parts is not None:
        tables = [parts.read()]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"key": []})
    rank = rows["key"].map(wanted)
    order = np.argsort(rank.to_numpy(dtype=np.float64), kind="stable")
    return rows.iloc[order[: int(rank.notna().sum())]].reset_index(drop=True)


class _Store:
    """Rows as they come: into a part every few seconds, or kept in memory."""

    def __init__(self, parts: Parts | None) -> None:
        self._parts = parts
        self._waiting: list[tuple[str, pd.DataFrame]] = []
        self._since = time.monotonic()
        self.tables: list[pd.DataFrame] = []

    def take(self, item: Item, rows: "pd.DataFrame") -> None:
        if rows.empty:  # a mistake of ours in a `Measure`: the item would be run again for ever
            raise AssertionError(f"no rows for {item.key}")
        self._waiting.append((item.key, rows))
        if time.monotonic() - self._since > _EVERY:
            self.flush()

    def flush(self) -> None:
        import pandas as pd

        if self._waiting:
            keys = np.repeat(
                [key for key, _ in self._waiting], [len(rows) for _, rows in self._waiting]
            )
            table = pd.concat([rows for _, rows in self._waiting], ignore_index=True)
            table["key"] = keys.tolist()
            if self._parts is not None:
                self._parts.write(table)
            else:
                self.tables.append(table)
        self._waiting = []
        self._since = time.monotonic()


def _sharded(items: Sequence[Item], shard: tuple[int, int] | None) -> list[Item]:
    if shard is None:
        return list(items)
    given: object = shard
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(Problem(what=f"shard={given!r:.60}", why="not (i, n)", way_out="(1, 4)"))
    number, of = (whole_number(part, "shard", 1) for part in given)
    if number > of:
        why = "counted from 1: the last of two is 2/2"
        raise InputError(Problem(what=f"shard {number}/{of}", why=why))
    return list(items[number - 1 :: of])


def _refused(plan: Plan, item: Item, number: int, reason: str) -> Gathered:
    count = item.stop - item.first
    name = plan.conditions[item.condition].name
    return Gathered(
        job=number,
        first=item.first,
        values=np.full((count, len(plan.times), len(plan.readouts)), np.nan),
        seeds=(),
        failures=tuple(
            Failure(condition=name, replicate=index, seed=None, reason=reason)
            for index in range(item.first, item.stop)
        ),
    )
