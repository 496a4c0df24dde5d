"""What tests of readouts share: time courses made of arrays."""

from collections.abc import Callable

import numpy as np
import pytest

from simnet.execute.simulate import simulate
from simnet.experiment.change import Set
from simnet.network.network import Network
from simnet.readouts.data import Courses
from simnet.results.trajectories import Trajectories


def _courses(
    times: object, *replicates: object, names: str = "X", unit: str | None = "s"
) -> Courses:
    """Courses of readouts (one letter each): a replicate is a row (T,), or (T, R)."""
    values = np.array(replicates, dtype=float)
    if values.ndim == 2:
        values = values[..., np.newaxis]
    return Courses(times=np.asarray(times), values=values, names=tuple(names), time_unit=unit)


@pytest.fixture(scope="session")
def make_courses() -> Callable[..., Courses]:
    """Builds Courses: (times, replicate, replicate, ..., names="XY")."""
    return _courses


@pytest.fixture(scope="session")
def decay_run(decay: Network) -> Trajectories:
    """1000 X that decay at 0.1/s, by ODE, for 20 s."""
    return simulate(decay, t_end=20, points=101, changes=[Set("X", 1000)], workers=0)
