"""The error of ODE runs, estimated: some are run again, tighter, and what changes is told.

A run of a call and every 31st after it are run a second time with both tolerances a tenth of what
they were, which costs half as much again. The difference is the error of the first, but for a tenth
of it, whatever engine made it. A readout whose error is above 1e-5 of its maximum is told.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Task
from simnet.errors import Problem, caution
from simnet.execute.base import Job, Outcome

TIGHTER = 0.1
EVERY = 31
"""Runs of which one is checked: 5 % of their time."""
ALLOWED = 1e-5
"""Of the largest absolute value that a readout has in the run."""
ALLOWED_IN_SPREADS = 1e-3
"""The same where many runs at loose tolerances become spreads or fractions."""
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
        allowed: error above which a readout is told, as a part of its maximum.
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
        """Look at an outcome; whether it is of a check, and nobody else's."""
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

    def tell(self) -> None:
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
