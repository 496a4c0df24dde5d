"""What the tests of `symbiosis` share: the network as it is exported, and its arms."""

from collections.abc import Callable

import pytest

import simnet as sn
from simnet.arrays import FloatArray

DAYS = 28
REST = "120 d"  # LDHA and the layers' mass need that long
AXITINIB = sn.Set("axitinib_nM", 10)
RAPAMYCIN = sn.Set("rapamycin_nM", 100)
ARMS: dict[str, tuple[sn.Set | sn.Knockout, ...]] = {
    "vehicle": (),
    "axitinib": (AXITINIB,),
    "rapamycin": (RAPAMYCIN,),
    "both": (AXITINIB, RAPAMYCIN),
    "axitinib, MCT4 loss": (AXITINIB, sn.Knockout("MCT4")),
}

Arm = dict[str, FloatArray]


@pytest.fixture(scope="session")
def network() -> sn.Network:
    """The network from its exported file: no perl is needed."""
    return sn.load("symbiosis")


@pytest.fixture(scope="session")
def run(network: sn.Network) -> Callable[..., Arm]:
    """Runs an ODE from the vehicle's rest: `run(days, *changes)`, one point a day."""

    def from_rest(days: int, *changes: sn.Set | sn.Knockout | sn.Clamp) -> Arm:
        trajectories = sn.simulate(
            network,
            t_end=f"{days} d",
            points=days + 1,
            equilibrate=REST,
            changes=changes,
            workers=0,
        )
        names = [readout.name for readout in trajectories.readouts]
        return {name: trajectories.values[0, 0, :, i] for i, name in enumerate(names)}

    return from_rest


@pytest.fixture(scope="session")
def arms(run: Callable[..., Arm]) -> dict[str, Arm]:
    """28 days of each arm; the first point of the vehicle is every arm's start."""
    return {name: run(DAYS, *changes) for name, changes in ARMS.items()}
