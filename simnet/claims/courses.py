"""Arms simulated: many conditions on one loaded model, each from its protocol's t = 0 on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import Ensemble, FloatArray, Times
from simnet.claims.arms import Arm, Script, knows_time, script
from simnet.engines.base import Engine, Task
from simnet.engines.table import preferred
from simnet.errors import SimulationError
from simnet.execute.backends import backend_for
from simnet.execute.base import Job, Outcome, Replicate
from simnet.execute.checks import ALLOWED, Checks
from simnet.execute.plan import planned
from simnet.execute.progress import Progress
from simnet.experiment.change import Change
from simnet.experiment.run import Method, Run
from simnet.network.network import Network
from simnet.seeds import replicate_seed, stream_state


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What one arm gave.

    Attributes:
        times: (T,) from the protocol's t = 0, in the network's unit.
        values: (N, T, R) of the replicates that finished.
        failures: the reasons of the others, one each.
    """

    times: Times
    values: FloatArray
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """An arm to simulate, with changes before all else; `index` says whose it is."""

    index: int
    arm: Arm
    first: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How arms are simulated; as in `simulate`. `timeout`: seconds an arm may take in a process;
    `allowed_error`: above which that of an ODE run is told."""

    method: Method = "ode"
    replicates: int = 1
    seed: int = 0
    workers: int | None = None
    rtol: float = 1e-8
    timeout: float | None = None
    allowed_error: float = ALLOWED


def run_requests(
    network: Network,
    names: Sequence[str],
    requests: Sequence[Request],
    deliver: Callable[[Request, Course], None],
    *,
    settings: Settings,
    progress: Progress | None = None,
) -> None:
    """Simulate arms and hand each over when its last replicate is done.

    Args:
        network: what is simulated; it is loaded once by each worker.
        names: of the readouts to take (R,).
        requests: what to run.
        deliver: called in this thread, in any order.
        settings: method, replicates and the like.
        progress: called as simulations finish.

    Raises:
        UnsupportedError: the network has no exact meaning under SSA.
        SimnetError: preparing the model failed.
    """
    task, engine = _task(network, names, dict.fromkeys(r.arm for r in requests), settings)
    shifted = not knows_time(network)
    pending: dict[int, _Pending] = {}
    total, done = len(requests) * settings.replicates, 0
    checks = Checks(task, names, allowed=settings.allowed_error)

    def jobs() -> Iterator[Job]:
        for place, request in enumerate(requests):
            made = script(network, request.arm, request.first)
            compiled = made.program(task.network, shifted=shifted)
            content = made.condition.content(network.time_unit)
            pending[place] = _Pending(request, made, settings.replicates, len(names))
            yield Job(
                index=place,
                program=compiled,
                replicates=[
                    Replicate(
                        index=i,
                        seed=replicate_seed(settings.seed, content, i),
                        stream=stream_state(settings.seed, content, i),
                    )
                    for i in range(settings.replicates)
                ],
                condition=made.condition.name,
            )

    def receive(outcome: Outcome) -> None:
        nonlocal done
        if checks.take(outcome):
            return
        done += 1
        waiting = pending[outcome.job]
        waiting.take(outcome)
        if not waiting.missing:
            del pending[outcome.job]
            deliver(waiting.request, waiting.course())
        if progress is not None:
            progress(done, total)

    backend_for(engine, settings.workers, settings.timeout).run(
        task, checks.beside(jobs()), receive
    )
    checks.tell(stacklevel=3)


def _task(
    network: Network, names: Sequence[str], arms: Iterable[Arm], settings: Settings
) -> tuple[Task, Engine]:
    """The task of all arms, each checked against the method, and an engine that runs them all."""
    tasks, programs = [], []
    for arm in arms:
        made = script(network, arm)
        run = Run(
            times=(made.start + made.times).tolist(),
            method=settings.method,
            replicates=settings.replicates,
            seed=settings.seed,
            rtol=settings.rtol,
        )
        plan = planned(network, run, (made.condition,), names, workers=settings.workers)
        tasks.append(plan.task)
        programs.append(made.program(tasks[0].network))
    engine = preferred(settings.method, tasks[0].network, programs)
    return replace(tasks[0], engine=engine.name), engine


def all_courses(
    network: Network,
    names: Sequence[str],
    arms: Iterable[Arm],
    *,
    settings: Settings,
    progress: Progress | None = None,
) -> dict[Arm, Course]:
    """The courses of arms.

    Raises:
        SimulationError: an arm of which no replicate finished.
    """
    found: dict[Arm, Course] = {}

    def keep(request: Request, course: Course) -> None:
        found[request.arm] = course

    requests = [Request(index=i, arm=arm) for i, arm in enumerate(arms)]
    run_requests(network, names, requests, keep, settings=settings, progress=progress)
    for arm, course in found.items():
        if not len(course.values):
            raise SimulationError(f"{arm.name}: {course.failures[0]}")
    return found


class _Pending:
    """An arm of which not all replicates are done."""

    def __init__(self, request: Request, made: Script, replicates: int, names: int) -> None:
        self.request = request
        self.missing = replicates
        self._times = made.times
        self._values: Ensemble = np.full((replicates, len(made.times), names), np.nan)
        self._failed: dict[int, str] = {}

    def take(self, outcome: Outcome) -> None:
        self.missing -= 1
        if outcome.values is None:
            self._failed[outcome.replicate.index] = outcome.failure
        else:
            self._values[outcome.replicate.index] = outcome.values

    def course(self) -> Course:
        kept = [i for i in range(len(self._values)) if i not in self._failed]
        return Course(
            times=self._times,
            values=self._values[kept],
            failures=tuple(self._failed[i] for i in sorted(self._failed)),
        )
