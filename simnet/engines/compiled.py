"""Exact SSA in C, in this process: the engine for networks whose laws do not depend on time.

A segment of a program is run by a kernel for all replicates at once; what happens between segments
is done here. Streams continue across segments, so that a replicate is one realisation.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Limits, Task, Watch
from simnet.engines.compiled_laws import Varying
from simnet.engines.compiled_tables import (
    Constants,
    IntArray,
    Kernel,
    Tables,
    kernel_of,
    obstacles,
    tables,
)
from simnet.engines.state import State
from simnet.errors import InputError, MissingToolError, Problem, StateError, UnsupportedError
from simnet.experiment.action import Assign
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.expression import Symbol
from simnet.network.network import Network, cached

# Replicates that run together, as the arrays that a kernel takes from one segment to the next.


FINE = 0
_POLLED = 0.05  # seconds between two calls of `stop`
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

    The calling thread waits, gives the kernels the time, and calls `stop`. An exception here, such
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


_NOT_BUILT = Problem(
    what="engine 'compiled'",
    why="its C extension was not built",
    way_out='install simnet with a C compiler, or use engine="roadrunner"',
)
_BROKEN = -1  # a status of ours: what begins a segment gave no state


def available() -> bool:
    """Whether the extension was built when simnet was installed."""
    return find_spec("simnet.engines._kernel._ssa") is not None


class CompiledSimulator:
    """Runs one task; see `WatchingSimulator`. Its methods may be called in several threads at once.

    Raises:
        MissingToolError: the C extension was not built.
    """

    def __init__(self, task: Task) -> None:
        if not available():
            raise MissingToolError(_NOT_BUILT)
        self.task = task
        self.kernel = task.variant or kernel_of(task.network)
        self._tables: dict[tuple[frozenset[str], frozenset[int]], Tables] = {}

    def run_batch(
        self,
        program: Program,
        streams: Sequence[bytes],
        *,
        limits: Limits,
        stop: Callable[[], bool],
        threads: int = 1,
    ) -> list[TimesByReadouts | str]:
        """One result a stream; see `BatchSimulator.run_batch`. `threads` share the replicates.

        Raises:
            UnsupportedError: the program has `COMPILED.obstacles`.
        """
        results, _ = self.first_passage(
            program, streams, (), limits=limits, stop=stop, threads=threads
        )
        return results

    def first_passage(
        self,
        program: Program,
        streams: Sequence[bytes],
        watches: Sequence[Watch],
        *,
        limits: Limits,
        stop: Callable[[], bool],
        threads: int = 1,
    ) -> tuple[list[TimesByReadouts | str], FloatArray]:
        """Results and times (N, W); see `WatchingSimulator.first_passage`."""
        timed = [
            Problem(
                what=f"first passage of {self.task.symbols[w.readout]}",
                why="depends on time explicitly, so it crosses thresholds between firings",
                way_out="use one of its species as the readout",
            )
            for w in watches
            if Varying(self.task.network).reads_time(Symbol(self.task.symbols[w.readout]))
        ]
        if timed:
            raise InputError(timed)
        run = Batch(
            self, program, streams, limits=limits, stop=stop, threads=threads, watches=watches
        )
        run.whole()
        return run.results(), run.block.crossed

    def constants(self, held: frozenset[str], settings: Mapping[str, float]) -> Constants:
        """The tables of the network with these ids held, under these settings."""
        found = self._of(held, frozenset()).evaluated(settings)
        improper = found.improper()
        return self._of(held, improper).evaluated(settings) if improper else found

    def _of(self, held: frozenset[str], forced: frozenset[int]) -> Tables:
        if (held, forced) not in self._tables:
            network = with_held(self.task.network, held)
            if problems := obstacles(network):
                raise UnsupportedError(problems)
            self._tables[held, forced] = tables(network, self.task.symbols, forced)
        return self._tables[held, forced]


class Batch:
    """One call: a program and its replicates."""

    def __init__(
        self,
        simulator: CompiledSimulator,
        program: Program,
        streams: Sequence[bytes],
        *,
        limits: Limits,
        stop: Callable[[], bool],
        threads: int,
        watches: Sequence[Watch] = (),
        traced: int = 0,
    ) -> None:
        network, symbols = simulator.task.network, simulator.task.symbols
        self.simulator, self.program, self.network = simulator, program, network
        self.limits, self.stop, self.threads = limits, stop, threads
        self.watches = tuple(watches)
        self.block: Block = new_block(
            streams,
            species=len(network.species),
            shape=(sum(len(s.outputs) for s in program.segments), len(symbols)),
            watches=len(watches),
            traced=traced,
        )
        self.block.counts[:] = [program.amounts[s.id] for s in network.species]
        self.settings: list[dict[str, float]] = [dict(program.settings)] * len(streams)
        self.reasons: dict[int, str] = {}
        self.state = State(network, program, whole=True)

    def whole(self) -> None:
        """Run all segments."""
        first_row = 0
        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            for number, segment in enumerate(self.program.segments):
                self.enter(segment, alike=number == 0)
                for settings, chosen in self.groups(segment):
                    self.segment(segment, settings, chosen, first_row, pool)
                first_row += len(segment.outputs)

    def results(self) -> list[TimesByReadouts | str]:
        """One a replicate, in order."""
        values = self.block.values
        return [self.reasons.get(r, values[r]) for r in range(len(values))]

    def segment(
        self,
        segment: Segment,
        settings: Mapping[str, float],
        chosen: IntArray,
        first_row: int,
        pool: ThreadPoolExecutor,
    ) -> None:
        """Take replicates with equal settings to the segment's end."""
        constants = self.simulator.constants(segment.held, settings)
        everyone = len(chosen) == len(self.settings)
        block = self.block if everyone else self.block.part(chosen)
        watches = self.watches if segment.start >= 0 else ()
        run_segment(
            self.simulator.kernel,
            constants,
            arguments(block, segment, first_row, watches=watches, limits=self.limits),
            len(chosen),
            pool=pool,
            threads=self.threads,
            stop=self.stop,
        )
        for place in np.flatnonzero(block.status):
            if int(chosen[place]) not in self.reasons:
                self.reasons[int(chosen[place])] = reason(block, int(place), constants.tables)
        if not everyone:
            self.block.put(chosen, block)

    def groups(self, segment: Segment) -> Iterable[tuple[Mapping[str, float], IntArray]]:
        """Replicates by their settings; only an event that sets a parameter from the state makes
        these differ."""
        fine = np.flatnonzero(self.block.status == FINE)
        if len(fine) == 0:
            return
        if all(settings is self.settings[0] for settings in self.settings):
            yield self.settings[0], np.arange(len(self.settings))
            return
        found: dict[tuple[float, ...], list[int]] = {}
        for r in fine:
            found.setdefault(tuple(self.settings[r].values()), []).append(int(r))
        for members in found.values():
            yield self.settings[members[0]], np.array(members)

    def enter(self, segment: Segment, *, alike: bool) -> None:
        """Do what the segment begins with. `alike`: all replicates are still the same."""
        if not segment.acts:
            changed: dict[int, dict[str, float]] = {}
            for old in self.settings:
                if id(old) not in changed:
                    changed[id(old)] = {**old, **segment.settings}
            self.settings = [changed[id(old)] for old in self.settings]
            return
        one = self.settings[0] if self.settings else {}
        shared = all(settings is one for settings in self.settings) and not any(
            isinstance(act, Assign) for act in segment.acts
        )
        common = {**one, **segment.settings}
        names = [s.id for s in self.network.species]
        for r in range(len(self.settings)):
            if self.block.status[r] != FINE:
                continue
            before = self.settings[r]
            counts = self.block.counts[r].tolist()
            self.state.values = {**before, **dict(zip(names, counts, strict=True))}
            try:
                self.state.enter(segment)
            except StateError as error:
                self.block.status[r] = _BROKEN
                self.reasons[r] = str(error)
                continue
            after = self.state.values
            self.block.counts[r] = [after[name] for name in names]
            self.settings[r] = (
                common if shared else {name: after[name] for name in {**before, **segment.settings}}
            )
            if alike and shared:
                self.block.counts[:] = self.block.counts[r]
                self.settings = [common] * len(self.settings)
                return
        if shared:
            self.settings = [common] * len(self.settings)


def _obstacles_by_held(network: Network) -> dict[frozenset[str], list[Problem]]:
    """Obstacles by the ids that are held: screens ask for hundreds of programs of one network."""
    return {}


def _obstacles(network: Network, program: Program) -> list[Problem]:
    if not available():
        return [_NOT_BUILT]
    found = cached(network, _obstacles_by_held)
    held = {segment.held for segment in program.segments} or {frozenset[str]()}
    for names in held - found.keys():
        found[names] = obstacles(with_held(network, names))
    return list(dict.fromkeys(problem for names in held for problem in found[names]))


COMPILED = Engine(
    name="compiled",
    methods=frozenset({"ssa"}),
    prepare=CompiledSimulator,
    version=lambda: "1",
    batches=True,
    watches=True,
    obstacles=_obstacles,
    missing=lambda: None if available() else _NOT_BUILT,
    variants=("lockstep", "rejection"),
    variant=kernel_of,
)
