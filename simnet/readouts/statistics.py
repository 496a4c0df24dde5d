"""What readouts compute: arithmetic, numbers of a time course, statistics of replicates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.readouts.language import ConditionKey


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """The same in every replicate: () as an array."""

    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PerReplicate:
    """(n, T) of the finished replicates of a condition; (n, 1) where it is not a time course."""

    condition: ConditionKey
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Overall:
    """(T,) or (1,) of all replicates, and by condition (n, T) or (n, 1) without each of them."""

    values: FloatArray
    without: Mapping[ConditionKey, FloatArray] = field(default_factory=dict)


Value: TypeAlias = Fixed | PerReplicate | Overall
Operation: TypeAlias = Callable[..., FloatArray]


def mean(value: Value) -> Overall:
    """A value for all replicates: the mean where there is one for each."""
    if isinstance(value, Overall):
        return value
    if isinstance(value, Fixed):
        return Overall(value.values.reshape(1))
    values = value.values
    middle = centre(values)
    return Overall(middle, {value.condition: middle - (values - middle) / _rest(len(values), 1)})


def centre(values: FloatArray) -> FloatArray:
    """(T,): the mean of (n, T), which is exact where all are equal."""
    return np.asarray(values[0] + (values - values[0]).mean(axis=0))


def together(operands: Sequence[Value], average: Callable[[Value], Overall]) -> Sequence[Value]:
    """Operands of one kind: the average of each, unless they are one condition's replicates."""
    conditions = {value.condition for value in operands if isinstance(value, PerReplicate)}
    if len(conditions) > 1 or any(isinstance(value, Overall) for value in operands):
        return [average(value) for value in operands]
    return operands


def lifted(operation: Operation, operands: Sequence[Value]) -> Value:
    """The operation on each value of operands that are `together`, and without each replicate."""
    with np.errstate(all="ignore"):  # who calls looks at what comes out
        values = np.asarray(operation(*[value.values for value in operands]), dtype=np.float64)
        overall = [value for value in operands if isinstance(value, Overall)]
        if overall:
            conditions = dict.fromkeys(c for value in overall for c in value.without)
            without = {
                c: np.asarray(operation(*[value.without.get(c, value.values) for value in overall]))
                for c in conditions
            }
            return Overall(values, without)
    for value in operands:
        if isinstance(value, PerReplicate):
            return PerReplicate(value.condition, values)
    return Fixed(values)


def jackknife_variance(value: Overall) -> FloatArray:
    """(T,) or (1,): the sampling variance; NaN where a condition has too few replicates."""
    total = np.zeros_like(value.values)
    with np.errstate(invalid="ignore"):
        for without in value.without.values():
            n = len(without)
            off = without - centre(without)
            total = total + (n - 1) / n * (off * off).sum(axis=0)
    return np.where(np.isfinite(total), total, np.nan)


def _rest(n: int, taken: int) -> float:
    """n - taken as a divisor: NaN where nothing is left."""
    return float(n - taken) if n > taken else np.nan


def moments_without(values: FloatArray) -> tuple[Overall, Overall]:
    """Mean and variance (divisor n - 1) of (n, T), both also without each replicate."""
    n, middle = len(values), centre(values)
    off = values - middle
    squares = (off * off).sum(axis=0)
    left = np.maximum(squares - off * off * n / _rest(n, 1), 0.0)  # about the mean of the rest
    means = Overall(middle, {(): middle - off / _rest(n, 1)})
    return means, Overall(squares / _rest(n, 1), {(): left / _rest(n, 2)})


# Arithmetic on arrays, and where it has no meaning.


Where = Callable[..., BoolArray]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A function of arrays; `refused` says of which operand what is refused, and where."""

    function: Operation
    refused: tuple[tuple[int, str, Where], ...] = ()


def _truth(function: Callable[[FloatArray, FloatArray], object]) -> Operation:
    return lambda left, right: np.asarray(function(left, right), dtype=np.float64)


ARITHMETICS: dict[str, Arithmetic] = {
    "negative": Arithmetic(np.negative),
    "+": Arithmetic(np.add),
    "-": Arithmetic(np.subtract),
    "*": Arithmetic(np.multiply),
    "/": Arithmetic(
        np.divide,
        (
            (1, "division by zero", lambda above, below: below == 0),
            (1, "division by a time that has not come", lambda above, below: np.isinf(below)),
        ),
    ),
    "^": Arithmetic(
        np.power,
        (
            (0, "division by zero", lambda base, power: (base == 0) & (power < 0)),
            (0, "root of a negative", lambda base, power: (base < 0) & (power % 1 != 0)),
            (0, "power of a time that has not come", lambda base, power: np.isinf(base)),
            (1, "power by a time that has not come", lambda base, power: np.isinf(power)),
        ),
    ),
    "log2": Arithmetic(np.log2, ((0, "logarithm of what is not positive", lambda of: of <= 0),)),
    "log": Arithmetic(np.log, ((0, "logarithm of what is not positive", lambda of: of <= 0),)),
    "abs": Arithmetic(np.abs),
    "<": Arithmetic(_truth(np.less)),
    "<=": Arithmetic(_truth(np.less_equal)),
    ">": Arithmetic(_truth(np.greater)),
    ">=": Arithmetic(_truth(np.greater_equal)),
}
"""Every operation on single values, by its name in the language."""


# Numbers of a time course: functions of (..., T) values and (T,) rising times, to (...).
#
# Between output times a course is a straight line. So areas, peaks and crossings are as exact as the
# output grid is fine; what happens between two output times is not seen.


DRIFT = 0.01
"""What the last tenth of a steady course may differ from the tenth before it, relative to itself."""

VANISHED = 1e-4
"""And relative to the largest value of the course, for one that goes to zero."""

RUN_LONGER = "run longer, or take its value at a time"


def area(values: FloatArray, times: Times) -> FloatArray:
    """The area under the course, in the readout's unit times the time unit."""
    return np.asarray(np.trapezoid(values, times, axis=-1))


def average(values: FloatArray, times: Times) -> FloatArray:
    """The average over time, in the readout's unit."""
    return np.asarray(area(values, times) / (times[-1] - times[0]))


def time_of_max(values: FloatArray, times: Times) -> FloatArray:
    """The output time of the (first) maximum; NaN where a value is."""
    found = times[np.argmax(values, axis=-1)]
    return np.where(np.isnan(values).any(axis=-1), np.nan, found)


def half_time(values: FloatArray, times: Times) -> FloatArray:
    """Time from the start until the course is first half-way to its end; NaN if both are equal."""
    start, end = values[..., :1], values[..., -1:]
    towards = (values - (start + end) / 2) * np.sign(end - start)
    found = passage(towards, times, included=True, between=True) - times[0]
    return np.where((start == end)[..., 0], np.nan, found)


def passage(excess: FloatArray, times: Times, *, included: bool, between: bool) -> FloatArray:
    """The first time at which `excess` is above 0, or, if `included`, at 0; inf if it never is.

    It is the time at which the straight line between two output times is at 0, or, if not
    `between`, the first output time: of a count that jumps somewhere in the interval, the end.
    """
    holds = excess >= 0 if included else excess > 0
    first = np.argmax(holds, axis=-1)[..., np.newaxis]
    found = times[first]
    if between:
        before = np.maximum(first - 1, 0)
        low = np.take_along_axis(excess, before, axis=-1)
        high = np.take_along_axis(excess, first, axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(first > before, low / (low - high), 0.0)
        found = times[before] + part * (found - times[before])
    return np.where(holds.any(axis=-1), found[..., 0], np.inf)


def last_tenths(values: FloatArray, times: Times) -> tuple[FloatArray, FloatArray]:
    """The averages over the tenth of the time before the last, and over the last."""
    length = times[-1] - times[0]
    ends = [times[-1] - length * part for part in (0.2, 0.1, 0.0)]
    heights = (values[..., 1:] + values[..., :-1]) / 2
    areas = np.concatenate(
        [np.zeros_like(values[..., :1]), np.cumsum(heights * np.diff(times), axis=-1)], axis=-1
    )
    # The area up to a time within an interval is a parabola of it: exact, not interpolated.
    i = np.clip(np.searchsorted(times, ends, side="right") - 1, 0, len(times) - 2)
    part = (np.asarray(ends) - times[i]) / (times[i + 1] - times[i])
    rise = values[..., i + 1] - values[..., i]
    reached = areas[..., i] + (times[i + 1] - times[i]) * part * (values[..., i] + part * rise / 2)
    return (
        (reached[..., 1] - reached[..., 0]) / (ends[1] - ends[0]),
        (reached[..., 2] - reached[..., 1]) / (ends[2] - ends[1]),
    )


def drifts(last: float, before: float, largest: float, error: float) -> str:
    """Why a course is not steady at its end, or "".

    Args:
        last, before: averages over the last tenth of the time and the tenth before it.
        largest: the largest size of the course.
        error: standard error of `last - before`; NaN where it is not known.
    """
    allowed = max(DRIFT * abs(last), VANISHED * largest, float(np.nan_to_num(3 * error)))
    if abs(last - before) <= allowed:
        return ""
    return (
        f"is not steady: its mean over the last tenth of the run is {last:g}, and {before:g} over "
        "the tenth before"
    )


SIMPLE: dict[str, Callable[[FloatArray, Times], FloatArray]] = {
    "auc": area,
    "average": average,
    "max": lambda values, times: np.asarray(values.max(axis=-1)),
    "min": lambda values, times: np.asarray(values.min(axis=-1)),
    "time_of_max": time_of_max,
    "steady": lambda values, times: values[..., -1],
    "half_time": half_time,
}
"""Functions of a course alone; `first_passage` has a comparison."""


# Statistics of replicates, each also without one replicate in turn.
#
# Of a quantile the delete-one jackknife is not consistent: of the median it gives twice the variance
# (Miller 1974, doi:10.1093/biomet/61.1.1). Its variance is that of the order statistics one standard
# error of the rank to both sides (Woodruff 1952, doi:10.1080/01621459.1952.10483443), which also
# holds where some values are infinite: times of what has not happened by the end. For what is
# computed from a quantile, the replicates below and above it take their part in that variance by the
# quantile's influence function.


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
