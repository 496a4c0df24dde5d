"""One condition run block by block, as the ensemble's statistics are merged, until it is enough."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError
from simnet.execute.backends import processors
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered, run_jobs
from simnet.experiment.precision import Precision
from simnet.results.trajectories import positions
from simnet.stats.blocks import Merging, block_bounds, block_statistics
from simnet.stats.precision import next_size


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
        judged: (n, T, 1) of a block that was received: what precision is asked of; if None, the
            readouts that it names.

    Raises:
        InputError: a precision that does not fit the plan.
        KeyboardInterrupt: what was begun is received as far as it got.
    """
    precision = plan.run.precision
    known = Merging()
    places = [0]
    if precision is not None and judged is None:
        places = _judged(plan, precision)
    if workers is None:  # no more than there is to do
        workers = min(processors(), precision.maximum if precision else plan.replicates)

    def take(gathered: Gathered) -> None:
        receive(gathered)
        if precision is not None:
            values = judged(gathered) if judged else without_infinite(gathered.values)
            known.take(block_statistics(values, first=gathered.first, covariance=False))

    for done, wanted in stretches(plan, known, places):
        run_jobs(
            plan,
            (plan.job(0, first, stop, index=first) for first, stop in block_bounds(done, wanted)),
            workers=workers,
            receive=take,
            total=wanted,
            progress=progress and (lambda n, of, before=done: progress(before + n, of)),  # type: ignore[misc]
        )


def stretches(
    plan: Plan, known: Merging, places: Sequence[int] = (0,)
) -> Iterator[tuple[int, int]]:
    """Replicates to run, as (first, stop): all of the plan, or more and more until those that
    come to be `known` in the meantime are enough for its precision."""
    precision = plan.run.precision
    done, wanted = 0, plan.replicates
    while True:
        yield done, wanted
        if precision is None:
            return
        assert known.total is not None, "blocks were received"
        following = next_size(known.total, precision, places)
        if following is None:
            return
        done, wanted = wanted, following


def without_infinite(values: FloatArray) -> FloatArray:
    """The same, but NaN for what is infinite, which has no mean or variance."""
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _judged(plan: Plan, precision: Precision) -> list[int]:
    """Places of the readouts that precision is asked of."""
    names = [readout.name for readout in plan.readouts]
    places, problems = positions(precision.readouts or names, names, "readout of precision")
    if problems:
        raise InputError(problems)
    return places
