"""Replicates one after another in this process. `worker` shares what is here."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from simnet.engines.base import Engine, OdeSimulator, Simulator, Task
from simnet.errors import InputError, Problem, SimnetError, nearest
from simnet.execute.base import Job, Outcome, Replicate
from simnet.experiment.program import Program


def resolve_engine(name: str) -> Engine:
    """The engine of that name in the engine table, or one of the user's as "package.module:name".

    Raises:
        InputError: there is none.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            found = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise InputError(Problem(what=f"engine={name!r}", why=str(error))) from error
        if not isinstance(found, Engine):
            raise InputError(Problem(what=f"engine={name!r}", why="is not an Engine"))
        return found
    from simnet.engines.table import ENGINES  # here: own engines need none of the others

    if name not in ENGINES:
        raise InputError(
            Problem(what=f"engine={name!r}", why="unknown", way_out=nearest(name, ENGINES))
        )
    return ENGINES[name]


def reason_of(error: Exception) -> str:
    """What a failure says: an error of ours speaks for itself, others say where they come from."""
    if isinstance(error, SimnetError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line})"
    return f"{type(error).__name__}: {error}{place}"


def run_replicate(
    simulator: Simulator, job: int, program: Program, replicate: Replicate
) -> Outcome:
    """Run one; whatever goes wrong is in the outcome."""
    try:
        if replicate.tighter == 1:
            values = simulator.run(program, replicate.seed)
        else:
            checked = cast(OdeSimulator, simulator)
            values = checked.run(program, replicate.seed, replicate.tighter)
    except Exception as error:  # noqa: BLE001 - one bad replicate does not take the others along
        return Outcome(job=job, replicate=replicate, failure=reason_of(error))
    return Outcome(job=job, replicate=replicate, values=values)


@dataclass(frozen=True, kw_only=True)
class Serial:
    """Runs replicates in this process, with one simulator and no limit on their time.

    What the engine prints goes where this process prints; `Outcome.messages` stay empty.
    """

    def run(
        self,
        task: Task,
        jobs: Iterable[Job],
        deliver: Callable[[Outcome], None],
    ) -> None:
        """Run them in order; see `Backend.run`.

        Raises:
            SimnetError: preparing the model raised it; no replicate ran.
        """
        simulator: Simulator | None = None
        reason = ""
        for job, replicate in ((j, replicate) for j in jobs for replicate in j.replicates):
            if simulator is None and not reason:
                try:
                    simulator = cast(Simulator, resolve_engine(task.engine).prepare(task))
                except SimnetError:
                    raise
                except Exception as error:  # noqa: BLE001 - the same outcomes as from workers
                    reason = f"preparing the model: {reason_of(error)}"
            if simulator is None:
                deliver(Outcome(job=job.index, replicate=replicate, failure=reason))
            else:
                deliver(
                    run_replicate(simulator, job.index, replicate.program or job.program, replicate)
                )
