"""Many conditions run item by item into a folder that grows: what screens, studies and claims stand
on.

An item is a range of replicates of one condition, or of several that are measured together, known by
their content. The same command run again takes up what is missing; more replicates or more
conditions add items.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, overload

import numpy as np

from simnet.errors import InputError, Problem
from simnet.execute.base import Job, Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered, run_jobs
from simnet.experiment.times import whole_number
from simnet.results.parts import Parts
from simnet.results.trajectories import Failure

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 32
"""Replicates in an item: what `kill -9` can cost."""
_EVERY = 2.0  # seconds between parts

Measure = Callable[["Item", Sequence[Gathered]], "pd.DataFrame"]
"""Rows of an item, at least one: what is stored of its replicates, gathered for each condition."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Item:
    """Replicates `first` to `stop` of each of `conditions`, numbers of the plan's; `key` names it."""

    key: str
    conditions: range
    first: int
    stop: int

    @property
    def condition(self) -> int:
        """The first of its conditions: the only one, unless several are measured together."""
        return self.conditions[0]

    @property
    def runs(self) -> int:
        """Simulations in it."""
        return (self.stop - self.first) * len(self.conditions)


class Lazy(Sequence[T]):
    """A sequence whose items are made when they are requested: a hundred thousand conditions of two
    hundred values would fill the memory."""

    def __init__(self, make: Callable[[int], T], length: int) -> None:
        self._make, self._length = make, length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> list[T]: ...
    def __getitem__(self, number: int | slice) -> T | list[T]:
        if isinstance(number, slice):
            return [self._make(i) for i in range(*number.indices(self._length))]
        if not 0 <= number < self._length:
            raise IndexError(number)
        return self._make(number)


def items_of(
    plan: Plan,
    *,
    names: Sequence[str] | None = None,
    stored: Collection[str] = (),
    block: int = BLOCK,
    replicates: int | None = None,
) -> list[Item]:
    """What a plan is made of, in order of conditions and replicates.

    Args:
        plan: conditions and replicates.
        names: of groups of conditions that are measured together, all of one size, one after the
            other; each condition by itself and known by its content if None.
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
    conditions = len(plan.conditions)
    known = Lazy(lambda c: condition_key(plan, c), conditions) if names is None else names
    size = conditions // max(len(known), 1)
    return [
        Item(
            key=f"{name}:{first}-{stop}",
            conditions=range(group * size, (group + 1) * size),
            first=first,
            stop=stop,
        )
        for group, name in enumerate(known)
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
        parts: where rows are stored; in memory only if None.
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
    total = sum(item.runs for item in chosen)
    before = total - sum(item.runs for item in pending)
    store = _Store(parts)
    size = len(chosen[0].conditions) if chosen else 1
    came: dict[int, dict[int, Gathered]] = defaultdict(dict)
    refused: list[Gathered] = []
    wanted = {item.key: rank for rank, item in enumerate(chosen)}

    def jobs() -> Iterator[Job]:
        for number, item in enumerate(pending):
            for place, condition in enumerate(item.conditions, number * size):
                try:
                    yield plan.job(condition, item.first, item.stop, index=place)
                except InputError as error:  # this condition cannot be run; the others can
                    refused.append(_refused(plan, item, condition, place, str(error)))

    def receive(gathered: Gathered) -> None:
        if gathered.missing:
            return
        number, place = divmod(gathered.job, size)
        came[number][place] = gathered
        if len(came[number]) == size:
            of_item = came.pop(number)
            store.take(pending[number], measure(pending[number], [of_item[i] for i in range(size)]))

    def advance(done: int, _: int) -> None:
        if progress is not None:
            progress(before + done, total)

    try:
        run_jobs(plan, jobs(), workers=workers, receive=receive, total=total, progress=advance)
        for gathered in refused:
            receive(gathered)
    finally:
        store.flush()
    tables = [*store.tables]
    if parts is not None:
        tables = [parts.read()]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"key": []})
    rank = rows["key"].map(wanted)
    order = np.argsort(rank.to_numpy(dtype=np.float64), kind="stable")
    return rows.iloc[order[: int(rank.notna().sum())]].reset_index(drop=True)


def rows_of(item: Item, gathered: Gathered) -> "pd.DataFrame":
    """A row for each replicate of an item of one condition: replicate, seed (0 under ODE), values
    (T * R,) and reason, "" where it finished."""
    import pandas as pd

    reasons = {f.replicate: f.reason for f in gathered.failures}
    count = item.stop - item.first
    return pd.DataFrame(
        {
            "replicate": np.arange(item.first, item.stop),
            "seed": np.array(gathered.seeds or [0] * count, dtype=np.uint64),
            "values": list(gathered.values.reshape(count, -1)),
            "reason": [reasons.get(i, "") for i in range(item.first, item.stop)],
        }
    )


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
        why = "parts are numbered from 1: the last of two is 2/2"
        raise InputError(Problem(what=f"shard {number}/{of}", why=why))
    return list(items[number - 1 :: of])


def _refused(plan: Plan, item: Item, condition: int, job: int, reason: str) -> Gathered:
    count = item.stop - item.first
    name = plan.conditions[condition].name
    return Gathered(
        job=job,
        first=item.first,
        values=np.full((count, len(plan.times), len(plan.readouts)), np.nan),
        failures=[
            Failure(condition=name, replicate=index, seed=None, reason=reason)
            for index in range(item.first, item.stop)
        ],
    )
