"""`join`: runs of the same kind, one a condition, as one."""

from dataclasses import replace

import numpy as np

from simnet.errors import InputError, Problem
from simnet.results.trajectories import Trajectories, require_trajectories


def join(*runs: Trajectories) -> Trajectories:
    """Put the conditions of several runs side by side, to compare, plot and save them together.

    Args:
        runs: of one network, with the same method, engine, times, readouts and replicates, and
            conditions of different names (`simulate(..., label=...)`).

    Returns:
        Trajectories (C, N, T, R) with all conditions in order.

    Raises:
        InputError: no run, what is no run, or runs that differ in more than their conditions.
    """
    if not runs:
        raise InputError(Problem(what="join()", why="no run", way_out="give at least one"))
    for run in runs:
        require_trajectories(run)
    first = runs[0]
    problems = [
        Problem(
            what=f"run {place + 1}", why=f"its {name} is not that of run 1", way_out="run it alike"
        )
        for place, run in enumerate(runs)
        for name, alike in _compared(first, run)
        if not alike
    ]
    if problems:
        raise InputError(problems)
    return replace(
        first,
        values=np.concatenate([run.values for run in runs]),
        conditions=tuple(c for run in runs for c in run.conditions),
        seeds=tuple(s for run in runs for s in run.seeds),
        failures=tuple(f for run in runs for f in run.failures),
        record=replace(
            first.record, conditions=tuple(c for run in runs for c in run.record.conditions)
        ),
    )


def _compared(first: Trajectories, run: Trajectories) -> list[tuple[str, bool]]:
    one, other = first.record, run.record
    how, here = one.run, other.run
    return [
        ("network", one.network_digest == other.network_digest),
        ("method", how.method == here.method),
        ("engine", how.engine == here.engine and one.versions == other.versions),
        ("tolerance", (how.rtol, how.atol) == (here.rtol, here.atol)),
        ("max_step", how.max_step == here.max_step),
        ("times", np.array_equal(first.times, run.times)),
        ("readouts", first.readouts == run.readouts),
        ("number of replicates", how.count == here.count),
        ("seed", how.seed == here.seed),
    ]
