"""`simulate`: the verb. Checks the whole call, runs it, returns Trajectories."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simnet.engines.base import Method
from simnet.errors import InputError, Problem
from simnet.execute.arguments import listed, require_precision
from simnet.execute.blocks import run_in_blocks
from simnet.execute.cluster import Workers
from simnet.execute.failures import in_order, tell_failures
from simnet.execute.plan import Plan, planned
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec
from simnet.experiment.variability import Variability
from simnet.network.network import Network
from simnet.results.join import join
from simnet.results.trajectories import Failure, Trajectories, require_trajectories
from simnet.sbml.write import sbml_of
from simnet.stats.precision import Precision


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a run. `trajectories` has what was finished, or is None."""

    def __init__(self, trajectories: Trajectories | None) -> None:
        super().__init__("interrupted")
        self.trajectories = trajectories


def simulate(
    network: Network,
    *,
    t_end: TimeSpec,
    points: int = 101,
    method: Method = "ode",
    replicates: int = 1,
    seed: int | None = None,
    workers: Workers = None,
    equilibrate: TimeSpec | None = None,
    background: Sequence[Change] | Change = (),
    variability: Variability | None = None,
    replicates_per_cell: int = 1,
    precision: Precision | None = None,
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    readouts: Sequence[str] | str | None = None,
    engine: str = "auto",
    label: str = "",
    timeout: TimeSpec | None = None,
    rtol: float = 1e-8,
    atol: float | None = None,
    max_step: TimeSpec | None = None,
    allow_negative: bool = False,
    progress: Progress | None = None,
) -> Trajectories:
    """Simulate a network.

    Args:
        network: from `load`.
        t_end: end of the run: a number in the network's time unit (seconds), or "48 h".
        points: output times, evenly spaced from 0 to t_end, both included.
        method: "ode" (CVODE) or "ssa" (Gillespie's direct method).
        replicates: independent runs; 1 for an ODE.
        seed: root seed for SSA, 0 to 2**64 - 1; drawn and recorded if None.
        workers: worker processes; as many as there are processors if None, 0 runs in this process;
            or a Dask cluster: the address of its scheduler ("tcp://host:8786") or a Client.
        equilibrate: time under baseline inputs before t = 0, for every replicate anew.
        background: changes that hold from the very start, also while it equilibrates: a genotype,
            a medium.
        variability: distributions of what differs from cell to cell, by the name of a gene, molecule,
            parameter or species: {"MCT1": LogNormal(cv=0.3)}. Replicate r of every condition is the
            same cell; also under "ode", where replicates are cells.
        replicates_per_cell: replicates that share a cell: 2 for `noise_parts`.
        precision: run 128, 256, 512, ... replicates until the readouts are known as well as this;
            in place of `replicates`.
        changes: perturbations made at t = 0.
        schedule: perturbations at later times; they are exact, on the output grid or off it. An
            output at the very time of a change is taken after it.
        readouts: names of readouts, species, expressions or parameters; all readouts if None.
        engine: "auto" takes "compiled" for SSA where it can run the network, else "roadrunner", and
            "reference" where laws depend on time; or one of "compiled", "roadrunner", "reference".
            "compiled/lockstep" names a kernel.
        label: name of the condition in tables; made from the changes if empty.
        timeout: wall time that one replicate may take, in seconds or as "10 min".
        rtol: relative tolerance of the ODE integrator.
        atol: its absolute tolerance, in units of amount, the same for all; each variable's from its
            own size, if None.
        max_step: longest step of the ODE integrator, a time as `t_end`. If None, steps are limited
            where a law turns with time, as found by bisection with proven bounds, and nowhere else;
            where a law changes too often to be followed, a warning says so.
        allow_negative: under "ode", take amounts below zero as results, where the model means them;
            else they are errors.
        progress: called with (done, total) as replicates finish.

    Returns:
        Trajectories; replicates that failed are in its `failures`, with a warning.

    Raises:
        InputError: mistakes in the call, all of them at once; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
        Interrupted: Ctrl-C; it carries what was finished.
    """
    require_precision(precision)
    plan = planned(
        network,
        t_end=t_end,
        points=points,
        method=method,
        replicates=replicates if precision is None else precision.sizes()[0],
        seed=seed,
        conditions=(
            Condition(
                background=listed(background),
                variability=variability or {},
                replicates_per_cell=replicates_per_cell,
                changes=listed(changes),
                schedule=listed(schedule),
                equilibrate=equilibrate,
                label=label,
            ),
        ),
        readouts=readouts,
        engine=engine,
        timeout=timeout,
        workers=workers,
        rtol=rtol,
        atol=atol,
        max_step=max_step,
        allow_negative=allow_negative,
    )
    return _run(plan, workers, precision, progress)


def rerun(trajectories: Trajectories, *, workers: Workers = None) -> Trajectories:
    """Run again what a record describes; with the same versions, to the same bits.

    Args:
        trajectories: of an earlier run, for example from `Trajectories.load`.
        workers: as in `simulate`.

    Raises:
        InputError: not trajectories, or they have no network with them.
    """
    from simnet.sbml.read import from_sbml  # libsbml takes a while to import

    require_trajectories(trajectories)
    record = trajectories.record
    if trajectories.network_sbml is None:
        raise InputError(Problem(what="the run", why="its network was not kept with it"))
    network = from_sbml(trajectories.network_sbml, name=record.network)
    if network.digest != record.network_digest:
        raise InputError(
            Problem(
                what=f"network {record.network}",
                why=f"its digest is not the record's ({record.network_digest[:12]}...)",
                way_out="its file was changed after the run; simulate it as a new run",
            )
        )
    return join(
        *(
            simulate(
                network,
                t_end=record.t_end,
                points=record.points,
                method="ode" if record.method == "ode" else "ssa",
                replicates=record.replicates,
                seed=record.seed,
                workers=workers,
                equilibrate=condition.equilibrate,
                background=condition.background,
                variability=condition.variability,
                replicates_per_cell=condition.replicates_per_cell,
                changes=condition.changes,
                schedule=condition.schedule,
                readouts=record.readouts,
                engine=record.engine,
                label=condition.label,
                rtol=record.rtol,
                atol=record.atol,
                max_step=record.max_step,
                allow_negative=record.allow_negative,
            )
            for condition in record.as_conditions()
        )
    )


def _run(
    plan: Plan, workers: Workers, precision: Precision | None, progress: Progress | None
) -> Trajectories:
    received: list[Gathered] = []
    try:
        run_in_blocks(
            plan, workers=workers, precision=precision, receive=received.append, progress=progress
        )
    except KeyboardInterrupt:
        ends = (gathered.first + len(gathered.values) for gathered in received)
        plan = replace(plan, replicates=max([plan.replicates, *ends]))  # precision adds some
        found = _trajectories(plan, received) if any(g.finished for g in received) else None
        raise Interrupted(found) from None
    plan = replace(plan, replicates=sum(len(gathered.values) for gathered in received))
    tell_failures(_failures(received), plan.replicates, stacklevel=4)
    return _trajectories(plan, received)


def _trajectories(plan: Plan, received: Sequence[Gathered]) -> Trajectories:
    task = plan.task
    values = np.full((1, plan.replicates, len(plan.times), len(plan.readouts)), np.nan)
    for gathered in received:
        values[0, gathered.first : gathered.first + len(gathered.values)] = gathered.values
    seeds = plan.seeds(0) if task.method == "ssa" else ()
    return Trajectories(
        values=values,
        conditions=plan.conditions,
        times=plan.times,
        readouts=plan.readouts,
        time_unit=task.network.time_unit,
        method=task.method,
        engine=plan.engine_name,
        seeds=(seeds,),
        failures=_failures(received),
        network_sbml=sbml_of(plan.network),
        record=plan.record(),
    )


def _failures(received: Sequence[Gathered]) -> tuple[Failure, ...]:
    return in_order(failure for gathered in received for failure in gathered.failures)
