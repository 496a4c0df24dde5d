"""Means, variances, CVs and Fano factors: merging, and intervals that hold the truth."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import kurtosis, skew

from simnet.results.moments import ensemble_moments
from simnet.stats.estimate import Estimate
from simnet.stats.moments import (
    Powers,
    cv_estimate,
    fano_estimate,
    mean_estimate,
    merge_powers,
    powers_of,
    sd_estimate,
    variance_estimate,
)

samples = arrays(
    np.float64,
    array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6),
    elements=st.one_of(st.just(np.nan), st.integers(0, 1000).map(float)),
)


@given(samples, st.integers(0, 6))
def test_parts_merge_to_the_whole_and_agree_with_two_passes(values: np.ndarray, cut: int) -> None:
    cut = min(cut, len(values) - 1)
    merged = powers_of(values)
    if cut:
        merged = merge_powers(powers_of(values[:cut]), powers_of(values[cut:]))
    expected = ensemble_moments(values)
    np.testing.assert_array_equal(merged.n, expected.n)
    close: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(mean_estimate(merged).value, expected.mean, **close)
    several = merged.n > 1
    for found, known in [
        (sd_estimate(merged).value, expected.sd),
        (fano_estimate(merged).value, expected.fano),
        (cv_estimate(merged).value, expected.cv),
    ]:
        np.testing.assert_allclose(found[several], known[several], **close)
        assert np.isnan(found[~several]).all()


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_third_and_fourth_powers_survive_merging_and_a_large_mean(offset: float) -> None:
    values = np.random.default_rng(5).gamma(2, 8, (1000, 1, 2)).round() + offset
    total = powers_of(values[:100])
    for start in (100, 130, 700):
        total = merge_powers(total, powers_of(values[start : {100: 130, 130: 700}.get(start)]))
    n = len(values)
    np.testing.assert_allclose(total.third / n / (total.second / n) ** 1.5, skew(values), rtol=1e-6)
    kurtosis_found = total.fourth * n / total.second**2
    np.testing.assert_allclose(kurtosis_found, kurtosis(values, fisher=False), rtol=1e-6)


def test_equal_values_have_no_spread_and_no_interval_of_it() -> None:
    total = merge_powers(powers_of(np.full((3, 1, 1), 0.1)), powers_of(np.full((5, 1, 1), 0.1)))
    assert total.second == 0
    assert variance_estimate(total).value == 0
    assert np.isnan(variance_estimate(total).low)
    mean = mean_estimate(total)
    assert mean.low == mean.value == mean.high == 0.1


ESTIMATES: Mapping[str, Callable[[Powers], Estimate]] = {
    "mean": mean_estimate,
    "variance": variance_estimate,
    "cv": cv_estimate,
    "fano": fano_estimate,
}


@pytest.mark.thorough
@pytest.mark.parametrize("law", ["poisson", "bursts", "telegraph"])
@pytest.mark.parametrize(("n", "least"), [(256, 0.915), (2048, 0.93)])
def test_intervals_cover_closed_forms(
    law: str, n: int, least: float, laws: Mapping[str, Any]
) -> None:
    """At 256 the tail of a bursty gene is not well known yet: 92 to 93 % of the variance. 2000
    experiments have a standard error of 0.5 to 0.6 %."""
    truth = laws[law]
    exact = {
        "mean": truth.mean,
        "variance": truth.variance,
        "cv": np.sqrt(truth.variance) / truth.mean,
        "fano": truth.variance / truth.mean,
    }
    rng = np.random.default_rng(7)
    parts = [powers_of(truth.draw(rng, (256, 1, 2000))) for _ in range(n // 256)]
    total = parts[0]
    for part in parts[1:]:
        total = merge_powers(total, part)
    for name, estimate in ESTIMATES.items():
        found = estimate(total)
        covered = ((found.low <= exact[name]) & (found.high >= exact[name])).mean()
        assert least < covered < 0.97, (name, covered)
