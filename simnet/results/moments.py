"""Statistics over an ensemble: pure functions of arrays, along one axis.

NaN is a replicate that has no value there (it failed or was not run) and is left out; `n` says how
many were left. The variance is the unbiased one (divisor n - 1), so with n = 1 the spread is NaN.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import is_between


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Moments along the replicate axis; each array has the shape of the input without that axis.

    Attributes:
        n: replicates with a value.
        mean: in the readout's unit.
        sd: standard deviation, divisor n - 1, in the readout's unit.
        sem: standard error of the mean, sd / sqrt(n), in the readout's unit.
        cv: coefficient of variation, sd / mean, without unit; NaN where the mean is 0.
        fano: Fano factor, variance / mean, in the readout's unit: without unit for a number of
            molecules, where Poisson noise gives 1; NaN where the mean is 0.
    """

    n: FloatArray
    mean: FloatArray
    sd: FloatArray
    sem: FloatArray
    cv: FloatArray
    fano: FloatArray


def ensemble_moments(values: FloatArray, axis: int = 0) -> Moments:
    """Moments of `values` along `axis`; the variance in two passes (Chan, Golub & LeVeque 1983)."""
    present = ~np.isnan(values)
    # Relative to one of the values: equal ones have spread 0, not that of a rounded mean.
    origin = np.nan_to_num(np.take(values, [0], axis=axis)) if values.size else 0.0
    values = values - origin
    n = present.sum(axis=axis, dtype=np.float64)
    mean = _ratio(np.where(present, values, 0.0).sum(axis=axis), n)
    off = np.where(present, values - np.expand_dims(mean, axis), 0.0)
    variance = _ratio((off * off).sum(axis=axis), np.maximum(n - 1, 0))
    mean = mean + np.squeeze(origin, axis=axis) if values.size else mean
    sd = np.sqrt(variance)
    return Moments(
        n=n,
        mean=mean,
        sd=sd,
        sem=_ratio(sd, np.sqrt(n)),
        cv=_ratio(sd, mean),
        fano=_ratio(variance, mean),
    )


def ensemble_quantiles(
    values: FloatArray, probabilities: Sequence[float], axis: int = 0
) -> FloatArray:
    """Quantiles of `values` along `axis`, interpolated linearly between order statistics.

    Definition 7 of Hyndman & Fan 1996 (doi:10.1080/00031305.1996.10473566), numpy's default.
    `numpy.nanquantile` gives the same, but loops over the slices in Python.

    Returns:
        (Q, ...): probabilities first, then the shape of `values` without `axis`, in the readout's
        unit; NaN where no replicate has a value.

    Raises:
        InputError: a probability outside 0 to 1.
    """
    check_probabilities(probabilities)
    ordered = np.sort(np.moveaxis(values, axis, 0), axis=0)  # NaN goes last
    n = (~np.isnan(ordered)).sum(axis=0)
    if not len(ordered):
        return np.full((len(probabilities), *n.shape), np.nan)
    result = np.empty((len(probabilities), *n.shape))
    for index, probability in enumerate(probabilities):
        place = probability * np.maximum(n - 1, 0)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(n - 1, 0))
        low = np.take_along_axis(ordered, below[np.newaxis], axis=0)[0]
        high = np.take_along_axis(ordered, above[np.newaxis], axis=0)[0]
        result[index] = low + (high - low) * (place - below)
    return result


def check_probabilities(probabilities: Sequence[float], what: str = "quantile") -> None:
    """Raise InputError for each quantile, or what else it is, that is not within 0 to 1."""
    way_out = "write 0.05 for 5 %"
    given: object = probabilities
    if isinstance(given, str) or not isinstance(given, Iterable):
        why, way_out = "not a list of numbers", "write [0.05]"
        raise InputError(Problem(what=f"{what}s={given!r:.60}", why=why, way_out=way_out))
    problems = [
        Problem(what=f"{what} {p!r}", why="not within 0 to 1", way_out=way_out)
        for p in probabilities
        if not (is_between(p, -1, 2) and 0 <= p <= 1)
    ]
    if problems:
        raise InputError(problems)


def quantile_name(probability: float) -> str:
    """The column of a quantile: 0.05 -> "q05", 0.5 -> "q50", 0.975 -> "q97.5"."""
    whole, _, fraction = f"{100 * probability:.10g}".partition(".")
    return f"q{whole:0>2}" + (f".{fraction}" if fraction else "")


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """above / below, with NaN where there is nothing to divide by."""
    empty = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    sound = np.not_equal(below, 0) & (np.abs(above) < np.inf)  # NaN compares false, without a word
    np.divide(above, below, out=empty, where=sound)
    return empty
