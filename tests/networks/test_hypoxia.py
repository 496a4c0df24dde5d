"""`hypoxia` as a model: what is conserved, what exists, what rests, and its checks under ODE.

Protocols are those of the network's README; the numbers asked for are check 1, 2, 3 and 6 of the
biology the network was built to.
"""

import numpy as np
import pytest

import simnet as sn
from simnet.experiment.change import Change
from simnet.network.checks import stochastic_problems
from simnet.network.network import Network

REST = "300 h"


@pytest.fixture(scope="module")
def hypoxia() -> Network:
    return sn.load("hypoxia")


def run(network: Network, hours: float, *changes: Change, points: int = 49) -> sn.Trajectories:
    return sn.simulate(
        network, t_end=f"{hours} h", points=points, equilibrate=REST, changes=changes, workers=0
    )


def test_every_law_is_a_propensity(hypoxia: Network) -> None:
    assert list(stochastic_problems(hypoxia)) == []


def test_rest_is_rest(hypoxia: Network) -> None:
    """After equilibration nothing moves by more than 0.5 % in a week."""
    values = run(hypoxia, 168).values[0, 0]
    assert np.allclose(values, values[0], rtol=5e-3)


def test_gene_copies_are_conserved_in_every_cell(hypoxia: Network) -> None:
    genes = [s.id for s in hypoxia.species if s.molecules == ("SLC2A1_gene",)]
    assert len(genes) == 4  # HRE empty or filled, promoter off or on
    cells = sn.simulate(
        hypoxia, t_end="6 h", points=13, method="ssa", replicates=4, seed=1, readouts=genes
    )
    assert (cells.values.sum(axis=3) == 2).all()


def test_species_that_must_and_must_not_exist(hypoxia: Network) -> None:
    made_of = [set(s.molecules) for s in hypoxia.species]
    assert {"HIF1A", "ARNT"} in made_of
    assert {"HIF1A", "VHL"} in made_of
    assert {"ARNT", "VHL"} not in made_of  # they meet on HIF1A only
    bound_to_vhl = [s for s in hypoxia.species if "VHL" in s.molecules and "HIF1A" in s.molecules]
    assert bound_to_vhl
    assert all("pro='oh'" in s.name for s in bound_to_vhl)  # only hydroxylated HIF1A is bound


def test_check_1_response_to_oxygen(hypoxia: Network) -> None:
    """HIF1A after 4 h: half of its 0 % value between 1.4 and 2.1 % O2, at 0.5 % at least 70 %."""

    def after_four_hours(percent: float) -> float:
        return float(
            run(hypoxia, 4, sn.Set("O2_percent", percent), points=2).readout("HIF1A")[0, -1]
        )

    none = after_four_hours(0.0)
    assert after_four_hours(1.4) > none / 2 > after_four_hours(2.1)
    assert after_four_hours(0.5) > 0.7 * none


def test_check_2_half_life_in_normoxia(hypoxia: Network) -> None:
    """Synthesis off at 20 % O2: half-life 5-8 min. Not tuned to."""
    decay = run(hypoxia, 0.5, sn.Knockout("HIF1A"), points=301)
    hif = decay.readout("HIF1A")[0]
    half = float(np.interp(-hif[0] / 2, -hif, decay.times)) / 60
    assert 5 <= half <= 8


def test_check_3_transporters_after_two_days(hypoxia: Network) -> None:
    hypoxic = run(hypoxia, 48, sn.Set("O2_percent", 1.0))
    assert _fold(hypoxic, "MCT4") >= 3
    assert _fold(hypoxic, "GLUT1") >= 2


def test_check_6_nothing_without_hif1a(hypoxia: Network) -> None:
    """HIF1A absent for 72 h, then 48 h at 1 % against 48 h at 20 %: ratio 0.95-1.05."""
    low, high = (
        sn.simulate(
            hypoxia,
            t_end="120 h",
            points=2,
            equilibrate=REST,
            changes=[sn.Knockout("HIF1A")],
            schedule=[sn.At("72 h", sn.Set("O2_percent", percent))],
            workers=0,
        )
        for percent in (1.0, 20.0)
    )
    for name in ("GLUT1", "MCT4"):
        assert 0.95 <= low.readout(name)[0, -1] / high.readout(name)[0, -1] <= 1.05


def test_the_ssa_means_agree_with_the_ode(hypoxia: Network) -> None:
    """1 % O2 for 8 h, 60 cells: each headline readout within 4.5 standard errors of the ODE, apart
    from the 2 % by which nonlinear laws may shift a mean (a false alarm in 1e5 tests)."""
    arguments = {"t_end": "8 h", "points": 3, "changes": [sn.Set("O2_percent", 1.0)]}
    names = ["O2", "HIF1A", "GLUT1", "MCT4"]
    ode = sn.simulate(hypoxia, equilibrate="72 h", readouts=names, workers=0, **arguments)  # type: ignore[arg-type]
    ssa = sn.simulate(
        hypoxia,
        equilibrate="72 h",
        readouts=names,
        method="ssa",
        replicates=60,
        seed=11,
        **arguments,  # type: ignore[arg-type]
    )
    mean = ssa.values[0].mean(axis=0)
    error = ssa.values[0].std(axis=0, ddof=1) / np.sqrt(60)
    expected = ode.values[0, 0]
    assert (np.abs(mean - expected) <= 4.5 * error + 0.02 * expected).all()


def _fold(trajectories: sn.Trajectories, name: str) -> float:
    values = trajectories.readout(name)[0]
    return float(values[-1] / values[0])
