"""Engines that are wrong in one way each; they run in this process (workers=0)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Simulator, Task
from simnet.engines.reference import ReferenceSimulator
from simnet.engines.table import ENGINES
from simnet.errors import StateError
from simnet.experiment.program import Program
from simnet.network.expression import RateLaw
from simnet.network.network import Network

Install = Callable[[Callable[[Task], Simulator]], None]


@pytest.fixture
def reference_as(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put simulators of one's own in the place of the reference engine."""

    def install(prepare: Callable[[Task], Simulator]) -> None:
        engine = replace(ENGINES["reference"], prepare=prepare)
        monkeypatch.setitem(ENGINES, "reference", engine)

    return install


def _continuous(network: Network) -> Network:
    """k/2*A^2 taken for a propensity."""
    return replace(
        network,
        reactions=tuple(
            replace(r, law=RateLaw(rate=r.law.expression("continuous"))) for r in network.reactions
        ),
    )


class _Deaf:
    """Gives every replicate the same path."""

    def __init__(self, task: Task) -> None:
        self.simulator = ReferenceSimulator(task)

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        return self.simulator.run(program, 1)


class _Late:
    """Reports the state one output too late."""

    def __init__(self, task: Task) -> None:
        self.simulator = ReferenceSimulator(task)

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        values = self.simulator.run(program, seed)
        return np.concatenate([values[:1], values[:-1]])


class _Fragile:
    """Fails now and then."""

    def __init__(self, task: Task) -> None:
        self.simulator = ReferenceSimulator(task)

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        if seed % 50 == 0:
            raise StateError("X is -1")
        return self.simulator.run(program, seed)


WRONG: dict[str, Callable[[Task], Simulator]] = {
    "continuous law": lambda task: ReferenceSimulator(
        replace(task, network=_continuous(task.network))
    ),
    "deaf to the seed": _Deaf,
    "late by one output": _Late,
}


@pytest.fixture(params=list(WRONG))
def wrong(request: pytest.FixtureRequest) -> Callable[[Task], Simulator]:
    """A way to be wrong."""
    return WRONG[request.param]


@pytest.fixture
def fragile() -> Callable[[Task], Simulator]:
    """Fails in one replicate of fifty."""
    return _Fragile


@pytest.fixture
def other_engine() -> Engine:
    """The reference engine under another name."""
    return replace(ENGINES["reference"], name="other")
