"""First passage times: when a readout is first beyond a threshold, with those that never were.

What is known of each replicate is an interval: `after` < passage <= `by`. Where the engine watched
the threshold both are the exact time; where only the output times are known the passage lies between
two of them; a replicate that was not seen beyond has `by` infinite (right-censored).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.errors import InputError, Problem
from simnet.stats.estimate import Estimate, normal_quantile


@dataclass(frozen=True, kw_only=True, eq=False)
class FirstPassage:
    """What is known of the passages of n replicates, in their order.

    Attributes:
        after: (n,) the latest time at which it had not happened, in the run's time unit; the
            passage itself where that is known; NaN where the replicate failed.
        by: (n,) the earliest time at which it had happened; the passage itself where that is known;
            infinite where it was not seen; NaN where the replicate failed.
    """

    after: Times
    by: Times

    def __post_init__(self) -> None:
        for name in ("after", "by"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        after, by = self.after, self.by
        fits = after.ndim == 1 and after.shape == by.shape
        if not fits or not (np.isnan(after) == np.isnan(by)).all() or (after > by).any():
            why = "not two rows of times with after <= by, and NaN in both or in none"
            raise InputError(Problem(what="first passage times", why=why))

    @property
    def known(self) -> "FirstPassage":
        """Those of replicates that did not fail."""
        kept = ~np.isnan(self.after)
        return FirstPassage(after=self.after[kept], by=self.by[kept])

    @property
    def seen(self) -> BoolArray:
        """(n,) whether the passage was seen."""
        return np.asarray(np.isfinite(self.by))


@dataclass(frozen=True, kw_only=True, eq=False)
class Survival:
    """The fraction of replicates in which the passage has not happened yet.

    Attributes:
        times: (K,) rising times at which it drops, in the run's time unit.
        fraction: (K,) from each of them on, with its interval; 1 before the first.
        censored: times after which nothing more is known of a replicate, rising.
        n: replicates.
    """

    times: Times
    fraction: Estimate
    censored: Times
    n: int


@dataclass(frozen=True, kw_only=True)
class MedianTime:
    """When half of the replicates have passed, in the run's time unit.

    Attributes:
        after: the median lies after this time; it is the median itself where passages are exact.
        by: the median lies at or before this time; infinite where fewer than half were seen.
        low: lower end of the interval.
        high: upper end; infinite where the sample cannot tell.
        confidence: of the interval.
    """

    after: float
    by: float
    low: float
    high: float
    confidence: float


def first_passage(
    values: FloatArray,
    times: Times,
    threshold: float,
    *,
    direction: Literal["above", "below"] = "above",
) -> FirstPassage:
    """When each replicate is first seen beyond a threshold at an output time (interval-censored).

    A path that goes beyond and comes back between two outputs is not seen, so choose them closer
    than such excursions last; exact times come from an engine that watches the threshold.

    Args:
        values: (n, T) of one readout, in its unit; NaN from where a replicate failed.
        times: (T,) output times, rising.
        threshold: in the readout's unit; a value equal to it is not beyond.
        direction: which side is beyond.

    Raises:
        InputError: shapes that do not fit, or no such direction.
    """
    values, times = np.asarray(values, float), np.asarray(times, float)
    if values.ndim != 2 or times.ndim != 1 or values.shape[1] != len(times) or not len(times):
        why = f"(replicates, times) do not fit {times.shape} times"
        raise InputError(Problem(what=f"values of shape {values.shape}", why=why))
    if direction not in ("above", "below"):
        why = 'neither "above" nor "below"'
        raise InputError(Problem(what=f"direction={direction!r}", why=why))
    beyond = values > threshold if direction == "above" else values < threshold
    present = ~np.isnan(values)
    watched = np.logical_and.accumulate(present, axis=1).sum(axis=1)  # outputs before a failure
    place = np.where(beyond.any(axis=1), beyond.argmax(axis=1), len(times))
    seen = place < watched
    last_without = np.where(seen, np.maximum(place - 1, 0), np.maximum(watched - 1, 0))
    after = times[last_without]
    by = np.where(seen, times[np.minimum(place, len(times) - 1)], np.inf)
    failed = watched == 0
    return FirstPassage(after=np.where(failed, np.nan, after), by=np.where(failed, np.nan, by))


def join_passages(parts: Sequence[FirstPassage]) -> FirstPassage:
    """The passages of all parts, in the order given: that of the replicates' indices."""
    empty = [np.empty(0)]
    return FirstPassage(
        after=np.concatenate(empty + [part.after for part in parts]),
        by=np.concatenate(empty + [part.by for part in parts]),
    )


def survival(passages: FirstPassage, *, confidence: float = 0.95) -> Survival:
    """The Kaplan-Meier estimate with the log-log ("exponential Greenwood") interval.

    With passages known between output times the estimate drops at the later one: at the output
    times it is right, and between them it is an upper bound. The interval is for each time by
    itself, and NaN where the estimate is 0 (nobody is left to tell).

    Raises:
        InputError: no passages, no replicate is left, or a confidence that is none.

    Source: Kaplan & Meier 1958 (doi:10.1080/01621459.1958.10501452); Kalbfleisch & Prentice 2002,
    The Statistical Analysis of Failure Time Data, section 1.4.
    """
    z = normal_quantile(confidence)
    given: object = passages
    if not isinstance(given, FirstPassage):
        what, way_out = f"passages={given!r:.60}", "give what first_passage_times returned"
        raise InputError(Problem(what=what, why="not a FirstPassage", way_out=way_out))
    known = passages.known
    if not len(known.after):
        why, way_out = "every replicate failed", "see the run's failures"
        raise InputError(Problem(what="first passage", why=why, way_out=way_out))
    seen = known.seen
    moments = np.sort(np.where(seen, known.by, known.after))
    times, passed = np.unique(known.by[seen], return_counts=True)
    watched = len(moments) - np.searchsorted(moments, times)  # those censored at a time count there
    left = watched - passed
    fraction: FloatArray = np.cumprod(left / watched, dtype=np.float64)
    some = left > 0
    # Greenwood's sum, as the error of log(-log S); after the last passage of all it is not known.
    square = np.cumsum(passed[some] / (watched[some] * left[some]))
    low, high = np.full((2, len(times)), np.nan)
    reach = z * np.sqrt(square) / -np.log(fraction[some])
    low[some], high[some] = fraction[some] ** np.exp(reach), fraction[some] ** np.exp(-reach)
    return Survival(
        times=times,
        fraction=Estimate(value=fraction, low=low, high=high, confidence=confidence),
        censored=np.sort(known.after[~seen]),
        n=len(seen),
    )


def median_time(passages: FirstPassage, *, confidence: float = 0.95) -> MedianTime:
    """The median, with all times at which the survival's interval holds 1/2.

    Raises:
        InputError: as in `survival`.

    Source: Brookmeyer & Crowley 1982 (doi:10.2307/2530286).
    """
    curve = survival(passages, confidence=confidence)
    fraction = curve.fraction
    by = _first(curve.times, fraction.value <= 0.5 * (1 + 1e-12))  # a product is rounded
    # Where all have passed the interval is not known, and the median lies before.
    low = _first(curve.times, (fraction.low <= 0.5) | (fraction.value == 0))
    high = _first(curve.times, fraction.high <= 0.5)
    return MedianTime(
        after=_begin(passages.known, by),
        by=by,
        low=_begin(passages.known, low),
        high=high,
        confidence=confidence,
    )


def _first(times: Times, holds: BoolArray) -> float:
    return float(times[holds.argmax()]) if holds.any() else float("inf")


def _begin(known: FirstPassage, by: float) -> float:
    """The earliest time at which a passage that was seen by then can have happened."""
    if not np.isfinite(by):  # fewer passed than that: not before the last time they were watched
        return float(known.after.max())
    return float(known.after[known.by == by].min())
