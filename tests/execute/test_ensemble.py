"""Ensembles through simulate: statistics by block, precision, variability, first passages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import simnet as sn
from simnet.results.parts import merge_parts
from simnet.stats.noise import noise_parts
from simnet.stats.passage import median_time, survival

ENGINES = ("compiled", "roadrunner")


@pytest.fixture(scope="module")
def birth(make_network: Callable[..., sn.Network]) -> sn.Network:
    """0 -> X at 2/s: a Poisson process."""
    return make_network("birth", {"X": 0}, {"k": 2.0}, [("", "X", "k")])


@pytest.mark.parametrize("engine", ENGINES)
def test_run_ensemble_is_simulate_summed(birth_death: sn.Network, engine: str) -> None:
    how: dict[str, Any] = {
        "t_end": 3.0, "points": 4, "method": "ssa", "seed": 5, "engine": engine
    }  # fmt: skip
    kept = sn.simulate(birth_death, replicates=300, **how)
    for workers in (1, 2):
        summed = sn.run_ensemble(birth_death, replicates=300, workers=workers, **how)
        assert summed.replicates == 300
        mean = summed.summary()["mean"].to_numpy()
        assert np.allclose(mean, kept.summary()["mean"], rtol=1e-12)
        if workers == 1:
            first = mean
    assert (mean == first).all()  # the same bits


def test_what_an_ensemble_says_is_what_its_replicates_say(birth_death: sn.Network) -> None:
    how: dict[str, Any] = {"t_end": 20.0, "points": 3, "method": "ssa", "seed": 5, "workers": 0}
    values = sn.simulate(birth_death, replicates=300, **how).values[0]
    found = sn.run_ensemble(birth_death, replicates=300, thresholds={"X": 10}, **how)
    above = found.fractions()
    np.testing.assert_allclose(above.value, (values > 10).mean(axis=0))
    assert ((above.low <= above.value) & (above.value <= above.high)).all()
    np.testing.assert_allclose(
        found.covariance().value[-1], np.cov(values[:, -1].T, ddof=1).reshape(1, 1)
    )
    two, same = found.two_modes("X"), sn.two_modes(values[:, -1, 0])
    assert (two.bimodal, two.evidence) == (same.bimodal, pytest.approx(same.evidence))
    with pytest.raises(sn.UnknownNameError, match="readout 'Y'"):
        found.two_modes("Y")
    few = sn.run_ensemble(birth_death, replicates=20, covariance=False, **how)
    with pytest.raises(sn.InputError, match="covariance=True"):
        few.correlation()


def test_precision_stops_where_it_is_reached(birth_death: sn.Network) -> None:
    """The mean is Poisson with 10 molecules: 5 % takes about 154 replicates, judged at 256."""
    wanted = sn.Precision(relative=0.05)
    run = sn.simulate(
        birth_death, t_end=30.0, points=3, method="ssa", seed=1, precision=wanted, engine="compiled"
    )
    assert run.values.shape[1] == 256
    again = sn.rerun(run)
    assert (again.values == run.values).all()
    few = sn.run_ensemble(
        birth_death, t_end=30.0, points=3, seed=1, precision=wanted, engine="compiled"
    )
    assert few.replicates == 256


def test_statistics_name_what_they_cannot_take(birth_death: sn.Network) -> None:
    found = sn.run_ensemble(birth_death, t_end=1.0, points=3, replicates=40, seed=1, workers=0)
    for call, says in (
        (lambda: found.summary(confidence="high"), "confidence='high': not between 0 and 1"),  # type: ignore[arg-type]
        (lambda: found.quantile("x"), "quantile 'x': not within 0 to 1"),  # type: ignore[arg-type]
        (lambda: found.histogram("X", 0.3), "at=0.3: not an output time; the nearest is"),
        (lambda: found.two_modes("X", "soon"), "at='soon': not a time"),
        (lambda: found.correlation(-4), "at=-4: not an output time"),
        (lambda: found.histogram([]), r"readout \[\]: not in this run"),  # type: ignore[arg-type]
    ):
        with pytest.raises(sn.InputError, match=says):
            call()
    assert found.histogram("X", 0).edges[-1] < found.histogram("X").edges[-1]
    assert (found.histogram("X", at=1.0).counts == found.histogram("X").counts).all()


def test_precision_of_an_ode_is_refused(birth_death: sn.Network) -> None:
    with pytest.raises(sn.InputError, match="ODE runs are deterministic"):
        sn.simulate(birth_death, t_end=3.0, precision=sn.Precision(relative=0.1))


def test_cells_that_differ_under_ode(birth_death: sn.Network) -> None:
    spread = {"k": sn.LogNormal(cv=0.3)}
    run = sn.simulate(
        birth_death, t_end=100.0, points=2, replicates=400, seed=3, variability=spread, workers=0
    )
    end = run.values[0, :, -1, 0]  # proportional to the birth rate
    logs = np.log(end / 10.0)
    sigma = np.sqrt(np.log1p(0.09))
    assert stats.kstest(logs, stats.norm(-0.5 * sigma**2, sigma).cdf).pvalue > 1e-4
    assert (sn.rerun(run, workers=0).values == run.values).all()
    dosed = sn.simulate(
        birth_death, t_end=100.0, points=2, replicates=400, seed=3, variability=spread, workers=0,
        changes=sn.Scale("g", 2.0),
    )  # fmt: skip
    assert np.allclose(dosed.values[0, :, -1, 0], end / 2, rtol=1e-4)  # the same cells


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ENGINES)
def test_intrinsic_and_extrinsic_noise(birth_death: sn.Network, engine: str) -> None:
    """At rest, cells of birth rate k hold Poisson(k / g): intrinsic variance 10, extrinsic 9."""
    run = sn.simulate(
        birth_death, t_end=100.0, points=2, method="ssa", replicates=4000, seed=11, engine=engine,
        variability={"k": sn.LogNormal(cv=0.3)}, replicates_per_cell=2,
    )  # fmt: skip
    end = run.values[0, :, -1, 0].reshape(-1, 2)
    parts = noise_parts(end[:, 0], end[:, 1], confidence=0.9999)
    for found, truth in ((parts.intrinsic, 10.0), (parts.extrinsic, 9.0)):
        assert found.low < truth < found.high


def test_first_passage_is_exact(birth: sn.Network) -> None:
    """Of a Poisson process the third firing comes after a gamma-distributed time."""
    found = sn.first_passage_times(birth, "X", above=2, t_end=100.0, replicates=3000, seed=2)
    assert (found.after == found.by).all()
    assert stats.kstest(found.by, stats.gamma(3, scale=1 / 2.0).cdf).pvalue > 1e-4


def test_first_passage_on_a_grid_agrees(birth: sn.Network) -> None:
    how: dict[str, Any] = {"above": 2, "t_end": 1.2, "replicates": 800, "seed": 2}
    exact = sn.first_passage_times(birth, "X", **how)
    grid = sn.first_passage_times(birth, "X", engine="roadrunner", points=13, **how)
    assert np.isinf(exact.by).any()
    assert (exact.after[np.isinf(exact.by)] == 1.2).all()
    truth = stats.gamma(3, scale=1 / 2.0)
    for passages in (exact, grid):
        curve = survival(passages, confidence=0.9999)
        at = np.searchsorted(curve.times, 1.0 + 1e-9) - 1
        assert curve.fraction.low[at] < truth.sf(curve.times[at]) + 1e-12
        assert curve.fraction.high[at] > truth.sf(curve.times[at]) - 1e-12
    middle = median_time(exact, confidence=0.9999)
    assert middle.low < truth.median() or np.isinf(middle.high)


def test_one_threshold_is_needed(birth: sn.Network) -> None:
    with pytest.raises(sn.InputError, match="one is needed"):
        sn.first_passage_times(birth, "X", t_end=1.0)


@pytest.mark.parametrize("given", [{"above": "x"}, {"below": []}, {"above": float("nan")}])
def test_a_threshold_is_a_number(birth: sn.Network, given: dict[str, Any]) -> None:
    with pytest.raises(sn.InputError, match="not a finite number"):
        sn.first_passage_times(birth, "X", t_end=1.0, **given)


@pytest.mark.parametrize(
    ("thresholds", "says"),
    [("x", "not thresholds by readout"), ({"X": "many"}, "threshold of X='many': not a finite")],
)
def test_thresholds_are_numbers_by_readout(birth: sn.Network, thresholds: Any, says: str) -> None:
    with pytest.raises(sn.InputError, match=says):
        sn.run_ensemble(birth, t_end=1.0, thresholds=thresholds)


def test_an_ensemble_is_stored_and_run_again(
    birth_death: sn.Network, tmp_path: Path, binding: sn.Network
) -> None:
    how: dict[str, Any] = {"t_end": 20.0, "points": 3, "seed": 5, "workers": 0, "replicates": 300}
    found = sn.run_ensemble(
        binding, **how, thresholds={"C": 8}, changes=sn.Scale("A", 1.5), label="more A"
    )
    assert found.save(tmp_path / "run") == tmp_path / "run"
    again = sn.Ensemble.load(tmp_path / "run")
    for ensemble in (again, sn.rerun(again, workers=0)):
        pd.testing.assert_frame_equal(ensemble.summary(), found.summary(), check_exact=True)
        assert (ensemble.covariance().low == found.covariance().low).all()
        assert (ensemble.fractions().high == found.fractions().high).all()
        assert (ensemble.histogram("A").counts == found.histogram("A").counts).all()
        assert ensemble.record.run == found.record.run
        assert ensemble.condition == found.condition
    plain = sn.run_ensemble(birth_death, **how, covariance=False)
    with pytest.raises(sn.InputError, match="holds other data"):
        plain.save(sn.simulate(binding, t_end=1, workers=0).save(tmp_path / "trajectories"))
    plain.save(tmp_path / "run")
    assert sn.Ensemble.load(tmp_path / "run").statistics.comoments is None
    table = tmp_path / "run" / "statistics.npz"
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(sn.InputError, match="damaged"):
        sn.Ensemble.load(tmp_path / "run")


def test_an_ensemble_of_odes_takes_tolerances_and_steps(birth_death: sn.Network) -> None:
    """Cells whose ODE is k/g (1 - exp(-g t)), each at the tolerance that was asked for."""
    how: dict[str, Any] = {"t_end": 10.0, "points": 2, "method": "ode", "replicates": 3, "workers": 0}  # fmt: skip
    cells: dict[str, Any] = {"variability": {"k": sn.LogNormal(cv=0.4)}, "seed": 1}
    found = sn.run_ensemble(birth_death, **how, **cells, rtol=1e-11, max_step=1.0)
    run = found.record.run
    assert (run.rtol, run.max_step, run.variability) == (1e-11, 1.0, cells["variability"])
    one = sn.run_ensemble(birth_death, **(how | {"replicates": 1}), rtol=1e-11)
    right = 10 * (1 - np.exp(-1.0))
    assert one.summary()["mean"].iloc[-1] == pytest.approx(right, rel=1e-9)
    for verb in (sn.run_ensemble, lambda *a, **b: sn.first_passage_times(*a, "X", above=1, **b)):
        with pytest.raises(sn.InputError, match="use simulate and noise_parts"):
            verb(birth_death, **how, **cells, replicates_per_cell=2)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_fraction_that_has_passed_to_a_precision(birth: sn.Network, engine: str) -> None:
    """A third birth at 2/s by t = 1 has probability 1 - 5 exp(-2) = 0.323: half a width of 0.05 takes
    z^2 p q / 0.05^2 = 336 replicates, and the worst within the interval 384: judged at 512."""
    seen: list[tuple[int, int]] = []
    found = sn.first_passage_times(
        birth,
        "X",
        above=2,
        t_end=1.0,
        points=5,
        seed=3,
        engine=engine,
        workers=1,
        precision=sn.Precision(absolute=0.05, statistic="fraction"),
        progress=lambda done, of: seen.append((done, of)),
    )
    assert len(found.by) == 512
    assert seen[-1] == (512, 512)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert abs(np.isfinite(found.by).mean() - (1 - 5 * np.exp(-2))) < 0.08
    same = sn.first_passage_times(
        birth, "X", above=2, t_end=1.0, points=5, seed=3, engine=engine, workers=1, replicates=512
    )
    assert (same.by == found.by).all()


def test_no_precision_of_mean_passage_times(birth: sn.Network) -> None:
    with pytest.raises(sn.InputError) as caught:
        sn.first_passage_times(
            birth, "X", precision=sn.Precision(relative=0.1, readouts=["Y"]), points=1
        )
    text = str(caught.value)
    for words in (
        'statistic="fraction"',
        "readouts=('Y',)",
        "write above=100",
        "t_end: none given",
        "points=1",
    ):
        assert words in text, words


class _Stopped(Exception):
    """In place of a signal, which would end the tests."""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_folder_is_gone_on_with(
    birth_death: sn.Network, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that were finished are not run again, and the statistics have the bits of one run."""
    monkeypatch.setattr("simnet.execute.campaign._EVERY", 0.0)
    how: dict[str, Any] = {
        "t_end": 3.0, "points": 3, "engine": engine, "workers": 1, "thresholds": {"X": 10}
    }  # fmt: skip

    def stop(done: int, _: int) -> None:
        if done > 600:
            raise _Stopped

    with pytest.raises(_Stopped):
        sn.run_ensemble(
            birth_death, replicates=700, seed=5, out=tmp_path / "out", progress=stop, **how
        )
    done: list[tuple[int, int]] = []

    def advance(*numbers: int) -> None:
        done.append(numbers)  # type: ignore[arg-type]

    for replicates, first in ((700, 513), (1300, 513)):
        found = sn.run_ensemble(
            birth_death, replicates=replicates, out=tmp_path / "out", progress=advance, **how
        )
        whole = sn.run_ensemble(birth_death, replicates=replicates, seed=5, **how)
        pd.testing.assert_frame_equal(found.summary(), whole.summary(), check_exact=True)
        np.testing.assert_array_equal(found.covariance().value, whole.covariance().value)
        np.testing.assert_array_equal(found.fractions().value, whole.fractions().value)
        assert done[0][0] >= first
        assert done[-1] == (replicates, replicates)
        done.clear()
    sn.run_ensemble(birth_death, replicates=1300, out=tmp_path / "out", progress=advance, **how)
    assert not done
    with pytest.raises(sn.InputError, match="seed: it is 5 in the folder and here 6"):
        sn.run_ensemble(birth_death, replicates=700, seed=6, out=tmp_path / "out", **how)


def test_a_precision_goes_on_in_a_folder(birth_death: sn.Network, tmp_path: Path) -> None:
    how: dict[str, Any] = {"t_end": 30.0, "points": 3, "engine": "compiled", "seed": 1}
    for relative, replicates in ((0.1, 128), (0.05, 256)):
        wanted = sn.Precision(relative=relative)
        found = sn.run_ensemble(birth_death, precision=wanted, out=tmp_path / "out", **how)
        alone = sn.run_ensemble(birth_death, precision=wanted, **how)
        assert found.replicates == alone.replicates == replicates
        pd.testing.assert_frame_equal(found.summary(), alone.summary(), check_exact=True)


def test_a_folder_holds_one_kernels_replicates(birth_death: sn.Network, tmp_path: Path) -> None:
    how: dict[str, Any] = {"t_end": 3.0, "points": 3, "replicates": 20, "seed": 5}
    sn.run_ensemble(birth_death, engine="compiled/lockstep", out=tmp_path / "out", **how)
    with pytest.raises(sn.InputError, match=r"engine: it is .* in the folder and here .*rejection"):
        sn.run_ensemble(birth_death, engine="compiled/rejection", out=tmp_path / "out", **how)


def test_shards_make_the_whole(birth_death: sn.Network, tmp_path: Path) -> None:
    """Each has the statistics of its own blocks, and merged they are those of one run."""
    how: dict[str, Any] = {"t_end": 3.0, "points": 3, "replicates": 1000, "seed": 5, "workers": 1}
    folders = [tmp_path / "1", tmp_path / "2"]
    shards = [
        sn.run_ensemble(birth_death, out=folder, shard=(number, 2), **how)
        for number, folder in enumerate(folders, 1)
    ]
    values = sn.simulate(birth_death, method="ssa", **how).values[0, :, -1, 0]
    own = [[*values[:128], *values[256:512], *values[768:]], [*values[128:256], *values[512:768]]]
    for shard, expected in zip(shards, own, strict=True):
        last = shard.summary().iloc[-1]
        assert last["n"] == shard.replicates == len(expected)
        assert last["mean"] == pytest.approx(np.mean(expected))
        assert last["sd"] == pytest.approx(np.std(expected, ddof=1))
    merge_parts(folders, tmp_path / "all")
    merged = sn.run_ensemble(
        birth_death, out=tmp_path / "all", progress=lambda *_: pytest.fail("ran again"), **how
    )
    whole = sn.run_ensemble(birth_death, **how)
    pd.testing.assert_frame_equal(merged.summary(), whole.summary(), check_exact=True)
    np.testing.assert_array_equal(merged.covariance().value, whole.covariance().value)
    with pytest.raises(sn.InputError, match="needs out=, a folder"):
        sn.run_ensemble(birth_death, shard=(1, 2), **how)
    with pytest.raises(sn.InputError, match=r"shard=\(9, 9\): has no block"):
        sn.run_ensemble(birth_death, out=tmp_path / "9", shard=(9, 9), **how)
