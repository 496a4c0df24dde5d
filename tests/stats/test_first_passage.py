"""First passage: exact, between outputs, and censored, against exponential waiting times."""

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from simnet.errors import InputError
from simnet.stats.passage import (
    FirstPassage,
    first_passage,
    join_passages,
    median_time,
    survival,
)

INF = float("inf")


def test_passages_seen_on_a_grid() -> None:
    times = np.array([0.0, 1.0, 2.0, 3.0])
    nan = np.nan
    values = np.array(
        [
            [0, 0, 5, 0],  # between 1 and 2
            [5, 0, 0, 0],  # beyond from the start: known exactly
            [0, 0, 0, 4],  # equal to the threshold is not beyond
            [0, 0, nan, nan],  # watched until 1
            [nan, nan, nan, nan],
            [0, nan, 9, 9],  # nothing is known after a failure
        ]
    )
    found = first_passage(values, times, 4.0)
    np.testing.assert_array_equal(found.after, [1, 0, 3, 1, nan, 0])
    np.testing.assert_array_equal(found.by, [2, 0, INF, INF, nan, INF])
    below = first_passage(values[:3], times, 4.0, direction="below")
    assert below.by.tolist() == [0, 1, 0]
    assert below.after.tolist() == [0, 0, 0]


def test_parts_join_in_order() -> None:
    parts = [FirstPassage(after=[i], by=[i + 1]) for i in range(3)]  # type: ignore[arg-type]
    assert join_passages(parts).after.tolist() == [0, 1, 2]
    assert join_passages([]).by.tolist() == []


def test_kaplan_and_meier_by_hand() -> None:
    """Passages at 1 and 3 (two), censored at 2 and 4 (two): 5/6, and 2/4 of it."""
    found = survival(
        FirstPassage(after=np.array([1, 2, 3, 3, 4, 4.0]), by=np.array([1, INF, 3, 3, INF, INF]))
    )
    assert found.times.tolist() == [1, 3]
    np.testing.assert_allclose(found.fraction.value, [5 / 6, 5 / 6 * 2 / 4])
    assert found.censored.tolist() == [2, 4, 4]
    # Greenwood on log(-log S): var = sum d / (r (r - d)) / log(S)^2
    error = np.sqrt(1 / 30 + 2 / 8) / abs(np.log(5 / 12))
    assert found.fraction.low[1] == pytest.approx((5 / 12) ** np.exp(1.959964 * error), rel=1e-5)
    assert found.fraction.high[1] == pytest.approx((5 / 12) ** np.exp(-1.959964 * error), rel=1e-5)


def test_who_is_lost_when_another_passes_was_still_watched() -> None:
    curve = survival(FirstPassage(after=np.array([1.0, 1.0, 2.0]), by=np.array([1.0, INF, 2.0])))
    np.testing.assert_allclose(curve.fraction.value, [2 / 3, 0])
    assert np.isnan(curve.fraction.low[1])


def test_agrees_with_scipy() -> None:
    passages = exponential(np.random.default_rng(3), 200, 12.0)
    moments = np.where(passages.seen, passages.by, passages.after)
    expected = ecdf(CensoredData.right_censored(moments, ~passages.seen)).sf
    found = survival(passages)
    np.testing.assert_allclose(found.times, expected.quantiles[:-1])  # it lists censored ones too
    np.testing.assert_allclose(found.fraction.value, expected.probabilities[:-1])
    interval = expected.confidence_interval(0.9, method="log-log")
    nine = survival(passages, confidence=0.9).fraction
    np.testing.assert_allclose(nine.low, interval.low.probabilities[:-1])
    np.testing.assert_allclose(nine.high, interval.high.probabilities[:-1])


def exponential(rng: np.random.Generator, n: int, watched: float) -> FirstPassage:
    """Waiting times of mean 10, watched for so long."""
    times = rng.exponential(10.0, n)
    by = np.where(times <= watched, times, INF)
    return FirstPassage(after=np.where(times <= watched, times, watched), by=by)


def test_survival_and_median_cover_the_exponential() -> None:
    """1000 experiments of 100, of which 30 % are censored at 12; standard error 0.7 %."""
    rng = np.random.default_rng(1)
    at_5, median = 0, 0
    for _ in range(1000):
        passages = exponential(rng, 100, 12.0)
        curve = survival(passages)
        place = np.searchsorted(curve.times, 5.0, side="right") - 1
        at_5 += curve.fraction.low[place] <= np.exp(-0.5) <= curve.fraction.high[place]
        found = median_time(passages)
        median += found.low <= 10 * np.log(2) <= found.high
    assert 925 < at_5 < 975
    assert 920 < median < 980


def test_passages_between_outputs_bracket_the_exact_ones() -> None:
    rng = np.random.default_rng(2)
    exact = exponential(rng, 2000, INF)
    grid = np.linspace(0, 40, 41)
    beyond = (exact.by[:, np.newaxis] <= grid).astype(float)
    coarse = first_passage(beyond, grid, 0.5)
    curve, fine = survival(coarse), survival(exact)
    for time in (5.0, 20.0):  # at an output both know the same
        at = float(curve.fraction.value[np.searchsorted(curve.times, time)])
        exactly = fine.fraction.value[np.searchsorted(fine.times, time, side="right") - 1]
        assert at == pytest.approx(exactly)
    known, found = median_time(exact), median_time(coarse)
    assert known.after == known.by
    assert found.after < known.by <= found.by
    assert found.low <= known.low
    assert found.high >= known.high
    assert found.by - found.after == 1


def test_a_median_that_was_not_reached_is_open() -> None:
    never = FirstPassage(after=np.full(50, 8.0), by=np.full(50, INF))
    assert survival(never).times.tolist() == []
    assert median_time(never).by == INF
    assert median_time(never).after == median_time(never).low == 8
    some = FirstPassage(after=np.array([1, 2] + [8.0] * 18), by=np.array([1, 2] + [INF] * 18))
    found = median_time(some)
    assert (found.after, found.by, found.high) == (8, INF, INF)


def test_all_passed_at_once() -> None:
    found = median_time(FirstPassage(after=np.full(9, 3.0), by=np.full(9, 3.0)))
    assert (found.after, found.by, found.low) == (3, 3, 3)


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="after <= by"):
        FirstPassage(after=np.array([2.0]), by=np.array([1.0]))
    with pytest.raises(InputError, match="do not fit"):
        first_passage(np.zeros((3, 2)), np.arange(3.0), 1.0)
    with pytest.raises(InputError, match="neither"):
        first_passage(np.zeros((3, 2)), np.arange(2.0), 1.0, direction="up")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="every replicate failed"):
        survival(FirstPassage(after=np.full(2, np.nan), by=np.full(2, np.nan)))
    with pytest.raises(InputError, match="not a FirstPassage"):
        survival([1.0, 2.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [24, 38, 44, 100])
def test_the_median_of_all_is_that_of_the_half_that_passed_first(n: int) -> None:
    """Products of (1 - 1/k) are a little more than 1/2 where they are 1/2."""
    times = np.arange(1.0, n + 1)
    assert median_time(FirstPassage(after=times, by=times)).by == n / 2
    first = np.where(times <= n / 2, times, np.inf)
    watched = np.where(times <= n / 2, times, n)
    assert median_time(FirstPassage(after=watched, by=first)).by == n / 2
