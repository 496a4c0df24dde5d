"""Resampling of replicates, and intervals from it."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.numbers import is_between, root_seed
from simnet.stats.estimate import check_confidence

FEWEST_RESAMPLES = 100
"""The quarter-point quantiles that `scaled_interval` reads need so many."""

_ONE_SD = 0.8413447460685429  # the standard normal distribution at 1


def resampled_means(
    groups: Sequence[FloatArray], resamples: int, generator: np.random.Generator
) -> FloatArray:
    """Means of each group's replicates, drawn again.

    Of n replicates n - 1 are drawn, with replacement: then the variance of the drawn mean is
    s^2 / n with the unbiased s^2, where the usual n draws give (n - 1) / n of it, a third too little
    at n = 3. A single replicate stays as it is.

    Args:
        groups: G arrays (N,), at least one value each.

    Returns:
        (resamples, G).

    Source: Rao & Wu 1988 (doi:10.1080/01621459.1988.10478591).
    """
    means = np.empty((resamples, len(groups)))
    for index, group in enumerate(groups):
        n = len(group)
        picked = generator.integers(0, n, size=(resamples, max(1, n - 1)))
        means[:, index] = group[picked].mean(axis=1)
    return means


def scaled_interval(
    estimate: FloatArray, drawn: FloatArray, confidence: float, freedom: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Intervals from the central spread of the resamples, widened by Student's t.

        estimate - t (q50 - q16)   to   estimate + t (q84 - q50)

    with the quantiles q of the resamples, one standard deviation to each side. For many replicates and
    nearly normal resamples this is the percentile interval. It keeps their skewness, is not too narrow
    for few replicates (Hesterberg 2015, doi:10.1080/00031305.2015.1089789, widens percentiles for
    the same reason), takes confidences near 1, where no percentile of 1,000 resamples reaches, and infinite
    ones: if more than one in six is infinite, so is that end.

    Args:
        estimate: (...).
        drawn: (resamples, ...); NaN where any is.
        confidence: of the interval, 0.95 for 95 %.
        freedom: (...) degrees of freedom.

    Returns:
        Low and high ends, (...).
    """
    from scipy.stats import t

    ordered = np.sort(drawn, axis=0)  # NaN goes last
    last = len(ordered) - 1
    below, middle, above = (ordered[round(share * last)] for share in (1 - _ONE_SD, 0.5, _ONE_SD))
    wide = t.ppf(0.5 + confidence / 2, freedom)
    unknown = np.isnan(ordered[-1]) | np.isnan(estimate)
    with np.errstate(invalid="ignore"):
        low = np.where(np.isneginf(below), -np.inf, estimate - wide * (middle - below))
        high = np.where(np.isposinf(above), np.inf, estimate + wide * (above - middle))
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def welch_freedom(spreads: FloatArray, freedoms: FloatArray) -> FloatArray:
    """Degrees of freedom of a sum's variance.

    Args:
        spreads: (P, ...) standard deviations of the sum's terms.
        freedoms: (P, ...) degrees of freedom of each.

    Source: Satterthwaite 1946 (doi:10.2307/3002019), Welch 1947 (doi:10.1093/biomet/34.1-2.28).
    """
    top = spreads.max(axis=0)
    shares = (spreads / np.where(top > 0, top, 1.0)) ** 2
    below = (shares**2 / freedoms).sum(axis=0)
    found: FloatArray = shares.sum(axis=0) ** 2 / np.where(below > 0, below, 1.0)
    return np.where(top > 0, found, freedoms.min(axis=0))


def interval_problems(
    confidence: float, resamples: int = FEWEST_RESAMPLES, seed: int = 0
) -> list[Problem]:
    """What is wrong with a bootstrap interval's confidence, its number of resamples or its seed."""
    problems: list[Problem] = []
    for check in (partial(check_confidence, confidence), partial(root_seed, seed)):
        try:
            check()
        except InputError as error:
            problems += error.problems
    if not is_between(resamples, FEWEST_RESAMPLES - 1, math.inf) or resamples != int(resamples):
        text = f"at least {FEWEST_RESAMPLES} are needed"
        problems.append(Problem(what=f"resamples={resamples!r}", why="too few", way_out=text))
    return problems
