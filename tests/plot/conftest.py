"""Runs to draw: gene expression as a birth-death process, exact at the grid times."""

from collections.abc import Callable

import numpy as np
import pytest

from simnet.experiment.change import Knockdown
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.network.network import Network, Readout
from simnet.results.record import make_record
from simnet.results.trajectories import Trajectories

READOUTS = (
    Readout(name="O2", symbol="O2", unit="uM"),
    Readout(name="HIF1A", symbol="HIF1A", unit="item"),
    Readout(name="GLUT1", symbol="GLUT1", unit="item"),
    Readout(name="MCT4", symbol="MCT4", unit="item"),
)
LEVELS = (15.0, 60.0, 1800.0, 0.4)  # where each readout ends
SPEEDS = (8.0, 3.0, 1.0, 1.0)  # relaxations per half run

RunMaker = Callable[..., Trajectories]


@pytest.fixture
def make_run() -> RunMaker:
    """`make_run(method=, conditions=, replicates=, t_end=, points=, readouts=, time_unit=)`."""

    def make(
        method: str = "ssa",
        conditions: tuple[Condition, ...] = (Condition(),),
        replicates: int = 50,
        t_end: float = 48 * 3600.0,
        points: int = 49,
        readouts: int = 4,
        time_unit: str | None = "s",
    ) -> Trajectories:
        replicates = 1 if method == "ode" else replicates
        times = np.linspace(0, t_end, points)
        rng = np.random.default_rng(1)
        C, N = len(conditions), replicates
        values = np.empty((C, N, points, readouts))
        chosen = [READOUTS[r % 4] for r in range(readouts)]
        names = [r.name if i < 4 else f"{r.name}_{i}" for i, r in enumerate(chosen)]
        for c in range(C):
            for r in range(readouts):
                level, speed = LEVELS[r % 4] * (0.5**c), 2 * SPEEDS[r % 4] / t_end
                mean = level * -np.expm1(-speed * times)
                if method == "ode" or r == 0:
                    values[c, :, :, r] = mean
                else:
                    values[c, :, :, r] = _birth_death(rng, level, speed, times, N)
        network = Network(
            id="toy", compartments=(), species=(), parameters=(), assignments=(), reactions=()
        )
        record = make_record(
            network=network,
            engine_version="2.10.0",
            conditions=conditions,
            readouts=names,
            run=Run(
                t_end=t_end,
                points=points,
                method=method,
                replicates=N if method == "ssa" else 1,
                seed=1,
                engine="roadrunner",
            ),
        )
        return Trajectories(
            values=values,
            conditions=conditions,
            times=times,
            readouts=tuple(
                Readout(name=n, symbol=n, unit=r.unit) for n, r in zip(names, chosen, strict=True)
            ),
            time_unit=time_unit,
            record=record,
        )

    return make


@pytest.fixture
def two_conditions() -> tuple[Condition, ...]:
    """A control and a knock-down."""
    return (Condition(label="control"), Condition(changes=(Knockdown("HIF1A", 0.9),)))


def _birth_death(
    rng: np.random.Generator, level: float, speed: float, times: np.ndarray, N: int
) -> np.ndarray:
    """(N, T): from one grid time to the next, survivors are binomial and newcomers Poisson."""
    x = np.zeros((N, len(times)))
    for k in range(1, len(times)):
        survive = np.exp(-speed * (times[k] - times[k - 1]))
        x[:, k] = rng.binomial(x[:, k - 1].astype(int), survive)
        x[:, k] += rng.poisson(level * (1 - survive), N)
    return x
