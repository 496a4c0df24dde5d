"""Replicates that run together, as the arrays that a kernel takes from one segment to the next."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Limits, Watch
from simnet.engines.compiled_tables import Constants, IntArray, Kernel, Tables
from simnet.experiment.program import Segment

FINE = 0
_POLLED = 0.05  # seconds between two looks at whether to stop
_CONTROL = np.dtype([("stop", np.int64), ("now", np.float64)])


@dataclass(kw_only=True)
class Block:
    """N replicates.

    Attributes:
        counts: (N, S).
        streams: (N, 4) states of xoshiro256++.
        firings, wall: (N,) so far; wall in seconds.
        status, reaction, value, at: (N,) what became of each.
        values: (N, T, R) readouts.
        crossed: (N, W) first passage times; NaN where there was none.
    """

    counts: FloatArray
    streams: IntArray
    firings: IntArray
    wall: FloatArray
    status: IntArray
    reaction: IntArray
    value: FloatArray
    at: FloatArray
    values: FloatArray
    crossed: FloatArray
    trace_time: FloatArray
    trace_reaction: IntArray

    def part(self, chosen: IntArray) -> "Block":
        """A copy of some of the replicates."""
        return Block(**{name: array[chosen] for name, array in vars(self).items()})

    def put(self, chosen: IntArray, part: "Block") -> None:
        """Put such a copy back."""
        for name, array in vars(part).items():
            vars(self)[name][chosen] = array


def new_block(
    streams: Sequence[bytes], *, species: int, shape: tuple[int, int], watches: int, traced: int
) -> Block:
    """Replicates before they begin; `shape` is (T, R)."""
    many = len(streams)
    return Block(
        counts=np.zeros((many, species)),
        streams=np.frombuffer(b"".join(streams), dtype="<u8").astype(np.uint64).reshape(many, 4),
        firings=np.zeros(many, dtype=np.int64),
        wall=np.zeros(many),
        status=np.zeros(many, dtype=np.int32),
        reaction=np.full(many, -1, dtype=np.int32),
        value=np.zeros(many),
        at=np.zeros(many),
        values=np.full((many, *shape), np.nan),
        crossed=np.full((many, watches), np.nan),
        trace_time=np.full((many, traced), np.nan),
        trace_reaction=np.full((many, traced), -1, dtype=np.int32),
    )


def arguments(
    block: Block, segment: Segment, first_row: int, *, watches: Sequence[Watch], limits: Limits
) -> tuple[Any, ...]:
    """The buffers of a segment in the order of `_kernel/layout.c`, but for the control."""
    _, points, readouts = block.values.shape
    seconds = -1.0 if limits.seconds is None else limits.seconds
    firings = -1 if limits.firings is None else limits.firings
    traced = block.trace_time.shape[1]
    return (
        np.array([segment.start, segment.end, seconds]),
        np.array([firings, points * readouts, first_row * readouts, traced], dtype=np.int64),
        *(block.counts, block.streams, block.firings, block.wall),
        *(block.status, block.reaction, block.value, block.at),
        np.array(segment.outputs, dtype=np.float64),
        block.values,
        np.array([w.readout for w in watches], dtype=np.int32),
        np.array([1.0 if w.direction == "up" else -1.0 for w in watches]),
        np.array([w.threshold for w in watches], dtype=np.float64),
        block.crossed if watches else np.empty(0),
        block.trace_time,
        block.trace_reaction,
    )


def run_segment(
    kernel: Kernel,
    constants: Constants,
    buffers: tuple[Any, ...],
    many: int,
    *,
    pool: Executor,
    threads: int,
    stop: Callable[[], bool],
) -> None:
    """Take all replicates to the end of a segment, in threads without the interpreter's lock.

    The calling thread waits, tells the kernels the time, and asks `stop`. An exception here, such
    as Ctrl-C, stops them as well.
    """
    from simnet.engines._kernel import _ssa

    control = np.zeros(1, dtype=_CONTROL)
    control["now"] = time.monotonic()
    network = constants.buffers()
    edges = [many * i // threads for i in range(threads + 1)]
    jobs = [
        pool.submit(_ssa.run, kernel, network, (*buffers, control), first, last)
        for first, last in pairwise(edges)
        if last > first
    ]
    try:
        while wait(jobs, timeout=_POLLED).not_done:
            control["now"] = time.monotonic()
            if stop():
                control["stop"] = 1
    finally:
        control["stop"] = 1
        wait(jobs)
    for job in jobs:
        job.result()


def reason(block: Block, replicate: int, tables: Tables) -> str:
    """What stopped a replicate: the reaction and the state."""
    status, at = block.status[replicate], f"at t={block.at[replicate]:g}"
    value, number = block.value[replicate], int(block.reaction[replicate])
    name = f"reaction {tables.reactions[number]}" if number >= 0 else "no reaction"
    state = _state(block, replicate, tables, number)
    match status:
        case 1:
            return f"{name}: propensity {value:g} {at}{state}"
        case 2:
            return (
                f"{name}: a count has reached {value:g} {at}, where one more would be lost{state}"
            )
        case 3:
            return f"{value:.0f} firings are the limit, reached {at}; {name} fired last{state}"
        case 4:
            return f"its wall time is used up {at}, after {value:.0f} firings; {name} fired last{state}"
    return f"stopped {at}, before the end"


def _state(block: Block, replicate: int, tables: Tables, reaction: int) -> str:
    if reaction < 0:
        return ""
    concerned = tables.concerns(reaction)
    counts = [f"{tables.species[s]}={block.counts[replicate, s]:g}" for s in concerned]
    return f", with {', '.join(counts)}" if counts else ""
