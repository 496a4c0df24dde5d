"""Exact SSA in C, in this process: the engine for networks whose laws do not depend on time.

A segment of a program is run by a kernel for all replicates at once; what happens between segments
is done here. Streams continue across segments, so that a replicate is one realisation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Limits, Task, Watch
from simnet.engines.compiled_block import (
    FINE,
    Block,
    arguments,
    new_block,
    reason,
    run_segment,
)
from simnet.engines.compiled_tables import (
    Constants,
    IntArray,
    Tables,
    kernel_of,
    obstacles,
    tables,
)
from simnet.engines.compiled_tape import Varying
from simnet.engines.state import State
from simnet.errors import InputError, MissingToolError, Problem, StateError, UnsupportedError
from simnet.experiment.action import Assign
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.expression import Symbol
from simnet.network.kept import kept
from simnet.network.network import Network

_VERSION = "1"
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
            UnsupportedError: what `COMPILED.obstacles` says of the program.
        """
        run = Run(self, program, streams, limits=limits, stop=stop, threads=threads)
        run.whole()
        return run.results()

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
        varying = Varying(self.task.network)
        timed = [
            Problem(
                what=f"first passage of {self.task.symbols[w.readout]}",
                why="it depends on time, so it passes thresholds between firings",
                way_out="watch what it is made of",
            )
            for w in watches
            if varying.reads_time(Symbol(self.task.symbols[w.readout]))
        ]
        if timed:
            raise InputError(timed)
        run = Run(
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


class Run:
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


def _missing() -> Problem | None:
    return None if available() else _NOT_BUILT


def _looked_at(network: Network) -> dict[frozenset[str], list[Problem]]:
    """Obstacles by the ids that are held: screens ask for hundreds of programs of one network."""
    return {}


def _obstacles(network: Network, program: Program) -> list[Problem]:
    if not available():
        return [_NOT_BUILT]
    found = kept(network, _looked_at)
    held = {segment.held for segment in program.segments} or {frozenset[str]()}
    for names in held - found.keys():
        found[names] = obstacles(with_held(network, names))
    return list(dict.fromkeys(problem for names in held for problem in found[names]))


COMPILED = Engine(
    name="compiled",
    methods=frozenset({"ssa"}),
    prepare=CompiledSimulator,
    version=lambda: _VERSION,
    batches=True,
    watches=True,
    obstacles=_obstacles,
    missing=_missing,
    variants=("lockstep", "rejection"),
    variant=kernel_of,
)
