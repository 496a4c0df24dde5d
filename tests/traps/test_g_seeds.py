"""Trap (g): seeds. What is wrong here is PySB's simulator and roadrunner's seed, not the export.

roadrunner takes a seed modulo 2**32, -1 as the clock, and no integer of NumPy's; PySB's
BngSimulator gives every run of an ensemble the same seed.
"""

from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.seeds import SEEDS_PER_CONDITION, replicate_seed


@pytest.fixture(scope="module")
def birth_death(draft: Any) -> Any:
    d = draft("birth_death")
    x = d.monomer("X")
    d.rule("birth", None >> x(), 10)
    d.rule("death", x() >> None, 0.1)
    d.observable("X_total", x())
    d.start(x(), 100)
    return d.model


@pytest.fixture(scope="module")
def network(birth_death: Any) -> sn.Network:
    return sn.load(birth_death)


def runs(network: sn.Network, **kwargs: Any) -> sn.Trajectories:
    return sn.simulate(network, t_end=30, points=7, method="ssa", workers=0, **kwargs)


def test_pysbs_ensemble_is_one_run_many_times(birth_death: Any) -> None:
    from pysb.simulator import BngSimulator

    simulator = BngSimulator(birth_death, tspan=np.linspace(0, 30, 7))
    found = simulator.run(n_runs=4, seed=1, method="ssa")
    assert len({tuple(run["X_total"]) for run in found.observables}) == 1


def test_our_replicates_are_not_identical(network: sn.Network) -> None:
    values = runs(network, replicates=50, seed=1).readout("X_total")
    assert len({tuple(row) for row in values}) == 50


def test_roadrunner_wraps_seeds_and_ours_do_not(network: sn.Network, bare_runner: Any) -> None:
    from simnet.sbml.write import to_sbml

    runner = bare_runner(to_sbml(network, "discrete"))

    def path(seed: int) -> Any:
        runner.reset()
        runner.integrator.seed = seed
        return runner.simulate(times=[0, 5, 10, 15])

    assert (path(1) == path(1 + 2**32)).all()
    ours = [runs(network, seed=s).readout("X_total") for s in (1, 1 + 2**32)]
    assert (ours[0] != ours[1]).any()


@pytest.mark.parametrize("seed", [-1, -5, 2**64, 1.5, "seed", float("nan")])
def test_what_is_no_seed_is_refused(network: sn.Network, seed: Any) -> None:
    with pytest.raises(sn.InputError, match="seed="):
        runs(network, seed=seed)


@pytest.mark.parametrize("kind", [np.int64, np.uint32, np.uint64, int])
def test_numpys_integers_are_seeds(network: sn.Network, kind: Any) -> None:
    found = runs(network, seed=kind(7), replicates=3)
    np.testing.assert_array_equal(found.values, runs(network, seed=7, replicates=3).values)
    assert all(type(seed) is int for row in found.seeds for seed in row)


def test_zero_is_a_seed_like_any_other(network: sn.Network) -> None:
    a, b = (runs(network, seed=0, replicates=3) for _ in range(2))
    np.testing.assert_array_equal(a.values, b.values)
    assert (a.values != runs(network, seed=1, replicates=3).values).any()
    assert a.record.run.seed == 0


def test_no_seed_is_drawn_anew_and_recorded(network: sn.Network) -> None:
    a, b = (runs(network, replicates=3) for _ in range(2))
    assert (a.values != b.values).any()
    again = runs(network, replicates=3, seed=a.record.run.seed)
    np.testing.assert_array_equal(a.values, again.values)


@pytest.mark.parametrize("key", [(0, "a"), (1, "a"), (0, "b"), (2**64 - 1, "")])
def test_seeds_of_a_condition_are_distinct(key: tuple[int, str]) -> None:
    """By construction, where random draws of 32 bits meet: 1.2 pairs are expected in 100,000."""
    seeds = [replicate_seed(*key, i) for i in range(100_000)]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 0
    assert max(seeds) < SEEDS_PER_CONDITION
    assert all(type(s) is int for s in seeds[:10])


def test_the_clock_is_no_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all 2**32 values the one that roadrunner reads as -1 is walked over: with
    two values swapped, the replicate that meets it takes the next step along the cycle."""
    from simnet import seeds

    assert SEEDS_PER_CONDITION == 2**32 - 1
    for replicate in (-1, SEEDS_PER_CONDITION):
        with pytest.raises(ValueError, match="no seed"):
            replicate_seed(0, "", replicate)
    swapped = {0: SEEDS_PER_CONDITION, SEEDS_PER_CONDITION: 0}
    monkeypatch.setattr(seeds, "_permute", lambda index, key: swapped.get(index, index))
    assert seeds.replicate_seed(0, "", 0) == 0  # one step further along the cycle
    assert seeds.replicate_seed(0, "", 1) == 1


def test_a_replicate_does_not_depend_on_how_many_there_are(network: sn.Network) -> None:
    few = runs(network, seed=3, replicates=4).values
    many = runs(network, seed=3, replicates=9).values
    np.testing.assert_array_equal(few, many[:, :4])


def test_neighbouring_seeds_are_not_correlated(network: sn.Network) -> None:
    """Correlation of replicate i with i + 1 over 2,000 pairs: sd 1/sqrt(2000), bound 3.9 sd."""
    x = runs(network, seed=5, replicates=2001).readout("X_total")[:, -1]
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 3.9 / np.sqrt(2000)
