"""`first_passage_times`: when a readout is first beyond a threshold, exact where the engine watches."""

import threading
from collections.abc import Iterator
from typing import Literal, Unpack, cast

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Limits, Watch, WatchingSimulator
from simnet.errors import Problem, Problems
from simnet.execute.base import Workers, is_cluster
from simnet.execute.plan import Plan, planned
from simnet.execute.progress import Progress
from simnet.execute.run import (
    Gathered,
    dependent,
    in_order,
    report_failures,
    run_in_blocks,
    stretches,
    threads_for,
)
from simnet.experiment.run import Precision, Run, RunArguments, run_of, takes_run
from simnet.experiment.times import finite_number
from simnet.network.network import Network
from simnet.results.trajectories import Failure
from simnet.stats.blocks import Merging, block_bounds, block_statistics
from simnet.stats.passage import FirstPassage, first_passage, join_passages


@takes_run
def first_passage_times(
    network: Network,
    readout: str,
    *,
    above: float | None = None,
    below: float | None = None,
    workers: Workers = None,
    progress: Progress | None = None,
    **run: Unpack[RunArguments],
) -> FirstPassage:
    """When each replicate first has a readout above (or below) a threshold, from t = 0 on.

    An engine that watches looks after every firing, as the compiled one does, and the times are
    exact. Others show the state at output times only, and so do runs with `variability` and on a cluster: the passage then
    lies between two of them.

    Args:
        network: from `load`.
        readout: its name.
        above: threshold in the readout's unit; a value equal to it is not beyond.
        below: the same from the other side; one of the two has to be given.
        workers: as in `simulate`.
        progress: as in `simulate`.
        run: the arguments of `Run`; here `method` is "ssa" by default, `replicates` are 1000 (as in
            `run_ensemble`) and `points` 1001, for where the engine does not watch. A `precision` is one of the fraction
            that has passed by the end: `Precision(absolute=0.02, statistic="fraction")`.

    Returns:
        The passages in the order of the replicates, in the network's unit of time; those that were
        not seen by the end are censored there, and those that failed are NaN, with a warning.
        `survival` and `median_time` take them.

    Raises:
        InputError: mistakes in the call; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
    """
    described = run_of(first_passage_times, run)
    problems = Problems([*dependent(described), *_imprecise(described, readout)])
    if (above is None) == (below is None):
        problems.add("threshold", "one is needed", "write above=100 or below=100")
    side: Literal["above", "below"] = "below" if above is None else "above"
    given = below if above is None else above
    threshold = problems.attempt(lambda: finite_number(0.0 if given is None else given, side), 0.0)
    conditions = (described.condition(),)
    plan = planned(network, described, conditions, [readout], workers=workers, besides=problems)
    parts: dict[int, FirstPassage] = {}
    failures: list[Failure] = []

    def receive(gathered: Gathered) -> None:
        failures.extend(gathered.failures)
        values = gathered.values[:, :, 0]
        parts[gathered.first] = first_passage(values, plan.times, threshold, direction=side)

    if plan.engine.watches and not described.variability and not is_cluster(workers):
        known = Merging()
        for first, passages, failed in _watched(plan, threshold, side, workers, known, progress):
            failures += failed
            parts[first] = passages
            known.take(block_statistics(_passed(passages), first=first, covariance=False))
    else:
        run_in_blocks(
            plan,
            workers=workers,
            receive=receive,
            progress=progress,
            judged=lambda gathered: _passed(parts[gathered.first]),
        )
    found = join_passages([parts[first] for first in sorted(parts)])
    report_failures(in_order(failures), len(found.after))
    return found


def _passed(passages: FirstPassage) -> FloatArray:
    """(n, 1, 1): 1 for those that were seen to pass, NaN for those that failed."""
    failed = np.isnan(passages.after)
    return np.where(failed, np.nan, passages.seen)[:, np.newaxis, np.newaxis]


def _imprecise(run: Run, readout: str) -> Iterator[Problem]:
    """What a precision cannot be of: times that have not come have no mean."""
    precision = run.precision
    if not isinstance(precision, Precision):
        return
    if precision.statistic != "fraction":
        what = f"precision with statistic={precision.statistic!r}"
        why = "the mean time is not known where some replicates do not pass"
        way_out = 'write Precision(absolute=0.02, statistic="fraction"), of those that passed'
        yield Problem(what=what, why=why, way_out=way_out)
    if precision.readouts not in (None, (readout,)):
        what, why = f"precision: readouts={precision.readouts!r}", f"not those of {readout!r}"
        yield Problem(what=what, why=why, way_out="leave them out")


def _watched(
    plan: Plan,
    threshold: float,
    side: str,
    workers: Workers,
    known: Merging,
    progress: Progress | None,
) -> Iterator[tuple[int, FirstPassage, list[Failure]]]:
    """Blocks of replicates: the first index, passages, and failures."""
    simulator = cast(WatchingSimulator, plan.engine.prepare(plan.task))
    # The engine stops at or beyond a value: the next number after the threshold is beyond it.
    upwards = side == "above"
    beyond = np.nextafter(threshold, np.inf if upwards else -np.inf)
    watch = Watch(readout=0, threshold=float(beyond), direction="up" if upwards else "down")
    end = plan.times[-1]
    stopped = threading.Event()
    try:
        for first, stop, total in (
            (first, stop, wanted)
            for done, wanted in stretches(plan, known)
            for first, stop in block_bounds(done, wanted)
        ):
            job = plan.job(0, first, stop)
            results, crossed = simulator.first_passage(
                job.program,
                [replicate.stream for replicate in job.replicates],
                [watch],
                limits=Limits(seconds=plan.timeout),
                stop=stopped.is_set,
                threads=threads_for(workers),
            )
            failed = np.array([isinstance(result, str) for result in results])
            failures = [
                Failure(
                    condition=job.condition,
                    replicate=replicate.index,
                    seed=replicate.seed,
                    reason=result,
                )
                for replicate, result in zip(job.replicates, results, strict=True)
                if isinstance(result, str)
            ]
            seen = ~np.isnan(crossed[:, 0])
            after = np.where(seen, crossed[:, 0], np.where(failed, np.nan, end))
            by = np.where(seen, crossed[:, 0], np.where(failed, np.nan, np.inf))
            yield first, FirstPassage(after=after, by=by), failures
            if progress is not None:
                progress(stop, total)
    finally:
        stopped.set()
