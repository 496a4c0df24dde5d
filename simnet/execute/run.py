"""A plan run from end to end: outcomes gathered by condition, each handed on when it is complete."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import caution
from simnet.execute.backends import backend_for
from simnet.execute.base import Job, Outcome
from simnet.execute.checks import Checks
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import Progress
from simnet.results.trajectories import Failure


@dataclass(frozen=True, kw_only=True, eq=False)
class Gathered:
    """What came of one job.

    Attributes:
        job: its index.
        first: index of its first replicate.
        values: (N, T, R); NaN where a replicate failed or was not run.
        seeds: (N,); empty under ODE.
        failures: replicates that failed, with the reason.
        missing: replicates that were not run.
    """

    job: int
    first: int
    values: FloatArray
    seeds: tuple[int, ...]
    failures: tuple[Failure, ...]
    missing: int = 0

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
    open_: dict[int, _Gathering] = {}
    messages: dict[str, int] = {}
    done = 0
    names = [readout.name for readout in plan.readouts]
    checks = Checks(plan.task, names, allowed=plan.allowed_error)

    def noted() -> Iterator[Job]:
        for job in jobs:
            open_[job.index] = _Gathering(plan, job)
            yield job

    def deliver(outcome: Outcome) -> None:
        nonlocal done
        if checks.take(outcome):
            return
        done += 1
        gathering = open_[outcome.job]
        gathering.take(outcome)
        for line in outcome.messages:
            messages[line] = messages.get(line, 0) + 1
        if progress is not None:
            progress(done, total)
        if not gathering.missing:
            receive(open_.pop(outcome.job).gathered())

    try:
        wanted = checks.beside(noted()) if checked else noted()
        backend_for(plan.engine, workers, plan.timeout).run(plan.task, wanted, deliver)
    except KeyboardInterrupt:
        for gathering in open_.values():
            receive(gathering.gathered())
        raise
    for line, times_seen in messages.items():
        often = f" ({times_seen} times)" if times_seen > 1 else ""
        caution(f"{plan.engine.name}: {line}{often}")
    checks.tell()


class _Gathering:
    """The outcomes of one job, as they come."""

    def __init__(self, plan: Plan, job: Job) -> None:
        self._job = job
        self._stochastic = plan.task.method == "ssa"
        self._first = job.replicates[0].index
        self.missing = len(job.replicates)
        points = sum(len(segment.outputs) for segment in job.program.segments)
        shape = (self.missing, points, len(plan.readouts))
        self._values = np.full(shape, np.nan)
        self._failures: list[Failure] = []

    def take(self, outcome: Outcome) -> None:
        self.missing -= 1
        replicate = outcome.replicate
        reason = outcome.failure
        if outcome.values is not None:
            self._values[replicate.index - self._first] = outcome.values
            if not np.isnan(outcome.values).all():
                return
            reason = "no readout has a value at any output time"
        seed = replicate.seed if self._stochastic else None
        failure = Failure(
            condition=self._job.condition,
            replicate=replicate.index,
            seed=seed,
            reason=reason,
        )
        self._failures.append(failure)

    def gathered(self) -> Gathered:
        seeds = tuple(r.seed for r in self._job.replicates) if self._stochastic else ()
        return Gathered(
            job=self._job.index,
            first=self._first,
            values=self._values,
            seeds=seeds,
            failures=tuple(sorted(self._failures, key=lambda failure: failure.replicate)),
            missing=self.missing,
        )
