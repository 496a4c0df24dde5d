"""Covariances between readouts against numpy, and an interval that holds the truth."""

import numpy as np
import pytest

from simnet.stats.moments import (
    Comoments,
    comoments_of,
    correlation,
    covariance_estimate,
    merge_comoments,
)


def sums(values: np.ndarray) -> Comoments:
    return comoments_of(values, np.nan_to_num(np.nanmean(values, axis=0)))


def coupled(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Two counts that share a Poisson number of 4: variances 10 and 7, covariance 4."""
    shared = rng.poisson(4, shape)
    first, second = shared + rng.poisson(6, shape), shared + rng.poisson(3, shape)
    return np.stack([first, second], axis=-1).astype(float)


def test_parts_merge_to_numpys_covariance() -> None:
    values = 1e6 + coupled(np.random.default_rng(1), (300, 5))
    total = merge_comoments(sums(values[:128]), sums(values[128:]))
    for t in range(5):
        expected = np.cov(values[:, t].T)
        np.testing.assert_allclose(covariance_estimate(total).value[t], expected, rtol=1e-9)
        np.testing.assert_allclose(correlation(total)[t], np.corrcoef(values[:, t].T), rtol=1e-9)
    assert (total.batches == 128 // 16 + 172 // 16).all()


def test_missing_values_leave_out_their_pairs_only() -> None:
    values = coupled(np.random.default_rng(2), (200, 1))
    whole = sums(values)
    values[::3, 0, 1] = np.nan
    total = merge_comoments(sums(values[:128]), sums(values[128:]))
    both = values[~np.isnan(values[:, 0, 1]), 0]
    found = covariance_estimate(total).value[0]
    assert found[0, 0] == pytest.approx(covariance_estimate(whole).value[0, 0, 0])
    np.testing.assert_allclose(found[0, 1], np.cov(both.T)[0, 1])
    np.testing.assert_allclose(found[1, 1], np.cov(both.T)[1, 1])
    assert total.n[0].tolist() == [[200, len(both)], [len(both), len(both)]]


def test_both_ways_of_summing_agree() -> None:
    values = coupled(np.random.default_rng(3), (250, 3))
    gone = np.concatenate([values, np.full((1, 3, 2), np.nan)])
    complete, incomplete = sums(values), sums(gone)
    for name in ("n", "mean", "product", "batches", "batch_mean", "batch_second"):
        np.testing.assert_allclose(getattr(incomplete, name), getattr(complete, name), rtol=1e-9)


@pytest.mark.parametrize("n", [128, 256])
def test_the_interval_covers_a_known_covariance(n: int) -> None:
    """5000 experiments, standard error 0.3 %; 7 or 15 degrees of freedom."""
    values = coupled(np.random.default_rng(4), (n, 5000))
    found = covariance_estimate(sums(values))
    covered = (found.low[:, 0, 1] <= 4) & (found.high[:, 0, 1] >= 4)
    assert 0.935 < covered.mean() < 0.97


def test_one_batch_has_no_interval() -> None:
    found = covariance_estimate(sums(coupled(np.random.default_rng(5), (31, 1))))
    assert np.isfinite(found.value).all()
    assert np.isnan(found.low).all()


def test_no_correlation_between_readouts_of_different_replicates() -> None:
    x = np.arange(256.0)
    y = np.where(x < 40, x, np.nan)
    values = np.stack([x, x, y, y], axis=1)[:, np.newaxis]
    found = correlation(comoments_of(values, np.zeros((1, 4))))[0]
    assert found[0, 1] == pytest.approx(1)
    assert found[2, 3] == pytest.approx(1)
    assert np.isnan(found[0, 2])
