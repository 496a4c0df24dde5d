"""Studies of networks whose answers are known, and how studies continue, split and fail."""

import dataclasses
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import simnet as sn
from simnet.network.network import Network
from simnet.results.parts import merge_parts
from simnet.sensitivity.figures import drawings, write_figures
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.result import StudyResult
from simnet.sensitivity.rows import distinct_rows, plan_of, row_conditions, row_programs
from simnet.sensitivity.run import run_study
from simnet.sensitivity.study import SensitivityStudy
from simnet.sensitivity.table import ANALYSES

# Each interval misses with a probability of 1e-4: below 1 % over all that is tested here.
SURE = IndexPrecision(confidence=0.9999)


def ranged(network: Network, lower: float, upper: float, scale: str = "linear") -> Network:
    """The network with one range for all its parameters."""
    parameters = tuple(
        dataclasses.replace(p, lower=lower, upper=upper, scale=scale) for p in network.parameters
    )
    return dataclasses.replace(network, parameters=parameters)


def table(result: StudyResult, readout: str, index: str, column: str = "estimate") -> Any:
    rows = result.frame().query("readout == @readout and index == @index")
    return rows.set_index("factor")[column]


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Ishigami's function and Sobol's G of parameters, as expressions of a network."""
    text = """
    model functions
      species S; S = 1; k0 := 0; J: S -> ; k0*S;
      x1 = 1; x2 = 1; x3 = 1;
      ishigami := sin(x1) + 7*sin(x2)^2 + 0.1*x3^4*sin(x1);
      g := (abs(4*u1 - 2))*((abs(4*u2 - 2) + 1)/2)*((abs(4*u3 - 2) + 4.5)/5.5);
      u1 := (x1 + 3.141592653589793)/6.283185307179586;
      u2 := (x2 + 3.141592653589793)/6.283185307179586;
      u3 := (x3 + 3.141592653589793)/6.283185307179586;
    end
    """
    path = tmp_path_factory.mktemp("functions") / "functions.ant"
    path.write_text(text)
    return ranged(sn.load(path), -np.pi, np.pi)


def test_closed_forms_through_a_network(functions: Network, request: pytest.FixtureRequest) -> None:
    study = SensitivityStudy(
        network=functions, readouts=("ishigami@1", "g@1"), samples=256, index_precision=SURE, seed=1
    )
    result = run_study(study, workers=0)
    parts = np.array([(1 / 3) / (1 + a) ** 2 for a in (0.0, 1.0, 4.5)])
    whole = np.prod(1 + parts) - 1
    totals = [parts[i] * np.prod(1 + np.delete(parts, i)) / whole for i in range(3)]
    known = request.getfixturevalue("ishigami")
    for readout, index, truth in (
        ("ishigami@1", "first", known.first),
        ("ishigami@1", "total", known.total),
        ("g@1", "first", [*(parts / whole), 0.0]),
        ("g@1", "total", [*totals, 0.0]),
    ):
        low, high = (table(result, readout, index, c).to_numpy() for c in ("low", "high"))
        assert np.all(low <= truth)
        assert np.all(truth <= high)
        assert np.abs(table(result, readout, index).to_numpy() - truth).max() < 0.2
    assert result.top("ishigami@1")[0].factor == "x1"


def test_local_sensitivities_are_the_formulas(birth_death: Network) -> None:
    """X(t) = k/g (1 - exp(-g t)); at rest d ln X / d ln g is -1."""
    study = SensitivityStudy(
        network=birth_death,
        readouts=("X@20", "steady(X)", "X@5[k=x3] / X@5"),
        analysis="local",
        fold=2,
        t_end=300,
    )
    result = run_study(study, workers=0)
    at = 0.1 * 20
    scaled = table(result, "X@20", "scaled")
    assert scaled["k"] == pytest.approx(1, abs=1e-5)
    assert scaled["g"] == pytest.approx(-1 + at / np.expm1(at), abs=1e-5)
    assert table(result, "steady(X)", "scaled")["g"] == pytest.approx(-1, abs=1e-5)
    control = result.control.query("table == 'readout control'").set_index("by")["value"]
    assert control.to_dict() == pytest.approx({"r0": 1.0, "r1": -1.0})
    ratio = table(result, "X@5[k=x3] / X@5", "absolute")  # 3, whatever k and g are
    assert ratio.to_dict() == pytest.approx({"k": 0, "g": 0, "dummy": 0}, abs=1e-4)


def test_why_there_is_no_control_is_said(make_network: Callable[..., Network]) -> None:
    grows = make_network("grows", {"X": 1}, {"k": 0.001}, [("X", "X + X", "k")])
    asked: dict[str, Any] = {"network": grows, "readouts": "X@5", "fold": 2}
    found = run_study(SensitivityStudy(**asked, analysis="local"), workers=0)
    assert found.control.empty
    assert "No control coefficients" in found.statements[-1]
    assert "no steady state could be computed" in found.statements[-1]
    dosed = SensitivityStudy(**asked, analysis="local", schedule=sn.At(1.0, sn.Add("X", 2.0)))
    assert "it has a schedule" in run_study(dosed, workers=0).statements[-1]
    other = run_study(SensitivityStudy(**asked, analysis="morris", samples=4), workers=0)
    assert not any("control coeff" in text for text in other.statements)


def test_the_chain_over_time(make_network: Callable[..., Network]) -> None:
    """A -> B -> C: d ln B / d ln k1 of B(t) = A0 k1/(k2 - k1) (exp(-k1 t) - exp(-k2 t))."""
    chain = make_network(
        "chain",
        {"A": 100, "B": 0, "C": 0},
        {"k1": 0.2, "k2": 0.05},
        [("A", "B", "k1"), ("B", "C", "k2")],
    )
    study = SensitivityStudy(network=chain, readouts=("B@12",), analysis="local", fold=2)
    result = run_study(study, workers=0)

    def amount(k1: float, t: float) -> float:
        return k1 / (0.05 - k1) * (np.exp(-k1 * t) - np.exp(-0.05 * t))

    h = 1e-5
    frame = result.time_frame().query("index == 'scaled' and factor == 'k1'")
    assert len(frame) == 12
    for time, estimate in zip(frame["time"], frame["estimate"], strict=True):
        t = float(time.removesuffix(" s"))
        truth = (np.log(amount(0.2 * np.exp(h), t) / amount(0.2 * np.exp(-h), t))) / (2 * h)
        assert estimate == pytest.approx(truth, abs=1e-4)


def test_a_heat_map_has_one_unit_of_time(make_network: Callable[..., Network]) -> None:
    """Labels of times are "20 min", "1 h", ...: each short by itself."""
    decay = make_network("decay", {"A": 100}, {"k": 1e-4}, [("A", "", "k")])
    study = SensitivityStudy(network=decay, readouts="A@4h", analysis="local", fold=2)
    result = run_study(study, workers=0)
    assert {label.split()[1] for label in result.over_time["A@4h"]} == {"min", "h"}
    (heat,) = (d for d in drawings(result) if d.name.endswith("over-time"))
    ax, _ = heat.draw().axes
    ticks = [float(label.get_text()) for label in ax.get_xticklabels()]
    assert ticks == pytest.approx(np.arange(1, 13) / 3, abs=5e-3)
    assert "over time (h)" in ax.get_xlabel()


# ------------------------------------------------------------------------ under noise
def noisy(network: Network, **more: Any) -> SensitivityStudy:
    given: dict[str, Any] = {"analysis": "morris", "samples": 6, "replicates": 5, "seed": 4}
    return SensitivityStudy(
        network=network, readouts=("X@10",), fold=2, method="ssa", **(given | more)
    )


def test_every_row_has_seeds_of_its_own(birth_death: Network) -> None:
    study = noisy(birth_death)
    design = study.design()
    rows, _ = distinct_rows(study, design)
    assert len(rows) == design.rows  # equal rows as well
    plan_contents = [c.content("s") for c in row_conditions(study, design, rows)]
    assert len(set(plan_contents)) == design.rows
    assert all(study.digest in content for content in plan_contents)
    result = run_study(study, workers=0)
    same = (design.matrix[1:, :-1] == design.matrix[:-1, :-1]).all(axis=1)
    equal = np.flatnonzero(same & (design.block[1:] == design.block[:-1]))
    assert len(equal) == 6  # where the dummy moves
    y = result.outputs["X@10"].estimate
    assert np.count_nonzero(y[equal] != y[equal + 1]) >= 4
    assert result.about["under noise"] in result.statements


def test_noise_of_gillespie_runs_is_taken_out(make_network: Callable[..., Network]) -> None:
    """Births at a + b: X(1) is a Poisson number, so the readout is a + b exactly, with totals 0.8,
    0.2 and 0, and the mean of 2 replicates has a noise of sd 0.55 of what it varies by."""
    from SALib.analyze import sobol as salib

    rates = {"a": 15.0, "b": 10.0, "c": 1.0}
    births = make_network("births", {"X": 0}, rates, [("", "X", "a"), ("", "X", "b")])
    ranges = {"a": (5.0, 25.0), "b": (5.0, 15.0), "c": (0.5, 2.0)}
    parameters = tuple(
        dataclasses.replace(p, lower=ranges[p.id][0], upper=ranges[p.id][1], scale="linear")
        for p in births.parameters
    )
    study = SensitivityStudy(
        network=dataclasses.replace(births, parameters=parameters),
        readouts=("X@1",),
        samples=128,
        method="ssa",
        replicates=2,
        seed=6,
        index_precision=SURE,
    )
    result = run_study(study, workers=0)
    low, high = (table(result, "X@1", "total", c) for c in ("low", "high"))
    for name, truth in {"a": 0.8, "b": 0.2, "c": 0.0, "dummy": 0.0}.items():
        assert low[name] <= truth <= high[name]
        assert high[name] - low[name] < 1.6
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    y = result.outputs["X@1"].estimate
    plain = salib.analyze(problem, y, calc_second_order=False, seed=1)["ST"]
    assert plain[2] == pytest.approx(12.5 / (12.5 + 500 / 12), abs=0.09)  # as if noise were effect
    assert plain[2] > high["c"]


def test_under_ode_equal_rows_run_once(birth_death: Network) -> None:
    study = SensitivityStudy(network=birth_death, readouts=("X@10",), analysis="local", fold=2)
    rows, place = distinct_rows(study, study.design())
    assert rows.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert place.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]


@pytest.mark.parametrize("before", [0, "1 h"])
def test_programs_made_from_one_are_those_compiled(before: Any) -> None:
    study = SensitivityStudy(
        network=sn.load("hypoxia"),
        readouts=("HIF1A@4h", "HIF1A@4h[axitinib=10nM]"),
        analysis="morris",
        samples=4,
        changes=sn.Set("O2_percent", 1.0),
        schedule=sn.At("2 h", sn.Set("O2_percent", 5.0)),
        equilibrate=before,
    )
    design = study.design()
    rows, _ = distinct_rows(study, design)
    plan = plan_of(study, design, rows, 0)
    made = row_programs(plan, study, design, rows)
    assert made is not None
    for number in (0, 1, 77, 200):
        ours, compiled = made(number), plan.job(number).program
        assert ours.amounts == compiled.amounts
        assert ours.settings == compiled.settings
        for mine, theirs in zip(ours.segments, compiled.segments, strict=True):
            assert {**ours.settings, **mine.settings} == {**compiled.settings, **theirs.settings}
            assert (mine.start, mine.end, mine.acts) == (theirs.start, theirs.end, theirs.acts)
    scaled = dataclasses.replace(study, changes=sn.Knockdown("HIF1A", 0.5))
    assert row_programs(plan, scaled, design, rows) is None  # it scales what is varied


def test_pieces_make_the_whole(birth_death: Network, tmp_path: Path) -> None:
    """Stopped and continued, in shards and merged, with more replicates and samples added: the same
    bits as in one go, and a folder that reads back as what was written."""
    whole = run_study(noisy(birth_death), workers=0, out=tmp_path / "whole")
    calls = 0

    def stop(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(noisy(birth_death), workers=0, out=tmp_path / "cut", progress=stop)
    done: list[int] = []
    again = run_study(
        noisy(birth_death), workers=0, out=tmp_path / "cut", progress=lambda d, _: done.append(d)
    )
    assert done[0] > 50
    for i in (1, 2):
        part = run_study(noisy(birth_death), workers=0, out=tmp_path / f"{i}", shard=(i, 2))
        assert not part.complete
    merge_parts([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    merged = run_study(noisy(birth_death), workers=0, out=tmp_path / "all")
    few = noisy(birth_death, samples=4, replicates=2)
    run_study(few, workers=0, out=tmp_path / "more")
    more = run_study(noisy(birth_death), workers=0, out=tmp_path / "more")
    loaded = StudyResult.load(tmp_path / "whole")
    for other in (again, merged, more, loaded):
        for frame in ("frame", "convergence", "time_frame"):
            pd.testing.assert_frame_equal(
                getattr(other, frame)(), getattr(whole, frame)(), check_exact=True
            )
        assert other.statements == whole.statements
    np.testing.assert_array_equal(loaded.design.matrix, whole.design.matrix)
    assert repr(loaded) == repr(whole)
    with pytest.raises(sn.InputError, match="seed: it is 4 in the folder and here 5"):
        run_study(noisy(birth_death, seed=5), workers=0, out=tmp_path / "whole")


def test_samples_are_added_until_the_indices_have_converged(birth_death: Network) -> None:
    study = SensitivityStudy(
        network=birth_death, readouts=("X@10",), fold=1.2, samples=8, index_precision=IndexPrecision(tolerance=0.25)
    )  # fmt: skip
    once = run_study(study, workers=0)
    assert not once.converged
    found = run_study(study, workers=0, until_converged=True)
    assert found.converged
    assert found.design.samples > 8
    np.testing.assert_array_equal(found.design.matrix[: once.design.rows], once.design.matrix)
    capped = run_study(study, workers=0, until_converged=True, most_samples=8)
    assert "above the limit of 8" in capped.statements[-1]
    asked: list[int] = []

    def no(evaluations: int, seconds: float) -> bool:
        asked.append(evaluations)
        return seconds < 0

    run_study(study, workers=0, until_converged=True, may_go_on=no)
    assert len(asked) == 1


def test_failures_are_listed_and_take_their_block(make_network: Callable[..., Network]) -> None:
    """log(X - 5) does not exist for X below 5, which is where k is low."""
    growth = make_network("growth", {"X": 10}, {"k": 0.1}, [("X", "", "k")])
    study = SensitivityStudy(
        network=growth, readouts=("log(X@5 - 5)", "X@5"), fold=2, samples=64, seed=2
    )
    result = run_study(study, workers=0)
    y = result.outputs["X@5"].estimate
    failed = np.flatnonzero(~result.outputs["log(X@5 - 5)"].ok)
    np.testing.assert_array_equal(failed, np.flatnonzero(y <= 5))
    assert len(failed)
    frame = result.failures
    assert (frame["readout"] == "log(X@5 - 5)").all()
    np.testing.assert_array_equal(frame["k"], result.design.matrix[frame["row"], 0])
    assert frame["reason"].str.contains("logarithm of what is not positive").all()
    found = result.indices["log(X@5 - 5)"]
    assert found.lost == len(np.unique(result.design.block[failed]))
    assert any("more than 5 %" in text and "high k" in text for text in result.statements)
    assert all(row.influential is not False for row in found.rows)
    assert result.indices["X@5"].lost == 0


def test_a_failed_run_fails_its_row(make_network: Callable[..., Network]) -> None:
    """At t = 2 eight are taken out, which there are not where k is high: such rows have no readout."""
    network = make_network("n", {"X": 10}, {"k": 0.1}, [("X", "", "k")])
    study = SensitivityStudy(
        network=network,
        readouts=("X@5",),
        fold=2,
        samples=16,
        schedule=(sn.At(2.0, sn.Add("X", -8.0)),),
    )
    result = run_study(study, workers=0)
    failed = ~result.outputs["X@5"].ok
    expected = 10 * np.exp(-result.design.matrix[:, 0] * 2.0) < 8
    np.testing.assert_array_equal(failed, expected)
    assert set(result.failures["readout"]) == {""}
    assert result.failures["reason"].str.contains("X").all()


def test_parameters_may_be_called_as_columns_are(
    make_network: Callable[..., Network], tmp_path: Path
) -> None:
    reactions = [("X", "", "n"), ("X", "", "row")]
    network = make_network("names", {"X": 10}, {"n": 0.1, "row": 0.01}, reactions)
    study = SensitivityStudy(network=network, readouts="log(X@5 - 5)", fold=2, samples=16)
    result = run_study(study, workers=0, out=tmp_path)
    again = StudyResult.load(tmp_path)
    assert len(again.failures)
    pd.testing.assert_series_equal(again.failures["n"], result.failures["n"])
    np.testing.assert_array_equal(again.design.matrix, result.design.matrix)


def test_tables_for_people_are_not_read(birth_death: Network, tmp_path: Path) -> None:
    study = SensitivityStudy(
        network=birth_death, readouts=("X@20",), analysis="local", fold=2, t_end=300
    )
    result = run_study(study, workers=0, out=tmp_path)
    tables = sorted(tmp_path.glob("*.csv"))
    assert [path.stem for path in tables] == [
        "control", "convergence", "failures", "indices", "over_time",
    ]  # fmt: skip
    for path in tables:
        path.write_text("edited by hand")
    again = StudyResult.load(tmp_path)
    for frame in ("frame", "convergence", "time_frame"):
        pd.testing.assert_frame_equal(
            getattr(again, frame)(), getattr(result, frame)(), check_exact=True
        )
    pd.testing.assert_frame_equal(again.control, result.control, check_exact=True)
    assert list(again.failures) == list(result.failures)


def test_an_interrupted_save_is_no_study(
    make_network: Callable[..., Network], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither tables of two studies are taken for one, nor rows of one for those of the other."""
    decay = make_network("decay", {"X": 10}, {"k": 0.1}, [("X", "", "k")])
    small, large = (
        run_study(SensitivityStudy(network=decay, readouts="X@5", fold=2, samples=n), workers=0)
        for n in (8, 16)
    )
    small.save(tmp_path)
    design = (tmp_path / "design.parquet").read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(StudyResult, "_output_frame", stop)
        with pytest.raises(KeyboardInterrupt):
            large.save(tmp_path)
    with pytest.raises(sn.InputError, match="contains no study"):
        StudyResult.load(tmp_path)
    large.save(tmp_path)
    (tmp_path / "design.parquet").write_bytes(design)
    with pytest.raises(sn.InputError, match="damaged"):
        StudyResult.load(tmp_path)


def test_cells_are_noise_that_is_taken_out(make_network: Callable[..., sn.Network]) -> None:
    """X@20 = k/g (1 - exp(-20 g)) by ODE, where k differs from cell to cell: all that rows differ by
    is g. Cells are others in every row and under every condition, or their noise would be taken out
    where it is not."""
    network = make_network(
        "cells", {"X": 0}, {"k": 1.0, "g": 0.1, "idle": 1.0}, [("", "X", "k"), ("X", "", "g")]
    )
    study = SensitivityStudy(
        network=network,
        readouts=("X@20", "X@20[idle=2] / X@20"),
        samples=128,
        fold=2,
        variability={"k": sn.LogNormal(cv=0.3)},
        replicates=10,
        index_precision=SURE,
        seed=3,
        max_step=5.0,
        atol=1e-9,
    )
    assert study.evaluations == 128 * 4 * 2 * 10
    assert [(i.name, i.reason) for i in study.space.left_out if i.name == "k"] == [
        ("k", "the experiment sets it")
    ]
    plain = dataclasses.replace(study, variability=None, replicates=None, max_step=None, atol=None)
    assert plain.digest != study.digest
    assert not {"variability", "max_step", "atol"} & plain.identity.keys()
    result = run_study(study, workers=0)
    (total,) = (r for r in result.indices["X@20"].rows if (r.index, r.factor) == ("total", "g"))
    assert total.low < 1 < total.high
    assert total.low > 0.4
    ratio = result.outputs["X@20[idle=2] / X@20"]
    assert ratio.estimate.mean() == pytest.approx(1, abs=0.05)
    assert ratio.estimate.var() == pytest.approx(ratio.variance.mean(), rel=0.4)
    with pytest.raises(sn.InputError, match="it is set by the experiment, so it cannot be varied"):
        dataclasses.replace(study, parameters=("k",))


def test_an_analysis_is_a_file_and_a_row_of_the_table(
    birth_death: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one is run, stored, drawn, reported and shown under its own words."""
    own = dataclasses.replace(ANALYSES["prcc"], name="own", words={"prcc": "own index"})
    with pytest.raises(sn.InputError, match="analysis='own': unknown"):
        SensitivityStudy(network=birth_death, readouts="X@10", analysis="own", fold=2)
    monkeypatch.delitem(ANALYSES, "prcc")
    monkeypatch.setitem(ANALYSES, "own", own)
    study = SensitivityStudy(
        network=birth_death, readouts="X@10", analysis="own", samples=32, fold=2
    )
    run_study(study, workers=0, out=tmp_path)
    result = StudyResult.load(tmp_path)
    assert result.design.analysis == "own"
    assert {path.stem for path in write_figures(result, tmp_path)} >= {"X-at-10-scatter"}
    page = sn.write_report(result, tmp_path / "page.html").read_text()
    assert "by own index." in page
    console = Console(file=StringIO(), width=100)
    console.print(result)
    assert "own index" in console.file.getvalue()  # type: ignore[attr-defined]
