"""Statistics of replicates, each also without one replicate in turn.

Of a quantile the delete-one jackknife is not consistent: of the median it gives twice the variance
(Miller 1974, doi:10.1093/biomet/61.1.1). Its variance is that of the order statistics one standard
error of the rank to both sides (Woodruff 1952, doi:10.1080/01621459.1952.10483443), which also
holds where some values are infinite: times of what has not happened by the end. For what is
computed from a quantile, the replicates below and above it take their part in that variance by the
quantile's influence function.
"""

from collections.abc import Callable

import numpy as np

from simnet.arrays import FloatArray
from simnet.readouts.values import Overall, PerReplicate, lifted, mean, moments_without

SPREADS = ("sd", "var", "cv", "fano")
"""Statistics that need two replicates."""

RELATIVE = ("cv", "fano")
"""Statistics that are divided by the mean."""


def statistic(function: str, sample: PerReplicate, probability: float | None) -> Overall:
    """The statistic of (n, T) values."""
    if function in ("quantile", "median"):
        return _quantile(sample, 0.5 if probability is None else probability)
    if function in ("mean", "fraction"):
        return mean(sample)
    means, variances = moments_without(sample.values)
    found = lifted(_SPREAD[function], [variances, means])
    assert isinstance(found, Overall)
    return Overall(found.values, {sample.condition: found.without[()]})


_SPREAD: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "sd": lambda variance, mean: np.sqrt(variance),
    "var": lambda variance, mean: variance,
    "cv": lambda variance, mean: np.sqrt(variance) / mean,
    "fano": lambda variance, mean: variance / mean,
}


def _quantile(sample: PerReplicate, probability: float) -> Overall:
    """Interpolated linearly between order statistics: definition 7 of Hyndman & Fan 1996
    (doi:10.1080/00031305.1996.10473566), as in summaries."""
    values = sample.values
    ordered, n = np.sort(values, axis=0), len(values)
    rank = (n - 1) * probability
    middle = _at_rank(ordered, rank)
    if n < 2:
        return Overall(middle, {sample.condition: np.full_like(values, np.nan)})
    error = np.sqrt(n * probability * (1 - probability))
    low, high = max(rank - error, 0.0), min(rank + error, n - 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (_at_rank(ordered, high) - _at_rank(ordered, low)) * error / (high - low)
        side = (values > middle) + 0.5 * (values == middle)
        side = side - side.mean(axis=0)
        size = spread * np.sqrt(n / ((n - 1) * (side * side).sum(axis=0)))
        moved = np.where(spread == 0, 0.0, side * size)
        return Overall(middle, {sample.condition: middle - moved})


def _at_rank(ordered: FloatArray, rank: float) -> FloatArray:
    """(T,): the order statistic at a rank from 0, between two of them where it is no whole one."""
    below = int(np.floor(rank))
    part = rank - below
    if part == 0:
        return np.asarray(ordered[below])
    low, high = ordered[below], ordered[below + 1]
    gap = np.subtract(high, low, out=np.zeros_like(low), where=low < high)
    return np.asarray(low + part * gap)
