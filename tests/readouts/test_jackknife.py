"""Sampling variances against the truth: that of many ensembles.

The time axis holds independent ensembles, so that one call estimates all of them. Their own variance
over 20,000 ensembles is known to about 1 % (standard error, for estimates near normal); the bounds
are at least four of those from what was observed once.
"""

from collections.abc import Callable

import numpy as np
import pytest

from simnet.experiment.change import Set
from simnet.readouts.data import Courses, MeasuredCourse
from simnet.readouts.evaluate import evaluate, evaluate_course
from simnet.readouts.parser import parse_readout

K2 = (Set("k", 2.0),)
ENSEMBLES = 20_000


def _drawn(seed: int, n: int, mean: float) -> Courses:
    """Two readouts that go together, gamma with shape 9: cv 1/3, skewed as expression is."""
    generator = np.random.default_rng(seed)
    common = generator.gamma(9.0, mean / 9, (n, ENSEMBLES))
    other = common * generator.normal(1.0, 0.2, common.shape)
    return Courses(
        times=np.arange(float(ENSEMBLES)),
        values=np.stack([common, other], axis=-1),
        names=("X", "Y"),
    )


@pytest.fixture(scope="module")
def measured() -> Callable[[str], MeasuredCourse]:
    """Estimates and variances of 20,000 ensembles, of 60 replicates at k = 2 and 40 otherwise."""
    courses = {(): _drawn(1, 40, 100.0), K2: _drawn(2, 60, 150.0)}
    return lambda text: evaluate_course(parse_readout(text), courses)


def _ratio(found: MeasuredCourse) -> float:
    """The mean of the variances that were told over the variance that is."""
    return float(found.variance.mean() / found.estimate.var())


@pytest.mark.parametrize(
    "text",
    [
        "X",
        "log2(X)",
        "mean(X)",
        "sd(X)",
        "var(X)",
        "cv(X)",
        "fano(X)",
        "fraction(X > 100)",
        "fraction(X > Y)",
        "mean(X) / mean(Y)",
        "mean(X)^2 + var(Y)",
        "X[k=2] / X",
        "log2(X[k=2] / X)",
        "X[k=2] - X",
        "cv(X)[k=2] - cv(X)",
        "log2(cv(X)[k=2] / cv(Y))",
    ],
)
def test_smooth_statistics(text: str, measured: Callable[[str], MeasuredCourse]) -> None:
    # never too small beyond the error bar; at most 10 % too large (Efron & Stein 1981)
    assert 0.96 < _ratio(measured(text)) < 1.12


@pytest.mark.parametrize(
    "text",
    [
        "median(X)",
        "quantile(X, 0.1)",
        "quantile(X, 0.9)",
        "quantile(X, 0.9) - median(X)",
        "median(X) / mean(X)",
        "median(X[k=2]) / median(X)",
        "log2(quantile(X[k=2], 0.75) / mean(X))",
    ],
)
def test_quantiles(text: str, measured: Callable[[str], MeasuredCourse]) -> None:
    # Order statistics one standard error apart are known to err to the safe side at such n;
    # the delete-one jackknife gives about 2 for the median.
    assert 0.96 < _ratio(measured(text)) < 1.5


def test_the_median_of_counts() -> None:
    generator = np.random.default_rng(5)
    counts = generator.poisson(30.0, (50, ENSEMBLES, 1))
    courses = Courses(times=np.arange(float(ENSEMBLES)), values=counts, names=("X",))
    assert 0.9 < _ratio(evaluate_course(parse_readout("median(X)"), {(): courses})) < 1.4


def test_numbers_of_a_mean_course() -> None:
    generator = np.random.default_rng(4)
    times = np.linspace(0.0, 6.0, 61)
    asked = [parse_readout(t) for t in ("half_time(mean(X))", "first_passage(mean(X) < 30)")]
    estimates, variances = np.empty((2, 1000)), np.empty((2, 1000))
    for row in range(1000):
        size = generator.normal(100.0, 20.0, (50, 1)) + generator.normal(0.0, 5.0, (50, 1)) * times
        values = size * np.exp(-times / generator.normal(2.0, 0.2, (50, 1)))
        courses = {(): Courses(times=times, values=values[..., np.newaxis], names=("X",))}
        found = [evaluate(expression, courses) for expression in asked]
        estimates[:, row] = [each.estimate for each in found]
        variances[:, row] = [each.variance for each in found]
    # the variance of 1000 is known to 4.5 %: four standard errors
    np.testing.assert_allclose(variances.mean(axis=1) / estimates.var(axis=1), 1, atol=0.18)
