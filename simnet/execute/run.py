"""A plan run from end to end: outcomes gathered by condition, each handed on when it is complete."""

import math
import os
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.errors import InputError, Problem, SimulationError, caution
from simnet.execute.base import Backend, Job, Outcome, Workers, is_cluster
from simnet.execute.cluster import Cluster
from simnet.execute.plan import ALLOWED, Plan, worker_processes
from simnet.execute.processes import Processes
from simnet.execute.progress import Progress
from simnet.execute.threads import Serial, Threads
from simnet.experiment.run import Run
from simnet.results.trajectories import Failure, positions
from simnet.stats.blocks import Merging, block_bounds, block_statistics, next_size

# Replicates that failed: some are a warning, all of them are an error.


def in_order(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Failures of one condition in the order of their replicates."""
    return tuple(sorted(failures, key=lambda failure: failure.replicate))


def report_failures(failures: Sequence[Failure], replicates: int) -> None:
    """Warn of failures.

    Args:
        failures: in the order of their replicates.
        replicates: that were run.

    Raises:
        SimulationError: every replicate failed.
    """
    if not failures:
        return
    first = failures[0].reason
    if len(failures) == replicates:
        more = f" (and {replicates - 1:,} more replicates)" if replicates > 1 else ""
        raise SimulationError(f"{first}{more}")
    text = f"{len(failures):,} of {replicates:,} replicates failed, the first with: {first}"
    caution(f"{text}; see .failures")


# Which backend runs an engine's jobs.


def backend_for(engine: Engine, workers: Workers, timeout: float | None) -> Backend:
    """Where an engine's jobs run.

    Args:
        engine: one that runs many replicates at once does so in threads of this process.
        workers: as in `simulate`.
        timeout: seconds that a replicate may take.

    Raises:
        InputError: neither a number of workers nor a cluster.
    """
    if is_cluster(workers):
        return Cluster(scheduler=workers, timeout=timeout)
    if engine.batches:
        return Threads(threads=threads_for(workers), timeout=timeout)
    count = worker_processes(workers)
    if count == 0:
        return Serial()
    return Processes(workers=count or processors(), timeout=timeout)


def threads_for(workers: Workers) -> int:
    """Threads in place of worker processes: `workers=0`, which means this process alone, has one."""
    count = worker_processes(workers)
    return processors() if count is None else max(count, 1)


def processors() -> int:
    """Processors that this process may use: a batch job is often given some of the machine's."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(allowed(0)) if allowed else os.cpu_count() or 1


# The error of ODE runs, estimated: some are run again, tighter, and what changes is reported.
#
# A run of a call and every 31st after it are run a second time with both tolerances a tenth of what
# they were, which costs half as much again. The difference is the error of the first, but for a tenth
# of it, whatever engine made it. A readout whose error is above 1e-5 of its maximum is reported.


TIGHTER = 0.1
EVERY = 31
"""Runs of which one is checked: 5 % of their time."""
_TIGHTEST = 1e-13  # a relative tolerance that rounding leaves room for
_NOISE = 1e-15  # of the largest value: a readout that is never above is rounding error


@dataclass
class _Pair:
    """A run, and the same one at tighter tolerances, as they come."""

    condition: str
    values: TimesByReadouts | None = None
    tighter: TimesByReadouts | None = None


class Checks:
    """The checks of one call.

    Args:
        task: what is run.
        readouts: (R,) names.
        allowed: error above which a readout is reported, as a part of its maximum.
    """

    def __init__(self, task: Task, readouts: Sequence[str], *, allowed: float = ALLOWED) -> None:
        self._task = task
        self._allowed = allowed
        self._readouts = readouts
        self._factor = max(TIGHTER, _TIGHTEST / task.rtol)
        self._pairs: dict[tuple[int, int], _Pair] = {}
        self._worst: dict[str, tuple[float, str]] = {}
        self._failed: dict[str, str] = {}

    def beside(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The jobs, and after some of them the same at tighter tolerances, with an index below 0."""
        if self._task.method != "ode" or self._factor >= 1:
            yield from jobs
            return
        run = 0
        for job in jobs:
            again = [r for i, r in enumerate(job.replicates, run) if i % EVERY == 0]
            run += len(job.replicates)
            for replicate in again:
                self._pairs[job.index, replicate.index] = _Pair(job.condition)
            yield job
            if again:
                tighter = [replace(r, tighter=self._factor) for r in again]
                yield replace(job, index=~job.index, replicates=tighter)

    def take(self, outcome: Outcome) -> bool:
        """Take an outcome; whether it is of a check, and not a result."""
        is_check = outcome.job < 0
        key = (~outcome.job if is_check else outcome.job, outcome.replicate.index)
        pair = self._pairs.get(key)
        if pair is None:
            return is_check
        if outcome.values is None:
            del self._pairs[key]
            if is_check:
                self._failed.setdefault(outcome.failure, pair.condition)
        elif is_check:
            pair.tighter = outcome.values
        else:
            pair.values = outcome.values
        if pair.values is not None and pair.tighter is not None:
            del self._pairs[key]
            self._compare(pair.values, pair.tighter, pair.condition)
        return is_check

    def _compare(self, values: FloatArray, tighter: FloatArray, condition: str) -> None:
        for name, error in zip(self._readouts, self._errors(values, tighter), strict=True):
            if error > max(self._allowed, self._worst.get(name, (0.0, ""))[0]):
                self._worst[name] = float(error), condition

    def _errors(self, values: FloatArray, tighter: FloatArray) -> FloatArray:
        """(R,) as parts of the maximum."""
        known = np.isfinite(values) & np.isfinite(tighter)
        size = np.abs(np.where(known, values, 0.0)).max(axis=0)
        change = np.abs(np.where(known, tighter - values, 0.0)).max(axis=0)
        amounts = (abs(s.initial) for s in self._task.network.species)
        largest = max(size.max(initial=0.0), *filter(math.isfinite, amounts), 0.0)
        noise = size <= _NOISE * largest
        errors: FloatArray = np.where(noise, 0.0, change / np.where(noise, 1.0, size))
        return errors

    def report(self) -> None:
        """Warn of readouts whose error is large, and of checks that failed."""
        if self._worst:
            name, (error, condition) = max(self._worst.items(), key=lambda item: item[1])
            more = len(self._worst) - 1
            others = f", and {more} other readout{'s' * (more > 1)} by less" if more else ""
            problem = Problem(
                what=f"{name} ({condition})" if condition else name,
                why=f"with tolerances {1 / self._factor:.3g} times tighter it changes by {error:.1e} of "
                f"its maximum{others}: the integrator's error is of that size",
                way_out="leave atol out, or give a smaller one"
                if self._task.atol is not None
                else f"give rtol={max(self._task.rtol / 100, _TIGHTEST):.0e} (simnet run: --rtol), which "
                "takes longer",
            )
            caution(str(problem))
        for reason, condition in self._failed.items():
            problem = Problem(
                what=f"the error of {condition}",
                why=f"could not be estimated, because the run fails at tighter tolerances: {reason}",
            )
            caution(str(problem))


# Jobs run, and their outcomes gathered.


@dataclass(kw_only=True, eq=False)
class Gathered:
    """The outcomes of one job, as they come.

    Attributes:
        job: its index.
        first: index of its first replicate.
        values: (N, T, R); NaN where a replicate failed or was not run.
        seeds: (N,); empty under ODE.
        condition: a name for failures.
        failures: replicates that failed, in order.
        missing: replicates that were not run.
    """

    job: int
    first: int
    values: FloatArray
    seeds: tuple[int, ...] = ()
    condition: str = ""
    failures: list[Failure] = field(default_factory=list)
    missing: int = 0

    @classmethod
    def none_of(cls, plan: Plan, job: Job) -> "Gathered":
        """Nothing of a job yet."""
        stochastic = plan.task.method == "ssa"
        points = sum(len(segment.outputs) for segment in job.program.segments)
        count = len(job.replicates)
        return cls(
            job=job.index,
            first=job.replicates[0].index,
            values=np.full((count, points, len(plan.readouts)), np.nan),
            seeds=tuple(r.seed for r in job.replicates) if stochastic else (),
            condition=job.condition,
            missing=count,
        )

    def take(self, outcome: Outcome) -> None:
        """Take the outcome of one of its replicates."""
        self.missing -= 1
        index, reason = outcome.replicate.index, outcome.failure
        if outcome.values is not None:
            self.values[index - self.first] = outcome.values
            if not np.isnan(outcome.values).all():
                return
            reason = "all readouts are undefined at all output times"
        seed = self.seeds[index - self.first] if self.seeds else None
        failure = Failure(condition=self.condition, replicate=index, seed=seed, reason=reason)
        insort(self.failures, failure, key=lambda failure: failure.replicate)

    @property
    def finished(self) -> int:
        """Replicates that have values."""
        return int((~np.isnan(self.values)).any(axis=(1, 2)).sum())


def run_jobs(
    plan: Plan,
    jobs: Iterable[Job],
    *,
    workers: Workers,
    receive: Callable[[Gathered], None],
    total: int = 0,
    progress: Progress | None = None,
    checked: bool = True,
) -> None:
    """Run jobs of a plan; `receive` gets each when it is complete, in any order.

    Args:
        plan: what the jobs belong to.
        jobs: taken as they are needed, so there may be very many.
        workers: as in `simulate`.
        receive: called in the calling thread.
        total: replicates in all, for `progress`.
        progress: called with (done, total).
        checked: estimate the error of some ODE runs, and warn where it is large.

    Raises:
        KeyboardInterrupt: Ctrl-C; jobs that were begun are received as far as they got.
    """
    open_: dict[int, Gathered] = {}
    messages: dict[str, int] = {}
    done = 0
    names = [readout.name for readout in plan.readouts]
    checks = Checks(plan.task, names, allowed=plan.allowed_error)

    def noted() -> Iterator[Job]:
        for job in jobs:
            open_[job.index] = Gathered.none_of(plan, job)
            yield job

    def deliver(outcome: Outcome) -> None:
        nonlocal done
        if checks.take(outcome):
            return
        done += 1
        gathered = open_[outcome.job]
        gathered.take(outcome)
        for line in outcome.messages:
            messages[line] = messages.get(line, 0) + 1
        if progress is not None:
            progress(done, total)
        if not gathered.missing:
            receive(open_.pop(outcome.job))

    try:
        wanted = checks.beside(noted()) if checked else noted()
        backend_for(plan.engine, workers, plan.timeout).run(plan.task, wanted, deliver)
    except KeyboardInterrupt:
        for gathered in open_.values():
            receive(gathered)
        raise
    for line, times_seen in messages.items():
        often = f" ({times_seen} times)" if times_seen > 1 else ""
        caution(f"{plan.engine.name}: {line}{often}")
    checks.report()


# One condition run block by block, as the ensemble's statistics are merged, until it is enough.


def run_in_blocks(
    plan: Plan,
    *,
    workers: Workers,
    receive: Callable[[Gathered], None],
    progress: Progress | None = None,
    judged: Callable[[Gathered], FloatArray] | None = None,
) -> None:
    """Run the plan's one condition, `receive` getting its blocks in any order.

    Args:
        plan: of one condition; with a precision, as many replicates are run as that takes.
        workers: as in `simulate`.
        receive: called in the calling thread.
        progress: called with (done, those that are wanted so far).
        judged: (n, T, 1) of a block that was received: what the precision is of; if None, the
            readouts that it names.

    Raises:
        InputError: a precision that does not fit the plan.
        KeyboardInterrupt: what was begun is received as far as it got.
    """
    precision = plan.run.precision
    known = Merging() if precision else None
    if workers is None:  # no more than there is to do
        workers = min(processors(), precision.sizes()[-1] if precision else plan.replicates)

    def take(gathered: Gathered) -> None:
        receive(gathered)
        if known is not None:
            values = judged(gathered) if judged else without_infinite(gathered.values)
            known.take(block_statistics(values, first=gathered.first, covariance=False))

    for done, wanted in stretches(plan, known):
        run_jobs(
            plan,
            (plan.job(0, first, stop, index=first) for first, stop in block_bounds(done, wanted)),
            workers=workers,
            receive=take,
            total=wanted,
            progress=progress and (lambda n, of, before=done: progress(before + n, of)),  # type: ignore[misc]
        )


def stretches(plan: Plan, known: Merging | None) -> Iterator[tuple[int, int]]:
    """Replicates to run, as (first, stop): all of the plan, or more and more until those that
    come to be `known` in the meantime are enough for its precision.

    Raises:
        InputError: the precision names a readout that is not in the plan.
    """
    precision = plan.run.precision
    if precision is None:
        yield 0, plan.replicates
        return
    names = [readout.name for readout in plan.readouts]
    places, problems = positions(precision.readouts or names, names, "readout of precision")
    if problems:
        raise InputError(problems)
    done, wanted = 0, plan.replicates
    while wanted:
        yield done, wanted
        assert known is not None
        assert known.total is not None, "blocks were received"
        done, wanted = wanted, next_size(known.total, precision, places) or 0


def without_infinite(values: FloatArray) -> FloatArray:
    """The same, but NaN for what is infinite, which has no mean or variance."""
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def dependent(run: Run) -> list[Problem]:
    """What is wrong where replicates have to be independent of each other."""
    if run.replicates_per_cell == 1:
        return []
    why = "replicates of one cell are not independent, which intervals here take them to be"
    way_out = "leave it out, or use simulate and noise_parts"
    what = f"replicates_per_cell={run.replicates_per_cell!r}"
    return [Problem(what=what, why=why, way_out=way_out)]
