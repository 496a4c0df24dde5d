"""The one small interface of execution: a task, replicates to run, outcomes as they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Task


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One run of a task. `index` is its place in the result."""

    index: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one replicate: its values (T, R), or the reason why there are none.

    `messages` are lines that the engine printed to the standard error stream.
    """

    replicate: Replicate
    values: TimesByReadouts | None = None
    failure: str = ""
    messages: tuple[str, ...] = ()


class Backend(Protocol):
    """Runs the replicates of a task somewhere: `serial` or `processes`."""

    def run(
        self,
        task: Task,
        replicates: Sequence[Replicate],
        deliver: Callable[[Outcome], None],
    ) -> None:
        """Run them all, in any order, handing each outcome to `deliver` in the calling thread.

        A failing replicate is an outcome with a reason, never an exception; what is delivered
        before KeyboardInterrupt stays delivered.
        """
        ...
