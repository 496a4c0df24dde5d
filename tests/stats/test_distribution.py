"""Quantiles and histograms read from tallies, against the sample itself."""

import numpy as np
import pytest
from scipy.stats import poisson

from simnet.errors import InputError
from simnet.results.moments import ensemble_quantiles
from simnet.stats.distribution import (
    RELATIVE_ERROR,
    histogram,
    merge_tallies,
    quantile_estimate,
    tallies_of,
)

PROBABILITIES = (0.0, 0.05, 0.25, 0.5, 0.77, 0.95, 1.0)


def test_quantiles_of_counts_are_those_of_the_sample() -> None:
    values = np.random.default_rng(1).negative_binomial(2, 0.05, (700, 3, 2)).astype(float)
    values[5, 1] = np.nan
    tallies = merge_tallies(tallies_of(values[:256]), tallies_of(values[256:]))
    assert values[~np.isnan(values)].max() < 512
    for p in PROBABILITIES:
        expected = ensemble_quantiles(values, [p])[0]
        np.testing.assert_allclose(quantile_estimate(tallies, p).value, expected, rtol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_quantiles_of_amounts_are_within_the_stated_error(sign: int) -> None:
    values = sign * np.random.default_rng(2).lognormal(0, 3, (5000, 2, 1))
    tallies = tallies_of(values)
    for p in PROBABILITIES:
        exact = ensemble_quantiles(values, [p])[0]
        off = np.abs(quantile_estimate(tallies, p).value / exact - 1)
        assert (off <= RELATIVE_ERROR * (1 + 1e-9)).all()


@pytest.mark.thorough
@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("n", [128, 1000])
def test_the_interval_of_a_quantile_covers_it(p: float, n: int) -> None:
    """Of an exponential: 2000 experiments, standard error 0.5 %; never fewer than it says."""
    values = np.random.default_rng(3).exponential(2, (n, 2000, 1))
    found = quantile_estimate(tallies_of(values), p)
    exact = -2 * np.log1p(-p)
    slack = 1 + RELATIVE_ERROR
    covered = (found.low <= exact * slack) & (found.high * slack >= exact)
    assert 0.94 < covered.mean() < 0.985


def test_too_few_replicates_have_no_interval_of_an_outer_quantile() -> None:
    found = quantile_estimate(tallies_of(np.arange(20.0)[:, np.newaxis, np.newaxis]), 0.05)
    assert found.value == pytest.approx(0.95)
    assert np.isnan(found.low)
    assert found.high > 0.95


def test_a_histogram_of_counts_has_a_bin_a_molecule() -> None:
    values = np.random.default_rng(4).poisson(6, (20_000, 1, 1)).astype(float)
    found = histogram(tallies_of(values), 0, 0)
    assert found.edges.tolist() == list(np.arange(values.min(), values.max() + 2))
    assert (
        found.counts.tolist()
        == np.bincount(values.ravel().astype(int))[int(values.min()) :].tolist()
    )
    exact = poisson.pmf(found.edges[:-1], 6)
    inside = (found.fraction.low <= exact) & (found.fraction.high >= exact)
    assert inside.sum() >= len(exact) - 4  # 16 bins: more than 4 misses once in 1000


def test_wider_bins_still_count_exactly() -> None:
    values = np.random.default_rng(5).gamma(3, 100, (5000, 1, 1))
    found = histogram(tallies_of(values), 0, 0, bins=20)
    assert len(found.counts) <= 20
    np.testing.assert_array_equal(found.counts, np.histogram(values, found.edges)[0])
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1)


def test_what_has_no_histogram_is_refused() -> None:
    tallies = tallies_of(np.array([[[np.nan, 1e30]]]))
    with pytest.raises(InputError, match="no replicate has a value"):
        histogram(tallies, 0, 0)
    with pytest.raises(InputError, match="beyond"):
        histogram(tallies, 0, 1)
    with pytest.raises(InputError, match="must be at least 1"):
        histogram(tallies, 0, 1, bins=0)
