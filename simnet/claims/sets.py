"""All claims of a network under many sets of parameters, on one loaded model."""

from collections.abc import Callable, Sequence

from simnet.claims.arms import Arm
from simnet.claims.courses import Course, Request, Settings, run_requests
from simnet.claims.measure import Taken, Value, value_of
from simnet.claims.suite import Suite
from simnet.execute.progress import Progress
from simnet.experiment.change import Change

Deliver = Callable[[int, tuple[Value, ...]], None]
"""Called with the place of a set and the value of each case under it."""


def run_sets(
    suite: Suite,
    sets: Sequence[tuple[Change, ...]],
    deliver: Deliver,
    *,
    settings: Settings,
    progress: Progress | None = None,
) -> None:
    """Simulate every arm under every set, and hand over the claims' values set by set.

    Args:
        suite: the claims.
        sets: changes before all else, the rest included.
        deliver: called in this thread as sets are done, in any order.
        settings: how arms are simulated, by ODE.
        progress: called with (simulations done, in all).

    Raises:
        SimnetError: preparing the model failed. A set under which an arm cannot be simulated has
            values without a number, and the reason.
    """
    network, arms = suite.network, suite.arms
    waiting: dict[int, dict[Arm, Course]] = {}

    def receive(request: Request, course: Course) -> None:
        courses = waiting.setdefault(request.index, {})
        courses[request.arm] = course
        if len(courses) == len(arms):
            taken = Taken(
                courses=waiting.pop(request.index),
                names=suite.symbols,
                time_unit=network.time_unit,
            )
            deliver(request.index, tuple(value_of(case, taken) for case in suite.cases))

    requests = [
        Request(index=place, arm=arm, first=first)
        for place, first in enumerate(sets)
        for arm in arms
    ]
    run_requests(network, suite.symbols, requests, receive, settings=settings, progress=progress)
