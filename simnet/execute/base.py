"""The one small interface of execution: a task, jobs to run, outcomes as they come."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Task
from simnet.errors import InputError, Problem
from simnet.experiment.program import Program


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One run of a program. `index` is its place in the result; engines use `seed` or `stream`.
    `program` is its own, in place of the job's, where cells differ; `tighter` is what the tolerances
    of an ODE run are multiplied by."""

    index: int
    seed: int = 0
    stream: bytes = b""
    program: Program | None = None
    tighter: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A program of the task and the replicates to run of it. Each job of a call has its own `index`;
    `condition` is a name for messages."""

    index: int
    program: Program
    replicates: Sequence[Replicate]
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one replicate: its values (T, R), or the reason why there are none.

    `job` is the index of its job; `messages` are lines that the engine printed to the standard
    error stream.
    """

    replicate: Replicate
    job: int = 0
    values: TimesByReadouts | None = None
    failure: str = ""
    messages: tuple[str, ...] = ()


class Backend(Protocol):
    """Runs the jobs of a task somewhere: `serial`, `processes` or `threads`."""

    def run(
        self,
        task: Task,
        jobs: Iterable[Job],
        deliver: Callable[[Outcome], None],
    ) -> None:
        """Run them all, in any order, handing each outcome to `deliver` in the calling thread.

        Jobs are taken as they are needed, maybe in another thread, one at a time. A failing
        replicate is an outcome with a reason, never an exception; what is delivered before
        KeyboardInterrupt stays delivered. An exception of `jobs` ends the run.
        """
        ...


def require_backend(name: str, count: int, timeout: float | None) -> None:
    """Raise InputError unless a backend has threads or processes, and its timeout is a time."""
    problems = []
    if count < 1:
        problems.append(Problem(what=f"{name}={count!r}", why="below 1"))
    if timeout is not None and not timeout > 0:
        problems.append(Problem(what=f"timeout={timeout!r}", why="not above zero"))
    if problems:
        raise InputError(problems)
