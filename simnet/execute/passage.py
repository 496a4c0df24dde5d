"""`first_passage_times`: when a readout is first beyond a threshold, exact where the engine watches."""

import threading
from collections.abc import Sequence
from typing import cast

import numpy as np

from simnet.engines.base import Limits, Method, Watch, WatchingSimulator
from simnet.errors import InputError, Problem
from simnet.execute.arguments import listed
from simnet.execute.backends import threads_for
from simnet.execute.blocks import run_in_blocks
from simnet.execute.cluster import Workers, is_cluster
from simnet.execute.failures import in_order, tell_failures
from simnet.execute.plan import Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.numbers import finite_number
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec
from simnet.experiment.variability import Variability
from simnet.network.network import Network
from simnet.results.trajectories import Failure
from simnet.stats.blocks import block_bounds
from simnet.stats.first_passage import FirstPassage, first_passage, join_passages


def first_passage_times(
    network: Network,
    readout: str,
    *,
    above: float | None = None,
    below: float | None = None,
    t_end: TimeSpec,
    points: int = 1001,
    method: Method = "ssa",
    replicates: int = 1000,
    seed: int | None = None,
    workers: Workers = None,
    equilibrate: TimeSpec | None = None,
    background: Sequence[Change] | Change = (),
    variability: Variability | None = None,
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    engine: str = "auto",
    timeout: TimeSpec | None = None,
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
        points: output times, where the engine does not watch.

    The rest is as in `simulate`.

    Returns:
        The passages in the order of the replicates, in the network's unit of time; those that were
        not seen by `t_end` are censored there, and those that failed are NaN, with a warning.
        `survival` and `median_time` take them.

    Raises:
        InputError: mistakes in the call; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
    """
    if (above is None) == (below is None):
        way_out = "write above=100 or below=100"
        raise InputError(Problem(what="threshold", why="one is needed", way_out=way_out))
    threshold = (
        finite_number(above, "above") if above is not None else finite_number(below, "below")  # type: ignore[arg-type]
    )
    condition = Condition(
        background=listed(background),
        changes=listed(changes),
        schedule=listed(schedule),
        equilibrate=equilibrate,
        variability=variability or {},
    )
    plan = planned(
        network,
        conditions=(condition,),
        t_end=t_end,
        points=points,
        method=method,
        replicates=replicates,
        seed=seed,
        readouts=[readout],
        engine=engine,
        timeout=timeout,
        workers=workers,
        rtol=1e-8,
        atol=None,
    )
    if plan.engine.watches and not condition.variability and not is_cluster(workers):
        return _watched(plan, threshold, upwards=above is not None, workers=workers)
    parts: dict[int, FirstPassage] = {}
    failures: list[Failure] = []

    def receive(gathered: Gathered) -> None:
        failures.extend(gathered.failures)
        parts[gathered.first] = first_passage(
            gathered.values[:, :, 0],
            plan.times,
            threshold,
            direction="above" if above is not None else "below",
        )

    run_in_blocks(plan, workers=workers, receive=receive)
    tell_failures(in_order(failures), plan.replicates, stacklevel=3)
    return join_passages([parts[first] for first in sorted(parts)])


def _watched(plan: Plan, threshold: float, *, upwards: bool, workers: Workers) -> FirstPassage:
    simulator = cast(WatchingSimulator, plan.engine.prepare(plan.task))
    # The engine stops at or beyond a value: the next number after the threshold is beyond it.
    beyond = np.nextafter(threshold, np.inf if upwards else -np.inf)
    watch = Watch(readout=0, threshold=float(beyond), direction="up" if upwards else "down")
    end = plan.times[-1]
    stopped = threading.Event()
    parts = []
    failures: list[Failure] = []
    try:
        for first, stop in block_bounds(0, plan.replicates):
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
            failures += (
                Failure(
                    condition=job.condition,
                    replicate=replicate.index,
                    seed=replicate.seed,
                    reason=result,
                )
                for replicate, result in zip(job.replicates, results, strict=True)
                if isinstance(result, str)
            )
            seen = ~np.isnan(crossed[:, 0])
            after = np.where(seen, crossed[:, 0], np.where(failed, np.nan, end))
            by = np.where(seen, crossed[:, 0], np.where(failed, np.nan, np.inf))
            parts.append(FirstPassage(after=after, by=by))
    finally:
        stopped.set()
    tell_failures(failures, plan.replicates, stacklevel=4)
    return join_passages(parts)
