"""Numbers of a time course: functions of (..., T) values and (T,) rising times, to (...).

Between output times a course is a straight line. So areas, peaks and crossings are as exact as the
output grid is fine; what happens between two output times is not seen.
"""

from collections.abc import Callable

import numpy as np

from simnet.arrays import FloatArray, Times

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
        f"still drifts: its mean over the last tenth of the time is {last:g}, and {before:g} over "
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
