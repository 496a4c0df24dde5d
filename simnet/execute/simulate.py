"""`simulate`: the verb. Checks the whole call, runs it, returns Trajectories."""

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from simnet.arrays import Ensemble
from simnet.engines.base import Method
from simnet.errors import InputError, Problem, SimnetWarning, SimulationError
from simnet.execute.base import Backend, Outcome
from simnet.execute.plan import Plan, planned
from simnet.execute.processes import Processes
from simnet.execute.serial import Serial
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec
from simnet.network.network import Network
from simnet.results.join import join
from simnet.results.provenance import make_record
from simnet.results.trajectories import Failure, Trajectories
from simnet.sbml.write import to_sbml

Progress = Callable[[int, int], None]
"""Called with (replicates done, replicates in all)."""

T = TypeVar("T")


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
    workers: int | None = None,
    equilibrate: TimeSpec | None = None,
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    readouts: Sequence[str] | str | None = None,
    engine: str = "auto",
    label: str = "",
    timeout: TimeSpec | None = None,
    rtol: float = 1e-8,
    atol: float | None = None,
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
        workers: worker processes; as many as there are processors if None, 0 runs in this process.
        equilibrate: time under baseline inputs before t = 0, for every replicate anew.
        changes: perturbations made at t = 0.
        schedule: perturbations at later times; they are exact, on the output grid or off it. An
            output at the very time of a change is taken after it.
        readouts: names of readouts, species, expressions or parameters; all readouts if None.
        engine: "auto", or a name of the engine table: "roadrunner", "reference".
        label: name of the condition in tables; made from the changes if empty.
        timeout: wall time that one replicate may take, in seconds or as "10 min".
        rtol: relative tolerance of the ODE integrator.
        atol: its absolute tolerance, in units of amount; 1e-8 molecules, or for other units 1e-10
            of the largest initial amount, if None.
        progress: called with (done, total) as replicates finish.

    Returns:
        Trajectories; replicates that failed are in its `failures`, with a warning.

    Raises:
        InputError: mistakes in the call, all of them at once; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
        Interrupted: Ctrl-C; it carries what was finished.
    """
    plan = planned(
        network,
        t_end=t_end,
        points=points,
        method=method,
        replicates=replicates,
        seed=seed,
        condition=Condition(
            changes=_listed(changes),
            schedule=_listed(schedule),
            equilibrate=equilibrate,
            label=label,
        ),
        readouts=readouts,
        engine=engine,
        timeout=timeout,
        workers=workers,
        rtol=rtol,
        atol=atol,
    )
    return _run(plan, _backend(workers, plan), progress)


def rerun(trajectories: Trajectories, *, workers: int | None = None) -> Trajectories:
    """Run again what a record describes; with the same versions, to the same bits.

    Args:
        trajectories: of an earlier run, for example from `Trajectories.load`.
        workers: as in `simulate`.

    Raises:
        InputError: the run has no network with it.
    """
    from simnet.sbml.read import from_sbml  # libsbml takes a while to import

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
                changes=condition.changes,
                schedule=condition.schedule,
                readouts=record.readouts,
                engine=record.engine,
                label=condition.label,
                rtol=record.rtol,
                atol=record.atol,
            )
            for condition in record.as_conditions()
        )
    )


def _run(plan: Plan, backend: Backend, progress: Progress | None) -> Trajectories:
    shape = (1, len(plan.replicates), len(plan.times), len(plan.readouts))
    values: Ensemble = np.full(shape, np.nan)
    failures: list[Failure] = []
    messages: dict[str, int] = {}
    done = 0

    def deliver(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if outcome.values is not None:
            values[0, outcome.replicate.index] = outcome.values
        else:
            failures.append(
                Failure(
                    condition=plan.condition.name,
                    replicate=outcome.replicate.index,
                    seed=outcome.replicate.seed if plan.task.method == "ssa" else None,
                    reason=outcome.failure,
                )
            )
        for line in outcome.messages:
            messages[line] = messages.get(line, 0) + 1
        if progress is not None:
            progress(done, len(plan.replicates))

    try:
        backend.run(plan.task, plan.replicates, deliver)
    except KeyboardInterrupt:
        finished = done > len(failures)
        raise Interrupted(_trajectories(plan, values, failures) if finished else None) from None
    for line, times_seen in messages.items():
        often = f" ({times_seen} times)" if times_seen > 1 else ""
        warnings.warn(f"{plan.engine.name}: {line}{often}", SimnetWarning, stacklevel=3)
    if failures and len(failures) == len(plan.replicates):
        more = f" (and {len(failures) - 1} more replicates)" if len(failures) > 1 else ""
        raise SimulationError(f"{failures[0].reason}{more}")
    if failures:
        failures.sort(key=lambda failure: failure.replicate)
        warnings.warn(
            f"{len(failures)} of {len(plan.replicates)} replicates failed, the first with: "
            f"{failures[0].reason}; see .failures",
            SimnetWarning,
            stacklevel=3,
        )
    return _trajectories(plan, values, failures)


def _trajectories(plan: Plan, values: Ensemble, failures: Iterable[Failure]) -> Trajectories:
    task = plan.task
    document = task.network.document
    return Trajectories(
        values=values,
        conditions=(plan.condition,),
        times=plan.times,
        readouts=plan.readouts,
        time_unit=task.network.time_unit,
        method=task.method,
        engine=task.engine,
        seeds=(tuple(r.seed for r in plan.replicates) if task.method == "ssa" else (),),
        failures=tuple(failures),
        network_sbml=document.text if document is not None else to_sbml(task.network),
        record=make_record(
            network=task.network,
            method=task.method,
            engine=task.engine,
            engine_version=plan.engine.version(),
            conditions=(plan.condition,),
            readouts=tuple(readout.name for readout in plan.readouts),
            t_end=float(plan.times[-1]),
            points=len(plan.times),
            replicates=len(plan.replicates),
            seed=plan.root,
            rtol=task.rtol,
            atol=task.atol,
        ),
    )


def _backend(workers: int | None, plan: Plan) -> Backend:
    if workers == 0:
        return Serial()
    wanted = workers or os.cpu_count() or 1
    return Processes(workers=min(wanted, len(plan.replicates)), timeout=plan.timeout)


def _listed(items: Sequence[T] | T) -> tuple[T, ...]:
    return tuple(items) if isinstance(items, Sequence) else (items,)
