"""The verb: checks, seeds, workers, schedules and failures, on small networks."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.network.network import Network

Z = 4.5  # two-sided false-alarm rate 7e-6 for each mean compared


def close(sample: np.ndarray, mean: float, variance: float) -> None:
    """The sample's mean and variance against exact ones, each within Z standard errors."""
    n = len(sample)
    assert abs(sample.mean() - mean) < Z * math.sqrt(variance / n)
    kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
    error = variance * math.sqrt(max(kurtosis - 1, 0.1) / n)
    assert abs(sample.var(ddof=1) - variance) < Z * error


def test_ode_against_the_closed_form(birth_death: Network) -> None:
    run = sn.simulate(birth_death, t_end=50, points=11, workers=0)
    assert run.engine == "roadrunner"
    exact = 10 * (1 - np.exp(-run.times / 10))
    assert np.allclose(run.values[0, 0, :, 0], exact, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("engine", ["roadrunner", "compiled", "reference"])
def test_ssa_is_poisson(birth_death: Network, engine: str) -> None:
    run = sn.simulate(
        birth_death,
        t_end=20,
        points=3,
        method="ssa",
        replicates=2000,
        seed=3,
        workers=0,
        engine=engine,
    )
    for column, time in ((1, 10.0), (2, 20.0)):
        mean = 10 * (1 - math.exp(-time / 10))
        close(run.readout("X")[:, column], mean, mean)


def test_bits_do_not_depend_on_the_number_of_workers(binding: Network) -> None:
    runs = [
        sn.simulate(binding, t_end=9, points=4, method="ssa", replicates=7, seed=0, workers=w)
        for w in (0, 1, 2)
    ]
    assert all(np.array_equal(run.values, runs[0].values) for run in runs)
    assert len(np.unique(runs[0].values[0, :, -1, 0])) > 1


def test_replicates_do_not_depend_on_how_many_there_are(binding: Network) -> None:
    few, many = (
        sn.simulate(binding, t_end=9, points=4, method="ssa", replicates=n, seed=5, workers=0)
        for n in (3, 6)
    )
    assert np.array_equal(few.values[0], many.values[0, :3])


def test_a_seed_is_drawn_and_recorded(binding: Network) -> None:
    first, second = (
        sn.simulate(binding, t_end=5, points=3, method="ssa", workers=0) for _ in range(2)
    )
    assert first.record.run.seed != second.record.run.seed
    again = sn.simulate(
        binding, t_end=5, points=3, method="ssa", workers=0, seed=first.record.run.seed
    )
    assert np.array_equal(first.values, again.values)


@pytest.mark.parametrize("time", [4.0, 3.7])  # on the grid and off it
@pytest.mark.parametrize("engine", ["roadrunner", "compiled", "reference"])
def test_a_dose_into_an_idle_system(decay: Network, time: float, engine: str) -> None:
    """Nothing can fire before the dose; afterwards 100 molecules decay: binomial, exactly."""
    run = sn.simulate(
        decay,
        t_end=8,
        points=9,
        method="ssa",
        replicates=1000,
        seed=1,
        workers=0,
        engine=engine,
        schedule=[sn.At(time, sn.Add("X", 100))],
    )
    values = run.readout("X")
    assert (values[:, run.times < time] == 0).all()
    if time in run.times:
        assert (values[:, run.times == time] == 100).all()
    p = math.exp(-0.1 * (8 - time))
    close(values[:, -1], 100 * p, 100 * p * (1 - p))


def test_schedules_are_exact_under_ode(decay: Network) -> None:
    run = sn.simulate(
        decay,
        t_end=8,
        points=9,
        workers=0,
        schedule=[sn.Repeat(2, 2, 2, sn.Add("X", 10)), sn.At(5, sn.Set("g", 0.0))],
    )
    x = run.values[0, 0, :, 0]
    at_four = 10 * math.exp(-0.2) + 10
    assert np.allclose(
        x[[1, 2, 4, 5, 8]],
        [0, 10, at_four, at_four * math.exp(-0.1), at_four * math.exp(-0.1)],
        rtol=1e-6,
    )


@pytest.mark.parametrize("method", ["ode", "ssa"])
def test_clamped_species_stay(binding: Network, method: str) -> None:
    run = sn.simulate(
        binding,
        t_end=40,
        points=5,
        method=method,  # type: ignore[arg-type]
        seed=1,
        workers=0,
        schedule=[sn.At(15, sn.Clamp("A", 3))],
    )
    a, b, c = (run.readout(name)[0] for name in "ABC")
    assert a[0] == 20
    assert (a[2:] == 3).all()
    assert np.allclose(b + c, 20, atol=1e-6)  # B is still conserved, A no longer
    assert c[-1] != c[1]


def test_equilibration_is_per_replicate(birth_death: Network) -> None:
    run = sn.simulate(
        birth_death,
        t_end=1,
        points=2,
        method="ssa",
        replicates=2000,
        seed=2,
        workers=0,
        equilibrate=100,
        changes=[sn.Set("k", 0), sn.Set("g", 0)],
    )
    start, end = run.readout("X").T
    close(start, 10, 10)
    assert np.array_equal(start, end)  # the changes come after equilibration, at t = 0


def test_readouts_by_name_species_or_parameter(binding: Network) -> None:
    run = sn.simulate(binding, t_end=1, points=2, workers=0, readouts=["C", "kf"])
    assert run.readout_names == ("C", "kf")
    assert (run.readout("kf") == 0.005).all()


def test_all_mistakes_of_a_call_at_once(binding: Network) -> None:
    with pytest.raises(sn.InputError) as caught:
        sn.simulate(
            binding,
            t_end="-3 h",
            points=1,
            method="sss",  # type: ignore[arg-type]
            replicates=0,
            seed=-1,
            readouts=["X"],
            changes=[sn.Set("k", 1)],
        )
    text = str(caught.value)
    for name in ("t_end", "points", "method", "replicates", "seed", "readout 'X'", "Set('k'"):
        assert name in text
    assert len(caught.value.problems) == 7


def test_a_relative_tolerance_that_rounding_does_not_allow(binding: Network) -> None:
    with pytest.raises(sn.InputError, match=r"rtol=1e-16: below 1e-15.*give rtol=1e-13"):
        sn.simulate(binding, t_end=1, rtol=1e-16)


def test_an_ode_has_one_replicate(binding: Network) -> None:
    with pytest.raises(sn.InputError, match="ODE runs are deterministic"):
        sn.simulate(binding, t_end=1, replicates=5)


def test_negative_rate_constants_are_refused_under_ssa(binding: Network) -> None:
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        sn.simulate(
            binding, t_end=1, method="ssa", changes=[sn.Set("kf", -1)], equilibrate=None, workers=0
        )


def test_later_stages_are_checked_as_well(binding: Network) -> None:
    late = [sn.At(5, sn.Set("kf", -1))]
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        sn.simulate(binding, t_end=9, method="ssa", schedule=late, workers=0)


def test_fractions_of_molecules_are_refused_under_ssa(binding: Network) -> None:
    with pytest.raises(sn.UnsupportedError, match="not a whole number of molecules"):
        sn.simulate(binding, t_end=1, method="ssa", changes=[sn.Set("A", 1.5)], workers=0)
    late = [sn.At(0.5, sn.Set("A", 1.5))]
    with pytest.raises(sn.UnsupportedError, match="not a whole number of molecules"):
        sn.simulate(binding, t_end=1, method="ssa", schedule=late, workers=0)
    run = sn.simulate(binding, t_end=1, points=2, changes=[sn.Set("A", 1.5)], workers=0)
    assert run.readout("A")[0, 0] == 1.5


def test_a_run_is_repeated_from_its_folder_to_the_bit(binding: Network, tmp_path: Path) -> None:
    first = sn.simulate(
        binding,
        t_end=9,
        points=4,
        method="ssa",
        replicates=5,
        equilibrate=3,
        changes=[sn.Scale("kf", 2)],
        schedule=[sn.At(4.4, sn.Add("A", 7)), sn.Pulse(5, 2, sn.Set("kr", 9))],
        readouts=["C", "A"],
        workers=2,
    )
    loaded = sn.Trajectories.load(first.save(tmp_path / "run"))
    assert np.array_equal(loaded.values, first.values)
    again = sn.rerun(loaded, workers=1)
    assert np.array_equal(again.values, first.values)
    assert again.seeds == first.seeds


def test_a_changed_network_file_is_not_rerun(binding: Network, tmp_path: Path) -> None:
    run = sn.simulate(binding, t_end=1, points=2, workers=0)
    file = run.save(tmp_path / "run") / "network.xml"
    file.write_text(file.read_text(encoding="utf-8").replace('value="0.005"', 'value="0.006"'))
    with pytest.raises(sn.InputError, match="digest"):
        sn.rerun(sn.Trajectories.load(tmp_path / "run"))
    with pytest.raises(sn.InputError, match="'run': not Trajectories"):
        sn.rerun("run")  # type: ignore[arg-type]


def test_finished_replicates_survive_failed_ones(birth_death: Network) -> None:
    """Ten molecules are taken out where there are ten on average: some cells have them."""
    arguments: dict[str, Any] = {
        "t_end": 60,
        "points": 3,
        "method": "ssa",
        "replicates": 30,
        "seed": 4,
        "workers": 2,
    }
    schedule = [sn.At(55, sn.Add("X", -10))]
    with pytest.warns(sn.SimnetWarning, match=r"of 30 replicates failed, .* becomes -"):
        run = sn.simulate(birth_death, schedule=schedule, **arguments)
    failed = {failure.replicate for failure in run.failures}
    assert 0 < len(failed) < 30
    assert [r for r in range(30) if run.finished[0, r]] == sorted(set(range(30)) - failed)
    assert np.isnan(run.values[0, sorted(failed)]).all()
    assert len(run.readout("X")) == 30 - len(failed)
    with pytest.raises(sn.SimulationError, match="29 more replicates"):
        sn.simulate(birth_death, schedule=[sn.At(55, sn.Add("X", -999))], **arguments)


def test_progress_counts_up(binding: Network) -> None:
    seen: list[tuple[int, int]] = []
    sn.simulate(
        binding,
        t_end=1,
        points=2,
        method="ssa",
        replicates=4,
        workers=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(i, 4) for i in range(1, 5)]


def test_a_fractional_start_can_be_set_right(binding: Network) -> None:
    species = (replace(binding.species[0], initial=19.6), *binding.species[1:])
    network = replace(binding, species=species)
    with pytest.raises(sn.UnsupportedError, match=r"Set\('A', 20\)"):
        sn.simulate(network, t_end=1, method="ssa", workers=0)
    changes = [sn.Set("A", 20)]
    run = sn.simulate(network, t_end=1, points=2, method="ssa", workers=0, changes=changes)
    assert run.readout("A")[0, 0] == 20
    with pytest.raises(sn.UnsupportedError):  # it would equilibrate from a fraction
        sn.simulate(network, t_end=1, method="ssa", workers=0, changes=changes, equilibrate=5)
