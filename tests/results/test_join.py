import numpy as np
import pytest

import simnet as sn
from simnet.network.network import Network


def test_conditions_side_by_side_and_again(binding: Network) -> None:
    arms = [
        sn.simulate(
            binding,
            t_end=5,
            points=3,
            method="ssa",
            replicates=3,
            seed=1,
            workers=0,
            changes=[sn.Scale("kf", factor)],
        )
        for factor in (1, 5)
    ]
    both = sn.join(*arms)
    assert both.condition_names == ("kf x1", "kf x5")
    assert both.values.shape == (2, 3, 3, 3)
    assert np.array_equal(both.values[1], arms[1].values[0])
    assert set(both.frame()["condition"]) == {"kf x1", "kf x5"}
    assert np.array_equal(sn.rerun(both, workers=0).values, both.values)


def test_what_cannot_be_joined(binding: Network) -> None:
    first = sn.simulate(binding, t_end=5, points=3, workers=0)
    other = sn.simulate(binding, t_end=6, points=3, workers=0, label="other", readouts=["A"])
    with pytest.raises(sn.InputError) as caught:
        sn.join(first, other)
    assert "its times differ" in str(caught.value)
    assert "its readouts differ" in str(caught.value)
    with pytest.raises(sn.InputError, match="no run"):
        sn.join()
    with pytest.raises(sn.InputError):  # two conditions of one name
        sn.join(first, first)
    with pytest.raises(sn.InputError, match="'x': not Trajectories"):
        sn.join(first, "x")  # type: ignore[arg-type]
