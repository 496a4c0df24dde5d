"""A call checked as a whole, and made into a task and its jobs."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np

from simnet.arrays import Times
from simnet.engines.base import Engine, Task
from simnet.engines.table import (
    doubts_of,
    engine_named,
    preferred,
    problems_under,
    require_runnable,
)
from simnet.errors import InputError, Problem, Problems, SimnetWarning, UnsupportedError, nearest
from simnet.execute.base import Job, Replicate, Workers, is_cluster
from simnet.experiment.action import AddAmount, SetValue
from simnet.experiment.change import Scale
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.experiment.run import METHODS, RTOL, Method, Run
from simnet.experiment.times import duration, positive_time, root_seed, whole_number
from simnet.experiment.variability import (
    check_variability,
    draw,
    variability_record,
    whole_amounts,
)
from simnet.network.network import Network, Readout, canonical_json
from simnet.network.stochastic import require_stochastic
from simnet.network.timing import cautions, without_switches
from simnet.network.values import require_network, require_values
from simnet.results.record import Record, make_record
from simnet.seeds import drawn_root, replicate_seed, stream_state

# What a run shows: readouts by name; species, expressions and parameters count as well.


def shown_readouts(network: Network, names: Sequence[str] | str | None) -> tuple[Readout, ...]:
    """Readouts by name, (R,) in the order of the names without repeats; the network's own if None.

    Raises:
        InputError: all names that mean nothing, or several species.
    """
    if names is None and not network.readouts:
        raise InputError(
            Problem(
                what=f"network {network.id}",
                why="has no readouts, and no species to use instead",
                way_out="give readouts=[...]",
            )
        )
    if names is None:
        return network.readouts
    try:
        wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    except TypeError:
        raise InputError(Problem(what=f"readouts={names!r}", why="not a list of names")) from None
    found, problems = [], []
    known = set(network.ids())
    for name in wanted:
        species = network.find_species(name)
        symbol = species[0] if len(species) == 1 else name
        if name in network.readout_by_name:
            found.append(network.readout_by_name[name])
        elif symbol in known:
            found.append(Readout(name=name, symbol=symbol, unit=_unit_of(network, symbol)))
        elif len(species) > 1:
            way_out = "name one: " + ", ".join(species)
            why = "is the pattern of several species (ambiguous)"
            problems.append(Problem(what=f"readout {name!r}", why=why, way_out=way_out))
        else:
            why = f"is not in {network.id}"
            way_out = nearest(str(name), [*network.readout_by_name, *known])
            if "@" in str(name) and not way_out.startswith("did you mean"):
                why = "a run takes names of time courses, and no expressions"
                way_out = "these are for screens, sensitivity studies and claims"
            problems.append(Problem(what=f"readout {name!r}", why=why, way_out=way_out))
    if not wanted:
        problems.append(Problem(what="readouts", why="none given", way_out="leave it out for all"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _unit_of(network: Network, symbol: str) -> str | None:
    if symbol in network.species_index:
        return network.substance_unit
    if symbol in network.assignment_by_id:
        return network.assignment_by_id[symbol].unit
    if symbol in network.parameter_by_id:
        return network.parameter_by_id[symbol].unit
    return network.compartment_by_id[symbol].unit


# Arguments that many verbs take, each checked alone: times, seeds, workers.


def worker_processes(workers: Workers) -> int | None:
    """The number of worker processes; None for as many as there are processors, and for a cluster.

    Raises:
        InputError: neither a whole number of at least 0 nor a cluster.
    """
    if workers is None or is_cluster(workers):
        return None
    if not isinstance(workers, str):
        return whole_number(cast(int, workers), "workers", 0)
    raise InputError(
        Problem(
            what=f"workers={workers!r}",
            why="neither a number nor the address of a Dask scheduler",
            way_out='write it as "tcp://host:8786"',
        )
    )


ALLOWED = 1e-5
"""Error of an ODE run, as a part of the largest absolute value that a readout has in it."""
ALLOWED_IN_SPREADS = 1e-3
"""The same where many runs at loose tolerances become spreads or fractions."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A call that has been checked: conditions of one network, run alike.

    Attributes:
        network: as it was given; that of the task may be without its switches in time.
        run: as it was given.
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
    run: Run
    task: Task
    engine: Engine
    conditions: Sequence[Condition]
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

    def identity(self) -> dict[str, Any]:
        """What the results of a folder have in common, whatever their conditions and replicates."""
        task = self.task
        usual = task.variant == self.engine.variant(task.network)  # kernels differ in bits
        return {
            "network": self.network.id,
            "network_digest": self.network.digest,
            "method": task.method,
            "engine": f"{task.engine if usual else self.engine_name} {self.engine.version()}",
            "seed": self.root,
            "rtol": task.rtol,
            "atol": task.atol,
            **({"allow_negative": True} if task.allow_negative else {}),
            **({"max_step": task.max_step} if task.max_step is not None else {}),
        }

    def record(self) -> Record:
        """From which the run can be repeated."""
        task, even = self.task, self.run.times is None
        return make_record(
            network=self.network,
            engine_version=self.engine.version(),
            conditions=self.conditions,
            readouts=tuple(readout.name for readout in self.readouts),
            run=Run(
                t_end=float(self.times[-1]) if even else None,
                points=len(self.times),
                times=None if even else self.times.tolist(),
                method=task.method,
                replicates=self.replicates,
                seed=self.root,
                variability=self.run.variability,
                replicates_per_cell=self.run.replicates_per_cell,
                engine=self.engine_name,
                rtol=task.rtol,
                atol=task.atol,
                max_step=task.max_step,
                allow_negative=task.allow_negative,
            ),
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
        """The program of a replicate's own cell: the same in every condition, but for those with a
        key, as the rows of a design, whose noise is taken to be independent."""
        assert self.root is not None
        network, spread = self.task.network, condition.variability
        cell = replicate // condition.replicates_per_cell
        own_cells = condition.content(network.time_unit) if condition.key else ""
        content = canonical_json(variability_record(spread)) + own_cells
        key = stream_state(self.root, content, cell)
        factors = {c.name: c.factor for c in draw(spread, network, key)}
        scales = [Scale(n, f) for n, f in factors.items() if n not in network.species_index]
        own = self._program(replace(condition, background=(*scales, *condition.background)))
        amounts = {n: a * factors.get(n, 1.0) for n, a in own.amounts.items()}
        if self.task.method == "ssa":
            amounts = whole_amounts(amounts, key)
        return replace(own, amounts=amounts)


def planned(
    network: Network,
    run: Run,
    conditions: Sequence[Condition],
    readouts: Sequence[str] | str | None = None,
    *,
    workers: Workers = None,
    besides: Iterable[Problem] = (),
    alike: bool = False,
) -> Plan:
    """Check a call as a whole, or raise InputError or UnsupportedError with all that is wrong.

    Args:
        network: what is simulated.
        run: how; what it does to the network is in the conditions.
        conditions: (C,) what is done.
        readouts: as in `simulate`.
        workers: as in `simulate`.
        besides: problems of the call that its verb has found, raised together with those here.
        alike: conditions differ only in the values of parameters, as the rows of a sensitivity
            study do: the first stands for all.
    """
    require_network(network)
    as_it_is = network.document is not None and run.method in METHODS
    if as_it_is and (reasons := problems_under(run.method, network)):
        raise UnsupportedError(reasons)
    problems = Problems([*besides, *run.problems()])
    attempt = problems.attempt
    unit = network.time_unit
    times = attempt(partial(_output_times, run, unit), np.array([0.0, 1.0]))
    limit = longest = None
    if run.timeout is not None:
        limit = attempt(partial(positive_time, run.timeout, "timeout", "s"), 1.0)
        if workers == 0:
            why = "workers=0 runs in this process, where a replicate cannot be stopped"
            problems.add(f"timeout={run.timeout!r}", why, "use workers=1")
    if run.max_step is not None:
        longest = attempt(partial(positive_time, run.max_step, "max_step", unit), 1.0)
    attempt(partial(worker_processes, workers), None)
    named = attempt(partial(engine_named, run.method, run.engine), None)
    for spread in {id(c.variability): c.variability for c in conditions}.values():
        attempt(partial(check_variability, spread, network), None)
    nothing: tuple[Readout, ...] = ()
    shown = attempt(partial(shown_readouts, network, readouts), nothing)
    resting = any(condition.equilibrate is not None for condition in conditions)
    changed = network if resting else without_switches(network)
    looked_at = conditions[:1] if alike else conditions
    programs: list[Program] = []
    for condition in looked_at:
        try:
            compiled, found = program(changed, condition, times)
            programs.append(compiled)
        except InputError as error:
            found = list(error.problems)
        problems += found if len(looked_at) == 1 else [_in(condition, p) for p in found]
    if problems:
        raise InputError(dict.fromkeys(problems))
    method = run.method
    _check(changed, method, programs)
    chosen, variant = named or (preferred(method, changed, programs), "")
    require_runnable(chosen, changed, programs)
    if method == "ssa" or longest is None:
        for doubt in doubts_of(chosen, changed, method, programs):
            warnings.warn(doubt, SimnetWarning, stacklevel=3)
    task = Task(
        network=changed,
        method=method,
        engine=chosen.name,
        symbols=tuple(readout.symbol for readout in shown),
        variant=variant or chosen.variant(changed),
        rtol=run.rtol or RTOL,
        atol=run.atol,
        max_step=longest,
        allow_negative=run.allow_negative,
    )
    root = drawn_root() if run.seed is None else root_seed(run.seed)
    return Plan(
        network=network,
        run=run,
        task=task,
        engine=chosen,
        conditions=tuple(conditions),
        times=times,
        readouts=shown,
        replicates=run.count,
        root=root if run.is_noisy else None,
        timeout=limit,
    )


def _output_times(run: Run, time_unit: str | None) -> Times:
    """(T,) in the network's unit."""
    if run.times is None:
        if run.t_end is None:
            way_out = 'write t_end="48 h", or a number in the network\'s unit of time'
            raise InputError(Problem(what="t_end", why="none given", way_out=way_out))
        end = positive_time(run.t_end, "t_end", time_unit)
        return np.linspace(0.0, end, whole_number(run.points, "points", 2))
    if run.t_end is not None:
        why, way_out = "the last of the times is the end", "give one of the two"
        raise InputError(Problem(what="t_end and times", why=why, way_out=way_out))
    if not isinstance(run.times, tuple):
        raise InputError([])  # it has its problem already
    times = np.array([duration(time, "times", time_unit) for time in run.times])
    if not len(times) or times[0] < 0 or times[-1] <= 0 or not (np.diff(times) > 0).all():
        way_out = 'write times=[0, "6 h", "24 h"]'
        raise InputError(Problem(what="times", why="not times that rise from 0", way_out=way_out))
    return times


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
                why = "is not a whole number of molecules, as SSA needs"
                problems.append(Problem(what=f"{act} at t={segment.start:g}", why=why))
    if problems:
        raise UnsupportedError(problems)
