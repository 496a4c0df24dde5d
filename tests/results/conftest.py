"""A small run to save, tabulate and load."""

from collections.abc import Callable

import numpy as np
import pytest

from simnet.experiment.change import Knockdown, Set
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.experiment.schedule import At, Repeat
from simnet.network.network import Network, Readout
from simnet.results.record import make_record
from simnet.results.trajectories import Failure, Trajectories

CONDITIONS = (
    Condition(label="control", equilibrate="72 h"),
    Condition(
        changes=(Knockdown("HIF1A", 0.9), Set("O2_percent", 1)),
        schedule=(At("24 h", Set("O2_percent", 20)), Repeat(0, 60.5, 3, Set("k", 0.1))),
    ),
)
READOUTS = (
    Readout(name="GLUT1", symbol="GLUT1", unit="item", meaning="glucose <transporter>"),
    Readout(name="time", symbol="clock", unit=None),  # a user may call a readout so
    Readout(name="MCT4", symbol="MCT4", unit="item"),
)

RunMaker = Callable[..., Trajectories]


@pytest.fixture
def make_run() -> RunMaker:
    """`make_run(values=None, replicates=4, **changed)`: C = 2, T = 5, R = 3."""

    def make(
        values: np.ndarray | None = None, replicates: int = 4, **changed: object
    ) -> Trajectories:
        if values is None:
            rng = np.random.default_rng(7)
            values = rng.poisson(20, (2, replicates, 5, 3)).astype(float)
        C, N, T, R = values.shape
        times = np.linspace(0, 1.1, T)
        network = Network(
            id="toy", compartments=(), species=(), parameters=(), assignments=(), reactions=()
        )
        given: dict[str, object] = {
            "values": values,
            "conditions": CONDITIONS[:C],
            "times": times,
            "readouts": READOUTS[:R],
            "time_unit": "s",
            "seeds": tuple(tuple(2**32 - 2 - 10 * c - n for n in range(N)) for c in range(C)),
        } | changed
        if "record" not in given:
            given["record"] = make_record(
                network=network,
                engine_version="2.10.0",
                conditions=given["conditions"],  # type: ignore[arg-type]
                readouts=[r.name for r in given["readouts"]],  # type: ignore[attr-defined]
                run=Run(
                    t_end=1.1,
                    points=T,
                    method="ssa",
                    replicates=N,
                    seed=0,
                    engine="roadrunner",
                    rtol=1e-8,
                    atol=1e-10,
                ),
            )
        return Trajectories(**given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def partial_run(make_run: RunMaker) -> Trajectories:
    """Replicate 1 of the control failed, replicate 3 of the other condition was not run."""
    values = make_run().values.copy()
    values[0, 1] = values[1, 3] = np.nan
    failure = Failure(condition="control", replicate=1, seed=2**32 - 3, reason="took over 60 s")
    return make_run(values, failures=(failure,))
