"""What the tests of `hypoxia` share: the network as it is exported, and runs from rest."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import simnet as sn
from simnet.arrays import FloatArray

Run = Callable[..., dict[str, FloatArray]]
HOUR = 3600.0
REST = 240  # hours; every readout is then within 0.5 % of where it goes


@pytest.fixture(scope="session")
def network() -> sn.Network:
    """The network from its exported file: no perl is needed."""
    return sn.load("hypoxia")


@pytest.fixture(scope="session")
def run(network: sn.Network) -> Run:
    """Runs an ODE from rest: `run(hours, *changes, before=..., rest=..., readouts=...)`.

    The network is at rest under baseline inputs (20 % O2), then `before` is set and given `rest`
    more hours (none by default), then `changes` are made at time 0. Returns the readouts by name
    and "t" (hours), ten points an hour up to 6 h and one an hour beyond.
    """

    def from_rest(
        hours: float,
        *changes: sn.Set | sn.Knockout | sn.Scale,
        before: Sequence[sn.Set | sn.Knockout] = (),
        rest: float = 0,
        readouts: Sequence[str] | None = None,
        of: sn.Network | None = None,
    ) -> dict[str, FloatArray]:
        total = hours + rest
        trajectories = sn.simulate(
            of or network,
            t_end=f"{total} h",
            points=round(total * (10 if total <= 6 else 1)) + 1,
            equilibrate=f"{REST} h",
            changes=before,
            schedule=[sn.At(f"{rest} h", *changes)] if changes else [],
            readouts=readouts,
            workers=0,
        )
        time = trajectories.times / HOUR - rest
        kept = time >= -1e-9
        values = trajectories.values[0, 0]
        names = [readout.name for readout in trajectories.readouts]
        found = {name: values[kept, i] for i, name in enumerate(names)}
        return {"t": np.asarray(time[kept]), **found}

    return from_rest
