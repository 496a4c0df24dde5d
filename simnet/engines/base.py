"""What an engine is: a row of the engine table that makes simulators."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.errors import Problem
from simnet.experiment.program import Program
from simnet.experiment.run import Method
from simnet.network.network import Network


@dataclass(frozen=True, kw_only=True)
class Task:
    """All that a simulator is made from; it goes to a worker once, programs follow.

    Attributes:
        network: what is simulated.
        method: "ode" or "ssa".
        engine: name in the engine table.
        symbols: (R,) ids of the readouts to take.
        variant: of the engine, where it has several; "" leaves it to the engine.
        rtol: relative tolerance of the integrator (ODE).
        atol: absolute tolerance of the integrator (ODE), in units of amount; None: each variable's
            from its own size.
        max_step: longest step of the integrator (ODE), in the network's time unit; None limits steps
            only where laws of time have to be seen.
        allow_negative: whether amounts below zero are results (ODE), and no errors.
    """

    network: Network
    method: Method
    engine: str
    symbols: tuple[str, ...]
    variant: str = ""
    rtol: float = 1e-8
    atol: float | None = None
    max_step: float | None = None
    allow_negative: bool = False


class Simulator(Protocol):
    """A loaded model, ready to run program after program."""

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        """One replicate of a program, (T, R). Equal seeds give equal bits, whatever ran before.

        Raises:
            StateError: a negative, NaN or fractional amount was reached.
            SimulationError: anything else that went wrong inside the engine.
        """
        ...


class OdeSimulator(Protocol):
    """A loaded model of an ODE engine, whose runs can be checked by tighter ones."""

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """As in `Simulator`; `tighter` is what both tolerances of the task are multiplied by."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one replicate may take; None is no limit. `seconds` are wall time."""

    firings: int | None = None
    seconds: float | None = None


class BatchSimulator(Protocol):
    """A loaded model that runs many replicates in one call, outside the interpreter's lock."""

    def run_batch(
        self,
        program: Program,
        streams: Sequence[bytes],
        *,
        limits: Limits,
        stop: Callable[[], bool],
    ) -> list[TimesByReadouts | str]:
        """One result a stream, in order: readouts (T, R), or the reason why there are none.

        Args:
            program: what all of them run.
            streams: the start of each replicate's random stream, see `seeds.stream_state`. The
                same stream gives the same bits in any company.
            limits: for each replicate.
            stop: called several times a second; once it is true the call returns soon, with reasons
                in the place of what is not finished.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A readout and the value whose first passage is looked for.

    Attributes:
        readout: its place among the task's symbols.
        threshold: the value.
        direction: "up" for the first time at or above it, "down" for at or below.
    """

    readout: int
    threshold: float
    direction: Literal["up", "down"] = "up"


class WatchingSimulator(BatchSimulator, Protocol):
    """A loaded model that sees every firing."""

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
        """Results as from `run_batch`, and the exact times of first passage, (N, W).

        A time is that of the firing (or of the change of the program) after which the readout was
        first at or beyond the threshold, from t = 0 on; NaN where it never was, or where the
        replicate failed before. The trajectories are those of `run_batch`, bit for bit. `threads`
        share the replicates.

        Raises:
            InputError: a readout that depends on time moves between firings, and has no such time.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A row of the engine table.

    Attributes:
        name: in the table.
        methods: what it offers.
        prepare: makes a simulator; a `BatchSimulator` where `batches` is true.
        version: for the record.
        batches: runs in this process, in threads, and not in worker processes.
        watches: its simulators are `WatchingSimulator`s.
        obstacles: what keeps it from running a program of a network; each names a way out.
        doubts: why it may be wrong on a program of a network by a method. By SSA "auto" passes it
            by; where it runs all the same they are warnings, by ODE unless `max_step` is given.
        missing: what it lacks on this machine, if anything.
        remedy: how to mend an engine that is there and gives wrong results.
        seconds_per_firing: of one processor, for an engine that is so slow that checks run fewer
            replicates of it: from the network alone, so that equal calls make equal runs everywhere.
        variants: ways of running with bits of their own, recorded with the engine's name.
        variant: the one for a network: a function of the network alone.
    """

    name: str
    methods: frozenset[Method]
    prepare: Callable[[Task], Simulator] | Callable[[Task], BatchSimulator]
    version: Callable[[], str]
    batches: bool = False
    watches: bool = False
    obstacles: Callable[[Network, Program], Sequence[Problem]] = lambda network, program: ()
    doubts: Callable[[Network, Program, Method], Sequence[str]] = lambda network, program, method: ()
    missing: Callable[[], Problem | None] = lambda: None
    remedy: str = "install it anew, and report it"
    seconds_per_firing: Callable[[Network], float] | None = None
    variants: tuple[str, ...] = ()
    variant: Callable[[Network], str] = lambda network: ""
