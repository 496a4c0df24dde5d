"""Times as users write them: numbers, or text such as "48 h"."""

import math
import re
from typing import TypeAlias

from simnet.errors import InputError, Problem
from simnet.network.units import parse_unit

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
                raise InputError(
                    Problem(
                        what=f"{what}={spec!r}",
                        why="the model's times are not in units of seconds",
                        way_out="write a number, in the model's own unit",
                    )
                )
            value *= _SECONDS[UNITS[match[2]]] / parse_unit(time_unit).factor
    else:
        try:  # numpy's scalars as well
            value = math.nan if isinstance(spec, bool) else float(spec)
        except (TypeError, ValueError):
            value = math.nan
    if not math.isfinite(value):
        raise InputError(Problem(what=f"{what}={spec!r}", why="not a time", way_out=way_out))
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
