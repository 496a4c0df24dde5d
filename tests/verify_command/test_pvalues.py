"""p-values: never below the exact ones, not far above them, and not too small too often."""

import numpy as np
import pytest
from scipy.stats import binom, hypergeom, nbinom

from simnet.verify.verification import (
    Known,
    compare,
    distinct,
    mean_of_known,
    mean_of_two,
    shape_of_known,
    shape_of_two,
)

LOOSE = 30.0  # a bound may be so many times the exact p-value


@pytest.mark.parametrize(("drawn", "marked", "total"), [(500, 300, 1000), (100, 20, 600)])
def test_a_bound_on_the_permutation_test(drawn: int, marked: int, total: int) -> None:
    """For zeros and ones the test is Fisher's."""
    for seen in range(min(drawn, marked) + 1):
        law = hypergeom(total, marked, drawn)
        exact = 2 * min(law.cdf(seen), law.sf(seen - 1))
        rest = total - drawn - (marked - seen)
        bound = mean_of_two(
            np.array([0.0, 1.0]), np.array([drawn - seen, seen]), np.array([rest, marked - seen])
        )
        assert min(1, exact) * (1 - 1e-9) <= bound <= LOOSE * exact


@pytest.mark.parametrize("chance", [0.3, 0.002])
def test_a_bound_on_the_test_of_a_known_mean(chance: float) -> None:
    n = 500
    for seen in range(0, 250, 3):
        exact = 2 * min(binom.cdf(seen, n, chance), binom.sf(seen - 1, n, chance))
        if exact < 1e-30:
            continue
        bound = mean_of_known(
            np.array([0.0, 1.0]), np.array([1 - chance, chance]), np.array([n - seen, seen])
        )
        assert min(1, exact) * (1 - 1e-9) <= bound <= LOOSE * exact


def test_false_alarms_are_as_rare_as_stated_for_bursty_counts() -> None:
    """Skewed (Fano factor 50, most of the samples zero) and of unequal sizes: where Welch's t and
    chi-square are wrong. Each of 9 frequencies has a chance of 1e-5 to fail the test if the true
    rate is at its limit."""
    stream = np.random.default_rng(5)
    values = np.arange(2000.0)
    weights = nbinom.pmf(values, 0.1, 0.02)
    weights /= weights.sum()
    known = Known(values=values, weights=weights, lost=0.0)
    trials = 400
    found = []
    for _ in range(trials):
        first, second = (stream.choice(values, size=n, p=weights) for n in (60, 300))
        found.append(compare("X", 1.0, ("a", first), ("b", second)).pvalues)
        found.append(compare("X", 1.0, ("b", second), ("CME", known)).pvalues)
    for level in (0.1, 0.01, 0.001):
        seen = (np.array(found[0::2]) <= level).sum(axis=0), (np.array(found[1::2]) <= level).sum(0)
        assert np.max(seen) <= binom.isf(1e-5, trials, level)


def test_a_shift_is_noticed() -> None:
    stream = np.random.default_rng(1)
    first, second = stream.poisson(10, 500).astype(float), stream.poisson(11.4, 500).astype(float)
    assert compare("X", 1.0, ("a", first), ("b", second)).p_mean < 1e-7


def test_a_spread_is_noticed() -> None:
    stream = np.random.default_rng(1)
    first, second = stream.normal(0, 1, 500), stream.normal(0, 1.5, 500)
    found = compare("X", 1.0, ("a", first), ("b", second))
    assert found.p_sd < 1e-8
    assert found.p_mean > 1e-3


def test_a_shape_is_noticed_where_mean_and_spread_are_right() -> None:
    stream = np.random.default_rng(1)
    first = stream.choice([-1.0, 1.0], 2000)
    second = stream.choice([-2.0, 0.0, 2.0], 2000, p=[0.125, 0.75, 0.125])
    found = compare("X", 1.0, ("a", first), ("b", second))
    assert found.p_shape < 1e-100
    assert min(found.p_mean, found.p_sd) > 1e-3


def test_a_value_that_cannot_be_is_noticed() -> None:
    weights = np.array([0.5, 0.5, 0.0])
    counts = np.array([250, 249, 1])
    assert mean_of_known(np.arange(3.0), weights, counts) == 0
    assert shape_of_known(np.arange(3.0), weights, counts) == 0


def test_what_does_not_vary_is_compared_as_well() -> None:
    same = np.full(100, 0.1 + 0.2), np.full(100, 0.3)
    found = compare("X", 1.0, ("a", same[0]), ("b", same[1]))
    assert found.pvalues == (1, 1, 1)
    assert found.z == 0
    other = compare("X", 1.0, ("a", np.full(100, 3.0)), ("b", np.full(100, 4.0)))
    assert other.p_mean < 1e-50
    assert other.z == -np.inf


def test_rounding_makes_no_distinct_values() -> None:
    values, places = distinct(np.array([0.3, 1.0, 0.1 + 0.2, 1e6]))
    assert len(values) == 3
    assert places.tolist() == [0, 1, 0, 2]


def test_many_values_go_to_kolmogorov_and_smirnov() -> None:
    stream = np.random.default_rng(2)
    values = np.sort(stream.random(400))
    first = np.zeros(400, dtype=np.int64)
    first[:200] = 1
    assert shape_of_two(values, first, 1 - first) < 1e-50
