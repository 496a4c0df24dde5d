"""What the tests of `lactate_mtor` share: the network as it is exported, and runs from rest."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import simnet as sn
from simnet.arrays import FloatArray

Run = Callable[..., dict[str, FloatArray]]
HOUR = 3600.0
REST = 1000  # hours; GLUT2, with a half-life of 82 h, is then at rest


@pytest.fixture(scope="session")
def network() -> sn.Network:
    """The network from its exported file: no perl is needed."""
    return sn.load("lactate_mtor")


@pytest.fixture(scope="session")
def run(network: sn.Network) -> Run:
    """Runs an ODE from rest: `run(hours, *changes, before=..., readouts=..., of=...)`.

    The network is at rest under baseline inputs; where `before` is given, that is set and given
    1,000 hours more. Then `changes` are made at time 0. Returns the readouts by name and "t"
    (hours), ten points an hour.
    """

    def from_rest(
        hours: float,
        *changes: sn.Set | sn.Knockout | sn.Scale,
        before: Sequence[sn.Knockout] = (),
        readouts: Sequence[str] | None = None,
        of: sn.Network | None = None,
    ) -> dict[str, FloatArray]:
        rest = REST if before else 0
        trajectories = sn.simulate(
            of or network,
            t_end=f"{hours + rest} h",
            points=round((hours + rest) * 10) + 1,
            equilibrate=f"{REST} h",
            changes=before,
            schedule=[sn.At(f"{rest} h", *changes)] if changes else [],
            readouts=readouts,
            workers=0,
        )
        time = trajectories.times / HOUR - rest
        kept = time >= -1e-9
        names = [readout.name for readout in trajectories.readouts]
        found = {name: trajectories.values[0, 0, kept, i] for i, name in enumerate(names)}
        return {"t": np.asarray(time[kept]), **found}

    return from_rest


def medium(lactate: float, glutamine: float) -> tuple[sn.Set, ...]:
    """Check 7's medium: 8 % O2 and 0.1 mM glucose."""
    return (
        sn.Set("O2_percent", 8),
        sn.Set("glucose_mM", 0.1),
        sn.Set("lactate_mM", lactate),
        sn.Set("glutamine_mM", glutamine),
    )


@pytest.fixture(scope="session")
def factorial(run: Run) -> dict[tuple[bool, bool, bool], float]:
    """pS6 after 48 h by (lactate, glutamine, MCT1): 10 mM, 2 mM, wild type or not."""
    found = {}
    for mct1 in (True, False):
        before = () if mct1 else (sn.Knockout("MCT1"),)
        for lactate in (True, False):
            for glutamine in (True, False):
                changes = medium(10.0 * lactate, 2.0 * glutamine)
                end = run(48, *changes, before=before, readouts=["pS6"])["pS6"][-1]
                found[lactate, glutamine, mct1] = float(end)
    return found


@pytest.fixture(scope="session")
def rapamycin(run: Run) -> dict[str, FloatArray]:
    """48 h of 100 nM from rest."""
    return run(48, sn.Set("rapamycin_nM", 100))
