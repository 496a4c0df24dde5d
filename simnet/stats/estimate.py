"""`Estimate`: a number with its interval, and the two intervals that need nothing but counts."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import is_between


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """Estimates and their confidence intervals; all arrays have one shape.

    Attributes:
        value: the estimate; NaN where there is nothing to estimate it from.
        low: lower end of the interval; NaN where the sample is too small to tell.
        high: upper end of the interval; NaN as for `low`.
        confidence: of the interval, 0.95 for 95 %.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    confidence: float

    @property
    def half_width(self) -> FloatArray:
        """Half the length of the interval, in the unit of the value."""
        return 0.5 * (self.high - self.low)


def number_estimate(
    value: object = np.nan, low: object = np.nan, high: object = np.nan, *, confidence: float
) -> Estimate:
    """An estimate of one number: its arrays have shape ()."""
    ends = (np.asarray(end, dtype=np.float64) for end in (value, low, high))
    return Estimate(**dict(zip(("value", "low", "high"), ends, strict=True)), confidence=confidence)


def check_confidence(confidence: float) -> None:
    """Raise InputError unless a confidence lies between 0 and 1."""
    if not is_between(confidence, 0, 1):
        way_out = "write 0.95 for 95 %"
        what = f"confidence={confidence!r}"
        raise InputError(Problem(what=what, why="not between 0 and 1", way_out=way_out))


def normal_quantile(confidence: float) -> float:
    """z so that a standard normal lies within -z to z with that confidence.

    Raises:
        InputError: a confidence that is none.
    """
    check_confidence(confidence)
    return NormalDist().inv_cdf(0.5 * (1 + confidence))


def student_quantile(confidence: float, freedom: FloatArray) -> FloatArray:
    """t so that Student's t with those degrees of freedom lies within -t to t; NaN below one.

    Raises:
        InputError: a confidence that is none.
    """
    from scipy.special import stdtrit

    check_confidence(confidence)
    known = np.asarray(freedom, dtype=np.float64)
    at_least_one = np.where(known >= 1, known, 1.0)
    quantile = np.asarray(stdtrit(at_least_one, 0.5 * (1 + confidence)), dtype=np.float64)
    return np.where(known >= 1, quantile, np.nan)


def fraction_estimate(
    successes: FloatArray, n: FloatArray, *, confidence: float = 0.95
) -> Estimate:
    """A fraction of replicates with Wilson's score interval, which also holds at 0 of n and n of n.

    Args:
        successes: how many of the replicates, any shape.
        n: how many there were, of a shape that fits; NaN comes out where it is 0.
        confidence: of the interval.

    Raises:
        InputError: a confidence that is none, or counts that are not within 0 to n.

    Source: Wilson 1927 (doi:10.1080/01621459.1927.10502953).
    """
    z = normal_quantile(confidence)
    hits, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    if not ((hits >= 0) & (hits <= n)).all():
        raise InputError(Problem(what="successes", why="not between 0 and n"))
    some = np.where(n > 0, n, np.nan)
    p = hits / some
    scale = 1 / (1 + z * z / some)
    middle = scale * (p + z * z / (2 * some))
    reach = scale * z * np.sqrt(p * (1 - p) / some + z * z / (4 * some * some))
    low = np.where(hits == 0, 0.0 * some, middle - reach)  # not -1e-17
    high = np.where(hits == n, 1.0 + 0.0 * some, middle + reach)
    return Estimate(value=p, low=low, high=high, confidence=confidence)
