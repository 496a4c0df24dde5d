"""One condition run block by block, as the ensemble's statistics are merged, until it is enough."""

from collections.abc import Callable, Sequence

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.execute.backends import processors
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered, run_jobs
from simnet.results.trajectories import positions
from simnet.stats.blocks import Merging, block_bounds, block_statistics
from simnet.stats.precision import Precision, next_size


def run_in_blocks(
    plan: Plan,
    *,
    workers: Workers,
    receive: Callable[[Gathered], None],
    precision: Precision | None = None,
    progress: Progress | None = None,
) -> None:
    """Run the plan's one condition, `receive` getting its blocks in any order.

    Args:
        plan: of one condition.
        workers: as in `simulate`.
        receive: called in the calling thread.
        precision: run as many replicates as it takes, in place of the plan's number.
        progress: called with (done, those that are wanted so far).

    Raises:
        InputError: a precision that does not fit the plan.
        KeyboardInterrupt: what was begun is received as far as it got.
    """
    wanted: int | None = plan.replicates
    places: Sequence[int] = ()
    if precision is not None:
        places = _judged(plan, precision)
        wanted = precision.sizes()[0]
    if workers is None:  # no more than there is to do
        most = plan.replicates if precision is None else precision.maximum
        workers = min(processors(), most)
    done = 0
    judged = Merging()

    def take(gathered: Gathered) -> None:
        receive(gathered)
        if precision is not None:
            values = without_infinite(gathered.values)
            judged.take(block_statistics(values, first=gathered.first, covariance=False))

    while wanted is not None:
        run_jobs(
            plan,
            (plan.job(0, first, stop, index=first) for first, stop in block_bounds(done, wanted)),
            workers=workers,
            receive=take,
            total=wanted,
            progress=progress and (lambda n, of, before=done: progress(before + n, of)),  # type: ignore[misc]
        )
        done = wanted
        if precision is None:
            return
        assert judged.total is not None, "blocks were received"
        wanted = next_size(judged.total, precision, places)


def without_infinite(values: FloatArray) -> FloatArray:
    """The same, but NaN for what is infinite, which has no mean or variance."""
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _judged(plan: Plan, precision: Precision) -> list[int]:
    """Places of the readouts that precision is asked of."""
    if plan.task.method == "ode" and not plan.conditions[0].variability:
        raise InputError(
            Problem(
                what="precision",
                why="an ODE gives the same every time",
                way_out='leave it out, or use method="ssa"',
            )
        )
    if plan.conditions[0].replicates_per_cell > 1:
        why = "replicates of one cell are not independent, which its interval takes them to be"
        way_out = "leave replicates_per_cell out, or give replicates"
        raise InputError(
            Problem(what="precision with replicates_per_cell", why=why, way_out=way_out)
        )
    names = [readout.name for readout in plan.readouts]
    places, problems = positions(precision.readouts or names, names, "readout of precision")
    if problems:
        raise InputError(problems)
    return places
