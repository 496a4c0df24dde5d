"""Streams, resampling and intervals."""

import numpy as np
import pytest

from simnet.screen.effects import resampled_means, scaled_interval, welch_freedom
from simnet.seeds import screen_generator


def test_a_stream_is_its_key_and_nothing_else():
    first = screen_generator(7, "a", "b").random(4)
    screen_generator(7, "other").random(100)
    np.testing.assert_array_equal(first, screen_generator(7, "a", "b").random(4))
    for other in (
        screen_generator(8, "a", "b"),
        screen_generator(7, "ab"),
        screen_generator(7, "b", "a"),
    ):
        assert not np.array_equal(first, other.random(4))


@pytest.mark.parametrize("n", [2, 3, 50])
def test_resampled_means_have_the_unbiased_variance(n):
    values = np.random.default_rng(1).exponential(size=n)
    means = resampled_means([values, values[:1]], 100_000, screen_generator(1))
    assert means[:, 0].mean() == pytest.approx(values.mean(), rel=0.02)
    assert means[:, 0].var() == pytest.approx(values.var(ddof=1) / n, rel=0.03)
    assert (means[:, 1] == values[0]).all()


@pytest.mark.parametrize("n", [3, 40])
def test_interval_is_students(n):
    """Of one mean with normal noise: Student's interval, and 95 % of 1,500 cover (SE 0.6 %)."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(1500):
        x = rng.normal(size=n)
        drawn = x.mean() + rng.normal(size=400) * x.std(ddof=1) / np.sqrt(n)
        low, high = scaled_interval(x.mean(), drawn, 0.95, np.asarray(n - 1.0))
        hits += bool(low <= 0 <= high)
    assert abs(hits / 1500 - 0.95) < 0.02


def test_infinite_and_missing_draws():
    drawn = np.linspace(0, 1, 101)
    few, many, missing = drawn.copy(), drawn.copy(), drawn.copy()
    few[-5:], many[-40:], missing[3] = np.inf, np.inf, np.nan
    freedom = np.asarray(1e9)
    assert np.isfinite(scaled_interval(np.asarray(0.5), few, 0.95, freedom)).all()
    low, high = scaled_interval(np.asarray(0.5), many, 0.95, freedom)
    assert np.isfinite(low)
    assert np.isposinf(high)
    assert np.isnan(scaled_interval(np.asarray(0.5), missing, 0.95, freedom)).all()


def test_welch_freedom():
    assert welch_freedom(np.array([1.0, 1.0]), np.array([4.0, 4.0])) == pytest.approx(8)
    assert welch_freedom(np.array([1.0, 0.0]), np.array([4.0, 9.0])) == pytest.approx(4)
    assert welch_freedom(np.array([0.0, 0.0]), np.array([4.0, 9.0])) == 4
