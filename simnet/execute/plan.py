"""A call checked as a whole, and made into a task and its jobs."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from simnet.arrays import Times
from simnet.engines.base import METHODS, Engine, Method, Task
from simnet.engines.table import (
    doubts_of,
    engine_named,
    preferred,
    problems_under,
    require_runnable,
)
from simnet.errors import InputError, Problem, SimnetWarning, UnsupportedError
from simnet.execute.arguments import (
    not_allowed,
    positive_time,
    root_seed,
    worker_processes,
)
from simnet.execute.base import Job, Replicate
from simnet.execute.checks import ALLOWED
from simnet.execute.cluster import Workers
from simnet.execute.shown import shown_readouts
from simnet.experiment.action import AddAmount, SetValue
from simnet.experiment.change import Scale
from simnet.experiment.condition import Condition
from simnet.experiment.numbers import whole_number
from simnet.experiment.program import Program, program
from simnet.experiment.times import TimeSpec
from simnet.experiment.variability import (
    check_variability,
    draw,
    variability_record,
    whole_amounts,
)
from simnet.network.checks import require_network, require_values
from simnet.network.digest import canonical_json
from simnet.network.network import Network, Readout
from simnet.network.stochastic import require_stochastic
from simnet.network.switches import without_switches
from simnet.network.timing import cautions
from simnet.results.provenance import Record, make_record
from simnet.seeds import drawn_root, replicate_seed, stream_state

T = TypeVar("T")

_LEAST_RTOL = 1e-15
"""CVODE takes no smaller one."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A call that has been checked: conditions of one network, run alike.

    Attributes:
        network: as it was given; that of the task may be without its switches in time.
        task: what goes to the workers once.
        engine: of the task.
        conditions: (C,) what is done.
        times: (T,) output times.
        readouts: (R,) in the order of the task's symbols.
        replicates: of each condition.
        root: of all seeds; None for an ODE of equal cells.
        timeout: seconds that a replicate may take.
        allowed_error: of an ODE run, above which it is told; see `Checks`.
        programs: makes the program of a condition, by its number, where that is not the condition
            compiled for `times`.
    """

    network: Network
    task: Task
    engine: Engine
    conditions: tuple[Condition, ...]
    times: Times
    readouts: tuple[Readout, ...]
    replicates: int
    root: int | None
    timeout: float | None
    allowed_error: float = ALLOWED
    programs: Callable[[int], Program] | None = None

    def job(
        self, condition: int, first: int = 0, stop: int | None = None, index: int | None = None
    ) -> Job:
        """Replicates `first` to `stop` (all, if None) of a condition, as a job of that index (the
        condition's, if None).

        Raises:
            InputError: a condition that was not looked at (see `planned`) cannot be run.
        """
        chosen = self.conditions[condition]
        indices = range(first, self.replicates if stop is None else stop)
        return Job(
            index=condition if index is None else index,
            program=self.programs(condition) if self.programs else self._program(chosen),
            replicates=tuple(self._replicates(chosen, indices)),
            condition=chosen.name,
        )

    @property
    def engine_name(self) -> str:
        """Name in the engine table, with the variant: "compiled/lockstep"."""
        return f"{self.engine.name}/{self.task.variant}" if self.task.variant else self.engine.name

    def seeds(self, condition: int) -> tuple[int, ...]:
        """(N,) the seeds of a condition's replicates."""
        content = self.conditions[condition].content(self.task.network.time_unit)
        assert self.root is not None
        return tuple(replicate_seed(self.root, content, i) for i in range(self.replicates))

    def record(self) -> Record:
        """From which the run can be repeated."""
        return make_record(
            network=self.network,
            method=self.task.method,
            engine=self.engine_name,
            engine_version=self.engine.version(),
            conditions=self.conditions,
            readouts=tuple(readout.name for readout in self.readouts),
            t_end=float(self.times[-1]),
            points=len(self.times),
            replicates=self.replicates,
            seed=self.root,
            rtol=self.task.rtol,
            atol=self.task.atol,
            max_step=self.task.max_step,
            allow_negative=self.task.allow_negative,
        )

    def _program(self, condition: Condition) -> Program:
        found, problems = program(self.task.network, condition, self.times)
        if problems:  # of a condition that `alike` took for granted
            raise InputError(problems)
        return found

    def _replicates(self, condition: Condition, indices: Iterable[int]) -> Iterator[Replicate]:
        stochastic = self.task.method == "ssa"
        content = condition.content(self.task.network.time_unit) if stochastic else ""
        for i in indices:
            found = Replicate(index=i)
            if stochastic and self.root is not None:
                stream = stream_state(self.root, content, i) if self.engine.batches else b""
                found = Replicate(
                    index=i, seed=replicate_seed(self.root, content, i), stream=stream
                )
            yield (
                replace(found, program=self._cell(condition, i)) if condition.variability else found
            )

    def _cell(self, condition: Condition, replicate: int) -> Program:
        """The program of a replicate's own cell, which is the same in every condition."""
        assert self.root is not None
        network, spread = self.task.network, condition.variability
        cell = replicate // condition.replicates_per_cell
        key = stream_state(self.root, canonical_json(variability_record(spread)), cell)
        factors = {c.name: c.factor for c in draw(spread, network, key)}
        scales = [Scale(n, f) for n, f in factors.items() if n not in network.species_index]
        own = self._program(replace(condition, background=(*scales, *condition.background)))
        amounts = {n: a * factors.get(n, 1.0) for n, a in own.amounts.items()}
        if self.task.method == "ssa":
            amounts = whole_amounts(amounts, key)
        return replace(own, amounts=amounts)


def planned(
    network: Network,
    *,
    conditions: Sequence[Condition],
    t_end: TimeSpec,
    points: int = 101,
    times: Times | None = None,
    method: Method,
    replicates: int,
    seed: int | None,
    readouts: Sequence[str] | str | None,
    engine: str,
    timeout: TimeSpec | None,
    workers: Workers,
    rtol: float,
    atol: float | None,
    max_step: TimeSpec | None = None,
    allow_negative: bool = False,
    alike: bool = False,
) -> Plan:
    """Check a call as a whole, or raise InputError or UnsupportedError with all that is wrong.

    Args:
        network: what is simulated.
        conditions: (C,) what is done.
        times: (T,) output times, rising from 0, in place of `t_end` and `points`.
        alike: conditions differ only in the values of parameters, as the rows of a sensitivity
            study do: the first stands for all.

    The rest is as in `simulate`.
    """
    require_network(network)
    as_it_is = network.document is not None and method in METHODS
    if as_it_is and (reasons := problems_under(method, network)):
        raise UnsupportedError(reasons)
    problems: list[Problem] = []

    def attempt(value: Callable[[], T], otherwise: T) -> T:
        try:
            return value()
        except InputError as error:
            problems.extend(error.problems)
            return otherwise

    if times is None:
        end = attempt(lambda: positive_time(t_end, "t_end", network.time_unit), 1.0)
        times = np.linspace(0.0, end, attempt(lambda: whole_number(points, "points", 2), 2))
    limit = None
    if timeout is not None:
        limit = attempt(lambda: positive_time(timeout, "timeout", "s"), 1.0)
        if workers == 0:
            why = "workers=0 runs in this process, where nothing can end a replicate"
            problems.append(Problem(what=f"timeout={timeout!r}", why=why, way_out="use workers=1"))
    attempt(lambda: worker_processes(workers), None)
    for name, tolerance in (("rtol", rtol), ("atol", 1.0 if atol is None else atol)):
        value = attempt(
            lambda name=name, tolerance=tolerance: positive_time(tolerance, name, None),  # type: ignore[misc]
            1.0,
        )
        if name == "rtol" and value < _LEAST_RTOL:
            why = f"below {_LEAST_RTOL:g}, where rounding errors are larger"
            problems.append(Problem(what=f"rtol={rtol!r}", why=why, way_out="give rtol=1e-13"))
    longest = None
    if max_step is not None:
        longest = attempt(lambda: positive_time(max_step, "max_step", network.time_unit), 1.0)
        if method == "ssa":
            why, way_out = (
                "only the ODE integrator takes steps",
                'leave it out, or use method="ode"',
            )
            problems.append(Problem(what=f"max_step={max_step!r}", why=why, way_out=way_out))
    runs = attempt(lambda: whole_number(replicates, "replicates", 1), 1)
    named = attempt(lambda: engine_named(method, engine), None)
    for condition in conditions:
        try:
            check_variability(condition.variability, network)
            whole_number(condition.replicates_per_cell, "replicates_per_cell", 1)
        except InputError as error:
            problems += error.problems
    varied = any(condition.variability for condition in conditions)
    if method == "ode" and runs > 1 and not varied:
        problems.append(
            Problem(
                what=f"replicates={replicates}",
                why="an ODE gives the same every time",
                way_out='leave replicates out, or use method="ssa"',
            )
        )
    problems += not_allowed(allow_negative, method)
    root = attempt(lambda: root_seed(seed), 0) if seed is not None else drawn_root()
    nothing: tuple[Readout, ...] = ()
    shown = attempt(lambda: shown_readouts(network, readouts), nothing)
    resting = any(condition.equilibrate is not None for condition in conditions)
    run = network if resting else without_switches(network)
    looked_at = conditions[:1] if alike else conditions
    programs: list[Program] = []
    for condition in looked_at:
        try:
            compiled, found = program(run, condition, times)
            programs.append(compiled)
        except InputError as error:
            found = list(error.problems)
        problems += found if len(looked_at) == 1 else [_in(condition, p) for p in found]
    if problems:
        raise InputError(dict.fromkeys(problems))
    _check(run, method, programs)
    chosen, variant = named or (preferred(method, run, programs), "")
    require_runnable(chosen, run, programs)
    if method == "ssa" or longest is None:
        for doubt in doubts_of(chosen, run, method, programs):
            warnings.warn(doubt, SimnetWarning, stacklevel=3)
    task = Task(
        network=run,
        method=method,
        engine=chosen.name,
        symbols=tuple(readout.symbol for readout in shown),
        variant=variant or chosen.variant(run),
        rtol=rtol,
        atol=atol,
        max_step=longest,
        allow_negative=allow_negative,
    )
    return Plan(
        network=network,
        task=task,
        engine=chosen,
        conditions=tuple(conditions),
        times=times,
        readouts=shown,
        replicates=runs,
        root=root if method == "ssa" or varied else None,
        timeout=limit,
    )


def _in(condition: Condition, problem: Problem) -> Problem:
    return replace(problem, what=f"condition {condition.name!r}: {problem.what}")


def _check(network: Network, method: Method, programs: Sequence[Program]) -> None:
    """Whether the method can run the programs; warns where it can, with care."""
    if method == "ode":
        for caution in cautions(network):
            warnings.warn(caution, SimnetWarning, stacklevel=4)
    for compiled in programs:
        if network.document is None:
            require_values(network, compiled.stages())
        if method == "ssa":
            _require_whole(compiled)
            require_stochastic(network, compiled.stages(), compiled.disturbed())


def _require_whole(program_: Program) -> None:
    """Raise UnsupportedError where a schedule sets or adds fractions of molecules."""
    problems = []
    for segment in program_.segments:
        for act in segment.acts:
            amount = getattr(act, "value", getattr(act, "amount", 0.0))
            if act.__class__ in (SetValue, AddAmount) and amount != math.floor(amount):
                why = "a fraction of a molecule, and SSA counts whole ones"
                problems.append(Problem(what=f"{act} at t={segment.start:g}", why=why))
    if problems:
        raise UnsupportedError(problems)
