"""Moments and quantiles against closed forms, and against numpy and scipy directly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from simnet.errors import InputError
from simnet.results.moments import ensemble_moments, ensemble_quantiles, quantile_name


def test_poisson_noise_has_fano_one_and_cv_one_over_root_mean() -> None:
    n, rate = 200_000, 37.0
    found = ensemble_moments(np.random.default_rng(3).poisson(rate, n).astype(float))
    # var(s2) = 2 s^4 / (n - 1) + s^4 excess / n with excess kurtosis 1 / rate; for a Poisson
    # sample s2 and the mean covary (third moment = rate), which leaves var(fano) = 2 / (n - 1).
    error = np.sqrt(2 / (n - 1))  # 0.3 %
    assert abs(found.fano - 1) < 4 * error
    assert found.cv == pytest.approx(1 / np.sqrt(rate), abs=4 * error / np.sqrt(rate))
    assert abs(found.mean - rate) < 4 * found.sem
    assert found.sem == pytest.approx(np.sqrt(rate / n), rel=4 * error)


def test_a_sample_by_hand() -> None:
    found = ensemble_moments(np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]))
    assert (found.n, found.mean) == (8, 5)
    assert found.sd == pytest.approx(np.sqrt(32 / 7))  # divisor n - 1, not n (which gives 2)
    assert found.sem == pytest.approx(np.sqrt(32 / 7 / 8))
    assert found.cv == pytest.approx(np.sqrt(32 / 7) / 5)
    assert found.fano == pytest.approx(32 / 7 / 5)


def test_one_replicate_has_a_mean_and_no_spread() -> None:
    found = ensemble_moments(np.array([[3.0, 4.0]]))
    assert found.n.tolist() == [1, 1]
    assert found.mean.tolist() == [3, 4]
    for spread in (found.sd, found.sem, found.cv, found.fano):
        assert np.isnan(spread).all()


def test_a_mean_of_zero_has_neither_cv_nor_fano() -> None:
    found = ensemble_moments(np.array([[0.0, -1.0], [0.0, 1.0]]))
    assert found.mean.tolist() == [0, 0]
    assert found.sd.tolist() == [0, pytest.approx(np.sqrt(2))]
    assert np.isnan(found.cv).all()
    assert np.isnan(found.fano).all()


def test_without_a_value_all_is_nan_and_n_is_zero() -> None:
    values = np.full((3, 2), np.nan)
    found = ensemble_moments(values)
    assert found.n.tolist() == [0, 0]
    for moment in (found.mean, found.sd, found.sem, found.cv, found.fano):
        assert np.isnan(moment).all()
    assert np.isnan(ensemble_quantiles(values, [0, 0.5, 1])).all()
    assert np.isnan(ensemble_quantiles(values[:0], [0.5])).all()


def test_a_small_spread_around_a_large_mean_is_not_lost() -> None:
    # mean(x^2) - mean(x)^2 would give 0, or a negative variance, here.
    assert ensemble_moments(1e9 + np.array([0.0, 1.0, 2.0])).sd == pytest.approx(1.0)


counts = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=3, max_side=6),
    elements=st.one_of(st.just(np.nan), st.integers(0, 1000).map(float)),
)


@given(counts)
def test_agrees_with_numpy_slice_by_slice(values: np.ndarray) -> None:
    axis = 1
    found = ensemble_moments(values, axis=axis)
    probabilities = [0.0, 0.05, 0.5, 0.77, 1.0]
    table = ensemble_quantiles(values, probabilities, axis=axis)
    slices = np.moveaxis(values, axis, -1)
    for place in np.ndindex(slices.shape[:-1]):
        sample = slices[place][~np.isnan(slices[place])]
        assert found.n[place] == len(sample)
        if len(sample):
            assert found.mean[place] == pytest.approx(np.mean(sample))
            expected = np.quantile(sample, probabilities)
            np.testing.assert_allclose(table[:, *place], expected, rtol=1e-12)
        if len(sample) > 1:
            assert found.sd[place] == pytest.approx(np.std(sample, ddof=1), abs=1e-9)


def test_quantiles_of_an_exponential_sample() -> None:
    n = 100_000
    sample = np.random.default_rng(5).exponential(2.0, n)
    for p in (0.05, 0.5, 0.95):
        exact = -2 * np.log1p(-p)
        error = np.sqrt(p * (1 - p) / n) / (np.exp(-exact / 2) / 2)  # asymptotic
        assert abs(ensemble_quantiles(sample, [p])[0] - exact) < 4 * error


def test_quantiles_outside_zero_to_one_are_all_named() -> None:
    with pytest.raises(InputError) as caught:
        ensemble_quantiles(np.ones(3), [5, 0.5, -0.1, float("nan")])
    assert len(caught.value.problems) == 3
    assert "quantile 5" in str(caught.value)


@pytest.mark.parametrize(
    ("probability", "name"),
    [(0, "q00"), (0.05, "q05"), (0.07, "q07"), (0.5, "q50"), (0.975, "q97.5"), (0.025, "q02.5"), (1, "q100")],
)  # fmt: skip
def test_quantile_names(probability: float, name: str) -> None:
    assert quantile_name(probability) == name


def test_equal_values_have_no_spread() -> None:
    """0.1 has no exact mean of three: the spread must not be that of rounding."""
    found = ensemble_moments(np.full((3, 2), 0.1))
    assert (found.sd == 0).all()
    assert (found.mean == 0.1).all()
