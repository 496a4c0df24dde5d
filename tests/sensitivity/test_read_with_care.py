"""Studies whose indices would be of something else: of the integrator's error, of a statistic that
some rows have and others only seem to have, of another course."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.readouts.parser import parse_readout
from simnet.sensitivity.rows import course_of
from simnet.sensitivity.run import seconds_for

Make = Callable[..., sn.Network]


@pytest.fixture
def bystander(make_network: Make) -> sn.Network:
    """X, made at k and lost at g; Y has nothing to do with it."""
    return make_network(
        "bystander",
        {"X": 0, "Y": 10},
        {"k": 5.0, "g": 0.5, "h": 0.1},
        [("", "X", "k"), ("X", "", "g"), ("Y", "", "h")],
    )


def _study(network: sn.Network, **given: Any) -> sn.SensitivityStudy:
    settings: dict[str, Any] = {"readouts": "X@10", "fold": 2, "seed": 1}
    return sn.SensitivityStudy(network=network, **(settings | given))


def _influential(result: sn.StudyResult, index: str) -> set[str]:
    frame = result.frame()
    chosen = frame[(frame["index"] == index) & (frame["influential"] == True)]  # noqa: E712
    return set(chosen["factor"])


@pytest.mark.parametrize(
    ("analysis", "samples", "index"), [("morris", 16, "mu_star"), ("sobol", 64, "total")]
)
def test_errors_of_the_integrator_are_no_influence(
    bystander: sn.Network, analysis: str, samples: int, index: str
) -> None:
    study = _study(bystander, analysis=analysis, samples=samples)
    assert _influential(sn.run_study(study, workers=0), index) == {"k", "g"}


def test_what_does_not_vary_has_no_indices(bystander: sn.Network) -> None:
    still = _study(
        bystander, analysis="sobol", samples=64, parameters=["h"], changes=sn.Set("X", 5)
    )
    result = sn.run_study(still, workers=0)
    assert not _influential(result, "total")
    assert any("does not vary over the design" in said for said in result.statements)


def test_local_is_as_accurate_as_the_integrator(bystander: sn.Network) -> None:
    study = _study(bystander, analysis="local", rtol=1e-4)
    assert study.own_settings["accuracy"] == pytest.approx(1e-3)
    assert _influential(sn.run_study(study, workers=0), "scaled") == {"k", "g"}
    assert _study(bystander, analysis="local").own_settings["accuracy"] == 1e-7


def test_a_row_without_a_variance_failed(bystander: sn.Network) -> None:
    """The median of passages is there with all of 6 replicates, and infinite without some."""
    study = _study(
        bystander,
        readouts="median(first_passage(X >= 13))",
        analysis="morris",
        samples=4,
        method="ssa",
        replicates=6,
        t_end=10,
    )
    result = sn.run_study(study, workers=0)
    reasons = "\n".join(result.failures["reason"])
    assert "its sampling variance is not known" in reasons
    ranked = _study(
        bystander, readouts="median(X)@10", analysis="morris", samples=4, method="ssa", replicates=9
    )
    said = sn.run_study(ranked, workers=0).statements
    assert any("the variance of a quantile of few replicates" in line for line in said)


def test_the_estimate_of_time_takes_the_settings_as_they_are(bystander: sn.Network) -> None:
    study = _study(bystander, analysis="pawn", samples=1024, settings={"slices": 16})
    assert seconds_for(study, 10, 0) > 0


@pytest.mark.parametrize(
    ("readout", "course"),
    [
        ("max(A) / A@0", "A / A@0"),
        ("auc(A) / A@6h", None),
        ("A@48h / A@0", "A / A@0"),
        ("max(A)", "A"),
    ],
)
def test_the_course_of_a_readout(readout: str, course: str | None) -> None:
    found = course_of(parse_readout(readout), "s")
    assert (None if found is None else str(found)) == (course and str(parse_readout(course)))


def test_a_size_that_the_experiment_sets(bystander: sn.Network) -> None:
    study = _study(bystander, analysis="morris", samples=4, changes=sn.Set("cell", 2.0))
    assert "cell" not in study.space.labels


def test_more_samples_do_not_help_where_all_fails(bystander: sn.Network) -> None:
    study = _study(bystander, readouts="log2(X@0)", analysis="morris", samples=4)
    result = sn.run_study(study, workers=0, until_converged=True)
    assert result.design.samples == 4


def test_most_samples_are_used(bystander: sn.Network) -> None:
    narrow = sn.IndexPrecision(tolerance=1e-9)
    study = _study(bystander, analysis="morris", samples=4, index_precision=narrow)
    result = sn.run_study(study, workers=0, until_converged=True, most_samples=9)
    assert result.design.samples == 9
    assert any("above the limit of 9" in said for said in result.statements)


def test_numbers_of_any_kind_are_plain_ones() -> None:
    precision = sn.IndexPrecision(resamples=np.int64(200), tolerance=np.float32(0.1))  # type: ignore[arg-type]
    assert type(precision.resamples) is int
    assert type(precision.tolerance) is float
    assert sn.IndexPrecision(resamples=1e3).resamples == 1000  # type: ignore[arg-type]


def test_wrong_kinds_are_named(bystander: sn.Network) -> None:
    with pytest.raises(sn.InputError, match="replicates"):
        _study(bystander, readouts="cv(X)@10", analysis="morris", method="ssa", replicates="20")
    with pytest.raises(sn.InputError, match="group 1"):
        _study(bystander, analysis="morris", groups={1: ["k"]})
    with pytest.raises(sn.InputError, match="k is changed twice"):
        parse_readout("X@10[k=2][k=3]")


def test_an_error_is_that_of_the_largest_value(bystander: sn.Network) -> None:
    outputs = sn.run_study(_study(bystander, analysis="morris", samples=4), workers=0).outputs[
        "X@10"
    ]
    assert math.isclose(outputs.error, 10 * 1e-6 * np.abs(outputs.estimate).max())
    assert replace(outputs, error=0.0).error == 0
