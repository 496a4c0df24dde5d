"""Times as users write them: numbers, or text such as "48 h"."""

import math
import operator
import re
from pathlib import Path
from typing import TypeAlias

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import InputError, Problem
from simnet.network.units import parse_unit
from simnet.seeds import is_root

TimeSpec: TypeAlias = float | int | str
"""A number in the network's time unit (seconds for packaged networks), or "48 h", "30 min", "7 d"."""

_TEXT = re.compile(r"\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*")
UNITS = {
    "ms": "ms",
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
"""Units of time as users write them, and the short name of each."""

_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def duration(spec: TimeSpec, what: str, time_unit: str | None = "s") -> float:
    """A time in the network's own unit.

    Args:
        spec: what the user wrote.
        what: its name in the call, for the error.
        time_unit: the network's time unit; None where its file states none.

    Raises:
        InputError: not a time, or a unit where the network has none.
    """
    way_out = 'write seconds as a number, or text such as "48 h", "30 min", "7 d"'
    if isinstance(spec, str):
        match = _TEXT.fullmatch(spec)
        if match is None or (match[2] and match[2] not in UNITS):
            raise InputError(Problem(what=f"{what}={spec!r}", why="not a time", way_out=way_out))
        value = float(match[1])
        if match[2]:
            if time_unit is None or parse_unit(time_unit).exponents != (("second", 1),):
                why = "the model's unit of time is not the second"
                why = why if time_unit else "the model states no unit of time"
                number = f"write a number, in the model's own unit, such as {value:g}"
                raise InputError(Problem(what=f"{what}={spec!r}", why=why, way_out=number))
            value *= _SECONDS[UNITS[match[2]]] / parse_unit(time_unit).factor
    else:
        value = number_or_nan(spec)
    if not math.isfinite(value):
        raise InputError(Problem(what=f"{what}={spec!r}", why="not a time", way_out=way_out))
    return value


def positive_time(spec: TimeSpec, what: str, unit: str | None) -> float:
    """A time above zero, in `unit`; `what` is the argument's name.

    Raises:
        InputError: no such time, or one that is not positive.
    """
    value = duration(spec, what, unit)
    if value <= 0:
        raise InputError(Problem(what=f"{what}={spec!r}", why="must be positive"))
    return value


def time_text(seconds: float) -> str:
    """A short text for people: 172800 -> "48 h"."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        whole = seconds / size
        if abs(seconds) >= size and (whole == round(whole) or abs(whole) >= 10):
            if unit == "d" and abs(seconds) <= 4 * 86400:
                continue  # people say 48 h and 72 h
            return f"{whole:.4g} {unit}"
    return f"{seconds:.4g} s"


def position(times: Times, time: float) -> int | None:
    """Where a time is among output times, up to rounding; None where it is not."""
    place = int(np.argmin(np.abs(times - time)))
    allowed = 1e-9 * max(abs(times[0]), abs(times[-1]))
    return place if abs(times[place] - time) <= allowed else None


def output_index(times: Times, at: TimeSpec | None, time_unit: str | None) -> int:
    """The index of an output time, the last one if `at` is None.

    Raises:
        InputError: not a time, or none of the output times.
    """
    if at is None:
        return len(times) - 1
    wanted = duration(at, "at", time_unit)
    found = position(times, wanted)
    if found is None:
        near = moment_text(float(times[np.abs(times - wanted).argmin()]), time_unit)
        why, way_out = "not an output time", f"the nearest is {near}"
        raise InputError(Problem(what=f"at={at!r}", why=why, way_out=way_out))
    return found


def moment_text(time: float, time_unit: str | None) -> str:
    """A time in the network's unit as a short text for people: "48 h", "100 min", "t = 3"."""
    if time_unit == "s":
        return time_text(time)
    return f"{time:g} {time_unit}" if time_unit else f"t = {time:g}"


# Numbers that a user gives, checked: whole ones, and those within bounds.


def whole_number(number: int, what: str, least: int) -> int:
    """A whole number, NumPy's as well; `what` is the argument's name.

    Raises:
        InputError: it is none, or below `least`.
    """
    whole = _index(number)
    if whole < least:
        why = f"not a whole number of at least {least}"
        raise InputError(Problem(what=f"{what}={number!r}", why=why))
    return whole


def root_seed(seed: int) -> int:
    """A root seed: a whole number, NumPy's as well.

    Raises:
        InputError: it cannot be one.
    """
    number = _index(seed)
    if not is_root(number):
        why = "not a whole number from 0 to 2**64 - 1"
        raise InputError(Problem(what=f"seed={seed!r}", why=why, way_out="for example 0 or 1"))
    return number


def _index(number: object) -> int:
    """A whole number; -1 for anything else."""
    try:
        return -1 if isinstance(number, bool) else operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return -1


def number_or_nan(number: object) -> float:
    """A number, NumPy's as well; NaN for anything else, texts such as "1" among it."""
    try:
        return math.nan if isinstance(number, bool | str) else float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def finite_number(number: float, what: str) -> float:
    """A finite number, NumPy's as well; `what` is the argument's name.

    Raises:
        InputError: not a finite number.
    """
    if not is_between(number, -math.inf, math.inf):
        raise InputError(Problem(what=f"{what}={number!r:.60}", why="not a finite number"))
    return float(number)


def number_array(values: object, what: str) -> FloatArray:
    """Numbers as an array of the same shape, NaN among them; `what` is the argument's name.

    Raises:
        InputError: not numbers, or rows of different lengths.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(Problem(what=f"{what}={values!r:.60}", why="not numbers")) from None


def is_between(number: object, low: float, high: float) -> bool:
    """Whether something is a number between two others; NaN and texts are not."""
    value = number_or_nan(number)
    return math.isfinite(value) and low < value < high


# Paths that a user gives, checked.


def path_of(given: str | Path, what: str) -> Path:
    """The path that a text or a path means; `what` is the argument's name.

    Raises:
        InputError: it is neither.
    """
    try:
        return Path(given)
    except TypeError:
        way_out = 'write it as text, such as "results"'
        problem = Problem(what=f"{what}={given!r:.60}", why="is not a path", way_out=way_out)
        raise InputError(problem) from None
