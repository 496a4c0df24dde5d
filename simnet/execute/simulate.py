"""`simulate`: the verb. Checks the whole call, runs it, returns Trajectories."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack, overload

import numpy as np

from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.ensemble import Ensemble, ensemble_of
from simnet.execute.plan import Plan, planned
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered, in_order, report_failures, run_in_blocks
from simnet.experiment.run import RunArguments, run_of, takes_run
from simnet.network.network import Network
from simnet.results.trajectories import Failure, Trajectories, join, require_trajectories
from simnet.sbml.write import sbml_of


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a run. `trajectories` has what was finished, or is None."""

    def __init__(self, trajectories: Trajectories | None) -> None:
        super().__init__("interrupted")
        self.trajectories = trajectories


@takes_run
def simulate(
    network: Network,
    *,
    readouts: Sequence[str] | str | None = None,
    label: str = "",
    workers: Workers = None,
    progress: Progress | None = None,
    **run: Unpack[RunArguments],
) -> Trajectories:
    """Simulate a network.

    Args:
        network: from `load`.
        readouts: names of readouts, species, expressions or parameters; all readouts if None.
        label: name of the condition in tables; made from the changes if empty.
        workers: worker processes; as many as there are processors if None, 0 runs in this process;
            or a Dask cluster: the address of its scheduler ("tcp://host:8786") or a Client.
        progress: called with (done, total) as replicates finish.
        run: how it is run, and what is done: the arguments of `Run`, such as `t_end="48 h"`.

    Returns:
        Trajectories; replicates that failed are in its `failures`, with a warning.

    Raises:
        InputError: mistakes in the call, all of them at once; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
        Interrupted: Ctrl-C; it carries what was finished.
    """
    described = run_of(simulate, run)
    conditions = (described.condition(label),)
    return _run(
        planned(network, described, conditions, readouts, workers=workers), workers, progress
    )


@overload
def rerun(run: Trajectories, *, workers: Workers = None) -> Trajectories: ...
@overload
def rerun(run: Ensemble, *, workers: Workers = None) -> Ensemble: ...
def rerun(run: Trajectories | Ensemble, *, workers: Workers = None) -> Trajectories | Ensemble:
    """Run again what a record describes; with the same versions, to the same bits.

    Args:
        run: of an earlier time, for example from `Trajectories.load` or `Ensemble.load`.
        workers: as in `simulate`.

    Raises:
        InputError: neither trajectories nor an ensemble, or there is no network with them.
    """
    if not isinstance(run, Ensemble):
        require_trajectories(run)
    network, record = _network_of(run), run.record
    if isinstance(run, Ensemble):
        again = record.run_of(run.condition)
        plan = planned(network, again, (run.condition,), record.readouts, workers=workers)
        sums = run.statistics
        covariance = sums.comoments is not None
        return ensemble_of(plan, sums.thresholds, covariance=covariance, workers=workers)
    return join(
        *(
            _run(
                planned(
                    network,
                    record.run_of(condition),
                    (condition,),
                    record.readouts,
                    workers=workers,
                ),
                workers,
            )
            for condition in record.as_conditions()
        )
    )


def _network_of(run: Trajectories | Ensemble) -> Network:
    """The network that was stored with a run, which must be the one that its record names."""
    from simnet.sbml.read import from_sbml  # libsbml takes a while to import

    record = run.record
    if run.sbml is None:
        raise InputError(Problem(what="the run", why="its network was not stored with it"))
    network = from_sbml(run.sbml(), name=record.network)
    if network.digest != record.network_digest:
        raise InputError(
            Problem(
                what=f"network {record.network}",
                why=f"its digest differs from the one in the record ({record.network_digest[:12]}...)",
                way_out="its file was changed after the run; simulate it as a new run",
            )
        )
    return network


def _run(plan: Plan, workers: Workers, progress: Progress | None = None) -> Trajectories:
    received: list[Gathered] = []
    try:
        run_in_blocks(plan, workers=workers, receive=received.append, progress=progress)
    except KeyboardInterrupt:
        ends = (gathered.first + len(gathered.values) for gathered in received)
        plan = replace(plan, replicates=max([plan.replicates, *ends]))  # precision adds some
        found = _trajectories(plan, received) if any(g.finished for g in received) else None
        raise Interrupted(found) from None
    plan = replace(plan, replicates=sum(len(gathered.values) for gathered in received))
    report_failures(_failures(received), plan.replicates)
    return _trajectories(plan, received)


def _trajectories(plan: Plan, received: Sequence[Gathered]) -> Trajectories:
    task = plan.task
    values = np.full((1, plan.replicates, len(plan.times), len(plan.readouts)), np.nan)
    for gathered in received:
        values[0, gathered.first : gathered.first + len(gathered.values)] = gathered.values
    seeds = plan.seeds(0) if task.method == "ssa" else ()
    return Trajectories(
        values=values,
        conditions=tuple(plan.conditions),
        times=plan.times,
        readouts=plan.readouts,
        time_unit=task.network.time_unit,
        seeds=(seeds,),
        failures=_failures(received),
        sbml=partial(sbml_of, plan.network),
        record=plan.record(),
    )


def _failures(received: Sequence[Gathered]) -> tuple[Failure, ...]:
    return in_order(failure for gathered in received for failure in gathered.failures)
